"""What the HTTP interfaces have in common: who may ask for a change, the body of a request, the JSON of an answer."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from flask import Response, request, session

from ..complaints import rejection
from ..model import Refusal
from ..nesting import too_complex
from ..origins import allowed_origin

T = TypeVar("T")


def check_origin(listed: tuple[str, ...]) -> None:
    """A change needs this site's own Origin, or neither Origin nor cookie: then it is a guest's program.

    Raises Refusal `forbidden`.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if not allowed_origin(listed):
        raise Refusal("forbidden")
    if "Origin" not in request.headers and "id" in session:
        raise Refusal("forbidden", cookie=True)


def body(kind: type[T]) -> T:
    """The request's JSON as a `kind`. Raises Refusal `bad-json` or as `complaints.rejection` says."""
    sent = request.get_data()
    if not request.is_json or too_complex(sent.decode("latin-1")):
        raise Refusal("bad-json", body=True)
    try:
        return msgspec.json.decode(sent, type=kind)
    except msgspec.ValidationError as error:
        raise rejection(str(error), kind) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Refusal("bad-json", body=True) from None


def query(name: str, kind: Any, default: T) -> T:
    """A parameter of the address as a `kind`. Raises Refusal `bad-field`."""
    given = request.args.get(name)
    if given is None:
        return default
    try:
        found: T = msgspec.convert(given, kind, strict=False)
        return found
    except msgspec.ValidationError as error:
        raise rejection(str(error), kind, name) from None


def as_json(content: object, status: int = 200) -> Response:
    response = Response(msgspec.json.encode(content), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
