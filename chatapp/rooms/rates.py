"""How fast a person may post: one token bucket a person, shared by all of their clients."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

_PRUNE_AT = 1_024  # buckets kept before the full ones, which say nothing, are dropped; then twice what was left


class Bucket:
    """A token bucket: `rate` tokens a second, at most `burst` of them. Not safe for threads by itself."""

    def __init__(self, rate: float, burst: float, now: float):
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float) -> float:
        """Takes a token and returns 0, or takes none and returns the seconds until there is one."""
        self._fill(now)
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate

    def charge(self, now: float, tokens: float) -> float:
        """Takes so many tokens, into debt if need be, and returns the seconds until it is paid."""
        self._fill(now)
        self._tokens -= tokens
        return max(0.0, -self._tokens / self._rate)

    def _fill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now

    def full(self, now: float) -> bool:
        return self._tokens + (now - self._at) * self._rate >= self._burst


class Rates:
    """The bucket of every person who posted a moment ago; `rate` 0 means no limit."""

    def __init__(self, *, rate: float, burst: int, clock: Callable[[], float]):
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._lock = Lock()  # guards the two below, and what is in the buckets
        self._buckets: dict[str, Bucket] = {}
        self._prune_at = _PRUNE_AT

    def take(self, person: str) -> float:
        """0 if that person may post now, and it is counted; else the seconds to wait."""
        if not self._rate:
            return 0.0
        now = self._clock()
        with self._lock:
            bucket = self._buckets.get(person)
            if bucket is None:
                if len(self._buckets) >= self._prune_at:
                    self._buckets = {key: kept for key, kept in self._buckets.items() if not kept.full(now)}
                    self._prune_at = max(_PRUNE_AT, 2 * len(self._buckets))
                bucket = self._buckets[person] = Bucket(self._rate, self._burst, now)
            return bucket.take(now)
