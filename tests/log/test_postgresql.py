"""The log on PostgreSQL: a real cluster, made for these tests and thrown away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask

from chatapp.log.database import Database, LogError
from chatapp.log.people import take_name
from chatapp.model import Refusal

from ..actors import PATIENCE, InThread, Server, Talker, eventually
from ..conftest import Wire, open_room
from ..live.test_names import choose_at_once
from .cluster import Cluster


def test_the_chat_runs_on_postgresql_and_keeps_its_messages(
    cluster: Cluster, make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    ana = make_wire(make_app(DATABASE_URL=cluster.url)).enter("ana")
    for number in range(20):
        ana.post(f"message {number}", nonce=f"n{number}")
    assert [ana.hear("message")["text"] for _ in range(20)] == [f"message {number}" for number in range(20)]
    ana.post("again", nonce="n3")
    assert ana.hear("message", nonce="n3")["text"] == "message 3"
    ana.close()
    back = make_wire(make_app(DATABASE_URL=cluster.url)).connect("/chat?name=ana", chat=True)
    events = back.join(after=0)["events"]
    assert [event["seq"] for event in events] == list(range(1, 21))
    assert events[-1]["text"] == "message 19"


def test_acts_are_checked_and_folded_on_postgresql_as_on_sqlite(
    cluster: Cluster, make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    app = make_app(DATABASE_URL=cluster.url)
    open_room(app, "acts")
    ana, bia = (make_wire(app).enter(name, "acts") for name in ("ana", "bia"))

    def do(client: Talker, type: str, nonce: str, **fields: object) -> dict[str, Any]:
        client.say(type, room="acts", nonce=nonce, **fields)
        return client.hear(nonce=nonce)

    do(ana, "post", "a1", text="first")
    do(bia, "post", "b1", text="answer", reply_to=1)
    assert do(bia, "edit", "b2", target=1, text="not mine")["code"] == "forbidden"
    assert do(bia, "delete", "b3", target=9)["code"] == "no-such-message"
    do(ana, "edit", "a2", target=1, text="second")
    do(bia, "react", "b4", target=1, emoji="👍", on=True)
    assert do(bia, "react", "b4", target=1, emoji="👍", on=True)["seq"] == 4
    first, answer = app.test_client().get("/api/rooms/acts/messages").get_json()["messages"]
    assert (first["text"], first["reactions"][0]["emoji"], answer["quote"]["text"]) == ("second", "👍", "second")
    assert do(ana, "delete", "a3", target=1)["seq"] == 5
    first, answer = app.test_client().get("/api/rooms/acts/messages").get_json()["messages"]
    assert (first["text"], first["deleted"], answer["quote"]["text"]) == ("", True, "")
    texts = [event.get("text") for event in make_wire(app).connect(chat=True).join("acts", after=0)["events"]]
    assert texts == ["", "answer", "", None, None]


def test_polls_pins_and_archives_work_on_postgresql_as_on_sqlite(
    cluster: Cluster, make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    app = make_app(DATABASE_URL=cluster.url)
    browser = app.test_client()
    headers = {"Origin": "http://localhost"}
    assert browser.post("/api/me", json={"name": "Eva"}, headers=headers).status_code == 200
    assert browser.post("/api/rooms", json={"name": "polls"}, headers=headers).status_code == 201
    eva = make_wire(app).connect(chat=True, client=browser)
    eva.join("polls")
    gil = make_wire(app).enter("gil", "polls")

    def do(client: Talker, type: str, nonce: str, **fields: object) -> dict[str, Any]:
        client.say(type, room="polls", nonce=nonce, **fields)
        return client.hear(nonce=nonce)

    do(eva, "post", "e1", text="Which?", poll={"options": ["a", "b"], "several": True, "anonymous": True})
    do(gil, "vote", "g1", target=1, choices=[0, 1])
    do(eva, "vote", "e2", target=1, choices=[0])
    assert do(gil, "vote", "g2", target=1, choices=[1])["choices"] == [1]
    do(eva, "pin", "e3", target=1, on=True)
    do(eva, "close", "e4", target=1)
    assert do(gil, "vote", "g3", target=1, choices=[])["code"] == "closed"
    do(eva, "configure", "e5", topic="quick check", archived=True)
    assert do(gil, "post", "g4", text="late")["code"] == "read-only"
    (pinned,) = browser.get("/api/rooms/polls/pins").get_json()["messages"]
    assert pinned["poll"] == {
        "options": ["a", "b"],
        "several": True,
        "anonymous": True,
        "closed": True,
        "counts": [1, 1],
        "voters": 2,
        "mine": [0],
    }
    listed = browser.get("/api/rooms").get_json()["rooms"][-1]
    assert (listed["topic"], listed["archived"], listed["head"]) == ("quick check", True, 7)


def test_a_name_belongs_to_one_person_on_postgresql_as_on_sqlite(
    cluster: Cluster, make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    app = make_app(DATABASE_URL=cluster.make("names"))
    assert choose_at_once(app, "Zoë") == [200, *[409] * 5]
    assert make_wire(app).connect("/chat?name=ZOË", chat=True).hear("welcome")["you"]["name"] == "ZOË 2"


def test_two_servers_that_give_one_name_to_two_people_at_once_leave_it_to_the_first(cluster: Cluster) -> None:
    """No two serve one database today; the key of the table would keep them apart."""
    url = cluster.make("servers")
    databases = [Database(url, busy_timeout=PATIENCE) for _ in range(2)]
    databases[0].migrate()
    with databases[0].writer.connect() as first, databases[1].writer.connect() as second:
        take_name(first, "p1", "Ana", 0)
        other = InThread(lambda: take_name(second, "p2", "ana", 0))  # waits for the first one's commit
        eventually(lambda: waits_for_a_lock(cluster, "servers"))
        first.commit()
        with pytest.raises(Refusal) as refused:
            other.outcome()
        assert refused.value.code == "name-taken"
    for database in databases:
        database.close()


def waits_for_a_lock(cluster: Cluster, name: str) -> bool:
    """Whether a connection to that database waits for what another one holds."""
    with psycopg.connect(cluster.url) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
        return connection.execute(query, [name]).fetchone() != (0,)


def test_a_postgresql_that_went_away_makes_busy_and_is_found_again(
    cluster: Cluster, make_server: Callable[..., Server]
) -> None:
    server = make_server(DATABASE_URL=cluster.url).start()
    ana = server.enter("ana")
    cluster.stop()
    ana.post("into the void", nonce="void")
    assert ana.hear("error", nonce="void")["code"] == "busy"
    assert server.get("/healthz")[0] == 503
    cluster.start()
    ana.post("into the void", nonce="void")
    assert ana.hear("message", nonce="void")["text"] == "into the void"
    eventually(lambda: server.get("/healthz")[0] == 200)


def hang_up(cluster: Cluster, name: str) -> None:
    """Ends all connections to that database, as a restart does."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


