"""How deep a JSON text is, told before anybody decodes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.nesting import DEPTH_LIMIT, too_deep

from .actors import InThread

TEXT = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from('[]{}"\\')), max_size=60)
JSON = st.recursive(
    st.none() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
)


def depth(value: Any) -> int:
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 1 + max(map(depth, value.values()), default=0) if isinstance(value, dict) else 0


@given(JSON, st.integers(0, DEPTH_LIMIT + 5), st.booleans())
def test_brackets_count_where_they_nest_and_not_in_what_people_write(value: Any, more: int, ascii_only: bool) -> None:
    for number in range(more):
        value = {"x": value} if number % 2 else [value]
    assert too_deep(json.dumps(value, ensure_ascii=ascii_only)) == (depth(value) > DEPTH_LIMIT)


def test_many_brackets_beside_one_another_are_not_deep() -> None:
    assert not too_deep(json.dumps([[{}]] * 20_000))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        '"x' * 10 + "[" * 100,
        '{"a":"\\""' + ',"b":[' * 100,
        "]" * 1_000 + "[" * 2_000,
    ],
)
def test_a_text_that_is_no_json_may_be_too_deep_as_well(text: str) -> None:
    assert too_deep(text)


@pytest.mark.parametrize(
    "text", ['"' + "\\" * 60_000, '"' + '\\"' * 30_000, '"[' * 30_000, "[" + '"' * 65_000 + "{" * 40]
)
def test_no_text_takes_long(text: str) -> None:
    """One that made the pattern try again and again would hold a thread for minutes."""
    looking = InThread(lambda: too_deep(text))
    looking.outcome(timeout=2)
