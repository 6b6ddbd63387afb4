"""A start that takes long: the supervisor sees that the process lives, the operator what it is doing."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event as Flag
from threading import Thread
from types import TracebackType

TICK = 1.0  # seconds between two signs of life; gunicorn's master ends a worker that gives none for 30 s
QUIET = 3.0  # seconds without a line: nearly every start is over by then
INTERVAL = 5.0  # seconds between two lines


class SlowStart:
    """While its block runs, a thread calls `alive` every second and prints what `doing` says every few seconds.

    `alive` and `doing` are called on that thread, and must not block. `doing` gives one line without an end, or an
    empty text while there is nothing to say.
    """

    def __init__(
        self, alive: Callable[[], None], doing: Callable[[], str], *, tick: float = TICK, quiet: float = QUIET
    ):
        self._alive = alive
        self._doing = doing
        self._tick = tick
        self._quiet = quiet
        self._over = Flag()
        self._thread = Thread(target=self._run, name="slow-start", daemon=True)

    def __enter__(self) -> SlowStart:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        began = time.monotonic()
        told = began + self._quiet - INTERVAL
        while not self._over.wait(self._tick):
            self._alive()
            now, doing = time.monotonic(), self._doing()
            if doing and now >= told + INTERVAL:
                told = now
                print(f"chatapp: {doing}; {now - began:.0f} s so far", flush=True)
