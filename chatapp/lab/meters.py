"""Numbers of the last moments, which any thread may add to and any thread may read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import fmean
from threading import Lock

KEPT = 4_096  # numbers at most; a laboratory that works adds some 400 a second to the busiest one


class Window:
    """What was added within the last `span` seconds."""

    def __init__(self, clock: Callable[[], float], span: float = 1.0):
        self._clock = clock
        self._span = span
        self._lock = Lock()  # guards the numbers
        self._kept: deque[tuple[float, float]] = deque(maxlen=KEPT)

    def add(self, number: float = 1.0) -> None:
        with self._lock:
            self._kept.append((self._clock(), number))

    def numbers(self) -> list[float]:
        with self._lock:
            oldest = self._clock() - self._span
            while self._kept and self._kept[0][0] < oldest:
                self._kept.popleft()
            return [number for _, number in self._kept]

    def total(self) -> float:
        return sum(self.numbers())

    def mean(self) -> float:
        numbers = self.numbers()
        return fmean(numbers) if numbers else 0.0
