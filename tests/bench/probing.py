"""The page and the API while the chat is full: how long a visitor waits."""

from __future__ import annotations

import http.client
import time
from statistics import median
from threading import Event, Thread

from .steady import Steady
from .trial import Result, Trial

PATHS = {"page_ms": "/", "api_ms": "/api/rooms", "health_ms": "/healthz"}
PAUSE = 0.1  # seconds between two requests of the one visitor
TIMEOUT = 30.0


class Visitor:
    """Asks for the page and the API in turn, on a new connection each time, until told to go."""

    def __init__(self, port: int):
        self._port = port
        self._times: dict[str, list[float]] = {key: [] for key in PATHS}
        self._failed = 0
        self._gone = Event()
        self._thread = Thread(target=self._run, name="visitor", daemon=True)
        self._thread.start()

    def leave(self) -> tuple[Result, int]:
        """The medians in ms, and how many requests were not answered with 200."""
        self._gone.set()
        self._thread.join(TIMEOUT)
        return {key: median(times) * 1e3 if times else None for key, times in self._times.items()}, self._failed

    def _run(self) -> None:
        while not self._gone.is_set():
            for key, path in PATHS.items():
                started = time.perf_counter()
                if self._get(path) == 200:
                    self._times[key].append(time.perf_counter() - started)
                else:
                    self._failed += 1
                self._gone.wait(PAUSE)

    def _get(self, path: str) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return answer.status


def visited(trial: Trial) -> None:
    """Latency at a fixed rate, with a visitor who wants the page meanwhile."""
    measure = Steady(trial)
    trial.connect()
    measure.watch()
    visitor = Visitor(trial.spec.port)
    trial.result |= measure.run(trial.spec.seconds)
    waited, failed = visitor.leave()
    trial.result |= waited
    if failed:
        trial.fault(f"{failed} requests of the visitor failed")
    trial.verify()
    measure.check_order()
