"""What guests may do: all that is theirs within one connection, and nothing in each other's place."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ..actors import Talker
from ..conftest import Wire

ROOM = "/api/rooms/general"
POLL = {"options": ["Yes", "No"]}


def do(client: Talker, kind: str, nonce: str, **fields: Any) -> dict[str, Any]:
    """Gives a command in `general`, and the event or the error that answers it."""
    client.say(kind, room="general", nonce=nonce, **fields)
    return client.hear(nonce=nonce)


def come_back(wire: Wire, token: str, name: str = "ana") -> Talker:
    return wire.connect(f"/chat?name={name}", Sec_WebSocket_Protocol=f"chat.v1, guest.{token}")


@pytest.fixture
def ana(wire: Wire) -> Talker:
    """A guest who wrote a message (1) and a poll (2), voted in it (3), and put a reaction under the message (4)."""
    ana = wire.enter("ana")
    do(ana, "post", "n1", text="hello")
    do(ana, "post", "n2", text="Which?", poll=POLL)
    do(ana, "vote", "n3", target=2, choices=[0])
    do(ana, "react", "n4", target=1, emoji="👍", on=True)
    return ana


def test_a_guest_edits_and_deletes_what_they_wrote_within_the_connection(ana: Talker) -> None:
    assert do(ana, "edit", "e1", target=1, text="hello!")["type"] == "edited"
    assert do(ana, "close", "e2", target=2)["type"] == "closed"
    assert do(ana, "delete", "e3", target=1)["type"] == "deleted"


@pytest.mark.parametrize("gone", [False, True])
def test_another_guest_of_that_name_and_address_acts_for_nobody_but_themselves(
    ana: Talker, wire: Wire, client: FlaskClient, *, gone: bool
) -> None:
    if gone:
        ana.close()
    thief = wire.enter("ana")
    for kind, fields in (
        ("edit", {"target": 1, "text": "hacked"}),
        ("delete", {"target": 1}),
        ("delete", {"target": 2}),
        ("close", {"target": 2}),
    ):
        refused = do(thief, kind, f"x {kind} {fields}", **fields)
        assert (refused["type"], refused["code"]) == ("error", "forbidden"), kind
    answered = do(thief, "react", "x1", target=1, emoji="👍", on=False)
    assert answered["type"] == "reacted"  # it was none of theirs: nothing changes
    assert do(thief, "vote", "x2", target=2, choices=[1])["counts"] == [1, 1]
    assert do(thief, "post", "n1", text="under a nonce that was used")["text"] == "under a nonce that was used"
    message, poll, _ = client.get(f"{ROOM}/messages").get_json()["messages"]
    assert (message["text"], len(message["reactions"][0]["people"])) == ("hello", 1)
    assert poll["poll"]["counts"] == [1, 1]


def test_with_the_token_of_the_welcome_a_guest_is_the_same_one_again(wire: Wire, client: FlaskClient) -> None:
    first = wire.connect("/chat?name=ana", chat=True)
    you = first.hear("welcome")["you"]
    first.join()
    do(first, "post", "n1", text="hello")
    first.vanish()  # without having seen that it was stored, say
    again = come_back(wire, you["token"])
    assert again.hear("welcome")["you"].items() >= {"id": you["id"], "name": "ana", "role": "guest"}.items()
    again.join()
    assert do(again, "post", "n1", text="hello")["seq"] == 1
    assert do(again, "edit", "n2", target=1, text="hello!")["type"] == "edited"
    assert len(client.get(f"{ROOM}/messages").get_json()["messages"]) == 1


def test_a_forged_token_makes_a_guest_of_their_own(wire: Wire) -> None:
    ana = wire.connect("/chat?name=ana", chat=True)
    you = ana.hear("welcome")["you"]
    thief = come_back(wire, "A" + you["token"]).hear("welcome")["you"]
    assert thief["id"] != you["id"]
    assert thief["name"] == "ana 2"


def test_a_member_needs_no_token(app: Flask, wire: Wire) -> None:
    browser = app.test_client()
    browser.post("/api/me", json={"name": "Ana"})
    assert "token" not in wire.connect(chat=True, client=browser).hear("welcome")["you"]


def changes(app: Flask) -> list[tuple[str, str]]:
    """Method and address of all that changes something over HTTP, by the description of the interface."""
    paths = app.test_client().get("/api/openapi.json").get_json()["paths"]
    return [
        (method.upper(), path)
        for path, operations in paths.items()
        for method in operations
        if method in ("post", "put", "patch", "delete")
    ]


def test_a_request_without_a_cookie_may_post_and_do_nothing_else(ana: Talker, app: Flask) -> None:
    free = {("POST", f"{ROOM}/messages"), ("POST", "/api/me"), ("POST", "/api/preview"), ("DELETE", "/api/me")}
    body = {"text": "x", "nonce": "h1", "name": "New", "choices": [0], "level": "all", "topic": "mine"}
    program = app.test_client()
    asked = set()
    for method, path in changes(app):
        address = path.replace("{slug}", "general").replace("{seq}", "2").replace("{emoji}", "👍")
        asked.add((method, address))
        if (method, address) in free:
            continue
        answer = program.open(f"{address}?name=ana", method=method, json=body)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "forbidden"), (method, path)
        assert "/api/me" in answer.get_json()["detail"]
    assert free <= asked
    assert len(asked) >= 12
    assert program.delete("/api/me?name=ana").get_json() == {}  # there is nobody to forget
    assert program.post(f"{ROOM}/messages?name=ana", json=body).status_code == 201
    assert program.get(f"{ROOM}/messages?name=ana").status_code == 200


def test_what_a_request_posts_is_stored_once_under_its_nonce_and_belongs_to_no_connection(
    ana: Talker, app: Flask
) -> None:
    program = app.test_client()
    said = {"text": "The build is green", "nonce": "build-71"}
    first, again = (program.post(f"{ROOM}/messages?name=ana", json=said).get_json() for _ in range(2))
    assert first["seq"] == again["seq"]
    assert first["author"]["name"] == "ana"
    assert do(ana, "edit", "e1", target=first["seq"], text="red")["code"] == "forbidden"
