"""The reader of the frames that a client sends (RFC 6455, section 5): bytes in, text messages out."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator

from .frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    CONTROL_LIMIT,
    INVALID_TEXT,
    NO_STATUS,
    PING,
    PONG,
    PROTOCOL_ERROR,
    TEXT,
    TOO_BIG,
    UNSUPPORTED,
    Ended,
    pong_frame,
)

SMALLEST_READ, LARGEST_READ = 2_048, 65_536  # bytes: an idle client's thread sleeps with the smaller one allocated
FRAGMENTS_LIMIT = 1_024  # fragments of one message: a text in endless empty ones is an attack
_FINAL, _RESERVED, _OPCODE = 0x80, 0x70, 0x0F  # bits of a frame's first byte
_MASKED, _LENGTH = 0x80, 0x7F  # of its second
_FINAL_TEXT = _FINAL | TEXT
_KEY = 4  # bytes of a masking key
_SENT_CODES = (range(1000, 1004), range(1007, 1015), range(3000, 5000))  # close codes that may travel, section 7.4

# A frame's head: its first byte, where its content begins in the buffer and where it ends.
_Head = tuple[int, int, int]


class _Fragments:
    """A text message of which the last fragment has not come yet. A character may be split between two of them."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.size = 0  # bytes
        self.decode = codecs.getincrementaldecoder("utf-8")().decode


class Reader:
    """Reads one client's messages, on its handler's thread.

    `receive` blocks for at most so many bytes and gives b"" when the peer is gone; `answer` sends a frame of the
    protocol's own (a pong); `pace` is called for every frame that carries no message, and may make a flood wait.
    A text message may have `limit` bytes. `seen` is called for every whole frame, with a buffer and where in it the
    frame begins and ends.
    """

    def __init__(
        self,
        *,
        receive: Callable[[int], bytes],
        answer: Callable[[bytes], object],
        pace: Callable[[], None],
        limit: int,
        seen: Callable[[bytearray, int, int], None],
    ):
        self._receive = receive
        self._answer = answer
        self._pace = pace
        self._limit = limit
        self._seen = seen
        self._begun: _Fragments | None = None

    def messages(self) -> Iterator[str]:
        """The text messages, one by one. Raises Ended when there will be no more."""
        buffer = bytearray()  # from the first frame that is not read yet
        size = SMALLEST_READ
        needed = 2  # bytes that the buffer must have before there is anything to do
        while True:
            received = self._receive(size)
            if not received:
                raise Ended(None)
            size = min(2 * size, LARGEST_READ) if len(received) == size else SMALLEST_READ
            buffer += received
            at = 0
            while len(buffer) >= needed:
                head = self._head(buffer, at)
                if isinstance(head, int):
                    needed = head
                    continue
                first, start, end = head
                needed = end
                if len(buffer) < end:
                    break
                self._seen(buffer, at, end)
                content = _unmasked(buffer[start - _KEY : start], buffer[start:end])
                at, needed = end, end + 2
                if first == _FINAL_TEXT:
                    yield _text(content)
                else:
                    message = self._take(first, content)
                    if message is not None:
                        yield message
            del buffer[:at]
            needed -= at

    def _head(self, buffer: bytearray, at: int) -> _Head | int:
        """The frame's head at `at`, or how long the buffer must be to know it. Raises Ended for a wrong one."""
        first, second = buffer[at], buffer[at + 1]
        if first & _RESERVED or not second & _MASKED:
            raise Ended(PROTOCOL_ERROR)
        size = second & _LENGTH
        start = at + 2
        if size > CONTROL_LIMIT:
            width = 2 if size == 126 else 8
            start += width
            if len(buffer) < start:
                return start
            size = int.from_bytes(buffer[start - width : start])
            # The shortest form only, and no length over 2**63 (section 5.2).
            if size <= (CONTROL_LIMIT if width == 2 else 0xFFFF) or size >> 63:
                raise Ended(PROTOCOL_ERROR)
        if first != _FINAL_TEXT or self._begun is not None or size > self._limit:  # else it is a message, as nearly all
            self._check(first, size)
        start += _KEY
        return first, start, start + size

    def _check(self, first: int, size: int) -> None:
        """Raises Ended for a frame that may not come now, or not be so long."""
        opcode = first & _OPCODE
        if opcode in (TEXT, CONTINUATION):
            if (self._begun is None) != (opcode == TEXT):
                raise Ended(PROTOCOL_ERROR)
            if size + (self._begun.size if self._begun else 0) > self._limit:
                raise Ended(TOO_BIG, f"a message may have {self._limit} bytes")
        elif opcode in (CLOSE, PING, PONG):
            if size > CONTROL_LIMIT or not first & _FINAL:
                raise Ended(PROTOCOL_ERROR)
        elif opcode == BINARY and self._begun is None:
            raise Ended(UNSUPPORTED, "only text is spoken here")
        else:
            raise Ended(PROTOCOL_ERROR)

    def _take(self, first: int, content: bytes) -> str | None:
        """A frame that is no whole message by itself; the message that it completes, if it does."""
        opcode = first & _OPCODE
        if opcode == CLOSE:
            raise _closed(content)
        if opcode == PING:
            self._answer(pong_frame(content))
        elif opcode != PONG:
            return self._fragment(content, last=bool(first & _FINAL))
        self._pace()
        return None

    def _fragment(self, content: bytes, *, last: bool) -> str | None:
        self._begun = begun = self._begun or _Fragments()
        try:
            begun.pieces.append(begun.decode(content, last))
        except UnicodeDecodeError:
            raise Ended(INVALID_TEXT) from None
        begun.size += len(content)
        if len(begun.pieces) > FRAGMENTS_LIMIT:
            raise Ended(TOO_BIG, f"a message may have {FRAGMENTS_LIMIT} fragments")
        if last:
            self._begun = None
            return "".join(begun.pieces)
        if not content:
            self._pace()
        return None


def _unmasked(key: bytearray, content: bytearray) -> bytes:
    """The content as it was before the client masked it (section 5.3): byte i was combined with byte i % 4 of the key.

    As two long numbers: one operation of Python's instead of one a byte.
    """
    size = len(content)
    stream = (key * (size // _KEY + 1))[:size]
    return (int.from_bytes(content, "little") ^ int.from_bytes(stream, "little")).to_bytes(size, "little")


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Ended(INVALID_TEXT) from None


def _closed(content: bytes) -> Ended:
    """How the client ended it (section 5.5.1): the same code goes back."""
    if not content:
        return Ended(NO_STATUS)
    code = int.from_bytes(content[:2])
    if len(content) == 1 or not any(code in codes for codes in _SENT_CODES):
        return Ended(PROTOCOL_ERROR)
    _text(content[2:])
    return Ended(code)
