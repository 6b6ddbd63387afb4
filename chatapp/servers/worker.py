"""gunicorn's gthread worker, in which no handler's thread waits for a client, pinned to gunicorn 27.0.1.

Requests are received in the worker's loop and given to a thread when they are there; what a client does not read of its
answer the loop sends when it can. A thread is taken only by a request at work, and by a WebSocket.
"""

from __future__ import annotations

import errno
import logging
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.workers import gthread

from ..budget import Budget
from ..exhaustion import OUT_OF_RESOURCES
from ..live.addresses import LOG_EVERY, Addresses, TooManyFromAddress
from ..networks import network
from . import limits
from .answering import AnsweringSocket, Patience, refuse
from .bodies import TooLarge
from .connection import Connection
from .incoming import State
from .slots import Slots, client_network, forwarded_for

MARGIN = 16  # connections that are always left: over it the oldest idle one of the address with most of them is closed
ANSWER_AHEAD = 1_048_576  # bytes of one answer that may wait while its handler goes on making it
PAUSE = 0.5  # seconds without accepting when the machine has no file for a connection
LOOK_EVERY = 0.5  # seconds between two looks for connections whose time is over
# What `accept` may say of a connection that failed before it was accepted (accept(2)), and of none at all.
NO_CONNECTION = (
    *(errno.EAGAIN, errno.EINTR, errno.ECONNABORTED, errno.EPERM, errno.EPROTO, errno.ENOPROTOOPT, errno.EOPNOTSUPP),
    *(errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ETIMEDOUT),
)

log = logging.getLogger(__name__)


class Idle:
    """The connections that wait for their client, by network, the oldest first."""

    def __init__(self) -> None:
        self._by_peer: dict[str, dict[Connection, None]] = {}

    def add(self, conn: Connection) -> None:
        self._by_peer.setdefault(conn.peer, {})[conn] = None

    def remove(self, conn: Connection) -> bool:
        """False if it was not among them."""
        same = self._by_peer.get(conn.peer, {})
        if conn not in same:
            return False
        del same[conn]
        if not same:
            del self._by_peer[conn.peer]
        return True

    def overdue(self, now: float) -> list[Connection]:
        return [conn for same in self._by_peer.values() for conn in same if conn.deadline <= now]

    def victim(self) -> Connection | None:
        """The oldest of the network that has the most."""
        fullest = max(self._by_peer.values(), key=len, default=None)
        return next(iter(fullest)) if fullest else None


