"""The door: who is let in, and how the others are told why not."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask import request as flask_request
from werkzeug.test import TestResponse

from ..actors import (
    NO_RATE_LIMITS,
    PATIENCE,
    Closed,
    InThread,
    Refused,
    Server,
    Talker,
    eventually,
    handshake_headers,
    read_head,
)
from ..conftest import Wire

KEY = base64.b64encode(bytes(range(16))).decode()
ACCEPT = base64.b64encode(hashlib.sha1(f"{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()).decode()
GOOD = {
    "Host": "localhost",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}

# Changes to a good handshake; None takes the header away.
MALFORMED: dict[str, dict[str, str | None]] = {
    "no key": {"Sec-WebSocket-Key": None},
    "an empty key": {"Sec-WebSocket-Key": ""},
    "a short key": {"Sec-WebSocket-Key": base64.b64encode(b"x" * 15).decode()},
    "a long key": {"Sec-WebSocket-Key": base64.b64encode(b"x" * 17).decode()},
    "a key that is no base64": {"Sec-WebSocket-Key": "*" * 24},
    "a key with a blank inside": {"Sec-WebSocket-Key": f"{KEY[:10]} {KEY[11:]}"},
    "a key without padding": {"Sec-WebSocket-Key": KEY.rstrip("=")},
    "no version": {"Sec-WebSocket-Version": None},
    "an old version": {"Sec-WebSocket-Version": "8"},
    "a list of versions": {"Sec-WebSocket-Version": "13, 8"},
    "a version that is no number": {"Sec-WebSocket-Version": "13abc"},
    "no Connection": {"Connection": None},
    "another Connection": {"Connection": "keep-alive"},
    "no Upgrade": {"Upgrade": None},
    "another Upgrade": {"Upgrade": "h2c"},
    "a body": {"Content-Length": "5"},
    "only unknown subprotocols": {"Sec-WebSocket-Protocol": "soap, wamp"},
}

# What looks odd and is right all the same.
ODD: dict[str, dict[str, str | None]] = {
    "upper case": {"Upgrade": "WebSocket", "Connection": "UPGRADE"},
    "several Connection options": {"Connection": "keep-alive, Upgrade"},
    "blanks": {"Sec-WebSocket-Key": f" {KEY} ", "Sec-WebSocket-Version": " 13 "},
    "an unknown extension": {"Sec-WebSocket-Extensions": "x-webkit-deflate-frame"},
    "odd extension parameters": {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits=99; =; ;,"},
    "compression": {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
    "a non-ASCII header": {"X-Name": "Jos\u00e9"},
    "a non-ASCII user agent": {"User-Agent": "caf\u00e9 \u00ff"},
    "a cookie that is none": {"Cookie": 'session="\u00e9; ;;=x'},
    "no subprotocol at all": {"Sec-WebSocket-Protocol": " , "},
    "an odd language": {"Accept-Language": "*;q=x,,;q=9"},
}


def changed(change: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in (GOOD | change).items() if value is not None}


@pytest.fixture(scope="module", params=["gunicorn", "flask"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The chat under each server as users start it, one for all tests of this file."""
    data = tmp_path_factory.mktemp("door") / "data"
    server = Server(data, kind=request.param, **NO_RATE_LIMITS, ORIGINS="https://listed.example").start()
    yield server
    assert "Traceback" not in server.terminal
    server.hang_up()
    server.stop()


