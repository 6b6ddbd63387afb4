"""Which requests run: a few of each address, and not many in all; the others wait in line.

Python runs one thread at a time, for 5 ms each. With 500 requests of one address running at once, every step of
somebody else's request waited for 2.5 s.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from ..networks import network
from ..proxies import address_and_port

PER_ADDRESS = 4  # requests of one address that run at once; 470 more that send a byte at a time cost others 0.1 s then
TOTAL = 8  # of all addresses: more at once finish nothing sooner, for they share one core
# Seconds after which a running request gives its slot away: it waits for a disk or a lock, and the others need not.
OVERDUE = 2.0

T = TypeVar("T", bound=Hashable)

_FORWARDED_FOR = re.compile(rb"\r\nx-forwarded-for:([^\r\n]*)", re.IGNORECASE)


class _Running(NamedTuple):
    address: str
    since: float  # seconds of the clock


class Slots(Generic[T]):
    """Gives slots to requests: in the order of arrival within an address, and to the addresses in rotation.

    An address is what `networks.network` makes of it. The empty one, a proxy's on a Unix socket, is limited by the
    total alone. Calls come from any thread.
    """

    def __init__(self, per_address: int = PER_ADDRESS, total: int = TOTAL, clock: Callable[[], float] = time.monotonic):
        self._per_address = per_address
        self._total = total
        self._clock = clock
        self._lock = Lock()  # guards what follows
        self._running: dict[T, _Running] = {}  # the oldest first
        self._counts: dict[str, int] = {}  # of running requests by address
        self._waiting: dict[str, deque[T]] = {}
        self._next: dict[str, None] = {}  # addresses that have requests waiting and may run one more, in rotation

    def acquire(self, address: str, request: T) -> bool:
        """True if the request may begin; False if it waits in line. `release` must follow in either case."""
        with self._lock:
            if self._may_run(address) and len(self._running) < self._total:
                self._run(address, request)
                return True
            self._waiting.setdefault(address, deque()).append(request)
            if self._may_run(address):
                self._next[address] = None
            return False

    def release(self, request: T) -> list[T]:
        """That request runs no longer, or only waits for its client; gives those that may begin instead. A second call
        does nothing."""
        with self._lock:
            self._stop(request)
            return self._begin()

    def release_overdue(self) -> list[T]:
        """As `release`, for all that have run for longer than OVERDUE."""
        with self._lock:
            latest = self._clock() - OVERDUE
            for request in [request for request, running in self._running.items() if running.since <= latest]:
                self._stop(request)
            return self._begin()

    def _may_run(self, address: str) -> bool:
        return not address or self._counts.get(address, 0) < self._per_address

    def _run(self, address: str, request: T) -> None:
        self._running[request] = _Running(address, self._clock())
        self._counts[address] = self._counts.get(address, 0) + 1

    def _stop(self, request: T) -> None:
        running = self._running.pop(request, None)
        if running is None:
            return
        address = running.address
        self._counts[address] -= 1
        if not self._counts[address]:
            del self._counts[address]
        if address in self._waiting:
            self._next.setdefault(address)

    def _begin(self) -> list[T]:
        begun = []
        while self._next and len(self._running) < self._total:
            address = next(iter(self._next))
            del self._next[address]
            line = self._waiting[address]
            begun.append(line.popleft())
            self._run(address, begun[-1])
            if not line:
                del self._waiting[address]
            elif self._may_run(address):
                self._next[address] = None
        return begun


def client_network(peer: str, forwarded_for: str, hops: int) -> str:
    """The network of the client that sent a request: the one that the `hops` proxies of the operator name in
    X-Forwarded-For, else the peer's."""
    entries = forwarded_for.split(",")
    if hops and hops <= len(entries) and (named := address_and_port(entries[-hops].strip())):
        return network(named[0])
    return network(peer)


def forwarded_for(head: bytes) -> str:
    """The value of X-Forwarded-For in a request's head."""
    return b",".join(_FORWARDED_FOR.findall(head)).decode("latin-1")
