"""Guards: whether the database is still the one that was opened. What is written into another one, or into a file that
nobody finds any more, must not be acknowledged."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, Protocol

from sqlalchemy import Connection, select

from .epoch import identity_of_tables
from .schema import meta

FILES_INTERVAL = 0.25  # seconds between two looks at the files beside the database; the database is looked at each time
SERVER_INTERVAL = 1.0  # seconds between two questions to PostgreSQL

log = logging.getLogger(__name__)


class Gone(Exception):
    """The database is not the one that was opened, for good; the text says so without naming a path."""


class Guard(Protocol):
    """`gone` is the reason once it was found, and stays: only a restart begins with what is there then."""

    gone: str | None

    def opened(self, connection: Connection) -> None:
        """The database is open, on the connection of the thread that writes: it is this one that is guarded."""

    def check(self, connection: Connection) -> None:
        """Called on that thread after each commit, and now and then without one. Raises Gone, or what the database
        raises if it cannot be asked."""

    def connected(self) -> None:
        """Called by any thread that has opened one more connection. Raises Gone."""


class FileGuard:
    """Guards a SQLite file and the two that SQLite keeps beside it. `seen` gets the file's status at each check."""

    def __init__(self, path: Path, seen: Callable[[os.stat_result], object]):
        self.gone: str | None = None
        self._path = str(path)
        self._seen = seen
        self._beside: list[str] = []
        self._known: dict[str, tuple[int, int]] = {}
        self._watched_at = 0.0

    def opened(self, connection: Connection) -> None:
        real = os.path.realpath(self._path)
        self._beside = [f"{real}-wal", f"{real}-shm"]
        self._known = {path: _identity(os.stat(path)) for path in (self._path, *self._beside)}

    def check(self, connection: Connection) -> None:
        if not self._known:
            return  # nobody has opened it to guard it
        self._seen(self._look(self._path))
        now = time.monotonic()
        if now - self._watched_at >= FILES_INTERVAL:
            self._watched_at = now
            for path in self._beside:
                self._look(path)

    def connected(self) -> None:
        if self._known:
            self._look(self._path)

    def _look(self, path: str) -> os.stat_result:
        if self.gone:
            raise Gone(self.gone)
        try:
            status = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            self._lose(path, "was deleted or moved away")
        if _identity(status) != self._known[path]:
            self._lose(path, "was replaced by another file")
        return status

    def _lose(self, path: str, what: str) -> NoReturn:
        self.gone = "the database was deleted, moved or replaced while the server was running"
        log.critical(
            "%s %s while the chat was running. Nothing is stored or acknowledged any more."
            " Stop the server, put the right files in place, and start it again.",
            path,
            what,
        )
        raise Gone(self.gone)


class ServerGuard:
    """Guards a PostgreSQL database: its tables are the ones that were opened, and the lock on it is ours. `claim` takes
    the lock if it was lost with its connection, and says whether it is ours now."""

    def __init__(self, claim: Callable[[], bool]):
        self.gone: str | None = None
        self._claim = claim
        self._known: tuple[Any, ...] = ()
        self._watched_at = 0.0
        self._driver: object = None

    def opened(self, connection: Connection) -> None:
        self._known = self._identify(connection)

    def check(self, connection: Connection) -> None:
        """After a commit on another connection than before, and otherwise once in SERVER_INTERVAL."""
        if self.gone:
            raise Gone(self.gone)
        now = time.monotonic()
        driver = connection.connection.dbapi_connection
        if driver is self._driver and now - self._watched_at < SERVER_INTERVAL:
            return
        if self._identify(connection) != self._known:
            self._lose("the database was replaced by another while the server was running")
        if not self._claim():
            self._lose("another server has taken this database over")
        self._watched_at, self._driver = now, driver

    def connected(self) -> None:
        pass  # which tables a connection sees is asked on the writer's

    def _identify(self, connection: Connection) -> tuple[Any, ...]:
        try:
            return identity_of_tables(connection), connection.execute(
                select(meta.c.value).where(meta.c.key == "epoch")
            ).scalar()
        finally:
            connection.rollback()

    def _lose(self, why: str) -> NoReturn:
        self.gone = why
        log.critical("%s. Nothing is stored or acknowledged any more. Stop the server, and start it again.", why)
        raise Gone(why)


class NoGuard:
    """For a database that is neither: SQLite in memory, or behind an address of its own."""

    gone: str | None = None

    def opened(self, connection: Connection) -> None:
        pass

    def check(self, connection: Connection) -> None:
        pass

    def connected(self) -> None:
        pass


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
