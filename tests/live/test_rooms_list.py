"""New and changed rooms over chat.v1: every client is told, whatever rooms it is in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ..actors import Talker
from ..conftest import Wire
from .test_rooms import HEADERS, do, member


@pytest.fixture
def ana(app: Flask) -> FlaskClient:
    return member(app, "Ana")


def make(browser: FlaskClient, name: str) -> str:
    answer = browser.post("/api/rooms", json={"name": name}, headers=HEADERS)
    assert answer.status_code == 201, answer.text
    slug: str = answer.get_json()["slug"]
    return slug


def told_of(client: Talker) -> list[dict[str, Any]]:
    """The rooms of the next `rooms`."""
    rooms: list[dict[str, Any]] = client.hear("rooms")["rooms"]
    return rooms


def test_a_new_room_is_told_to_members_and_guests_wherever_they_are(ana: FlaskClient, app: Flask, wire: Wire) -> None:
    in_a_room = wire.enter("Gil")
    in_none = wire.connect(chat=True, client=member(app, "Bia"), Origin=HEADERS["Origin"])
    in_none.hear("welcome")
    slug = make(ana, "Física")
    for client in (in_a_room, in_none):
        assert told_of(client) == [{"slug": slug, "name": "Física", "head": 0, "new": True}]
    assert in_a_room.join(slug)["head"] == 0


def test_a_plain_client_is_not_told(ana: FlaskClient, wire: Wire) -> None:
    plain, named, chat = wire.connect(), wire.connect("/chat?name=bot"), wire.enter("Gil")
    make(ana, "Physics")
    told_of(chat)
    chat.post("hello")  # after the announcement
    assert (plain.receive(), named.receive()) == ("hello", "Gil: hello")


def test_a_changed_room_is_told_as_it_is_now_to_those_who_are_not_in_it(ana: FlaskClient, wire: Wire) -> None:
    general, elsewhere = wire.enter("Gil"), wire.enter("Eva", make(ana, "Elsewhere"))
    told_of(elsewhere)
    change = ana.patch("/api/rooms/general", json={"name": "Plenum", "topic": "All of it"}, headers=HEADERS)
    assert change.status_code == 200
    assert general.hear("configured")["name"] == "Plenum"
    plenum = {"slug": "general", "name": "Plenum", "head": 1, "topic": "All of it"}
    assert told_of(elsewhere) == [plenum]
    chat = wire.connect(chat=True, client=ana, Origin=HEADERS["Origin"])
    chat.join()
    do(chat, "configure", archived=True)
    assert told_of(elsewhere) == [plenum | {"head": 2, "archived": True}]
    do(chat, "configure", "again", archived=False)
    assert told_of(elsewhere) == [plenum | {"head": 3}]


def test_a_refused_or_empty_change_is_not_told(ana: FlaskClient, wire: Wire) -> None:
    guest, chat = wire.enter("Gil"), wire.connect(chat=True, client=ana, Origin=HEADERS["Origin"])
    chat.join()
    assert do(guest, "configure", topic="mine")["code"] == "forbidden"
    assert do(chat, "configure", "n1", name=" ")["code"] == "bad-name"
    assert do(chat, "configure", "n2", name="general")["type"] == "configured"  # it was called so
    assert ana.post("/api/rooms", json={"name": "GENERAL"}, headers=HEADERS).status_code == 409
    do(chat, "configure", "n3", topic="waves")
    do(chat, "configure", "n3", topic="waves")  # a repeated nonce
    slug = make(ana, "Physics")
    told = told_of(guest)
    while told[-1]["slug"] != slug:
        told += told_of(guest)
    assert [room["slug"] for room in told] == ["general", slug]
    assert told[0]["topic"] == "waves"


def test_a_burst_of_rooms_comes_in_a_few_frames_and_each_room_once(ana: FlaskClient, wire: Wire) -> None:
    client = wire.enter("Gil")
    slugs = [make(ana, f"Room {number}") for number in range(30)]
    told: list[str] = []
    while len(told) < len(slugs):
        told += [room["slug"] for room in told_of(client)]
    assert told == slugs
    frames = [frame for frame in client.heard if json.loads(frame)["type"] == "rooms"]
    assert len(frames) < len(slugs)
    assert sum(map(len, frames)) < 100 * len(slugs)
