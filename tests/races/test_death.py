"""Death: `kill -9` at any moment, of anybody, loses nothing that was acknowledged and doubles nothing."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ..actors import Server, eventually, talk
from .actors import Follower, Poster, check, spoken

BOTH = pytest.mark.parametrize("kind", ["gunicorn", "flask"])
ROUNDS = 5
POSTERS = 8

MakeServer = Callable[..., Server]


@BOTH
def test_kill_nine_under_eight_posters_loses_nothing_and_doubles_nothing(kind: str, make_server: MakeServer) -> None:
    seed = random.randrange(1 << 32)
    print(f"moments of death from seed {seed}")
    moments = random.Random(seed)
    server = make_server(kind).start()
    posters = [Poster(server, f"poster{n}", pause=0.005) for n in range(POSTERS)]
    follower = Follower(server, "follower")
    for player in (*posters, follower):
        player.start()
    for lives in range(ROUNDS):
        eventually(lambda lives=lives: follower.connections > lives)  # type: ignore[misc]
        known = sum(len(poster.acknowledged) for poster in posters)
        eventually(lambda known=known: sum(len(poster.acknowledged) for poster in posters) > known)  # type: ignore[misc]
        time.sleep(moments.uniform(0, 0.5))  # the random moment
        server.kill()
        server.start()
    for poster in posters:
        poster.end()
    log = check(server.data, posters)
    assert len(log) > ROUNDS * POSTERS
    for poster in posters:  # resent in order, stored in order
        assert spoken(log, poster) == [f"{poster.name}-{n}" for n in range(1, len(poster.acknowledged) + 1)]
    follower.wait_for(len(log))
    follower.end()
    assert follower.connections == ROUNDS + 1
    assert follower.seqs == list(range(1, len(log) + 1))


def alive(pid: int) -> bool:
    """Runs, and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_when_only_the_master_is_killed_the_worker_ends_too_and_frees_the_data(make_server: MakeServer) -> None:
    server = make_server().start()
    worker = server.worker()
    clients = [server.enter(f"client{n}") for n in range(3)]
    clients[0].post("kept", nonce="1")
    assert clients[2].hear("message")["text"] == "kept"
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    assert [client.closed() for client in clients] == [1001] * 3
    eventually(lambda: not alive(worker))
    server.start()  # on the same data
    back = server.talk("/chat?name=client0", chat=True)
    assert [event["text"] for event in back.join(after=0)["events"]] == ["kept"]


def test_when_only_the_worker_is_killed_the_chat_goes_on(server: Server) -> None:
    posters = [Poster(server, f"poster{n}", pause=0.005) for n in range(4)]
    follower = Follower(server, "follower")
    for player in (*posters, follower):
        player.start()
    for _ in range(2):
        worker = server.worker()
        eventually(lambda: all(poster.acknowledged for poster in posters))
        os.kill(worker, signal.SIGKILL)
        eventually(lambda worker=worker: _replaced(server, worker))  # type: ignore[misc]
        known = sum(len(poster.acknowledged) for poster in posters)
        eventually(lambda known=known: sum(len(poster.acknowledged) for poster in posters) > known)  # type: ignore[misc]
    for poster in posters:
        poster.end()
    log = check(server.data, posters)
    follower.wait_for(len(log))
    follower.end()
    assert follower.seqs == list(range(1, len(log) + 1))
    assert server.process.poll() is None


def _replaced(server: Server, worker: int) -> bool:
    try:
        return server.worker() != worker and server.answers()
    except IndexError:  # between the two there is none
        return False


def test_a_killed_server_leaves_no_half_made_key_and_no_lock(make_server: MakeServer) -> None:
    """Whatever the moment of the very first start it dies in, the next one starts."""
    server = make_server("flask")
    for after in (0.5, 0.65, 0.8):
        server.launch()
        time.sleep(after)  # the moment
        server.kill()
    server.start()
    assert len((server.data / "secret.key").read_text().strip()) == 64
    client = talk(server.port)
    client.send("alive")
    assert client.receive() == "alive"
    client.close()
