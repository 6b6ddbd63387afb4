"""The database: how SQLite is opened, and the migrations."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from chatapp.log import index
from chatapp.log.database import Database, LogError, sqlite_url
from chatapp.log.schema import metadata, people
from chatapp.model import RoomState

from ..actors import PATIENCE, all_rooms
from .conftest import Log, downgrade


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The index of words is each database's own affair, and so are the tables that it makes for itself."""
    return kind != "table" or not (name or "").startswith("message_index")


def test_the_tables_that_the_migrations_make_are_those_of_the_schema(log: Log) -> None:
    with log.database.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        assert compare_metadata(context, metadata) == []


def test_the_comparison_of_tables_sees_a_difference(log: Log) -> None:
    """Else the test above could not fail."""
    log.journal.write(lambda connection: connection.execute(text("ALTER TABLE people ADD COLUMN hat TEXT")))
    log.journal.write(lambda connection: connection.execute(text("DROP INDEX events_nonce")))
    with log.database.reader.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"include_name": is_ours}), metadata)
    assert {difference[0] for difference in found} == {"remove_column", "add_index"}


def test_the_index_of_nonces_leaves_out_messages_without_one(log: Log) -> None:
    """What `compare_metadata` does not look at."""
    with log.database.reader.connect() as connection:
        index = next(i for i in inspect(connection).get_indexes("events") if i["name"] == "events_nonce")
    assert str(index["dialect_options"]["sqlite_where"]) == "nonce IS NOT NULL"
    assert index["unique"]


def test_migrating_again_changes_nothing(make_log: Callable[..., Log]) -> None:
    log = make_log()
    event = log.post("hello", "n1").event
    epoch = log.history.epoch()
    again = make_log()
    assert again.stored == [event]
    assert again.history.epoch() == epoch
    assert [room.slug for room in all_rooms(again.history)] == ["general"]


def test_an_older_log_keeps_its_messages_and_its_count(make_log: Callable[..., Log]) -> None:
    """Before the second migration each room's newest seq stood in a column of its own."""
    log = make_log()
    told = [log.post(f"message {n}").event for n in range(3)]
    log.journal.stop(PATIENCE)
    with log.database.writer.begin() as connection:
        downgrade(connection, "0001")
        assert connection.execute(text("SELECT slug, head FROM rooms")).all() == [("general", 3)]
    later = make_log()
    assert later.stored == told
    assert later.history.room("general").head == 3
    assert later.post("one more").event.seq == 4


def test_a_new_log_has_the_room_general_and_an_epoch_of_its_own(tmp_path: Path) -> None:
    epochs = set()
    for name in ("one", "two"):
        log = Log(tmp_path / f"{name}.sqlite3")
        assert log.history.room("general") == RoomState(1, "general", "general")
        epochs.add(log.history.epoch())
        log.close()
    assert len(epochs) == 2


def test_a_database_of_a_newer_version_is_refused_with_one_line(make_log: Callable[..., Log]) -> None:
    log = make_log()
    log.journal.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    log.journal.stop(PATIENCE)
    with pytest.raises(LogError) as refused:
        log.database.migrate()
    assert "another version of chatapp" in str(refused.value)
    assert "9999" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"this is no database" * 100, secrets.token_bytes(8_192)])
def test_a_file_that_is_no_database_is_refused_with_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "chat.sqlite3"
    path.write_bytes(content)
    database = Database(sqlite_url(path), busy_timeout=0.1)
    with pytest.raises(LogError, match=r"\Athe database cannot be opened: file is not a database\Z"):
        database.migrate()
    database.close()
    assert path.read_bytes() == content


def test_a_database_that_is_locked_at_the_start_is_refused_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "chat.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        database = Database(sqlite_url(path), busy_timeout=0.1)
        with pytest.raises(LogError, match="database is locked"):
            database.migrate()
        database.close()


