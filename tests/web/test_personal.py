"""What is one's own over HTTP: the list of one's mentions, and levels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ..conftest import Wire
from .conftest import HERE, Browser, refused


@pytest.fixture
def ana(make_browser: Callable[..., Browser]) -> Browser:
    return make_browser().named("Ana")


@pytest.fixture
def bob(make_browser: Callable[..., Browser]) -> Browser:
    return make_browser().named("Bob")


def test_mentions_are_read_a_page_at_a_time_newest_first(ana: Browser, bob: Browser) -> None:
    for number in range(1, 6):
        ana.say(f"@bob {number}", f"n{number}")
    page = bob.read("/api/mentions?limit=2")
    assert [entry["message"]["text"] for entry in page["mentions"]] == ["@bob 5", "@bob 4"]
    assert [entry["line"] for entry in page["mentions"]] == ["@bob 5", "@bob 4"]
    assert page["more"] is True
    assert "nonce" not in page["mentions"][0]["message"]
    rest = bob.read(f"/api/mentions?before={page['mentions'][-1]['id']}")
    assert [entry["message"]["seq"] for entry in rest["mentions"]] == [3, 2, 1]
    assert rest["more"] is False
    assert ana.read("/api/mentions") == {"mentions": [], "more": False}


def test_a_program_without_a_cookie_has_no_mentions(ana: Browser, program: Browser) -> None:
    refused(program.get("/api/mentions?name=ana"), 403, "forbidden")


@pytest.mark.parametrize(
    ("query", "field"), [("limit=0", "limit"), ("limit=201", "limit"), ("before=x", "before"), ("before=-1", "before")]
)
def test_a_page_that_is_none_is_refused(ana: Browser, query: str, field: str) -> None:
    refused(ana.get(f"/api/mentions?{query}"), 400, "bad-field", field)


def test_a_call_to_everybody_is_confirmed_over_http_too(ana: Browser, wire: Wire) -> None:
    path = "/api/rooms/general/messages"
    wire.enter("Zoe")
    problem = refused(ana.post(path, {"text": "@all", "nonce": "n1"}), 409, "confirm-all", "all")
    assert problem["count"] == 1
    answer = ana.post(path, {"text": "@all", "nonce": "n1", "all": True})
    assert (answer.status_code, answer.get_json()["all"]) == (201, True)


def test_a_level_is_a_members_own(ana: Browser, program: Browser) -> None:
    path = "/api/rooms/general/level"
    put = ana.client.put
    refused(put(path, json={"level": "loud"}, headers={"Origin": HERE}), 400, "bad-field", "level")
    assert "Origin" in refused(put(path, json={"level": "none"}), 403, "forbidden")["detail"]
    refused(put("/api/rooms/no/level", json={"level": "none"}, headers={"Origin": HERE}), 404, "no-such-room", "room")
    assert "Guests" in refused(program.client.put(path, json={"level": "none"}), 403, "forbidden")["detail"]
