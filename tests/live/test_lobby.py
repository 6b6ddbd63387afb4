"""Coming, going and who is here: presence as clients see it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from chatapp.live.addresses import Addresses, TooManyFromAddress
from chatapp.live.hub import Dialect, Full, Hub
from chatapp.live.lobby import Lobby
from chatapp.live.outbox import Outbox
from chatapp.model import Person
from chatapp.rooms.presence import Presence

from ..actors import Clock, Talker, eventually
from ..conftest import Wire, open_room

LINGER = 0.5


@pytest.fixture
def linger() -> float:
    """Seconds without a connection until a person has left."""
    return LINGER


@pytest.fixture
def app(make_app: Callable[..., Flask], linger: float) -> Flask:
    return make_app(PRESENCE_LINGER=linger)


# For tests in which somebody comes back in time, however slow the machine is.
LONG_LINGER = pytest.mark.parametrize("linger", [600])


def member(app: Flask, name: str) -> FlaskClient:
    browser = app.test_client()
    answer = browser.post("/api/me", json={"name": name}, headers={"Origin": "http://localhost"})
    assert answer.status_code == 200
    return browser


def arrive(client: Talker, **fields: Any) -> tuple[str, list[str]]:
    """Joins the default room; gives one's own id and the names of who is in it."""
    you: str = client.hear("welcome")["you"]["id"]
    return you, sorted(one["name"] for one in client.join(**fields)["members"])


def settled(client: Talker, people: int) -> None:
    """Waits until so many people are in the room and all their comings are told."""
    while client.hear("presence")["count"] != people:
        pass


def hears_next_of(client: Talker, newcomer: str, wire: Wire) -> None:
    """Checks that nothing is told before somebody who comes now: changes are told in the order in which they happen."""
    wire.enter(newcomer)
    told = client.hear("presence")
    assert ([one["name"] for one in told["joined"]], told["left"]) == ([newcomer], [])


def test_who_joins_gets_the_state_and_the_others_get_the_difference(wire: Wire) -> None:
    ana = wire.connect("/chat?name=Ana", chat=True)
    ana_id, there = arrive(ana)
    assert there == ["Ana"]
    assert ana.hear("presence") == {
        "type": "presence",
        "room": "general",
        "joined": [{"id": ana_id, "name": "Ana"}],
        "left": [],
        "count": 1,
    }
    bia = wire.connect("/chat?name=Bia", chat=True)
    bia_id, there = arrive(bia)
    assert there == ["Ana", "Bia"]
    told = ana.hear("presence")
    assert told["joined"] == [{"id": bia_id, "name": "Bia"}]
    assert (told["left"], told["count"]) == ([], 2)


def test_plain_clients_are_people_too(wire: Wire) -> None:
    ana = wire.enter("Ana")
    settled(ana, 1)
    plain = wire.connect("/chat?name=Pia")
    told = ana.hear("presence")
    assert ([one["name"] for one in told["joined"]], told["count"]) == (["Pia"], 2)
    plain.close()
    assert ana.hear("presence")["left"] == [told["joined"][0]["id"]]


def test_many_comings_travel_as_one(wire: Wire) -> None:
    ana = wire.enter("Ana")
    settled(ana, 1)
    crowd = [wire.connect(f"/chat?name=c{number}") for number in range(20)]
    names: set[str] = set()
    told = 0
    while len(names) < len(crowd):
        names |= {one["name"] for one in ana.hear("presence")["joined"]}
        told += 1
    assert told <= 5  # in 0.4 s each


def test_leaving_is_told_after_the_linger_and_not_before(wire: Wire) -> None:
    ana = wire.enter("Ana")
    bia = wire.connect("/chat?name=Bia", chat=True)
    bia_id, _ = arrive(bia)
    settled(ana, 2)
    gone = time.monotonic()
    bia.vanish()
    told = ana.hear("presence")
    assert time.monotonic() - gone >= LINGER
    assert (told["joined"], told["left"], told["count"]) == ([], [bia_id], 1)


