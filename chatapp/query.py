"""What somebody looks for, read from the line they typed. Any text is a query; what it cannot mean, a note says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

import msgspec

from .words import Phrase, phrase, words

TERMS_LIMIT = 20  # conditions of one query; each is a list to be walked, and the longest queries were pasted by mistake
WORDS_LIMIT = 40  # words in all of them: each word of a phrase is compared at every place where the phrase may begin

# What may stand before a colon, in both languages of the page, without accents.
OPERATORS = {
    **dict.fromkeys(("from", "de"), "from"),
    **dict.fromkeys(("in", "em"), "in"),
    **dict.fromkeys(("before", "antes"), "before"),
    **dict.fromkeys(("after", "depois"), "after"),
    **dict.fromkeys(("has", "tem"), "has"),
}
CONTENTS = {**dict.fromkeys(("code", "codigo"), "code"), **dict.fromkeys(("link", "links"), "link")}
_RELATIVE = {"today": 0, "hoje": 0, "yesterday": 1, "ontem": 1}  # days ago

_TERM = re.compile(
    r"""(?P<minus>-?)
        (?:(?P<operator>[^\W\d_]+):(?=\S))?
        (?:"(?P<quoted>[^"]*)(?P<end>"|\Z)|(?P<plain>\S+))""",
    re.VERBOSE,
)
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


class Text(NamedTuple):
    """The message has these words."""

    phrase: Phrase


class Sender(NamedTuple):
    """Whoever wrote it bears this name, or a name with these words in it."""

    name: str


class Inside(NamedTuple):
    """It stands in the room of this name or address."""

    room: str


class Having(NamedTuple):
    """There is `code` or a `link` in it."""

    content: str


Condition = Text | Sender | Inside | Having


class InRoom(NamedTuple):
    """It stands in the room of this id."""

    id: int


Criterion = Text | Sender | InRoom | Having


@dataclass(frozen=True)
class Criteria:
    """What an index can answer: of each group one must hold, and nothing of `none`."""

    each: tuple[tuple[Criterion, ...], ...] = ()
    none: tuple[Criterion, ...] = ()


class Note(msgspec.Struct, frozen=True):
    """What is wrong with a term: `no-such-room`, `bad-day`, `bad-content`; or `too-many`: all from there is left out.

    But for the last, a query with a note finds nothing: without a condition it would find what was not asked for.
    """

    term: str
    code: str


@dataclass(frozen=True)
class Query:
    """What the messages must be, and must not be; `since` and `until` (exclusive) are ms since the epoch."""

    wanted: tuple[Condition, ...] = ()
    unwanted: tuple[Condition, ...] = ()
    since: int | None = None
    until: int | None = None
    notes: tuple[Note, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing is asked for."""
        return not (self.wanted or self.unwanted) and self.since is None and self.until is None

    @property
    def phrases(self) -> list[Phrase]:
        """What is to be marked in what is found."""
        return [each.phrase for each in self.wanted if isinstance(each, Text)]


def parse(line: str, zone: tzinfo, today: date) -> Query:
    """The query that is meant by a line. Days begin and end in `zone`; the last word is a prefix while it is typed."""
    line = line.encode(errors="replace").decode().replace("\0", " ")
    wanted: list[Condition] = []
    unwanted: list[Condition] = []
    since: list[int] = []
    until: list[int] = []
    notes: list[Note] = []
    words_left = WORDS_LIMIT
    for number, found in enumerate(_TERM.finditer(line)):
        if number == TERMS_LIMIT or not words_left:
            notes.append(Note(found[0], "too-many"))
            break
        operator, written = _meaning(found)
        value, rest = _cut(written, words_left)
        words_left -= len(words(value))
        if rest:
            notes.append(Note(found[0] if operator else rest, "too-many"))
            if operator:  # the beginning of a name is another name
                break
        if operator in ("before", "after"):
            days = _days(value, today)
            if days is None:
                notes.append(Note(found[0], "bad-day"))
            elif (operator == "before") != bool(found["minus"]):  # -before: is from that day on
                until.append(_midnight(days[operator != "before"], zone))
            else:
                since.append(_midnight(days[operator == "after"], zone))
            continue
        typing = found.end() == len(line) and found["end"] != '"' and not found["minus"] and not rest
        condition = _condition(operator, value, typing=typing)
        if condition is None:
            notes.append(Note(found[0], "bad-content"))
        elif not isinstance(condition, Text) or condition.phrase.words:
            (unwanted if found["minus"] else wanted).append(condition)
    return Query(tuple(wanted), tuple(unwanted), max(since, default=None), min(until, default=None), tuple(notes))


def _meaning(found: re.Match[str]) -> tuple[str | None, str]:
    """A term's operator, None for words, and its value."""
    written = found["operator"]
    value = found["plain"] if found["quoted"] is None else found["quoted"]
    if written is None:
        return None, value
    operator = OPERATORS.get(_bare(written))
    return (operator, value) if operator else (None, f"{written}:{value}")  # a time of day, an address, C++'s std::


def _cut(value: str, most: int) -> tuple[str, str]:
    """The first words of a term, and the next one if there are more of them."""
    over = words(value)[most : most + 1]
    return (value[: over[0].start], value[over[0].start : over[0].end]) if over else (value, "")


def _condition(operator: str | None, value: str, *, typing: bool) -> Condition | None:
    if operator == "from":
        return Sender(value.removeprefix("@"))
    if operator == "in":
        return Inside(value.removeprefix("#"))
    if operator == "has":
        content = CONTENTS.get(_bare(value))
        return Having(content) if content else None
    prefix = typing and value[-1:].isalnum()  # after a sign the word is complete
    return Text(phrase(value, prefix=prefix))


def _bare(written: str) -> str:
    return " ".join(word.folded for word in words(written))


def _days(value: str, today: date) -> tuple[date, date] | None:
    """The first day that is meant and the first after it: of a day, a month or a year."""
    ago = _RELATIVE.get(_bare(value))
    try:
        if ago is not None:
            first = today - timedelta(days=ago)
            return first, first + timedelta(days=1)
        if found := _DAY_FIRST.fullmatch(value):
            first = date(int(found[3]), int(found[2]), int(found[1]))
            return first, first + timedelta(days=1)
        if found := _ISO.fullmatch(value):
            year, month, day = (int(part) if part else None for part in found.groups())
            first = date(year or 0, month or 1, day or 1)
            if day:
                return first, first + timedelta(days=1)
            if month:
                return first, (first + timedelta(days=31)).replace(day=1)
            return first, date(first.year + 1, 1, 1)
    except (ValueError, OverflowError):
        pass  # a thirtieth of February, a year 0
    return None


def _midnight(day: date, zone: tzinfo) -> int:
    """When that day begins, in ms since the epoch."""
    begin = datetime(day.year, day.month, day.day)
    offset = begin.replace(tzinfo=zone).utcoffset() or timedelta()
    return int((begin - datetime(1970, 1, 1) - offset).total_seconds() * 1000)
