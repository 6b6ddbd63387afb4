"""A terminal client and a server that does it harm: the memory and the time it takes are bounded, and nothing that it
sends reaches the terminal raw."""

from __future__ import annotations

import base64
import hashlib
import re
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from threading import Thread

import msgspec
import pytest

from chatapp.client import wire as wires
from chatapp.client.address import Address
from chatapp.client.conversation import Conversation
from chatapp.client.fetching import ANSWER_LIMIT, fetch
from chatapp.client.follow import Following
from chatapp.client.heard import BRACES_MOST, LONGEST_WAIT, Heard, NotNow, heard
from chatapp.client.people import KNOWN
from chatapp.client.show import TEXT_SHOWN, Telling
from chatapp.client.wire import Closed, Wire
from chatapp.limits import OPTIONS_MOST
from chatapp.model import Author

from ..actors import PATIENCE, eventually

Serve = Callable[[socket.socket], None]


@contextmanager
def hostile(serve: Serve) -> Iterator[Address]:
    """A server that does that with each connection, on a thread, until its client has gone."""

    def run() -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                with sock, suppress(OSError):
                    serve(sock)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=run, daemon=True)
        thread.start()
        try:
            yield Address(False, "127.0.0.1", listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


def request_of(sock: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += sock.recv(65_536)
    return received


def answering(head: bytes, piece: bytes, pause: float = 0) -> Serve:
    """Answers with that, and with the piece again and again."""

    def serve(sock: socket.socket) -> None:
        request_of(sock)
        sock.sendall(head)
        while True:
            sock.sendall(piece)
            time.sleep(pause)

    return serve


def talking(*frames: bytes, then: bytes = b"") -> Serve:
    """Shakes hands and sends these frames, and the last ones without end."""

    def serve(sock: socket.socket) -> None:
        key = re.search(rb"(?i)sec-websocket-key: (\S+)", request_of(sock))
        if not key:
            return  # a request at the end
        accept = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: chat.v1\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        for frame in frames:
            sock.sendall(frame)
        while then:
            sock.sendall(then)
        sock.recv(1)

    return serve


def frame(content: bytes, *, first: int = 0x81) -> bytes:
    size = len(content)
    if size < 126:
        return bytes((first, size)) + content
    return struct.pack("!BBH" if size < 65_536 else "!BBQ", first, 126 if size < 65_536 else 127, size) + content


def opened(address: Address) -> Wire:
    return Wire(address, "/chat", subprotocol="chat.v1", headers={})


def drain(address: Address) -> None:
    """Reads as long as no message comes."""
    wire = opened(address)
    try:
        while not list(wire.texts()):
            select.select([wire.fileno()], [], [], PATIENCE)
    finally:
        wire.close()


# Answers to requests.


def test_an_answer_without_end_is_given_up() -> None:
    with hostile(answering(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536)) as address:
        begun = time.thread_time()
        with pytest.raises(HTTPException, match="too long"):
            fetch(address, "GET", "/api/rooms")
    assert time.thread_time() - begun < ANSWER_LIMIT / 2e6  # what more would be read would cost more


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)
def test_an_answer_that_comes_byte_by_byte_is_given_up_in_time(head: bytes, piece: bytes) -> None:
    with hostile(answering(head, piece, pause=0.02)) as address, pytest.raises(TimeoutError, match="too long"):
        fetch(address, "GET", "/api/rooms", timeout=0.2)


@pytest.mark.parametrize("given", [-1.0, 1e308, 0.0])
def test_a_server_cannot_have_one_wait_for_ever(given: float) -> None:
    assert 0 <= NotNow("", given).retry_after <= LONGEST_WAIT


def test_a_refused_handshake_cannot_either() -> None:
    head = b"HTTP/1.1 429 No\r\nRetry-After: " + b"9" * 4_000 + b"\r\nContent-Length: 0\r\n\r\n"
    with hostile(talking_nothing(head)) as address, pytest.raises(wires.Refused) as refused:
        opened(address)
    assert refused.value.retry_after <= LONGEST_WAIT


def talking_nothing(head: bytes) -> Serve:
    def serve(sock: socket.socket) -> None:
        request_of(sock)
        sock.sendall(head)
        sock.recv(1)

    return serve


# The WebSocket.


def test_a_handshake_that_comes_byte_by_byte_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wires, "HANDSHAKE_TIMEOUT", 0.2)
    with hostile(answering(b"HTTP/1.1 101 x\r\n", b"a: b\r\n", pause=0.02)) as address, pytest.raises(TimeoutError):
        opened(address)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (frame(b"x" * 1_000, first=0x01), frame(b"x" * 60_000, first=0x00)),  # fragments without end
        (frame(b"x", first=0x01), frame(b"", first=0x00) * 1_000),  # empty ones
        (struct.pack("!BBQ", 0x81, 127, 2**40), b"x" * 65_536),  # a frame of a terabyte
    ],
)
def test_a_message_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch, first: bytes, then: bytes) -> None:
    monkeypatch.setattr(wires, "MESSAGE_LIMIT", 1_000_000)
    monkeypatch.setattr(wires, "PIECES_LIMIT", 2_000)
    with hostile(talking(first, then=then)) as address, pytest.raises(Closed, match="too long"):
        drain(address)