@LONG_LINGER
def test_a_reload_tells_nobody_anything(app: Flask, wire: Wire) -> None:
    ana = wire.enter("Ana")
    browser = member(app, "Bia")
    bia = wire.connect(chat=True, client=browser)
    bia_id, _ = arrive(bia)
    settled(ana, 2)
    clients = app.extensions["chatapp"].hub.clients
    for number in range(2):
        present = len(clients())
        bia.vanish()
        eventually(lambda present=present: len(clients()) < present)  # type: ignore[misc]
        hears_next_of(ana, f"Witness {number}", wire)
        bia = wire.connect(chat=True, client=browser)
        assert arrive(bia)[0] == bia_id
        hears_next_of(ana, f"Newcomer {number}", wire)


def test_several_tabs_are_one_person_until_the_last_one_closes(app: Flask, wire: Wire) -> None:
    ana = wire.enter("Ana")
    browser = member(app, "Bia")
    tabs = [wire.connect(chat=True, client=browser) for _ in range(3)]
    arrivals = [arrive(tab) for tab in tabs]
    assert [there for _, there in arrivals] == [["Ana", "Bia"]] * 3
    assert len({you for you, _ in arrivals}) == 1
    settled(ana, 2)
    tabs[0].close()
    tabs[1].vanish()
    assert ana.hears_nothing(LINGER + 0.5)
    tabs[2].close()
    assert ana.hear("presence")["left"] == [arrivals[0][0]]


def test_leaving_a_room_is_not_leaving_the_house(app: Flask, wire: Wire) -> None:
    open_room(app, "Blue")
    ana = wire.enter("Ana")
    ana.join("blue")
    bia = wire.connect("/chat?name=Bia", chat=True)
    bia_id, _ = arrive(bia)
    bia.join("blue")
    complete: set[str] = set()
    while complete != {"general", "blue"}:
        told = ana.hear("presence")
        complete |= {told["room"]} if told["count"] == 2 else set()
    bia.say("leave", room="blue")
    told = ana.hear("presence")
    assert (told["room"], told["left"], told["count"]) == ("blue", [bia_id], 1)
    assert ana.hears_nothing(LINGER)
    assert sorted(one["name"] for one in ana.join("general")["members"]) == ["Ana", "Bia"]


@LONG_LINGER
def test_who_leaves_a_room_and_comes_back_was_never_away(wire: Wire) -> None:
    ana, bia = wire.enter("Ana"), wire.enter("Bia")
    settled(ana, 2)
    bia.say("leave", room="general")
    bia.say("ping")
    bia.hear("pong")
    hears_next_of(ana, "Witness", wire)
    assert sorted(one["name"] for one in bia.join()["members"]) == ["Ana", "Bia", "Witness"]
    hears_next_of(ana, "Newcomer", wire)


@LONG_LINGER
def test_a_name_stays_its_bearers_while_they_linger(app: Flask, wire: Wire) -> None:
    browser = member(app, "Bia")
    bia = wire.connect(chat=True, client=browser)
    arrive(bia)
    bia.close(1001)  # as a page that is reloaded
    thief = wire.connect("/chat?name=bia", chat=True)
    assert thief.hear("welcome")["you"]["name"] == "bia 2"
    again = wire.connect(chat=True, client=browser)
    assert again.hear("welcome")["you"]["name"] == "Bia"


def test_a_guests_name_is_free_when_the_guest_has_left(wire: Wire) -> None:
    bia = wire.connect("/chat?name=Bia", chat=True)
    bia.hear("welcome")
    bia.vanish()

    def heir() -> bool:
        client = wire.connect("/chat?name=Bia", chat=True)
        name = client.hear("welcome")["you"]["name"]
        client.close()
        return bool(name == "Bia")

    eventually(heir)


def test_who_comes_under_a_name_in_use_gets_the_next_number(wire: Wire) -> None:
    names = [wire.connect("/chat?name=Ana", chat=True).hear("welcome")["you"]["name"] for _ in range(4)]
    assert names == ["Ana", "Ana 2", "Ana 3", "Ana 4"]


def test_a_crowd_under_one_name_gets_different_names_and_ids(wire: Wire) -> None:
    you = [wire.connect("/chat?name=Ana", chat=True).hear("welcome")["you"] for _ in range(45)]
    assert len({one["name"] for one in you}) == len(you)
    assert len({one["id"] for one in you}) == len(you)


