"""Storms: many at once, comers, goers, the deaf and the rude, and for everybody else one order without a hole."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from chatapp.live.outbox import EVICTION_GRACE

from ..actors import PATIENCE, InThread, Refused, Server, Talker, eventually
from .actors import Follower, Poster, check, log_of

BOTH = pytest.mark.parametrize("kind", ["gunicorn", "flask"])

MakeServer = Callable[..., Server]


@contextmanager
def storm(server: Server, posters: int, **options: float) -> Iterator[list[Poster]]:
    """So many posters, at it until the end of the block; then the log is checked."""
    players = [Poster(server, f"storm{n}", pause=options.get("pause", 0.005)) for n in range(posters)]
    for player in players:
        player.start()
    eventually(lambda: all(player.acknowledged for player in players))
    yield players
    for player in players:
        player.end()
    assert not any(player.refusals for player in players)


def messages(talker: Talker) -> list[dict[str, object]]:
    """The messages that a chat.v1 client has heard live."""
    return [event for event in map(json.loads, talker.heard) if event["type"] == "message"]


@BOTH
def test_sixteen_clients_with_128_messages_each_all_receive_all_in_one_order(
    kind: str, make_server: MakeServer
) -> None:
    clients, each = 16, 128
    server = make_server(kind).start()
    talkers = [server.enter(f"client{n}") for n in range(clients)]

    def speak_and_listen(talker: Talker, name: str) -> list[tuple[int, str]]:
        for n in range(each):
            talker.post(f"{name} {n}", nonce=f"{name}-{n}")
        talker.hear("message", timeout=30, seq=clients * each)
        return [(event["seq"], event["text"]) for event in messages(talker)]  # type: ignore[misc]

    running = [InThread(partial(speak_and_listen, talker, f"client{n}")) for n, talker in enumerate(talkers)]
    heard = [thread.outcome(30) for thread in running]
    first = heard[0]
    assert [seq for seq, _ in first] == list(range(1, clients * each + 1))
    assert all(other == first for other in heard)
    for n in range(clients):
        own = [text for _, text in first if text.startswith(f"client{n} ")]
        assert own == [f"client{n} {number}" for number in range(each)]
    assert [(row.seq, row.text) for row in log_of(server.data)] == first


@BOTH
def test_who_joins_during_a_storm_gets_every_event_once(kind: str, make_server: MakeServer) -> None:
    server = make_server(kind).start()
    followers = [Follower(server, f"follower{n}", restless=True) for n in range(4)]
    with storm(server, 6) as posters:
        for follower in followers:
            follower.start()
        eventually(lambda: all(follower.connections >= 25 or not follower.is_alive() for follower in followers), 30)
    log = check(server.data, posters)
    for follower in followers:
        follower.wait_for(len(log))
        follower.end()
        assert follower.connections >= 25
        assert follower.seqs == list(range(1, len(log) + 1))


@BOTH
def test_who_joins_another_room_and_leaves_it_during_a_storm_misses_nothing_in_this_one(
    kind: str, make_server: MakeServer
) -> None:
    server = make_server(kind).start()
    server.open_room("Next Door")
    with storm(server, 4) as posters:
        restless = server.enter("restless", after=0)
        joined = json.loads(next(text for text in restless.heard if '"joined"' in text))
        seqs = [event["seq"] for event in joined["events"]]
        for _ in range(30):
            restless.join("next-door")
            restless.say("leave", room="next-door")
    log = check(server.data, posters)
    while len(seqs) + len(messages(restless)) < len(log):  # it may have heard the last one while it joined
        restless.receive()
    assert seqs + [event["seq"] for event in messages(restless)] == list(range(1, len(log) + 1))


@BOTH
def test_plain_clients_miss_nothing_from_their_101_on(kind: str, make_server: MakeServer) -> None:
    server = make_server(kind).start()
    witness = server.enter("witness")
    clients: list[tuple[Talker, str]] = []
    with storm(server, 3, pause=0.02) as posters:
        for n in range(60):
            clients.append((server.talk(), f"after the 101 of {n}"))
            witness.post(clients[-1][1], nonce=f"w{n}")
    witness.post("the end", nonce="end")
    texts = [row.text for row in log_of(server.data)] if witness.hear("message", nonce="end") else []
    assert len(texts) == sum(len(poster.acknowledged) for poster in posters) + 61
    for client, called in clients:
        while client.receive() != "the end":
            pass
        begun = texts.index(client.heard[0])
        assert begun <= texts.index(called)
        assert client.heard == texts[begun:]


@BOTH
def test_a_stalled_reader_delays_nobody_and_is_closed_with_1013(kind: str, make_server: MakeServer) -> None:
    server = make_server(kind).start()
    stalled = server.talk(receive_buffer=2_048)
    stalled.send("I say this and read no more")
    readers = [server.enter(f"reader{n}") for n in range(4)]
    speaker = server.enter("speaker")
    text = "x" * 9_000
    listening = [InThread(partial(reader.hear, "message", PATIENCE * 3, nonce="400")) for reader in readers]
    for n in range(1, 401):  # 3.6 MB: what the kernel takes for one, and the outbox, and more
        speaker.post(text, nonce=str(n))
        if n % 20 == 0:
            speaker.hear("message", timeout=2, nonce=str(n))
    for thread in listening:
        thread.outcome()
    for reader in readers:
        assert [event["nonce"] for event in messages(reader) if "nonce" in event] == [str(n) for n in range(1, 401)]
    assert server.terminal.count("Client reads too slowly, closed with 1013") == 1
    assert f"Client reads too slowly, closed with 1013: {stalled.sock.getsockname()}" in server.terminal
    assert stalled.closed() == 1013  # who begins to read in time is told
    assert set(stalled.heard) == {"I say this and read no more", text}


def test_a_stalled_reader_that_never_reads_again_is_cut(make_server: MakeServer) -> None:
    server = make_server(OUTBOX_LIMIT=65_536).start()
    stalled = server.talk(receive_buffer=2_048)
    speaker = server.enter("speaker")
    for n in range(200):
        speaker.post("x" * 9_000, nonce=str(n))
        if n % 20 == 19:
            speaker.hear("message", nonce=str(n))
    eventually(lambda: "closed with 1013" in server.terminal)
    gone = f"Client Disconnected: {stalled.sock.getsockname()}"
    assert gone not in server.terminal  # it has a while to read why
    eventually(lambda: gone in server.terminal, EVICTION_GRACE + 3)
    speaker.post("and on it goes", nonce="on")
    assert speaker.hear("message", nonce="on")


@BOTH
def test_forty_resets_in_a_storm_end_no_innocent(kind: str, make_server: MakeServer) -> None:
    server = make_server(kind).start()
    followers = [Follower(server, f"innocent{n}") for n in range(4)]
    plain = [server.talk() for _ in range(4)]
    for follower in followers:
        follower.start()
    with storm(server, 6) as posters:
        for _ in range(4):
            rude = [server.talk() for _ in range(10)]
            for client in rude:
                client.send(f"{id(client)} was here")
                while client.receive() != f"{id(client)} was here":
                    pass
            for client in rude:
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.vanish()
    log = log_of(server.data)
    assert sum(len(poster.acknowledged) for poster in posters) + 40 == len(log)
    assert [row.seq for row in log] == list(range(1, len(log) + 1))
    for follower in followers:
        follower.wait_for(len(log))
        follower.end()
        assert follower.connections == 1
        assert follower.seqs == list(range(1, len(log) + 1))
    for client in plain:
        while len(client.heard) < len(log):
            client.receive()
        assert client.heard == [row.text for row in log]
        assert client.hears_nothing(0.01)
    eventually(lambda: server.terminal.count("Client Disconnected") >= 40)
    assert "Traceback" not in server.terminal


@BOTH
def test_a_storm_of_comers_over_the_capacity_is_refused_and_the_page_answers(
    kind: str, make_server: MakeServer
) -> None:
    """In the middle of it those who are in chat on, and whoever leaves makes room for one."""
    server = make_server(kind, MAX_CLIENTS=20).start()
    inside = [server.talk() for _ in range(20)]

    def knock() -> int:
        try:
            server.talk()
        except Refused as refused:
            return refused.status if "retry-after" in refused.headers else 0
        return 101

    knocking = [InThread(knock) for _ in range(100)]
    inside[0].send("can you hear it knock?")
    assert [client.receive() for client in inside] == ["can you hear it knock?"] * 20
    assert server.get("/", timeout=2)[0] == 200
    assert [thread.outcome() for thread in knocking] == [503] * 100
    inside[19].close()
    eventually(lambda: knock() == 101)
