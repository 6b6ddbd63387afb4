"""The processor time that a thread has spent, including what other threads and processes spend for it."""

from __future__ import annotations

import threading
import time

LONG_TEXT = 1_000  # characters from which it is counted what the journal's thread does for a text
STORING_COST = 2e-6  # seconds of processor time a character: to store and index it, and to take it out again

_elsewhere = threading.local()  # `seconds` that others spent for this thread


def spent() -> float:
    """Seconds since an arbitrary moment; only differences on the same thread mean anything."""
    return time.thread_time() + _seconds_elsewhere()


def add(seconds: float) -> None:
    """Counts work that the calling thread caused elsewhere."""
    _elsewhere.seconds = _seconds_elsewhere() + seconds


def add_storing(text: str) -> None:
    """Counts what storing that text will cost the journal's thread."""
    if len(text) > LONG_TEXT:
        add(len(text) * STORING_COST)


def _seconds_elsewhere() -> float:
    return getattr(_elsewhere, "seconds", 0.0)
