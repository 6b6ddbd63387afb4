"""Frames: what we build is what a client reads."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import CloseConnection, Event, Ping, Pong, TextMessage
from wsproto.frame_protocol import CloseReason

from chatapp.live.frames import close_frame, ping_frame, pong_frame, text_frame

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def understood(content: bytes) -> list[Event]:
    """What wsproto's client makes of the bytes."""
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(content)
    return list(client.events())


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_every_text_frame_is_read_by_a_client_as_the_same_text(texts: list[str]) -> None:
    read = understood(b"".join(text_frame(text.encode()) for text in texts))
    assert [(event.data, event.message_finished) for event in read if isinstance(event, TextMessage)] == [
        (text, True) for text in texts
    ]
    assert len(read) == len(texts)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 1_000_000])
def test_a_text_of_any_size_fits_into_one_frame(size: int) -> None:
    [event] = understood(text_frame(b"x" * size))
    assert isinstance(event, TextMessage)
    assert event.data == "x" * size
    assert event.frame_finished


@given(st.sampled_from([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1013, 3000, 4999]), TEXTS)
@example(1013, "é" * 100)
@example(1013, "😀" * 31)
def test_a_close_frame_says_the_code_and_as_much_of_the_reason_as_fits(code: int, reason: str) -> None:
    [event] = understood(close_frame(code, reason))
    assert isinstance(event, CloseConnection)
    assert event.code == code
    read = event.reason or ""
    assert reason.startswith(read)
    assert read == reason or len(read.encode()) > 123 - 4


@pytest.mark.parametrize("code", [1005, 1006, 1015])
def test_a_code_that_must_not_travel_becomes_a_close_without_one(code: int) -> None:
    assert close_frame(code, "why") == b"\x88\x00"
    [event] = understood(close_frame(code))
    assert isinstance(event, CloseConnection)
    assert event.code == CloseReason.NO_STATUS_RCVD


def test_a_ping_is_a_ping() -> None:
    [event] = understood(ping_frame())
    assert isinstance(event, Ping)


@pytest.mark.parametrize("content", [b"", b"hello", b"x" * 125])
def test_a_pong_bears_what_the_ping_bore(content: bytes) -> None:
    [event] = understood(pong_frame(content))
    assert isinstance(event, Pong)
    assert bytes(event.payload) == content
