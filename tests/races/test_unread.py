"""Clients that ask for much and read nothing: what they cost is counted, and the others do not notice."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

from chatapp.log.database import READERS

from ..actors import Server, Talker, eventually
from .test_overrun import resident, talks

MakeServer = Callable[..., Server]

UNREAD = 100  # sockets that ask for everything and read nothing
EVENTS, LENGTH = 200, 9_000  # of the room, and characters of each text: 1.8 MB for whoever asks for all
# KiB of the process for each: its thread, a piece of the answer in its outbox, and what the allocator keeps of the
# reading; measured 220 to 270. It was 750 when the answer was made ahead up to half an outbox.
KEPT_EACH = 400


def filled(server: Server) -> Talker:
    """Who wrote all of it."""
    speaker = server.enter("speaker")
    for number in range(EVENTS):
        speaker.post(f"{number:03}" + "x" * (LENGTH - 3), nonce=str(number))
        if number % 20 == 19:
            speaker.hear("message", nonce=str(number))
    return speaker


def settles(server: Server) -> None:
    """Waits until the server has nothing to do: it has used next to no CPU time for a while."""

    def used() -> int:
        fields = Path(f"/proc/{server.worker()}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])  # ticks, in and out of the kernel

    def idle() -> bool:
        before = used()
        time.sleep(0.3)
        return used() - before <= 1

    eventually(idle, 60)


def asks_for_all_and_reads_nothing(server: Server) -> Talker:
    client = server.talk(chat=True, receive_buffer=4_096)
    client.say("join", room="general", after=0)
    return client


def test_sockets_that_ask_for_all_events_and_never_read_keep_little_memory(make_server: MakeServer) -> None:
    server = make_server().start()
    speaker = filled(server)
    for number in range(2 * READERS):  # what every reader of the database keeps for itself, whoever asks
        server.enter(f"warm{number}", after=0).close()
    settles(server)
    before = resident(server)
    clients = [asks_for_all_and_reads_nothing(server) for _ in range(UNREAD)]
    talks(speaker)  # told to all of them: behind what they have asked for
    settles(server)
    grown = resident(server) - before
    assert grown < UNREAD * KEPT_EACH
    talks(speaker, "still here")
    # One that reads at last has missed nothing, what was said meanwhile included.
    reader = clients[0]
    events = reader.hear("joined", timeout=30)["events"]
    seqs = [event["seq"] for event in events]
    while seqs[-1] < EVENTS + 2:
        seqs.append(reader.hear("message")["seq"])
    assert seqs == list(range(1, EVENTS + 3))


def test_over_the_budget_of_all_outboxes_those_who_read_nothing_go_and_the_others_hear_everything(
    make_server: MakeServer,
) -> None:
    server = make_server(OUTBOXES_LIMIT=2_097_152).start()
    speaker, listener = server.enter("speaker"), server.enter("listener")
    unread = [server.enter(f"silent{number}") for number in range(12)]
    for client in unread:
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    number = 0
    while "closed with 1013" not in server.terminal:
        assert number < 2_000, "nobody was evicted"
        for _ in range(20):
            speaker.post("x" * 9_000, nonce=str(number))
            number += 1
        speaker.hear("message", nonce=str(number - 1))
        listener.hear("message", nonce=str(number - 1))
    talks(speaker)
    listener.hear("message", text="are you there?")
    eventually(lambda: server.answers())
