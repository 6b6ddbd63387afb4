"""What guests may do: all that is theirs within one connection, and nothing in each other's place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ..actors import Closed, Refused, Talker, eventually
from ..conftest import Wire, open_room

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


@pytest.mark.parametrize(
    "offer",
    [
        "chat.v1, guest.",
        "chat.v1, guest.x.y.z",
        "chat.v1, guest." + "x" * 6_000,
        "chat.v1, guest.{token}x",
        "chat.v1, GUEST.{token}",
        "chat.v1, guest.{id}",
        "chat.v1, guest.nonsense, guest.{token}",
        "chat.v1, guest." + "é",
    ],
)
def test_a_token_that_cannot_be_used_makes_a_new_guest_and_harms_nobody(wire: Wire, offer: str) -> None:
    ana = wire.connect("/chat?name=ana", chat=True)
    you = ana.hear("welcome")["you"]
    other = wire.connect("/chat?name=ana", Sec_WebSocket_Protocol=offer.format(**you))
    assert other.hear("welcome")["you"]["id"] != you["id"]
    ana.say("ping", nonce="p1")
    assert ana.hear("pong")["nonce"] == "p1"


def test_a_token_is_used_by_one_connection_at_a_time(wire: Wire, client: FlaskClient) -> None:
    first = wire.connect("/chat?name=ana", chat=True)
    you = first.hear("welcome")["you"]
    first.join()
    second = come_back(wire, you["token"])
    second.hear("welcome")
    with pytest.raises(Closed) as closed:
        first.hear("never")
    assert (closed.value.code, closed.value.reason) == (1001, "this guest continues on another connection")
    second.join()
    do(second, "post", "n1", text="I am the one")
    hub = wire.app.extensions["chatapp"].hub
    assert [client.person.id for client in hub.clients()] == [you["id"]]


def test_many_connections_with_one_token_leave_one(wire: Wire) -> None:
    first = wire.connect("/chat?name=ana", chat=True)
    you = first.hear("welcome")["you"]
    with ThreadPoolExecutor(8) as pool:
        talkers = list(pool.map(lambda _: come_back_if_let(wire, you["token"]), range(8)))
    alive = [talker for talker in talkers if talker and is_alive(talker)]
    assert len(alive) == 1
    assert not is_alive(first)
    hub = wire.app.extensions["chatapp"].hub
    eventually(lambda: len(hub.of_person(you["id"])) == 1)
    alive[0].join()
    assert do(alive[0], "post", "n1", text="still here")["author"] == {"id": you["id"], "name": "ana"}


def come_back_if_let(wire: Wire, token: str) -> Talker | None:
    """As `come_back`; None if another connection with the token came before the handshake was answered."""
    try:
        return come_back(wire, token)
    except Closed:
        return None


def is_alive(talker: Talker) -> bool:
    try:
        talker.say("ping", nonce="alive")
        return bool(talker.hear("pong"))
    except (Closed, OSError):
        return False


def test_a_token_is_no_ticket_for_a_stream_or_a_plain_client(wire: Wire) -> None:
    you = wire.connect("/chat?name=ana", chat=True).hear("welcome")["you"]
    token = f"guest.{you['token']}"
    answer = wire.app.test_client().get("/chat", headers={"Sec-WebSocket-Protocol": token})
    assert answer.status_code == 426
    with pytest.raises(Refused):
        wire.connect("/chat?name=ana", Sec_WebSocket_Protocol=token)
    hub = wire.app.extensions["chatapp"].hub
    assert len(hub.of_person(you["id"])) == 1


def test_each_new_connection_without_a_token_counts_as_a_new_guest_of_the_address(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    wire = make_wire(make_app(ADDRESS_PEOPLE="0.001/3"))
    you = [wire.connect("/chat?name=ana", chat=True).hear("welcome")["you"] for _ in range(3)]
    assert come_back(wire, you[0]["token"]).hear("welcome")["you"]["id"] == you[0]["id"]
    with pytest.raises(Refused) as refused:
        wire.connect("/chat?name=ana", chat=True)
    assert refused.value.status == 429


def test_the_read_marker_of_a_guest_is_nobody_elses(ana: Talker, wire: Wire) -> None:
    thief = wire.enter("ana")
    thief.say("read", room="general", seq=1)
    thief.say("ping", nonce="p1")
    thief.hear("pong")
    ana.say("ping", nonce="p2")
    ana.hear("pong", nonce="p2")
    assert not [frame for frame in ana.heard if '"read"' in frame]


def test_a_guest_leaves_no_row_that_nobody_can_read_later(ana: Talker, wire: Wire, app: Flask, tmp_path: Path) -> None:
    bob = app.test_client()
    bob.post("/api/me", json={"name": "Bob"})
    member = wire.connect(chat=True, client=bob)
    member.hear("welcome")
    member.join()
    ana.say("read", room="general", seq=2)
    assert do(ana, "level", "l1", level="none")["code"] == "forbidden"
    away = wire.connect("/chat?name=zoe", chat=True)
    away.hear("welcome")
    do(member, "post", "m1", text="@all and @ana and @zoe", all=True)
    assert away.hear("called")["author"]["name"] == "Bob"  # it is told, and not kept
    with closing(sqlite3.connect(tmp_path / "data" / "chat.sqlite3")) as database:
        kept = {
            table: [person for (person,) in database.execute(f"SELECT person_id FROM {table}")]
            for table in ("markers", "levels", "mentions")
        }
    assert not [person for people in kept.values() for person in people if person.startswith("guest-")]


def test_a_guest_whom_an_edited_message_names_is_called_once(ana: Talker, wire: Wire) -> None:
    away = wire.connect("/chat?name=zoe", chat=True)
    away.hear("welcome")
    do(ana, "post", "m1", text="@zoe")
    do(ana, "edit", "m2", target=5, text="@zoe, look")
    do(ana, "edit", "m3", target=1, text="@zoe, here as well")
    assert [away.hear("called")["seq"] for _ in range(2)] == [5, 1]


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


@pytest.mark.parametrize(("path", "code", "status"), [("/api/mentions", "forbidden", 403), ("/api/me", "no-name", 404)])
def test_a_request_without_a_cookie_reads_nothing_personal(
    ana: Talker, app: Flask, path: str, code: str, status: int
) -> None:
    answer = app.test_client().get(f"{path}?name=ana")
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_two_programs_that_use_one_nonce_do_not_get_each_others_message(app: Flask) -> None:
    thief, program = app.test_client(), app.test_client()
    path = f"{ROOM}/messages?name=ci"
    first = thief.post(path, json={"text": "The build is green", "nonce": "build-72"}).get_json()
    for changed in (
        {"text": "The build is red"},
        {"reply_to": first["seq"]},
        {"poll": POLL},
    ):
        said = {"text": "The build is green", "nonce": "build-72", **changed}
        answer = program.post(path, json=said)
        assert (answer.status_code, answer.get_json()["code"], answer.get_json()["field"]) == (
            400,
            "bad-field",
            "nonce",
        )
    other = open_room(app, "Other")
    elsewhere = program.post(
        f"/api/rooms/{other}/messages?name=ci", json={"text": "The build is green", "nonce": "build-72"}
    )
    assert elsewhere.get_json()["field"] == "nonce"
    asked = {"text": "Which?", "nonce": "poll-1", "poll": {"options": [" Yes ", "No"]}}
    assert program.post(path, json=asked).get_json()["seq"] == program.post(path, json=asked).get_json()["seq"]
    assert program.post(f"{ROOM}/messages?name=cd", json={"text": "x", "nonce": "build-72"}).status_code == 201


def test_what_a_request_posts_is_stored_once_under_its_nonce_and_belongs_to_no_connection(
    ana: Talker, app: Flask
) -> None:
    program = app.test_client()
    said = {"text": "The build is green", "nonce": "build-71"}
    first, again = (program.post(f"{ROOM}/messages?name=ana", json=said).get_json() for _ in range(2))
    assert first["seq"] == again["seq"]
    assert first["author"]["name"] == "ana"
    assert do(ana, "edit", "e1", target=first["seq"], text="red")["code"] == "forbidden"
