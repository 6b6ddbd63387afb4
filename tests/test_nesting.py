"""How complex a JSON text is, decided before it is decoded."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.live.protocol import BadCommand, parse
from chatapp.nesting import DEPTH_LIMIT, TOKENS_LIMIT, too_complex

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
    assert too_complex(json.dumps(value, ensure_ascii=ascii_only)) == (depth(value) > DEPTH_LIMIT)


def test_brackets_beside_one_another_are_not_deep() -> None:
    assert not too_complex(json.dumps([{}] * ((TOKENS_LIMIT - 2) // 2)))


def test_brackets_in_a_string_do_not_count() -> None:
    assert not too_complex(json.dumps({"text": "[[{}]]" * 10_000}))


@pytest.mark.parametrize("piece", ["[]", "{}", '{"a":1}', "[[", '["a"]'])
def test_more_tokens_than_any_command_has_are_too_many_however_they_nest(piece: str) -> None:
    assert too_complex(f"[{','.join([piece] * 20_000)}]")


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
    assert too_complex(text)


FRAME = 60_000  # characters
HOSTILE = [
    "[" * FRAME,
    "[]," * (FRAME // 3),
    '{"a":1},' * (FRAME // 8),
    '"",' * (FRAME // 3) + "[" * 40,
    '"' + '\\"' * (FRAME // 2) + '"' + "[" * 40,
    '{"text":"' + "[" * FRAME + '"}',
    "]" * FRAME + "[" * 40,
    "[]" * 40 + "1" * FRAME,
    "[]" * 40 + " " * FRAME,
    '"' + "\\" * FRAME,
    '"[' * (FRAME // 2),
    "[" + '"' * FRAME + "{" * 40,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_frame_costs_well_below_a_millisecond(text: str) -> None:
    assert cost(lambda: too_complex(text)) < 0.001


FIELDS = '{"type":"post","room":"general","nonce":"n1",'
REJECTED = [
    FIELDS + ",".join(f'"a{number}":1' for number in range(5_500)) + "}",
    FIELDS + '"text":[' + ",".join(["1" * 4_300] * 13) + "]}",
    FIELDS + '"text":[' + "1," * (FRAME // 2) + "1]}",
    FIELDS + '"reply_to":' + "1" * FRAME + "}",
    '{"type":"' + "x" * FRAME + '"}',
    *HOSTILE,
]


@pytest.mark.parametrize("text", REJECTED)
def test_a_hostile_frame_is_rejected_for_little_more_than_a_millisecond(text: str) -> None:
    def parsed() -> None:
        with pytest.raises(BadCommand):
            parse(text)

    assert cost(parsed) < 0.002


def cost(work: Callable[[], object]) -> float:
    """Seconds of this thread's processor time: the least of a few, as another program may have emptied the caches."""
    took = []
    for _ in range(5):
        begun = time.thread_time()
        work()
        took.append(time.thread_time() - begun)
    return min(took)
