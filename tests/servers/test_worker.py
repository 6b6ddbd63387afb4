"""The worker's loop: what it counts stays right, whatever becomes ready in one turn."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from weakref import WeakSet

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import PollableMethodQueue

from chatapp.live.addresses import Addresses
from chatapp.servers.answering import DEFAULT_PATIENCE
from chatapp.servers.connection import Connection
from chatapp.servers.worker import MARGIN, Idle, Worker

from ..actors import eventually

HERE = "127.0.0.1"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server((HERE, 0)) as listening:
        yield listening


@pytest.fixture
def addresses() -> Addresses:
    return Addresses(500)


@pytest.fixture
def worker(listener: socket.socket, addresses: Addresses) -> Iterator[Worker]:
    """A worker with one place, whose loop the test turns."""
    Connection.opened = WeakSet()
    made = object.__new__(Worker)
    made.cfg, made.alive, made.nr_conns, made.worker_connections = Config(), True, 0, MARGIN + 1
    made._accepting, made.poller, made.sockets = False, selectors.DefaultSelector(), [listener]
    made.method_queue = PollableMethodQueue()
    made.begin(addresses=addresses, hops=0, largest_body=1_000, patience=DEFAULT_PATIENCE)
    made.set_accept_enabled(True)
    yield made
    made.poller.close()
    for connection in list(Connection.opened):
        connection.sock.close()


def test_a_connection_closed_to_make_room_in_the_turn_in_which_it_sends_is_counted_once(
    worker: Worker, listener: socket.socket, addresses: Addresses
) -> None:
    """It was closed again by its own event: then the next one to leave ended the worker with a KeyError."""
    with socket.create_connection(listener.getsockname()) as first:
        worker.wait_for_and_dispatch_events(5)
        assert (worker.nr_conns, addresses.count(HERE)) == (1, 1)
        with socket.create_connection(listener.getsockname()), selectors.DefaultSelector() as ready:
            first.sendall(b"G")
            ready.register(listener, selectors.EVENT_READ)
            ready.register(next(iter(Connection.opened)).sock, selectors.EVENT_READ)
            eventually(lambda: len(ready.select(0)) == 2)  # both in one turn
            worker.wait_for_and_dispatch_events(5)
            assert (worker.nr_conns, addresses.count(HERE)) == (1, 1)
        worker.wait_for_and_dispatch_events(5)
        assert (worker.nr_conns, addresses.count(HERE)) == (0, 0)


@dataclass(eq=False)
class From:
    peer: str


def test_to_make_room_the_network_with_most_connections_loses_its_oldest() -> None:
    idle, connections = Idle(), [From(peer) for peer in ("a", "b", "b", "a", "b", "c")]
    for connection in connections:
        idle.add(connection)  # type: ignore[arg-type]
    assert idle.victim() is connections[1]


def test_connections_count_by_network(worker: Worker, listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A household has 2 ** 64 addresses of IPv6: each connection may have one of its own."""
    accept = socket.socket.accept
    peers = iter(["2001:db8::1", "2001:db8::2", "::ffff:192.0.2.1"])
    monkeypatch.setattr(socket.socket, "accept", lambda sock: (accept(sock)[0], (next(peers), 1, 0, 0)))
    worker.worker_connections = MARGIN + 3
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(listener.getsockname()))
            worker.wait_for_and_dispatch_events(5)
        assert [connection.peer for connection in sorted(Connection.opened, key=lambda one: one.sock.fileno())] == [
            "2001:db8::/64",
            "2001:db8::/64",
            "192.0.2.1",
        ]
