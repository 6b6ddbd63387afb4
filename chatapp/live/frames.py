"""WebSocket frames (RFC 6455, section 5): the ones we send, and the reader of the ones a client sends."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

from wsproto import WSConnection
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.utilities import LocalProtocolError

CONTINUATION, TEXT, CLOSE, PING, PONG = 0x0, 0x1, 0x8, 0x9, 0xA  # opcodes, section 5.2
CONTROL_LIMIT = 125  # bytes of a control frame, section 5.5

GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED, TOO_BIG, INTERNAL_ERROR, TRY_LATER = (
    1001, 1002, 1003, 1009, 1011, 1013,
)  # fmt: skip
# Codes that never travel (section 7.4.1): a close frame without a code is answered with one without a code.
_NEVER_SENT = (1005, 1006, 1015)

RECEIVE_SIZE = 16_384  # bytes of one read
PIECES_LIMIT = 1_024  # pieces of one message: a text in endless empty fragments is an attack


class Ended(Exception):
    """The connection is over. `code` is what to close with; None if the peer is gone and nothing can be sent."""

    def __init__(self, code: int | None, reason: str = ""):
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


def text_frame(text: bytes) -> bytes:
    """A whole, unmasked text frame (a server never masks, section 5.1). `text` is UTF-8."""
    return _frame(TEXT, text)


def fragments(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The frames of one text message that comes in pieces (section 5.4)."""
    opcode = TEXT
    waiting: bytes | None = None
    for piece in pieces:
        if waiting is not None:
            yield _frame(opcode, waiting, last=False)
            opcode = CONTINUATION
        waiting = piece
    yield _frame(opcode, waiting or b"")


def ping_frame() -> bytes:
    return _frame(PING, b"")


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


class Reader:
    """Reads one client's messages, on its handler's thread.

    `receive` blocks for bytes and gives b"" when the peer is gone; `answer` sends a frame of the protocol's own
    (a pong); `pace` is called for every frame that carries no message, and may make a flood wait.
    """

    def __init__(
        self,
        protocol: WSConnection,
        *,
        receive: Callable[[int], bytes],
        answer: Callable[[bytes], object],
        pace: Callable[[], None],
        limit: int,
    ):
        self._protocol = protocol
        self._receive = receive
        self._answer = answer
        self._pace = pace
        self._limit = limit

    def messages(self) -> Iterator[str]:
        """The text messages, one by one. Raises Ended when there will be no more."""
        pieces: list[str] = []
        size = 0
        while True:
            received = self._receive(RECEIVE_SIZE)
            if not received:
                raise Ended(None)
            self._protocol.receive_data(received)
            for event in self._events():
                if isinstance(event, TextMessage):
                    size += len(event.data) if event.data.isascii() else len(event.data.encode())
                    pieces.append(event.data)
                    if size > self._limit or len(pieces) > PIECES_LIMIT:
                        raise Ended(TOO_BIG, f"a message may have {self._limit} bytes")
                    if event.message_finished:
                        message = pieces[0] if len(pieces) == 1 else "".join(pieces)
                        pieces, size = [], 0
                        yield message
                    elif not event.data:
                        self._pace()
                elif isinstance(event, Ping):
                    self._answer(_frame(PONG, bytes(event.payload)))
                    self._pace()
                elif isinstance(event, BytesMessage):
                    raise Ended(UNSUPPORTED, "only text is spoken here")
                elif isinstance(event, CloseConnection):
                    raise Ended(event.code, "")
                else:
                    self._pace()

    def _events(self) -> Iterator[object]:
        try:
            yield from self._protocol.events()
        except LocalProtocolError:
            raise Ended(PROTOCOL_ERROR) from None
