"""SQLite's write-ahead log as a file (https://www.sqlite.org/walformat.html): its length, and whose pages are in it."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import NamedTuple

FULL_PAGES = 1_000  # pages after which a checkpoint is made, as SQLite does by itself
FULL_PAGES_ON_A_SMALL_DISK = 100  # where the file cannot have SIZE: else it fills the disk before a checkpoint is due
SIZE = 4_500_000  # bytes; FULL_PAGES of 4 KiB, and a commit may go over that
_HEADER = ">IIIIIIII"  # magic, version, page size, checkpoint's number, two salts, checksum
_HEADER_SIZE = 32
_FRAME = ">IIIIII"  # page, size of the database, two salts, checksum
_FRAME_SIZE = 24
_ORDERS = {0x377F0682: "<", 0x377F0683: ">"}  # of the bytes that are summed up, by the magic number
_HEADER_OF_FILE = b"SQLite format 3\0"
_HEAD = 100  # bytes


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


class FirstPage(NamedTuple):
    """The header of a database, as it stands in its first page (https://www.sqlite.org/fileformat2.html)."""

    head: bytes  # all 100 bytes of it
    number: int  # PRAGMA user_version: the file's generation
    schema: int  # the schema cookie: grows with each change of the tables
    changes: int  # the change counter: with a write-ahead log it grows by one or stays when this page is written

    @classmethod
    def parse(cls, head: bytes) -> FirstPage:
        """`head` has the first 100 bytes of the page."""
        changes, schema, number = (int.from_bytes(head[at : at + 4]) for at in (24, 40, 60))
        return cls(head, number, schema, changes)


def first_page(path: str) -> FirstPage | None:
    """The first page as it lies in the file of a database itself; None: it has none.

    Only while no connection of this process is open to it: to close a file drops all of the process's locks on it.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return None
    return FirstPage.parse(head) if head.startswith(_HEADER_OF_FILE) and len(head) == _HEAD else None


def first_pages(path: str) -> list[FirstPage] | None:
    """All versions of the database's first page that a write-ahead log holds, oldest first; None: SQLite would find
    nothing in it."""
    try:
        with open(path, "rb") as wal:
            header = wal.read(_HEADER_SIZE)
            if len(header) < _HEADER_SIZE:
                return None
            magic, _, page_size, _, *salts, sum1, sum2 = struct.unpack(_HEADER, header)
            order = _ORDERS.get(magic)
            if order is None or _sum(header[:24], order, (0, 0)) != (sum1, sum2):
                return None
            pages: list[FirstPage] = []
            first = True
            while len(frame := wal.read(_FRAME_SIZE)) == _FRAME_SIZE:
                page, _, *own, sum3, sum4 = struct.unpack(_FRAME, frame)
                if own != salts:
                    break
                content = wal.read(page_size)
                if first and _sum(content, order, _sum(frame[:8], order, (sum1, sum2))) != (sum3, sum4):
                    break  # half written: without the first frame none of the others counts
                first = False
                if page == 1 and len(content) == page_size:
                    pages.append(FirstPage.parse(content[:_HEAD]))
            return None if first else pages
    except OSError:
        return None


def _sum(content: bytes, order: str, before: tuple[int, int]) -> tuple[int, int]:
    """The checksum that SQLite gives `content` after what has the checksum `before`."""
    one, two = before
    for first, second in struct.iter_unpack(f"{order}II", content):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def set_aside(path: Path, name: str) -> Path:
    """Moves a write-ahead log out of SQLite's way, and removes its index. Raises OSError."""
    aside = unused(path.with_name(f"{path.name}.{name}"))
    path.replace(aside)
    path.with_name(path.name.removesuffix("-wal") + "-shm").unlink(missing_ok=True)
    return aside


def unused(path: Path) -> Path:
    """This path, or one like it if there is a file of that name: one second may have two starts."""
    while path.exists():
        path = path.with_name(path.name + "-")
    return path
