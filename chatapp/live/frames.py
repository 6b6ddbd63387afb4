"""WebSocket frames (RFC 6455, section 5): their names and numbers, and the ones we send."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import cast

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA  # opcodes, section 5.2
CONTROL = 0x8  # the bit that the opcodes of control frames have, section 5.2
CONTROL_LIMIT = 125  # bytes of a control frame, section 5.5

NORMAL, GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED, NO_STATUS, INVALID_TEXT, POLICY, TOO_BIG, INTERNAL_ERROR, TRY_LATER = (
    1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1011, 1013,
)  # fmt: skip
# Codes that never travel (section 7.4.1): a close frame without a code is answered with one without a code.
_NEVER_SENT = (NO_STATUS, 1006, 1015)


class Ended(Exception):
    """The connection is over. `code` is what to close with; None if the peer is gone and nothing can be sent."""

    def __init__(self, code: int | None, reason: str = ""):
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Concealed(bytes):
    """A frame that the inspector shows to nobody. A frame joined with others is an ordinary one again."""


def whole(frames: bytes | memoryview) -> bytes:
    """The frames of which these are all or the last bytes."""
    return frames if isinstance(frames, bytes) else cast(bytes, frames.obj)


def text_frame(text: bytes) -> bytes:
    """A whole, unmasked text frame (a server never masks, section 5.1). `text` is UTF-8."""
    return _frame(TEXT, text)


def fragments(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The frames of one text message that comes in pieces (section 5.4). While a frame is out no other piece is kept:
    the last frame is empty, so that none has to wait for the next to show that it is not the last. A concealed piece
    makes a concealed frame."""
    opcode = TEXT
    pieces = iter(pieces)
    while (piece := next(pieces, None)) is not None:
        frame = _frame(opcode, piece, last=False)
        if isinstance(piece, Concealed):
            frame = Concealed(frame)
        del piece
        opcode = CONTINUATION
        yield frame
        del frame
    yield _frame(opcode, b"")


def ping_frame() -> bytes:
    return _frame(PING, b"")


def pong_frame(content: bytes) -> bytes:
    """The answer to a ping, with the ping's own content (section 5.5.3)."""
    return _frame(PONG, content)


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; the reason is cut to what fits, between two characters."""
    if code in _NEVER_SENT:
        return _frame(CLOSE, b"")
    cut = reason.encode()[: CONTROL_LIMIT - 2].decode(errors="ignore").encode()
    return _frame(CLOSE, struct.pack("!H", code) + cut)


def _frame(opcode: int, content: bytes, *, last: bool = True) -> bytes:
    size = len(content)
    first = opcode | 0x80 if last else opcode
    if size < 126:
        return bytes((first, size)) + content
    if size < 65_536:
        return struct.pack("!BBH", first, 126, size) + content
    return struct.pack("!BBQ", first, 127, size) + content
