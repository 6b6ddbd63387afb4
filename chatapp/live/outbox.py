"""The outbox: one client's outgoing bytes, in one order, bounded, and the only writer of its socket."""

from __future__ import annotations

import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from threading import Lock

from ..budget import Budget
from . import tcp
from .frames import TRY_LATER, close_frame, whole

DRAIN_TIMEOUT = 30.0  # seconds a client may take to read the answer to its own command
EVICTION_GRACE = 10.0  # seconds an evicted client has to read why
CATCH_UP_WATER = 32_768  # bytes that may still wait when the next piece of older events is read from the log
LONGEST_PAUSE = 1.0  # seconds that a slowed client is left alone before somebody looks at it again
LINGER_TIMEOUT = 0.5  # seconds to wait for the peer's close, or its FIN, before the socket is shut down


class Outbox:
    """Writes to one socket without ever blocking the caller of `offer`.

    What the socket does not take at once waits here, up to `limit` bytes, until `flush` is called because the
    socket is writable again; `stalled` is told when that becomes necessary. Over the limit the client is evicted: it
    gets close code 1013 behind the frame that is half written, and nothing else. `budget` bounds what waits in all
    outboxes together, what is held included.
    """

    seen: Callable[[bytes], object] | None = None  # hears whole frames that have left, while somebody watches
    evicted: Callable[[], object] | None = None  # hears that it happened, under the lock: must only note it

    def __init__(
        self,
        sock: socket.socket,
        *,
        limit: int,
        stalled: Callable[[Outbox], None],
        farewell: Callable[[int, str], bytes] = close_frame,
        budget: Budget | None = None,
    ):
        self._sock = sock
        self._limit = limit
        self._stalled = stalled
        self._farewell = farewell  # makes the last bytes out of a close code and a reason
        self._budget = budget or Budget(sys.maxsize)
        self._lock = Lock()  # guards the order of the bytes: all below, and every send
        self._waiting: deque[bytes | memoryview] = deque()  # frames are shared by all recipients
        self._waiting_bytes = 0
        self._begun = False  # the first of _waiting is partly written
        self._held: list[bytes] | None = None
        self._held_bytes = 0
        self._charged = 0  # bytes that the budget knows of
        self._watched = False  # somebody will call flush when the socket is writable
        self._closing = False
        self._gone = False
        self.closing_since: float | None = None  # monotonic seconds

    def fileno(self) -> int:
        return self._sock.fileno()

    @property
    def closing(self) -> bool:
        """Nothing more will be sent: a close frame is on its way, or the connection is gone."""
        return self._closing or self._gone

    @property
    def waiting(self) -> int:
        """Bytes that wait, held ones included."""
        return self._waiting_bytes + self._held_bytes

    @property
    def fate(self) -> str:
        """What became of the last offer, for who looks on: `sent`, `queued`, `held`, or the client is `gone`."""
        if self._closing or self._gone:
            return "gone"
        return "held" if self._held is not None else "queued" if self._waiting else "sent"

    @property
    def round_trip(self) -> int | None:
        """µs that a segment and its acknowledgement take, as the kernel measured it; None where it does not say."""
        return tcp.round_trip(self._sock)

    def left(self) -> list[bytes | memoryview]:
        """What waits, held frames included; the first may be the rest of a frame that is partly sent."""
        with self._lock:
            return [*self._waiting, *(self._held or ())]

    # What other threads call: never blocks.

    def offer(self, frames: bytes) -> bool:
        """Sends whole frames, or keeps them in order behind what waits. False if this evicted the client."""
        with self._lock:
            if self._closing or self._gone:
                return True
            if not self._waiting and self._held is None:  # nearly always: one system call, and nothing else
                if self._send_at_once(frames):
                    return True
                kept = True
            else:
                kept = self._keep(frames)
        self._budget.relieve()
        return kept

    def close(self, code: int, reason: str = "") -> None:
        """A close frame behind all that waits; nothing more is taken after it (RFC 6455, section 5.5.1).

        What is held is let go: it might stand between the fragments of an answer, and the client resumes.
        """
        with self._lock:
            if not self._closing and not self._gone:
                self._held, self._held_bytes = None, 0
                self._close(code, reason)
                self._write()

    def evict(self) -> None:
        """Sends the client away because all outboxes together keep too much, and this one the most."""
        with self._lock:
            self._evict()

    def cut(self) -> None:
        """Ends the connection at once and wakes its handler, which may sit in a read."""
        with self._lock:
            self._drop()

    def flush(self) -> bool:
        """Writes what the socket takes now; True if nothing waits any more."""
        with self._lock:
            self._write()
            self._watched = bool(self._waiting)
            return not self._watched

    # What the client's own handler calls: may block that one client's thread.

    def send(self, frames: bytes, *, down_to: int | None = None) -> int:
        """Sends an answer to the client itself, ahead of what is held; waits while it reads slowly.

        Until at most `down_to` bytes wait, by default half the limit; who takes longer than DRAIN_TIMEOUT is evicted.
        Bears the name and the form of `socket.send`, for the library's handshake writes through it.
        """
        with self._lock:
            if not self._closing and not self._gone:
                self._append(frames)
                self._write()
        self._budget.relieve()
        if not self.drain(DRAIN_TIMEOUT, down_to=self._limit // 2 if down_to is None else down_to):
            with self._lock:
                self._evict()
        return len(frames)

    def hold(self) -> None:
        """From now on offers wait until `release`, so that older events can be sent first."""
        with self._lock:
            if self._held is None:
                self._held = []

    def release(self) -> None:
        with self._lock:
            self._release()
            self._write()
        self._budget.relieve()

    def drain(self, timeout: float, *, down_to: int = 0) -> bool:
        """Waits until at most `down_to` bytes wait; False if that took longer than `timeout` seconds."""
        if self._waiting_bytes <= down_to:
            return True
        deadline = time.monotonic() + timeout
        poller = select.poll()
        poller.register(self._sock, select.POLLOUT)
        while self._waiting_bytes > down_to:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            poller.poll(left * 1000)
            with self._lock:
                self._write()
        return True

    def pause(self, seconds: float) -> None:
        """Waits, or less long if the connection ends meanwhile; at most LONGEST_PAUSE seconds."""
        poller = select.poll()
        poller.register(self._sock, 0)  # no event but the end: POLLHUP and POLLERR are always told
        if poller.poll(min(seconds, LONGEST_PAUSE) * 1000):
            self.cut()  # else who pauses until it may go on would come back at once, again and again

    def recv(self, size: int) -> bytes:
        """Reads, blocking; b"" if the peer is gone, however it went."""
        try:
            return self._sock.recv(size)
        except OSError:
            return b""

    def linger(self) -> None:
        """The end: waits a moment for the peer's close or FIN, so that a reset does not eat our last frame."""
        deadline = time.monotonic() + LINGER_TIMEOUT
        if self.drain(LINGER_TIMEOUT):
            tcp.finish(self._sock, deadline)
        self.cut()

    # Under the lock.

    def _send_at_once(self, frames: bytes) -> bool:
        """True if nothing waits now."""
        written = self._send_some(frames)
        if written is not None and written < len(frames):
            self._append(memoryview(frames)[written:] if written else frames)
            self._begun = written > 0
            self._charge()
            self._wait_for_room()
            return False
        if self.seen and written is not None:
            self.seen(frames)
        return True

    def _keep(self, frames: bytes) -> bool:
        """Puts frames behind what waits; False if that evicted the client."""
        if self._waiting_bytes + self._held_bytes + len(frames) > self._limit and (self._waiting or self._held):
            self._evict()
            return False
        if self._held is not None:
            self._held.append(frames)
            self._held_bytes += len(frames)
            self._charge()
        else:
            self._append(frames)
            self._write()
        return True

    def _charge(self) -> None:
        """Tells the budget how much waits here; costs nothing while nothing waits."""
        size = self._waiting_bytes + self._held_bytes
        if size != self._charged:
            self._charged = size
            self._budget.keep(self, size)

    def _send_some(self, frames: bytes | memoryview) -> int | None:
        """How many bytes the socket took without waiting; None if the connection is gone."""
        try:
            return self._sock.send(frames, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
        except OSError:
            self._drop()
            return None

    def _append(self, frames: bytes | memoryview) -> None:
        self._waiting.append(frames)
        self._waiting_bytes += len(frames)

    def _release(self) -> None:
        if self._held is not None:
            for frames in self._held:
                self._append(frames)
            self._held, self._held_bytes = None, 0

    def _write(self) -> None:
        while self._waiting and not self._gone:
            first = self._waiting[0]
            written = self._send_some(first)
            if written is None:
                return
            if not written:
                break
            self._waiting_bytes -= written
            self._begun = written < len(first)
            if self._begun:
                self._waiting[0] = memoryview(first)[written:]
            else:
                self._waiting.popleft()
                if self.seen:  # from the beginning, however many sends it took
                    self.seen(whole(first))
        self._charge()
        if self._waiting:
            self._wait_for_room()

    def _wait_for_room(self) -> None:
        if not self._watched:
            self._watched = True
            self._stalled(self)

    def _evict(self) -> None:
        if self._closing or self._gone:
            return
        if self.evicted:
            self.evicted()
        begun = self._waiting[0] if self._begun else None
        self._waiting.clear()
        self._waiting_bytes = 0
        self._held, self._held_bytes = None, 0
        if begun is not None:
            self._waiting.append(begun)
            self._waiting_bytes = len(begun)
        self._close(TRY_LATER, "reading too slowly")
        self._write()

    def _close(self, code: int, reason: str) -> None:
        self._append(self._farewell(code, reason))
        self._closing = True
        self.closing_since = time.monotonic()

    def _drop(self) -> None:
        self._gone = True
        self._waiting.clear()
        self._waiting_bytes = 0
        self._held, self._held_bytes = None, 0
        self._charge()
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # not connected any more: that is what is wanted
