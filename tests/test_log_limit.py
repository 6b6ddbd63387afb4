"""Log lines that clients cause are short, harmless and few, and none is lost without a count."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest

from chatapp.log_limit import INTERVAL, LINE_LIMIT, PER_INTERVAL, LogLimit
from chatapp.terminal import escaped

from .actors import Clock


class Log:
    """A logger whose lines are kept, with a limit on them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.lines: list[str] = []
        self.waiting: list[Callable[[], None]] = []  # what is called at the end of an interval
        limit = LogLimit(escaped, clock=self.clock, later=lambda _seconds, call: self.waiting.append(call))
        self.logger = logging.getLogger("tests.log_limit")
        self.logger.propagate = False
        self.logger.setLevel(logging.INFO)
        self.handler = logging.Handler()
        self.handler.emit = lambda record: self.lines.append(record.getMessage())  # type: ignore[method-assign]
        self.handler.addFilter(limit)
        self.logger.addHandler(self.handler)

    def warn(self, what: str) -> None:
        self.logger.warning("Rejected %s", what)


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log()
    yield made
    made.logger.removeHandler(made.handler)


def test_a_long_line_is_cut_and_says_so(log: Log) -> None:
    log.logger.info("%s", "x" * LINE_LIMIT)
    log.logger.info("%s", "x" * 32_000)
    assert log.lines == ["x" * LINE_LIMIT, "x" * LINE_LIMIT + f"… ({32_000 - LINE_LIMIT:,} characters more)"]


def test_control_characters_are_escaped_and_percent_signs_are_text(log: Log) -> None:
    log.warn("\x1b[2J%s\nforged")
    assert log.lines == ["Rejected \\x1b[2J%s\\x0aforged"]


def test_of_one_kind_few_are_shown_and_the_others_are_counted(log: Log) -> None:
    for number in range(PER_INTERVAL + 4_211):
        log.warn(str(number))
    assert len(log.lines) == PER_INTERVAL
    assert log.lines[-1] == f"Rejected {PER_INTERVAL - 1} (more of this kind are counted, not shown, for a minute)"
    [tell] = log.waiting
    tell()
    assert log.lines[PER_INTERVAL:] == ["4,211 more lines of a kind were not shown"]


def test_another_kind_is_shown_meanwhile(log: Log) -> None:
    for _ in range(PER_INTERVAL + 1):
        log.warn("a")
    log.logger.warning("Something else")
    assert log.lines[-1] == "Something else"


def test_after_the_interval_lines_are_shown_again_with_what_was_not_told(log: Log) -> None:
    for _ in range(PER_INTERVAL + 5):
        log.warn("a")
    log.clock.now += INTERVAL
    log.warn("b")
    log.warn("c")
    assert log.lines[PER_INTERVAL:] == ["Rejected b (5 more before)", "Rejected c"]


def test_ordinary_lines_are_not_counted(log: Log) -> None:
    for number in range(PER_INTERVAL * 3):
        log.logger.info("Client connected: %d", number)
    assert len(log.lines) == PER_INTERVAL * 3
