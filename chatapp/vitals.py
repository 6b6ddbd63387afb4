"""The vital threads: without one of them the server would look alive and deliver nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock, Thread

FAILURES_IN_A_ROW = 5  # rounds that may fail one after the other: one mistake is one, a broken thread fails in all

log = logging.getLogger(__name__)


class Vitals:
    """Starts nothing by itself: makes the threads, and knows the first of them that an exception has ended.

    `end` is called once, on that thread, and must not wait for it.
    """

    def __init__(self) -> None:
        self.dead: str | None = None  # the name of the thread
        self.end: Callable[[], None] = lambda: None
        self._lock = Lock()  # guards `dead`

    def thread(self, name: str, run: Callable[[], None]) -> Thread:
        """A thread, not started yet, whose end by an exception is the end of the server."""
        return Thread(target=self._run, args=(name, run), name=name, daemon=True)

    def _run(self, name: str, run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException:  # whatever it is: nobody else hears of it
            with self._lock:
                first = self.dead is None
                self.dead = self.dead or name
            log.critical("The thread %s has died: the server ends", name, exc_info=True)
            if first:
                self.end()
