"""What goes over the laboratory's sockets: its messages, the frames as a client reads them, and the count of calls."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from zlib import crc32

import msgspec

from ..live.frames import CLOSE, PING, TEXT, text_frame

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

PONG = b"\x8a\x80\0\0\0\0"  # empty, and masked with a key of zeros, as a client's frame has to be


class Message(msgspec.Struct, frozen=True, tag="message"):
    """What somebody said: `seq` counts from 1, `at` is in monotonic nanoseconds, `check` is the text's CRC-32."""

    seq: int
    at: int
    text: str
    check: int


class Here(msgspec.Struct, frozen=True, tag="here"):
    """Who is in the room, in words; `check` as above."""

    text: str
    check: int


class Joined(msgspec.Struct, frozen=True, tag="joined"):
    """The answer to a join: what follows has the seqs behind `after`; None: it begins with whatever comes next."""

    after: int | None


class Ping:
    """A ping came."""


class Closed:
    """The server's last word came."""


_DECODER: msgspec.json.Decoder[Message | Here | Joined] = msgspec.json.Decoder(Message | Here | Joined)


class Broken(Exception):
    """What came is no frame, or not the text that was sent."""


def encoded(event: Message | Here | Joined) -> bytes:
    """The frame of an event."""
    return text_frame(msgspec.json.encode(event))


def message(seq: int, at: int, text: str) -> Message:
    return Message(seq, at, text, crc32(text.encode()))


def here(text: str) -> Here:
    return Here(text, crc32(text.encode()))


class CountedSocket(socket.socket):
    """A socket that tells of each system call that writes to it."""

    def __init__(self, sock: socket.socket, called: Callable[[], None]):
        super().__init__(sock.family, sock.type, sock.proto, fileno=sock.detach())
        self._called = called

    def send(self, content: ReadableBuffer, flags: int = 0, /) -> int:
        self._called()
        return super().send(content, flags)


class Frames:
    """Reads a server's frames (RFC 6455, section 5.2) as strictly as a browser does."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> Iterator[Message | Here | Joined | Ping | Closed]:
        """What is whole by now. Raises Broken; after that nothing that comes can be understood any more."""
        self._buffer += received
        while (frame := self._frame()) is not None:
            opcode, content = frame
            if opcode == TEXT:
                yield _event(content)
            else:
                yield Ping() if opcode == PING else Closed()

    def _frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, size = buffer[0], buffer[1]
        start = 2
        if first not in (0x80 | TEXT, 0x80 | PING, 0x80 | CLOSE) or size > 126:  # masked, or longer than any of ours
            raise Broken
        if size == 126:
            start = 4
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:4])
        if len(buffer) < start + size:
            return None
        content = bytes(buffer[start : start + size])
        del buffer[: start + size]
        return first & 0x0F, content


def _event(content: bytes) -> Message | Here | Joined:
    try:
        event = _DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeError):
        raise Broken from None
    if not isinstance(event, Joined) and crc32(event.text.encode()) != event.check:
        raise Broken
    return event
