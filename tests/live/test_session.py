"""The sessions: what clients say and hear, over a socket pair."""

from __future__ import annotations

from ..conftest import Wire


def test_three_plain_clients_all_receive_what_one_sends(wire: Wire) -> None:
    clients = [wire.connect() for _ in range(3)]
    clients[0].send("olá  mundo\n")
    assert [client.receive() for client in clients] == ["olá  mundo\n"] * 3
