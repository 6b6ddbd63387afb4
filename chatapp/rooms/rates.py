"""Token buckets: one that is no one's, and bounded collections of them by person or by address."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from threading import Lock

_PRUNE_AT = 1_024  # buckets kept before the full ones, which say nothing, are dropped; then twice what was left
BUCKETS_LIMIT = 16_384  # buckets of one collection; over it the oldest quarter is dropped, full or not


class Bucket:
    """A token bucket: `rate` tokens a second, at most `burst` of them. Not safe for threads by itself."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float):
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def wait(self, now: float, tokens: float = 1) -> float:
        """Seconds until there are so many tokens; 0 if there are. Takes none."""
        held = self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if held >= tokens else (tokens - held) / self._rate

    def take(self, now: float, tokens: float = 1) -> float:
        """Takes so many tokens and returns 0, or takes none and returns the seconds until there are so many."""
        wait = self.wait(now, tokens)
        if not wait:
            self._tokens -= tokens
        return wait

    def spend(self, tokens: float) -> None:
        """Takes so many tokens, which `wait` has found to be there."""
        self._tokens -= tokens

    def charge(self, now: float, tokens: float) -> float:
        """Takes so many tokens, into debt if need be, and returns the seconds until it is paid.

        The debt is at most one burst: somebody who shares the bucket never waits longer than that takes.
        """
        self.wait(now)
        self._tokens = max(self._tokens - tokens, -self._burst)
        return max(0.0, -self._tokens / self._rate)

    def full(self, now: float) -> bool:
        return self._tokens + (now - self._at) * self._rate >= self._burst


class Buckets:
    """The buckets of everybody who took tokens a moment ago. Not safe for threads by itself.

    A dropped bucket is a full one for its owner. So many owners at once that their buckets do not fit have, between
    them, more tokens than the dropped ones give.
    """

    __slots__ = ("_buckets", "_burst", "_prune_at", "_rate")

    def __init__(self, rate: float, burst: float):
        self._rate = rate
        self._burst = burst
        self._buckets: dict[str, Bucket] = {}
        self._prune_at = _PRUNE_AT

    def __len__(self) -> int:
        return len(self._buckets)

    def of(self, owner: str, now: float) -> Bucket:
        """The bucket of that person or address; a full one for somebody new."""
        bucket = self._buckets.get(owner)
        if bucket is None:
            if len(self._buckets) >= self._prune_at:
                self._prune(now)
            bucket = self._buckets[owner] = Bucket(self._rate, self._burst, now)
        return bucket

    def _prune(self, now: float) -> None:
        kept = {owner: bucket for owner, bucket in self._buckets.items() if not bucket.full(now)}
        excess = len(kept) - BUCKETS_LIMIT * 3 // 4
        if excess > 0:
            kept = dict(islice(kept.items(), excess, None))
        self._buckets = kept
        self._prune_at = min(BUCKETS_LIMIT, max(_PRUNE_AT, 2 * len(kept)))


class Rates:
    """One rate for many owners, safe for threads; `rate` 0 means no limit."""

    def __init__(self, *, rate: float, burst: float, clock: Callable[[], float]):
        self._rate = rate
        self._clock = clock
        self._lock = Lock()  # guards the buckets and what is in them
        self._buckets = Buckets(rate, burst)

    def take(self, owner: str) -> float:
        """0 if that owner may go on now, and it is counted; else the seconds to wait."""
        if not self._rate:
            return 0.0
        with self._lock:
            now = self._clock()
            return self._buckets.of(owner, now).take(now)
