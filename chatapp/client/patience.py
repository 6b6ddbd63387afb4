"""How long one waits until one tries again."""

from __future__ import annotations

from collections.abc import Callable

FIRST, LONGEST = 0.5, 20.0  # seconds: of the first wait, and of any


class Patience:
    """Waits with full jitter, twice as long each time, until something came of it."""

    def __init__(self, random: Callable[[], float]):
        self._random = random
        self._failures = 0

    @property
    def tried(self) -> bool:
        """Whether one tries again already."""
        return self._failures > 0

    def wait(self, at_least: float = 0.0) -> float:
        """Seconds until the next attempt, after one that failed."""
        most = min(LONGEST, FIRST * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return max(at_least, self._random() * most)

    def rewarded(self) -> None:
        """The server has answered: the next failure is a first one."""
        self._failures = 0
