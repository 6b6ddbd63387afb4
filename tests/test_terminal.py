"""The terminal: one event, one line, nothing forged, and nobody waits for it."""

from __future__ import annotations

import io
import logging
import os
import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import TextIO
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.terminal import FLUSH_TIMEOUT, KEPT_LINES, Lines, Terminal, Together, escaped

from .actors import PATIENCE, InThread, eventually

JOINERS = "\u200c\u200d"
AT = "2026-11-30 14:05:09 "  # what stands in front of each record's line


def without_time(shown: str) -> list[str]:
    """The lines, each of which must begin with the time of `record`, without it."""
    lines = shown.splitlines()
    assert [line for line in lines if not line.startswith(AT)] == []
    return [line.removeprefix(AT) for line in lines]


def record(
    message: object, *values: object, level: int = logging.INFO, error: BaseException | None = None
) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("chatapp", level, __file__, 1, message, values, info)
    made.created = time.mktime(time.strptime(AT.strip(), "%Y-%m-%d %H:%M:%S"))
    return made


@pytest.fixture
def make_terminal() -> Iterator[Callable[[TextIO], Terminal]]:
    made: list[Terminal] = []

    def make(stream: TextIO) -> Terminal:
        made.append(Terminal(stream))
        return made[-1]

    yield make
    for terminal in made:
        terminal.stop()


Make = Callable[[TextIO], Terminal]


# One line.


def test_an_event_is_its_message_alone() -> None:
    assert Lines().format(record("Client connected: path=%s", "/chat")) == "Client connected: path=/chat"
    address = ("127.0.0.1", 60004)
    assert Lines().format(record("Sending message to %s", address)) == "Sending message to ('127.0.0.1', 60004)"


def test_lines_of_one_moment_stay_lines_and_forge_none() -> None:
    assert Lines().format(record(Together(["one", "two\nthree\x1b"]))) == "one\ntwo\\x0athree\\x1b"


def test_lines_of_one_moment_count_as_so_many(make_terminal: Make) -> None:
    stream = io.StringIO()
    terminal = make_terminal(stream)
    terminal.emit(record(Together(["x"] * (KEPT_LINES - 1))))
    terminal.emit(record(Together(["y"] * 2)))
    terminal.emit(record("z"))
    terminal.start()
    terminal.stop()
    lines = stream.getvalue().splitlines()
    assert lines[:-1] == [f"{AT}x"] * (KEPT_LINES - 1) + [f"{AT}z"]
    assert lines[-1].endswith(" WARNING: the terminal was too slow: 2 lines dropped")


@pytest.mark.parametrize("level", [logging.WARNING, logging.ERROR])
def test_what_is_wrong_says_how_wrong(level: int) -> None:
    assert Lines().format(record("hm", level=level)) == f"{logging.getLevelName(level)}: hm"


@given(st.text(st.one_of(st.characters(), st.characters(categories=["Cc", "Cf", "Zl", "Zp"]))))
def test_no_text_makes_a_second_line_or_speaks_to_the_terminal(text: str) -> None:
    line = Lines().format(record("%s", text))
    assert len(line.splitlines()) <= 1
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in line)
    assert not [char for char in line if category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in JOINERS]


@pytest.mark.parametrize("char", ["\u200e", "\u200f", "\u061c", "\ufeff", "\u00ad", "\u2060", "\u202e", "\U000e0041"])
def test_a_character_that_changes_how_a_line_reads_is_written_as_an_escape(char: str) -> None:
    assert escaped(f"a{char}b") == "a" + char.encode("unicode-escape").decode() + "b"


def test_a_terminal_without_emoji_shows_them_as_escapes() -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="latin-1")
    terminal = Terminal(stream)
    terminal.start()
    terminal.emit(record("olá 👩"))
    terminal.stop()
    assert written.getvalue() == f"{AT}olá \\U0001f469\n".encode("latin-1")


def test_an_escaped_character_can_be_read() -> None:
    line = Lines().format(record("%s", "a\x1b[2J\r\nClient connected\u202e"))
    assert line == r"a\x1b[2J\x0d\x0aClient connected\u202e"


def test_words_of_any_language_stay_as_they_are() -> None:
    assert Lines().format(record("%s", "olá اَحمد 李 👩\u200d💻")) == "olá اَحمد 李 👩\u200d💻"


