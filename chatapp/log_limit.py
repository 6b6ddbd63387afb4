"""Keeps log lines short and few: clients decide what is in some of them, and how often they come."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, Timer

LINE_LIMIT = 500  # characters of a message, and of each line of a traceback
PER_INTERVAL = 10  # lines of one kind, from WARNING on
INTERVAL = 60.0  # seconds

Kind = tuple[str, str, int]  # the logger, and the file and line from which it is called


def shortened(text: str) -> str:
    """The first LINE_LIMIT characters, and how many more there were."""
    left = len(text) - LINE_LIMIT
    return text if left <= 0 else f"{text[:LINE_LIMIT]}… ({left:,} characters more)"


@dataclass
class _Interval:
    ends: float  # seconds of the clock
    lines: int = 0
    dropped: int = 0


def _later(seconds: float, call: Callable[[], None]) -> None:
    timer = Timer(seconds, call)
    timer.name, timer.daemon = "log-limit", True
    try:
        timer.start()
    except RuntimeError:
        pass  # the machine gives no thread: the next line of that kind says how many there were


class LogLimit(logging.Filter):
    """For a handler or a logger: shortens every message, and lets PER_INTERVAL warnings and errors of a kind through.

    The last of them says that more are only counted; at the end of the interval a line says how many. `clean` is what
    makes a message safe to show.
    """

    def __init__(
        self,
        clean: Callable[[str], str],
        *,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], None] = _later,
    ):
        super().__init__()
        self._clean = clean
        self._clock = clock
        self._later = later
        self._lock = Lock()  # guards the one below
        self._intervals: dict[Kind, _Interval] = {}  # one for each place in the code that logs a warning

    def filter(self, record: logging.LogRecord) -> bool:
        if not isinstance(record.msg, str):
            return True  # our own lines, many in one record: their texts are bounded
        note = ""
        if record.levelno >= logging.WARNING and not getattr(record, "is_count", False):
            kind = (record.name, record.pathname, record.lineno)
            passes, note = self._count(kind, record.levelno)
            if not passes:
                return False
        record.msg, record.args = self._clean(shortened(record.getMessage())) + note, None
        return True

    def _count(self, kind: Kind, level: int) -> tuple[bool, str]:
        """Whether the line goes out, and what is written behind it."""
        now = self._clock()
        with self._lock:
            interval = self._intervals.get(kind)
            before = 0
            if interval is None or interval.ends <= now:
                before = interval.dropped if interval else 0
                interval = self._intervals[kind] = _Interval(now + INTERVAL)
            interval.lines += 1
            over = interval.lines - PER_INTERVAL
            if over > 0:
                interval.dropped += 1
        if over == 1:
            self._later(INTERVAL, lambda: self._tell(kind, level, interval))
        if over == 0:
            return True, " (more of this kind are counted, not shown, for a minute)"
        return over < 0, f" ({before:,} more before)" if before else ""

    def _tell(self, kind: Kind, level: int, interval: _Interval) -> None:
        with self._lock:
            dropped, interval.dropped = interval.dropped, 0
        if dropped:
            name, path, line = kind
            text = f"{dropped:,} more lines of a kind were not shown"
            logger = logging.getLogger(name)
            logger.handle(logger.makeRecord(name, level, path, line, text, (), None, extra={"is_count": True}))
