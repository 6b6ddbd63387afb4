"""Anonymous votes: a watcher of `/flow` who sees all there is does not learn who voted, nor when."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from chatapp.rooms.house import House

from ..actors import Talker, eventually, frame
from ..conftest import Wire
from .conftest import Look, Looker, Word

POLL = {"options": ["yes", "no"], "several": True, "anonymous": True}
HERE = {"Origin": "http://localhost"}
TEXT, CONTINUATION = 0x1, 0x0
# What differs between two clients of two people by nature.
OWN_FACTS = ("id", "name", "who", "own", "thread", "since_us")


class Pair:
    """Two people in one room, alike but that the first one votes, and two watchers who see everything of them."""

    def __init__(self, app: Flask, wire: Wire, look: Look):
        self.wire = wire
        self.browsers = [_member(app, name) for name in ("Ana", "Bia")]
        self.talkers = [wire.connect(chat=True, client=browser) for browser in self.browsers]
        for talker in self.talkers:
            talker.hear("welcome")
            talker.join()
        self.asker = wire.enter("Cai")
        self.asker.say("post", room="general", text="Clear?", nonce="ask", poll=POLL)
        for talker in self.talkers:
            talker.hear("message")
        self.lookers = [look(client=browser) for browser in self.browsers]
        hub = app.extensions["chatapp"].hub
        people = {client.person.name: client.number for client in hub.clients()}
        self.numbers = [people["Ana"], people["Bia"]]
        for looker, number in zip(self.lookers, self.numbers, strict=True):
            looker.say("watch", client=number)
        eventually(lambda: [client.outbox.seen is not None for client in hub.clients()] == [True, True, False])
        self._sync("begin")
        for looker in self.lookers:
            looker.words.clear()

    @property
    def voter(self) -> Talker:
        return self.talkers[0]

    def vote(self, choices: list[int], nonce: str) -> None:
        """The first one votes over their WebSocket, and everybody hears of it."""
        self.voter.say("vote", room="general", target=1, choices=choices, nonce=nonce)
        self.heard()

    def heard(self) -> None:
        for talker in [*self.talkers, self.asker]:
            talker.hear("voted")

    def seen(self) -> list[list[Word]]:
        """All the words since the beginning of each watcher, who have seen all of what happened."""
        self._sync("end")
        return [looker.words for looker in self.lookers]

    def _sync(self, text: str) -> None:
        self.asker.post(text)
        for talker in self.talkers:
            talker.hear("message", text=text)
        for looker in self.lookers:
            looker.frame("out", lambda frame: f'"{text}"' in (frame["text"] or ""))
            while not any(flow["text"] == text for flow in _flows(looker.words)):
                looker.next("flows")
            looker.snapshot()
            looker.snapshot()  # one that was taken after all of it

    def assert_alike(self) -> None:
        """Nothing that was seen tells the two people apart, and there is no way of a vote."""
        words = self.seen()
        views = [_view(seen, number) for seen, number in zip(words, self.numbers, strict=True)]
        assert views[0]["frames"] == views[1]["frames"]
        assert all('"end"' in frame["text"] for frame in views[0]["frames"] if '"voted"' not in frame["text"])
        assert views[0]["frames"]
        for seen in words:
            flows = _flows(seen)
            assert [flow["text"] for flow in flows] == ["end"]
            snapshots = [word for word in seen if word["type"] == "snapshot"]
            for word in snapshots:
                voter, other = (next(c for c in word["clients"] if c["id"] == n) for n in self.numbers)
                assert {k: v for k, v in voter.items() if k not in OWN_FACTS} == {
                    k: v for k, v in other.items() if k not in OWN_FACTS
                }
                states = {thread["client"]: thread["doing"] for thread in word["threads"] if thread["client"]}
                assert [states[number] for number in self.numbers] == ["reading", "reading"]
            assert not [word for word in seen if word["type"] == "happened"]
            counters = snapshots[-1]["counters"]
            assert counters["messages_seen"] == counters["messages_told"]
            lines = [line for word in seen if word["type"] == "lines" for line in word["lines"]]
            assert {line["text"].split(" (")[0] for line in lines} == {"Sending message to"}
            known = {flow["id"] for flow in flows}
            assert {line["flow"] for line in lines} <= {None, *known}
            said = json.dumps(seen)
            assert "choices" not in said
            assert b"choices".hex() not in said
            assert "ballot" not in said
            assert "/vote" not in said


def _flows(words: list[Word]) -> list[Word]:
    return [flow for word in words if word["type"] == "flows" for flow in word["flows"]]


def _view(words: list[Word], number: int) -> dict[str, Any]:
    told = [word for word in words if word["type"] == "frames"]
    assert {word["client"] for word in told} == {number}
    assert not any(word["dropped"] for word in told)
    frames = [frame for word in told for frame in word["frames"]]
    return {"frames": [{name: value for name, value in frame.items() if name != "t"} for frame in frames]}


def _member(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    assert client.post("/api/me", json={"name": name}).status_code == 200
    return client


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """An application that shows everything to everybody."""
    return make_app(FLOW="open")


@pytest.fixture
def pair(app: Flask, wire: Wire, look: Look) -> Pair:
    return Pair(app, wire, look)


def test_a_vote_over_a_websocket_leaves_nothing_to_see(pair: Pair) -> None:
    pair.vote([0], "n1")
    pair.vote([1], "n2")
    pair.assert_alike()


def test_a_vote_over_http_leaves_nothing_to_see(pair: Pair) -> None:
    answer = pair.browsers[0].put("/api/rooms/general/messages/1/vote", json={"choices": [1]}, headers=HERE)
    assert answer.status_code == 200
    pair.heard()
    pair.voter.hear("ballot")
    pair.assert_alike()


def test_a_vote_in_fragments_leaves_nothing_to_see(pair: Pair) -> None:
    said = json.dumps({"type": "vote", "room": "general", "target": 1, "choices": [0], "nonce": "n1"}).encode()
    pair.voter.put(frame(TEXT, said[:20], fin=False))
    pair.voter.put(frame(CONTINUATION, said[20:40], fin=False))
    pair.voter.put(frame(CONTINUATION, said[40:]))
    pair.heard()
    pair.assert_alike()


def test_what_answers_a_vote_alone_is_not_seen_either(pair: Pair) -> None:
    pair.vote([0], "n1")
    pair.voter.say("vote", room="general", target=1, choices=[0], nonce="n1")  # once more
    assert pair.voter.hear("voted")["choices"] == [0]
    pair.voter.say("vote", room="general", target=1, choices=[0], nonce="n2")  # changes nothing
    assert pair.voter.hear("voted")["choices"] == [0]
    pair.voter.say("vote", room="general", target=1, choices=[7], nonce="n3")
    assert pair.voter.hear("error")["code"] == "bad-field"
    pair.voter.say("vote", room="general", target=1, choices="[0]", nonce="n4")
    assert pair.voter.hear("error")["code"] == "bad-field"
    pair.assert_alike()


@pytest.mark.parametrize("crowd", [0, 12])  # in one frame; in fragments
def test_ones_own_votes_are_not_seen_when_one_joins_again(pair: Pair, crowd: int) -> None:
    pair.vote([0], "n1")
    for number in range(crowd):
        pair.asker.post("x" * 3_000, nonce=f"c{number}")
        pair.asker.hear("message", nonce=f"c{number}")
    for talker in pair.talkers:
        talker.say("join", room="general", after=0, nonce="again")
        talker.hear("joined")
    words = pair.seen()
    frames = [[f for word in seen if word["type"] == "frames" for f in word["frames"]] for seen in words]
    for seen in frames:
        came = [one["text"] for one in seen if one["direction"] == "in"]
        assert len(came) == 1
        assert '"join"' in came[0]
        assert not any("joined" in one["text"] for one in seen)
        assert len([one for one in seen if one["opcode"] == CONTINUATION]) == (crowd // 4 + 2 if crowd else 0)
    sizes = [[(one["direction"], one["size"]) for one in seen] for seen in frames]
    assert sizes[0] == sizes[1]
    assert "choices" not in json.dumps(words)


def test_a_join_without_anonymous_votes_is_seen(pair: Pair) -> None:
    pair.voter.say("join", room="general", after=0, nonce="again")
    assert pair.lookers[0].frame("out", lambda one: '"joined"' in one["text"])


def test_a_handler_at_work_on_a_vote_is_seen_as_one_that_reads(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = Event(), Event()
    vote = House.vote

    def slow(*args: Any, **more: Any) -> None:
        begun.set()
        assert go_on.wait(10)
        vote(*args, **more)

    monkeypatch.setattr(House, "vote", slow)
    since = [_since(looker, number) for looker, number in zip(pair.lookers, pair.numbers, strict=True)]
    pair.voter.say("vote", room="general", target=1, choices=[0], nonce="n1")
    assert begun.wait(10)
    for looker in pair.lookers:
        looker.snapshot()
        looker.snapshot()
    go_on.set()
    pair.heard()
    pair.assert_alike()
    for looker, number, before in zip(pair.lookers, pair.numbers, since, strict=True):
        assert abs(_since(looker, number) - before) <= 1  # µs, rounded


def _since(looker: Looker, number: int) -> int:
    """Since when that client's thread does what it does: µs."""
    word = looker.snapshot()
    [thread] = [thread for thread in word["threads"] if thread["client"] == number]
    since: int = word["t"] - thread["for_us"]
    return since


