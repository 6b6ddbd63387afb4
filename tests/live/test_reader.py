"""The reader: it takes any bytes in any pieces, and gives the messages that a client sent."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import CloseConnection, Message, Ping, Pong

from chatapp.live.frames import Ended, close_frame, pong_frame
from chatapp.live.reader import FRAGMENTS_LIMIT, Reader

LIMIT = 65_536
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


class Peer:
    """A client's side: masked frames, as wsproto's client makes them."""

    def __init__(self) -> None:
        self._connection = Connection(ConnectionType.CLIENT)

    def text(self, text: str, *, finished: bool = True) -> bytes:
        return self._connection.send(Message(data=text, message_finished=finished))

    def fragments(self, pieces: list[str]) -> bytes:
        *first, last = pieces
        return b"".join(self.text(piece, finished=False) for piece in first) + self.text(last)

    def binary(self, content: bytes) -> bytes:
        return self._connection.send(Message(data=content))

    def ping(self, content: bytes = b"") -> bytes:
        return self._connection.send(Ping(payload=content))

    def pong(self, content: bytes = b"") -> bytes:
        return self._connection.send(Pong(payload=content))

    def close(self, code: int = 1000) -> bytes:
        return self._connection.send(CloseConnection(code=code))


def masked(opcode: int, content: bytes, *, first: int = 0x80) -> bytes:
    """A frame by hand, for those that no proper client makes; `first` holds the bits beside the opcode."""
    size = len(content)
    head = bytes([first | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    else:
        head += struct.pack("!BH", 0x80 | 126, size) if size < 65_536 else struct.pack("!BQ", 0x80 | 127, size)
    return head + bytes(4) + content  # a mask of zeros


class Reading:
    """All that a reader made of what was received, piece by piece."""

    def __init__(self, received: Iterable[bytes], *, limit: int = LIMIT):
        pieces = iter(received)
        self.answers: list[bytes] = []
        self.frames: list[bytes] = []
        self.paced = 0
        self.messages: list[str] = []
        self.end: Ended | None = None
        reader = Reader(
            receive=lambda _size: next(pieces, b""),
            answer=self.answers.append,
            pace=self._pace,
            limit=limit,
            seen=lambda buffer, begin, end: self.frames.append(bytes(buffer[begin:end])),
        )
        try:
            for message in reader.messages():
                self.messages.append(message)
        except Ended as ended:
            self.end = ended

    def _pace(self) -> None:
        self.paced += 1

    @property
    def code(self) -> int | None:
        assert self.end is not None
        return self.end.code


def cut(content: bytes, places: list[int]) -> list[bytes]:
    """`content` in pieces; none of them is empty, for that would be the end."""
    edges = sorted({0, len(content), *(place % (len(content) + 1) for place in places)})
    return [content[one:other] for one, other in pairwise(edges)]


@given(
    st.lists(st.lists(TEXTS, min_size=1, max_size=4), max_size=5),
    st.lists(st.integers(0, 100_000), max_size=30),
)
@example([["é", "😀"]], list(range(30)))
def test_messages_are_read_whole_however_they_are_fragmented_and_cut(
    messages: list[list[str]], places: list[int]
) -> None:
    peer = Peer()
    content = b"".join(peer.fragments(pieces) for pieces in messages)
    reading = Reading(cut(content, places))
    assert reading.messages == ["".join(pieces) for pieces in messages]
    assert reading.code is None


@given(TEXTS, st.integers(1, 8))
def test_a_character_may_be_split_between_two_fragments(text: str, size: int) -> None:
    encoded = text.encode()
    pieces = [encoded[at : at + size] for at in range(0, len(encoded), size)] or [b""]
    frames = [
        masked(0x1 if number == 0 else 0x0, piece, first=0x80 if number == len(pieces) - 1 else 0x00)
        for number, piece in enumerate(pieces)
    ]
    assert Reading([b"".join(frames)]).messages == [text]


@settings(max_examples=300)
@given(st.lists(st.binary(min_size=1, max_size=200), max_size=8))
@example([b"\xff" * 50])
@example([masked(0x1, b"\xff")])
@example([masked(0x3, b"x")])
@example([masked(0x8, b"x")])
@example([masked(0x8, struct.pack("!H", 1005))])
@example([masked(0x8, struct.pack("!H", 999))])
@example([masked(0x9, b"x" * 126)])
@example([masked(0x9, b"", first=0x00)])
@example([masked(0x0, b"x")])
@example([masked(0x1, b"x", first=0xC0)])
@example([struct.pack("!BBQ", 0x81, 0xFF, 2**63) + bytes(4)])
@example([b"\x81\x01x"])
def test_whatever_bytes_come_the_reader_ends_and_raises_nothing_else(received: list[bytes]) -> None:
    reading = Reading(received)
    assert reading.code in {None, *range(1000, 5000)}
    close_frame(reading.code or 1000)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x01x", 1002),  # not masked
        (masked(0x3, b"x"), 1002),  # a reserved opcode
        (masked(0x1, b"x", first=0xC0), 1002),  # a reserved bit
        (masked(0x0, b"x"), 1002),  # goes on with nothing
        (masked(0x9, b"x" * 126), 1002),  # a long control frame
        (masked(0x9, b"", first=0x00), 1002),  # a fragmented one
        (masked(0x8, b"x"), 1002),  # half a code
        (masked(0x8, struct.pack("!H", 1006)), 1002),  # a code that never travels
        (masked(0x1, b"\xff"), 1007),
        (masked(0x1, "é".encode()[:1]), 1007),
        (masked(0x8, struct.pack("!H", 1000) + b"\xff"), 1007),
        (masked(0x2, b"x"), 1003),
        (masked(0x8, struct.pack("!H", 1000) + b"bye"), 1000),
        (masked(0x8, struct.pack("!H", 4000)), 4000),
        (masked(0x8, b""), 1005),
    ],
)
def test_each_way_to_end_has_its_code(frame: bytes, code: int) -> None:
    assert Reading([frame]).code == code


def test_the_limit_counts_bytes_of_the_whole_message_not_characters() -> None:
    peer = Peer()
    assert Reading([peer.text("é" * 50)], limit=100).messages == ["é" * 50]
    assert Reading([peer.text("é" * 51)], limit=100).code == 1009
    assert Reading([peer.fragments(["x" * 60, "x" * 40])], limit=100).messages == ["x" * 100]
    assert Reading([Peer().fragments(["x" * 60, "x" * 41])], limit=100).code == 1009


def test_a_message_too_large_is_refused_before_it_is_whole() -> None:
    head = struct.pack("!BBQ", 0x81, 0xFF, 1_000_000_000) + bytes(4)
    taken = 0

    def endless() -> Iterable[bytes]:
        nonlocal taken
        yield head
        while True:
            taken += 1_000
            yield b"x" * 1_000

    assert Reading(endless(), limit=100_000).code == 1009
    assert taken <= 102_000


def test_each_message_has_the_limit_for_itself() -> None:
    peer = Peer()
    assert len(Reading([peer.text("x" * 100) for _ in range(5)], limit=100).messages) == 5


def test_a_message_in_endless_pieces_is_refused() -> None:
    peer = Peer()
    fitting = [peer.text("", finished=False) for _ in range(FRAGMENTS_LIMIT - 1)]
    assert Reading([*fitting, peer.text("end")]).messages == ["end"]
    assert Reading([Peer().text("", finished=False), *([masked(0x0, b"", first=0)] * FRAGMENTS_LIMIT)]).code == 1009


@pytest.mark.parametrize("content", [b"", b"hello", b"x" * 125])
def test_a_ping_is_answered_with_its_own_content_even_inside_a_message(content: bytes) -> None:
    peer = Peer()
    reading = Reading([peer.text("hel", finished=False) + peer.ping(content) + peer.text("lo")])
    assert reading.messages == ["hello"]
    assert reading.answers == [pong_frame(content)]


@pytest.mark.parametrize(
    ("make", "paced"),
    [
        (lambda peer: peer.ping(), 1),
        (lambda peer: peer.pong(), 1),
        (lambda peer: peer.text("", finished=False) + peer.text("x"), 1),
        (lambda peer: peer.text("x"), 0),
        (lambda peer: peer.text("x", finished=False) + peer.text("y"), 0),
    ],
)
def test_a_frame_that_brings_no_message_is_paced(make: Callable[[Peer], bytes], paced: int) -> None:
    assert Reading([make(Peer())]).paced == paced


def test_nothing_behind_a_close_is_read() -> None:
    peer = Peer()
    reading = Reading([peer.text("before") + peer.close(1000) + masked(0x1, b"behind")])
    assert (reading.messages, reading.code) == (["before"], 1000)


def test_binary_is_refused_even_if_it_is_fragmented() -> None:
    assert Reading([masked(0x2, b"x", first=0x00)]).code == 1003
