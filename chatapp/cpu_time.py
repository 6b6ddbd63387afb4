"""The processor time that a thread has spent, including what other threads and processes spend for it."""

from __future__ import annotations

import threading
import time

_elsewhere = threading.local()  # `seconds` that others spent for this thread


def spent() -> float:
    """Seconds since an arbitrary moment; only differences on the same thread mean anything."""
    return time.thread_time() + _seconds_elsewhere()


def add(seconds: float) -> None:
    """Counts work that the calling thread caused elsewhere."""
    _elsewhere.seconds = _seconds_elsewhere() + seconds


def _seconds_elsewhere() -> float:
    return getattr(_elsewhere, "seconds", 0.0)
