"""What gunicorn's gthread worker does to slow peers by itself, and no longer does here."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from email.message import Message
from io import BufferedReader
from threading import Event, Semaphore
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode
from weakref import WeakSet

import pytest
from gunicorn.config import Config

from chatapp.budget import Budget
from chatapp.servers import limits
from chatapp.servers.answering import AnsweringSocket
from chatapp.servers.connection import Connection, Unreader
from chatapp.servers.flask_run import ImpatientReads, running_few
from chatapp.servers.incoming import Incoming, State
from chatapp.servers.slots import PER_ADDRESS, TOTAL

from ..actors import PATIENCE, InThread, Server, Talker, eventually, handshake_headers, read_head

BOTH = pytest.mark.parametrize("kind", ["gunicorn", "flask"])
PROMPT = 2.0  # seconds in which a page comes; each trap took from 2 s to forever

CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"

MakeServer = Callable[..., Server]


Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two ends of one connection."""
    one, other = socket.socketpair()
    with one, other:
        yield one, other


@pytest.fixture
def guests() -> Iterator[list[socket.socket]]:
    """Sockets that stay open to the end of the test."""
    opened: list[socket.socket] = []
    yield opened
    for guest in opened:
        guest.close()


def connect(server: Server, sent: bytes = b"") -> socket.socket:
    guest = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
    guest.sendall(sent)
    return guest


def read_to_the_end(guest: socket.socket) -> bytes:
    received = b""
    while more := guest.recv(65_536):
        received += more
    return received


def assert_prompt(server: Server) -> None:
    """The page and the API answer, and a client is let in, in good time."""
    begun = time.monotonic()
    assert server.get("/", timeout=PROMPT)[0] == 200
    assert server.get("/healthz", timeout=PROMPT)[0] == 200
    client = server.talk()
    client.send("prompt")
    assert client.receive(PROMPT) == "prompt"
    assert time.monotonic() - begun < PROMPT


@BOTH
def test_clients_that_keep_a_closed_socket_do_not_delay_the_next_page(
    kind: str, make_server: MakeServer, guests: list[socket.socket]
) -> None:
    server = make_server(kind).start()
    page = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    guests += [connect(server, page) for _ in range(20)]
    for guest in guests:
        assert read_to_the_end(guest).startswith(b"HTTP/1.1 200 ")  # and does not close its own side
    assert_prompt(server)


@BOTH
def test_websockets_that_the_server_ends_and_that_stay_do_not_delay_the_others(
    kind: str, make_server: MakeServer
) -> None:
    server = make_server(kind).start()
    silent = [server.talk() for _ in range(60)]
    for client in silent:
        client.send_bytes(b"this ends it with 1003; the answer never comes")
    assert_prompt(server)
    assert [client.closed() for client in silent] == [1003] * 60
    assert_prompt(server)


@BOTH
def test_silent_connections_and_half_requests_leave_the_page_answering(
    kind: str, make_server: MakeServer, guests: list[socket.socket]
) -> None:
    server = make_server(kind).start()
    guests += [connect(server) for _ in range(60)]
    guests += [connect(server, b"GET / HTTP/1.1\r\nHost: 127.") for _ in range(12)]
    guests += [connect(server, b"POST /api/rooms HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{") for _ in range(12)]
    assert_prompt(server)


def test_half_requests_are_dropped_in_time(make_server: MakeServer, guests: list[socket.socket]) -> None:
    """Under gunicorn on the smallest server there is, with as many of them as it has threads."""
    small = make_server("gunicorn", MAX_CLIENTS=1).start()
    flask = make_server("flask").start()
    guests += [connect(small, b"GET / HTTP/1.1\r\nHost: 127.") for _ in range(1 + limits.RESERVE)]
    guests += [connect(flask, b"GET / HTTP/1.1\r\nHost: 127.") for _ in range(8)]
    bound = limits.RECEIVE_TIMEOUT + PROMPT
    begun = time.monotonic()
    assert small.get("/healthz", timeout=bound)[0] == 200
    for guest in guests:
        guest.settimeout(bound)
        read_to_the_end(guest)
    assert time.monotonic() - begun < bound


