"""Editing, deleting, reacting and replying over chat.v1: who hears what, live and when they come back."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from flask import Flask

from ..actors import InThread, Talker
from ..conftest import Wire


@pytest.fixture
def ana(wire: Wire) -> Talker:
    return wire.enter("Ana")


@pytest.fixture
def bia(wire: Wire) -> Talker:
    return wire.enter("Bia")


def do(client: Talker, type: str, nonce: str = "n", **fields: Any) -> dict[str, Any]:
    """A command in `general`, and the event or the error that answers it."""
    client.say(type, room="general", nonce=nonce, **fields)
    return client.hear(nonce=nonce)


def act_out(ana: Talker, bia: Talker) -> list[dict[str, Any]]:
    """Something of everything, by two people, event by event."""
    return [
        do(ana, "post", "a1", text="first"),
        do(bia, "post", "b1", text="answer", reply_to=1),
        do(ana, "edit", "a2", target=1, text="first, mended"),
        do(bia, "react", "b2", target=1, emoji="👍", on=True),
        do(bia, "react", "b3", target=1, emoji="👍", on=False),
        do(bia, "delete", "b4", target=2),
    ]


def test_everybody_in_the_room_hears_everything_in_order(ana: Talker, bia: Talker, wire: Wire) -> None:
    watcher = wire.enter("Zoe")
    events = act_out(ana, bia)
    assert [event["type"] for event in events] == ["message", "message", "edited", "reacted", "reacted", "deleted"]
    author = events[0]["author"]
    assert events[1]["reply_to"] == 1
    assert events[1]["quote"] == {"seq": 1, "author": author, "text": "first"}
    assert {key: events[2][key] for key in ("seq", "author", "target", "text", "line")} == {
        "seq": 3,
        "author": author,
        "target": 1,
        "text": "first, mended",
        "line": "first, mended",
    }
    assert [(event["emoji"], event["on"]) for event in events[3:5]] == [("👍", True), ("👍", False)]
    assert events[5].keys() == {"type", "room", "seq", "at", "author", "target", "nonce"}
    heard = [watcher.hear(seq=number) for number in range(1, 7)]
    assert heard == events


def test_a_reaction_is_told_in_its_one_spelling(ana: Talker, bia: Talker) -> None:
    do(ana, "post", "a1", text="hello")
    assert do(bia, "react", "b1", target=1, emoji="❤", on=True)["emoji"] == "❤\ufe0f"
    assert do(ana, "react", "a2", target=1, emoji="👍\ufe0f", on=True)["emoji"] == "👍"


def test_who_was_away_gets_all_events_and_nothing_of_a_deleted_text(ana: Talker, bia: Talker, wire: Wire) -> None:
    told = act_out(ana, bia)
    events = wire.connect(chat=True).join(after=0)["events"]
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6]
    assert events[0] == told[0]
    assert events[1] == {
        **told[1],
        "text": "",
        "deleted": True,
        "quote": {"seq": 1, "author": told[0]["author"], "text": "first, mended"},
    }
    assert events[2:] == told[2:]
    assert wire.connect(chat=True).join(after=4)["events"] == told[4:]


def test_who_joins_during_a_storm_of_acts_misses_none_and_gets_none_twice(ana: Talker, bia: Talker, wire: Wire) -> None:
    for number in range(1, 4):
        do(ana, "post", f"t{number}", text="target")

    def storm() -> None:
        for number in range(300):
            kind = ("edit", "react", "post")[number % 3]
            fields = {
                "edit": {"target": 1 + number // 3 % 3, "text": str(number)},
                "react": {"target": 1, "emoji": "👍", "on": number % 2 == 1},
                "post": {"text": str(number), **({"reply_to": 1} if number % 2 else {})},
            }[kind]
            ana.say(kind, room="general", nonce=f"s{number}", **fields)

    storming = InThread(storm)
    for _ in range(5):
        watcher = wire.connect(chat=True)
        seqs = [event["seq"] for event in watcher.join(after=0)["events"]]
        while seqs[-1] < 303:
            event = watcher.hear()
            if "seq" in event:
                seqs.append(event["seq"])
        assert seqs == list(range(1, 304))
    storming.outcome()


def test_plain_clients_hear_messages_as_they_were_sent_and_nothing_else(ana: Talker, bia: Talker, wire: Wire) -> None:
    plain, named = wire.connect(), wire.connect("/chat?name=Tom")
    act_out(ana, bia)
    do(ana, "post", "end", text="the end")
    assert [plain.receive() for _ in range(3)] == ["first", "answer", "the end"]
    assert [named.receive() for _ in range(3)] == ["Ana: first", "Bia: answer", "Ana: the end"]


def test_an_act_sent_again_is_answered_with_the_first_event_and_done_once(ana: Talker, bia: Talker) -> None:
    do(ana, "post", "a1", text="first")
    once = do(ana, "edit", "a2", target=1, text="second")
    assert do(ana, "edit", "a2", target=1, text="second") == once
    assert do(ana, "post", "a3", text="end")["seq"] == 3
    heard = [bia.hear(seq=number)["type"] for number in (1, 2, 3)]
    assert heard == ["message", "edited", "message"]
    assert "second" in str([json.loads(text) for text in bia.heard if '"edited"' in text])
    assert sum('"edited"' in text for text in bia.heard) == 1


def test_of_two_edits_at_once_the_later_wins_and_both_agree(app: Flask, wire: Wire) -> None:
    browser = app.test_client()
    headers = {"Origin": "http://localhost"}
    assert browser.post("/api/me", json={"name": "Eva"}, headers=headers).status_code == 200
    tabs = [wire.connect(chat=True, client=browser) for _ in range(2)]
    for tab in tabs:
        tab.join()
    do(tabs[0], "post", text="first")
    edit = partial(do, type="edit", target=1)
    edits = [InThread(partial(edit, tab, nonce=f"e{n}", text=f"tab {n}")) for n, tab in enumerate(tabs)]
    later = max((done.outcome() for done in edits), key=lambda event: event["seq"])
    do(tabs[0], "post", "end", text="end")
    for tab in tabs:
        if not any('"end"' in text for text in tab.heard):
            tab.hear(text="end")
        read = [json.loads(text) for text in tab.heard if '"edited"' in text]
        assert [event["seq"] for event in read] == [2, 3]
        assert read[-1] == later
    (first, _) = browser.get("/api/rooms/general/messages").get_json()["messages"]
    assert first["text"] == later["text"]


def test_one_cannot_act_on_somebody_elses_message_or_on_a_deleted_one(ana: Talker, bia: Talker) -> None:
    do(ana, "post", "a1", text="mine")
    refused = do(bia, "edit", target=1, text="yours")
    assert (refused["code"], refused["field"]) == ("forbidden", "target")
    assert refused["detail"] == "Only who wrote it may do that."
    assert do(bia, "delete", target=1)["code"] == "forbidden"
    do(ana, "delete", "a2", target=1)
    assert do(bia, "react", target=1, emoji="👍", on=True)["code"] == "no-such-message"
    assert do(ana, "edit", target=1, text="back")["code"] == "no-such-message"
    assert do(ana, "post", "a3", text="the connection lives")["seq"] == 3


def test_acts_count_against_the_rate(make_app: Any, make_wire: Any) -> None:
    ana = make_wire(make_app(RATE_LIMIT=0.001, RATE_BURST=3)).enter("Ana")
    do(ana, "post", "a1", text="first")
    do(ana, "edit", "a2", target=1, text="second")
    do(ana, "react", "a3", target=1, emoji="👍", on=True)
    for kind, fields in (("react", {"emoji": "👍", "on": False}), ("edit", {"text": "x"}), ("delete", {})):
        assert do(ana, kind, target=1, **fields)["code"] == "rate-limited"
