"""The bytes of the load: handshakes, frames and messages, built by hand, and frames read where it need not be quick."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TEXT, PING, PONG = 0x81, 0x89, 0x8A  # first bytes of a frame that is whole (RFC 6455, section 5.2)
# Once in every message, and in no header of the frames that carry them: `Dialect.message` sees to it. It has no meaning
# in a chat: an @ would have the server look for the person who is called.
MARK = b"%"
TOKEN = re.compile(rb"%s(\d{4})\.(\d{7})")  # a message's sender, and its number
TOKEN_LENGTH = 14  # bytes that TOKEN takes
OWN_LENGTH = 7  # bytes of it that name the sender

_KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the sample key of RFC 6455, section 1.3: servers only hash it


def frame(content: bytes, first: int = TEXT) -> bytes:
    """A client's frame. The mask is zero, which the standard allows, so that the content stays as it is."""
    size = len(content)
    if size < 126:
        return bytes((first, 0x80 | size)) + bytes(4) + content
    return bytes((first, 0xFE)) + size.to_bytes(2) + bytes(4) + content


def own(sender: int) -> bytes:
    """What only this sender's messages contain."""
    return b"%%s%04d." % sender


@dataclass(frozen=True)
class Dialect:
    """How a message is wrapped for a server, and how one gets in."""

    address: str
    before: bytes = b""
    behind: bytes = b""
    subprotocol: str = ""
    engine: bool = False  # Engine.IO: a session inside the WebSocket, with text frames for pings

    def request(self, port: int, room: str) -> bytes:
        """The handshake."""
        joint = "&" if "?" in self.address else "?"
        lines = [
            f"GET {self.address}{joint}room={room} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {_KEY}",
            *([f"Sec-WebSocket-Protocol: {self.subprotocol}"] if self.subprotocol else []),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def message(self, sender: int, number: int, size: int) -> bytes:
        """The frame of a text of `size` bytes with one MARK; refuses a size whose header reads like something else."""
        wrapped = size + len(self.before) + len(self.behind)
        if size < TOKEN_LENGTH or wrapped > 65_535 or set(wrapped.to_bytes(2)) & {*MARK, PING}:
            raise ValueError(f"messages of {size} bytes cannot be counted")
        return frame(self.before + (own(sender) + b"%07d" % number).ljust(size, b"x") + self.behind)


DIALECTS = {
    "plain": Dialect("/chat"),
    "chat.v1": Dialect("/chat", subprotocol="chat.v1"),
    "socketio": Dialect("/socket.io/?EIO=4&transport=websocket", before=b'42["message","', behind=b'"]', engine=True),
}


class Frames:
    """A server's bytes, cut into messages: for handshakes and resumes, where it need not be quick."""

    def __init__(self) -> None:
        self._rest = b""
        self._parts: list[bytes] = []

    def feed(self, received: bytes) -> Iterator[bytes]:
        """The contents of the texts that are whole; control frames are left out."""
        self._rest += received
        while (cut := self._cut()) is not None:
            first, content = cut
            if first & 0x08:
                continue
            self._parts.append(content)
            if first & 0x80:
                whole, self._parts = b"".join(self._parts), []
                yield whole

    def _cut(self) -> tuple[int, bytes] | None:
        if len(self._rest) < 2:
            return None
        size, start = self._rest[1], 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(self._rest[2:start])
        if len(self._rest) < max(start, 2) + size:
            return None
        first, content = self._rest[0], self._rest[start : start + size]
        self._rest = self._rest[start + size :]
        return first, content
