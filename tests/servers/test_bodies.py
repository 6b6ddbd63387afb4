"""Malformed HTTP over real sockets: a status that says whose fault it is, no traceback, and the server serves on."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from flask import Flask
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from chatapp.servers.bodies import Body

from ..actors import PATIENCE, Server, read_head

MakeServer = Callable[..., Server]

POST = b"POST /api/rooms/general/messages?name=ana HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
# What the servers read past: a page takes no body, and Python's HTTP server takes any header.
TOLERATED = {
    "gunicorn": {"a page's malformed body"},
    "flask": {"a page's malformed body", "a header without a name", "NUL in a header", "two lengths"},
}
BODY = b'{"text": "hello", "nonce": "1"}'


@pytest.fixture(scope="module", params=["gunicorn", "flask"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all these requests: none of them may harm it."""
    server = Server(tmp_path_factory.mktemp("bodies") / "data", kind=request.param, RATE_LIMIT=0)
    server.start()
    yield server
    server.stop()


def status_of(server: Server, sent: bytes, *, half_close: bool = True) -> int:
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as sock:
        sock.sendall(sent)
        if half_close:
            sock.shutdown(socket.SHUT_WR)
        return read_head(sock)[0]


def answer_to(server: Server, sent: bytes) -> bytes:
    """All that the server says, up to its end or a reset."""
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as sock, suppress(OSError):
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)
        while more := sock.recv(65_536):
            answer += more
    return answer


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def assert_unharmed(server: Server) -> None:
    assert server.get("/healthz")[0] == 200
    assert "Traceback" not in server.terminal


@pytest.mark.parametrize("pieces", [(BODY,), (BODY[:1], BODY[1:]), tuple(bytes([byte]) for byte in BODY)])
def test_a_chunked_body_is_a_body(shared: Server, pieces: tuple[bytes, ...]) -> None:
    assert status_of(shared, CHUNKED + chunks(*pieces), half_close=False) == 201


@pytest.mark.parametrize(
    "malformed",
    {
        "no number": b"xyz\r\nabc\r\n0\r\n\r\n",
        "negative": b"-1\r\na\r\n0\r\n\r\n",
        "no size": b"\r\n\r\n",
        "too long for its size": b"1\r\nabc\r\n0\r\n\r\n",
        "ends in a chunk": b"ff\r\nabc",
        "ends before the last chunk": b"1\r\n{\r\n",
        "an endless line": b"1" * 100_000,
        "NUL": b"\0\0\0\0\r\n\r\n",
        "not ASCII": b"\xff\xfe\r\n\r\n",
    }.values(),
    ids=lambda sent: repr(sent[:12]),
)
def test_a_malformed_chunked_body_is_a_bad_request(shared: Server, malformed: bytes) -> None:
    # An endless line is too much of it; Werkzeug reads its first 100 digits as the size.
    assert status_of(shared, CHUNKED + malformed) == (413 if malformed[:9] == b"1" * 9 else 400)
    assert_unharmed(shared)


@pytest.mark.parametrize("size", [200_000, 1_000_000])
def test_a_chunked_body_over_the_limit_is_too_large(shared: Server, size: int) -> None:
    assert status_of(shared, CHUNKED + chunks(b'{"text": "', b"x" * size, b'"}'), half_close=False) == 413
    assert_unharmed(shared)


def test_a_body_of_very_many_chunks_is_too_large(shared: Server) -> None:
    assert status_of(shared, CHUNKED + chunks(*[b" "] * 1_100, BODY), half_close=False) == 413
    assert status_of(shared, CHUNKED + chunks(*[b" "] * 900, BODY), half_close=False) in (200, 201)
    assert_unharmed(shared)


@pytest.mark.parametrize("expectation", [b"100-continue", b"100-Continue"])
def test_a_client_that_waits_for_a_word_before_the_body_gets_it_and_then_the_answer(
    shared: Server, expectation: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), PATIENCE) as sock:
        sock.sendall(POST + b"Expect: %s\r\nContent-Length: %d\r\n\r\n" % (expectation, len(BODY)))
        assert read_head(sock)[0] == 100
        sock.sendall(BODY)
        status = read_head(sock)[0]
        if status == 100 and shared.kind == "flask":  # both Python's HTTP server and Werkzeug say it
            status = read_head(sock)[0]
        assert status in (200, 201)
    assert_unharmed(shared)


