"""Birth and death: opens the log, starts the threads, and ends everything in under two seconds."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from .flow.collector import Collector
from .lab.lab import Lab
from .live.fanout import FanOut
from .live.frames import GOING_AWAY
from .live.heartbeat import Heartbeat
from .live.hub import Hub
from .log.database import Database, LogError
from .log.history import History
from .log.indexer import Indexer
from .log.journal import Journal
from .model import Refusal
from .secret import secret_key
from .slow_start import SlowStart
from .terminal import Terminal
from .text.rendering import Renderer
from .vitals import Vitals

if TYPE_CHECKING:
    from flask import Flask

# How the two seconds of a stop are spent, in seconds at most; each step is normally far shorter.
STOP_TIME = 1.3  # for all of it, so that gunicorn's own end has its share
COMMIT_TIME = 0.7  # to commit and deliver what was accepted
GOODBYE_TIME = 0.5  # for the clients to answer 1001
LAST_TIME = 0.2  # for the handlers of those who did not, to end

log = logging.getLogger(__name__)


class StartError(Exception):
    """The chat cannot start; the text is one line for the operator."""


class DataLock:
    """The lock beside the log: two servers on one log would split the rooms."""

    def __init__(self, path: Path):
        self._path = path
        self._descriptor: int | None = None

    @classmethod
    def check(cls, path: Path, *, patience: float) -> None:
        """Raises StartError if another server holds the lock and does not leave it within `patience` seconds."""
        if path.parent.is_dir():
            lock = cls(path)
            try:
                lock.take(patience, create=False)
            except OSError:
                return  # nobody has made it yet, or the start itself says why, in a moment
            lock.release()

    def take(self, timeout: float = 0.0, *, create: bool = True) -> None:
        """Takes the lock, waiting `timeout` seconds for another server that is just stopping. Raises StartError.

        With `create` false a missing file raises FileNotFoundError: a master that runs as root must not make the file
        that its worker, as another user, has to open.
        """
        flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0)
        descriptor = os.open(self._path, flags, 0o600)
        deadline = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    raise StartError(
                        f"another chatapp is running on {self._path.parent};"
                        " stop it, or set CHATAPP_DATA to another folder"
                    ) from None
                time.sleep(0.05)
            else:
                self._descriptor = descriptor
                return

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@dataclass(frozen=True)
class Parts:
    """What lives: built by `create_app`, started and stopped here."""

    folder: Path
    lock_file: Path
    database: Database
    history: History
    journal: Journal
    indexer: Indexer
    hub: Hub
    fanout: FanOut
    heartbeat: Heartbeat
    collector: Collector
    terminal: Terminal
    laboratory: Lab
    renderer: Renderer
    vitals: Vitals


class Lifecycle:
    """Starts the parts once and stops them once. Whoever serves first starts: the server, or the first request."""

    def __init__(self, app: Flask, parts: Parts, *, look_inside: str | None = None):
        self.look_inside = look_inside  # the path at which the operator sees what happens in here
        self._app = app
        self._parts = parts
        self._lock = Lock()  # guards the two below
        self._started = False
        self._stopping = False
        self._data_lock = DataLock(parts.lock_file)
        self._be_gone: Callable[[], object] = lambda: None
        parts.vitals.end = self._end

    def init_app(self) -> None:
        """Makes the first request start what no server has started yet."""
        self._app.extensions["chatapp"] = self
        serve = self._app.wsgi_app

        def started(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if not self._started:
                self.start()
            return serve(environ, start_response)

        self._app.wsgi_app = started  # type: ignore[method-assign]  # Flask documents replacing it so

    @property
    def hub(self) -> Hub:
        return self._parts.hub

    def start(self, *, patience: float = 0.0, alive: Callable[[], None] = lambda: None) -> None:
        """Opens the log and starts the threads; a second call does nothing.

        `patience` is how long to wait for another server on the same data that is stopping, in seconds. `alive` is
        called every second while that takes long, on a thread of its own.
        Raises StartError, one line.
        """
        with self._lock:
            if self._started:
                return
            parts = self._parts
            with SlowStart(alive, lambda: parts.database.doing):
                self._open(patience)
            parts.terminal.start()
            parts.fanout.start()
            parts.journal.start()
            parts.indexer.start()
            parts.heartbeat.start()
            self._started = True

    def _open(self, patience: float) -> None:
        parts = self._parts
        try:
            parts.folder.mkdir(parents=True, exist_ok=True)
            self._data_lock.take(patience)
            if not self._app.secret_key:
                self._app.secret_key = secret_key(parts.folder)
        except OSError as error:
            self._data_lock.release()
            why = errno.errorcode.get(error.errno or 0, "")
            at = Path(error.filename or parts.folder)
            in_folder = at.is_relative_to(parts.folder) or parts.folder.is_relative_to(at)
            what = f"the data folder {parts.folder}" if in_folder else f"{at}, beside the database,"
            raise StartError(f"{what} cannot be used: {error.strerror} ({why})") from None
        try:
            parts.database.claim(patience)
            parts.database.migrate()
            parts.hub.begin(parts.history.heads())  # what is in the log counts as told
        except LogError as error:
            self._data_lock.release()
            raise StartError(str(error)) from None
        except Refusal as refusal:
            self._data_lock.release()
            raise StartError(f"the database cannot be read: {refusal.values['reason']}") from None

    def stop(self) -> None:
        """Commits and delivers what was accepted, tells everyone 1001, and ends the threads; bounded in time."""
        with self._lock:
            if not self._started or self._stopping:
                return
            self._stopping = True
        parts = self._parts
        deadline = time.monotonic() + STOP_TIME

        def left(most: float) -> float:
            return max(0.0, min(most, deadline - LAST_TIME - time.monotonic()))

        clients = parts.hub.close()
        parts.journal.stop(left(COMMIT_TIME))
        parts.indexer.stop(LAST_TIME)
        parts.fanout.finish(left(COMMIT_TIME))
        parts.collector.close()
        for client in clients:
            client.outbox.close(GOING_AWAY, "the server is stopping")
        if not parts.hub.wait_empty(left(GOODBYE_TIME)):
            for client in parts.hub.clients():
                client.outbox.cut()
            parts.hub.wait_empty(LAST_TIME)
        parts.fanout.stop(LAST_TIME)
        parts.heartbeat.stop(LAST_TIME)
        parts.laboratory.stop(LAST_TIME)
        parts.renderer.close()
        log.info("Stopped; %d clients were told", len(clients))
        parts.database.close()
        self._data_lock.release()
        parts.terminal.stop()

    def on_death(self, be_gone: Callable[[], object]) -> None:
        """What ends the process when a vital thread has died, after everybody was told. Without it the chat stops, and
        says at /healthz why."""
        self._be_gone = be_gone

    def _end(self) -> None:
        """On the thread that has died: has others do what would wait for it."""
        Thread(target=self._give_up, name="give-up", daemon=True).start()

    def _give_up(self) -> None:
        if self._stopping:
            return  # it ends anyway
        stop = Thread(target=self.stop, name="stop", daemon=True)
        stop.start()
        stop.join(STOP_TIME + LAST_TIME)
        self._parts.terminal.stop()
        self._be_gone()

    @property
    def stopping(self) -> bool:
        return self._stopping
