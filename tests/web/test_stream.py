"""The stream of JSON lines: what a program that only listens gets, when it is slow, late, refused, or told to go."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ..actors import PATIENCE, InThread, Server, eventually, read_head

BOTH = pytest.mark.parametrize("kind", ["gunicorn", "flask"])
STOP_TIME = 2.0  # seconds

MakeServer = Callable[..., Server]


class Reader:
    """A program that follows a room; it understands HTTP by Python's own library. An empty line is None."""

    def __init__(self, server: Server, query: str = "", *, room: str = "general", **headers: str):
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        self._connection.request("GET", f"/api/rooms/{room}/stream{query}", headers=headers)
        self.answer = self._connection.getresponse()
        self.status = self.answer.status

    def line(self) -> dict[str, Any] | None:
        """The next line. Raises EOFError at the proper end, IncompleteRead or ConnectionError where it was cut off."""
        read = self.answer.readline()
        if not read:
            raise EOFError
        assert read.endswith(b"\n")
        content: dict[str, Any] | None = json.loads(read) if read != b"\n" else None
        return content

    def hear(self, kind: str) -> dict[str, Any]:
        """The next line of that kind; it must come next, but for empty lines."""
        line = None
        while line is None:
            line = self.line()
        assert line["type"] == kind, line
        return line

    def problem(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.answer.read())
        return found

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


@pytest.fixture
def follow() -> Iterator[Callable[..., Reader]]:
    """Makes readers; all hang up at the end."""
    readers: list[Reader] = []

    def make(*arguments: Any, **options: Any) -> Reader:
        readers.append(Reader(*arguments, **options))
        return readers[-1]

    yield make
    for reader in readers:
        reader.close()


Follow = Callable[..., Reader]


@BOTH
def test_what_was_missed_comes_first_and_then_what_happens(kind: str, make_server: MakeServer, follow: Follow) -> None:
    server = make_server(kind).start()
    ana = server.enter("Ana")
    for n in range(3):
        ana.hear("message", nonce=ana.post(f"before {n}"))
    reader = follow(server, "?after=1&name=ci")
    assert reader.status == 200
    assert reader.answer.getheader("Content-Type") == "application/x-ndjson"
    begun = reader.hear("stream")
    assert (begun["room"], begun["head"], begun["gap"]) == ("general", 3, False)
    assert begun["epoch"] == server.talk(chat=True).hear("welcome")["epoch"]
    assert [reader.hear("message")["text"] for _ in range(2)] == ["before 1", "before 2"]
    ana.post("olá,\nlive \u2028 \U0001f600")
    live = reader.hear("message")
    assert (live["seq"], live["text"], live["author"]["name"]) == (4, "olá,\nlive \u2028 \U0001f600", "Ana")


@BOTH
def test_nothing_is_lost_or_doubled_wherever_one_resumes_while_others_talk(
    kind: str, make_server: MakeServer, follow: Follow
) -> None:
    server = make_server(kind).start()
    ana = server.enter("Ana")
    total = 400

    def talk() -> None:
        for n in range(total):
            nonce = ana.post(f"{n}")
            if n % 10 == 9:
                ana.hear("message", nonce=nonce)

    talking = InThread(talk)
    after, seen = 0, []
    while after < total:
        reader = follow(server, f"?after={after}")
        assert reader.hear("stream")["gap"] is False
        seen += [reader.hear("message")["seq"] for _ in range(min(23, total - after))]
        after = seen[-1]
        reader.close()
    talking.outcome(30)
    assert seen == list(range(1, total + 1))


def test_past_500_missed_events_come_the_newest_500_and_word_of_the_gap(server: Server, follow: Follow) -> None:
    ana = server.enter("Ana")
    nonces = [ana.post(f"{n}") for n in range(510)]
    ana.hear("message", nonce=nonces[-1])
    reader = follow(server, "?after=3")
    assert reader.hear("stream") | {"epoch": ""} == {
        "type": "stream",
        "room": "general",
        "head": 510,
        "gap": True,
        "epoch": "",
        "reset": False,
    }
    assert [reader.hear("message")["seq"] for _ in range(500)] == list(range(11, 511))
    usual = follow(server)
    assert usual.hear("stream")["gap"] is False
    assert usual.hear("message")["seq"] == 461
    last = follow(server, "?limit=0")
    last.hear("stream")
    ana.post("only this")
    assert last.hear("message")["seq"] == 511