def test_an_exception_is_shown_whole_and_its_text_forges_no_line() -> None:
    try:
        raise KeyError("x") from ValueError("a\nClient connected: path=/forged\x1b[2J")
    except KeyError as error:
        shown = Lines().format(record("The session failed", level=logging.ERROR, error=error))
    first, *others = shown.split("\n")
    assert first == "ERROR: The session failed"
    assert any("KeyError" in line for line in others)
    assert "\x1b" not in shown
    assert not [line for line in others if line.startswith("Client connected")]


# Nobody waits.


def test_lines_come_out_in_order_and_those_from_before_the_start_too(make_terminal: Make) -> None:
    stream = io.StringIO()
    terminal = make_terminal(stream)
    for number in range(3):
        terminal.emit(record("%d", number))
    assert stream.getvalue() == ""
    terminal.start()
    for number in range(3, 100):
        terminal.emit(record("%d", number))
    terminal.stop()
    assert without_time(stream.getvalue()) == [str(number) for number in range(100)]


def test_a_line_comes_out_without_waiting_for_another(make_terminal: Make) -> None:
    stream = io.StringIO()
    terminal = make_terminal(stream)
    terminal.start()
    for number in range(20):
        terminal.emit(record("%d", number))
        eventually(lambda number=number: stream.getvalue().endswith(f"{number}\n"))  # type: ignore[misc]


def test_lines_of_many_threads_are_all_there_and_whole(make_terminal: Make) -> None:
    stream = io.StringIO()
    terminal = make_terminal(stream)
    terminal.start()

    def write(name: int) -> None:
        for number in range(200):
            terminal.emit(record("%d %d", name, number))

    for thread in [InThread(lambda name=name: write(name)) for name in range(8)]:  # type: ignore[misc]
        thread.outcome()
    terminal.stop()
    lines = [tuple(map(int, line.split())) for line in without_time(stream.getvalue())]
    assert sorted(lines) == [(name, number) for name in range(8) for number in range(200)]
    for name in range(8):
        assert [number for who, number in lines if who == name] == list(range(200))


class Stuck(io.StringIO):
    """A terminal on which somebody pressed Ctrl-S."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = Event()
        self.reached = Event()

    def write(self, text: str) -> int:
        self.reached.set()
        assert self.go_on.wait(PATIENCE)
        return super().write(text)


def test_a_stopped_terminal_holds_up_nobody_and_its_lines_are_bounded_and_counted(make_terminal: Make) -> None:
    stream = Stuck()
    terminal = make_terminal(stream)
    terminal.start()
    terminal.emit(record("first"))
    assert stream.reached.wait(PATIENCE)

    def emit() -> None:
        for _ in range(KEPT_LINES + 17):
            terminal.emit(record("x"))

    InThread(emit).outcome()
    stream.go_on.set()
    eventually(lambda: "dropped" in stream.getvalue())
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1 + KEPT_LINES + 1
    assert lines[-1].endswith(" WARNING: the terminal was too slow: 17 lines dropped")


def test_the_end_waits_for_a_stopped_terminal_only_a_moment(make_terminal: Make) -> None:
    stream = Stuck()
    terminal = make_terminal(stream)
    terminal.start()
    terminal.emit(record("x"))
    assert stream.reached.wait(PATIENCE)
    begun = time.monotonic()
    terminal.stop()
    assert time.monotonic() - begun < FLUSH_TIMEOUT + 1
    stream.go_on.set()


def test_a_terminal_that_is_gone_harms_nobody(make_terminal: Make) -> None:
    read, write = os.pipe()
    os.close(read)
    with open(write, "w", buffering=1) as stream:
        terminal = make_terminal(stream)
        terminal.start()
        for _ in range(3):
            terminal.emit(record("x"))
        terminal.stop()
        with pytest.raises(OSError, match="Broken pipe"):
            stream.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), write)


def test_a_closed_stream_harms_nobody(make_terminal: Make) -> None:
    stream = io.StringIO()
    stream.close()
    terminal = make_terminal(stream)
    terminal.start()
    terminal.emit(record("x"))
    terminal.stop()


def test_a_stop_without_a_start_is_nothing(make_terminal: Make) -> None:
    make_terminal(io.StringIO()).stop()