@BOTH
def test_frames_right_behind_the_handshake_are_lost_and_harm_nobody(kind: str, make_server: MakeServer) -> None:
    """They lie in the server's HTTP parser. RFC 6455, section 4.1: a client waits for the 101; browsers do."""
    server = make_server(kind).start()
    other = server.talk()
    fields = {"Host": f"127.0.0.1:{server.port}", **handshake_headers()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    early = b"\x81\x85\x00\x00\x00\x00early"
    sock = connect(server, f"GET /chat HTTP/1.1\r\n{head}\r\n".encode() + early)
    status, _, rest = read_head(sock)
    assert status == 101
    hasty = Talker(sock, rest)
    hasty.send("in time")
    assert hasty.receive() == "in time"
    assert other.receive() == "in time"
    hasty.close()
    assert "Traceback" not in server.terminal


def test_a_closing_connection_gives_its_answer_to_the_end_though_the_client_sent_too_much(server: Server) -> None:
    """Why gunicorn lingers at all: a close with unread bytes is a reset, which may eat the answer."""
    for _ in range(20):
        with connect(
            server, b"GET /api/rooms HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" + b"x" * 9_000
        ) as guest:
            assert b'"general"' in read_to_the_end(guest)


def test_a_handler_gets_what_was_received_and_then_the_end_without_reading(pair: Pair) -> None:
    reads, writes = pair
    unreader = Unreader(reads)
    request = Incoming(100, b"GET / HTTP/1.1\r\n\r\n")
    unreader.begin(request)
    assert not request.content
    writes.sendall(b"the next request")
    assert unreader.read() == b"GET / HTTP/1.1\r\n\r\n"
    assert unreader.read() == b""
    assert reads.recv(100) == b"the next request"


def test_under_flask_run_no_more_of_a_request_is_read_than_may_come(pair: Pair) -> None:
    reads, writes = pair
    writes.sendall(b"x" * 1_000)
    request = BufferedReader(ImpatientReads(reads, 600))
    assert request.read(10_000_000) == b"x" * 600
    assert request.read(10_000_000) == b""


def test_under_flask_run_pieces_that_keep_coming_end_with_the_time_of_the_request(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUEST_TIME", 0.2)
    reads, writes = pair
    begun = time.monotonic()
    request = BufferedReader(ImpatientReads(reads, 1_000_000))

    def drip() -> None:
        while time.monotonic() - begun < PATIENCE:
            writes.sendall(b"x")
            assert request.read(1) == b"x"

    with pytest.raises(TimeoutError):
        drip()
    assert time.monotonic() - begun > 0.2


@pytest.mark.parametrize(("hops", "running"), [(0, PER_ADDRESS), (1, TOTAL)])
def test_under_flask_run_few_requests_of_an_address_run_at_once(hops: int, running: int) -> None:
    may_end, at_work, ended = Event(), Semaphore(0), Semaphore(0)

    def run(_handler: object) -> None:
        at_work.release()
        assert may_end.wait(PATIENCE)
        ended.release()

    run_in_slot = running_few(run, hops)
    requests = []
    for number in range(TOTAL + 4):  # behind a proxy each comes from an address of its own
        headers = Message()
        headers["X-Forwarded-For"] = f"192.0.2.{number}"
        handler: Any = SimpleNamespace(path="/", client_address=("127.0.0.1", 1), headers=headers, connection=None)
        requests.append(InThread(lambda handler=handler: run_in_slot(handler)))  # type: ignore[misc]
    assert all(at_work.acquire(timeout=PATIENCE) for _ in range(running))
    assert not at_work.acquire(timeout=0.1)
    may_end.set()
    for request in requests:
        request.outcome()
    assert all(ended.acquire(blocking=False) for _ in requests)


class TestConnection:
    """gunicorn's own class, but for what is replaced in it."""

    @pytest.fixture
    def connection(self, pair: Pair) -> Iterator[Connection]:
        Connection.opened = WeakSet()
        budget = Budget(1_000_000)
        sock = AnsweringSocket(pair[0], budget=budget, unsent_limit=1_000)
        client, server = ("127.0.0.1", 1), ("127.0.0.1", 2)
        yield Connection(Config(), sock, client, server, peer="127.0.0.1", budget=budget)
        sock.close()

    def test_every_request_of_it_is_read_with_a_bound(self, connection: Connection, pair: Pair) -> None:
        connection.expect(100)
        assert connection.deadline > time.monotonic()
        pair[1].sendall(b"GET /1 HTTP/1.1\r\n")
        assert connection.receive() is State.WAITING
        pair[1].sendall(b"Host: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.receive() is State.WHOLE
        connection.init()
        unreader = connection.parser.unreader
        assert type(unreader) is Unreader
        assert next(connection.parser).path == "/1"
        connection.expect(100)  # kept alive: the next request was in the same segment
        assert connection.incoming.state is State.WHOLE
        connection.init()
        assert connection.parser.unreader is unreader
        assert next(connection.parser).path == "/2"

    def test_what_has_come_of_a_large_request_is_in_the_budget_until_it_is_read(
        self, connection: Connection, pair: Pair
    ) -> None:
        budget = connection._budget
        connection.expect(10_000)
        pair[1].sendall(b"POST / HTTP/1.1\r\nContent-Length: 9000\r\n\r\n" + b"x" * 8_000)
        connection.receive()
        assert budget.total > 8_000
        pair[1].sendall(b"x" * 1_000)
        assert connection.receive() is State.WHOLE
        connection.init()
        assert budget.total == 0

    def test_a_client_that_waits_for_a_word_before_the_body_gets_it_once(
        self, connection: Connection, pair: Pair
    ) -> None:
        pair[1].settimeout(PATIENCE)
        for _ in range(2):  # of one connection
            connection.expect(100)
            pair[1].sendall(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            assert connection.receive() is State.WAITING
            assert pair[1].recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            pair[1].sendall(b"{")
            assert connection.receive() is State.WAITING
            pair[1].sendall(b"}")
            assert connection.receive() is State.WHOLE
        pair[1].setblocking(False)
        with pytest.raises(BlockingIOError):
            pair[1].recv(1)

    def test_a_graceful_close_waits_for_nobody(self, connection: Connection, pair: Pair) -> None:
        begun = time.monotonic()
        connection.close(graceful=True)
        assert time.monotonic() - begun < 0.5  # in the accept loop; 2 s without the pool
        pair[1].settimeout(PATIENCE)
        assert pair[1].recv(1) == b""
        pair[1].close()
        assert connection.sock.fileno() < 0
        connection.close(graceful=True)  # a second one does nothing

    def test_hung_up_it_reads_nothing_and_still_answers(self, connection: Connection, pair: Pair) -> None:
        assert list(Connection.opened) == [connection]
        connection.expect(100)
        pair[1].sendall(b"GET / HT")
        connection.receive()
        connection.hang_up()
        assert connection.receive() is State.CUT_SHORT
        connection.sock.sendall(b"answer")
        assert pair[1].recv(6) == b"answer"
        connection.sock.close()
        connection.hang_up()


def test_silent_connections_do_not_use_up_the_open_files(make_server: MakeServer, guests: list[socket.socket]) -> None:
    server = make_server(under=("bash", "-c", 'ulimit -n 400; exec "$@"', "bash")).start()
    worker = server.worker()
    ana = server.enter("ana")
    guests.extend(connect(server) for _ in range(350))
    ana.post("still here")
    assert ana.hear("message")["text"] == "still here"
    eventually(server.answers, 30)  # when the silent ones were given up
    ana.post("and still")
    assert ana.hear("message")["text"] == "and still"
    assert server.worker() == worker


def test_a_search_for_500_chinese_characters_fits_into_the_request_line(server: Server) -> None:
    status, headers, _ = server.get("/api/search?" + urlencode({"q": "\u5b57" * 500}))
    assert (status, headers["content-type"]) == (200, "application/json")
    assert server.get("/api/search?" + urlencode({"q": "\u5b57" * 1_000}))[0] == 414
    assert "Traceback" not in server.terminal
