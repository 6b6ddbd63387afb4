"""A log that was made before conversations had edits, replies and reactions is kept whole by what comes after."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chatapp.log.acts import Delete, React, Say
from chatapp.log.database import Database, sqlite_url
from chatapp.log.places import rooms_called
from chatapp.log.records import add_room
from chatapp.model import Author, Quote, Refusal, Room

from ..actors import all_rooms, standings
from .conftest import GENERAL, Heard, Log

DUMP = Path(__file__).with_name("made_before.sql")
ANA = Author("1f0c3a5be2d44f7786aa01", "Ana Prado")
CAFE = Room(2, "café-da-manhã")


def rows(path: Path, table: str, columns: str = "*") -> list[Any]:
    with closing(sqlite3.connect(path)) as raw:
        return sorted(raw.execute(f"SELECT {columns} FROM {table}"), key=repr)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The database as it was."""
    path = tmp_path / "before.sqlite3"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(DUMP.read_bytes().decode())
    return path


@pytest.fixture
def upgraded(before: Path, tmp_path: Path, make_log: Callable[..., Log]) -> Log:
    """The same, opened by today's code."""
    (tmp_path / "chat.sqlite3").write_bytes(before.read_bytes())
    return make_log(clock=lambda: 1_760_003_000.0)


def test_every_row_is_as_it_was(before: Path, upgraded: Log) -> None:
    columns = {
        "events": "room_id, seq, type, at, author_id, author_name, text, nonce",
        "rooms": "id, slug, name, created_at",
        "people": "id, name",
        "markers": "person_id, room_id, seq",
        "meta": "key, value",
    }
    for table, names in columns.items():
        found = rows(upgraded.path, table, names)
        assert [row for row in rows(before, table, names) if row not in found] == []
    assert len(rows(before, "events")) == 16


def test_it_has_the_shape_of_a_new_one(upgraded: Log, tmp_path: Path) -> None:
    new = Database(sqlite_url(tmp_path / "new.sqlite3"), busy_timeout=0.1)
    new.migrate()
    new.close()

    def shape(path: Path) -> list[tuple[str, str, str]]:
        return [
            (kind, name, " ".join((sql or "").split()))
            for kind, name, sql in rows(path, "sqlite_master", "type, name, sql")
        ]

    assert shape(upgraded.path) == shape(tmp_path / "new.sqlite3")


def test_what_was_said_is_read_as_it_was_said(before: Path, upgraded: Log) -> None:
    texts = {(room, seq): text for room, seq, text in rows(before, "events", "room_id, seq, text")}
    for room in all_rooms(upgraded.history):
        page = upgraded.history.page(room, before=None, limit=50)
        missed = upgraded.history.missed(room, after=0, upto=room.head)
        for found in (page.messages, missed):
            assert {(room.id, event.seq): event.text for event in found} == {  # type: ignore[union-attr]
                key: text for key, text in texts.items() if key[0] == room.id
            }
    stand = standings(upgraded.history, ANA.id)
    assert {room: (standing.read, standing.unread) for room, standing in stand.items()} == {1: (10, 0), 2: (3, 0)}
    assert upgraded.name_of("4c") == "سارة"
    assert [author.id for author in upgraded.history.named({"سارة"})] == ["4c"]


def test_one_goes_on_where_it_ended(upgraded: Log) -> None:
    def do(act: Callable[[Heard], Any]) -> Any:
        heard = Heard()
        upgraded.journal.append(act(heard))
        return heard.event

    again = upgraded.post("Bom dia!", "n1", author=ANA.id)
    assert (again.event.seq, again.event.text, again.first) == (1, "Bom dia!", False)
    assert upgraded.post("again", "n99", author=ANA.id).event.seq == 11
    reply = do(lambda heard: Say(CAFE, ANA, "n100", heard, "Sim!", None, 2))
    assert (reply.seq, reply.quote) == (4, Quote(2, Author("3b7e", "Léa O'Neil"), "comunicação"))
    assert do(lambda heard: React(GENERAL, ANA, None, heard, 4, "👍", True)).seq == 12
    assert do(lambda heard: Delete(GENERAL, ANA, None, heard, 1)).seq == 13
    first, *_ = upgraded.history.page(GENERAL, before=2, limit=1).messages
    assert (first.seq, first.text, first.deleted) == (1, "", True)


def test_rooms_that_an_older_version_let_share_a_name_are_kept(before: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(before)) as raw, raw:
        raw.executemany(
            "INSERT INTO rooms (id, slug, name, created_at) VALUES (?, ?, ?, 0)",
            [(50, "straße", "Straße"), (51, "strasse", "STRASSE"), (52, "strasse-2", "strasse")],
        )
    log = Log(before)
    try:
        stored = {row[0]: row[1:] for row in rows(before, "rooms", "id, name, folded, bare, bare_slug")}
        assert stored[50] == ("Straße", "strasse", "strasse", "strasse")
        assert stored[51] == ("STRASSE", "strasse\n51", "strasse", "strasse")
        assert stored[52] == ("strasse", "strasse\n52", "strasse", "strasse-2")
        with pytest.raises(Refusal) as refused:
            log.journal.write(lambda connection: add_room(connection, "Strasse", ["new"], 0, most=10_000))
        assert refused.value.values["slug"] == "straße"
        with log.database.reader.connect() as connection:
            assert [room.id for room in rooms_called(connection, ["strasse"])] == [50, 51, 52]
    finally:
        log.close()


def test_names_that_people_and_rooms_have_belong_to_them_and_look_alikes_stay(before: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(before)) as raw, raw:
        raw.executemany(
            "INSERT INTO people (id, name) VALUES (?, ?)",
            [(f"q{number:04}", name) for number, name in enumerate(["Eva", "eva", "Еvа", "Rui"])]
            + [(f"r{number:04}", f"Somebody {number}") for number in range(1_200)],  # more than one batch
        )
        raw.executemany(
            "INSERT INTO rooms (id, slug, name, created_at) VALUES (?, ?, ?, 0)",
            [(50, "tea", "Tea"), (51, "tea-2", "Теа")],  # the second one in Cyrillic letters
        )
    begun = int(time.time() * 1000)
    log = Log(before)
    try:
        assert {row[0] for row in rows(before, "names", "person_id")} >= {"q0000", "q0003", "r0000", "r1199", ANA.id}
        assert {seen >= begun for (seen,) in rows(before, "people", "last_seen")} == {True}
        for name in ("Eva", "EVA", "Еvа"):
            assert log.history.refusal_of(name, begun, to="new") is not None
        assert log.name_of("q0001") == "eva"
        assert [row for row in rows(before, "rooms", "id, written") if row[0] >= 50] == [(50, "tea"), (51, "tea")]
        with pytest.raises(Refusal) as refused:
            log.journal.write(lambda connection: add_room(connection, "ТEA", ["new"], 0, most=100))
        assert refused.value.values["like_room"] in ("Tea", "Теа")
    finally:
        log.close()
