"""gunicorn's connection, of which a handler's thread hears when a request is there, pinned to gunicorn 27.0.1."""

from __future__ import annotations

import socket
import time
from typing import Any
from weakref import WeakSet

from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers import gthread

from ..budget import Budget
from . import limits
from .answering import AnsweringSocket, invite_body
from .incoming import Incoming, State

UNREAD, UNREAD_TIMES = 65_536, 16  # bytes read at once, and how often, from a connection that is being closed
READ = 65_536  # bytes received at once
UNCOUNTED = 4_096  # bytes of a request that are not worth counting


class Connection(gthread.TConn):  # type: ignore[misc]
    """gunicorn's connection, but slow peers cost it nothing. Owned by the worker's loop, or by the handler that has it.

    Without it: every close waits up to 2 s for the peer's FIN, in the accept loop; a request of which half was
    sent holds its thread for ever; and one of these, or a connection that says nothing (browsers open such ahead
    of need), holds up the stop by 5 to 20 s.
    """

    sock: AnsweringSocket
    data_ready: bool
    opened: WeakSet[Connection]

    def __init__(
        self,
        cfg: Any,
        sock: AnsweringSocket,
        client: Any,
        server: Any,
        *,
        peer: str,
        budget: Budget,
    ):
        super().__init__(cfg, sock, client, server)
        self.peer = peer  # the network that the connection is counted by
        self.incoming = Incoming(0)
        self.deadline = 0.0  # monotonic seconds at which the worker's loop gives it up
        self._budget = budget
        self._counted = False
        self._begun: float | None = None
        self.data_ready = True  # a handler gets it only then
        self.opened.add(self)

    def expect(self, largest_body: int) -> None:
        """A request is to come, and of a pipelining client it may be there already."""
        read_ahead = self.parser.unreader.take_buffered() if self.initialized else b""
        now = time.monotonic()
        self.deadline = now + (self.cfg.keepalive if self.initialized else limits.RECEIVE_TIMEOUT)
        self._begun = now if read_ahead else None
        self.incoming = Incoming(largest_body, read_ahead)
        self.sock.begin()
        self._invite_body()

    def receive(self) -> State:
        """Takes what has come, without waiting."""
        try:
            received = self.sock.recv(READ, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return self.incoming.state
        except OSError:
            self.incoming.content.clear()
            received = b""
        self.incoming.add(received)
        self._invite_body()
        self._count(len(self.incoming.content))
        now = time.monotonic()
        if self._begun is None:
            self._begun = now
        self.deadline = min(self._begun + limits.REQUEST_TIME, now + limits.RECEIVE_TIMEOUT)
        return self.incoming.state

    def _invite_body(self) -> None:
        """Sends `100 Continue` to a client that waits for it, once."""
        if self.incoming.awaits_continue and self.incoming.state is State.WAITING:
            self.incoming.awaits_continue = False
            invite_body(self.sock)

    def evict(self) -> None:
        """Gives up a request of which too much has come without its end."""
        self.cut()

    def cut(self) -> None:
        """Has the worker's loop close it."""
        self.sock.cut()
        self._budget.keep(self, 0)

    def _count(self, size: int) -> None:
        """Has the budget count what has come, except the few hundred bytes that most requests have."""
        if size > UNCOUNTED or self._counted:
            self._counted = size > 0
            self._budget.keep(self, size)

    def init(self) -> None:
        """In the handler's thread, for every request."""
        first = not self.initialized
        super().init()
        if first:
            self.parser.unreader = Unreader(self.sock)
        self._count(0)
        self.parser.unreader.begin(self.incoming)

    def hang_up(self) -> None:
        """Reads nothing more: a request that has not come to its end has come to it; answers still go out."""
        try:
            self.sock.shutdown(socket.SHUT_RD)
        except OSError:
            pass  # closed meanwhile

    def close(self, graceful: bool = False) -> None:
        if self.sock.fileno() < 0:
            return
        self.sock.release_slot = None
        self._count(0)
        if graceful:
            self._empty()
        super().close()

    def _empty(self) -> None:
        """Reads what has come, without waiting: bytes that nobody read would make a reset of our last answer's end."""
        self.sock.setblocking(False)
        try:
            self.sock.shutdown(socket.SHUT_WR)
            for _ in range(UNREAD_TIMES):
                if not self.sock.recv(UNREAD):
                    break
        except OSError:
            pass  # there is no more


class Unreader(SocketUnreader):  # type: ignore[misc]
    """Gives the parser what the worker's loop has received of a request, and then its end: it waits for no client."""

    def begin(self, request: Incoming) -> None:
        """The next request."""
        self.unread(bytes(request.content))
        request.content.clear()

    def chunk(self, size_hint: int | None = None) -> bytes:
        return b""
