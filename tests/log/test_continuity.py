"""A SQLite log whose files an operator copied, moved or restored while no server ran, with and without a crash before.

Two promises: what was acknowledged is never lost, and an older copy that is put back is neither undone nor damaged by
the write-ahead log of the database before it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from chatapp.backup import back_up
from chatapp.config import Settings
from chatapp.log import checkpoints, wal
from chatapp.log.continuity import Continuity, record_of
from chatapp.log.schema import markers
from chatapp.log.transaction import run

from ..actors import PATIENCE, standings
from ..launching import WARM
from .conftest import Log

BEFORE = ["first", *["before"] * 3]  # what the first run and the second wrote when they were copied
FEW, MANY = 3, 1_300  # messages after the copies: without and with a checkpoint


def write_ahead_log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


# What operators copy a running chat with.


def by_sqlite(path: Path, copy: Path) -> None:
    """The shell's `.backup`."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def by_vacuum(path: Path, copy: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as source:
        source.execute("VACUUM INTO ?", [str(copy)])


def by_flask(path: Path, copy: Path) -> None:
    back_up(Settings(DATA=str(path.parent)), "", copy, force=False, key=False, report=lambda *_: None)


def by_opening_a_copy(path: Path, copy: Path) -> None:
    """The files are copied, and SQLite takes the write-ahead log of the copy over."""
    for kind in ("", "-wal"):
        shutil.copyfile(f"{path}{kind}", f"{copy}{kind}")
    with closing(sqlite3.connect(copy)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


WHILE_IT_RAN = [by_sqlite, by_vacuum, by_flask, by_opening_a_copy]


class Past:
    """Two runs of one chat, and what was copied of them.

    `stopped` is the folder between the two, `crashed[n]` the folder as a `kill -9` leaves it n messages after the
    copies in `copies` were made.
    """

    def __init__(self, folder: Path):
        data = folder / "data"
        data.mkdir(parents=True)
        path = data / "chat.sqlite3"
        first = Log(path)
        first.post("first").wait()
        self.epoch = first.history.epoch()
        first.close()
        self.stopped = shutil.copytree(data, folder / "stopped")
        second = Log(path)
        for number in range(3):
            second.post(f"before {number}").wait()
        self.copies: dict[str, Path] = {}
        for copied in WHILE_IT_RAN:
            self.copies[copied.__name__] = copy = folder / copied.__name__
            copied(path, copy)
        self.crashed: dict[int, Path] = {}
        for number in range(MANY):
            second.post(f"after {number} " + "x" * 3_000).wait()
            if number + 1 in (FEW, MANY):
                self.crashed[number + 1] = shutil.copytree(data, folder / f"crashed-{number + 1}")
        second.close()


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    return Past(tmp_path_factory.mktemp("past"))


class Life:
    """The log of one folder, which servers serve one after the other."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.path = folder / "chat.sqlite3"

    def now(self) -> tuple[str, list[str]]:
        """Starts and stops a server: the epoch, and the first word of each text."""
        log = Log(self.path)
        try:
            assert log.post("and now").event
            return log.history.epoch(), [event.text.partition(" ")[0] for event in log.stored]
        finally:
            log.close()

    def restore(self, copy: Path) -> None:
        """As `cp copy chat.sqlite3` does it: into the same file."""
        self.path.write_bytes(copy.read_bytes())

    def lose_the_record(self) -> None:
        record_of(self.path).unlink()

    @property
    def aside(self) -> list[Path]:
        """The write-ahead logs that were moved away."""
        return list(self.folder.glob("*-wal.aside-*"))

    @property
    def kept(self) -> list[Path]:
        """The files that were copied because nothing says for certain whether they belong together."""
        return list(self.folder.glob("*.kept-*"))

    @property
    def is_sound(self) -> bool:
        with closing(sqlite3.connect(self.path)) as database:
            return bool(database.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


Crash = Callable[[int], Life]


@pytest.fixture
def crash(past: Past, tmp_path: Path) -> Crash:
    """Makes a folder as a crash leaves it so many messages after the copies."""
    return lambda after: Life(shutil.copytree(past.crashed[after], tmp_path / "data"))


# The whole folder.


def left_alone(folder: Path) -> Path:
    return folder


def touched(folder: Path) -> Path:
    for each in folder.iterdir():
        os.utime(each)
    return folder


def copied(folder: Path) -> Path:
    """`cp -r`: new files, new times."""
    return shutil.copytree(folder, folder.with_name("there"), copy_function=shutil.copyfile)


def copied_with_times(folder: Path) -> Path:
    """`cp -a`."""
    return shutil.copytree(folder, folder.with_name("there"))


def copied_into_place(folder: Path) -> Path:
    """`cp -r` of a copy over the files: the same inodes, new times."""
    for each in copied(folder).iterdir():
        shutil.copyfile(each, folder / each.name)
    return folder


def unpacked(folder: Path) -> Path:
    """`tar -c`, and `tar -xm` elsewhere."""
    there = folder.with_name("there")
    there.mkdir()
    with subprocess.Popen(["tar", "-C", str(folder), "-c", "."], stdout=subprocess.PIPE) as pack:
        subprocess.run(["tar", "-C", str(there), "-xm"], stdin=pack.stdout, check=True)
    return there


def complete(life: Life, after: int) -> None:
    """Every acknowledged message is there, after one more start."""
    assert life.now()[1] == [*BEFORE, *["after"] * after, "and"]
    assert (life.aside, life.kept) == ([], [])
    assert life.is_sound


@pytest.mark.parametrize("after", [FEW, MANY])
@pytest.mark.parametrize("way", [left_alone, touched, copied, copied_with_times, copied_into_place, unpacked])
def test_a_folder_that_was_copied_after_a_crash_keeps_every_acknowledged_message(
    crash: Crash, way: Callable[[Path], Path], after: int
) -> None:
    complete(Life(way(crash(after).folder)), after)


@pytest.mark.parametrize("after", [FEW, MANY])
@pytest.mark.parametrize("record", ["lost", "of an earlier run"])
def test_so_does_one_without_its_record(past: Past, crash: Crash, record: str, after: int) -> None:
    life = crash(after)
    if record == "lost":
        life.lose_the_record()
    else:  # a power failure may leave it so
        shutil.copyfile(record_of(past.stopped / life.path.name), record_of(life.path))
    complete(life, after)


def test_at_no_moment_is_a_write_ahead_log_taken_for_that_of_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Around and in the middle of checkpoints, of which some come only as far as somebody reads; without the record."""
    monkeypatch.setattr(wal, "FULL_PAGES", 12)
    monkeypatch.setattr(wal, "SIZE", 60_000)
    monkeypatch.setattr(checkpoints, "RETRY_INTERVAL", 0.0)
    path, moment = tmp_path / "data" / "chat.sqlite3", tmp_path / "moment"
    path.parent.mkdir()
    moment.mkdir()
    copy = moment / path.name
    numbers: set[tuple[bool, int]] = set()

    def die() -> None:
        for kind in ("", "-wal"):
            shutil.copyfile(f"{path}{kind}", f"{copy}{kind}")
        first, inside = wal.first_page(str(copy)), wal.first_pages(str(copy) + "-wal")
        assert first
        Continuity(copy).judge()
        assert not list(moment.glob("*.aside-*")), (first, inside)
        numbers.add((first.head in [page.head for page in inside or []], first.number % 2))

    def step(connection: Connection, statement: str) -> list[tuple[object, ...]]:
        rows = run(connection, statement)
        if "busy_timeout" not in statement:
            die()
        return rows

    monkeypatch.setattr(checkpoints, "run", step)
    log = Log(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        for number in range(60):
            log.post(f"{number} " + "x" * 2_000).wait()
            if number % 7 == 2:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM events").fetchone()
            elif number % 7 == 6:
                reader.execute("ROLLBACK")
            log.journal.write(lambda _: die())
    log.close()
    assert numbers == {(False, 0), (True, 0)}  # of a log that is taken over not yet or in part, and in whole


# An older copy that is put back.


@pytest.mark.parametrize("after", [FEW, MANY])
@pytest.mark.parametrize("record", [True, False])
@pytest.mark.parametrize("copied", WHILE_IT_RAN)
def test_an_old_write_ahead_log_does_not_undo_a_restore(
    past: Past,
    crash: Crash,
    copied: Callable[[Path, Path], None],
    record: bool,
    after: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    life = crash(after)
    if not record:
        life.lose_the_record()
    life.restore(past.copies[copied.__name__])
    epoch, texts = life.now()
    assert life.is_sound
    if copied is by_opening_a_copy and after == FEW:
        # As if a checkpoint had come so far when the server was killed: the messages may have no other copy.
        assert texts == [*BEFORE, *["after"] * after, "and"]
        assert len(life.kept) == 2
        assert "may belong together" in caplog.text
    else:
        assert texts == [*BEFORE, "and"]
        assert len(life.aside) == 1
        assert "belongs to the one before" in caplog.text
    assert epoch != past.epoch
    assert life.now()[0] == epoch


@pytest.mark.parametrize("after", [FEW, MANY])
@pytest.mark.parametrize("record", [True, False])
def test_a_copy_of_an_earlier_run_is_not_undone_either(past: Past, crash: Crash, record: bool, after: int) -> None:
    life = crash(after)
    if not record:
        life.lose_the_record()
    life.restore(past.stopped / life.path.name)
    epoch, texts = life.now()
    assert texts == ["first", "and"]
    assert epoch != past.epoch
    assert len(life.aside) == 1
    assert life.is_sound


def test_nor_the_second_restore_of_a_chat_that_was_restored_once(past: Past, crash: Crash) -> None:
    """SQLite gives the copy of a copy the same schema cookie as that had."""
    life = crash(FEW)
    life.restore(past.copies["by_sqlite"])
    life.now()
    second, copy = Log(life.path), life.folder / "second"
    by_sqlite(life.path, copy)
    second.post("lost with the restore").wait()
    life = Life(shutil.copytree(life.folder, life.folder.with_name("there")))
    second.close()
    life.restore(copy)
    assert life.now()[1] == [*BEFORE, "and", "and"]
    assert len(life.aside) == 2


def test_a_write_ahead_log_of_another_chat_is_not_used(crash: Crash, past: Past) -> None:
    life = crash(FEW)
    other = Log(life.folder.with_name("other.sqlite3"))
    other.post("of another chat").wait()
    shutil.copyfile(write_ahead_log(other.path), write_ahead_log(life.path))
    other.close()
    assert life.now()[1] == ["first", "and"]
    assert len(life.aside) == 1
    assert life.is_sound


def test_a_plain_copy_of_the_file_alone_is_not_mixed_with_a_later_write_ahead_log(past: Past, crash: Crash) -> None:
    """`cp chat.sqlite3` of a running chat: what lay in its write-ahead log is not in it."""
    life = crash(MANY)
    life.restore(past.crashed[FEW] / life.path.name)
    _, texts = life.now()
    assert texts == ["first", "and"]
    assert len(life.aside) == 1
    assert life.is_sound


def test_a_write_ahead_log_that_says_nothing_is_used_and_both_files_are_kept(
    past: Past, crash: Crash, caplog: pytest.LogCaptureFixture
) -> None:
    """No first page of the database is in it, which says what came before."""
    life = crash(FEW)
    life.now()
    with closing(sqlite3.connect(life.path, isolation_level=None)) as database:
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("UPDATE rooms SET topic = 'kept'")
        left = shutil.copytree(life.folder, life.folder.with_name("left"))
    life = Life(left)
    life.lose_the_record()
    files = {path.name: path.read_bytes() for path in (life.path, write_ahead_log(life.path))}
    life.now()
    with closing(sqlite3.connect(life.path)) as database:
        assert database.execute("SELECT topic FROM rooms").fetchone() == ("kept",)
    assert {path.name.partition(".kept-")[0]: path.read_bytes() for path in life.kept} == files
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in life.kept)
    assert "may belong together" in caplog.text
    assert life.aside == []


def test_a_deleted_database_leaves_its_write_ahead_log_to_be_rescued(crash: Crash) -> None:
    life = crash(FEW)
    life.path.unlink()
    assert life.now()[1] == ["and"]
    assert len(life.aside) == 1


# Epochs.


def test_a_log_that_was_killed_keeps_its_epoch(tmp_path: Path) -> None:
    life = Life(tmp_path)
    epoch, _ = life.now()
    process = WARM.Process(target=killed, args=(tmp_path,))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == 0
    assert life.now() == (epoch, ["and", *["said"] * 3, "and"])


def killed(folder: Path) -> None:
    """In a process of its own: a server's life, ended as by `kill -9`."""
    log = Log(folder / "chat.sqlite3")
    for number in range(3):
        log.post(f"said {number}").wait()
    os._exit(0)


def test_a_folder_that_was_moved_keeps_its_epoch(past: Past, crash: Crash) -> None:
    life = crash(FEW)
    epoch, _ = life.now()
    there = Life(life.folder.rename(life.folder.with_name("there")))
    assert there.now()[0] == epoch


def test_a_folder_that_was_put_back_whole_has_a_new_epoch(past: Past, crash: Crash) -> None:
    """With its record and its times, as `cp -a` and `tar` put it back: nothing in it has changed."""
    life = crash(FEW)
    epoch, _ = life.now()
    earlier = shutil.copytree(life.folder, life.folder.with_name("earlier"))
    assert life.now()[0] == epoch
    for each in earlier.iterdir():
        shutil.copy2(each, life.folder / each.name)
    assert life.now()[0] != epoch


def test_a_copy_put_back_while_the_server_is_stopped_has_a_new_epoch(past: Past, crash: Crash) -> None:
    life = crash(FEW)
    epoch, _ = life.now()
    copy = shutil.copy(life.path, life.folder.with_name("copy"))
    assert life.now()[0] == epoch
    life.restore(Path(copy))
    later, texts = life.now()
    assert later != epoch
    assert texts == [*BEFORE, *["after"] * FEW, "and", "and"]


def test_a_copy_without_the_rest_of_the_folder_has_a_new_epoch(crash: Crash, tmp_path: Path) -> None:
    life = crash(FEW)
    epoch, _ = life.now()
    shutil.copy(life.path, tmp_path)
    assert Life(tmp_path).now()[0] != epoch


def test_read_markers_never_point_behind_the_end_of_a_restored_log(crash: Crash) -> None:
    life = crash(FEW)
    log = Log(life.path)
    log.journal.write(lambda connection: connection.execute(insert(markers).values(person_id="a", room_id=1, seq=99)))
    log.close()
    os.utime(life.path)
    later = Log(life.path)
    assert standings(later.history, "a")[1].read == 7
    later.close()
