"""The hub: the list of clients, its capacity, and the one step that makes joining lose nothing."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from threading import Barrier, Event

import pytest

from chatapp.live.hub import Client, Dialect, Full, Hub
from chatapp.live.outbox import Outbox
from chatapp.model import Person

from ..actors import PATIENCE, InThread, eventually


@pytest.fixture
def make_client() -> Iterator[Callable[..., Client]]:
    """Clients, each with a socket of its own."""
    pairs: list[socket.socket] = []

    def make(person: str = "ana", dialect: Dialect = Dialect.CHAT_V1) -> Client:
        ours, theirs = socket.socketpair()
        pairs.extend((ours, theirs))
        outbox = Outbox(theirs, limit=65_536, stalled=lambda _outbox: None)
        return Client(outbox, ("127.0.0.1", len(pairs)), Person(person, person), dialect, 0.0)

    yield make
    for sock in pairs:
        sock.close()


Make = Callable[..., Client]


def test_the_list_is_who_was_added_and_not_removed(make_client: Make) -> None:
    hub = Hub(10)
    clients = [make_client() for _ in range(3)]
    for client in clients:
        hub.add(client)
    assert hub.clients() == clients
    assert hub.remove(clients[1]) == []
    assert hub.clients() == [clients[0], clients[2]]


def test_one_client_over_the_capacity_is_refused_and_taken_when_another_has_left(make_client: Make) -> None:
    hub = Hub(2)
    first, second, third = (make_client() for _ in range(3))
    hub.add(first)
    hub.add(second)
    with pytest.raises(Full):
        hub.add(third)
    assert hub.clients() == [first, second]
    assert hub.of_person("ana") == [first, second]
    hub.remove(first)
    hub.add(third)
    assert hub.clients() == [second, third]


def test_many_at_once_never_exceed_the_capacity(make_client: Make) -> None:
    hub = Hub(5)
    clients = [make_client() for _ in range(16)]
    start = Barrier(16)

    def come(client: Client) -> bool:
        start.wait()
        try:
            hub.add(client)
        except Full:
            return False
        return True

    came = [InThread(partial(come, client)) for client in clients]
    assert sum(thread.outcome() for thread in came) == 5
    assert len(hub.clients()) == 5


def test_the_capacity_is_only_ever_lowered(make_client: Make) -> None:
    hub = Hub(2)
    hub.limit(1)
    hub.limit(100)
    hub.add(make_client())
    with pytest.raises(Full):
        hub.add(make_client())


def test_a_closed_hub_takes_nobody_in_and_says_who_is_there(make_client: Make) -> None:
    hub = Hub(10)
    client = make_client()
    hub.add(client)
    assert hub.close() == [client]
    with pytest.raises(Full):
        hub.add(make_client())


def test_leaving_is_idempotent_and_says_the_rooms_once(make_client: Make) -> None:
    hub = Hub(10)
    client = make_client()
    hub.add(client)
    for room in ("general", "other"):
        hub.join(client, room)
    rooms = hub.remove(client)
    assert rooms is not None
    assert sorted(rooms) == ["general", "other"]
    assert hub.remove(client) is None
    assert hub.recipients("general").chat == hub.recipients("other").chat == ()
    assert hub.of_person("ana") == []


def test_a_client_who_was_refused_can_be_removed_without_harm(make_client: Make) -> None:
    assert Hub(1).remove(make_client()) is None


def test_recipients_are_those_in_the_room_by_dialect(make_client: Make) -> None:
    hub = Hub(10)
    by_dialect = {dialect: [make_client(dialect=dialect) for _ in range(2)] for dialect in Dialect}
    for clients in by_dialect.values():
        for client in clients:
            hub.add(client)
            hub.join(client, "general")
    hub.leave(by_dialect[Dialect.PLAIN][0], "general")
    found = hub.recipients("general")
    assert found.chat == tuple(by_dialect[Dialect.CHAT_V1])
    assert found.plain == (by_dialect[Dialect.PLAIN][1],)
    assert found.plain_named == tuple(by_dialect[Dialect.PLAIN_NAMED])
    assert hub.recipients("other") == ((), (), (), ())


def test_recipients_do_not_change_under_who_holds_them(make_client: Make) -> None:
    hub = Hub(10)
    first, second = make_client(), make_client()
    hub.add(first)
    hub.add(second)
    hub.join(first, "general")
    [held] = hub.advance({"general": 1})
    hub.join(second, "general")
    assert hub.recipients("general").chat == (first, second)
    hub.remove(first)
    assert held.chat == (first,)
    assert hub.recipients("general").chat == (second,)


def test_who_joins_hears_the_seq_that_was_fanned_out_without_them(make_client: Make) -> None:
    hub = Hub(10)
    client, other = make_client(), make_client()
    for one in (client, other):
        hub.add(one)
    assert hub.join(client, "general") == 0
    assert hub.advance({"general": 7})[0].chat == (client,)
    assert hub.join(other, "general") == 7
    assert hub.join(other, "other") == 0


def test_a_seq_never_goes_back(make_client: Make) -> None:
    hub = Hub(10)
    client = make_client()
    hub.add(client)
    hub.advance({"general": 7})
    hub.advance({"general": 3})
    assert hub.join(client, "general") == 7


def test_joining_again_changes_nothing(make_client: Make) -> None:
    hub = Hub(10)
    client = make_client()
    hub.add(client)
    hub.join(client, "general")
    hub.advance({"general": 4})
    hub.delivered(["general"])
    assert hub.join(client, "general") == 4
    assert hub.recipients("general").chat == (client,)
    hub.leave(client, "general")
    assert hub.recipients("general").chat == ()


def test_who_joins_during_a_storm_gets_each_event_from_the_log_or_live_and_never_both(make_client: Make) -> None:
    """The fan-out advances seq by seq; whoever joins must be told each later one, and only those."""
    hub = Hub(200)
    live: dict[Client, list[int]] = {}
    clients = [make_client() for _ in range(100)]
    for client in clients:
        hub.add(client)
        live[client] = []
    told = 0
    over = Event()

    def fan_out() -> None:
        nonlocal told
        while not over.is_set():
            for client in hub.advance({"general": told + 1})[0].chat:
                live[client].append(told + 1)
            told += 1

    def join(mine: list[Client]) -> dict[Client, int]:
        heads = {}
        for client in mine:
            heads[client] = hub.join(client, "general")
            before = told
            eventually(lambda before=before: told > before)  # type: ignore[misc]
        return heads

    storm = InThread(fan_out)
    joiners = [InThread(partial(join, clients[number::4])) for number in range(4)]
    heads = {client: head for joiner in joiners for client, head in joiner.outcome().items()}
    over.set()
    storm.outcome()
    assert len(set(heads.values())) > 10  # they did come one after the other
    for client, head in heads.items():
        assert live[client] == list(range(head + 1, told + 1))


def test_a_persons_clients_are_found_by_the_person(make_client: Make) -> None:
    hub = Hub(10)
    tabs = [make_client("ana"), make_client("ana")]
    for client in (*tabs, make_client("bob")):
        hub.add(client)
    assert hub.of_person("ana") == tabs
    assert hub.of_person("nobody") == []


def test_waiting_for_all_to_leave_ends_when_the_last_has_left(make_client: Make) -> None:
    hub = Hub(10)
    assert hub.wait_empty(0)
    clients = [make_client(), make_client()]
    for client in clients:
        hub.add(client)
    assert not hub.wait_empty(0)
    begun = time.monotonic()
    waiting = InThread(lambda: hub.wait_empty(PATIENCE))
    eventually(lambda: getattr(hub._empty, "_waiters"))  # noqa: B009  # threading's own; nobody else tells
    hub.remove(clients[0])
    assert waiting.is_alive()
    hub.remove(clients[1])
    assert waiting.outcome() is True
    assert time.monotonic() - begun < PATIENCE / 2


def test_who_leaves_during_a_round_is_back_only_after_it(make_client: Make) -> None:
    hub = Hub(10)
    client = make_client()
    hub.add(client)
    hub.join(client, "general")
    assert hub.advance({"general": 1})[0].chat == (client,)
    leaving = InThread(lambda: hub.leave(client, "general"))
    eventually(lambda: hub.recipients("general").chat == ())
    assert leaving.is_alive()  # the round may still reach the client
    hub.delivered(["general"])
    leaving.outcome()
    assert hub.join(client, "general") == 1
