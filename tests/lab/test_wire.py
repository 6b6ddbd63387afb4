"""The laboratory's frames: whole ones are read however they come, and a broken one is noticed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.lab.wire import Broken, Closed, Frames, Here, Joined, Message, Ping, encoded, here, message
from chatapp.live.frames import close_frame, ping_frame

EVENTS: list[Message | Here | Joined] = [
    message(1, 5, "short"),
    here("x" * 300),
    Joined(None),
    message(2, 6, "é" * 9_000),
]
STREAM = b"".join(encoded(event) for event in EVENTS) + ping_frame()


@given(st.lists(st.integers(1, len(STREAM)), max_size=20))
def test_frames_are_read_wherever_the_stream_is_cut(cuts: list[int]) -> None:
    frames = Frames()
    edges = [0, *sorted(cuts), len(STREAM)]
    read = [event for at, to in pairwise(edges) for event in frames.feed(STREAM[at:to])]
    assert read[:-1] == EVENTS
    assert isinstance(read[-1], Ping)


@given(st.integers(5, 8_000))
def test_a_frame_in_the_middle_of_another_breaks_it(at: int) -> None:
    outer, inner = encoded(message(1, 5, "a" * 9_000)), encoded(here("b" * 50))
    with pytest.raises(Broken):
        list(Frames().feed(outer[:at] + inner + outer[at:]))


def test_a_changed_letter_is_noticed() -> None:
    for event in (message(1, 5, "hello"), here("hello")):
        with pytest.raises(Broken):
            list(Frames().feed(encoded(event).replace(b"hello", b"hallo")))


@pytest.mark.parametrize("raw", [b"\x82\x01a", b"\x01\x01a", b"\xc1\x01a", b"\x81\x81aaaaa", b"\x81\x7f", b"\x81\x01{"])
def test_what_a_server_must_not_send_is_broken(raw: bytes) -> None:
    with pytest.raises(Broken):
        list(Frames().feed(raw))


def test_a_close_is_no_broken_frame() -> None:
    (last,) = Frames().feed(close_frame(1013, "reading too slowly"))
    assert isinstance(last, Closed)


def test_the_events_say_what_they_are() -> None:
    first, second, *_ = Frames().feed(STREAM)
    assert isinstance(first, Message)
    assert isinstance(second, Here)
