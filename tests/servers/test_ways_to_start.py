"""Less common ways to start: each gives the same chat, or says in one line why not."""

from __future__ import annotations

import os
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from chatapp.servers import limits
from chatapp.servers.address import announce

from ..actors import ROOT, Server, eventually
from .test_start import Refusals

NOBODY = 54_321  # a user and a group without an entry in passwd


@pytest.fixture
def refusals(tmp_path: Path, kind: str) -> Refusals:
    return Refusals(tmp_path, kind)


def crosses(server: Server, text: str) -> None:
    """One client sends, and another one receives it."""
    sender, receiver = server.talk(), server.talk()
    sender.send(text)
    assert (sender.receive(), receiver.receive()) == (text, text)
    sender.close()
    receiver.close()


# gunicorn's flags.


def test_an_application_loaded_before_the_fork_serves_after_a_reload_and_after_a_killed_worker(
    make_server: Callable[..., Server],
) -> None:
    """What the fan-out waits with was once opened before the fork: a message was stored, and nobody received it."""
    server = make_server(arguments=("--preload",)).start()
    crosses(server, "before")
    first = server.worker()
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: server.terminal.count("chatapp: open") == 2)
    eventually(lambda: not Path(f"/proc/{first}").exists())
    crosses(server, "after a reload")
    os.kill(server.worker(), signal.SIGKILL)
    eventually(lambda: server.terminal.count("chatapp: open") == 3)
    crosses(server, "after a death")


@pytest.mark.parametrize("kind", ["gunicorn"])
def test_a_configuration_that_was_not_read_is_named(kind: str, tmp_path: Path, refusals: Refusals) -> None:
    for flag in ("--chdir", "--pythonpath"):
        refusals.launch(flag, arguments=(flag, str(ROOT)), folder=tmp_path)
    configuration = ROOT / "gunicorn.conf.py"
    why = f"chatapp: gunicorn has not read its configuration: add -c {configuration}"
    assert refusals.lines() == {"--chdir": why, "--pythonpath": why}


def test_it_starts_in_another_folder_if_the_configuration_is_named(tmp_path: Path) -> None:
    arguments = ("--chdir", str(ROOT), "-c", str(ROOT / "gunicorn.conf.py"))
    server = Server(tmp_path / "data", arguments=arguments, folder=tmp_path).start()
    try:
        crosses(server, "from elsewhere")
    finally:
        server.hang_up()
        assert server.stop() == 0


@pytest.mark.parametrize("kind", ["gunicorn"])
def test_a_second_daemon_says_so_before_it_leaves_the_terminal(kind: str, refusals: Refusals, server: Server) -> None:
    refusals.launch("data", arguments=("--daemon",), environ={"CHATAPP_DATA": str(server.data)})
    refusals.launch("workers", arguments=("--daemon", "-w", "2"))
    lines = refusals.lines()
    assert lines["data"].startswith(f"chatapp: another chatapp is running on {server.data}; ")
    assert lines["workers"].startswith("chatapp: one worker only: ")


def test_a_worker_that_gives_up_being_root_can_use_its_data_and_dies_with_its_master(tmp_path: Path) -> None:
    """The user has no entry in passwd either. Whoever runs the tests without being root starts it as themselves."""
    data = tmp_path / "data"
    data.mkdir()
    arguments: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    if os.geteuid() == 0:
        arguments = ("--user", str(NOBODY), "--group", str(NOBODY))
        # The worker may still read this interpreter, wherever it is installed, and write only what is its own.
        under = (
            "setpriv",
            "--securebits",
            "+no_setuid_fixup",
            "--inh-caps=-dac_override",
            "--bounding-set=-dac_override",
        )
        os.chown(data, NOBODY, NOBODY)
        tmp_path.chmod(0o755)
    server = Server(data, arguments=arguments, under=under, environ={"HOME": ""}).start()
    worker = server.worker()
    try:
        assert os.geteuid() != 0 or {path.stat().st_uid for path in data.iterdir()} == {NOBODY}
        crosses(server, "as nobody")
    finally:
        server.hang_up()
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    eventually(lambda: not Path(f"/proc/{worker}").exists())


HELD_UP = """
import pathlib, time
from chatapp.log import database

migrate = database.Database.migrate


def held_up(self):
    self.doing = "upgrading the database, step 2 of 3"
    while not pathlib.Path({go!r}).exists():
        time.sleep(0.05)
    migrate(self)


database.Database.migrate = held_up
"""


