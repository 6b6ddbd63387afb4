"""A WebSocket from the client's side: the handshake, and then texts, on the one thread that owns it."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Ping, RejectConnection, Request, TextMessage
from wsproto.utilities import ProtocolError

from .address import Address
from .heard import waited

SEND_TIMEOUT = 20.0  # seconds for a server to take what is sent
HANDSHAKE_TIMEOUT = 15.0  # seconds for the whole answer to the handshake
PIECE = 65_536  # bytes read at once
READS = 4  # pieces until there is time for something else: a server may send without end
MESSAGE_LIMIT = (
    67_108_864  # characters of one message: 500 events with the longest texts and their HTML have half of it
)
PIECES_LIMIT = 65_536  # pieces of one message, empty ones too


class Closed(Exception):
    """The connection is over. `code` is the close frame's; None if there was none."""

    def __init__(self, code: int | None, reason: str = ""):
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Refused(Exception):
    """The handshake was answered with plain HTTP: its status, and after how many seconds to come again."""

    def __init__(self, status: int, retry_after: float):
        super().__init__(f"the server answers {status}")
        self.status = status
        self.retry_after = waited(retry_after)


class Wire:
    """One open connection. Raises OSError or Closed from any call once it has broken."""

    def __init__(self, address: Address, target: str, *, subprotocol: str, headers: Mapping[str, str]):
        """Connects and shakes hands. Raises OSError, Refused or Closed."""
        self._pieces: list[str] = []  # of a message that has not ended yet
        self._size = 0  # characters of them
        self._texts: list[str] = []  # that came with the handshake
        self._sock = address.connect()
        self._protocol = WSConnection(ConnectionType.CLIENT)
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        request = Request(address.netloc, address.prefix + target, subprotocols=[subprotocol], extra_headers=extra)
        try:
            self._put(self._protocol.send(request))
            self._shake_hands()
            self._sock.settimeout(0)  # from here on whoever reads knows that there is something
        except BaseException:
            self._sock.close()
            raise

    def fileno(self) -> int:
        return self._sock.fileno()

    def send(self, text: str) -> None:
        """Sends a text."""
        self._put(self._protocol.send(TextMessage(data=text)))

    def texts(self) -> Iterator[str]:
        """What has come, without waiting for more; if that is much, the first of it."""
        early, self._texts = self._texts, []
        yield from early
        for _ in range(READS):
            received = self._receive()
            if not received:
                return
            yield from self._take(received)

    def leave(self) -> None:
        """Says goodbye, and waits until the server has heard it. Raises Closed, or OSError if it does not answer."""
        self._put(self._protocol.send(CloseConnection(code=1000)))
        self._sock.settimeout(SEND_TIMEOUT)
        while True:
            list(self._take(self._receive()))

    def close(self) -> None:
        """Ends the connection, as if the line broke."""
        self._sock.close()

    def _shake_hands(self) -> None:
        until = time.monotonic() + HANDSHAKE_TIMEOUT
        while True:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the server takes too long to answer")
            self._sock.settimeout(left)
            received = self._sock.recv(PIECE)
            if not received:
                raise Closed(None, "the server hung up")
            events = self._events(received)
            if not events:
                continue
            if isinstance(events[0], RejectConnection):
                raise _refusal(events[0])
            if not isinstance(events[0], AcceptConnection):
                raise Closed(None, "no handshake")
            for event in events[1:]:
                self._texts += self._handle(event)
            return

    def _receive(self) -> bytes:
        """What there is, b"" for nothing now. Raises Closed at the end."""
        try:
            received = self._sock.recv(PIECE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        if not received:
            raise Closed(None, "the server hung up")
        return received

    def _take(self, received: bytes) -> Iterator[str]:
        for event in self._events(received):
            yield from self._handle(event)

    def _events(self, received: bytes) -> list[Event]:
        try:
            self._protocol.receive_data(received)
            return list(self._protocol.events())
        except ProtocolError as error:
            raise Closed(None, f"this is no WebSocket: {error}") from None

    def _handle(self, event: Event) -> Iterator[str]:
        if isinstance(event, TextMessage):
            self._pieces.append(event.data)
            self._size += len(event.data)
            if self._size > MESSAGE_LIMIT or len(self._pieces) > PIECES_LIMIT:
                raise Closed(None, "the server sends a message that is too long")
            if event.message_finished:
                text = "".join(self._pieces)
                self._pieces, self._size = [], 0
                yield text
        elif isinstance(event, Ping):
            self._put(self._protocol.send(event.response()))
        elif isinstance(event, CloseConnection):
            try:
                self._put(self._protocol.send(event.response()))
            except (OSError, ProtocolError):
                pass  # the server is gone already
            raise Closed(event.code, event.reason or "")

    def _put(self, content: bytes) -> None:
        waits = self._sock.gettimeout()
        self._sock.settimeout(SEND_TIMEOUT)
        try:
            self._sock.sendall(content)
        finally:
            self._sock.settimeout(waits)


def _refusal(event: RejectConnection) -> Refused:
    headers = {bytes(name).lower(): bytes(value) for name, value in event.headers}
    given = headers.get(b"retry-after", b"")
    return Refused(event.status_code, float(given) if given.isdigit() and len(given) < 10 else 0.0)
