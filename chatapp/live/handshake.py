"""The handshake (RFC 6455, section 4.2): what is wrong with a request, and the 101 that answers a good one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from simple_websocket import Server

SOCKETS = ("werkzeug.socket", "gunicorn.socket")  # where the servers put the client's socket
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # section 1.3: what makes an answer one to a WebSocket's key
KEY_BYTES = 16
VERSION = "13"
SHOWN = 256  # characters of a header that are kept
HEADERS = {
    "HTTP_HOST": "Host",
    "HTTP_UPGRADE": "Upgrade",
    "HTTP_CONNECTION": "Connection",
    "HTTP_ORIGIN": "Origin",
    "HTTP_USER_AGENT": "User-Agent",
    "HTTP_SEC_WEBSOCKET_VERSION": "Sec-WebSocket-Version",
    "HTTP_SEC_WEBSOCKET_KEY": "Sec-WebSocket-Key",
    "HTTP_SEC_WEBSOCKET_PROTOCOL": "Sec-WebSocket-Protocol",
    "HTTP_SEC_WEBSOCKET_EXTENSIONS": "Sec-WebSocket-Extensions",
}
OFFER = "HTTP_SEC_WEBSOCKET_PROTOCOL"
SPOKEN = "chatapp.subprotocol"  # where the door puts the subprotocol that it has chosen, into WSGI's environ


def malformed(environ: Mapping[str, Any]) -> str | None:
    """What is wrong with the request (section 4.2.1), or None. `environ` is WSGI's."""
    if environ.get("SERVER_PROTOCOL") != "HTTP/1.1":
        return "it needs HTTP/1.1"
    if environ["REQUEST_METHOD"] != "GET":
        return "the method must be GET"
    if not environ.get("HTTP_HOST"):
        return "there is no Host"
    if environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ:
        return "it must not have a body"
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION", "").strip() != VERSION:
        return f"Sec-WebSocket-Version must be {VERSION}"
    if not _is_key(_key(environ)):
        return "Sec-WebSocket-Key must be 16 bytes in base64"
    return None


def offered_subprotocols(environ: Mapping[str, Any]) -> list[str]:
    """What the client would speak, the best first."""
    return [part.strip() for part in environ.get(OFFER, "").split(",") if part.strip()]


def accept_key(key: str) -> str:
    """The proof that the server has read the client's key (section 4.2.2): SHA-1 of it and the GUID, in base64."""
    return base64.b64encode(accept_digest(key)).decode()


def accept_digest(key: str) -> bytes:
    """The 20 bytes of that proof."""
    return hashlib.sha1(f"{key}{GUID}".encode(), usedforsecurity=False).digest()


def socket_of(environ: Mapping[str, Any]) -> socket.socket:
    """The client's own socket, wherever the server has put it."""
    found: socket.socket = next(environ[name] for name in SOCKETS if name in environ)
    return found


def answer_through(environ: dict[str, Any], outbox: object, subprotocol: str | None) -> None:
    """Has the 101 go out through what stands in the socket's place from now on, with the subprotocol chosen."""
    environ[SPOKEN] = subprotocol
    for name in SOCKETS:
        if name in environ:
            environ[name] = outbox


def switching_protocols(key: str, subprotocol: str | None) -> bytes:
    """The 101. It accepts no extension: one frame, encoded once, must do for every client."""
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_key(key)}",
    ]
    if subprotocol:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


class Handshake:
    """A client's handshake, kept for who looks in: what it asked for, and when each step was done (monotonic ns).

    Of the headers only those that a handshake is made of, of the query what we take from it, of the subprotocols the
    one that is spoken: a cookie, a key to something or a token is never kept. What can be worked out when somebody
    looks is not done on the way in.
    """

    __slots__ = ("_asked", "_given", "answered_at", "begun_at", "checked_at", "entered_at", "left_out", "subprotocol")

    def __init__(
        self,
        environ: Mapping[str, Any],
        asked: tuple[str | None, str | None],
        subprotocol: str | None,
        *,
        begun_at: int,
        checked_at: int,
    ):
        self.begun_at = begun_at
        self.checked_at = checked_at
        self.entered_at = self.answered_at = 0
        self.subprotocol = subprotocol
        self._asked = asked
        self._given = [
            (name, self._hidden(environ[name]) if name == OFFER else environ[name][:SHOWN])
            for name in HEADERS
            if name in environ
        ]
        self.left_out = sum(name[:5] == "HTTP_" for name in environ) - len(self._given)

    def _hidden(self, offer: str) -> str:
        others = offer.count(",")  # some clients hide a token among them
        return (self.subprotocol or "…") + (f", … ({others} more)" if others else "")

    @property
    def query(self) -> str:
        """The room and the name that were asked for, as a query."""
        named = zip(("room", "name"), self._asked, strict=True)
        return urlencode([(name, value[:SHOWN]) for name, value in named if value is not None])

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Name and value of each, as HTTP writes the names."""
        return tuple((HEADERS[name], value) for name, value in self._given)

    @property
    def key(self) -> str:
        return next((value.strip() for name, value in self._given if name == "HTTP_SEC_WEBSOCKET_KEY"), "")


class Upgraded(Server):  # type: ignore[misc]
    """What flask-sock makes of a request that the door let in: it sends the 101, and that is all.

    In the place of simple-websocket's own, which would write the request anew, parse it once more, and keep a parser,
    a thread and an event for each client: a quarter of the work of a connection, and a fifth of its memory.
    The session reads the frames, the outbox writes them, and both end the connection.
    """

    def __init__(self, environ: Mapping[str, Any]):
        self.mode = next(name for name in SOCKETS if name in environ).partition(".")[0]  # flask-sock asks for it
        outbox = environ[f"{self.mode}.socket"]  # the door has put it there
        outbox.send(switching_protocols(_key(environ), environ[SPOKEN]))

    def close(self, reason: object = None, message: object = None) -> None:
        """Does nothing: when flask-sock calls it, the session has ended the connection."""


def _key(environ: Mapping[str, Any]) -> str:
    return str(environ.get("HTTP_SEC_WEBSOCKET_KEY", "")).strip()


def _is_key(text: str) -> bool:
    try:
        return len(text) == 24 and len(base64.b64decode(text, validate=True)) == KEY_BYTES
    except (binascii.Error, ValueError):
        return False