def test_a_vote_changes_nothing_of_when_one_is_pinged(pair: Pair) -> None:
    hub = pair.wire.app.extensions["chatapp"].hub
    [voter] = [client for client in hub.clients() if client.number == pair.numbers[0]]
    heard_at = voter.heard_at
    pair.vote([0], "n1")
    assert voter.heard_at == heard_at
    pair.voter.ping(b"x")
    eventually(lambda: voter.heard_at > heard_at)


def test_the_round_trip_is_not_measured_anew_when_somebody_votes(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """It changes with each segment that is acknowledged, and a voter gets one more than the others."""
    measured = iter(range(1, 1_000))
    outbox = type(pair.wire.app.extensions["chatapp"].hub.clients()[0].outbox)
    monkeypatch.setattr(outbox, "round_trip", property(lambda _self: next(measured)))
    before = [client["rtt_us"] for client in pair.lookers[0].snapshot()["clients"]]
    pair.vote([0], "n1")
    pair.lookers[0].snapshot()
    assert [client["rtt_us"] for client in pair.lookers[0].snapshot()["clients"]] == before


def test_what_waits_for_a_voter_that_reads_slowly_is_what_waits_for_the_others(pair: Pair) -> None:
    hub = pair.wire.app.extensions["chatapp"].hub
    for client in hub.clients():
        client.outbox.hold()
    pair.voter.say("vote", room="general", target=1, choices=[0], nonce="n1")
    outboxes = [client.outbox for client in hub.clients()]
    eventually(lambda: outboxes[0].waiting > outboxes[1].waiting > 0)
    word = pair.lookers[0].snapshot(lambda word: word["clients"][1]["waiting"])
    assert word["clients"][0]["waiting"] == word["clients"][1]["waiting"]
    for client in hub.clients():
        client.outbox.release()
    pair.heard()
    pair.assert_alike()


def test_a_client_that_is_in_another_room_gets_nothing_of_a_vote(pair: Pair, app: Flask) -> None:
    elsewhere = pair.wire.connect(chat=True, client=pair.browsers[0])
    elsewhere.hear("welcome")
    pair.vote([0], "n1")
    pair.voter.hear("ballot")
    elsewhere.say("ping", nonce="p")
    elsewhere.hear("pong")
    assert not any('"ballot"' in text for text in elsewhere.heard)


@pytest.mark.parametrize("mode", ["open", "local"])
def test_a_public_vote_is_followed_and_its_frames_are_not_seen(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire], look: Look, mode: str
) -> None:
    """Before it is stored nobody knows whether a vote is anonymous."""
    app = make_app(FLOW=mode)
    wire = make_wire(app)
    browser = _member(app, "Ana")
    ana, looker = wire.connect(chat=True, client=browser), look(client=browser, on=wire)
    ana.hear("welcome")
    ana.join()
    looker.say("watch", client=looker.client(own=True)["id"])
    eventually(lambda: any(client.outbox.seen for client in app.extensions["chatapp"].hub.clients()))
    ana.say("post", room="general", text="Clear?", nonce="ask", poll={**POLL, "anonymous": False})
    ana.say("vote", room="general", target=1, choices=[0], nonce="n1")
    flow = looker.flow(lambda flow: flow["seq"] == 2)
    assert (flow["author"], flow["own"], flow["sender"] is not None) == ("Ana", True, True)
    ana.post("end")
    looker.frame("in", lambda one: '"end"' in one["text"])
    frames = [one for word in looker.words if word["type"] == "frames" for one in word["frames"]]
    assert not any('"vote"' in (one["text"] or "") for one in frames)