def ask(server: Server, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """The answer to a request that goes out byte by byte as given; the body as far as it came with the head."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as sock:
        sock.sendall(request)
        status, headers, body = read_head(sock)
        expected = 0 if status == 101 or request.startswith(b"HEAD") else int(headers.get("content-length", 0))
        while len(body) < expected and (more := sock.recv(65_536)):
            body += more
        return status, headers, body


def request(
    headers: dict[str, str], *, line: str = "GET /chat HTTP/1.1", body: bytes = b"", encoding: str = "latin-1"
) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{line}\r\n{lines}\r\n".encode(encoding) + body


# Malformed handshakes, over the wire and on the real servers.


def test_a_malformed_handshake_is_answered_with_400(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    for what, change in MALFORMED.items():
        answer, written = _handshake(app, change)
        assert (what, answer.status_code, answer.mimetype) == (what, 400, "application/problem+json")
        told = answer.get_json()
        assert (what, told["status"], told["code"]) == (what, 400, "bad-request")
        assert told["detail"].startswith("Malformed WebSocket handshake: "), what
        assert (what, written) == (what, b"")  # nothing goes out behind the server's back
    assert app.extensions["chatapp"].hub.clients() == []
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def _handshake(app: Flask, change: dict[str, str | None]) -> tuple[TestResponse, bytes]:
    """The HTTP answer, and what was written to the socket itself."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        environ: dict[str, Any] = {"werkzeug.socket": theirs, "SERVER_PROTOCOL": "HTTP/1.1"}
        if "Content-Length" in change:  # else the test client counts for itself
            environ["CONTENT_LENGTH"] = change["Content-Length"]
        client = app.test_client()
        answer = InThread(lambda: client.get("/chat", headers=changed(change), environ_overrides=environ)).outcome()
        ours.setblocking(False)
        try:
            return answer, ours.recv(65_536)
        except BlockingIOError:
            return answer, b""


def test_malformed_handshakes_are_400_on_real_servers(running: Server) -> None:
    for what, change in MALFORMED.items():
        body = b"hello" if what == "a body" else b""
        status, headers, told = ask(running, request(changed(change), body=body))
        assert (what, status) == (what, 400)
        assert headers["content-type"] == "application/problem+json", what
        assert json.loads(told)["code"] == "bad-request", what
    assert "Traceback" not in running.terminal


BROKEN = {
    "HTTP/1.0": request(GOOD, line="GET /chat HTTP/1.0"),
    "no Host": request({name: value for name, value in GOOD.items() if name != "Host"}),
    "an empty Host": request(GOOD | {"Host": ""}),
    "a chunked body": request(GOOD | {"Transfer-Encoding": "chunked"}, body=b"5\r\nhello\r\n0\r\n\r\n"),
    "HEAD": request(GOOD, line="HEAD /chat HTTP/1.1"),
    "a key sent twice": request(GOOD | {"sec-websocket-key": KEY}),
    "a version sent twice": request(GOOD | {"sec-websocket-version": "13"}),
    "a non-ASCII key": request(GOOD | {"Sec-WebSocket-Key": "\u00e9" * 24}),
    "a non-ASCII version": request(GOOD | {"Sec-WebSocket-Version": "1\u00b3"}),
    "a non-ASCII digit of a version": request(GOOD | {"Sec-WebSocket-Version": "１３"}, encoding="utf-8"),
    "a non-ASCII subprotocol": request(GOOD | {"Sec-WebSocket-Protocol": "caf\u00e9"}),
    "a name of broken UTF-8 controls": request(GOOD, line="GET /chat?name=%00%ff HTTP/1.1"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_broken_requests_are_400_on_real_servers(running: Server, broken: bytes) -> None:
    status, _, body = ask(running, broken)
    assert status == 400
    assert b"Traceback" not in body
    assert "Traceback" not in running.terminal


def test_a_handshake_by_another_method_is_405_and_names_get(running: Server) -> None:
    for method in ("POST", "PUT", "DELETE"):
        for body in (b"", b"hello"):
            headers = GOOD | {"Content-Length": f"{len(body)}"}
            status, answered, _ = ask(running, request(headers, line=f"{method} /chat HTTP/1.1", body=body))
            assert (method, status) == (method, 405)
            assert "GET" in answered["allow"]


def test_odd_handshakes_are_taken_on_real_servers(running: Server) -> None:
    for what, change in ODD.items():
        status, headers, _ = ask(running, request(changed(change)))
        assert (what, status) == (what, 101)
        assert headers["sec-websocket-accept"] == ACCEPT, what
        assert "sec-websocket-extensions" not in headers, what
        assert "sec-websocket-protocol" not in headers, what


def test_header_injection_through_the_query_changes_nothing(running: Server) -> None:
    line = "GET /chat?name=a%0d%0aSet-Cookie:%20x=y HTTP/1.1"
    status, headers, _ = ask(running, request(GOOD, line=line))
    assert status == 400
    assert "set-cookie" not in headers


# Without an upgrade.


def test_without_an_upgrade_426_says_how_to_come_with_one(running: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)
    connection.request("GET", "/chat")
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    assert (answer.status, answer.headers["Upgrade"]) == (426, "websocket")
    assert "upgrade" in [option.lower() for option in answer.headers.get_all("Connection") or ()]
    assert body.count("\n") == 1
    assert f"ws://127.0.0.1:{running.port}/chat" in body


# Subprotocols.


def test_chat_v1_is_chosen_wherever_it_stands_among_the_offers(wire: Wire) -> None:
    for offer in ("chat.v1", "soap, chat.v1", "chat.v1,soap", " , chat.v1 ,"):
        client = wire.connect(Sec_WebSocket_Protocol=offer)
        client.hear("welcome")


def test_the_101_names_chat_v1_and_only_that(running: Server) -> None:
    status, headers, _ = ask(running, request(GOOD | {"Sec-WebSocket-Protocol": "soap, chat.v1, chat.v2"}))
    assert (status, headers["sec-websocket-protocol"]) == (101, "chat.v1")


def test_only_unknown_subprotocols_are_refused_and_the_known_one_is_named(wire: Wire) -> None:
    for offer in ("soap", "chat.v2", "CHAT.V1", "chat.v1x"):
        with pytest.raises(Refused) as refused:
            wire.connect(Sec_WebSocket_Protocol=offer)
        assert refused.value.status == 400
        assert b"chat.v1" in refused.value.body


# Origin.


def test_a_foreign_origin_is_refused_with_403(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    wire = make_wire(make_app(ORIGINS="https://listed.example, http://lan:8080"))
    for origin in (
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://localhost:1234",
        "https://localhost",
        "https://listed.example:8443",
        "http://listed.example",
        "https://listed.example.evil.example",
        "file://",
        "",
        "http://",
    ):
        with pytest.raises(Refused) as refused:
            wire.connect(Origin=origin)
        assert (origin, refused.value.status) == (origin, 403)
        assert b'"forbidden"' in refused.value.body


def test_ones_own_and_the_listed_origins_come_in(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    wire = make_wire(make_app(ORIGINS="https://listed.example, http://lan:8080,https://ports.example:443"))
    for origin in (
        "http://localhost",
        "http://localhost:80",
        "HTTP://LOCALHOST",
        "https://listed.example",
        "https://listed.example:443",
        "http://lan:8080",
        "https://ports.example",
    ):
        wire.connect(Origin=origin).close()


def test_origins_on_real_servers(running: Server) -> None:
    running.talk(Origin=f"http://127.0.0.1:{running.port}").close()
    running.talk(Origin="https://listed.example").close()
    running.talk().close()
    for foreign in ("http://127.0.0.1:1", "null", "https://evil.example"):
        with pytest.raises(Refused) as refused:
            running.talk(Origin=foreign)
        assert refused.value.status == 403


def test_a_foreign_page_gets_no_welcome_with_the_visitors_cookie(app: Flask, wire: Wire) -> None:
    browser = app.test_client()
    browser.post("/api/me", json={"name": "Ana"}, headers={"Origin": "http://localhost"})
    with pytest.raises(Refused) as refused:
        wire.connect(chat=True, client=browser, Origin="https://evil.example")
    assert refused.value.status == 403


# Rooms.


def test_an_unknown_room_is_404_for_a_plain_client(wire: Wire) -> None:
    for room in ("nowhere", "", "..%2F", "general%00", "General"):
        with pytest.raises(Refused) as refused:
            wire.connect(f"/chat?room={room}")
        assert (room, refused.value.status) == (room, 404)
        assert b"no-such-room" in refused.value.body


# Capacity.


def test_over_the_capacity_a_handshake_is_503_and_a_freed_place_can_be_taken(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    app = make_app(MAX_CLIENTS=3)
    wire = make_wire(app)
    clients = [wire.connect(chat=number == 1) for number in range(3)]
    for chat in (False, True):
        with pytest.raises(Refused) as refused:
            wire.connect(chat=chat)
        assert refused.value.status == 503
        assert int(refused.value.headers["retry-after"]) >= 1
        assert b'"busy"' in refused.value.body
    web = app.test_client()
    assert [web.get(path).status_code for path in ("/", "/healthz", "/api/rooms")] == [200] * 3
    clients[0].close()
    wire.connect().send("in again")
    assert clients[2].receive() == "in again"


def test_over_the_limit_of_its_address_a_client_is_refused_and_others_are_not(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire], caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(MAX_CLIENTS_PER_ADDRESS=2, FLOW="open")
    wire = make_wire(app)
    greedy, same_network = {"REMOTE_ADDR": "2001:db8::1"}, {"REMOTE_ADDR": "2001:db8::ffff"}
    first = wire.connect(environ=greedy)
    wire.connect(environ=same_network, chat=True)
    for _ in range(5):
        with pytest.raises(Refused) as refused:
            wire.connect(environ=greedy, chat=True)
        assert refused.value.status == 429
        assert int(refused.value.headers["retry-after"]) >= 1
        assert b'"rate-limited"' in refused.value.body
    with pytest.raises(Refused) as refused:
        wire.connect("/flow/socket", environ=greedy, Sec_WebSocket_Protocol="flow.v1")
    assert refused.value.status == 429
    with socket.socket() as sock:
        overrides = {**greedy, "SERVER_PROTOCOL": "HTTP/1.1", "werkzeug.socket": sock}
        stream = app.test_client().get("/api/rooms/general/stream", environ_overrides=overrides)
    assert stream.status_code == 429
    lines = [message for message in caplog.messages if message.startswith("Too many connections from 2001:db8::/64")]
    assert len(lines) == 1
    wire.connect(environ={"REMOTE_ADDR": "2001:db8:0:1::1"})
    first.close()
    wire.connect(environ=greedy)


def test_one_who_looks_inside_takes_a_place_of_their_address_and_gives_it_back(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    wire = make_wire(make_app(MAX_CLIENTS_PER_ADDRESS=1, FLOW="open"))
    watcher = wire.connect("/flow/socket", Sec_WebSocket_Protocol="flow.v1")
    with pytest.raises(Refused) as refused:
        wire.connect()
    assert refused.value.status == 429
    watcher.close()

    def comes_in() -> bool:
        try:
            wire.connect()
        except Refused:
            return False
        return True

    eventually(comes_in)


def test_a_full_gunicorn_still_answers_at_once(make_server: Callable[..., Server]) -> None:
    server = make_server(MAX_CLIENTS=4).start()
    clients = [server.talk() for _ in range(4)]
    for _ in range(80):  # more than the reserve of threads
        with pytest.raises(Refused) as refused:
            server.talk()
        assert refused.value.status == 503
        assert int(refused.value.headers["retry-after"]) >= 1
    assert [server.get(path)[0] for path in ("/", "/healthz")] == [200, 200]
    clients[0].vanish()
    fresh = eventually(lambda: _talk_if_let_in(server))
    assert fresh
    fresh.send("hello")
    assert clients[1].receive() == "hello"


def _talk_if_let_in(server: Server) -> Talker | None:
    try:
        return server.talk()
    except Refused:
        return None


def test_a_refused_client_keeps_no_thread_with_half_a_request(make_app: Callable[..., Flask]) -> None:
    """The time-outs of the server's socket are only taken away from a client that was let in."""
    app = make_app(MAX_CLIENTS=1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        app.extensions["chatapp"].hub.limit(0)
        theirs.settimeout(7)
        environ: dict[str, Any] = {"werkzeug.socket": theirs, "SERVER_PROTOCOL": "HTTP/1.1"}
        answer = app.test_client().get("/chat", headers=handshake_headers(), environ_overrides=environ)
        assert answer.status_code == 503
        assert theirs.gettimeout() == 7


# A handshake that fails behind the door.


def test_a_client_that_is_gone_before_the_101_leaves_nothing_behind(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    hub = app.extensions["chatapp"].hub
    for chat in ({}, {"Sec_WebSocket_Protocol": "chat.v1"}):
        ours, theirs = socket.socketpair()
        with theirs:
            ours.close()
            environ: dict[str, Any] = {"werkzeug.socket": theirs, "SERVER_PROTOCOL": "HTTP/1.1"}
            app.test_client().get("/chat", headers=handshake_headers(**chat), environ_overrides=environ)
        assert hub.clients() == []
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_handshake_that_fails_after_the_door_leaks_no_place(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    app = make_app(MAX_CLIENTS=1)

    def failing() -> None:
        if "fail" in flask_request.args:
            raise RuntimeError("the handshake fails behind the door")

    app.before_request_funcs["live"].append(failing)
    wire = make_wire(app)
    for _ in range(3):
        with pytest.raises(Closed):
            wire.connect("/chat?fail=1")
    assert app.extensions["chatapp"].hub.clients() == []
    one = wire.connect()
    one.send("let in")
    assert one.receive() == "let in"