class Worker(gthread.ThreadWorker):  # type: ignore[misc]
    """Takes the place of gunicorn's class once gunicorn has made its worker.

    Its methods run in the worker's loop, except `handle_request` and `_keepalive_after`: in a handler's thread.
    """

    def begin(self, *, addresses: Addresses | None, hops: int, largest_body: int, patience: Patience) -> None:
        """`addresses` counts the connections of each; None if they are all those of proxies, `hops` in a row."""
        self._addresses = addresses
        self._hops = hops
        self._largest_body = largest_body
        self._patience = patience
        self._slots: Slots[Connection] = Slots()
        self._budget = Budget(limits.ANSWERS_LIMIT)
        self._idle = Idle()
        self._accepts_at = 0.0  # monotonic seconds
        self._looked_at = 0.0
        self._logged_at = float("-inf")

    def accept(self, listener: Any) -> None:
        """One connection. gunicorn's own ends the worker when the machine has no file for it, and gives silent
        connections to threads."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in OUT_OF_RESOURCES:
                self._pause(error)
            elif error.errno not in NO_CONNECTION:
                raise
            return
        peer = network(client[0]) if isinstance(client, tuple) else ""
        try:
            if self._addresses:
                self._addresses.enter(peer)
        except TooManyFromAddress:
            refuse(sock, "429 Too Many Requests")
            sock.close()
            return
        self.nr_conns += 1
        answering = AnsweringSocket(sock, budget=self._budget, unsent_limit=ANSWER_AHEAD, patience=self._patience)
        server = listener.getsockname()
        conn = Connection(self.cfg, answering, client, server, peer=peer, budget=self._budget)
        answering.release_slot = partial(self.method_queue.defer, self._release_slot, conn)
        self._await_request(conn)
        while self.nr_conns > self.worker_connections - MARGIN and (victim := self._idle.victim()):
            self._give_up(victim)

    def set_accept_enabled(self, enabled: bool) -> None:
        if not enabled or time.monotonic() >= self._accepts_at:
            super().set_accept_enabled(enabled)

    def enqueue_req(self, conn: Connection) -> None:
        """A request goes to a thread, or waits for a slot."""
        forwarded = forwarded_for(conn.incoming.head) if self._hops else ""
        if self._slots.acquire(client_network(conn.peer, forwarded, self._hops), conn):
            super().enqueue_req(conn)

    def finish_request(self, conn: Connection, fs: Future[Any]) -> None:
        """A handler is through with a request, or with a WebSocket."""
        self._release_slot(conn)
        kept = not fs.cancelled() and not fs.exception() and bool(fs.result())
        if conn.sock.unsent:
            conn.deadline = conn.sock.deadline
            self._await(conn, selectors.EVENT_WRITE, partial(self._on_writable, conn, kept))
        else:
            self._finished(conn, kept)

    def murder_pending(self) -> None:
        """In every turn of the loop: gives up the connections whose time is over."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        self._begin(self._slots.release_overdue())
        for conn in self._idle.overdue(now):
            if conn.sock.unsent:
                conn.sock.cut()
            self._give_up(conn)

    def handle_request(self, req: Any, conn: Connection) -> bool:
        if conn.incoming.state is not State.WHOLE:
            req.force_close()  # where the next request would begin nobody knows
        if conn.incoming.state is State.BODY_TOO_LARGE:
            req.body = TooLarge()
        req._expected_100_continue = False  # the loop has sent it, if the client waited for it
        return bool(super().handle_request(req, conn))

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        try:
            return bool(super()._keepalive_after(conn, keepalive))
        except (ParseException, OSError):
            return False  # a malformed body that the application did not read; the answer has gone out

    def _release_slot(self, conn: Connection) -> None:
        """The request is through, or its handler begins to wait for the client."""
        self._begin(self._slots.release(conn))

    def _begin(self, connections: list[Connection]) -> None:
        for conn in connections:
            super().enqueue_req(conn)

    def _pause(self, error: OSError) -> None:
        now = time.monotonic()
        self._accepts_at = now + PAUSE
        self.set_accept_enabled(False)
        if victim := self._idle.victim():
            self._give_up(victim)
        if now - self._logged_at >= LOG_EVERY:
            self._logged_at = now
            log.error("No connection can be accepted for now: %s", error.strerror)

    def _finished(self, conn: Connection, kept: bool) -> None:
        if kept and self.alive and conn.sock.fileno() >= 0:
            self._await_request(conn)
        else:
            self._close(conn, graceful=True)

    def _await_request(self, conn: Connection) -> None:
        conn.expect(self._largest_body)
        if conn.incoming.state is State.WAITING:
            self._await(conn, selectors.EVENT_READ, partial(self._on_readable, conn))
        else:
            self._received(conn)

    def _await(self, conn: Connection, event: int, call: Callable[[Any], None]) -> None:
        try:
            self.poller.register(conn.sock, event, call)
        except (OSError, ValueError, KeyError):  # closed, or the kernel has no place for it
            self._close(conn)
        else:
            self._idle.add(conn)

    def _on_readable(self, conn: Connection, _sock: object) -> None:
        if conn.sock.fileno() < 0:
            return  # closed in this turn of the loop, to make room: it must not be counted as closed twice
        state = conn.receive()
        self._budget.relieve()
        if state is not State.WAITING:
            self._stop_waiting(conn)
            self._received(conn)

    def _on_writable(self, conn: Connection, kept: bool, _sock: object) -> None:
        if conn.sock.fileno() < 0:
            return  # as above
        try:
            done = conn.sock.push()
        except OSError:
            self._give_up(conn)
            return
        conn.deadline = conn.sock.deadline
        if done:
            self._stop_waiting(conn)
            self._finished(conn, kept)

    def _received(self, conn: Connection) -> None:
        if conn.sock.ended or not conn.incoming.content:
            self._close(conn)  # the peer has gone, having asked for nothing, or was cut off
        elif conn.incoming.state is State.TOO_LARGE:
            is_line = b"\n" not in conn.incoming.content
            refuse(conn.sock, "414 URI Too Long" if is_line else "431 Request Header Fields Too Large")
            self._close(conn, graceful=True)
        else:
            self.enqueue_req(conn)

    def _stop_waiting(self, conn: Connection) -> None:
        if self._idle.remove(conn):
            self.poller.unregister(conn.sock)

    def _give_up(self, conn: Connection) -> None:
        self._stop_waiting(conn)
        self._close(conn)

    def _close(self, conn: Connection, *, graceful: bool = False) -> None:
        self.nr_conns -= 1
        if self._addresses:
            self._addresses.leave(conn.peer)
        conn.close(graceful)


def take_over(worker: Any, *, addresses: Addresses | None, hops: int, largest_body: int, patience: Patience) -> None:
    """Makes a worker of gunicorn's, before it runs, one of ours: `-k gthread` names gunicorn's class."""
    worker.__class__ = Worker
    worker.begin(addresses=addresses, hops=hops, largest_body=largest_body, patience=patience)