def test_a_body_whose_announced_length_is_over_the_limit_is_too_large(shared: Server) -> None:
    assert status_of(shared, POST + b"Content-Length: 200000\r\n\r\n", half_close=False) == 413
    assert_unharmed(shared)


@pytest.mark.parametrize(
    "malformed",
    {
        "length no number": POST + b"Content-Length: abc\r\n\r\n" + BODY,
        "negative length": POST + b"Content-Length: -1\r\n\r\n" + BODY,
        "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 31\r\n\r\n" + BODY,
        "length and chunks": POST + b"Content-Length: 31\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(BODY),
        "shorter than announced": POST + b"Content-Length: 400\r\n\r\n" + BODY,
        "unknown coding": POST + b"Transfer-Encoding: sdch\r\n\r\n" + BODY,
        "a page's malformed body": b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "a header without a name": b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "NUL in a header": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        "a flood of headers": b"GET / HTTP/1.1\r\nHost: a\r\n"
        + b"".join(b"X-%d: a\r\n" % n for n in range(2_000))
        + b"\r\n",
        "a long header": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        "a long address": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        "an address that is none": b"GET http://[/x HTTP/1.1\r\nHost: a\r\n\r\n",
        "HTTP of another age": b"GET / HTTP/7.0\r\nHost: a\r\n\r\n",
    }.items(),
    ids=lambda case: case[0],
)
def test_a_malformed_request_is_answered_and_harms_nobody(shared: Server, malformed: tuple[str, bytes]) -> None:
    case, sent = malformed
    answer = answer_to(shared, sent)
    if shared.kind == "flask" and case in TOLERATED["flask"]:
        assert answer.startswith(b"HTTP/1.1 20")
    elif shared.kind == "flask" and not answer.startswith(b"HTTP/"):
        # A page without a head to what is no HTTP/1; and a reset, when it stops reading, may overtake the answer.
        assert b"Error code: " in answer or not answer
    elif case in TOLERATED[shared.kind]:
        assert answer.startswith(b"HTTP/1.1 200 ")
    else:
        assert answer[9:12].startswith((b"4", b"501", b"505"))
    assert_unharmed(shared)


class TestBody:
    def body(self, stream: io.BytesIO, **environ: str) -> Body:
        return Body({"wsgi.input": stream, **environ}, 10, (OSError,))

    def test_nothing_is_received_before_it_is_asked_for(self) -> None:
        stream = io.BytesIO(b"abc")
        body = self.body(stream, HTTP_TRANSFER_ENCODING="chunked")
        assert stream.tell() == 0
        assert body.read() == b"abc"

    def test_exactly_the_limit_is_taken_and_a_byte_more_is_not(self) -> None:
        assert self.body(io.BytesIO(b"x" * 10), HTTP_TRANSFER_ENCODING="chunked").read() == b"x" * 10
        assert self.body(io.BytesIO(b"x" * 10), CONTENT_LENGTH="10").read() == b"x" * 10
        with pytest.raises(RequestEntityTooLarge):
            self.body(io.BytesIO(b"x" * 11), HTTP_TRANSFER_ENCODING="chunked").read()
        with pytest.raises(RequestEntityTooLarge):
            self.body(io.BytesIO(b"x" * 11), CONTENT_LENGTH="11").read()

    def test_of_a_connection_no_more_is_read_than_was_announced(self) -> None:
        stream = io.BytesIO(b"bodyGET / HTTP/1.1")
        assert self.body(stream, CONTENT_LENGTH="4").read() == b"body"
        assert stream.tell() == 4

    @pytest.mark.parametrize("length", ["abc", "-1", "+4", "4.0", "\u0664", "9" * 5_000, "5"])
    def test_a_length_that_is_none_or_not_true_is_the_clients_fault(self, length: str) -> None:
        with pytest.raises(BadRequest):
            self.body(io.BytesIO(b"body"), CONTENT_LENGTH=length).read()

    def test_what_the_server_raises_is_the_clients_fault(self) -> None:
        class Broken(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                raise TimeoutError("the request took too long")

        with pytest.raises(BadRequest):
            self.body(Broken(), HTTP_TRANSFER_ENCODING="chunked").read()


def test_the_limit_is_the_one_of_the_other_bodies(app: Flask) -> None:
    assert 0 < app.config["MAX_CONTENT_LENGTH"] < 200_000
