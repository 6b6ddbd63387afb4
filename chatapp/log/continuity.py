"""Whether a SQLite database continues where the last server on it ended, or is another one (a restored backup), and
whether the write-ahead log beside it is its own.

The content of the files decides, because whoever copies a folder changes times and inodes. The first page of the
database has a number (`PRAGMA user_version`). Each checkpoint gives the file the next even number, and the log after it
begins with the odd number that follows (`Checkpoints`). So a log says which file it continues. SQLite would put the
pages of any log into any file: into an older copy they undo the restore, or damage the copy; and without its own log a
file lacks messages that were acknowledged.

The server notes beside the database, in `<database>.state`, which numbers the file may have, and how it looks. A file
that looks different gets a new epoch, which costs each client no more than to read the log again.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import time
from enum import Enum
from pathlib import Path

import msgspec

from ..private import create_private
from . import wal

RECORD_SIZE = 512  # bytes: written over in place, so that no disk can be too full for it

log = logging.getLogger(__name__)


def record_of(path: Path) -> Path:
    """Where the record of a database lies."""
    return path.with_name(path.name + ".state")


class Record(msgspec.Struct):
    """What the last server left. The file has a number from `low` to `high`, or `before`, the one from before that
    server. `file` is its inode, the time of its last status change (ns), which no copy can have, and its size; None
    while the file is being changed."""

    before: int | None
    low: int
    high: int
    file: tuple[int, int, int] | None = None

    def may_be(self, number: int) -> bool:
        return number == self.before or self.low <= number <= self.high


class Kinship(Enum):
    """How a write-ahead log and the file beside it are related."""

    OWN = "own"
    FOREIGN = "foreign"
    UNSURE = "unsure"


class Continuity:
    """Owns the record beside one database. Three small writes for each checkpoint; only `begin` waits for the disk."""

    def __init__(self, path: Path):
        self._path = path
        self._record_path = record_of(path)
        self._wal_path = Path(os.path.realpath(path) + "-wal")
        self._descriptor: int | None = None
        self._record = Record(None, 0, 0)

    def judge(self) -> bool:
        """Before the database is opened: whether it goes on. False: it is another one.

        A write-ahead log that certainly belongs to the database before it is moved out of the way. If nothing is
        certain it stays, for it may hold the only copy of messages that were acknowledged, and both files are copied.
        Raises OSError.
        """
        record = self._read()
        page = wal.first_page(str(self._path))
        present = _look(self._path)
        pages = wal.first_pages(str(self._wal_path))
        if pages is not None:
            now = time.strftime("%Y%m%d-%H%M%S")
            kinship = _kinship(page, pages, present[2] if present else 0)
            if kinship is Kinship.FOREIGN:
                aside = wal.set_aside(self._wal_path, f"aside-{now}")
                log.warning(
                    "%s was replaced or deleted; %s belongs to the one before and was moved to %s",
                    self._path,
                    self._wal_path.name,
                    aside.name,
                )
                return False
            if kinship is Kinship.UNSURE:
                self._keep(f"kept-{now}")
        if page is None:
            return True  # a new one; or none at all, as SQLite will say
        if record is None:
            return page.number == 0  # made before there were records; any other was brought here without its own
        return record.may_be(page.number) and record.file in (None, present)

    def _keep(self, name: str) -> None:
        """Copies the database and the write-ahead log before SQLite makes one of them."""
        copies = []
        try:
            for path in (Path(os.path.realpath(self._path)), self._wal_path):
                copy = wal.unused(path.with_name(f"{path.name}.{name}"))
                copies.append(copy)
                with open(create_private(copy), "wb") as target, open(path, "rb") as source:
                    shutil.copyfileobj(source, target)
        except OSError as error:
            for copy in copies:
                copy.unlink(missing_ok=True)
            what = f"could not be copied before: {error.strerror}"
        else:
            what = f"were copied before, to {' and '.join(copy.name for copy in copies)}"
        log.warning(
            "%s and %s may belong together or not. The newer messages in the second are used. Both %s."
            " To go back to a backup use flask restore.",
            self._path,
            self._wal_path.name,
            what,
        )

    def begin(self, before: int, number: int) -> None:
        """The file bears the number `before`, and is about to bear `number`. Durable when this comes back."""
        self._record = Record(before, number, number)
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

    def moving(self, number: int) -> None:
        """The file is going to be changed, and may get this number, the highest so far."""
        self._record.high = number
        self._record.file = None
        self._write()

    def moved(self) -> None:
        """The file has the highest number."""
        self._record.before = None
        self._record.low = self._record.high

    def settled(self) -> None:
        """The file stays as it is now, until `moving`."""
        self._record.file = _look(self._path)
        self._write()

    def saw(self, status: os.stat_result) -> None:
        """This is how the file looks now; somebody else may have made a checkpoint."""
        if self._record.file != _looks(status):
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


def new_number() -> int:
    """An odd number, such that neither it nor those that follow it are another run's, as `PRAGMA user_version` takes
    them."""
    return secrets.randbelow(2**29) * 2 + 1


def _kinship(page: wal.FirstPage | None, pages: list[wal.FirstPage], size: int) -> Kinship:
    """`page` is the first page of the file of `size` bytes, `pages` are the versions of it in the log. OWN and FOREIGN
    are certain."""
    if page is None:
        return Kinship.OWN if size else Kinship.FOREIGN  # without a file there is nothing to continue
    if not pages:
        return Kinship.UNSURE
    first = pages[0]
    if page.head not in {each.head for each in pages} and not (
        # A copy that SQLite made since the last checkpoint has the log's number too, but another schema cookie.
        first.number - page.number in (0, 1) and first.changes - page.changes in (0, 1) and first.schema == page.schema
    ):
        return Kinship.FOREIGN
    # Only a checkpoint gives a file an even number. The odd one is that of a copy into which SQLite has merged a part
    # of this log, or of a file that another program has closed.
    return Kinship.UNSURE if page.number % 2 else Kinship.OWN


def _look(path: Path) -> tuple[int, int, int] | None:
    try:
        return _looks(path.stat())
    except OSError:
        return None


def _looks(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_ctime_ns, status.st_size
