"""The servers that are compared, and how each is started: ours as users do it, peers as their documentation says."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..actors import NO_RATE_LIMITS, ROOT, Server, eventually, free_port
from . import machine
from .crowd import Crowd
from .ear import Client, Ear
from .wire import DIALECTS

OURS = "chatapp"
PEERS = Path(__file__).parent / "peers"
NODE_MODULES = ROOT / ".bench" / "node_modules"
SPARE = 64  # threads and connections over the number of clients


class NotStarted(Exception):
    """The server ended, or does not listen."""


@dataclass(frozen=True)
class Peer:
    """`kind` says how its file is started: by Python, by Node, or as a module by gunicorn with a thread a client."""

    title: str
    kind: str
    file: str
    needs: str  # the package without which it cannot run
    dialect: str = "plain"

    def installed(self) -> bool:
        if self.kind == "node":
            return shutil.which("node") is not None and (NODE_MODULES / self.needs).is_dir()
        return importlib.util.find_spec(self.needs) is not None

    def command(self, port: int, clients: int) -> list[str]:
        if self.kind == "node":
            return ["node", str(PEERS / self.file), str(port)]
        if self.kind == "python":
            return [sys.executable, str(PEERS / self.file), str(port)]
        crowd = ["--threads", str(clients + SPARE), "--worker-connections", str(clients + 2 * SPARE)]
        where = ["-b", f"127.0.0.1:{port}", "--log-level", "warning", f"{Path(self.file).stem}:app"]
        return [sys.executable, "-m", "gunicorn", "-k", "gthread", *crowd, *where]


ALL: dict[str, Peer | None] = {
    OURS: None,
    "flask-sock": Peer("flask-sock, naive", "gunicorn", "flask_sock_naive.py", "flask_sock"),
    "flask-socketio": Peer(
        "Flask-SocketIO, threading", "gunicorn", "flask_socketio_threading.py", "flask_socketio", "socketio"
    ),
    "fastapi": Peer("FastAPI on uvicorn", "python", "fastapi_uvicorn.py", "fastapi"),
    "websockets": Peer("`websockets` broadcast", "python", "websockets_broadcast.py", "websockets"),
    "aiohttp": Peer("aiohttp, uvloop", "python", "aiohttp_uvloop.py", "aiohttp"),
    "picows": Peer("picows, uvloop", "python", "picows_server.py", "picows"),
    "ws": Peer("Node `ws`", "node", "node_ws.js", "ws"),
}


def title(name: str) -> str:
    peer = ALL[name]
    return peer.title if peer else "**chatapp**, every message synced"


def installed(name: str) -> bool:
    peer = ALL[name]
    return peer is None or peer.installed()


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    port: int
    pids: list[int]
    dialect: str
    rooms: list[str]


@contextmanager
def running(name: str, *, rooms: int, clients: int, folder: Path) -> Iterator[Running]:
    """Starts it in `folder`, with its terminal in a file there; kills it and all its children at the end."""
    peer = ALL[name]
    with _ours(rooms, folder) if peer is None else _peer(peer, rooms, clients, folder) as started:
        yield started


@contextmanager
def _ours(rooms: int, folder: Path) -> Iterator[Running]:
    server = Server(folder / "data", MAX_CLIENTS_PER_ADDRESS=100_000, **NO_RATE_LIMITS)
    try:
        try:
            server.start()
        except AssertionError:
            raise NotStarted("no line with its address, or it ended") from None
        slugs = ["general"]
        if rooms > 1:
            slugs = [server.open_room(f"bench {number}") for number in range(rooms)]
        yield Running(server.port, machine.family(server.process.pid), "plain", slugs)
    finally:
        if server.launched:
            server.kill()


@contextmanager
def _peer(peer: Peer, rooms: int, clients: int, folder: Path) -> Iterator[Running]:
    port = free_port()
    with (folder / "terminal").open("wb") as output:
        process = subprocess.Popen(
            peer.command(port, clients),
            cwd=PEERS,  # and not the repository's root, where gunicorn would read our configuration
            env=os.environ | {"NODE_PATH": str(NODE_MODULES), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        try:
            eventually(lambda: process.poll() is not None or _lets_in(port, peer.dialect), 30)
        except AssertionError:
            raise NotStarted("it lets nobody in") from None
        if process.poll() is not None:
            raise NotStarted("it ended")
        slugs = [f"bench-{number}" for number in range(rooms)]
        yield Running(port, machine.family(process.pid), peer.dialect, slugs)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _lets_in(port: int, dialect: str) -> bool:
    """Tried with a first client: gunicorn listens long before its worker is there."""
    client = Client(0, 0)
    spoken = DIALECTS[dialect]
    crowd = Crowd(port, spoken, ["general"], Ear(spoken))
    try:
        crowd.connect([client])
    except OSError:
        return False
    crowd.cut([client])
    return crowd.reasons.total() == 0