def test_who_follows_from_beyond_the_newest_event_begins_anew(server: Server, follow: Follow) -> None:
    """What it knows is of a log that was replaced, or went back."""
    ana = server.enter("Ana")
    for n in range(3):
        ana.hear("message", nonce=ana.post(f"{n}"))
    reader = follow(server, "?after=4&limit=2")
    begun = reader.hear("stream")
    assert (begun["head"], begun["gap"], begun["reset"]) == (3, True, True)
    assert [reader.hear("message")["seq"] for _ in range(2)] == [2, 3]
    exactly = follow(server, "?after=3").hear("stream")
    assert (exactly["gap"], exactly["reset"]) == (False, False)


def test_a_refusal_is_a_plain_answer(server: Server, follow: Follow) -> None:
    refusals: list[tuple[str, str, dict[str, str], int, str]] = [
        ("nowhere", "", {}, 404, "no-such-room"),
        ("general", "?after=-1", {}, 400, "bad-field"),
        ("general", "?after=", {}, 400, "bad-field"),
        ("general", "?after=99999999999999999999", {}, 400, "bad-field"),
        ("general", "?after=1.5", {}, 400, "bad-field"),
        ("general", "?limit=501", {}, 400, "bad-field"),
        ("general", "?name=" + "x" * 33, {}, 400, "bad-name"),
        ("general", "", {"Origin": "https://elsewhere.example"}, 403, "forbidden"),
    ]
    for room, query, headers, status, code in refusals:
        reader = follow(server, query, room=room, **headers)
        problem = reader.problem()
        assert (reader.status, problem["status"], problem["code"]) == (status, status, code), query


def test_a_head_request_and_one_with_a_body_and_one_in_http_1_0_get_no_stream(server: Server) -> None:
    def ask(request: bytes) -> tuple[int, bytes]:
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as sock:
            sock.sendall(request)
            status, headers, rest = read_head(sock)
            while len(rest) < int(headers.get("content-length", 0)) and (more := sock.recv(65_536)):
                rest += more
            return status, rest

    path = b"/api/rooms/general/stream"
    host = b"Host: 127.0.0.1\r\nConnection: close\r\n"
    assert ask(b"HEAD " + path + b" HTTP/1.1\r\n" + host + b"\r\n") == (200, b"")
    assert b"bad-request" in ask(b"GET " + path + b" HTTP/1.1\r\n" + host + b"Content-Length: 2\r\n\r\nhi")[1]
    assert ask(b"GET " + path + b" HTTP/1.0\r\n" + host + b"\r\n")[0] == 400


@BOTH
def test_an_idle_stream_beats_and_is_not_taken_for_dead(kind: str, make_server: MakeServer, follow: Follow) -> None:
    server = make_server(kind, PING_INTERVAL=0.1, PING_TIMEOUT=0.5).start()
    reader = follow(server)
    reader.hear("stream")
    begun = time.monotonic()
    while time.monotonic() - begun < 1.5:
        assert reader.line() is None
    server.post("/api/rooms/general/messages?name=ana", {"text": "still here?", "nonce": "n"})
    assert reader.hear("message")["text"] == "still here?"


