"""Whether the chat is well: asked as often as anybody likes, found out once a second."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from ..model import Refusal
from ..vitals import Vitals

LIFETIME = 1.0  # seconds that an answer serves everybody who asks


class Health:
    """Keeps what `check` found for LIFETIME seconds: it writes and syncs, and the address needs no permission. What it
    found is void as soon as `is_ill` knows better, or a vital thread has died."""

    def __init__(
        self, check: Callable[[], None], *, is_ill: Callable[[], bool], vitals: Vitals, clock: Callable[[], float]
    ):
        self._check = check
        self._vitals = vitals
        self._is_ill = is_ill
        self._clock = clock  # monotonic seconds
        self._lock = Lock()  # guards what follows; held while `check` runs, for who asks meanwhile waits for its answer
        self._until = 0.0
        self._found: Refusal | None = None

    def ask(self) -> None:
        """Raises Refusal `busy` if the chat is not well."""
        if self._vitals.dead:
            raise Refusal("busy", retry_after=1.0, reason=f"the thread {self._vitals.dead} has died")
        with self._lock:
            if self._clock() >= self._until or (self._found is None and self._is_ill()):
                try:
                    self._check()
                    self._found = None
                except Refusal as refusal:
                    self._found = refusal
                self._until = self._clock() + LIFETIME
            if self._found:
                raise self._found.with_traceback(None)
