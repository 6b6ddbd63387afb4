"""The start: the two commands as the README gives them, what they make and print, and what they refuse."""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import pytest

from chatapp.config import FLASK_SETTINGS, Settings

from ..actors import ROOT, Server, eventually, free_port

BOTH = pytest.mark.parametrize("kind", ["gunicorn", "flask"])
START_TIME = 30.0  # seconds until a server that should refuse has ended
NOWHERE = "/proc/chatapp"  # where nobody may make a folder, root neither

WRONG = {
    "PROXY_HOPS": "-1",
    "MAX_CLIENTS_PER_ADDRESS": "0",
    "OUTBOXES_LIMIT": "1",
    "DATA": NOWHERE,
    "DATABASE_URL": "mysql://somewhere/chat",
    "ORIGINS": "chat.example",
    "MAX_CLIENTS": "0",
    "RATE_LIMIT": "fast",
    "RATE_BURST": "1.5",
    "ADDRESS_REQUESTS": "200",
    "ADDRESS_HANDSHAKES": "20/0",
    "ADDRESS_CPU": "25%",
    "ADDRESS_COMMANDS": "fast/1",
    "ADDRESS_POSTS": "-50/300",
    "ADDRESS_PEOPLE": "true",
    "ADDRESS_ROOMS": "0/30",
    "ADDRESS_PREVIEWS": "null",
    "ADDRESS_SEARCHES": "[10, 300]",
    "ADDRESS_MENTIONS_OF_ALL": "0.1/20/5",
    "TEXT_LIMIT": "true",
    "FRAME_LIMIT": "",
    "OUTBOX_LIMIT": "1",
    "ROOMS_LIMIT": "null",
    "MAX_ROOMS": "0",
    "QUEUE_LIMIT": "[]",
    "BUSY_TIMEOUT": "NaN",
    "PING_INTERVAL": "-1",
    "PING_TIMEOUT": "10",  # less than the interval
    "PRESENCE_LINGER": "{}",
    "FLOW": "perhaps",
    "LAB": "perhaps",
    "OFFLINE": "perhaps",
    "LOG_LEVEL": "loud",
    "SECRET_KEY": "[1]",
    "SESSION_COOKIE_NAME": "a b;c",
    "SESSION_COOKIE_SECURE": "maybe",
    "TESTING": "1",
    "DEBUG": "on",
}

# gunicorn reads them at another moment, but in the same way: one of each kind.
WRONG_UNDER = {
    "flask": list(WRONG),
    "gunicorn": [
        "DATA",
        "DATABASE_URL",
        "ORIGINS",
        "MAX_CLIENTS",
        "RATE_LIMIT",
        "PING_TIMEOUT",
        "LOG_LEVEL",
        "SECRET_KEY",
    ],
}


class Verbatim(Server):
    """The very command of the README, in a copy of the tree, without a flag and without a variable."""

    LINES: ClassVar = {"gunicorn": ("gunicorn -k gthread wsgi:app", 8000), "flask": ("flask run", 5000)}

    def __init__(self, tree: Path, kind: str):
        super().__init__(tree / "instance", kind=kind)
        self._tree = tree
        for name in ("chatapp", "templates", "static"):
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("wsgi.py", "gunicorn.conf.py"):
            shutil.copy(ROOT / name, tree / name)

    def launch(self) -> subprocess.Popen[bytes]:
        line, self.port = self.LINES[self.kind]
        if not _is_free(self.port):  # somebody on this machine has it: the one flag that cannot be avoided
            self.port = free_port()
            line += f" -b 127.0.0.1:{self.port}" if self.kind == "gunicorn" else f" -p {self.port}"
        environ = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": os.environ.get("HOME", "/")}
        with self._terminal.open("wb") as terminal:
            self._process = subprocess.Popen(
                shlex.split(line),
                cwd=self._tree,
                env=environ,
                stdout=terminal,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self._process


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@BOTH
def test_the_command_of_the_readme_makes_its_data_and_serves_two_hundred_at_once(kind: str, tmp_path: Path) -> None:
    tree = tmp_path / "chat"
    tree.mkdir()
    server = Verbatim(tree, kind)
    server.start()
    try:
        here = f"http://127.0.0.1:{server.port}"
        where, inside = [line for line in server.terminal.splitlines() if "chatapp:" in line]
        assert where == f"chatapp: open {here} in a browser"
        assert inside.startswith(f"chatapp: look inside at {here}/flow#key=")
        assert server.get(inside.removeprefix(f"chatapp: look inside at {here}"))[0] == 200
        made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tree / "instance").iterdir()}
        assert made["secret.key"] == 0o600
        assert "chat.sqlite3" in made
        everybody = [server.talk() for _ in range(200)]
        assert server.get("/", timeout=2)[0] == 200
        assert server.get("/healthz", timeout=2)[0] == 200
        everybody[0].send("to all of you")
        assert [client.receive() for client in everybody] == ["to all of you"] * 200
    finally:
        server.hang_up()
        status = server.stop()
    assert status == 0
    assert "Traceback" not in server.terminal


