"""`flask backup` and `flask restore`: a whole copy of the chat's SQLite database, and the way back.

A copy is read in one transaction, page by page: it is of one moment, however long it takes, and nobody waits for it.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from .config import Settings, data_folder, lock_file
from .lifecycle import DataLock, StartError
from .log.continuity import Continuity, new_number, record_of
from .log.database import newest_revision, sqlite_path
from .private import create_private

STEP = 4_096  # pages copied between two reports of progress: 16 MB
KEY = "secret.key"
TABLES = {"meta", "rooms", "events", "people", "markers", "alembic_version"}  # of every version

OF_THE_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}  # what a copy that is written meets

Report = Callable[[str, float], object]  # what is being done, and how much of it is: 0 to 1


class BackupError(Exception):
    """It could not be done, and nothing was changed; one line."""


def back_up(settings: Settings, instance_path: str, target: Path, *, force: bool, key: bool, report: Report) -> int:
    """Writes a copy of the database to `target`, and with `key` one of the secret key to `<target>.key`.

    Gives the number of events in it. Raises BackupError.
    """
    source = _database(settings, instance_path)
    key_source = data_folder(settings, instance_path) / KEY
    for file in (source, *([key_source] if key else [])):
        if not file.is_file():
            raise BackupError(f"there is no file {file}")
    key_target = target.with_name(target.name + ".key")
    for path in (target, *([key_target] if key else [])):
        if path.is_dir() or (path.exists() and not force):
            raise BackupError(f"{path} exists already" + ("" if path.is_dir() else "; --force overwrites it"))
    with _readable(source, target), _aside(target) as copy:
        _separate(settings, instance_path, source)
        events = _copied(source, copy, report, alone=False)
        _move(copy, target)
        if key:
            with _aside(key_target) as copied:
                copied.write_bytes(key_source.read_bytes())
                _move(copied, key_target)
    return events


def restore(
    settings: Settings, instance_path: str, copy: Path, *, key: bool, report: Report
) -> tuple[int, Path | None]:
    """Puts a copy into the database's place, under a new epoch, and with `key` `<copy>.key` into the secret key's.

    Gives the number of events in it, and where the database before is now, if there was one. Raises BackupError.
    """
    path = _database(settings, instance_path).resolve()
    folder = data_folder(settings, instance_path)
    key_copy = copy.with_name(copy.name + ".key")
    for file in (copy, *([key_copy] if key else [])):
        if not file.is_file():
            raise BackupError(f"there is no file {file}")
    with _readable(copy, path):
        for each in (folder, path.parent):
            each.mkdir(parents=True, exist_ok=True)
        lock = DataLock(lock_file(settings, folder))
        try:
            lock.take()
            _give_to_owner(lock_file(settings, folder))
        except StartError as error:
            raise BackupError(str(error)) from None
        try:
            if path.exists() and path.samefile(copy):
                raise BackupError(f"{copy} is the chat's database itself")
            with _aside(path) as new:
                events = _copied(copy, new, report, alone=True)
                _give_to_owner(new)
                before = _kept(path)
                _move(new, path)
                record_of(path).unlink(missing_ok=True)
            if key:
                with _aside(folder / KEY) as new:
                    new.write_bytes(key_copy.read_bytes())
                    _give_to_owner(new)
                    _move(new, folder / KEY)
        finally:
            lock.release()
    return events, before


def _database(settings: Settings, instance_path: str) -> Path:
    path = sqlite_path(settings.DATABASE_URL, data_folder(settings, instance_path))
    if path is None:
        raise BackupError(
            "this chat is not in a SQLite file: for PostgreSQL use pg_dump, and pg_restore while the server is stopped;"
            " the server notices by itself that the database was restored"
        )
    return path


@contextmanager
def _readable(source: Path, target: Path) -> Iterator[None]:
    """Makes one line of what disks and databases raise, with the file that it is about."""
    try:
        yield
    except OSError as error:
        name = Path(error.filename or target)
        # The operator knows nothing of the new file beside `target`.
        raise BackupError(f"{target if _is_aside(name, target) else name}: {error.strerror or error}") from None
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        raise BackupError(f"{target if code in OF_THE_DISK else source}: {error}") from None


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A new file beside `target`, its owner's alone, which does not stay if it was not moved. Raises OSError."""
    aside = target.with_name(_aside_prefix(target) + secrets.token_hex(4))
    os.close(create_private(aside))
    try:
        yield aside
    finally:
        for path in (aside, aside.with_name(aside.name + "-journal")):
            path.unlink(missing_ok=True)


