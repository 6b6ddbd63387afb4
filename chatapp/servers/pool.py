"""A warm pool of daemon threads, in the place of the one that gunicorn's gthread worker brings.

The standard pool starts a thread inside the accept loop and waits for it to run; a thread that cannot be started
ends the worker; and its threads keep a process alive that should be gone. Here a grower starts them ahead of need.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

WARM = 32  # threads that wait for work; a storm of connections finds them ready

log = logging.getLogger(__name__)


class WarmPool(Executor):
    """Runs what is submitted on at most `limit` threads. `shrunk` hears a lower limit if the machine gives no more."""

    def __init__(self, limit: int, *, shrunk: Callable[[int], None]):
        self._limit = limit
        self._shrunk = shrunk
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._lock = Lock()  # guards the two below
        self._threads = 0
        self._free = 0
        self._needed = Event()
        self._grow()
        Thread(target=self._keep_warm, name="pool-grower", daemon=True).start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As `Executor.submit`; never starts a thread itself."""
        future: Future[Any] = Future()
        self._work.put((future, lambda: fn(*args, **kwargs)))
        with self._lock:
            self._free -= 1
            short = self._free < WARM // 2
        if short:
            self._needed.set()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the idle threads; busy ones are daemons and end with the process."""
        with self._lock:
            threads = self._threads
            self._limit = 0
        for _ in range(threads):
            self._work.put(None)

    def _keep_warm(self) -> None:
        while True:
            self._needed.wait()  # unbounded: set by the next submission that leaves too few
            self._needed.clear()
            self._grow()

    def _grow(self) -> None:
        while True:
            with self._lock:
                if self._free >= WARM or self._threads >= self._limit:
                    return
                self._threads += 1
                self._free += 1
                number = self._threads
            try:
                Thread(target=self._run, name=f"handler-{number}", daemon=True).start()
            except RuntimeError:
                with self._lock:
                    self._threads -= 1
                    self._free -= 1
                    self._limit = limit = self._threads
                log.error("The machine gives no more threads: %d clients at most", limit)
                self._shrunk(limit)
                return

    def _run(self) -> None:
        while True:
            job = self._work.get()
            if job is None:
                return
            future, call = job
            if future.set_running_or_notify_cancel():
                try:
                    result = call()
                except BaseException as error:  # noqa: BLE001  # it belongs to who waits for the future
                    future.set_exception(error)
                else:
                    future.set_result(result)
            with self._lock:
                self._free += 1
            del job, future, call
