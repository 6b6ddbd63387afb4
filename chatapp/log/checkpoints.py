"""Checkpoints: when SQLite's write-ahead log is taken over into the database, and how long its file may stay.

The journal makes them itself, after it has told of a commit: SQLite would make them within the commit, for some 20 ms,
and whoever crashes meanwhile must know that the file was being changed (`Continuity`).
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from sqlalchemy import Connection

from . import wal
from .continuity import Continuity, new_run
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
        self._look_at = 0.0

    def begin(self, connection: Connection) -> None:
        """The database was opened: gives the file this run's number. Raises DBAPIError."""
        self._wal_path = os.path.realpath(self._path) + "-wal"
        [(before,)] = run(connection, "PRAGMA user_version")
        number = new_run()
        self._continuity.begin(before, number)
        # First the old number: the file bears it until the checkpoint, and its log must be known by it.
        for each in (before, number):
            run(connection, f"PRAGMA user_version = {each}")
        [(page_size,)] = run(connection, "PRAGMA page_size")
        done = self._cut(connection, self._busy_timeout)
        self._continuity.begun(checkpointed=done)
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
        except connection.dialect.dbapi.Error:  # type: ignore[union-attr]  # of an open connection
            return False

    def closing(self) -> None:
        """SQLite is going to take the log over and to remove it."""
        if self._gauge:
            self._gauge.close()
            self._continuity.moving()

    def closed(self) -> None:
        """It has."""
        if self._gauge:
            self._gauge = None
            self._continuity.ended()

    def _checkpoint(self, connection: Connection) -> None:
        """As far as nobody reads, without waiting for anybody."""
        self._left = True
        self._continuity.moving()
        try:
            [(busy, pages, done)] = run(connection, "PRAGMA wal_checkpoint(PASSIVE)")
            self._left = bool(busy) or done < pages
        finally:
            self._continuity.settled()

    def _cut(self, connection: Connection, timeout: float) -> bool:
        self._continuity.moving()
        try:
            run(connection, f"PRAGMA busy_timeout = {int(timeout * 1000)}")
            [(busy, _, _)] = run(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
            self._left = bool(busy)
        finally:
            run(connection, f"PRAGMA busy_timeout = {int(self._busy_timeout * 1000)}")
            self._continuity.settled()
        if not self._left:
            wal.lengthen(self._wal_path)
            if self._gauge:
                self._gauge.emptied()
        return not self._left

    def _size(self) -> int:
        try:
            return os.stat(self._wal_path).st_size
        except OSError:
            return 0