@BOTH
def test_a_second_start_keeps_the_key_and_the_messages(kind: str, make_server: Callable[..., Server]) -> None:
    server = make_server(kind).start()
    key = (server.data / "secret.key").read_text()
    posted = server.post("/api/rooms/general/messages", {"text": "still here", "nonce": "1"})
    assert posted[0] == 201
    assert server.stop() == 0
    server.start()
    assert (server.data / "secret.key").read_text() == key
    assert b"still here" in server.get("/api/rooms/general/messages")[2]


@BOTH
def test_the_key_and_the_database_are_read_by_their_owner_alone(kind: str, make_server: Callable[..., Server]) -> None:
    """Whatever the umask: the messages are nobody else's business on a shared machine either."""
    server = make_server(kind).start()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in server.data.iterdir()}
    assert modes["secret.key"] == 0o600
    assert not {name: oct(mode) for name, mode in modes.items() if name.startswith("chat.sqlite3") and mode & 0o077}


class Refusals:
    """Servers that must not start, launched side by side."""

    def __init__(self, folder: Path, kind: str):
        self._folder = folder
        self._kind = kind
        self._servers: dict[str, Server] = {}

    def launch(self, case: str, **options: Any) -> Path:
        """One more; gives its data folder."""
        data = self._folder / str(len(self._servers)) / "data"
        data.parent.mkdir()
        self._servers[case] = Server(data, kind=self._kind, **options)
        self._servers[case].launch()
        return data

    def lines(self) -> dict[str, str]:
        """Case by case the one line in which the server said why not; anything else about its end is said instead."""
        return {case: self._line(server) for case, server in self._servers.items()}

    @staticmethod
    def _line(server: Server) -> str:
        try:
            status = server.process.wait(START_TIME)
        except subprocess.TimeoutExpired:
            server.kill()
            return "it went on:\n" + server.terminal
        said = [line for line in server.terminal.splitlines() if line.startswith("chatapp: ")]
        if status == 0 or len(said) != 1 or "Traceback" in server.terminal:
            return f"exit status {status}:\n{server.terminal}"
        return said[0]


@pytest.fixture
def refusals(tmp_path: Path, kind: str) -> Refusals:
    return Refusals(tmp_path, kind)


def test_there_is_a_wrong_value_for_every_setting() -> None:
    assert WRONG.keys() == {setting.name for setting in fields(Settings)} | FLASK_SETTINGS.keys()


@BOTH
def test_every_wrong_setting_stops_the_start_with_one_line_that_names_it(kind: str, refusals: Refusals) -> None:
    for name in WRONG_UNDER[kind]:
        refusals.launch(name, environ={f"CHATAPP_{name}": WRONG[name]})
    names = {name: f"CHATAPP_{name}=" for name in WRONG} | {"DATA": NOWHERE}
    assert not {name: line for name, line in refusals.lines().items() if names[name] not in line}


def garbage(data: Path) -> None:
    (data / "chat.sqlite3").write_bytes(b"This is no database. " * 1_000)


def a_folder_as_database(data: Path) -> None:
    (data / "chat.sqlite3").mkdir()


def another_programs_database(data: Path) -> None:
    with closing(sqlite3.connect(data / "chat.sqlite3")) as connection:
        connection.execute("CREATE TABLE rooms (number INTEGER)")


def a_newer_database(data: Path) -> None:
    _with_version(data, "9999")


def tables_that_are_gone(data: Path) -> None:
    _with_version(data, "0002")


