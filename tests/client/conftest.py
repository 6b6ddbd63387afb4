"""A terminal with a program of ours in it, and a line to the server that loses answers."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from threading import Thread
from typing import Any

import pytest

from ..actors import PATIENCE, ROOT, Server, eventually

# What moves the cursor, colours, and asks the terminal: ECMA-48's control sequences, and the window's title.
SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[=>78]|\x1b\][^\x07]*\x07")


class Terminal:
    """`flask …` in a terminal of 100 columns, driven by the keys one presses; everything it ever showed is kept."""

    def __init__(self, *arguments: str, environ: Mapping[str, str] | None = None):
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        own = {name: value for name, value in os.environ.items() if not name.startswith(("CHATAPP_", "FLASK_"))}
        own |= {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT,
            env=own | dict(environ or {}),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self._raw = b""
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def raw(self) -> bytes:
        """As it came, with what speaks to the terminal."""
        return self._raw

    @property
    def shown(self) -> str:
        """What was written on it, in the order of time."""
        return SEQUENCES.sub("", self._raw.decode(errors="replace")).replace("\r", "")

    def shows(self, text: str, timeout: float = PATIENCE) -> None:
        """Waits until that has been written."""
        try:
            eventually(lambda: text in self.shown or self._failed(text), timeout)
        except AssertionError:
            raise AssertionError(f"{text!r} is not in {self.shown!r}") from None

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def enter(self, line: str) -> None:
        self.press(line + "\r")

    def ends(self) -> int:
        """Waits for the program's end; gives its status."""
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self._reader.join(PATIENCE)
        os.close(self._master)

    def _read(self) -> None:
        while True:
            try:
                if select.select([self._master], [], [], 0.1)[0]:
                    received = os.read(self._master, 65_536)
                    self._raw += received
                    if not received:
                        return
                elif self.process.poll() is not None:
                    return
            except OSError:  # the program, which had the other end, is gone
                return

    def _failed(self, text: str) -> bool:
        assert self.process.poll() is None or text in self.shown, self.shown
        return False


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Opens terminals; all are closed at the end."""
    opened: list[Terminal] = []

    def make(*arguments: str, environ: Mapping[str, str] | None = None) -> Terminal:
        opened.append(Terminal(*arguments, environ=environ))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


class Relay:
    """A line to a server: `deaf` loses what the server says, `cut` ends the connections on it."""

    def __init__(self, server: Server):
        self._server = server
        self.deaf = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        for pair in self._pairs:
            for sock in pair:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it has ended by itself

    def close(self) -> None:
        self.cut()
        self._listener.close()
        for pair in self._pairs:
            for sock in pair:
                sock.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server.port))
            except OSError:
                return
            self._pairs.append((client, server))
            Thread(target=self._pass, args=(client, server, lambda: False), daemon=True).start()
            Thread(target=self._pass, args=(server, client, lambda: self.deaf), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket, loses: Callable[[], bool]) -> None:
        try:
            while received := source.recv(65_536):
                if not loses():
                    sink.sendall(received)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # cut


@pytest.fixture
def relay() -> Iterator[Callable[[Server], Relay]]:
    """Lays lines to servers."""
    laid: list[Relay] = []

    def make(server: Server) -> Relay:
        laid.append(Relay(server))
        return laid[-1]

    yield make
    for each in laid:
        each.close()


def texts_of(server: Server, room: str = "general") -> list[Any]:
    """What is stored in a room, oldest first."""
    return [each["text"] for each in json.loads(server.get(f"/api/rooms/{room}/messages?limit=200")[2])["messages"]]
