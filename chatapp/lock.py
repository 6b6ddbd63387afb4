"""A lock that says how it is used: how often it was taken, and, while somebody watches, by whom and for how long."""

from __future__ import annotations

import sys
import threading
from collections import deque
from time import monotonic_ns
from typing import NamedTuple

from .tap import Tap

EDGES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000)  # µs: upper edges of the histograms' buckets
LAST = 10  # holders remembered


class Holding(NamedTuple):
    """One time that the lock was held: when it was got (monotonic ns), on which thread (its ident), in which of its
    owner's methods, and how long that waited and held (ns)."""

    at: int
    thread: int
    what: str
    waited: int
    held: int


class MeasuredLock:
    """`threading.Lock`, and what it was for. Its figures are changed only by who holds it."""

    def __init__(self, tap: Tap):
        self._tap = tap
        self._lock = threading.Lock()
        self.acquisitions = 0
        self.contended = 0  # times that somebody else held it, of those that were measured
        self.waited = [0] * (len(EDGES) + 1)
        self.held = [0] * (len(EDGES) + 1)
        self.last: deque[Holding] = deque(maxlen=LAST)
        self._holding: Holding | None = None  # while it is held and measured

    @property
    def holder(self) -> int | None:
        """The ident of the thread that holds it right now, if that is being measured."""
        holding = self._holding
        return holding.thread if holding else None

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if not self._tap.watched:
            got = self._lock.acquire(blocking, timeout)
            self.acquisitions += got
            return got
        asked = monotonic_ns()
        at_once = self._lock.acquire(blocking=False)
        if not at_once and not (blocking and self._lock.acquire(blocking, timeout)):
            return False
        now = monotonic_ns()
        self.acquisitions += 1
        self.contended += not at_once
        self._holding = Holding(now, threading.get_ident(), _caller(), now - asked, 0)
        return True

    def release(self) -> None:
        holding = self._holding
        if holding:
            self._holding = None
            holding = holding._replace(held=monotonic_ns() - holding.at)
            self.waited[_bucket(holding.waited)] += 1
            self.held[_bucket(holding.held)] += 1
            self.last.appendleft(holding)
        self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def _bucket(nanoseconds: int) -> int:
    return next((number for number, edge in enumerate(EDGES) if nanoseconds < edge * 1_000), len(EDGES))


def _caller() -> str:
    """The method that takes the lock: the first frame outside this file and the library's."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename in (__file__, threading.__file__):
        frame = frame.f_back
    return frame.f_code.co_name
