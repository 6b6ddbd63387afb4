"""Checkpoints: when SQLite's write-ahead log is taken over into the database, and how long its file may stay.

The journal makes them itself, after the posts of a commit were acknowledged: SQLite would make them within the commit,
for some 20 ms. Each one gives the file a new number, by which `Continuity` knows which write-ahead log belongs to it.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from . import wal
from .continuity import Continuity, new_number
from .transaction import run

RETRY_INTERVAL = 1.0  # seconds between two attempts while somebody reads from the write-ahead log for long
LONG = 4 * wal.SIZE  # bytes of its file over which it is cut; a batch of long messages makes it longer than SIZE


class Checkpoints:
    """Owns the write-ahead log of one database. All calls come from the thread that writes."""

    def __init__(self, path: Path, continuity: Continuity, *, busy_timeout: float):
        self._path = path
        self._continuity = continuity
        self._busy_timeout = busy_timeout
        self._wal_path = ""
        self._gauge: wal.Gauge | None = None
        self._left = False  # a part of the log could not be taken over
        self._number = 0  # `PRAGMA user_version`: odd between two checkpoints
        self._look_at = 0.0

    def mark(self, connection: Connection) -> None:
        """Before anything is changed: has the log begin with the number and the tables of the file, by which it is
        known to be that file's. Raises DBAPIError."""
        [(number,)] = run(connection, "PRAGMA user_version")
        self._set_number(connection, number)

    def begin(self, connection: Connection) -> None:
        """The database has this version's tables: gives the file this run's number. Raises DBAPIError."""
        self._wal_path = os.path.realpath(self._path) + "-wal"
        [(before,)] = run(connection, "PRAGMA user_version")
        self._continuity.begin(before, number := new_number())
        run(connection, f"PRAGMA schema_version = {number}")  # copies that SQLite makes have another one
        self._set_number(connection, number)
        [(page_size,)] = run(connection, "PRAGMA page_size")
        self._cut(connection, self._busy_timeout)
        small = self._size() < wal.SIZE  # `lengthen` found no room
        pages = wal.FULL_PAGES_ON_A_SMALL_DISK if small else wal.FULL_PAGES
        self._gauge = wal.Gauge(self._wal_path, page_size, pages)

    def tend(self, connection: Connection) -> None:
        """Makes a checkpoint if one is due; cuts a log that grew while somebody read from it. Raises DBAPIError."""
        if self._gauge and self._gauge.full():
            self._gauge.emptied()
            self._checkpoint(connection)
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + RETRY_INTERVAL
        if self._size() > LONG:
            self._cut(connection, 0.0)
        elif self._left:
            self._checkpoint(connection)

    def empty(self, connection: Connection, timeout: float) -> bool:
        """Takes all of the log over and cuts its file. False: somebody reads from it for longer than `timeout` seconds,
        or something else is in the way."""
        try:
            return self._cut(connection, timeout)
        except DBAPIError:
            return False

    def seal(self, connection: Connection) -> None:
        """Before a checkpoint: the file gets the next even number with it. On a full disk it does not."""
        with suppress(DBAPIError):  # a checkpoint may make room
            self._count_on(connection)
            if self._number % 2:  # it was even: the log was not given a number of its own
                self._count_on(connection)

    def closing(self) -> None:
        """SQLite is going to take the log over and to remove it."""
        if self._gauge:
            self._gauge.close()
            self._continuity.moving(self._number)

    def closed(self) -> None:
        """It has."""
        if self._gauge:
            self._gauge = None
            self._continuity.ended()

    def _checkpoint(self, connection: Connection) -> None:
        """As far as nobody reads, without waiting for anybody."""
        self._take_over(connection, "PASSIVE", 0.0)

    def _cut(self, connection: Connection, timeout: float) -> bool:
        self._take_over(connection, "TRUNCATE", timeout)
        if not self._left:
            wal.lengthen(self._wal_path)
            if self._gauge:
                self._gauge.emptied()
        return not self._left

    def _take_over(self, connection: Connection, mode: str, timeout: float) -> None:
        """Takes the log over into the file, which gets the next even number with it; the log after it begins with the
        odd one that follows. A copy that SQLite makes between two checkpoints so has a number that the file never has.

        Sets `_left`. Waits `timeout` seconds for others, at each step. Raises DBAPIError.
        """
        self._left = True
        try:
            run(connection, f"PRAGMA busy_timeout = {int(timeout * 1000)}")
            self.seal(connection)
            [(busy, pages, done)] = run(connection, f"PRAGMA wal_checkpoint({mode})")
            complete = not busy and done == pages
            if complete:
                self._continuity.moved()
            with suppress(DBAPIError):
                self._set_number(connection, self._number + 1)
                self._left = not complete
        finally:
            run(connection, f"PRAGMA busy_timeout = {int(self._busy_timeout * 1000)}")
            self._continuity.settled()

    def _count_on(self, connection: Connection) -> None:
        """By one, never by more: so a log tells which file it belongs to."""
        self._continuity.moving(self._number + 1)
        self._set_number(connection, self._number + 1)

    def _set_number(self, connection: Connection, number: int) -> None:
        run(connection, f"PRAGMA user_version = {number}")
        self._number = number

    def _size(self) -> int:
        try:
            return os.stat(self._wal_path).st_size
        except OSError:
            return 0