def test_messages_without_end_leave_time_for_something_else() -> None:
    with hostile(talking(then=frame(b"x" * 996) * 100)) as address:
        wire = opened(address)
        try:
            for _ in range(3):
                assert len(list(wire.texts())) <= (1 + wires.READS) * wires.PIECE / 1_000
        finally:
            wire.close()


# What is shown.


def word(**fields: object) -> Heard:
    found = heard(msgspec.json.encode({"type": "message", "seq": 1, "author": {"id": "a", "name": "Ana"}, **fields}))
    assert found
    return found


def test_a_word_of_very_many_objects_is_not_read() -> None:
    many = b'{"type":"joined","members":[' + b'{"id":"","name":""},' * BRACES_MOST
    begun = time.thread_time()
    assert heard(many + b'{"id":"","name":""}]}') is None
    assert time.thread_time() - begun < 0.1


def test_of_a_text_without_end_the_beginning_is_shown() -> None:
    for text in ("\x1b" * 5_000_000, "a\n" * 2_500_000):
        begun = time.thread_time()
        shown = list(Telling().lines(word(text=text)))
        assert sum(map(len, shown)) < 8 * TEXT_SHOWN
        assert "\x1b" not in "".join(shown)
        assert shown[-1].endswith("…")
        assert time.thread_time() - begun < 1


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "x", "", "2" * 100_000])
def test_a_time_that_there_is_not_is_shown_as_none(at: str) -> None:
    [line] = Telling().lines(word(at=at, text="hello"))
    assert line == "--:-- #1 Ana: hello"


def test_of_a_poll_no_more_is_kept_than_a_poll_has() -> None:
    telling = Telling()
    list(telling.lines(word(poll={"options": ["x" * 5_000] * 5_000})))
    [line] = telling.lines(word(type="voted", seq=2, target=1, counts=[1] * 5_000))
    assert len(line) < 300 * OPTIONS_MOST


class Silent:
    """Who listens to a conversation, and keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, line: str) -> None:
        self.lines.append(line)

    warn = tell

    def refused(self, text: str, why: Heard) -> None: ...

    def ended(self) -> None: ...


def test_people_without_end_are_not_all_kept_and_no_word_of_theirs_is_shown_raw() -> None:
    def said(**fields: object) -> bytes:
        return frame(msgspec.json.encode(fields))

    evil = "\x1b[2J" + "x" * 100_000
    frames = [
        said(type="welcome", epoch="e", you={"id": "you", "role": "member"}),
        said(type="joined", room="general", head=0, members=[{"id": "you", "name": "Ana"}], events=[]),
        *(
            said(type="presence", room="general", joined=[{"id": f"{part}-{n}", "name": "x"} for n in range(100)])
            for part in range(KNOWN // 50)
        ),
        said(type="presence", room="general", joined=[Author("you", evil)]),
        said(type="error", code="bad-field", detail=evil),
        said(type="message", room="general", seq=1, at=evil, author=Author("b", evil), text=evil),
        said(type="message", room="general", seq=2, author=Author("b", "Bia"), text="the end"),
    ]
    with hostile(talking(*frames)) as address:
        listener = Silent()
        conversation = Conversation(
            address, "general", "Ana", "a=b", listener=listener, new_nonce=lambda: "n", random=lambda: 0.0
        )
        conversation.start()
        try:
            eventually(lambda: any("the end" in line for line in listener.lines))
            assert len(conversation._people._names) == KNOWN
            assert "\x1b" not in "".join(listener.lines)
            assert len(conversation.name) < 200
        finally:
            conversation.stop(PATIENCE)


def test_a_reason_is_shown_escaped_and_not_as_a_whole() -> None:
    detail = msgspec.json.encode({"type": "about:blank", "detail": "\x1b]0;x\x07" * 5_000})
    head = b"HTTP/1.1 503 No\r\nContent-Length: %d\r\n\r\n" % len(detail)

    with hostile(talking_nothing(head + detail)) as address:
        line = next(Following(address, "general", name="", after=None, last=1, random=lambda: 0.0).lines())
    assert "\x1b" not in line
    assert len(line) < 3_000
