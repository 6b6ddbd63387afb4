"""The connections to the log's database: one engine that writes, one that reads, and the migrations."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError

from .index import index_of
from .transaction import begin

WAL_SIZE = 4_500_000  # bytes; SQLite makes a checkpoint after 1,000 pages of 4 KiB, and a commit may go over that
EMPTYING_TIMEOUT = 0.1  # seconds that nothing is written while the write-ahead log is waited for
READERS = 8  # connections that read at once; a handler that finds none free waits
ADVISORY_LOCK = 7_236_411_020  # any number: the one that chatapp locks in its PostgreSQL database
READERS_TIMEOUT = 10.0  # seconds it waits


class LogError(Exception):
    """The log cannot be opened; the text is one line for the operator."""


class Database:
    """The two engines. `writer` is the journal's alone; `reader` serves everybody's short reads."""

    def __init__(self, url: str, *, busy_timeout: float):
        self.doing = ""  # what a start that takes long is doing, in one line; empty: nothing that takes long
        self._claim: Connection | None = None
        self._busy_timeout = busy_timeout
        sqlite = url.startswith("sqlite")
        # The journal compiles its statements by itself and gives their values by position.
        position = {} if sqlite else {"paramstyle": "format"}
        self.writer = create_engine(url, pool_size=1, max_overflow=0, **position)
        self.reader = create_engine(
            url,
            pool_size=READERS,
            max_overflow=0,
            pool_timeout=READERS_TIMEOUT,
            pool_pre_ping=not sqlite,  # a server may have hung up meanwhile
        )
        if sqlite:
            _tune_sqlite(self.writer, busy_timeout=busy_timeout, reads_only=False)
            _tune_sqlite(self.reader, busy_timeout=busy_timeout, reads_only=True)
        else:
            _tune_postgresql(self.writer, busy_timeout=busy_timeout)

    def claim(self, patience: float) -> None:
        """On PostgreSQL: a lock that lasts as long as this server, for two on one log would split the rooms.

        Waits `patience` seconds for another server that is just stopping. Raises LogError, one line.
        """
        if self.writer.dialect.name != "postgresql":
            return
        deadline = time.monotonic() + patience
        try:
            self._claim = self.reader.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._claim.detach()
            while not self._claim.execute(select(func.pg_try_advisory_lock(ADVISORY_LOCK))).scalar_one():
                if time.monotonic() >= deadline:
                    raise LogError("another chatapp is running on this database; stop it, or use another one")
                time.sleep(0.1)
        except DBAPIError as error:
            raise LogError(f"the database cannot be opened: {_first_line(error.orig or error)}") from None

    def migrate(self) -> None:
        """Brings the tables to this version's shape. Raises LogError, one line."""
        self._make_private()
        logging.getLogger("alembic").setLevel(logging.WARNING)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]

        def begin_step(done: int) -> None:
            self.doing = f"upgrading the database, step {done + 1} of {len(revisions)}"

        def applied(*, step: MigrationInfo, **_: object) -> None:
            begin_step(revisions.index(str(step.up_revision_id)) + 1)

        try:
            with self.writer.begin() as connection:
                current = MigrationContext.configure(connection).get_current_revision()
                begin_step(revisions.index(current) + 1 if current in revisions else 0)
                config.attributes.update(connection=connection, applied=applied)
                command.upgrade(config, "head")
                self.doing = "preparing the search index"
                index_of(connection).prepare(connection)
                self.doing = "writing the database to the disk"
        except CommandError as error:
            raise LogError(f"the database is of another version of chatapp: {_first_line(error)}") from None
        except DBAPIError as error:
            raise LogError(f"the database cannot be opened: {_first_line(error.orig or error)}") from None
        self._lengthen_wal()
        self.doing = ""

    @property
    def _path(self) -> str | None:
        """Where the SQLite file lies, if it is one in a folder."""
        name = self.writer.url.database
        in_folder = self.writer.dialect.name == "sqlite" and name and not name.startswith((":", "file:"))
        return name if in_folder else None

    def _make_private(self) -> None:
        """A new SQLite file is its owner's alone, and with it the ones that SQLite puts beside it."""
        if self._path:
            try:
                Path(self._path).touch(mode=0o600)
            except OSError:
                pass  # SQLite says why in a moment

    def _lengthen_wal(self) -> None:
        """Gives SQLite's write-ahead log the length that it comes to anyway, as zeros behind what is in it.

        A sync of bytes that are overwritten takes a third of the time of one that makes the file longer, for then the
        file system has to write its own log too. SQLite reads a write-ahead log up to the first frame that does not fit
        (https://www.sqlite.org/walformat.html), and begins it anew at its start after each checkpoint.
        """
        if not self._path:
            return
        try:
            with open(f"{self._path}-wal", "r+b", buffering=0) as wal:
                size = wal.seek(0, os.SEEK_END)
                zeros = bytes(max(0, WAL_SIZE - size))
                if wal.write(zeros) < len(zeros):
                    wal.truncate(size)  # a small disk: it is for messages
                os.fsync(wal.fileno())
        except OSError:
            pass  # only the speed depends on it

    def empty_wal(self, connection: Connection) -> bool:
        """Takes SQLite's write-ahead log over into the database and cuts it: it holds pages as they were before, with
        what was deleted since. On the writer's connection, between two transactions.

        False: somebody reads from it, or something else is in the way; another time may be better. Costs some 20 ms,
        for the log gets its length again.
        """
        if not self._path:
            return True
        driver: Any = connection.connection.dbapi_connection
        cursor = driver.cursor()
        try:
            cursor.execute(f"PRAGMA busy_timeout = {int(EMPTYING_TIMEOUT * 1000)}")
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.execute(f"PRAGMA busy_timeout = {int(self._busy_timeout * 1000)}")
        except connection.dialect.loaded_dbapi.Error:
            return False
        if not busy:
            self._lengthen_wal()
        return not busy

    def close(self) -> None:
        if self._claim is not None:
            self._claim.close()
        self.writer.dispose()
        self.reader.dispose()


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file."""
    return URL.create("sqlite+pysqlite", database=str(path)).render_as_string()


def reason(error: DBAPIError) -> str:
    """What the database itself said, in one line."""
    return _first_line(error.orig or error)


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def _tune_sqlite(engine: Engine, *, busy_timeout: float, reads_only: bool) -> None:
    # WAL: readers never wait for the writer. FULL: a commit is on the disk, not only in the kernel,
    # before it is acknowledged (https://www.sqlite.org/pragma.html#pragma_synchronous).
    # secure_delete: what is deleted is overwritten in the file (https://www.sqlite.org/pragma.html#pragma_secure_delete).
    pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"]
    pragmas.append(f"busy_timeout={int(busy_timeout * 1000)}")
    if reads_only:
        pragmas = ["query_only=ON", f"busy_timeout={int(busy_timeout * 1000)}"]

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        for pragma in pragmas:
            connection.execute("PRAGMA " + pragma)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        begin(connection, reads_only=reads_only)


def _tune_postgresql(engine: Engine, *, busy_timeout: float) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {int(busy_timeout * 1000)}")
            cursor.execute("SET synchronous_commit = on")
        connection.commit()
