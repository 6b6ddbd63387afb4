"""The nouns: how a time is written, and that nouns do not change under who holds them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.model import Author, Message, Person, Refusal, Room, rfc3339


@pytest.mark.parametrize(
    ("milliseconds", "written"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (999, "1970-01-01T00:00:00.999Z"),
        (1_700_000_000_050, "2023-11-14T22:13:20.050Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_is_written_in_utc_with_milliseconds(milliseconds: int, written: str) -> None:
    assert rfc3339(milliseconds) == written


@given(st.integers(0, 253_402_300_799_999))
def test_no_millisecond_is_lost(milliseconds: int) -> None:
    written = rfc3339(milliseconds)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", written)
    whole = datetime.fromisoformat(written[:19]).replace(tzinfo=UTC)
    assert int(whole.timestamp()) * 1000 + int(written[20:23]) == milliseconds


@given(st.integers(0, 10**13), st.integers(0, 10**13))
def test_later_times_sort_later(one: int, other: int) -> None:
    assert (rfc3339(one) < rfc3339(other)) == (one < other)


@pytest.mark.parametrize(
    ("noun", "field"),
    [
        (Author("p1", "Ana"), "name"),
        (Person("p1", "Ana"), "role"),
        (Room(1, "general"), "slug"),
        (Message("general", 1, "", Author("p1", "Ana"), "hello"), "seq"),
    ],
)
def test_a_noun_that_travels_between_threads_cannot_be_changed(noun: Any, field: str) -> None:
    with pytest.raises(AttributeError):
        setattr(noun, field, "else")


def test_somebody_without_a_cookie_is_a_guest_and_writes_under_their_name() -> None:
    assert Person("p1", "Ana").role == "guest"
    assert Person("p1", "Ana").author == Author("p1", "Ana")


def test_a_refusal_carries_what_its_sentence_needs() -> None:
    refusal = Refusal("text-too-long", field="text", n=10)
    assert (refusal.code, refusal.field, refusal.retry_after, refusal.values) == (
        "text-too-long",
        "text",
        None,
        {"n": 10},
    )
    assert str(refusal) == "text-too-long"
