"""Faults of the ground: a database that is locked, a disk that is full, and a chat that recovers by itself."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ..actors import NO_RATE_LIMITS, Server, eventually
from .actors import Follower, Poster, check

BOTH = pytest.mark.parametrize("kind", ["gunicorn", "flask"])
POSTERS = 6
# A mount of the server's own: nobody else sees it, and it goes with the server. Without root, in a user namespace.
OWN_MOUNTS = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)), "sh", "-c")
SMALL_DISK = 'mkdir -p "$0" && mount -t tmpfs -o size=3m chatapp "$0" && exec "$@"'


def a_small_disk_can_be_had() -> bool:
    tried = subprocess.run([*OWN_MOUNTS, "mount -t tmpfs -o size=1m chatapp /mnt"], capture_output=True, check=False)
    return tried.returncode == 0


Full = Callable[[Server], Any]
MakeServer = Callable[..., Server]


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """As a backup or a curious `sqlite3` shell does: the write lock, in another process than the server's."""
    with closing(sqlite3.connect(data / "chat.sqlite3", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def disk_full(server: Server) -> Iterator[None]:
    """Every byte of the small disk is taken by somebody else."""
    ballast = disk_of(server) / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4_096)
        except OSError:
            pass
    yield
    ballast.unlink()


@contextmanager
def files_may_not_grow(server: Server) -> Iterator[None]:
    """`ulimit -f`, at run time: a write behind the first 8 KiB of a file fails."""
    before = resource.prlimit(server.worker(), resource.RLIMIT_FSIZE)
    resource.prlimit(server.worker(), resource.RLIMIT_FSIZE, (8_192, before[1]))
    yield
    resource.prlimit(server.worker(), resource.RLIMIT_FSIZE, before)


def disk_of(server: Server) -> Path:
    """The server's data folder as the server sees it."""
    return Path(f"/proc/{server.process.pid}/root{server.data}")


def on_disk(server: Server) -> Path:
    """The data folder as the test sees it. What lies on a disk of the server's own is copied, while nobody writes."""
    if not (server.data / "chat.sqlite3").exists():
        for path in disk_of(server).glob("chat.sqlite3*"):
            shutil.copy(path, server.data)
    return server.data


def healthy(server: Server) -> bool:
    return server.get("/healthz")[0] == 200


def ill(server: Server, reasons: tuple[str, ...]) -> bool:
    """/healthz says 503, and one of these reasons."""
    status, headers, body = server.get("/healthz", timeout=15)
    if status != 503:
        return False
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["code"] == "busy"
    assert any(reason in body.decode() for reason in reasons), body
    return True


def overcome(server: Server, fault: Any, reasons: tuple[str, ...]) -> None:
    """Posters go on through the fault: all of them hear `busy`, and in the end everything is stored once."""
    posters = [Poster(server, f"poster{n}", window=4, pause=0.01) for n in range(POSTERS)]
    follower = Follower(server, "follower")
    for player in (*posters, follower):
        player.start()
    eventually(lambda: all(len(poster.acknowledged) >= 5 for poster in posters))
    process = server.worker()
    with fault:
        eventually(lambda: all(poster.refusals.count("busy") >= 2 for poster in posters), 30)
        eventually(lambda: ill(server, reasons), 30)
        known = sum(len(poster.acknowledged) for poster in posters)
        assert server.get("/")[0] == 200
        assert server.get("/api/rooms/general/messages")[0] == 200  # reading goes on
        newcomer = server.enter("newcomer")  # and so does coming in
        newcomer.say("ping")
        assert newcomer.hear("pong")
        assert sum(len(poster.acknowledged) for poster in posters) == known
    eventually(lambda: healthy(server), 15)
    eventually(lambda: sum(len(poster.acknowledged) for poster in posters) > known)
    for poster in posters:
        poster.end()
        assert set(poster.refusals) == {"busy"}
    log = check(on_disk(server), posters)
    follower.wait_for(len(log))
    follower.end()
    assert follower.seqs == list(range(1, len(log) + 1))
    assert follower.connections == 1  # nobody was thrown out
    assert server.worker() == process  # and nothing was restarted
    assert "Traceback" not in server.terminal


@pytest.mark.parametrize(("kind", "settings"), [("gunicorn", {}), ("flask", {"BUSY_TIMEOUT": 0.3})])
def test_a_database_locked_by_another_process_refuses_for_a_while_and_loses_nothing(
    kind: str, settings: dict[str, float], make_server: MakeServer
) -> None:
    server = make_server(kind, **settings).start()
    overcome(server, locked(server.data), ("database is locked",))


@BOTH
def test_files_that_may_not_grow_refuse_for_a_while_and_lose_nothing(kind: str, make_server: MakeServer) -> None:
    server = make_server(kind, LOG_LEVEL="ERROR").start()  # the terminal is a file here, and may not grow either
    overcome(server, files_may_not_grow(server), ("disk I/O error", "database or disk is full"))


if a_small_disk_can_be_had():  # not in every container; the test above runs everywhere

    @BOTH
    def test_a_full_disk_refuses_for_a_while_and_loses_nothing(kind: str, tmp_path: Path) -> None:
        data = tmp_path / "small"
        under = (*OWN_MOUNTS, SMALL_DISK, str(data))
        server = Server(data, kind=kind, under=under, **NO_RATE_LIMITS, LOG_LEVEL="ERROR").start()
        try:
            overcome(server, disk_full(server), ("database or disk is full", "disk I/O error"))
        finally:
            server.hang_up()
            assert server.stop() == 0


EVERYTHING: list[tuple[str, dict[str, Any]]] = [
    ("post", {"text": "later"}),
    ("edit", {"target": 1, "text": "mended"}),
    ("react", {"target": 1, "emoji": "👍", "on": True}),
    ("pin", {"target": 1, "on": True}),
    ("vote", {"target": 2, "choices": [1]}),
    ("close", {"target": 2}),
    ("delete", {"target": 3}),
    ("configure", {"topic": "the test"}),
]


@pytest.mark.parametrize("fault", [lambda server: locked(server.data), files_may_not_grow])
def test_whatever_one_does_is_refused_for_a_while_and_then_done_once(fault: Full, make_server: MakeServer) -> None:
    server = make_server(LOG_LEVEL="ERROR", BUSY_TIMEOUT=0.3).start()
    _, headers, _ = server.post("/api/me", {"name": "Ana"})
    ana = server.talk(chat=True, Cookie=headers["set-cookie"].partition(";")[0])
    ana.join()
    bia = server.enter("Bia")
    for number, fields in enumerate(({}, {"poll": {"options": ["yes", "no"]}}, {})):
        ana.say("post", room="general", text="before", nonce=str(number), **fields)
        ana.hear("message")

    def do(type: str, fields: dict[str, Any]) -> dict[str, Any]:
        ana.say(type, room="general", nonce=f"the {type}", **fields)
        return ana.hear(nonce=f"the {type}", timeout=15)

    with fault(server):
        answers = [do(*each) for each in EVERYTHING]
        assert [answer.get("code") for answer in answers] == ["busy"] * len(EVERYTHING)
    eventually(lambda: healthy(server), 15)
    done = [do(*each) for each in EVERYTHING]
    assert [event["seq"] for event in done] == list(range(4, 4 + len(EVERYTHING)))
    assert [do(*each) for each in EVERYTHING] == done
    heard = [bia.hear(seq=seq) for seq in range(1, 4 + len(EVERYTHING))]
    assert [event["type"] for event in heard[3:]] == [event["type"] for event in done]
    page = json.loads(server.get("/api/rooms/general/messages")[2])
    first, poll, third, posted = page["messages"]
    assert (first["text"], first["pinned"], len(first["reactions"])) == ("mended", True, 1)
    assert (poll["poll"]["counts"], third["deleted"], posted["text"]) == ([0, 1], True, "later")


def test_a_start_on_a_full_disk_is_refused_with_one_line(tmp_path: Path) -> None:
    """`ulimit -f 0`: not one byte can be written."""
    limit = (
        "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    server = Server(tmp_path / "data", kind="flask")
    ended = subprocess.run(
        [sys.executable, "-c", limit, *Server.COMMANDS["flask"], "-p", "1"],
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"], "CHATAPP_DATA": str(server.data), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert "Traceback" not in said
    assert [line for line in said.splitlines() if "chatapp:" in line] == [
        f"chatapp: the data folder {server.data} cannot be used: File too large (EFBIG)"
    ]
