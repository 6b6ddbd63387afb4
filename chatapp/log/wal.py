"""SQLite's write-ahead log as a file (https://www.sqlite.org/walformat.html): its length, and whose pages are in it."""

from __future__ import annotations

import os
import struct
from pathlib import Path

FULL_PAGES = 1_000  # pages after which a checkpoint is made, as SQLite does by itself
FULL_PAGES_ON_A_SMALL_DISK = 100  # where the file cannot have SIZE: else it fills the disk before a checkpoint is due
SIZE = 4_500_000  # bytes; FULL_PAGES of 4 KiB, and a commit may go over that
_HEADER = ">IIIIIIII"  # magic, version, page size, checkpoint's number, two salts, checksum
_HEADER_SIZE = 32
_FRAME = ">IIII"  # page, size of the database, two salts; a checksum follows
_FRAME_SIZE = 24
_MAGIC = (0x377F0682, 0x377F0683)
_HEADER_OF_FILE = b"SQLite format 3\0"
_RUN_AT, _RUN_END = 60, 64  # in the first page: PRAGMA user_version


def lengthen(path: str) -> None:
    """Gives the write-ahead log the length that it comes to anyway, as zeros behind what is in it.

    A sync of bytes that are overwritten takes a third of the time of one that makes the file longer, for then the
    file system has to write its own log too. SQLite reads a write-ahead log up to the first frame that does not fit,
    and begins it anew at its start after each checkpoint.
    """
    try:
        with open(path, "r+b", buffering=0) as wal:
            size = wal.seek(0, os.SEEK_END)
            zeros = bytes(max(0, SIZE - size))
            if wal.write(zeros) < len(zeros):
                wal.truncate(size)  # a small disk: it is for messages
            os.fsync(wal.fileno())
    except OSError:
        pass  # only the speed depends on it


class Gauge:
    """Tells from the file itself when `pages` were written since it was begun anew: one read of 8 bytes a commit."""

    def __init__(self, path: str, page_size: int, pages: int = FULL_PAGES):
        self._file: int | None = None
        self._at = _HEADER_SIZE + (pages - 1) * (_FRAME_SIZE + page_size) + 8
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            pass
        self._before = self._salts()

    def full(self) -> bool:
        """Whether the frame at that place was written since `emptied`: each round over the file has its own salts."""
        return self._salts() != self._before

    def emptied(self) -> None:
        """A checkpoint was made: the next round begins."""
        self._before = self._salts()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _salts(self) -> bytes:
        try:
            return os.pread(self._file, 8, self._at) if self._file is not None else b""
        except OSError:
            return b""


def run_of_file(path: str) -> int | None:
    """The number (`user_version`) in the first page of a database, as it lies in the file itself; None: it has none.

    Only while no connection of this process is open to it: to close a file drops all of the process's locks on it.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(100)
    except OSError:
        return None
    return int.from_bytes(head[_RUN_AT:_RUN_END]) if head.startswith(_HEADER_OF_FILE) and len(head) == 100 else None


def runs_of_wal(path: str) -> set[int] | None:
    """The numbers in the first pages of the database that a write-ahead log holds; None: there is nothing in it."""
    try:
        with open(path, "rb") as wal:
            header = wal.read(_HEADER_SIZE)
            if len(header) < _HEADER_SIZE:
                return None
            magic, _, page_size, _, *salts, _, _ = struct.unpack(_HEADER, header)
            if magic not in _MAGIC:
                return None
            runs: set[int] | None = None
            while len(frame := wal.read(_FRAME_SIZE)) == _FRAME_SIZE:
                page, _, *own = struct.unpack_from(_FRAME, frame)
                if own != salts:
                    break
                runs = set() if runs is None else runs
                if page == 1:
                    runs.add(int.from_bytes(wal.read(100)[_RUN_AT:_RUN_END]))
                    wal.seek(page_size - 100, os.SEEK_CUR)
                else:
                    wal.seek(page_size, os.SEEK_CUR)
            return runs
    except OSError:
        return None


def set_aside(path: Path, name: str) -> Path:
    """Moves a write-ahead log out of SQLite's way, and removes its index. Raises OSError."""
    aside = path.with_name(f"{path.name}.{name}")
    path.replace(aside)
    path.with_name(path.name.removesuffix("-wal") + "-shm").unlink(missing_ok=True)
    return aside