def test_a_failed_migration_leaves_no_half_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "chat.sqlite3"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE markers (in_the_way INTEGER)")  # the last table that the first migration makes
    database = Database(sqlite_url(path), busy_timeout=0.1)
    with pytest.raises(LogError, match="markers"):
        database.migrate()
    database.close()
    engine = create_engine(sqlite_url(path))
    assert inspect(engine).get_table_names() == ["markers"]
    engine.dispose()


def test_the_writer_syncs_every_commit_and_checks_references(log: Log) -> None:
    def pragma(name: str) -> object:
        return log.journal.write(lambda connection: connection.exec_driver_sql(f"PRAGMA {name}").scalar())

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2  # FULL
    assert pragma("foreign_keys") == 1
    assert pragma("busy_timeout") == 50


def test_readers_cannot_write(log: Log) -> None:
    with log.database.reader.connect() as connection, pytest.raises(DBAPIError, match="readonly"):
        connection.execute(insert(people).values(id="p1", name="ana"))


def test_readers_wait_for_no_writer(log: Log) -> None:
    event = log.post("hello").event
    with log.held(), log.database.reader.connect() as connection:
        assert connection.execute(text("SELECT text FROM events")).scalar() == event.text


def test_the_writer_takes_its_lock_before_it_reads(log: Log) -> None:
    """Else what it read could be old by the time it writes, and SQLite would fail it without waiting."""
    other = sqlite3.connect(log.path, timeout=0, isolation_level=None)
    with closing(other), log.held(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")


def test_an_older_log_can_be_searched_as_soon_as_it_is_open(make_log: Callable[..., Log]) -> None:
    log = make_log()
    for number in range(3):
        log.post(f"message n{number}").wait()
    log.journal.stop(PATIENCE)
    with log.database.writer.begin() as connection:
        downgrade(connection, "0003")
    later = make_log()
    with later.database.reader.connect() as connection:
        assert connection.execute(text("SELECT doc, seq FROM documents")).all() == [(1, 1), (2, 2), (3, 3)]
        wanted = text("SELECT rowid FROM message_index WHERE message_index MATCH 'text : n1'")
        assert connection.execute(wanted).scalars().all() == [2]


def test_messages_from_before_are_found_at_their_own_times_after_the_upgrade(make_log: Callable[..., Log]) -> None:
    """Until then a message had the latest time of all before it."""
    times = [1_000.0, 90_000.0, 2_000.0, 3_000.0]
    waiting = list(times)
    log = make_log(clock=lambda: waiting.pop(0) if waiting else 0)
    for number in range(len(times)):
        log.post(f"message {number}").wait()
    log.journal.write(lambda connection: index.add(connection, [("general", seq) for seq in range(1, 5)]))
    log.journal.stop(PATIENCE)
    clamped, own = [1_000_000, 90_000_000, 90_000_000, 90_000_000], [int(1_000 * time) for time in times]
    wanted = text("SELECT at FROM documents ORDER BY doc")
    with log.database.writer.begin() as connection:
        assert connection.execute(wanted).scalars().all() == own
        downgrade(connection, "0008")
        assert connection.execute(wanted).scalars().all() == clamped
    later = make_log()
    with later.database.reader.connect() as connection:
        assert connection.execute(wanted).scalars().all() == own
        assert connection.execute(text("SELECT doc FROM clock_steps")).scalars().all() == [3]


def test_an_index_that_a_newer_sqlite_has_left_is_made_anew(make_log: Callable[..., Log]) -> None:
    """FTS5 marks an index in which it has wiped something out, and an older one refuses to read it."""
    log = make_log()
    log.post("hello").wait()
    log.journal.write(lambda connection: index.add(connection, [("general", 1)]))
    log.journal.write(
        lambda connection: connection.execute(text("UPDATE message_index_config SET v = 5 WHERE k = 'version'"))
    )
    later = make_log()
    with later.database.reader.connect() as connection:
        wanted = text("SELECT rowid FROM message_index WHERE message_index MATCH 'hello'")
        assert connection.execute(wanted).scalars().all() == [1]
