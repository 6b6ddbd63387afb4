"""Whose name it is, on every way in: a cookie, a guest's connection, a guest's request, a rename."""

from __future__ import annotations

from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from ..actors import InThread
from ..conftest import Wire, been_away_for_long


def choose_at_once(app: Flask, name: str) -> list[int]:
    """The statuses of the answers to six browsers that choose that name at the same time, sorted."""
    start = Barrier(6)

    def want() -> int:
        start.wait()
        return int(choose(app.test_client(), name).status_code)

    callers = [InThread(want) for _ in range(6)]
    return sorted(caller.outcome() for caller in callers)


def choose(client: FlaskClient, name: str) -> Any:
    return client.post("/api/me", json={"name": name}, headers={"Origin": "http://localhost"})


@pytest.fixture
def ana(app: Flask) -> FlaskClient:
    """A browser whose person is called Ana, and who is not online."""
    client = app.test_client()
    assert choose(client, "Ana").status_code == 200
    assert client.get("/api/me").status_code == 200  # the cookie arrived
    return client


def name_of(wire: Wire, client: FlaskClient | None = None, query: str = "") -> str:
    """The name by which the server calls a new connection."""
    return str(wire.connect(f"/chat{query}", chat=True, client=client).hear("welcome")["you"]["name"])


def test_the_name_of_somebody_who_is_away_is_kept_on_every_way_in(app: Flask, wire: Wire, ana: FlaskClient) -> None:
    other = app.test_client()
    problem = choose(other, "ANA")
    assert (problem.status_code, problem.json["code"], problem.json["field"]) == (409, "name-taken", "name")
    assert problem.json["detail"] == "The name “ANA” belongs to somebody else. Choose another one."
    assert choose(other, "Аna").json["detail"].startswith("“Аna” looks like the name of somebody else.")
    assert name_of(wire, query="?name=ana") == "ana 2"
    message = {"text": "hello", "nonce": "n1"}
    posted = app.test_client().post("/api/rooms/general/messages?name=Ana", json=message)
    assert posted.get_json()["author"]["name"] == "Ana 2"
    assert choose(other, "Bia").status_code == 200
    bia = wire.connect(chat=True, client=other)
    bia.say("rename", name="Ana")
    assert bia.hear("error")["code"] == "name-taken"
    assert name_of(wire, ana) == "Ana"


def test_after_30_days_a_name_is_anybodys_and_its_former_bearer_gets_a_number(
    app: Flask, wire: Wire, ana: FlaskClient
) -> None:
    person = been_away_for_long(app, ana)
    heir = app.test_client()
    assert choose(heir, "Ana").status_code == 200
    assert name_of(wire, heir) == "Ana"
    assert name_of(wire, ana) == "Ana 2"
    assert name_of(wire, heir) == "Ana"
    assert ana.get("/api/me").get_json() == {"id": person, "name": "Ana 2"}


def test_who_is_forgotten_on_their_device_leaves_the_name_to_others(app: Flask, wire: Wire, ana: FlaskClient) -> None:
    assert ana.delete("/api/me", headers={"Origin": "http://localhost"}).status_code == 200
    assert choose(app.test_client(), "Ana").status_code == 200


def test_of_many_who_choose_one_name_at_once_one_gets_it(app: Flask) -> None:
    assert choose_at_once(app, "Zoë") == [200, *[409] * 5]


def test_a_handshake_looks_into_the_log_once_for_the_name(app: Flask, wire: Wire, ana: FlaskClient) -> None:
    database = app.extensions["chatapp"]._parts.database
    name_of(wire, ana)  # the epoch is read once
    executed: list[str] = []
    event.listen(database.reader, "before_cursor_execute", lambda _c, _u, statement, *_: executed.append(statement))
    for client, query in ((ana, ""), (None, "?name=Gil")):
        executed.clear()
        name_of(wire, client, query)
        assert len([statement for statement in executed if "people" in statement]) == 1, query
