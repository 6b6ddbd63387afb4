"""The connections to the log's database: one engine that writes, one that reads, and the migrations."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError

from ..private import create_private, make_private
from .checkpoints import Checkpoints
from .continuity import Continuity
from .epoch import recognise_tables, renew_epoch
from .guard import FileGuard, Gone, Guard, NoGuard, ServerGuard
from .index import index_of
from .transaction import begin

EMPTYING_TIMEOUT = 0.1  # seconds that nothing is written while the write-ahead log is waited for
READERS = 8  # connections that read at once; a handler that finds none free waits
ADVISORY_LOCK = 7_236_411_020  # any number: the one that chatapp locks in its PostgreSQL database
READERS_TIMEOUT = 10.0  # seconds it waits


log = logging.getLogger(__name__)


class LogError(Exception):
    """The log cannot be opened; the text is one line for the operator."""


class Database:
    """The two engines. `writer` is the journal's alone; `reader` serves everybody's short reads.

    Nothing but `migrate` creates a SQLite file.
    """

    def __init__(self, url: str, *, busy_timeout: float):
        self.doing = ""  # what a start that takes long is doing, in one line; empty: nothing that takes long
        self._claim: Connection | None = None
        sqlite = url.startswith("sqlite")
        # The journal compiles its statements by itself and gives their values by position.
        position = {} if sqlite else {"paramstyle": "format"}
        # A read of several statements sees one moment, as it does on SQLite in WAL mode.
        snapshot = {} if sqlite else {"isolation_level": "REPEATABLE READ"}
        self.writer = create_engine(url, pool_size=1, max_overflow=0, **position)
        self.reader = create_engine(
            url,
            pool_size=READERS,
            max_overflow=0,
            pool_timeout=READERS_TIMEOUT,
            pool_pre_ping=not sqlite,  # a server may have hung up meanwhile
            **snapshot,
        )
        self._path = _path_of(self.writer)
        self._continuity = Continuity(self._path) if self._path else None
        self._checkpoints: Checkpoints | None = None
        self._guard: Guard = NoGuard()
        if self._path and self._continuity:
            self._checkpoints = Checkpoints(self._path, self._continuity, busy_timeout=busy_timeout)
            self._guard = FileGuard(self._path, self._continuity.saw)
        elif not sqlite:
            self._guard = ServerGuard(self._claimed)
        if sqlite:
            _tune_sqlite(self.writer, self._guard, busy_timeout=busy_timeout, reads_only=False)
            _tune_sqlite(self.reader, self._guard, busy_timeout=busy_timeout, reads_only=True)
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
            while not self._claimed():
                if time.monotonic() >= deadline:
                    raise LogError("another chatapp is running on this database; stop it, or use another one")
                time.sleep(0.1)
        except DBAPIError as error:
            raise LogError(f"the database cannot be opened: {_first_line(error.orig or error)}") from None

    def _claimed(self) -> bool:
        """Takes PostgreSQL's lock, or looks whether it is still ours: it is lost with its connection. False: another
        server has it. Raises DBAPIError."""
        try:
            if self._claim is not None:
                self._claim.execute(select(1))
                return True
        except DBAPIError:
            pass
        if self._claim is not None:
            self._claim.invalidate()
            self._claim.close()
            self._claim = None
        claim = self.reader.connect().execution_options(isolation_level="AUTOCOMMIT")
        claim.detach()
        try:
            if claim.execute(select(func.pg_try_advisory_lock(ADVISORY_LOCK))).scalar_one():
                self._claim = claim
        finally:
            if self._claim is None:
                claim.close()
        return self._claim is not None

    def migrate(self) -> None:
        """Opens the database and brings the tables to this version's shape. A log that went back, because a backup was
        restored, gets a new epoch. Raises LogError, one line."""
        goes_on = self._prepare_file()
        logging.getLogger("alembic").setLevel(logging.WARNING)
        config = _migrations()
        revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]

        def begin_step(done: int) -> None:
            self.doing = f"upgrading the database, step {done + 1} of {len(revisions)}"

        def applied(*, step: MigrationInfo, **_: object) -> None:
            begin_step(revisions.index(str(step.up_revision_id)) + 1)

        try:
            if self._checkpoints:
                with self.writer.connect() as connection:
                    self._checkpoints.mark(connection)
            with self.writer.begin() as connection:
                current = MigrationContext.configure(connection).get_current_revision()
                begin_step(revisions.index(current) + 1 if current in revisions else 0)
                config.attributes.update(connection=connection, applied=applied)
                command.upgrade(config, "head")
                self.doing = "preparing the search index"
                index_of(connection).prepare(connection)
                if self.writer.dialect.name == "postgresql":
                    goes_on = recognise_tables(connection)
                if not goes_on:
                    log.warning("The log is not the one that was served last, or went back: clients begin anew with it")
                    renew_epoch(connection)
                self.doing = "writing the database to the disk"
            with self.writer.connect() as connection:
                if self._checkpoints:
                    self._checkpoints.begin(connection)
                self._guard.opened(connection)
        except CommandError as error:
            raise LogError(f"the database is of another version of chatapp: {_first_line(error)}") from None
        except DBAPIError as error:
            raise LogError(f"the database cannot be opened: {_first_line(error.orig or error)}") from None
        except OSError as error:
            raise LogError(f"the database cannot be opened: {error.strerror}") from None
        self.doing = ""

    def _prepare_file(self) -> bool:
        """Makes a SQLite file its owner's alone, and creates it if there is none. False: it is not the one that was
        served last."""
        if not self._path or not self._continuity:
            return True
        real = self._path.resolve()
        make_private(real.with_name(f"{real.name}-{kind}") for kind in ("wal", "shm"))
        try:
            goes_on = self._continuity.judge()
            make_private([real])  # only now: it changes what the last server noted of the file
            if not real.exists():
                os.close(create_private(real))
        except OSError as error:
            raise LogError(f"the database cannot be opened: {error.strerror}") from None
        return goes_on

    @property
    def gone(self) -> str | None:
        """Why nothing can be stored any more until a restart, if that is so."""
        return self._guard.gone

    def check(self, connection: Connection) -> None:
        """After each commit, and now and then without one: whether the database is still the one that was opened. Only
        then may a commit be acknowledged. Raises Gone, OSError or DBAPIError."""
        self._guard.check(connection)

    def tend(self, connection: Connection) -> None:
        """Between two transactions of the journal's, after it has told of them: makes a checkpoint if one is due, and
        cuts a write-ahead log that had to grow. Raises DBAPIError."""
        if self._checkpoints:
            self._checkpoints.tend(connection)

    def empty_wal(self, connection: Connection) -> bool:
        """Takes SQLite's write-ahead log over into the database and cuts it: it holds pages as they were before, with
        what was deleted since. On the writer's connection, between two transactions.

        False: somebody reads from it, or something else is in the way; another time may be better. Costs some 20 ms,
        for the log gets its length again.
        """
        return self._checkpoints.empty(connection, EMPTYING_TIMEOUT) if self._checkpoints else True

    def finish(self, connection: Connection) -> None:
        """After the last transaction of the journal's."""
        if self._checkpoints and not self.gone:
            self._checkpoints.seal(connection)

    def close(self) -> None:
        if self._claim is not None:
            self._claim.close()
        if self.gone and self._path:
            return  # SQLite would remove the log of whatever database is at that path now
        if self._checkpoints:
            self._checkpoints.closing()
        self.writer.dispose()
        self.reader.dispose()
        if self._checkpoints:
            self._checkpoints.closed()


