"""The socket of an HTTP connection: its answers wait for their reader only for a bounded time.

A plain socket's `sendall` waits for ever, and with it a handler's thread. Once the connection is a WebSocket or a
stream its outbox writes with `send` alone, which is the plain socket's own.
"""

from __future__ import annotations

import errno
import logging
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple

from ..budget import Budget

# Bytes that the kernel may keep of an answer (it doubles that); by itself it takes up to 4 MB, 40 requests ahead of
# a client that sends many and reads no answer. 130 KB at a time are 1 MB/s to the other side of the world.
SEND_BUFFER = 65_536
BLOCK = 65_536  # bytes of a file that are read at once

log = logging.getLogger(__name__)


class Patience(NamedTuple):
    """How long an answer waits for its reader."""

    seconds: float = 20.0  # that it may be left unread
    bytes_per_second: int = 8_192  # that a slow reader must take on average beyond that


DEFAULT_PATIENCE = Patience()


class AnsweringSocket(socket.socket):
    """Takes over an accepted socket. Answers are written here; what the kernel does not take waits in memory.

    `sendall` returns when at most `unsent_limit` bytes wait: with 0 it waits for the reader itself, for as
    long as `patience` says; else somebody has to call `push` when the socket is writable. What
    waits counts against `budget`. Raises BrokenPipeError when it gives the reader up.
    """

    def __init__(
        self, accepted: socket.socket, *, budget: Budget, unsent_limit: int, patience: Patience = DEFAULT_PATIENCE
    ):
        family, kind, protocol = accepted.family, accepted.type, accepted.proto
        super().__init__(family, kind, protocol, fileno=accepted.detach())
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._budget = budget
        self._unsent_limit = unsent_limit
        self._patience = patience
        self._lock = Lock()  # guards what waits: the budget cuts a connection from any thread
        self._waiting: deque[bytes | memoryview] = deque()
        self._waiting_bytes = 0
        self._taken = 0  # bytes that the kernel took since `begin`
        self._since: float | None = None  # monotonic seconds: when something had to wait first, since `begin`
        self._cut = False
        self.closed: Callable[[], None] | None = None  # called once, when the socket is closed
        # Called when the request's handler begins to wait for the client, so that others may run.
        self.release_slot: Callable[[], None] | None = None

    def begin(self) -> None:
        """The next answer has its own time."""
        self._taken = 0
        self._since = None

    @property
    def unsent(self) -> int:
        """Bytes that wait for the reader."""
        return self._waiting_bytes

    @property
    def ended(self) -> bool:
        """Whether it was cut."""
        return self._cut

    @property
    def deadline(self) -> float:
        """Monotonic seconds at which the reader is given up, if something still waits then."""
        seconds, bytes_per_second = self._patience
        return (self._since or time.monotonic()) + seconds + self._taken / bytes_per_second

    def sendall(self, data: bytes, flags: int = 0, /) -> None:  # type: ignore[override]
        with self._lock:
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            self._write()
        if self._waiting_bytes:
            self._budget.relieve()
            self._wait(self._unsent_limit)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """As `socket.sendfile`, but through `sendall`."""
        file.seek(offset)
        sent = 0
        while block := file.read(BLOCK if count is None else min(BLOCK, count - sent)):
            self.sendall(block)
            sent += len(block)
        return sent

    def push(self) -> bool:
        """Writes what the kernel takes now; True if nothing waits any more. Raises OSError if the peer is gone."""
        with self._lock:
            self._write()
        return not self._waiting_bytes

    def evict(self) -> None:
        """Half an answer is of no use to anybody, and has no place for a word why."""
        self.cut()

    def cut(self) -> None:
        """Gives up what waits, and the connection."""
        with self._lock:
            self._cut = True
            self._waiting.clear()
            self._waiting_bytes = 0
            self._account()
        try:
            # What nobody read is given up with the connection, in the kernel too.
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # gone already

    def close(self) -> None:
        with self._lock:
            self._waiting.clear()
            self._waiting_bytes = 0
            self._account()
        super().close()
        closed, self.closed = self.closed, None
        if closed:
            closed()

    def stays_open(self) -> None:
        """The connection is a WebSocket or a stream from now on."""
        if self.release_slot:
            self.release_slot()

    def _wait(self, down_to: int) -> None:
        if self._waiting_bytes > down_to and self.release_slot:
            self.release_slot()
        poller = select.poll()
        poller.register(self, select.POLLOUT)
        while self._waiting_bytes > down_to:
            left = self.deadline - time.monotonic()
            if left <= 0:
                log.debug("A client does not read its answer: dropped")
                self.cut()
                break
            poller.poll(left * 1000)
            self.push()
        if self._cut:
            raise BrokenPipeError(errno.EPIPE, "the answer was not read")

    def _write(self) -> None:
        """Under the lock."""
        if self._cut:
            raise BrokenPipeError(errno.EPIPE, "the answer was not read")
        while self._waiting:
            first = self._waiting[0]
            try:
                sent = self.send(first, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:
                self._waiting.clear()
                self._waiting_bytes = 0
                self._account()
                raise
            self._taken += sent
            self._waiting_bytes -= sent
            if sent == len(first):
                self._waiting.popleft()
            else:
                self._waiting[0] = memoryview(first)[sent:]
        self._account()

    def _account(self) -> None:
        if self._waiting_bytes and self._since is None:
            self._since = time.monotonic()
        if self._waiting_bytes or self._since is not None:
            self._budget.keep(self, self._waiting_bytes)


def refuse(sock: socket.socket, status: str) -> None:
    """Answers without having read a request, as far as that goes without waiting; a reset may overtake it."""
    answer = f"HTTP/1.1 {status}\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    try:
        sock.send(answer.encode(), socket.MSG_DONTWAIT)
        sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # gone already


def invite_body(sock: socket.socket) -> None:
    """Tells a client that waits for it to send the body of its request."""
    try:
        sock.send(b"HTTP/1.1 100 Continue\r\n\r\n", socket.MSG_DONTWAIT)
    except OSError:
        pass  # gone already
