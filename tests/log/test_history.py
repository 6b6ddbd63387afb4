"""The history: what was missed, pages, rooms, names; and what is said when the database cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from chatapp.log.database import READERS, Database, sqlite_url
from chatapp.log.history import History
from chatapp.log.people import take_name
from chatapp.log.records import add_room, move_markers
from chatapp.model import Event, Message, Refusal, RoomState, Standing

from ..actors import all_rooms, standings
from .conftest import GENERAL, Log


@pytest.fixture
def written(log: Log) -> Log:
    """Ten messages in `general` and one in `other`."""
    with log.held():
        heard = [log.post(str(number)) for number in range(1, 11)]
    other = log.journal.write(lambda connection: add_room(connection, "Other", ["other"], 0, most=10_000))
    heard.append(log.post("elsewhere", room=other))
    assert heard[-1].event.seq == 1
    return log


def seqs(events: Iterable[Event]) -> list[int]:
    return [event.seq for event in events]


@pytest.mark.parametrize(
    ("after", "upto", "expected"),
    [
        (0, 10, list(range(1, 11))),
        (3, 6, [4, 5, 6]),
        (10, 10, []),
        (12, 10, []),
        (0, 0, []),
        (8, 99, [9, 10]),
    ],
)
def test_missed_are_the_events_between_two_seqs(written: Log, after: int, upto: int, expected: list[int]) -> None:
    missed = written.history.missed(GENERAL, after=after, upto=upto)
    assert seqs(missed) == expected
    size = sum(len(event.text) for event in missed if isinstance(event, Message))
    assert written.history.size(GENERAL, after=after, upto=upto) == size


@pytest.mark.parametrize("limit", [1, 3, 5, 10, 11])
def test_pages_backwards_hold_every_message_once(written: Log, limit: int) -> None:
    pages: list[list[int]] = []
    before, more = None, True
    while more:
        page, more, _, _ = written.history.page(GENERAL, before=before, limit=limit)
        pages.insert(0, seqs(page))
        before = page[0].seq
    assert [seq for page in pages for seq in page] == list(range(1, 11))
    assert len(pages) == -(-10 // limit)


def test_a_page_before_the_first_message_is_empty(written: Log) -> None:
    assert written.history.page(GENERAL, before=1, limit=5) == ([], False, True, 10)
    assert written.history.page(GENERAL, before=0, limit=5) == ([], False, True, 10)


def test_an_event_read_again_equals_the_one_that_was_told(written: Log) -> None:
    assert written.history.missed(GENERAL, after=0, upto=10) == written.told[:10]


def test_rooms_come_in_the_order_in_which_they_were_made_with_their_heads(written: Log) -> None:
    assert all_rooms(written.history) == [
        RoomState(1, "general", "general", 10),
        RoomState(2, "other", "Other", 1),
    ]


def test_an_unknown_room_is_refused(log: Log) -> None:
    with pytest.raises(Refusal) as refused:
        log.history.room("nowhere")
    assert (refused.value.code, refused.value.field) == ("no-such-room", "room")


def test_names_and_markers_are_a_persons_own(log: Log) -> None:
    log.journal.write(lambda connection: take_name(connection, "p1", "Ana", 0))
    log.journal.write(lambda connection: move_markers(connection, {("p1", 1): 0}))
    assert (log.name_of("p1"), log.name_of("p2")) == ("Ana", None)
    assert (standings(log.history, "p1"), standings(log.history, "p2")) == ({1: Standing(0)}, {})


def test_the_epoch_stays(log: Log) -> None:
    assert log.history.epoch() == History(log.database).epoch() != ""


def test_a_database_that_cannot_be_read_is_busy_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite3").touch()
    database = Database(sqlite_url(tmp_path / "empty.sqlite3"), busy_timeout=0.1)
    history = History(database)
    for read in (history.heads, history.epoch, lambda: history.room("general"), lambda: history.person("p1")):
        with pytest.raises(Refusal) as refused:
            read()
        assert (refused.value.code, refused.value.retry_after) == ("busy", 1.0)
        assert "no such table" in str(refused.value.values["reason"])
    database.close()


def test_a_reader_is_given_back_after_every_read(log: Log) -> None:
    for _ in range(READERS * 3):
        all_rooms(log.history)
        with pytest.raises(Refusal):
            log.history.room("nowhere")
    assert log.database.reader.pool.checkedout() == 0  # type: ignore[attr-defined]