def _with_version(data: Path, version: str) -> None:
    with closing(sqlite3.connect(data / "chat.sqlite3")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES (?)", (version,))
        connection.commit()


def a_file_as_folder(data: Path) -> None:
    data.rmdir()
    data.write_text("")


def a_folder_as_key(data: Path) -> None:
    (data / "secret.key").mkdir()


def a_key_that_is_no_text(data: Path) -> None:
    (data / "secret.key").write_bytes(bytes(range(128, 256)))


def a_folder_as_lock(data: Path) -> None:
    (data / "chatapp.lock").mkdir()


UNUSABLE: dict[Callable[[Path], None], str] = {
    garbage: "chatapp: the database cannot be opened: file is not a database",
    a_folder_as_database: "chatapp: the database cannot be opened: unable to open database file",
    another_programs_database: "chatapp: the database cannot be opened: table rooms already exists",
    a_newer_database: "chatapp: the database is of another version of chatapp: ",
    tables_that_are_gone: "chatapp: the database cannot be opened: no such table: events",
    a_file_as_folder: "(EEXIST)",
    a_folder_as_key: "(EISDIR)",
    a_key_that_is_no_text: "secret.key",
    a_folder_as_lock: "(EISDIR)",
}


@BOTH
def test_data_that_cannot_be_used_stop_the_start_with_one_line_that_says_why(
    kind: str, tmp_path: Path, refusals: Refusals
) -> None:
    for spoil in UNUSABLE:
        data = tmp_path / f"{spoil.__name__}-of-{kind}"
        data.mkdir()
        spoil(data)
        refusals.launch(spoil.__name__, environ={"CHATAPP_DATA": str(data)})
    expected = {spoil.__name__: why for spoil, why in UNUSABLE.items()}
    assert not {case: line for case, line in refusals.lines().items() if expected[case] not in line}


@pytest.mark.parametrize("kind", ["gunicorn"])
def test_several_workers_are_refused_and_told_why(kind: str, refusals: Refusals) -> None:
    refusals.launch("-w 2", arguments=("-w", "2"))
    refusals.launch("WEB_CONCURRENCY=2", environ={"WEB_CONCURRENCY": "2"})
    refusals.launch("GUNICORN_CMD_ARGS", environ={"GUNICORN_CMD_ARGS": "--workers 3"})
    lines = refusals.lines()
    assert not {case: line for case, line in lines.items() if "one worker only: two would split every room" not in line}
    assert all("-w 1" in line and "WEB_CONCURRENCY" in line and "Redis" in line for line in lines.values())


@pytest.mark.parametrize("kind", ["flask"])
def test_a_server_without_threads_is_refused(kind: str, refusals: Refusals) -> None:
    refusals.launch("flag", arguments=("--without-threads",))
    assert refusals.lines()["flag"].startswith("chatapp: it needs threads: ")


@BOTH
def test_a_certificate_is_refused(kind: str, tmp_path: Path, refusals: Refusals) -> None:
    (tmp_path / "pem").write_text("")
    names = ("--certfile", "--keyfile") if kind == "gunicorn" else ("--cert", "--key")
    refusals.launch("certificate", arguments=(names[0], str(tmp_path / "pem"), names[1], str(tmp_path / "pem")))
    line = refusals.lines()["certificate"]
    assert line == "chatapp: no certificate here: TLS ends in a proxy (nginx, Caddy); see the README"


def test_a_second_server_on_the_same_data_is_refused_and_the_first_goes_on(tmp_path: Path, server: Server) -> None:
    clients = [server.talk() for _ in range(2)]
    same = {"CHATAPP_DATA": str(server.data)}
    intruders = {kind: Refusals(tmp_path / kind, kind) for kind in ("gunicorn", "flask")}
    for kind, refusals in intruders.items():
        (tmp_path / kind).mkdir()
        refusals.launch(kind, environ=same)
    why = f"chatapp: another chatapp is running on {server.data}; stop it, or set CHATAPP_DATA to another folder"
    assert {kind: refusals.lines() for kind, refusals in intruders.items()} == {kind: {kind: why} for kind in intruders}
    clients[0].send("unharmed")
    assert [client.receive() for client in clients] == ["unharmed"] * 2


def test_one_worker_more_is_not_started_at_run_time_either(server: Server) -> None:
    worker = server.worker()
    server.process.send_signal(signal.SIGTTIN)
    eventually(lambda: "one worker only" in server.terminal)
    server.process.send_signal(signal.SIGTTOU)  # handled in order: when it is named, the first one is done with
    eventually(lambda: "Handling signal: ttou" in server.terminal)
    assert server.worker() == worker
    assert len(re.findall("Booting worker", server.terminal)) == 1
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    assert children == [str(worker)]
    assert server.answers()


@BOTH
def test_threads_keep_nothing_for_themselves_of_what_they_free(kind: str, make_server: Callable[..., Server]) -> None:
    """glibc's caches of each thread can be left out from the start alone: the process began a second time."""
    server = make_server(kind).start()
    environ = Path(f"/proc/{server.worker()}/environ").read_text().split("\0")
    expected = ["GLIBC_TUNABLES=glibc.malloc.tcache_count=0"] if "glibc" in platform.libc_ver()[0] else []
    assert [line for line in environ if line.startswith("GLIBC_TUNABLES")] == expected


@BOTH
def test_who_has_tunables_of_their_own_keeps_them(kind: str, tmp_path: Path) -> None:
    for own, then in {
        "glibc.malloc.perturb=0": "glibc.malloc.tcache_count=0:glibc.malloc.perturb=0",
        "glibc.malloc.tcache_count=3": "glibc.malloc.tcache_count=3",
    }.items():
        server = Server(tmp_path / then[-1], kind=kind, environ={"GLIBC_TUNABLES": own}).start()
        try:
            environ = Path(f"/proc/{server.worker()}/environ").read_text()
        finally:
            server.stop()
        assert f"GLIBC_TUNABLES={then}" in environ.replace("\0glibc.", ":glibc.")  # glibc itself cuts it at the colons
