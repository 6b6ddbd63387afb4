"""Two ways to start `python -m …` as a process of its own: as a user does, and from one that has loaded most of it."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from chatapp.servers import limits

WARM = multiprocessing.get_context("forkserver")
WARM.set_forkserver_preload(["chatapp.app", "gunicorn.app.wsgiapp", "gunicorn.workers.gthread", __name__])


class Process(Protocol):
    """What tests use of `subprocess.Popen`."""

    pid: int

    def poll(self) -> int | None:
        """The exit status, or None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit status. Raises subprocess.TimeoutExpired."""

    def send_signal(self, number: int) -> None: ...


class Launch(Protocol):
    """Starts a command in a folder, as the leader of a session of its own; what it says goes to a file."""

    def __call__(self, command: Sequence[str], folder: Path, environ: Mapping[str, str], terminal: Path) -> Process: ...


def cold(command: Sequence[str], folder: Path, environ: Mapping[str, str], terminal: Path) -> Process:
    """As a user does."""
    with terminal.open("wb") as file:
        return subprocess.Popen(
            command, cwd=folder, env=environ, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )


def warm(command: Sequence[str], folder: Path, environ: Mapping[str, str], terminal: Path) -> Process:
    """By a fork: 0.2 s of work instead of 0.9, for tests that look at a chat in use. A Python module's command only."""
    assert command[:2] == [sys.executable, "-m"]
    terminal.touch()
    return Forked(command[2:], folder, environ, terminal)


class Forked:
    """A process made by the forkserver, which is its parent."""

    def __init__(self, command: Sequence[str], folder: Path, environ: Mapping[str, str], terminal: Path):
        self._process = WARM.Process(target=become, args=(command, folder, environ, terminal))
        self._process.start()
        assert self._process.pid
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def become(command: Sequence[str], folder: Path, environ: Mapping[str, str], terminal: Path) -> None:
    """In the forked process: what `python -m` does."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    # With this already set the chat does not start the process anew, which would be the forkserver's command again.
    os.environ.update({**environ, "GLIBC_TUNABLES": limits.NO_THREAD_CACHES})
    file = os.open(terminal, os.O_WRONLY | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.close(file)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = list(command)
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
