"""Mentions over chat.v1: what the room hears, what those hear who are elsewhere, and how much one wants to hear."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from ..actors import Talker
from ..conftest import Wire
from ..web.conftest import Browser, content_of


def member(app: Flask, wire: Wire, name: str) -> tuple[Browser, Talker, dict[str, Any]]:
    """Somebody with a cookie, one connection of theirs that is in no room, and its welcome."""
    browser = Browser(app.test_client()).named(name)
    talker = wire.connect(chat=True, client=browser.client, Origin="http://localhost")
    return browser, talker, talker.hear("welcome")


def again(wire: Wire, browser: Browser) -> tuple[Talker, dict[str, Any]]:
    talker = wire.connect(chat=True, client=browser.client, Origin="http://localhost")
    return talker, talker.hear("welcome")


@pytest.fixture
def ana(wire: Wire) -> Talker:
    return wire.enter("Ana")


def test_who_is_meant_hears_of_it_where_they_are_not_in_the_room(app: Flask, wire: Wire, ana: Talker) -> None:
    _, here, welcome = member(app, wire, "João Prado")
    here.join()
    browser, away, _ = member(app, wire, "Zoë")
    you = welcome["you"]["id"]
    ana.say("post", room="general", text="hi @joao prado and **@zoe**", nonce="n1")
    told = ana.hear("message")
    assert told["mentions"][0] == you
    assert f'data-people="{you}">@joao prado</span>' in told["html"]
    assert here.hear("message", seq=1) == told
    assert away.hear() == {
        "type": "called",
        "room": "general",
        "seq": 1,
        "author": told["author"],
        "text": "hi @joao prado and @zoe",
    }
    assert [entry["message"]["seq"] for entry in browser.read("/api/mentions")["mentions"]] == [1]


def test_who_is_in_the_room_is_not_called_a_second_time(app: Flask, wire: Wire, ana: Talker) -> None:
    _, here, _ = member(app, wire, "Bob")
    here.join()
    ana.post("@bob")
    here.hear("message")
    ana.post("after")
    assert here.hear()["type"] in ("message", "presence")
    assert not [frame for frame in here.heard if '"called"' in frame]


def test_everybody_is_asked_for_before_and_called_then(app: Flask, wire: Wire, ana: Talker) -> None:
    _, away, _ = member(app, wire, "Bob")
    away.join()
    away.say("read", room="general", seq=0)
    wire.enter("Zoe")
    ana.say("post", room="general", text="@all hands", nonce="n1")
    refused = ana.hear("error")
    assert (refused["code"], refused["field"], refused["count"], refused["nonce"]) == ("confirm-all", "all", 2, "n1")
    ana.say("post", room="general", text="@all hands", nonce="n1", all=True)
    told = ana.hear("message")
    assert (told["seq"], told["all"]) == (1, True)
    assert "mentions" not in told
    ana.say("edit", room="general", target=1, text="@all feet", nonce="n2")
    assert ana.hear("edited")["all"] is True


def test_who_calls_everybody_all_the_time_is_slowed_down(ana: Talker) -> None:
    for number in range(5):
        ana.say("post", room="general", text="@all", nonce=f"n{number}", all=True)
        ana.hear("message")
    ana.say("post", room="general", text="@all", nonce="n5", all=True)
    assert ana.hear("error")["code"] == "rate-limited"


def test_the_plain_dialect_mentions_people_and_calls_nobody_together(wire: Wire, ana: Talker) -> None:
    plain = wire.connect("/chat?name=Gil")
    plain.send("@ana and @all")
    told = ana.hear("message")
    assert len(told["mentions"]) == 1
    assert "all" not in told
    assert plain.receive() == "Gil: @ana and @all"


def test_one_does_not_call_oneself(app: Flask, wire: Wire) -> None:
    browser, bob, _ = member(app, wire, "Bob")
    bob.join()
    bob.post("@bob that is me")
    assert "mentions" not in bob.hear("message")
    assert browser.read("/api/mentions") == {"mentions": [], "more": False}


def test_the_welcome_and_the_list_of_rooms_say_how_one_stands(app: Flask, wire: Wire, ana: Talker) -> None:
    browser, bob, _ = member(app, wire, "Bob")
    bob.join()
    ana.post("one")
    bob.hear("message")
    bob.say("read", room="general", seq=1)
    other, _ = again(wire, browser)
    ana.post("two @bob")
    ana.post("three")
    bob.hear("message", seq=3)
    bob.say("level", room="general", level="mentions", nonce="n1")
    assert bob.hear("level") == {"type": "level", "room": "general", "level": "mentions", "nonce": "n1"}
    assert other.hear("level") == {"type": "level", "room": "general", "level": "mentions"}
    expected = {"slug": "general", "read": 1, "unread": 2, "mentions": 1, "level": "mentions"}
    _, welcome = again(wire, browser)
    [listed] = browser.read("/api/rooms")["rooms"]
    for room in (welcome["rooms"][0], listed):
        assert {key: room[key] for key in expected} == expected


def test_a_level_is_set_over_http_and_every_tab_hears_it(app: Flask, wire: Wire) -> None:
    browser, bob, _ = member(app, wire, "Bob")
    answer = browser.client.put(
        "/api/rooms/general/level", json={"level": "none"}, headers={"Origin": "http://localhost"}
    )
    assert content_of(answer) == {"room": "general", "level": "none"}
    assert bob.hear("level")["level"] == "none"


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"room": "general", "level": "loud"}, "bad-field", "level"),
        ({"room": "general"}, "bad-field", "level"),
        ({"room": "nowhere", "level": "all"}, "no-such-room", "room"),
    ],
)
def test_a_level_that_is_none_is_refused(app: Flask, wire: Wire, fields: dict[str, str], code: str, field: str) -> None:
    _, bob, _ = member(app, wire, "Bob")
    bob.say("level", nonce="n1", **fields)
    refused = bob.hear("error")
    assert (refused["code"], refused["field"], refused["nonce"]) == (code, field, "n1")


def test_a_guest_has_no_level(ana: Talker) -> None:
    ana.say("level", room="general", level="none", nonce="n1")
    assert ana.hear("error")["code"] == "forbidden"
