"""Messages over HTTP: what a program can do with one, and pages of history in their present state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ..conftest import Wire
from .conftest import HERE, Browser, content_of, refused

GENERAL = "/api/rooms/general/messages"


def send(browser: Browser, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
    headers = {**({"Origin": HERE} if browser.client._cookies is not None else {}), **headers}
    content = {} if body is None else {"json": body}
    return browser.client.open(path, method=method, headers=headers, **content)  # type: ignore[arg-type]


def done(answer: TestResponse) -> Any:
    assert answer.status_code == 200, answer.text
    return content_of(answer)


@pytest.fixture
def ana(make_browser: Callable[..., Browser]) -> Browser:
    return make_browser().named("Ana")


@pytest.fixture
def bob(make_browser: Callable[..., Browser]) -> Browser:
    return make_browser().named("Bob")


def test_a_message_is_edited_deleted_and_reacted_to_and_everybody_hears_it(
    ana: Browser, bob: Browser, wire: Wire
) -> None:
    watcher = wire.enter("Zoe")
    told = [
        ana.say("first", "n1"),
        done(send(ana, "PATCH", f"{GENERAL}/1", {"text": "second", "nonce": "n2"})),
        done(send(bob, "PUT", f"{GENERAL}/1/reactions/👍")),
        done(send(bob, "PUT", f"{GENERAL}/1/reactions/%23%EF%B8%8F%E2%83%A3")),
        done(send(bob, "DELETE", f"{GENERAL}/1/reactions/👍")),
    ]
    assert [event["type"] for event in told] == ["message", "edited", "reacted", "reacted", "reacted"]
    (message,) = bob.read(GENERAL)["messages"]
    assert (message["text"], message["edited"]) == ("second", told[1]["at"])
    assert message["reactions"] == [{"emoji": "#️⃣", "people": [told[3]["author"]], "count": 1, "mine": True}]
    versions = bob.read(f"{GENERAL}/1/versions")["versions"]
    assert [version["text"] for version in versions] == ["first", "second"]
    told.append(done(send(ana, "DELETE", f"{GENERAL}/1")))
    assert [watcher.hear(seq=number) for number in range(1, 7)] == told
    page = bob.read(GENERAL)
    assert page["head"] == 6
    (message,) = page["messages"]
    assert {key: message.get(key) for key in ("seq", "text", "deleted", "edited", "reactions")} == {
        "seq": 1,
        "text": "",
        "deleted": True,
        "edited": None,
        "reactions": None,
    }
    assert bob.read(f"{GENERAL}/1/versions") == {"versions": []}


def test_a_reply_quotes_what_it_answers(ana: Browser, bob: Browser) -> None:
    ana.say("question", "n1")
    answer = bob.post(GENERAL, {"text": "answer", "nonce": "n2", "reply_to": 1})
    assert answer.status_code == 201
    assert content_of(answer)["quote"]["text"] == "question"
    refused(bob.post(GENERAL, {"text": "x", "nonce": "n3", "reply_to": 7}), 404, "no-such-message", "reply_to")
    refused(bob.post(GENERAL, {"text": "x", "nonce": "n3", "reply_to": -1}), 400, "bad-field", "reply_to")


def test_a_program_without_a_cookie_edits_nothing(program: Browser) -> None:
    answer = program.post(f"{GENERAL}?name=ci", {"text": "building", "nonce": "n1"})
    assert answer.status_code == 201
    refused(program.client.patch(f"{GENERAL}/1?name=ci", json={"text": "green"}), 403, "forbidden")


@pytest.mark.parametrize("seq", ["0", "2", "99", "-1", "x", "1.5", "9007199254740992", "9" * 5_000, "%00"])
def test_what_is_no_message_is_not_found(ana: Browser, seq: str) -> None:
    ana.say("one", "n1")
    done(send(ana, "PUT", f"{GENERAL}/1/reactions/👍"))  # event 2 is no message
    for answer in (
        send(ana, "PATCH", f"{GENERAL}/{seq}", {"text": "x"}),
        send(ana, "DELETE", f"{GENERAL}/{seq}"),
        send(ana, "PUT", f"{GENERAL}/{seq}/reactions/👍"),
        ana.get(f"{GENERAL}/{seq}/versions"),
    ):
        assert (answer.status_code, content_of(answer)["code"]) == (404, "no-such-message")


def test_what_is_wrong_is_said(ana: Browser, bob: Browser) -> None:
    ana.say("one", "n1")
    refused(send(bob, "PATCH", f"{GENERAL}/1", {"text": "x"}), 403, "forbidden", "target")
    refused(send(bob, "DELETE", f"{GENERAL}/1"), 403, "forbidden", "target")
    refused(send(ana, "PATCH", f"{GENERAL}/1", {"text": " "}), 400, "text-empty", "text")
    refused(send(ana, "PATCH", f"{GENERAL}/1", {"text": "x", "nonce": ""}), 400, "bad-field", "nonce")
    refused(send(ana, "PATCH", f"{GENERAL}/1", {}), 400, "bad-field", "text")
    refused(send(ana, "PATCH", f"{GENERAL}/1"), 400, "bad-json")
    refused(send(ana, "PUT", f"{GENERAL}/1/reactions/ok"), 400, "bad-field", "emoji")
    refused(send(ana, "PUT", f"{GENERAL}/1/reactions/%00"), 400, "bad-field", "emoji")
    refused(send(ana, "PUT", "/api/rooms/nowhere/messages/1/reactions/👍"), 404, "no-such-room", "room")
    for method, path, body in (("PATCH", "", {"text": "x"}), ("DELETE", "", None), ("PUT", "/reactions/👍", None)):
        answer = send(ana, method, f"{GENERAL}/1{path}", body, Origin="http://elsewhere.example")
        refused(answer, 403, "forbidden")
    assert [message["text"] for message in ana.read(GENERAL)["messages"]] == ["one"]


def test_pages_lead_around_a_message_and_both_ways_from_it(ana: Browser) -> None:
    for number in range(1, 10):
        ana.say(str(number), f"n{number}")
    done(send(ana, "PATCH", f"{GENERAL}/5", {"text": "five"}))

    def page(query: str) -> tuple[list[int], bool, bool]:
        found = ana.read(f"{GENERAL}?{query}")
        return [message["seq"] for message in found["messages"]], found["more"], found["newer"]

    assert page("around=5&limit=5") == ([3, 4, 5, 6, 7], True, True)
    assert page("around=5&limit=1") == ([5], True, True)
    assert page("around=1&limit=4") == ([1, 2, 3, 4], False, True)
    assert page("around=9&limit=4") == ([7, 8, 9], True, False)
    assert page("around=9") == (list(range(1, 10)), False, False)
    assert page("after=7&limit=1") == ([8], True, True)
    assert page("after=7") == ([8, 9], True, False)
    assert page("after=9") == ([], True, False)
    assert page("before=3") == ([1, 2], False, True)
    assert page("before=99&limit=2") == ([8, 9], True, False)
    for seq in (0, 10, 11):
        refused(ana.get(f"{GENERAL}?around={seq}"), 404, "no-such-message")
    refused(ana.get(f"{GENERAL}?around=x"), 400, "bad-field", "around")
    refused(ana.get(f"{GENERAL}?after=-1"), 400, "bad-field", "after")
    refused(ana.get(f"{GENERAL}?before=5&around=5"), 400, "bad-field", "around")


def test_a_poll_is_asked_voted_on_and_closed_over_http(ana: Browser, bob: Browser, program: Browser) -> None:
    poll = {"options": ["red", " green "], "several": False, "anonymous": True}
    asked = content_of(ana.post(GENERAL, {"text": "Which?", "nonce": "n1", "poll": poll}))
    assert asked["poll"] == {**poll, "options": ["red", "green"]}
    vote = f"{GENERAL}/1/vote"
    assert done(send(bob, "PUT", vote, {"choices": [1], "nonce": "v1"}))["counts"] == [0, 1]
    refused(program.client.put(f"{vote}?name=ci", json={"choices": [0]}), 403, "forbidden")
    assert done(send(ana, "PUT", vote, {"choices": [0]}))["counts"] == [1, 1]
    assert [message["poll"].get("mine") for message in bob.read(GENERAL)["messages"]] == [[1]]
    assert [message["poll"].get("mine") for message in program.read(f"{GENERAL}?name=ci")["messages"]] == [None]
    assert [message["poll"].get("mine") for message in ana.read(GENERAL)["messages"]] == [[0]]
    refused(send(bob, "PUT", vote, {"choices": [2]}), 400, "bad-field", "choices")
    refused(send(bob, "PUT", vote, {}), 400, "bad-field", "choices")
    refused(send(bob, "POST", f"{GENERAL}/1/close"), 403, "forbidden", "target")
    done(send(ana, "POST", f"{GENERAL}/1/close"))
    refused(send(bob, "PUT", vote, {"choices": [0]}), 409, "closed", "target")
    refused(ana.post(GENERAL, {"text": "x", "nonce": "n2", "poll": {"options": ["a"]}}), 400, "bad-poll", "options")
    refused(send(ana, "PATCH", f"{GENERAL}/1", {"text": "x"}), 403, "forbidden", "poll")
    refused(send(ana, "PUT", f"{GENERAL}/9/vote", {"choices": [0]}), 404, "no-such-message", "target")


def test_pins_are_put_and_taken_away_and_listed(ana: Browser, bob: Browser, program: Browser) -> None:
    for number in range(1, 4):
        ana.say(str(number), f"n{number}")
    for seq in (1, 3):
        done(send(bob, "PUT", f"{GENERAL}/{seq}/pin"))
    pins = "/api/rooms/general/pins"
    assert [(message["seq"], message["pinned"]) for message in ana.read(pins)["messages"]] == [(3, True), (1, True)]
    assert [message.get("nonce") for message in bob.read(pins)["messages"]] == [None, None]
    done(send(ana, "DELETE", f"{GENERAL}/3/pin"))
    assert [message["seq"] for message in ana.read(pins)["messages"]] == [1]
    refused(program.client.put(f"{GENERAL}/2/pin?name=ci"), 403, "forbidden")
    refused(send(ana, "PUT", f"{GENERAL}/0/pin"), 404, "no-such-message", "target")
    refused(ana.get("/api/rooms/nowhere/pins"), 404, "no-such-room", "room")


def test_a_room_is_renamed_described_and_archived_over_http(ana: Browser, program: Browser) -> None:
    room = "/api/rooms/general"
    event = done(send(ana, "PATCH", room, {"name": "Plenum", "topic": "All of it", "nonce": "n1"}))
    assert (event["type"], event["name"], event["topic"]) == ("configured", "Plenum", "All of it")
    assert done(send(ana, "PATCH", room, {"archived": True}))["archived"] is True
    (listed,) = ana.read("/api/rooms")["rooms"]
    assert {key: listed[key] for key in ("slug", "name", "topic", "archived")} == {
        "slug": "general",
        "name": "Plenum",
        "topic": "All of it",
        "archived": True,
    }
    refused(ana.post(GENERAL, {"text": "x", "nonce": "n2"}), 403, "read-only", "room")
    done(send(ana, "PATCH", room, {"archived": False, "topic": ""}))
    ana.say("again", "n3")
    assert ana.post("/api/rooms", {"name": "Tea"}).status_code == 201
    problem = refused(send(ana, "PATCH", room, {"name": "TEA"}), 409, "name-taken", "name")
    assert problem["slug"] == "tea"
    refused(ana.post("/api/rooms", {"name": "plenum"}), 409, "name-taken", "name")
    refused(send(ana, "PATCH", room, {"topic": "x" * 251}), 400, "bad-topic", "topic")
    refused(send(ana, "PATCH", room, {"archived": 1}), 400, "bad-field", "archived")
    refused(program.client.patch(f"{room}?name=ci", json={"topic": "x"}), 403, "forbidden")
    refused(send(ana, "PATCH", "/api/rooms/nowhere", {"topic": "x"}), 404, "no-such-room", "room")
