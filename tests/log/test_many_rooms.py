"""Many rooms: what a person is told of them is bounded, and costs the same however many there are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import insert

from chatapp.log.places import room_row
from chatapp.log.records import add_room, move_markers
from chatapp.log.schema import rooms
from chatapp.log.standings import save_level
from chatapp.model import Refusal

from .conftest import Log

MANY = 20_000


@pytest.fixture
def crowded(log: Log) -> Log:
    """A log with `general`, the room of id 1, and 20,000 others."""
    rows = [room_row(f"room-{number}", f"Room {number}", 0) for number in range(2, MANY + 2)]
    log.journal.write(lambda connection: connection.execute(insert(rooms), rows))
    return log


def test_a_person_is_told_of_their_own_rooms_and_the_oldest(crowded: Log) -> None:
    crowded.journal.write(lambda connection: move_markers(connection, {("ana", 15_000): 0}))
    crowded.journal.write(lambda connection: save_level(connection, "ana", 16_000, "none"))
    told = crowded.history.own("ana", most=200, others=3)
    assert [(room.id, standing.read, standing.level) for room, standing in told] == [
        (1, None, "all"),
        (2, None, "all"),
        (3, None, "all"),
        (15_000, 0, "all"),
        (16_000, None, "none"),
    ]


def test_of_too_many_own_rooms_those_are_told_in_which_something_happened_last(crowded: Log) -> None:
    own = range(101, 401)
    crowded.journal.write(lambda connection: move_markers(connection, {("ana", room): 0 for room in own}))
    later = crowded.history.room("room-333")
    crowded.post("news", room=later).wait()
    told = {room.id for room, _ in crowded.history.own("ana", most=5, others=0)}
    assert 333 in told
    assert len(told) == 5
    assert told < set(own)


def test_all_rooms_are_found_page_by_page(crowded: Log) -> None:
    seen: list[int] = []
    while page := crowded.history.listed("ana", after=seen[-1] if seen else 0, limit=5_000):
        assert len(page) <= 5_000
        seen += [each.room.id for each in page]
    assert seen == list(range(1, MANY + 2))


@pytest.mark.parametrize(("q", "found"), [("ROOM 1999", [1999, 19_990]), ("general", [1]), ("100%", []), ("_", [])])
def test_rooms_are_found_by_a_part_of_their_names(crowded: Log, q: str, found: list[int]) -> None:
    assert [each.room.id for each in crowded.history.listed("ana", after=0, limit=2, q=q)] == found


def test_no_more_rooms_are_made_than_the_operator_allows(make_log: Callable[..., Log]) -> None:
    log = make_log()
    log.journal.write(lambda connection: add_room(connection, "two", ["two"], 0, most=2))
    with pytest.raises(Refusal) as refused:
        log.journal.write(lambda connection: add_room(connection, "three", ["three"], 0, most=2))
    assert (refused.value.code, refused.value.field, refused.value.values["n"]) == ("too-many", "name", 2)
    assert log.journal.write(lambda connection: add_room(connection, "three", ["three"], 0, most=3)).slug == "three"
