"""The files of a SQLite log under an operator's hands: deleted, replaced or moved while the chat runs, and restored."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.log import checkpoints, wal
from chatapp.log.database import Database, sqlite_url
from chatapp.model import Refusal
from chatapp.private import make_private

from ..actors import all_rooms, eventually
from .conftest import Log


def beside(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.name}-{kind}")


def backup(path: Path) -> Path:
    """A copy as the `sqlite3` shell's `.backup` makes it, while the chat runs."""
    copy = path.with_name("copy")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def remove(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    backup(path).replace(path)


def copy(path: Path) -> None:
    """Another file with the same content."""
    aside = path.with_name("aside")
    shutil.copy(path, aside)
    aside.replace(path)


def clean(path: Path) -> None:
    for each in path.parent.iterdir():
        each.unlink()


def move_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


@pytest.fixture
def watched(tmp_path: Path) -> Log:
    """A log in a folder that can be moved away. Its connections stay open, as those of a server do until it ends."""
    (tmp_path / "folder").mkdir()
    return Log(tmp_path / "folder" / "chat.sqlite3")


@pytest.mark.parametrize("fault", [remove, replace, clean, move_folder])
def test_after_the_file_is_gone_nothing_is_acknowledged(
    watched: Log, fault: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    watched.post("before").wait()
    fault(watched.path)
    late = watched.post("after")
    assert late.refusal.code == "busy"
    assert "while the server was running" in str(late.refusal.values["reason"])
    with pytest.raises(Refusal, match="busy"):
        watched.journal.probe()
    assert [event.text for event in watched.told] == ["before"]
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]  # once
    assert str(watched.path) in caplog.text
    watched.close()


@pytest.mark.parametrize("kind", ["wal", "shm"])
@pytest.mark.parametrize("fault", [remove, copy])
def test_the_loss_of_a_file_beside_it_is_noticed_without_a_write(
    watched: Log, kind: str, fault: Callable[[Path], None]
) -> None:
    watched.post("before").wait()
    fault(beside(watched.path, kind))
    eventually(lambda: watched.database.gone)
    assert watched.post("after").refusal.code == "busy"
    watched.close()


def test_the_file_put_back_is_not_trusted(watched: Log) -> None:
    """Meanwhile somebody may have written to it."""
    away = watched.path.with_name("away")
    watched.path.rename(away)
    eventually(lambda: watched.database.gone)
    away.rename(watched.path)
    assert watched.post("after").refusal.code == "busy"
    watched.close()


def test_a_server_that_ends_leaves_the_files_that_were_put_in_its_place(watched: Log) -> None:
    """SQLite removes a database's write-ahead log by its name when it closes it."""
    watched.post("before").wait()
    replace(watched.path)
    beside(watched.path, "wal").unlink()
    beside(watched.path, "shm").unlink()
    eventually(lambda: watched.database.gone)
    with closing(sqlite3.connect(watched.path)) as other:
        other.execute("UPDATE rooms SET topic = 'restored'")
        other.commit()
        watched.close()
        assert beside(watched.path, "wal").exists()
        assert other.execute("SELECT topic FROM rooms").fetchone() == ("restored",)


def test_readers_never_create_a_database(watched: Log) -> None:
    watched.path.unlink()
    with pytest.raises(Refusal, match="busy"):
        all_rooms(watched.history)
    assert not watched.path.exists()
    watched.close()


def test_a_database_that_nobody_has_opened_yet_is_not_created_by_a_read(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "chat.sqlite3"), busy_timeout=0.1)
    with pytest.raises(Exception, match="unable to open"):
        database.reader.connect()
    assert list(tmp_path.iterdir()) == []
    database.close()


@pytest.mark.parametrize("name", ["a b.sqlite3", "50%25.sqlite3", "what?.sqlite3", "x#y.sqlite3", "ção.sqlite3"])
def test_any_file_name_can_be_opened(tmp_path: Path, name: str) -> None:
    log = Log(tmp_path / name)
    log.post("hello").wait()
    log.close()
    assert {path.name for path in tmp_path.iterdir()} == {name, f"{name}.state"}


def test_a_write_ahead_log_that_grew_under_a_long_reader_is_cut_when_the_reader_has_ended(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the database has what was in it, although nothing more is written."""
    monkeypatch.setattr(checkpoints, "LONG", wal.SIZE + 1_000_000)
    wal_path = beside(log.path, "wal")
    with closing(sqlite3.connect(log.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (0,)
        for _ in range(70):
            log.post("x" * 100_000).wait()
        assert wal_path.stat().st_size > 7_000_000
    eventually(lambda: wal_path.stat().st_size == wal.SIZE)
    assert log.path.stat().st_size > 7_000_000
    log.post("and on").wait()


def test_checkpoints_keep_the_write_ahead_log_short_while_people_post(log: Log) -> None:
    for _ in range(1_500):
        log.post("x" * 5_000).wait()
    assert beside(log.path, "wal").stat().st_size <= wal.SIZE
    assert log.path.stat().st_size > 5_000_000


# Modes.


def test_restored_files_are_their_owners_alone(make_log: Callable[[], Log], caplog: pytest.LogCaptureFixture) -> None:
    path = make_log().path
    path.chmod(0o644)
    make_log()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "was accessible to others (mode 0644)" in caplog.text


def test_a_file_that_is_not_ours_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.touch(mode=0o644)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)
    make_private([path, tmp_path / "none"])
    assert [record.getMessage() for record in caplog.records] == [
        f"{path} may be accessible to others, and its mode cannot be changed: Operation not permitted"
    ]
