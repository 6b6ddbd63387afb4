"""The terminal: log lines go out on a thread of their own, so that a stopped terminal stops nobody's chat."""

from __future__ import annotations

import io
import logging
import sys
import time
from collections import deque
from functools import lru_cache
from threading import Condition, Thread
from typing import TextIO
from unicodedata import category

from .log_limit import LogLimit, shortened
from .tap import Tap

KEPT_LINES = 20_000  # lines that wait for the terminal; more are dropped and counted
GATHER = 0.02  # seconds that lines gather before they go out: a busy chat wakes this thread 50 times a second at most
FLUSH_TIMEOUT = 0.5  # seconds that the end waits for the terminal

# What a client sends is never written raw: it could forge a line, speak to the terminal, or change the order in which
# a line is read. These are the categories of such characters; the two joiners are parts of letters and emoji.
_ESCAPED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"


class Together(list[str]):
    """Lines of one moment, as one record's message: to log them one by one costs ten times as much."""

    def __str__(self) -> str:
        return "\n".join(self)


class Lines(logging.Formatter):
    """One event, one line: the message alone as the chat's first version had it, a level in front of what is wrong."""

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.msg, Together):
            return "\n".join(map(escaped, record.msg))
        line = escaped(record.getMessage())
        if record.levelno >= logging.WARNING:
            line = f"{record.levelname}: {line}"
        if record.exc_info:
            # Indented: an exception's own text may have line breaks in it, and forges no line of ours.
            trace = self.formatException(record.exc_info).split("\n")
            line += "".join(f"\n  {escaped(shortened(part))}" for part in trace)
        return line


@lru_cache(maxsize=4)
def _local_time(seconds: int) -> str:
    """`2026-11-30 14:05:09 `, with a blank behind it; `seconds` since the epoch."""
    return time.strftime("%Y-%m-%d %H:%M:%S ", time.localtime(seconds))


def escaped(line: str) -> str:
    """`line` with every control, format character (but the joiners), surrogate and line separator written as an
    escape such as `\\x1b` or `\\u202e`."""
    return line if line.isprintable() else "".join(map(_escaped, line))


def _escaped(char: str) -> str:
    if category(char) not in _ESCAPED or char in _JOINERS:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def tolerate(stream: TextIO) -> None:
    """Makes `stream` write what its encoding lacks as an escape, instead of raising UnicodeEncodeError: a terminal in
    Latin-1 has no emoji."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


class Terminal(logging.Handler):
    """Owns the lines on their way to `stream`; a call never waits for it."""

    def __init__(self, stream: TextIO | None = None, tap: Tap | None = None):
        super().__init__()
        self._tap = tap or Tap()
        self._stream = stream or sys.stderr
        tolerate(self._stream)
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._ready = Condition()  # guards the two above
        self._idle = True
        self._stopped = False
        self._thread: Thread | None = None
        self.setFormatter(Lines())
        self.addFilter(LogLimit(escaped))

    def start(self) -> None:
        """Begins to write; until then the lines wait."""
        self._thread = Thread(target=self._run, name="terminal", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Writes what waits, if the terminal takes it."""
        with self._ready:
            self._stopped = True
            self._ready.notify()
        if self._thread:
            self._thread.join(FLUSH_TIMEOUT)

    def emit(self, record: logging.LogRecord) -> None:
        lines = self.format(record).split("\n")
        if self._tap.watched:
            self._tap.note("lines", lines)
        at = _local_time(int(record.created))
        with self._ready:
            if len(self._lines) + len(lines) > KEPT_LINES:
                self._dropped += len(lines)
                return
            self._lines.extend(at + line for line in lines)
            if self._idle:
                self._idle = False
                self._ready.notify()

    def _run(self) -> None:
        while True:
            with self._ready:
                while not self._lines and not self._stopped:
                    self._idle = True
                    self._ready.wait()  # unbounded: there is nothing to do until a line comes or the end
                if not self._stopped:
                    self._ready.wait(GATHER)
                lines = list(self._lines)
                self._lines.clear()
                if self._dropped:
                    at = _local_time(int(time.time()))
                    lines.append(f"{at}WARNING: the terminal was too slow: {self._dropped} lines dropped")
                    self._dropped = 0
                if not lines:
                    return
            try:
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                pass  # no terminal any more: the chat goes on without it