def newest_revision() -> str:
    """The number of the newest migration that is known here."""
    return str(ScriptDirectory.from_config(_migrations()).get_current_head())


def sqlite_path(address: str, folder: Path) -> Path | None:
    """Where the SQLite file of the setting DATABASE_URL lies; None: the log is not in one."""
    if not address:
        return folder / "chat.sqlite3"
    engine = create_engine(address)
    try:
        return _path_of(engine)
    finally:
        engine.dispose()


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file."""
    return URL.create("sqlite+pysqlite", database=str(path)).render_as_string()


def reason(error: DBAPIError) -> str:
    """What the database itself said, in one line."""
    return _first_line(error.orig or error)


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def _path_of(engine: Engine) -> Path | None:
    """Where the SQLite file lies, if it is one in a folder."""
    name = engine.url.database
    in_folder = engine.dialect.name == "sqlite" and name and not name.startswith((":", "file:"))
    return Path(name).absolute() if in_folder and name else None


def _tune_sqlite(engine: Engine, guard: Guard, *, busy_timeout: float, reads_only: bool) -> None:
    # WAL: readers never wait for the writer. FULL: a commit is on the disk, not only in the kernel,
    # before it is acknowledged (https://www.sqlite.org/pragma.html#pragma_synchronous).
    # secure_delete: what is deleted is overwritten in the file (https://www.sqlite.org/pragma.html#pragma_secure_delete).
    # wal_autocheckpoint: `Checkpoints` makes the checkpoints.
    pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "wal_autocheckpoint=0"]
    pragmas.append(f"busy_timeout={int(busy_timeout * 1000)}")
    if reads_only:
        pragmas = ["query_only=ON", f"busy_timeout={int(busy_timeout * 1000)}"]
    path = _path_of(engine)

    @event.listens_for(engine, "do_connect")
    def do_connect(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> None:
        if path:  # opened as it is: a plain name would create an empty database where there is none
            arguments[0] = f"file:{quote(os.fsencode(path))}?mode=rw"
            options["uri"] = True

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        try:
            guard.connected()
        except Gone as gone:  # nothing was read yet, so that to close it leaves the files there as they are
            raise engine.dialect.loaded_dbapi.OperationalError(str(gone)) from None
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
