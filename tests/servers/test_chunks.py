"""Where a chunked body ends: found in whatever pieces it comes, with bounds on what it may contain."""

from __future__ import annotations

import pytest

from chatapp.servers.chunks import FRAMING_LIMIT, MAX_CHUNKS, BodyTooLarge, Chunks, MalformedChunks

LIMIT = 10_000
HEAD = b"POST / HTTP/1.1\r\n\r\n"


def find(body: bytes, piece: int) -> int | None:
    """Where the body ends, given in pieces of so many bytes."""
    content = bytearray(HEAD)
    chunks = Chunks(len(HEAD), LIMIT)
    for at in range(0, len(body), piece):
        content += body[at : at + piece]
        end = chunks.find_end(content)
        if end is not None:
            return end - len(HEAD)
    return None


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 1_000])
@pytest.mark.parametrize(
    "body",
    [
        b"0\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"1\r\na\r\n2;name=value\r\nbc\r\n0\r\n\r\n",
        b"A \r\n0123456789\r\n000\r\nTrailer: x\r\nOther: y\r\n\r\n",
        b"2\r\n\r\n\r\n0\r\n\r\n",
    ],
)
def test_the_end_is_found_in_whatever_pieces_it_comes_and_not_before(body: bytes, piece: int) -> None:
    assert find(body, piece) == len(body)
    assert find(body[:-1], piece) is None
    assert find(body + b"GET / HTTP/1.1\r\n", 1_000) == len(body)


@pytest.mark.parametrize(
    "body", [b"xyz\r\n", b"-1\r\n", b"\r\n", b"1\r\nabc\r\n", b"\0\r\n", b"f" * 17 + b"\r\n", b"+1\r\n"]
)
def test_what_is_no_chunk_is_malformed(body: bytes) -> None:
    for piece in (1, 1_000):
        with pytest.raises(MalformedChunks):
            find(body, piece)


@pytest.mark.parametrize(
    "body",
    [
        b"%x\r\n" % (LIMIT + 1),
        b"%x\r\n%s\r\n2\r\n" % (LIMIT - 1, b"x" * (LIMIT - 1)),
        b"ffffffffffffffff\r\n",
        b"1\r\na\r\n" * (MAX_CHUNKS + 1),
        b"1;" + b"x" * FRAMING_LIMIT,
        b"1" * (FRAMING_LIMIT + 1),
        b"0\r\n" + b"Trailer: x\r\n" * (FRAMING_LIMIT // 12 + 1),
    ],
)
def test_too_many_bytes_chunks_or_words_about_them_are_too_large(body: bytes) -> None:
    for piece in (1_000, 65_536):
        with pytest.raises(BodyTooLarge):
            find(body, piece)


def test_exactly_the_limits_are_taken() -> None:
    for body in (b"%x\r\n%s\r\n0\r\n\r\n" % (LIMIT, b"x" * LIMIT), b"1\r\na\r\n" * MAX_CHUNKS + b"0\r\n\r\n"):
        assert find(body, 4_096) == len(body)
