"""When a request is there: whole, in any pieces, malformed, endless, or cut short."""

from __future__ import annotations

import pytest

from chatapp.servers.incoming import LARGEST_HEAD, Incoming, State

LIMIT = 1_000
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize("request_", [GET, POST, b"POST / HTTP/1.1\r\nHOST: a\r\ncontent-LENGTH:\t5 \r\n\r\nhello"])
def test_a_request_is_whole_with_its_last_byte_in_whatever_pieces_it_comes(request_: bytes) -> None:
    for size in (1, 2, 3, 7, len(request_)):
        incoming = Incoming(LIMIT)
        for at in range(0, len(request_), size):
            assert incoming.state is State.WAITING
            incoming.add(request_[at : at + size])
        assert incoming.state is State.WHOLE
        assert incoming.content == request_


def test_the_beginning_of_the_next_request_is_kept() -> None:
    assert Incoming(LIMIT, POST + b"GET /2").content == POST + b"GET /2"


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\n\n", b"GET / HTTP/1.1\r\nHost: a\n\r\n"])
def test_a_head_that_ends_wrongly_is_one_that_has_ended(head: bytes) -> None:
    assert Incoming(LIMIT, head).state is State.WHOLE


CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_body_in_chunks_is_whole_with_its_last_byte() -> None:
    incoming = Incoming(LIMIT, CHUNKED)
    for byte in b"5\r\nhello\r\n0\r\n\r\n":
        assert incoming.state is State.WAITING
        incoming.add(bytes([byte]))
    assert incoming.state is State.WHOLE


@pytest.mark.parametrize(
    ("begun", "state"),
    [
        (CHUNKED + b"xyz\r\n", State.CUT_SHORT),
        (CHUNKED + b"%x\r\n" % (LIMIT + 1), State.BODY_TOO_LARGE),
        (CHUNKED.replace(b"chunked", b"gzip"), State.CUT_SHORT),
        (CHUNKED.replace(b"chunked", b"gzip, chunked"), State.WAITING),
        (CHUNKED.replace(b"chunked", b"gzip\r\ntransfer-encoding: CHUNKED"), State.WAITING),
    ],
)
def test_a_body_whose_end_cannot_be_told_is_not_waited_for(begun: bytes, state: State) -> None:
    assert Incoming(LIMIT, begun).state is state


@pytest.mark.parametrize(
    ("version", "expected", "awaits", "state"),
    [
        (b"1.1", b"100-continue", True, State.WAITING),
        (b"1.1", b"100-Continue ", True, State.WAITING),
        (b"1.0", b"100-continue", False, State.WAITING),
        (b"1.1", b"a miracle", True, State.CUT_SHORT),
    ],
)
def test_a_client_that_waits_for_a_word_is_known(version: bytes, expected: bytes, awaits: bool, state: State) -> None:
    head = b"POST / HTTP/%s\r\nExpect: %s\r\nContent-Length: 5\r\n\r\n" % (version, expected)
    incoming = Incoming(LIMIT, head)
    assert (incoming.awaits_continue, incoming.state) == (awaits, state)


def test_the_head_is_what_stands_before_the_body() -> None:
    assert Incoming(LIMIT, b"POST / HT").head == b""
    assert Incoming(LIMIT, POST + b"\r\nX-Forwarded-For: a\r\n\r\n").head == POST[:-5]


@pytest.mark.parametrize(("length", "state"), [(LIMIT, State.WAITING), (LIMIT + 1, State.BODY_TOO_LARGE)])
def test_a_body_over_the_limit_is_not_waited_for(length: int, state: State) -> None:
    assert Incoming(LIMIT, b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % length).state is state


@pytest.mark.parametrize("length", [b"abc", b"-1", b"9" * 30, b""])
def test_what_is_no_length_is_left_to_the_parser(length: bytes) -> None:
    assert Incoming(LIMIT, b"POST / HTTP/1.1\r\nContent-Length: " + length + b"\r\n\r\n").state is State.WHOLE


@pytest.mark.parametrize("begun", [b"GET /", GET[:-1], POST[:-1]])
def test_the_end_of_the_connection_cuts_a_request_short(begun: bytes) -> None:
    incoming = Incoming(LIMIT, begun)
    incoming.add(b"")
    assert incoming.state is State.CUT_SHORT


def test_a_head_without_end_is_too_large_after_a_bounded_number_of_bytes() -> None:
    incoming = Incoming(LIMIT)
    while incoming.state is State.WAITING:
        incoming.add(b"x" * 1_000)
        assert len(incoming.content) <= LARGEST_HEAD + 1_000
    assert incoming.state is State.TOO_LARGE
