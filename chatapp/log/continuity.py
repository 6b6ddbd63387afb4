"""Whether a SQLite database goes on where the last server on it ended, or is another one: a restored backup.

The server notes beside the database, in `<database>.state`, what it leaves behind: the number of its run, which also
stands in the database itself (`PRAGMA user_version`), and how the file looks. A copy made before has another number, or
another time and size. What was written after the copy may still lie in a write-ahead log beside it: SQLite would put
those pages into it, and damage it.
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from pathlib import Path

import msgspec

from . import wal

RECORD_SIZE = 512  # bytes: written over in place, so that no disk can be too full for it
BOOT = "/proc/sys/kernel/random/boot_id"  # of the machine; Linux only

log = logging.getLogger(__name__)


def record_of(path: Path) -> Path:
    """Where the record of a database lies."""
    return path.with_name(path.name + ".state")


class Record(msgspec.Struct):
    """What the last server left: the run numbers of which the file has one; the time of the file's last change (ns) and
    its size, None while it is being changed; the inode of the write-ahead log; and in which run of the machine that
    was, for a power failure may undo such a change."""

    runs: list[int]
    file: tuple[int, int] | None = None
    wal: int = 0
    boot: str = ""


class Continuity:
    """Owns the record beside one database. Two small writes for each checkpoint; only `begin` waits for the disk."""

    def __init__(self, path: Path):
        self._path = path
        self._record_path = record_of(path)
        self._wal_path = Path(os.path.realpath(path) + "-wal")
        self._descriptor: int | None = None
        self._record = Record([])

    def judge(self) -> bool:
        """Before the database is opened: whether it goes on. False: it is another one.

        A write-ahead log that belongs to the database before it is moved out of the way. Raises OSError.
        """
        record = self._read()
        run = wal.run_of_file(str(self._path))
        runs_of_wal = wal.runs_of_wal(str(self._wal_path))
        present = _look(self._path)
        if runs_of_wal is not None and self._is_strange(record, run, runs_of_wal, present):
            aside = wal.set_aside(self._wal_path, time.strftime("aside-%Y%m%d-%H%M%S"))
            log.warning(
                "%s was replaced or deleted; %s belongs to the one before and was moved to %s",
                self._path,
                self._wal_path.name,
                aside.name,
            )
            return False
        if run is None:
            return True  # a new one; or none at all, as SQLite will say
        if record is None:
            return run == 0  # made before there were records; any other was brought here without its own
        return run in record.runs and record.file in (None, present)

    def _is_strange(
        self, record: Record | None, run: int | None, runs_of_wal: set[int], present: tuple[int, int] | None
    ) -> bool:
        """Whether the write-ahead log is certainly not the file's: else it may hold the only copy of messages that were
        acknowledged."""
        if run is None:
            return not present or not present[1]  # the file is gone
        if record and record.file and record.boot == _boot() != "" and record.wal == _inode(self._wal_path):
            return record.file != present  # the very log that the last run wrote, but not the file that it left
        known = runs_of_wal | set(record.runs if record else ())
        return bool(known) and run not in known

    def begin(self, run: int, new_run: int) -> None:
        """The file bears `run`, and is about to bear `new_run`. Durable when this comes back."""
        self._record = Record([run, new_run])
        content = self._encoded()
        aside = self._record_path.with_name(self._record_path.name + ".new")
        try:
            aside.unlink(missing_ok=True)
            descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            os.write(descriptor, content)
            os.fsync(descriptor)
            aside.replace(self._record_path)
            self._close()
            self._descriptor = descriptor
            folder = os.open(self._path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._record_path, error.strerror)

    def begun(self, *, checkpointed: bool) -> None:
        """The database is in use; `checkpointed`: the file itself bears the new number, and not only its log."""
        if checkpointed:
            del self._record.runs[0]
        self._record.wal = _inode(self._wal_path)
        self._record.boot = _boot()
        self.settled()

    def moving(self) -> None:
        """The file is going to be changed."""
        self._record.file = None
        self._write()

    def settled(self) -> None:
        """The file stays as it is now, until `moving`."""
        self._record.file = _look(self._path)
        self._write()

    def saw(self, status: os.stat_result) -> None:
        """This is how the file looks now; somebody else may have made a checkpoint."""
        if self._record.file != (status.st_mtime_ns, status.st_size):
            self.settled()

    def ended(self) -> None:
        """The database is closed."""
        self.settled()
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _encoded(self) -> bytes:
        return msgspec.json.encode(self._record).ljust(RECORD_SIZE)

    def _write(self) -> None:
        if self._descriptor is not None:
            try:
                os.pwrite(self._descriptor, self._encoded(), 0)
            except OSError as error:
                log.warning("%s cannot be written: %s", self._record_path, error.strerror)

    def _read(self) -> Record | None:
        try:
            return msgspec.json.decode(self._record_path.read_bytes(), type=Record)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return None


def new_run() -> int:
    """A number that no other run has, as `PRAGMA user_version` takes it."""
    return secrets.randbelow(2**31 - 1) + 1


def _look(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _boot() -> str:
    try:
        return Path(BOOT).read_text().strip()
    except OSError:
        return ""
