"""What msgspec complains of, by the name of the field: its errors carry it only in their text."""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec import inspect

from .model import Refusal


def rejection(complaint: str, kind: Any, field: str | None = None) -> Refusal:
    """The chat error for a value that is no `kind`: a struct, or the type of the `field`.

    It is `bad-field`, unless the value is too long and its type names another code (`limits`).
    """
    name = field or complained_field(complaint)
    meant = _meant(kind, None if field else name) if "of length <=" in complaint else {}
    values = {**meant}
    return Refusal(values.pop("code", "bad-field"), field=values.pop("field", name), **values)


@cache
def _meant(kind: Any, field: str | None) -> dict[str, Any]:
    """What the type of a field, or the type itself, says about a value that is too long."""
    known = inspect.type_info(kind)
    if field:
        fields = known.fields if isinstance(known, inspect.StructType) else ()
        return next((_extra(each.type) for each in fields if each.encode_name == field), {})
    return _extra(known)


def _extra(known: inspect.Type) -> dict[str, Any]:
    match known:
        case inspect.Metadata():
            return known.extra or _extra(known.type)
        case inspect.UnionType():
            inner = known.types
        case inspect.ListType():
            inner = (known.item_type,)
        case inspect.StructType():
            inner = tuple(field.type for field in known.fields)
        case _:
            return {}
    return next(filter(None, map(_extra, inner)), {})


def complained_field(complaint: str) -> str | None:
    """The field in "... - at `$.seq`" or "... missing required field `seq`", the outermost of several; or None."""
    quoted = complaint.rpartition("`$.")[2] if "`$." in complaint else complaint.rpartition("field `")[2]
    name = quoted.partition("`")[0].partition(".")[0].partition("[")[0]
    return name if name.isidentifier() else None