@BOTH
def test_who_reads_too_slowly_is_told_so_and_harms_nobody(kind: str, make_server: MakeServer, follow: Follow) -> None:
    server = make_server(kind, OUTBOX_LIMIT=65_536).start()
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    slow.settimeout(PATIENCE)
    slow.connect(("127.0.0.1", server.port))
    slow.sendall(b"GET /api/rooms/general/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert read_head(slow)[0] == 200
    quick = follow(server)
    quick.hear("stream")
    ana = server.enter("Ana")
    text = "x" * 9_000
    for _ in range(150):
        ana.hear("message", timeout=2, nonce=ana.post(text))
        assert len(quick.hear("message")["text"]) == len(text)
    eventually(lambda: "reads too slowly, closed with 1013" in server.terminal)
    received = b""
    while not received.endswith(b"\r\n0\r\n\r\n"):
        more = slow.recv(65_536)
        assert more, "cut off"
        received += more
    slow.close()
    assert b'\r\n{"type":"end","code":1013,"reason":"reading too slowly"}\n\r\n0\r\n\r\n' in received
    assert "Traceback" not in server.terminal


@BOTH
def test_readers_take_places_and_the_page_stays_reachable(kind: str, make_server: MakeServer, follow: Follow) -> None:
    server = make_server(kind, MAX_CLIENTS=3).start()
    readers = [follow(server) for _ in range(3)]
    for reader in readers:
        reader.hear("stream")
    full = follow(server)
    assert (full.status, full.problem()["code"]) == (503, "busy")
    assert full.answer.getheader("Retry-After")
    assert server.get("/")[0] == 200
    assert server.get("/api/rooms")[0] == 200
    readers[0].close()
    eventually(lambda: "Client Disconnected" in server.terminal)
    assert follow(server).hear("stream")
    assert "Traceback" not in server.terminal


@pytest.mark.alone
@BOTH
def test_a_stopping_server_ends_every_stream_properly_and_in_time(
    kind: str, make_server: MakeServer, follow: Follow
) -> None:
    server = make_server(kind).start()
    readers = [follow(server) for _ in range(60)]
    for reader in readers:
        reader.hear("stream")
    begun = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begun < STOP_TIME
    for reader in readers:
        assert reader.hear("end") == {"type": "end", "code": 1001, "reason": "the server is stopping"}
        with pytest.raises(EOFError):
            reader.line()
    assert "Traceback" not in server.terminal


def test_a_reader_is_somebody_in_the_room(server: Server, follow: Follow) -> None:
    ana = server.enter("Ana")
    reader = follow(server, "?name=ci")
    reader.hear("stream")

    def news(what: str) -> list[str]:
        """What the next word of comings or goings says, one's own left out."""
        while True:
            told = ana.hear("presence")
            names = [person["name"] for person in told["joined"]] if what == "joined" else told["left"]
            if names and names != ["Ana"]:
                return names

    assert "ci" in news("joined")
    reader.close()
    assert len(news("left")) == 1


def test_what_happens_to_messages_is_told_too_whoever_else_is_in_the_room(server: Server, follow: Follow) -> None:
    plain = server.talk()
    ana = server.enter("Ana")
    reader = follow(server)
    reader.hear("stream")
    nonces = [ana.post("helo"), "edit", "react", "delete"]
    ana.say("edit", room="general", target=1, text="hello", nonce="edit")
    ana.say("react", room="general", target=1, emoji="👍", on=True, nonce="react")
    ana.say("delete", room="general", target=1, nonce="delete")
    events = [reader.hear(kind) for kind in ("message", "edited", "reacted", "deleted")]
    assert [event["seq"] for event in events] == [1, 2, 3, 4]
    assert [event["nonce"] for event in events] == nonces
    assert plain.receive() == "helo"
    again = follow(server, "?after=2")
    assert again.hear("stream")["head"] == 4
    assert again.hear("reacted")["emoji"] == "👍"
    assert again.hear("deleted")["target"] == 1


def test_an_anonymous_vote_names_nobody_live_or_later(server: Server, follow: Follow) -> None:
    ana, bia = server.enter("Ana"), server.enter("Bia")
    live = follow(server)
    live.hear("stream")
    poll = {"options": ["yes", "no"], "several": False, "anonymous": True}
    ana.say("post", room="general", text="Clear?", nonce="ask", poll=poll)
    assert live.hear("message")["poll"]["options"] == ["yes", "no"]
    bia.say("vote", room="general", target=1, choices=[1], nonce="vote")
    ana.hear("voted")
    ana.say("close", room="general", target=1, nonce="close")
    later = follow(server, "?after=1&name=Bia")
    assert later.hear("stream")["head"] >= 2
    for reader in (live, later):
        vote = reader.hear("voted")
        assert (vote["author"], vote["counts"], vote["voters"]) == ({"id": "", "name": ""}, [0, 1], 1)
        assert "choices" not in vote
        assert reader.hear("closed")["target"] == 1


def test_who_looks_inside_sees_a_reader_that_has_no_frames(server: Server, follow: Follow) -> None:
    looker = server.talk("/flow/socket", Sec_WebSocket_Protocol="flow.v1")
    follow(server, "?name=ci").hear("stream")
    ana = server.enter("Ana")

    def seen(kind: str) -> dict[str, Any]:
        return looker.hear(kind)

    clients: list[dict[str, Any]] = []
    while len(clients) < 2:
        clients = seen("snapshot")["clients"]
    (reader,) = [client["id"] for client in clients if client["dialect"] == "lines"]
    looker.say("watch", client=reader)
    looker.say("handshake", client=reader)
    assert seen("handshake") == {"type": "handshake", "client": reader, "gone": True}
    ana.post("hello")
    (flow,) = seen("flows")["flows"]
    assert reader in [offer[0] for offer in flow["offers"]]
    seen("snapshot")
    assert not any('"frames"' in text and '"type":"frames"' in text for text in looker.heard)
    assert "Traceback" not in server.terminal


def test_who_talks_into_the_stream_ends_it(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as sock:
        sock.sendall(b"GET /api/rooms/general/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        read_head(sock)
        sock.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 1_000)
        while sock.recv(65_536):
            pass
    eventually(lambda: "Client Disconnected" in server.terminal)
    assert "Traceback" not in server.terminal
