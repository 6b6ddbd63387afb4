"""Rooms and polls over chat.v1: who hears what, who may do what, what one who comes back is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, insert

from chatapp.live.chat import OTHER_ROOMS
from chatapp.log.database import sqlite_url
from chatapp.log.places import room_row
from chatapp.log.schema import rooms

from ..actors import InThread, Talker
from ..conftest import Wire
from ..hostile_texts import VECTORS

HEADERS = {"Origin": "http://localhost"}
POLL = {"options": ["red", "green", "blue"]}


def member(app: Flask, name: str) -> FlaskClient:
    """A browser whose person has chosen a name."""
    browser = app.test_client()
    assert browser.post("/api/me", json={"name": name}, headers=HEADERS).status_code == 200
    return browser


@pytest.fixture
def ana(app: Flask, wire: Wire) -> Talker:
    client = wire.connect(chat=True, client=member(app, "Ana"))
    client.join()
    return client


@pytest.fixture
def guest(wire: Wire) -> Talker:
    return wire.enter("Gil")


def test_with_very_many_rooms_one_is_told_of_a_few_of_them(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire], tmp_path: Path
) -> None:
    make_app().extensions["chatapp"].stop()
    rows = [room_row(f"room-{number}", f"Room {number}", 0) for number in range(2, 20_002)]
    engine = create_engine(sqlite_url(tmp_path / "data" / "chat.sqlite3"))
    with engine.begin() as connection:
        connection.execute(insert(rooms), rows)
    engine.dispose()
    app = make_app(MAX_ROOMS=30_000)
    browser = member(app, "Ana")
    wire = make_wire(app)
    client = wire.connect(chat=True, client=browser, Origin=HEADERS["Origin"])
    welcome = client.hear("welcome")
    assert len(welcome["rooms"]) == OTHER_ROOMS
    assert len(client.heard[0]) < 10_000
    listed = browser.get("/api/rooms?after=19000")
    assert len(listed.get_json()["rooms"]) == 100
    assert len(listed.data) < 15_000
    made = browser.post("/api/rooms", json={"name": "Of my own"}, headers=HEADERS).get_json()
    again = wire.connect(chat=True, client=browser, Origin=HEADERS["Origin"])
    told = [room["slug"] for room in again.hear("welcome")["rooms"]]
    assert made["slug"] in told
    own = browser.get("/api/rooms?own=1").get_json()
    assert ([room["slug"] for room in own["rooms"]], own["next"]) == (told, None)


def do(client: Talker, type: str, nonce: str = "n", **fields: Any) -> dict[str, Any]:
    """A command in `general`, and the event or the error that answers it."""
    client.say(type, room="general", nonce=nonce, **fields)
    return client.hear(nonce=nonce)


def test_a_change_of_the_room_is_heard_and_stands_in_the_welcome_and_in_joined(
    ana: Talker, guest: Talker, wire: Wire, app: Flask
) -> None:
    event = do(ana, "configure", name="Plenum", topic="Tudo e nada")
    assert guest.hear("configured") == event
    assert {key: event[key] for key in ("seq", "name", "topic")} == {"seq": 1, "name": "Plenum", "topic": "Tudo e nada"}
    assert "archived" not in event
    late = wire.connect(chat=True)
    (room,) = late.hear("welcome")["rooms"]
    assert (room["slug"], room["name"], room["topic"]) == ("general", "Plenum", "Tudo e nada")
    joined = late.join(limit=1)
    assert joined["state"] == {"name": "Plenum", "topic": "Tudo e nada", "archived": False}
    back = wire.connect(chat=True).join(after=0)
    assert back["events"] == [event]
    assert "state" not in back  # it is told all that changed
    (listed,) = app.test_client().get("/api/rooms").get_json()["rooms"]
    assert (listed["name"], listed["last_at"]) == ("Plenum", event["at"])
    assert "Plenum" in app.test_client().get("/r/general").text


def test_who_missed_more_than_is_told_is_told_how_the_room_is_now(ana: Talker, wire: Wire) -> None:
    do(ana, "configure", topic="early", nonce="c")
    for number in range(5):
        do(ana, "post", text=str(number), nonce=f"p{number}")
    joined = wire.connect(chat=True).join(after=0, limit=2)
    assert (joined["gap"], joined["state"]["topic"]) == (True, "early")


def test_an_archived_room_is_read_and_nobody_posts(ana: Talker, guest: Talker, wire: Wire) -> None:
    plain = wire.connect()
    do(ana, "post", "p1", text="before")
    assert do(ana, "configure", "c1", archived=True)["archived"] is True
    assert guest.hear("configured")["archived"] is True
    for client in (ana, guest):
        refused = do(client, "post", "p2", text="after")
        assert (refused["code"], refused["field"]) == ("read-only", "room")
        assert refused["detail"] == "This room is archived: it can be read, and nobody writes in it."
    assert do(guest, "react", target=1, emoji="👍", on=True)["code"] == "read-only"
    assert wire.connect(chat=True).join()["events"][0]["text"] == "before"
    assert plain.receive() == "before"
    plain.send("after")
    assert plain.closed() == 1008
    assert do(ana, "configure", "c2", archived=False)["archived"] is False
    assert do(ana, "post", "p2", text="after")["text"] == "after"


def test_pins_are_heard_and_stand_in_history(ana: Talker, guest: Talker, app: Flask) -> None:
    do(guest, "post", "p1", text="the plan")
    event = do(ana, "pin", target=1, on=True)
    assert guest.hear("pinned") == event
    (message,) = app.test_client().get("/api/rooms/general/messages").get_json()["messages"]
    assert message["pinned"] is True
    assert app.test_client().get("/api/rooms/general/pins").get_json() == {"messages": [message]}


def test_a_guest_votes_and_asks_and_neither_configures_nor_pins(ana: Talker, guest: Talker) -> None:
    asked = do(guest, "post", "p1", text="Which?", poll=POLL)
    assert asked["poll"] == {"options": ["red", "green", "blue"], "several": False, "anonymous": False}
    assert do(guest, "vote", "v1", target=1, choices=[1])["counts"] == [0, 1, 0]
    assert do(guest, "pin", "x1", target=1, on=True)["code"] == "forbidden"
    assert do(guest, "configure", "x2", topic="mine")["code"] == "forbidden"
    assert do(ana, "close", "x3", target=1)["code"] == "forbidden"
    assert do(guest, "close", "c1", target=1)["type"] == "closed"
    assert do(ana, "vote", "x4", target=1, choices=[0])["code"] == "closed"


def test_a_plain_client_hears_the_question_and_nothing_of_the_votes(ana: Talker, wire: Wire) -> None:
    plain = wire.connect()
    do(ana, "post", "p1", text="Which?", poll=POLL)
    do(ana, "vote", "v1", target=1, choices=[1])
    do(ana, "post", "p2", text="end")
    assert [plain.receive(), plain.receive()] == ["Which?", "end"]


def test_an_anonymous_vote_is_known_to_the_voters_own_clients_alone(app: Flask, wire: Wire, guest: Talker) -> None:
    browser = member(app, "Eva")
    tabs = [wire.connect(chat=True, client=browser) for _ in range(2)]
    for tab in tabs:
        tab.join()
    do(guest, "post", "p1", text="Which?", poll={**POLL, "anonymous": True, "several": True})
    ballot = do(tabs[0], "vote", "v1", target=1, choices=[2, 1])
    assert ballot == {"type": "ballot", "room": "general", "target": 1, "choices": [1, 2], "nonce": "v1"}
    assert tabs[1].hear("ballot") == ballot
    told = guest.hear("voted")
    assert told["author"] == {"id": "", "name": ""}
    assert not {"choices", "nonce"} & told.keys()
    do(guest, "post", "end", text="end")
    assert not any('"ballot"' in text or "Eva" in text for text in guest.heard if '"joined"' not in text)
    # When she comes back she knows, the others do not; nor does the first who asks again under her nonce.
    assert wire.connect(chat=True, client=browser).join()["events"][1]["choices"] == [1, 2]
    assert wire.connect(chat=True).join()["events"][1] == told
    assert do(tabs[1], "vote", "v1", target=1, choices=[0])["choices"] == [1, 2]
    (mine,) = browser.get("/api/rooms/general/messages?before=2").get_json()["messages"]
    assert mine["poll"]["mine"] == [1, 2]
    (theirs,) = app.test_client().get("/api/rooms/general/messages?before=2").get_json()["messages"]
    assert theirs["poll"] == {
        "options": ["red", "green", "blue"],
        "several": True,
        "anonymous": True,
        "counts": [0, 1, 1],
        "voters": 1,
    }


@pytest.mark.parametrize(
    ("poll", "code", "field"),
    [
        ({"options": ["one"]}, "bad-poll", "options"),
        ({"options": [str(number) for number in range(11)]}, "bad-poll", "options"),
        ({"options": ["a", " a "]}, "bad-poll", "options"),
        ({"options": ["a", ""]}, "bad-poll", "options"),
        ({"options": ["a", "\u3164"]}, "bad-poll", "options"),
        ({"options": ["a", "b\0"]}, "bad-poll", "options"),
        ({"options": ["a", "b" * 201]}, "bad-poll", "options"),
        ({"options": ["a", 1]}, "bad-field", "poll"),
        ({"options": ["a", "b"], "several": "yes"}, "bad-field", "poll"),
        ({}, "bad-field", "poll"),
        ([], "bad-field", "poll"),
    ],
)
def test_a_poll_that_is_none_is_refused_and_nothing_is_stored(ana: Talker, poll: object, code: str, field: str) -> None:
    refused = do(ana, "post", "x", text="Which?", poll=poll)
    assert (refused["code"], refused["field"]) == (code, field)
    assert do(ana, "post", "y", text="the connection lives")["seq"] == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "vote", "target": 1, "choices": [10**30]},
        {"type": "vote", "target": 1, "choices": ["0"]},
        {"type": "vote", "target": 1, "choices": [0] * 1_000},
        {"type": "vote", "target": 1},
        {"type": "pin", "target": 1},
        {"type": "configure", "archived": "yes"},
        {"type": "configure", "topic": 7},
    ],
)
def test_what_is_malformed_is_said(ana: Talker, fields: dict[str, Any]) -> None:
    do(ana, "post", "p1", text="Which?", poll=POLL)
    assert do(ana, **fields)["code"] == "bad-field"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": " "}, "bad-name"),
        ({"name": "x" * 65}, "bad-name"),
        ({"name": "a\u202eb"}, "bad-name"),
        ({"topic": "x" * 251}, "bad-topic"),
        ({"topic": "a\0b"}, "bad-topic"),
        ({"topic": "\x1b[31m"}, "bad-topic"),
    ],
)
def test_what_a_room_cannot_be_called_is_said(ana: Talker, changed: dict[str, str], code: str) -> None:
    assert do(ana, "configure", **changed)["code"] == code


def test_topics_and_options_are_what_was_written_in_one_line(ana: Talker) -> None:
    assert do(ana, "configure", "c1", topic="  a\n b\u2028c ")["topic"] == "a b c"
    topic = "a b c"
    for number, text in enumerate(VECTORS):
        line = " ".join(text.split())
        if any(char < " " for char in line):
            continue
        event = do(ana, "post", f"p{number}", text="Which?", poll={"options": [line[:200], "other"]})
        assert event["poll"]["options"] == [line[:200].strip(), "other"]
        topic = do(ana, "configure", f"c{number}x", topic=line[:250]).get(
            "topic", topic
        )  # the same again changes nothing
        assert topic == line[:250].strip()


def test_votes_at_once_converge_on_every_client(app: Flask, wire: Wire) -> None:
    voters = [wire.enter(f"V{number}") for number in range(12)]
    do(voters[0], "post", "p", text="Which?", poll=POLL)

    def votes(number: int) -> None:
        for turn in range(10):
            voters[number].say("vote", room="general", nonce=f"v{turn}", target=1, choices=[(number + turn) % 3])

    for voting in [InThread(partial(votes, number)) for number in range(len(voters))]:
        voting.outcome()
    last = []
    for voter in voters:
        voter.hear(seq=121)
        last.append(json.loads(voter.heard[-1]))
    assert all(event == last[0] for event in last)
    assert (last[0]["voters"], sum(last[0]["counts"])) == (12, 12)
    (message,) = app.test_client().get("/api/rooms/general/messages?before=2").get_json()["messages"]
    assert message["poll"]["counts"] == last[0]["counts"]
    assert sum(map(len, message["poll"]["people"])) == 12
