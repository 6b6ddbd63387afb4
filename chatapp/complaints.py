"""What msgspec complains of, by the name of the field: its errors carry it only in their text."""

from __future__ import annotations


def complained_field(complaint: str) -> str | None:
    """The field in "... - at `$.seq`" or "... missing required field `seq`", the outermost of several; or None."""
    quoted = complaint.rpartition("`$.")[2] if "`$." in complaint else complaint.rpartition("field `")[2]
    name = quoted.partition("`")[0].partition(".")[0].partition("[")[0]
    return name if name.isidentifier() else None
