"""Queries: what a line that somebody typed means, in both languages, and that any line means something."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.query import TERMS_LIMIT, Condition, Having, Inside, Query, Sender, Text, parse

TODAY = date(2026, 3, 15)


def read(line: str) -> Query:
    return parse(line, UTC, TODAY)


def said(condition: Condition) -> str:
    """A condition as one line: words joined by blanks, `…` behind a prefix, the others as what they are."""
    match condition:
        case Text(phrase):
            return " ".join(phrase.words) + ("…" if phrase.prefix else "")
        case Sender(name):
            return f"by {name}"
        case Inside(room):
            return f"in {room}"
        case Having(content):
            return f"has {content}"


@pytest.mark.parametrize(
    ("line", "wanted", "unwanted"),
    [
        ("hello world", ["hello", "world…"], []),
        ("hello world ", ["hello", "world"], []),
        ('"hello world"', ["hello world"], []),
        ('"hello world', ["hello world…"], []),
        ('"hello world ', ["hello world"], []),
        ('say "hello', ["say", "hello…"], []),
        ('say "', ["say"], []),
        ("hello -world", ["hello"], ["world"]),
        ('-"hello world" x', ["x…"], ["hello world"]),
        ("c++", ["c"], []),
        ('foo"', ["foo"], []),
        ("NEAR(", ["near"], []),
        ("AND OR NOT", ["and", "or", "not…"], []),
        ("std::vector", ["std vector…"], []),
        ("https://example.org/a?b=c", ["https example org a b c…"], []),
        ("10:30", ["10 30…"], []),
        ("re:report", ["re report…"], []),
        ("from:ana", ["by ana"], []),
        ('de:"Ana Prado" oi', ["by Ana Prado", "oi…"], []),
        ("from:@ana", ["by ana"], []),
        ("FROM:Ana", ["by Ana"], []),
        ("in:general", ["in general"], []),
        ("em:#geral", ["in geral"], []),
        ("-from:ana -in:x", [], ["by ana", "in x"]),
        ("has:code", ["has code"], []),
        ("tem:código", ["has code"], []),
        ("tem:links -has:code", ["has link"], ["has code"]),
        ("from: ana", ["from", "ana…"], []),
        ("-", [], []),
        ("--x", [], ["x"]),
        ('"" * ** "***" 🎉', [], []),
        ("a\0b\ud800c", ["a", "b c…"], []),
        ("", [], []),
    ],
)
def test_a_line_is_read_as_conditions(line: str, wanted: list[str], unwanted: list[str]) -> None:
    query = read(line)
    assert list(map(said, query.wanted)) == wanted
    assert list(map(said, query.unwanted)) == unwanted
    assert not query.notes


def ms(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("line", "since", "until"),
    [
        ("before:2026-03-01", None, ms(2026, 3, 1)),
        ("after:2026-03-01", ms(2026, 3, 2), None),
        ("antes:2026-03 depois:2026-01", ms(2026, 2, 1), ms(2026, 3, 1)),
        ("after:2025 before:2027", ms(2026, 1, 1), ms(2027, 1, 1)),
        ("after:2025-12", ms(2026, 1, 1), None),
        ("depois:1/2/2026", ms(2026, 2, 2), None),
        ("after:yesterday", ms(2026, 3, 15), None),
        ("antes:hoje depois:ontem", ms(2026, 3, 15), ms(2026, 3, 15)),
        ("-before:2026-03-01", ms(2026, 3, 1), None),
        ("-after:2026-03-01", None, ms(2026, 3, 2)),
        ("before:2026-03-01 before:2026-02-01", None, ms(2026, 2, 1)),
    ],
)
def test_days_months_and_years_bound_the_time(line: str, since: int | None, until: int | None) -> None:
    query = read(line)
    assert (query.since, query.until) == (since, until)
    assert not query.wanted
    assert not query.empty


def test_a_day_begins_where_the_reader_is() -> None:
    lisbon, tokyo = (parse("before:2026-07-01", ZoneInfo(name), TODAY) for name in ("Europe/Lisbon", "Asia/Tokyo"))
    assert lisbon.until == ms(2026, 7, 1) - 3_600_000
    assert tokyo.until == ms(2026, 7, 1) - 9 * 3_600_000


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("before:banana", "bad-day"),
        ("after:2026-02-30", "bad-day"),
        ("before:0000", "bad-day"),
        ("after:9999", "bad-day"),
        ("after:31/02/2026", "bad-day"),
        ("has:everything", "bad-content"),
        ("tem:🎉", "bad-content"),
    ],
)
def test_what_cannot_be_meant_is_said(line: str, code: str) -> None:
    query = read(f"hello {line}")
    assert [(note.term, note.code) for note in query.notes] == [(line, code)]


def test_a_query_that_is_too_long_says_from_where_it_was_not_read() -> None:
    query = read(" ".join(f"w{number}" for number in range(100)))
    assert len(query.wanted) == TERMS_LIMIT
    assert [(note.term, note.code) for note in query.notes] == [(f"w{TERMS_LIMIT}", "too-many")]


@given(st.text(st.characters(), max_size=200) | st.text("abc:\"-+*( )\\'frominhasbeforeafter0123456789", max_size=80))
def test_any_line_is_a_query(line: str) -> None:
    query = read(line)
    assert len(query.wanted) + len(query.unwanted) <= TERMS_LIMIT
    for condition in (*query.wanted, *query.unwanted):
        if isinstance(condition, Text):
            assert condition.phrase.words
