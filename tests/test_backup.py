"""`flask backup` and `flask restore`: whole, of one moment, and never half."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chatapp import backup as copying
from chatapp.backup import BackupError, back_up, restore
from chatapp.config import Settings
from chatapp.lifecycle import DataLock

from .actors import ROOT, Server
from .log.conftest import Log


class Place:
    """A data folder with a log in it, and a file to copy it to."""

    def __init__(self, folder: Path):
        self.data = folder / "data"
        self.data.mkdir()
        (self.data / "secret.key").write_text("the key\n")
        self.path = self.data / "chat.sqlite3"
        self.copy = folder / "copy"
        self.reported: list[tuple[str, float]] = []

    @property
    def settings(self) -> Settings:
        return Settings(DATA=str(self.data))

    def back_up(self, *, force: bool = False, key: bool = False) -> int:
        report = lambda *progress: self.reported.append(progress)  # noqa: E731
        return back_up(self.settings, "", self.copy, force=force, key=key, report=report)

    def restore(self, *, key: bool = False) -> tuple[int, Path | None]:
        return restore(self.settings, "", self.copy, key=key, report=lambda *_: None)

    def live(self, *texts: str) -> tuple[str, list[str]]:
        """A server's life in which this is said. The epoch, and all that is in the log at its end."""
        log = Log(self.path)
        for text in texts:
            log.post(text).wait()
        try:
            return log.history.epoch(), [event.text for event in log.stored]
        finally:
            log.close()

    @property
    def files(self) -> set[str]:
        """All in and beside the data folder, but for what servers and SQLite make for themselves."""
        usual = ("data", "chat.sqlite3", "chat.sqlite3.state", "chatapp.lock", "secret.key")
        return {path.name for path in self.data.parent.rglob("*") if path.name not in usual}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_backup_of_a_running_log_is_whole_and_its_owners_alone(place: Place) -> None:
    log = Log(place.path)
    for number in range(50):
        log.post(f"message {number}").wait()
    before = os.umask(0)
    try:
        assert place.back_up() == 50
    finally:
        os.umask(before)
    log.post("after the copy").wait()
    epoch = log.history.epoch()
    log.close()
    assert place.copy.stat().st_mode & 0o777 == 0o600
    assert place.files == {"copy"}  # no key, and nothing half made
    assert ("copying", 1.0) in place.reported
    with closing(sqlite3.connect(place.copy)) as copy:
        assert copy.execute("SELECT count(*) FROM events").fetchone() == (50,)
        assert copy.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone() != (epoch,)
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_backup_comes_to_its_end_while_people_write_and_is_of_one_moment(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy that is made in steps begins anew with every commit of another process."""
    monkeypatch.setattr(copying, "STEP", 1)
    log = Log(place.path)
    for number in range(100):
        log.post(f"{number} " + "x" * 1_000).wait()

    def write(*_: object) -> None:
        log.post("meanwhile").wait()

    events = back_up(place.settings, "", place.copy, force=False, key=False, report=write)
    assert events == 100
    assert len(log.stored) > 110
    log.close()


def test_a_restored_log_has_its_epoch_and_its_index_and_the_one_before_is_kept(place: Place) -> None:
    epoch, _ = place.live("one", "two")
    place.back_up()
    place.live("three")
    place.path.chmod(0o644)
    events, kept = place.restore()
    assert events == 2
    assert place.path.stat().st_mode & 0o777 == 0o600
    later, texts = place.live("and on")
    assert texts == ["one", "two", "and on"]
    assert later != epoch
    assert place.live()[0] == later
    assert kept is not None
    with closing(sqlite3.connect(kept)) as old:
        assert old.execute("SELECT text FROM events ORDER BY seq").fetchall() == [("one",), ("two",), ("three",)]
    assert place.files == {"copy", kept.name}
    place.restore()
    assert place.live()[0] not in (epoch, later)  # the same copy once more is another log again


def test_a_copy_put_back_by_hand_has_a_new_epoch_too(place: Place) -> None:
    epoch, _ = place.live("one")
    place.back_up()
    shutil.copy(place.copy, place.path)
    assert place.live()[0] != epoch


def test_the_key_is_copied_only_on_request(place: Place) -> None:
    place.live("one")
    place.back_up(key=True)
    key = place.copy.with_name("copy.key")
    assert (key.read_text(), key.stat().st_mode & 0o777) == ("the key\n", 0o600)
    (place.data / "secret.key").write_text("another\n")
    place.restore()
    assert (place.data / "secret.key").read_text() == "another\n"
    place.restore(key=True)
    assert (place.data / "secret.key").read_text() == "the key\n"


def test_what_cannot_be_done_is_one_line_and_changes_nothing(place: Place) -> None:
    def refused(call: Callable[..., object], **options: Any) -> str:
        with pytest.raises(BackupError) as error:
            call(**options)
        assert "\n" not in str(error.value)
        return str(error.value)

    assert refused(place.back_up) == f"there is no file {place.path}"
    assert refused(place.restore) == f"there is no file {place.copy}"
    place.live("one")
    place.copy.write_text("of somebody else")
    assert refused(place.back_up) == f"{place.copy} exists already; --force overwrites it"
    assert refused(place.restore) == f"{place.copy}: file is not a database"
    assert place.back_up(force=True) == 1
    with closing(sqlite3.connect(place.copy)) as copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
        copy.commit()
    assert "newer version of chatapp (9999)" in refused(place.restore)
    place.copy.unlink()
    with closing(sqlite3.connect(place.copy)) as other:
        other.execute("CREATE TABLE something (x)")
    assert "is no database of a chat" in refused(place.restore)
    place.copy.unlink()
    place.copy.mkdir()
    assert refused(place.back_up, force=True) == f"{place.copy} exists already"
    place.copy.rmdir()
    place.copy = place.copy / "nowhere" / "copy"
    assert refused(place.back_up) == f"{place.copy}: No such file or directory"
    assert place.live()[1] == ["one"]
    assert place.files == set()


def test_a_damaged_copy_is_not_restored(place: Place) -> None:
    place.live(*(f"message {number} " + "x" * 3_000 for number in range(30)))
    place.back_up()
    content = bytearray(place.copy.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    place.copy.write_bytes(content)
    with pytest.raises(BackupError, match=str(place.copy)):
        place.restore()
    assert len(place.live()[1]) == 30
    assert place.files == {"copy"}


def test_a_restore_while_a_server_runs_is_refused(place: Place) -> None:
    place.live("one")
    place.back_up()
    lock = DataLock(place.data / "chatapp.lock")
    lock.take()
    with pytest.raises(BackupError, match="another chatapp is running"):
        place.restore()
    lock.release()
    assert place.files == {"copy"}


def test_a_full_disk_leaves_nothing_half_written(place: Place) -> None:
    place.live(*("x" * 50_000 for _ in range(20)))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limit[1]))
    try:
        with pytest.raises(BackupError, match="disk") as error:
            place.back_up()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert str(error.value).startswith(f"{place.copy}: ")
    assert place.files == set()


def post_and_kill(place: Place, text: str) -> None:
    """Leaves the folder as a server leaves it that posted a message and was ended by `kill -9`."""
    log = Log(place.path)
    log.post(text).wait()
    left = place.data.parent / "left"
    shutil.copytree(place.data, left)
    log.close()
    shutil.rmtree(place.data)
    left.rename(place.data)


def test_a_killed_servers_last_messages_are_in_what_is_kept(place: Place) -> None:
    """They lie in the write-ahead log alone."""
    place.live("one")
    place.back_up()
    post_and_kill(place, "two")
    _, kept = place.restore()
    assert kept is not None
    with closing(sqlite3.connect(kept)) as old:
        assert old.execute("SELECT text FROM events ORDER BY seq").fetchall() == [("one",), ("two",)]
    assert place.live()[1] == ["one"]


def flask(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "CHATAPP_DATA": str(data), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "flask", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=30, check=False)


def test_a_backup_of_an_older_file_is_not_mixed_with_a_later_write_ahead_log(place: Place) -> None:
    """The server was killed, and the operator has put a copy into the database's place by hand."""
    place.live("one")
    older = place.path.read_bytes()
    post_and_kill(place, "two")
    place.path.write_bytes(older)
    done = flask(place.data, "backup", str(place.copy))
    assert "1 events" in done.stdout
    assert "belongs to the one before and was moved to" in done.stderr
    with closing(sqlite3.connect(place.copy)) as copy:
        assert copy.execute("SELECT text FROM events").fetchall() == [("one",)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_what_root_restores_belongs_to_the_owner_of_the_folder(place: Place) -> None:
    """Its server runs as that user, and could open neither the database nor the lock otherwise."""
    place.live("one")
    place.back_up(key=True)
    shutil.rmtree(place.data)
    place.data.mkdir()
    os.chown(place.data, 65534, 65534)
    place.restore(key=True)
    files = list(place.data.iterdir())
    assert {path.name for path in files} == {"chat.sqlite3", "chatapp.lock", "secret.key"}
    assert {(path.stat().st_uid, path.stat().st_gid) for path in files} == {(65534, 65534)}


# As the README says.


def test_the_commands_back_up_a_running_server_and_restore_a_stopped_one(server: Server, tmp_path: Path) -> None:
    ana = server.enter("Ana")
    epoch = server.talk(chat=True).hear("welcome")["epoch"]
    ana.hear(nonce=ana.post("kept"))
    copy = tmp_path / "copy.sqlite3"
    done = flask(server.data, "backup", str(copy))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{copy}: 1 events, {copy.stat().st_size:,} bytes, checked\n"
    ana.hear(nonce=ana.post("lost"))
    refused = flask(server.data, "restore", str(copy))
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: another chatapp is running on ")
    server.hang_up()
    server.stop()
    done = flask(server.data, "restore", str(copy))
    assert done.returncode == 0
    assert done.stdout.startswith("restored: 1 events; what was there before: ")
    server.start()
    back = server.talk("/chat?name=Ana", chat=True)
    assert back.hear("welcome")["epoch"] != epoch
    joined = back.join(after=2)
    assert [event["text"] for event in joined["events"]] == ["kept"]
    assert joined["reset"]


def test_postgresql_has_tools_of_its_own(tmp_path: Path) -> None:
    settings = Settings(DATA=str(tmp_path), DATABASE_URL="postgresql+psycopg://chat@127.0.0.1:1/chat")
    with pytest.raises(BackupError, match=r"pg_dump.*pg_restore"):
        back_up(settings, "", tmp_path / "copy", force=False, key=False, report=lambda *_: None)
