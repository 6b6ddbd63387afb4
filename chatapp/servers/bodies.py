"""Request bodies: received whole, within one limit, and what is wrong with one is the client's fault.

Without it both servers raise errors of their own while the application reads a malformed chunked body, which would be
our bug, status 500; Werkzeug hands over the beginning of a chunked body that is too long; and gunicorn hands over what
has come of a body whose sender went away in the middle.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer


LENGTH_DIGITS = 18  # of a Content-Length: more would be no size of anything


def init_app(app: Flask, *malformed: type[Exception]) -> None:
    """Wraps the application. `malformed`: what the server raises for such a body, besides OSError and ValueError."""
    serve = app.wsgi_app
    limit = app.config["MAX_CONTENT_LENGTH"]

    def with_checked_body(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" in environ or environ.get("CONTENT_LENGTH"):
            body = Body(environ, limit, (OSError, ValueError, *malformed))
            environ["wsgi.input"] = io.BufferedReader(body)
        return serve(environ, start_response)

    app.wsgi_app = with_checked_body  # type: ignore[method-assign]  # Flask documents replacing it so


class TooLarge:
    """Stands for a body that was not received because it is over the limit."""

    def read(self, _size: int) -> bytes:
        raise RequestEntityTooLarge


class Body(io.RawIOBase):
    """The body of the request in WSGI's `environ`, of at most `limit` bytes, received when it is asked for.

    Reading raises BadRequest, also if the body ends too soon or takes too long, and RequestEntityTooLarge.
    """

    def __init__(self, environ: Mapping[str, Any], limit: int, malformed: tuple[type[Exception], ...]):
        self._stream = environ["wsgi.input"]
        self._length: str = environ.get("CONTENT_LENGTH", "")
        self._chunked = "HTTP_TRANSFER_ENCODING" in environ
        self._limit = limit
        self._malformed = malformed
        self._received: io.BytesIO | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        if self._received is None:
            self._received = io.BytesIO(self._receive())
        return self._received.readinto(buffer)

    def _receive(self) -> bytes:
        length = self._announced()
        try:
            content: bytes = self._stream.read(self._limit + 1 if length is None else length)
        except self._malformed as error:
            raise BadRequest(str(error)) from None
        if len(content) > self._limit:
            raise RequestEntityTooLarge
        if length is not None and len(content) < length:
            raise BadRequest("the body is shorter than its Content-Length")
        return content

    def _announced(self) -> int | None:
        """The bytes that the client says it sends; None for chunks."""
        if self._chunked:
            if self._length:
                raise BadRequest("a body has either a Content-Length or chunks")
            return None
        if not (self._length.isascii() and self._length.isdigit() and len(self._length) <= LENGTH_DIGITS):
            raise BadRequest("Content-Length is no number")
        length = int(self._length)
        if length > self._limit:
            raise RequestEntityTooLarge
        return length
