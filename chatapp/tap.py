"""The tap: what the stations on a message's way note for those who watch. With nobody watching it is a flag."""

from __future__ import annotations

from collections import deque
from itertools import count
from threading import get_ident
from time import monotonic_ns
from typing import Any, NamedTuple

RING = 20_000  # notes that wait for the collector; over it the oldest are dropped, and the gap is seen in their numbers
SAMPLES = 25  # rounds of the fan-out whose every delivery is noted, a second, and at once
SECOND = 1_000_000_000  # ns


class Note(NamedTuple):
    """What happened: when (monotonic ns), on which thread (its ident), to what, and what more there is to say."""

    number: int
    at: int
    thread: int
    what: str
    about: Any
    more: Any


class Round:
    """A room's share of a round of the fan-out, as it goes. Owned by the fan-out's thread until it is noted.

    `offers` holds, for each delivery, the client, when it was offered (monotonic ns), its bytes, and its fate: `sent`,
    `queued` behind what waits, `held` behind an answer, or the client is `gone`.
    """

    __slots__ = ("encoded_at", "frame_bytes", "messages", "offers", "recipients")

    def __init__(self, messages: int, recipients: int):
        self.messages = messages
        self.recipients = recipients
        self.encoded_at = 0
        self.frame_bytes = 0
        self.offers: list[tuple[Any, int, int, str]] = []

    def encoded(self, size: int) -> None:
        """The frames of one dialect are encoded."""
        self.encoded_at = self.encoded_at or monotonic_ns()
        self.frame_bytes = self.frame_bytes or size

    def offered(self, client: Any, size: int, fate: str) -> None:
        """The frames were offered to a client."""
        self.offers.append((client, monotonic_ns(), size, fate))


class Tap:
    """Where the stations put their notes. They look at `watched` first; whoever watches sets it."""

    def __init__(self) -> None:
        self.watched = 0  # how many watch
        self._numbers = count()
        self._notes: deque[Note] = deque(maxlen=RING)
        self._sampled_at = 0  # monotonic ns
        self._samples: float = 0  # rounds that may be noted in full now

    def note(self, what: str, about: Any = None, more: Any = None) -> None:
        """Takes a note. Never blocks, never fails; the order is that of the calls."""
        self._notes.append(Note(next(self._numbers), monotonic_ns(), get_ident(), what, about, more))

    def sample(self) -> bool:
        """Whether the round that begins is to be noted in full: all of them while there are few. Called by the fan-out
        alone."""
        if not self.watched:
            return False
        now = monotonic_ns()
        self._samples = min(SAMPLES, self._samples + (now - self._sampled_at) * SAMPLES / SECOND)
        self._sampled_at = now
        if self._samples < 1:
            return False
        self._samples -= 1
        return True

    def take(self) -> list[Note]:
        """The notes taken since the last time. Called by the collector alone."""
        notes = []
        while self._notes:
            notes.append(self._notes.popleft())
        return notes