def test_the_list_of_rooms_counts_people_not_clients(app: Flask, wire: Wire) -> None:
    browser = member(app, "Bia")
    for _ in range(3):
        arrive(wire.connect(chat=True, client=browser))
    wire.enter("Ana")
    assert app.test_client().get("/api/rooms").get_json()["rooms"][0]["people"] == 2


def test_a_rename_of_one_tab_is_told_once_with_the_same_id(app: Flask, wire: Wire) -> None:
    ana = wire.enter("Ana")
    browser = member(app, "Bia")
    tabs = [wire.connect(chat=True, client=browser) for _ in range(2)]
    (bia_id,) = {arrive(tab)[0] for tab in tabs}
    settled(ana, 2)
    tabs[0].say("rename", name="Beatriz")
    told = ana.hear("presence")
    assert (told["joined"], told["left"], told["count"]) == ([{"id": bia_id, "name": "Beatriz"}], [], 2)
    assert ana.hears_nothing(0.6)


def test_two_members_cannot_rename_to_one_name(app: Flask, wire: Wire) -> None:
    clients = [wire.connect(chat=True, client=member(app, name)) for name in ("Ana", "Bia")]
    for client in clients:
        client.hear("welcome")
        client.join()
    for client in clients:
        client.say("rename", name="Cleo", nonce="n")
    answers = [client.hear(nonce="n") for client in clients]
    assert sorted(answer.get("code", "ok") for answer in answers) == ["name-taken", "ok"]


# The lobby itself, with the real hub and the real presence.


class Hall:
    """A lobby whose clock the test turns; its clients have no socket that works."""

    def __init__(self, capacity: int, per_address: int = 100):
        import socket

        self.clock = Clock()
        self.hub = Hub(capacity)
        self.presence = Presence(linger=5, clock=self.clock)
        self.addresses = Addresses(per_address)
        self.lobby = Lobby(
            hub=self.hub,
            presence=self.presence,
            addresses=self.addresses,
            connect=self.presence.connect,
            clock=self.clock,
        )
        self._socket = socket.socket

    def enter(self, name: str) -> Any:
        sock = self._socket()
        sock.close()
        outbox = Outbox(sock, limit=65_536, stalled=lambda outbox: None)
        return self.lobby.enter(outbox, ("127.0.0.1", 1), Dialect.CHAT_V1, Person(name, name, "member"))


def test_leaving_twice_is_leaving_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    hall = Hall(capacity=5)
    client, other_tab = hall.enter("ana"), hall.enter("ana")
    hall.lobby.join(client, "general")
    hall.lobby.join(other_tab, "general")
    hall.lobby.exit(client)
    hall.lobby.exit(client)
    hall.clock.now += 60
    assert hall.presence.changes()[0].count == 1
    assert hall.hub.clients() == [other_tab]
    assert caplog.messages.count("Client Disconnected: ('127.0.0.1', 1)") == 1


def test_a_client_over_the_capacity_leaves_no_trace() -> None:
    hall = Hall(capacity=1)
    hall.enter("ana")
    with pytest.raises(Full):
        hall.enter("bia")
    hall.clock.now += 5
    assert hall.presence.changes() == []
    with hall.presence.renaming("cleo", "bia"):  # raises if the name were still taken
        pass
    assert len(hall.hub.clients()) == 1
    assert hall.addresses.count("127.0.0.1") == 1


def test_an_address_has_its_share_of_places_and_gets_a_freed_one_back() -> None:
    hall = Hall(capacity=10, per_address=2)
    first, _ = hall.enter("ana"), hall.enter("bia")
    with pytest.raises(TooManyFromAddress):
        hall.enter("cleo")
    assert len(hall.hub.clients()) == 2
    hall.lobby.exit(first)
    hall.lobby.exit(first)
    hall.enter("cleo")
    with pytest.raises(TooManyFromAddress):
        hall.enter("davi")


def test_pausing_and_joining_again_is_being_there_once() -> None:
    hall = Hall(capacity=5)
    client = hall.enter("ana")
    joined = hall.lobby.join(client, "general")
    hall.lobby.pause(client, "general")
    assert hall.hub.recipients("general").chat == ()
    assert hall.lobby.join_again(client, "general") == joined
    hall.lobby.leave(client, "general")
    assert hall.hub.recipients("general").chat == ()
    hall.clock.now += 5
    hall.presence.changes()
    assert hall.presence.count("general") == 0
