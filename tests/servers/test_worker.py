"""The worker's loop: what it counts stays right, whatever becomes ready in one turn."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from weakref import WeakSet

import pytest
from gunicorn.config import Config

from chatapp.live.addresses import Addresses
from chatapp.servers.connection import Connection
from chatapp.servers.worker import MARGIN, Worker

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
    made.begin(addresses=addresses, largest_body=1_000)
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