def test_a_start_that_takes_long_is_told_and_not_taken_for_dead(
    tmp_path: Path, make_server: Callable[..., Server]
) -> None:
    """gunicorn's master ends a worker that gives no sign of life for `--timeout` seconds."""
    go = tmp_path / "go"
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HELD_UP.format(go=str(go)))
    server = make_server(arguments=("--timeout", "2"), environ={"PYTHONPATH": f"{hook}:{ROOT}"})
    process = server.launch()
    told = "chatapp: upgrading the database, step 2 of 3; "
    eventually(lambda: told in server.terminal or process.poll() is not None, 30)
    go.touch()
    eventually(lambda: "chatapp: open" in server.terminal or process.poll() is not None, 30)
    assert "WORKER TIMEOUT" not in server.terminal
    assert server.terminal.count("Booting worker") == 1


# flask run's flags.


@pytest.mark.parametrize("kind", ["flask"])
def test_a_debugger_that_others_can_reach_is_refused(kind: str, refusals: Refusals) -> None:
    refusals.launch("all", arguments=("--debug", "--no-reload", "-h", "0.0.0.0"))
    refusals.launch("reloader", arguments=("--debug", "-h", "::"))
    refusals.launch("debugger", arguments=("--debugger", "-h", "0.0.0.0"))
    assert {line.partition(" for everybody")[0] for line in refusals.lines().values()} == {
        "chatapp: the debugger runs any code"
    }


# The addresses that are printed.


@pytest.fixture
def announced(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    def lines(*bound: object) -> list[str]:
        announce(bound, "/flow")
        return [line.removeprefix("chatapp: ") for line in capsys.readouterr().out.splitlines()]

    return lines


def test_every_socket_is_announced(announced: Callable[..., list[str]]) -> None:
    assert announced(("127.0.0.1", 8000), ("::1", 8001, 0, 0), "/run/chat.sock") == [
        "open http://127.0.0.1:8000 in a browser",
        "open http://[::1]:8001 in a browser",
        "serving on /run/chat.sock, for a proxy",
        "look inside at http://127.0.0.1:8000/flow",
    ]
    assert announced("/run/chat.sock")[1:] == ["look inside at /flow there"]


def test_a_socket_for_both_families_is_announced_for_those_who_have_ipv4_alone(
    announced: Callable[..., list[str]],
) -> None:
    ipv4 = announced(("0.0.0.0", 8000))[0]
    first, *_ = announced(("::", 8000, 0, 0))
    with socket.socket(socket.AF_INET6) as probe:
        both = not probe.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    assert (first == ipv4) == both


# Few open files.


class System:
    """A system that grants no more than `most` open files, whatever its hard limit says."""

    def __init__(self, soft: int, hard: int, most: int):
        self.soft = soft
        self.hard = hard
        self._most = most

    def get(self, _kind: int) -> tuple[int, int]:
        return self.soft, self.hard

    def set(self, _kind: int, wanted: tuple[int, int]) -> None:
        if wanted[0] > self._most:
            raise ValueError("current limit exceeds maximum limit")
        self.soft = wanted[0]


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (System(256, resource.RLIM_INFINITY, most=24_576), 24_576),  # macOS
        (System(256, resource.RLIM_INFINITY, most=10_240), 10_240),
        (System(256, resource.RLIM_INFINITY, most=256), 256),
        (System(1_024, 4_096, most=4_096), 4_096),
        (System(1_024, 524_288, most=20_000), 10_240),
        (System(4_096, 4_096, most=4_096), 4_096),
        (System(resource.RLIM_INFINITY, resource.RLIM_INFINITY, most=0), 1_048_576),
    ],
)
def test_the_limit_on_open_files_is_raised_as_far_as_the_system_allows(system: System, expected: int) -> None:
    assert limits.raise_open_files(system.get, system.set) == expected


def test_a_capacity_far_below_the_setting_is_told_with_what_would_help() -> None:
    assert limits.shortage(10_000, 10_000) is None
    assert limits.shortage(10_000, 5_001) is None
    assert limits.shortage(10_000, 768) == (
        "at most 768 clients at once instead of 10000 (CHATAPP_MAX_CLIENTS):"
        " the limit on open files allows no more; ulimit -n 10256 would"
    )
