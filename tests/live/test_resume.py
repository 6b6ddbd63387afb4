"""The answer to a join: all that was missed, whatever its size, with bounded memory."""

from __future__ import annotations

import json
from threading import Event

import pytest
from flask import Flask
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import TextMessage

from chatapp.live.frames import fragments
from chatapp.live.outbox import CATCH_UP_WATER
from chatapp.live.resume import PIECE

from ..actors import InThread, Talker, eventually
from ..conftest import Wire

LONG = "\U0001f422" * 9_998  # with a number before it of the greatest length; 40 KB in UTF-8
SAID = 60


def decoded(frames: list[bytes]) -> list[tuple[str, bool]]:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(b"".join(frames))
    return [(event.data, event.message_finished) for event in client.events() if isinstance(event, TextMessage)]


@pytest.mark.parametrize("pieces", [[b"one"], [b"one", b"two"], [b"one", b"", b"three"], []])
def test_the_pieces_of_a_message_become_one_message(pieces: list[bytes]) -> None:
    heard = decoded(list(fragments(pieces)))
    assert "".join(text for text, _ in heard) == b"".join(pieces).decode()
    assert [finished for _, finished in heard] == [False] * (len(heard) - 1) + [True]


def test_a_join_from_beyond_the_newest_event_begins_anew(wire: Wire) -> None:
    """What the client knows is of a log that was replaced, or went back."""
    ana = wire.enter("ana")
    for number in range(3):
        ana.post(str(number))
        ana.hear("message")
    bia = wire.connect(chat=True)
    joined = bia.join(after=4)
    assert (joined["head"], joined["gap"], joined["reset"]) == (3, True, True)
    assert [event["seq"] for event in joined["events"]] == [1, 2, 3]
    assert joined["state"]["name"] == "general"
    assert [event["seq"] for event in bia.join(after=9_007_199_254_740_991, limit=1)["events"]] == [3]
    ana.post("live")
    assert bia.hear("message")["seq"] == 4
    joined = bia.join(after=4)
    assert (joined["gap"], joined.get("reset"), joined["events"]) == (False, None, [])


@pytest.fixture
def ana(wire: Wire) -> Talker:
    """Who filled the room with messages of the greatest length."""
    ana = wire.enter("ana")
    for number in range(SAID):
        ana.post(f"{number:02}{LONG}")
        ana.hear("message")
    return ana


def test_a_large_joined_comes_whole_and_in_order(wire: Wire, ana: Talker) -> None:
    bia = wire.connect(chat=True)
    joined = bia.join(after=5)
    assert [event["seq"] for event in joined["events"]] == list(range(6, SAID + 1))
    assert [event["text"] for event in joined["events"]] == [f"{number:02}{LONG}" for number in range(5, SAID)]
    assert (joined["head"], joined["gap"], len(joined["members"])) == (SAID, False, 2)
    joined = bia.join(after=5, limit=20)
    assert [event["seq"] for event in joined["events"]] == list(range(SAID - 19, SAID + 1))
    assert joined["gap"]


def test_what_is_said_during_a_large_joined_comes_behind_it(wire: Wire, ana: Talker) -> None:
    bia = wire.connect(chat=True)
    bia.hear("welcome")
    bia.say("join", room="general", after=0)
    for number in range(20):
        ana.post(f"meanwhile {number}")
    seqs = [event["seq"] for event in bia.hear("joined")["events"]]
    while seqs[-1] < SAID + 20:
        seqs.append(bia.hear("message")["seq"])
    assert seqs == list(range(1, SAID + 21))


@pytest.mark.parametrize("text", [LONG, "**b**" + "\u0001" * 7_990], ids=["text", "text and HTML, all escaped"])
def test_a_client_that_joins_and_does_not_read_keeps_little_memory(app: Flask, wire: Wire, text: str) -> None:
    ana = wire.enter("ana")
    for number in range(SAID):
        ana.post(f"{number:02}{text}")
        ana.hear("message")
    hub = app.extensions["chatapp"].hub
    escaped = len(json.dumps(f"{text}")) + 8 * 8_000  # with the HTML, in which control characters are gone
    most_waiting = CATCH_UP_WATER + PIECE * escaped
    bia = wire.connect("/chat?name=bia", chat=True)
    (client,) = [client for client in hub.clients() if client.person.name == "bia"]
    bia.say("join", room="general", after=0)
    assert eventually(lambda: client.outbox.waiting) <= most_waiting
    reading = InThread(lambda: bia.hear("joined"))
    most = 0
    while reading.is_alive():
        most = max(most, client.outbox.waiting)
    assert len(reading.outcome()["events"]) == SAID
    assert most <= most_waiting


def test_joining_again_and_again_in_a_storm_doubles_nothing_and_loses_nothing(wire: Wire) -> None:
    ana, bia = wire.enter("ana"), wire.enter("bia")
    enough = Event()

    def storm_on() -> None:
        while not enough.is_set():
            for number in range(50):
                ana.post(str(number))
        ana.post("the end")

    storm = InThread(storm_on)
    last = after = joins = 0
    text = ""
    bia.say("join", room="general", after=after)
    while text != "the end":
        heard = bia.hear()
        if heard["type"] == "message":
            last += 1
            assert heard["seq"] == last
            text = heard["text"]
        elif heard["type"] == "joined":
            assert [event["seq"] for event in heard["events"]] == list(range(after + 1, heard["head"] + 1))
            assert heard["head"] >= last
            joins += 1
            if joins == 10:
                enough.set()
            last = after = heard["head"]
            text = heard["events"][-1]["text"] if heard["events"] else text
            bia.say("join", room="general", after=after)
    storm.outcome()
