"""Watching: what happens in the chat is told as it was, and checked against what the clients themselves saw."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Set

import pytest
from flask import Flask
from flask.testing import FlaskClient

from chatapp.flow.assembler import Assembler
from chatapp.flow.collector import ANNOUNCE_EVERY, TICK
from chatapp.flow.frames import taken_apart
from chatapp.flow.threads import Activity, Threads
from chatapp.flow.viewer import Viewer
from chatapp.live.frames import text_frame
from chatapp.live.handshake import GUID
from chatapp.log.posts import Post
from chatapp.model import Author, Message, Room
from chatapp.tap import Round, Tap

from ..actors import eventually, identity_of
from ..conftest import Wire
from .conftest import Look, Word


def test_a_message_is_followed_from_its_frame_to_every_client(wire: Wire, look: Look) -> None:
    looker = look()
    clients = [wire.enter(name) for name in ("ana", "bia", "cai")]
    known = looker.snapshot(lambda word: [client["rooms"] for client in word["clients"]] == [["general"]] * 3)
    clients[1].post("Hello", nonce="n1")
    assert [client.hear("message")["seq"] for client in clients] == [1] * 3
    flow = looker.flow()
    numbers = [client["id"] for client in known["clients"]]
    assert (flow["room"], flow["seq"], flow["sender"]) == ("general", 1, numbers[1])
    assert [offer[0] for offer in flow["offers"]] == numbers
    assert (flow["recipients"], flow["batch"], flow["round"]) == (3, 1, 1)
    assert {offer[3] for offer in flow["offers"]} == {"sent"}
    frame = clients[0].heard[-1].encode()
    assert flow["frame_bytes"] == len(frame) + 4 == flow["offers"][0][2]
    stations = ("received", "parsed", "queued", "taken", "committed", "told", "encoded")
    times = [*(flow[station] for station in stations), *(offer[1] for offer in flow["offers"]), flow["finished"]]
    assert times == sorted(times)
    assert flow["thread"]["taken"] == "journal"
    assert flow["thread"]["encoded"] == "fan-out"
    threads = {thread["client"]: thread["name"] for thread in known["threads"]}
    assert flow["thread"]["received"] == threads[numbers[1]]


def test_texts_and_names_of_others_are_hidden_and_ones_own_are_not(wire: Wire, look: Look, ana: FlaskClient) -> None:
    looker = look(client=ana)
    own, other = wire.connect(chat=True, client=ana), wire.enter("bia")
    own.hear("welcome")
    own.join()
    other.post("a secret", nonce="n1")
    hidden = looker.flow()
    assert (hidden["text"], hidden["author"], hidden["own"], hidden["size"]) == (None, None, False, 8)
    own.post("my own", nonce="n1")
    shown = looker.flow()
    assert (shown["text"], shown["author"], shown["own"]) == ("my own", "Ana", True)
    other.post("a secret", nonce="n2")
    assert looker.flow()["hash"] == hidden["hash"] != shown["hash"]
    names = {client["own"]: client["name"] for client in looker.snapshot(lambda w: len(w["clients"]) == 2)["clients"]}
    assert names == {True: "Ana", False: None}
    assert "secret" not in json.dumps(looker.words)
    assert "bia" not in json.dumps(looker.words)


def test_a_message_over_http_has_no_frame_of_its_own(wire: Wire, look: Look, client: FlaskClient) -> None:
    looker = look()
    wire.enter("ana")
    assert client.post("/api/rooms/general/messages", json={"text": "from cron", "nonce": "c1"}).status_code == 201
    flow = looker.flow()
    assert (flow["sender"], flow["received"], flow["parsed"]) == (None, None, None)
    assert flow["queued"] <= flow["taken"] <= flow["committed"]


def test_a_message_over_http_is_not_taken_for_one_of_a_client_that_left(wire: Wire, look: Look) -> None:
    """The thread that served the client serves the request."""
    looker = look()
    talker = wire.enter("ana")
    hub = wire.app.extensions["chatapp"].hub
    [client] = hub.clients()
    assembler, tap = Assembler(), Tap()
    looker.client()
    for what in ("received", "parsed", "disconnected"):
        tap.note(what, client)
    post = Post(Room(1, "general"), Author("x", "x"), "from cron", "n1", None)
    tap.note("queued", post)
    event = Message("general", 1, "", post.author, post.text)
    tap.note("committed", [(post, event)], 1)
    tap.note("told", [event], Round(1, 0))
    [flow] = assembler.tell(tap.take()).flows
    assert (flow.way.sender, flow.way.received, flow.way.parsed) == (None, None, None)
    talker.vanish()


def test_the_counters_are_what_was_sent(wire: Wire, look: Look, client: FlaskClient) -> None:
    talkers = [wire.enter(f"talker{n}") for n in range(4)]
    for n in range(30):
        talkers[n % 4].post(f"message {n}", nonce=f"n{n}")
    for talker in talkers:
        talker.hear("message", seq=30)
    counters = json.loads(client.get("/api/flow").data)["counters"]  # nobody watched, and still all is counted
    assert (counters["messages"], counters["deliveries"]) == (30, 120)
    assert 1 <= counters["rounds"] <= 30
    assert counters["sends"] >= 4 * counters["rounds"]
    assert 1 <= counters["commits"] <= 30
    assert counters["evictions"] == counters["dropped"] == 0
    looker = look()
    talkers[0].post("one more", nonce="more")
    looker.snapshot(lambda word: word["counters"]["messages"] == 31 and word["counters"]["deliveries"] == 124)
    sends = json.loads(client.get("/api/flow").data)["counters"]["sends"]
    talkers[1].say("typing", room="general")
    talkers[2].hear("typing")
    assert json.loads(client.get("/api/flow").data)["counters"]["sends"] == sends  # it is no message


def test_of_more_messages_than_can_be_followed_it_is_told_how_many(wire: Wire, look: Look) -> None:
    looker = look()
    talkers = [wire.enter(f"talker{n}") for n in range(5)]
    for n in range(200):
        talkers[n % 5].post(f"message {n}", nonce=f"n{n}")
    for talker in talkers:
        talker.hear("message", seq=200)
    last = looker.snapshot(lambda word: word["counters"]["messages_seen"] == 200)
    told = sum(len(word["flows"]) for word in looker.words if word["type"] == "flows")
    assert last["counters"]["messages_told"] == told <= 200
    lines = sum(len(word["lines"]) for word in looker.words if word["type"] == "lines")
    assert lines + last["counters"]["dropped"] >= 1_000  # one for each recipient of each


def test_a_client_that_is_sent_away_is_seen_whoever_offered_it_too_much(wire: Wire, look: Look) -> None:
    looker = look()
    wire.enter("ana")
    number = looker.client()["id"]
    [client] = wire.app.extensions["chatapp"].hub.clients()
    looker.say("watch", client=number)
    eventually(lambda: client.outbox.seen)
    client.outbox.hold()
    for _ in range(3):  # as somebody else than the fan-out does: more than may wait for it
        client.outbox.offer(text_frame(b"x" * 600_000))
    gone = looker.next("happened", lambda word: word["kind"] == "evicted")
    assert gone["client"] == number
    assert looker.snapshot(lambda word: word["counters"]["evictions"] == 1)
    # What was said to it before may still be on its way; of what never left nothing is shown.
    closing = looker.frame("out", lambda frame: frame["opcode"] == 8 or frame["size"] == 600_000)
    assert (closing["opcode"], closing["close_code"]) == (8, 1013)


def test_a_new_name_is_shown(wire: Wire, look: Look, ana: FlaskClient) -> None:
    looker = look(client=ana)
    own = wire.connect(chat=True, client=ana)
    own.hear("welcome")
    looker.client(own=True, name="Ana")
    own.join()
    own.say("rename", name="Marieta")
    looker.client(own=True, name="Marieta")


def test_the_frames_of_a_client_are_taken_apart(wire: Wire, look: Look, ana: FlaskClient) -> None:
    looker = look(client=ana)
    talker = wire.connect(client=ana)
    number = looker.client(own=True)["id"]
    looker.say("watch", client=number)
    eventually(lambda: _sees_frames(wire))
    key = bytes.fromhex("37fa213d")  # RFC 6455, section 5.7: a single-frame masked text message
    talker.put(b"\x81\x85" + key + bytes.fromhex("7f9f4d5158"))
    assert talker.receive() == "Hello"
    came = looker.frame("in")
    assert (came["first"], came["second"], came["length_bytes"], came["key"]) == (0x81, 0x85, "", "37fa213d")
    assert (came["opcode"], came["fin"], came["size"]) == (1, True, 5)
    assert (came["masked"], came["payload"], came["text"]) == ("7f9f4d5158", b"Hello".hex(), "Hello")
    left = looker.frame("out", lambda frame: frame["opcode"] == 1)
    assert (left["first"], left["second"], left["key"]) == (0x81, 0x05, "")
    assert (left["hidden"], left["text"]) == (True, None)  # in the plain dialect nobody can tell whose words they are
    assert left["t"] >= came["t"]
    talker.ping(b"are you there")
    assert looker.frame("in", lambda frame: frame["opcode"] == 9)["text"] == "are you there"
    assert looker.frame("out", lambda frame: frame["opcode"] == 10)["text"] == "are you there"
    talker.send("x" * 300)
    long = looker.frame("in", lambda frame: frame["size"] == 300)
    assert (long["second"], long["length_bytes"], long["cut"]) == (0x80 | 126, "012c", True)
    assert bytes.fromhex(long["payload"]) == b"x" * 256
    talker.close(1000)
    assert looker.frame("in", lambda frame: frame["opcode"] == 8)["close_code"] == 1000


def test_what_others_said_is_hidden_in_the_frames_that_bring_it_to_oneself(
    wire: Wire, look: Look, ana: FlaskClient
) -> None:
    looker = look(client=ana)
    own, other = wire.connect(chat=True, client=ana), wire.enter("bia")
    own.hear("welcome")
    looker.say("watch", client=looker.client(own=True)["id"])
    eventually(lambda: _sees_frames(wire))
    own.join()
    other.post("a secret of mine", nonce="n1")
    own.hear("message", seq=1)
    own.post("my own words", nonce="n1")
    assert looker.frame("in", lambda frame: "my own words" in (frame["text"] or ""))
    shown = looker.frame("out", lambda frame: frame["text"])
    assert json.loads(shown["text"])["text"] == "my own words"
    assert "secret" not in json.dumps(looker.words)
    assert b"secret".hex() not in json.dumps(looker.words)
    assert "bia" not in json.dumps(looker.words)


def test_the_frames_of_somebody_else_show_their_heads_alone(wire: Wire, look: Look) -> None:
    looker = look()
    talker = wire.connect("/chat?name=bia")
    looker.say("watch", client=looker.client()["id"])
    eventually(lambda: _sees_frames(wire))
    talker.send("a secret")
    frame = looker.frame("in")
    assert (frame["hidden"], frame["size"]) == (True, 8)
    assert frame["masked"] is frame["payload"] is frame["text"] is None
    assert "bia" not in json.dumps(looker.words)
    assert b"a secret".hex() not in json.dumps(looker.words)


def test_the_handshake_is_shown_as_it_was_without_anything_secret(wire: Wire, look: Look, ana: FlaskClient) -> None:
    looker = look(client=ana)
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    wire.connect("/chat?name=bia", client=ana, chat=True, Sec_WebSocket_Key=key, Authorization="Bearer topsecret").hear(
        "welcome"
    )
    number = looker.client(own=True)["id"]
    looker.say("handshake", client=number)
    shown = looker.next("handshake")
    digest = hashlib.sha1(f"{key}{GUID}".encode()).digest()
    assert (shown["key"], shown["sha1"]) == (key, digest.hex())
    assert shown["accept"] == base64.b64encode(digest).decode()
    assert f"Sec-WebSocket-Accept: {shown['accept']}" in shown["response"]
    assert shown["request"][0] == "GET /chat?name=bia HTTP/1.1"
    assert shown["response"][0] == "HTTP/1.1 101 Switching Protocols"
    assert shown["subprotocol"] == "chat.v1"
    assert [step["what"] for step in shown["steps"]] == ["checked", "entered", "answered"]
    assert all(step["us"] > 0 for step in shown["steps"])
    cookie = identity_of(ana)
    told = json.dumps(looker.words)
    assert cookie.value not in told
    assert "topsecret" not in told


def test_the_token_of_a_guest_is_shown_to_nobody(
    make_app: Callable[..., Flask],
    make_wire: Callable[[Flask], Wire],
    look: Look,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    wire = make_wire(make_app(FLOW="open"))
    first = wire.connect("/chat?name=bia", chat=True)
    token = first.hear("welcome")["you"]["token"]
    first.close()
    looker = look(on=wire)
    again = wire.connect("/chat?name=bia", Sec_WebSocket_Protocol=f"chat.v1, guest.{token}")
    again.hear("welcome")
    number = looker.snapshot(lambda word: len(word["clients"]) == 1)["clients"][0]["id"]
    looker.say("watch", client=number)
    eventually(lambda: _sees_frames(wire))
    looker.say("handshake", client=number)
    assert "guest" not in json.dumps(looker.next("handshake")).replace("guest-", "")
    again.join()
    looker.frame("out", lambda frame: "joined" in (frame["text"] or ""))
    assert token not in json.dumps(looker.words)
    assert token not in wire.app.test_client().get("/api/flow").text
    assert token not in caplog.text


def test_a_welcome_is_taken_apart_without_its_token() -> None:
    token = "WyJndWVzdC0wMTIz.aBcD-eF_"
    sent = b'{"type":"welcome","version":1,"epoch":"e","you":{"id":"guest-1","name":"\\"token\\":\\"x","role":"guest",'
    frame = text_frame(sent + b'"token":"%s"},"rooms":[]}' % token.encode())
    open_to_all = Viewer(None, "open", b"salt")
    shown = taken_apart(frame, t=0, direction="out", viewer=open_to_all, owner="guest-1")
    assert token not in (shown.text or "")
    assert token.encode().hex() not in (shown.payload or "")
    assert "*" * len(token) in (shown.text or "")
    assert shown.size == len(frame) - 4
    said = text_frame(b'{"type":"message","text":"\\"token\\":\\"mine\\""}')
    assert taken_apart(said, t=0, direction="out", viewer=open_to_all, owner="guest-1").text == said[2:].decode()


def test_the_handshake_of_somebody_else_hides_their_name(wire: Wire, look: Look) -> None:
    looker = look()
    wire.connect("/chat?name=bia")
    looker.say("handshake", client=looker.client()["id"])
    assert looker.next("handshake")["request"][0] == "GET /chat?… HTTP/1.1"


def test_the_handshake_of_a_client_that_left_is_gone(look: Look) -> None:
    looker = look()
    looker.say("handshake", client=4_711)
    assert looker.next("handshake") == {"type": "handshake", "client": 4_711, "gone": True}


@pytest.mark.alone
def test_a_client_that_goes_is_missed_within_a_second(wire: Wire, look: Look) -> None:
    looker = look()
    talker = wire.enter("ana")
    number = looker.client()["id"]
    assert [word["kind"] for word in looker.words if word["type"] == "happened"] == ["connected"]
    talker.vanish()
    gone = looker.next("happened", timeout=1.0)
    assert (gone["kind"], gone["client"]) == ("disconnected", number)
    assert looker.snapshot(lambda word: not word["clients"])["clients_total"] == 0


def test_the_terminals_lines_stand_beside_what_caused_them(wire: Wire, look: Look) -> None:
    looker = look()
    talker = wire.enter("ana")
    number = looker.client()["id"]
    connected = next(said for text, said in _lines(looker.words).items() if text.startswith("Client connected: "))
    assert (connected["client"], connected["flow"]) == (number, None)
    talker.post("Hello", nonce="n1")
    flow = looker.flow()["id"]
    line = looker.next("lines")["lines"][0] if not _sending(looker.words) else _sending(looker.words)[0]
    assert line["text"].startswith("Sending message to (")
    assert (line["flow"], line["client"]) == (flow, None)


def test_the_lock_tells_who_took_it_for_what(wire: Wire, look: Look) -> None:
    looker = look()
    wire.enter("ana").post("Hello", nonce="n1")
    lock = looker.snapshot(lambda word: {"add", "join", "advance"} & {one["what"] for one in word["lock"]["last"]})[
        "lock"
    ]
    assert sum(lock["waited"]) == sum(lock["held"]) <= lock["acquisitions"]
    assert len(lock["waited"]) == len(lock["edges_us"]) + 1
    assert 1 <= len(lock["last"]) <= 10
    assert all(one["held_us"] >= 0 and one["waited_us"] >= 0 for one in lock["last"])


def test_every_thread_says_what_it_does(wire: Wire, look: Look) -> None:
    looker = look()
    wire.enter("ana")
    number = looker.client(rooms=["general"])["id"]
    shown = looker.snapshot(lambda word: any(thread["client"] == number for thread in word["threads"]))
    by_name = {thread["name"]: thread for thread in shown["threads"]}
    assert by_name["journal"]["doing"] == "waiting for work"
    assert by_name["fan-out"]["doing"] == "waiting for work"
    [own] = [thread for thread in shown["threads"] if thread["client"] == number]
    assert own["doing"] == "reading"
    assert shown["threads_total"] == len(shown["threads"]) == sum(shown["kinds"].values())
    assert own["id"] in {thread.native_id for thread in threading.enumerate()}


def test_the_chat_says_that_somebody_looks_inside(wire: Wire, look: Look) -> None:
    early = wire.connect(chat=True)
    assert "watchers" not in early.hear("welcome")
    looker = look()
    assert early.hear("watched")["watchers"] == 1
    late = wire.connect(chat=True)
    assert late.hear("welcome")["watchers"] == 1
    looker.talker.close()
    assert early.hear("watched")["watchers"] == late.hear("watched")["watchers"] == 0


def test_watchers_that_come_and_go_do_not_have_the_chat_told_each_time(wire: Wire, look: Look) -> None:
    """What one of them does is told to every client of the chat."""
    talker = wire.enter("ana")
    started = time.monotonic()
    for _ in range(20):
        look().talker.close()
    last = look()
    talker.hear("watched")
    last.talker.close()
    while talker.hear("watched")["watchers"]:
        pass
    told = sum('"watched"' in text for text in talker.heard)
    assert 1 <= told <= (time.monotonic() - started) / ANNOUNCE_EVERY + 1


def test_the_state_is_looked_at_no_more_often_than_it_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    look = Threads.look

    def counted(self: Threads, now: int, handlers: Set[int]) -> list[Activity]:
        looks.append(now)
        return look(self, now, handlers)

    monkeypatch.setattr(Threads, "look", counted)
    client = app.test_client()
    for _ in range(20):
        assert client.get("/api/flow").status_code == 200
    assert looks
    assert all(later - earlier >= TICK * 1e9 for earlier, later in itertools.pairwise(looks))


def test_a_plain_client_hears_nothing_of_it(wire: Wire, look: Look) -> None:
    plain, other = wire.connect(), wire.connect(chat=True)
    other.hear("welcome")
    look()
    other.hear("watched")
    plain.send("Hello")
    assert plain.receive() == "Hello"
    assert plain.heard == ["Hello"]


def test_with_the_last_watcher_the_thread_ends_and_nothing_is_noted(app: Flask, wire: Wire, look: Look) -> None:
    first, second = look(), look()
    assert [thread.name for thread in threading.enumerate()].count("flow") == 1
    assert first.snapshot(lambda word: word["watchers"] == 2)
    first.talker.close()
    assert second.snapshot(lambda word: word["watchers"] == 1)
    second.talker.close()
    eventually(lambda: "flow" not in [thread.name for thread in threading.enumerate()])
    third = look()
    assert third.snapshot(lambda word: word["watchers"] == 1)


def test_a_watcher_that_reads_nothing_disturbs_nobody_and_is_told_what_it_missed(wire: Wire, look: Look) -> None:
    looker = look()
    talkers = [wire.enter(name) for name in ("ana", "bia")]
    for n in range(3_000):
        talkers[0].post(f"message {n}", nonce=f"n{n}")
        if n % 100 == 99:
            assert talkers[1].hear("message", seq=n + 1)["text"] == f"message {n}"
            talkers[0].hear("message", seq=n + 1)
    late = looker.snapshot(lambda word: word["counters"]["messages"] == 3_000)
    told = sum(len(word["flows"]) for word in looker.words if word["type"] == "flows")
    assert told < 3_000
    assert late["clients_total"] == 2


def test_a_stopping_server_says_1001_to_who_watches(app: Flask, look: Look) -> None:
    looker = look()
    app.extensions["chatapp"].stop()
    assert looker.talker.closed() == 1001


def test_what_is_no_command_is_refused_and_the_view_goes_on(look: Look) -> None:
    looker = look()
    huge = '{"type":"handshake","client":' + "9" * 900 + "}"
    text = '{"type":"watch","client":"x"}'
    for wrong in (huge, "hello", '{"type":"evict","client":1}', text, "[]", '{"type":"watch"}'):
        looker.talker.send(wrong)
        assert looker.next("error")["code"] == "bad-json"
    looker.say("watch", client=4_711)
    assert looker.next("error")["code"] == "no-such-client"
    looker.say("watch", client=None)
    assert looker.snapshot()


def _lines(words: list[Word]) -> dict[str, Word]:
    return {line["text"]: line for word in words if word["type"] == "lines" for line in word["lines"]}


def _sending(words: list[Word]) -> list[Word]:
    return [line for text, line in _lines(words).items() if text.startswith("Sending")]


def _sees_frames(wire: Wire) -> bool:
    """Whether somebody's frames are seen: the command has arrived."""
    hub = wire.app.extensions["chatapp"].hub
    return any(client.outbox.seen for client in hub.clients())