def _give_to_owner(path: Path) -> None:
    """What root restores is for the owner of the folder, whose server could not open it otherwise. Raises OSError."""
    if os.geteuid() == 0:
        status = path.parent.stat()
        os.chown(path, status.st_uid, status.st_gid)


def _aside_prefix(target: Path) -> str:
    return f".{target.name}."


def _is_aside(path: Path, target: Path) -> bool:
    return path.parent == target.parent and path.name.startswith(_aside_prefix(target))


def _separate(settings: Settings, instance_path: str, path: Path) -> None:
    """If no server runs: moves a write-ahead log of another database away, which SQLite would put into this one as soon
    as it is opened. Raises OSError."""
    lock = DataLock(lock_file(settings, data_folder(settings, instance_path)))
    try:
        lock.take(create=False)
    except FileNotFoundError:
        pass  # no server has run here
    except StartError:
        return  # one runs, and has done it
    try:
        Continuity(path).judge()
    finally:
        lock.release()


def _move(aside: Path, target: Path) -> None:
    """Into its place, in one step, and durable. Raises OSError."""
    for path, move in ((aside, True), (target.parent, False)):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            if move:
                aside.replace(target)
        finally:
            os.close(descriptor)


def _copied(source: Path, target: Path, report: Report, *, alone: bool) -> int:
    """Copies a database into an empty file, checks the copy, and gives it an epoch of its own: however it is put back,
    clients see that it is another log. Gives the number of its events. Raises BackupError, sqlite3.Error, OSError."""
    with (
        closing(_open(source, alone=alone)) as original,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        original.execute("BEGIN")  # one moment: without it each write of somebody else begins the copy anew
        _check_kind(original, source)

        def progress(_status: int, left: int, pages: int) -> None:
            report("copying", 1 - left / max(1, pages))

        original.backup(copy, pages=STEP, progress=progress, sleep=0)
        events = _events(original)
        original.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without another beside it
        report("checking", 0)
        faults = [str(fault) for (fault,) in copy.execute("PRAGMA integrity_check(1)")]
        if faults != ["ok"] or _events(copy) != events:
            raise BackupError(f"the copy of {source} is damaged, and so may be the original: {faults[0]}")
        copy.execute(f"PRAGMA user_version = {new_number()}")  # no server's database has had it
        copy.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", [secrets.token_hex(8)])
        report("checking", 1)
    return events


def _open(path: Path, *, alone: bool) -> sqlite3.Connection:
    """For reading; `alone`: nobody writes to it. It may lie where nothing can be written, such as on a disk that the
    kernel has made read-only. Raises sqlite3.Error."""
    real = path.resolve()
    alone = alone or not os.access(real.parent, os.W_OK)
    mode = "ro&immutable=1" if alone and not real.with_name(real.name + "-wal").exists() else "rw"
    connection = sqlite3.connect(f"file:{quote(os.fsencode(real))}?mode={mode}", uri=True, isolation_level=None)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _check_kind(database: sqlite3.Connection, path: Path) -> None:
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables >= TABLES:
        raise BackupError(f"{path} is no database of a chat")
    (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone() or ("none",)
    if revision > newest_revision():
        raise BackupError(f"{path} is of a newer version of chatapp ({revision})")


def _events(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM events").fetchone()[0])


def _kept(path: Path) -> Path | None:
    """Gives the database at this place another name too, with all that its write-ahead log holds. Raises OSError."""
    if not path.exists():
        return None
    Continuity(path).judge()  # moves a write-ahead log of another database away
    kept = path.with_name(time.strftime(f"{path.name}.before-%Y%m%d-%H%M%S"))
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # and to close it removes the log
    while kept.exists():
        kept = kept.with_name(kept.name + "-")
    os.link(path, kept)
    for kind in ("-wal", "-shm"):
        beside = path.with_name(path.name + kind)
        if beside.exists():  # it is damaged: what it is worth is seen there
            beside.replace(kept.with_name(kept.name + kind))
    return kept