def stored(client: Talker, text: str) -> bool:
    """Posts once; whether it was stored, and not refused."""
    answer = client.hear(nonce=client.post(text))
    assert answer["type"] == "message" or answer["code"] == "busy"
    return bool(answer["type"] == "message")


def test_lost_connections_come_back_and_so_does_the_lock(
    cluster: Cluster, make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    url = cluster.make("restarted")
    ana = make_wire(make_app(DATABASE_URL=url)).enter("ana")
    assert stored(ana, "before")
    hang_up(cluster, "restarted")
    eventually(lambda: stored(ana, "after"))
    other = Database(url.replace("postgresql", "postgresql+psycopg"), busy_timeout=0.1)

    def taken() -> bool:
        try:
            other.claim(0)
        except LogError as refused:
            return "another chatapp is running" in str(refused)
        other.close()
        return False

    eventually(taken)
    other.close()


def test_a_database_that_was_replaced_is_not_written_to_and_has_a_new_epoch(
    cluster: Cluster,
    make_app: Callable[..., Flask],
    make_wire: Callable[[Flask], Wire],
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app(DATABASE_URL=cluster.make("replaced"))
    ana = make_wire(app).enter("ana")
    epoch = make_wire(app).connect(chat=True).hear("welcome")["epoch"]
    assert stored(ana, "before")
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE replaced ALLOW_CONNECTIONS false")
        hang_up(cluster, "replaced")
        connection.execute("CREATE DATABASE restored TEMPLATE replaced")
        connection.execute("ALTER DATABASE replaced RENAME TO old")
        connection.execute("ALTER DATABASE restored RENAME TO replaced")
    eventually(lambda: "was replaced by another" in caplog.text)
    assert not stored(ana, "after")
    assert app.test_client().get("/healthz").status_code == 503
    app = make_app(DATABASE_URL=cluster.database("replaced"))
    ana = make_wire(app).connect("/chat?name=ana", chat=True)
    assert ana.hear("welcome")["epoch"] != epoch
    assert [event["text"] for event in ana.join(after=0)["events"]] == ["before"]
    assert stored(ana, "and on")
