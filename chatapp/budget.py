"""A bound on what all slow readers together may keep in memory."""

from __future__ import annotations

from threading import Lock
from typing import Protocol

SETTLED = 7 / 8  # part of the limit down to which is freed at once, so that it is not reached again with the next bytes


class Holder(Protocol):
    """Keeps bytes for a client that reads slowly. Hashed by identity."""

    def evict(self) -> None:
        """Gives up what it keeps, except a frame that is half sent, and says goodbye to the client."""

    def cut(self) -> None:
        """Gives up everything, and the connection with it."""


class Budget:
    """The bytes that wait for slow readers, per reader and in total; over the limit the fullest is evicted first.

    A reader whose socket takes everything at once never comes here. A holder calls `keep` under its own lock, and
    `relieve` without: lock order is holder, then budget.
    """

    def __init__(self, limit: int):
        self.limit = limit  # bytes
        self.total = 0  # bytes that are kept now; read without the lock
        self._lock = Lock()  # guards total and what follows
        self._kept: dict[Holder, int] = {}
        self._relieving = Lock()  # held by the one thread that evicts

    def keep(self, holder: Holder, size: int) -> None:
        """Says how many bytes a holder keeps now."""
        with self._lock:
            self.total += size - self._kept.pop(holder, 0)
            if size:
                self._kept[holder] = size

    def relieve(self) -> None:
        """Evicts the fullest, one after the other, if the total is over the limit."""
        if self.total <= self.limit or not self._relieving.acquire(blocking=False):
            return
        try:
            with self._lock:
                fullest = sorted(self._kept, key=self._kept.__getitem__, reverse=True)
            for end in (_evict, _cut):
                for holder in fullest:
                    if self.total <= self.limit * SETTLED:
                        return
                    end(holder)
        finally:
            self._relieving.release()


def _evict(holder: Holder) -> None:
    holder.evict()


def _cut(holder: Holder) -> None:
    holder.cut()
