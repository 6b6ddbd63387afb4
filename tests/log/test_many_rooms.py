"""Many rooms: what a person is told of them is bounded, and costs the same however many there are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import insert, update

from chatapp.log.places import room_row
from chatapp.log.posts import Mark
from chatapp.log.records import add_room, move_markers
from chatapp.log.schema import levels, rooms
from chatapp.log.standings import OWN_LIMIT, save_level
from chatapp.model import Refusal, Standing

from ..actors import eventually, standings
from .conftest import Log
from .cost import Cost

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
    assert [(room.id, standing.read, standing.level) for room, _, standing in told] == [
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
    told = {listed.room.id for listed in crowded.history.own("ana", most=5, others=0)}
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


def test_the_heads_of_many_rooms_are_read_without_the_rooms(crowded: Log) -> None:
    for text in ("news", "more"):
        crowded.post(text, room=crowded.history.room("room-333")).wait()
    with Cost(crowded.database.reader) as cost:
        assert crowded.history.heads() == {"room-333": 2}
    assert cost.rows < 3 * MANY


def test_what_a_person_is_told_at_first_costs_the_same_however_many_rooms_there_are(crowded: Log) -> None:
    own = range(101, 401)
    crowded.journal.write(lambda connection: move_markers(connection, {("ana", room): 0 for room in own}))
    with Cost(crowded.database.reader) as cost:
        crowded.history.own("ana", most=200, others=50)
    assert cost.rows < 6_000
    with Cost(crowded.database.reader) as cost:
        crowded.history.own("nobody", most=200, others=50)
    assert cost.rows < 600
    with Cost(crowded.database.reader) as cost:
        crowded.history.listed("ana", after=15_000, limit=100)
    assert cost.rows < 2_000


def test_making_a_room_and_writing_in_one_costs_the_same_however_many_rooms_there_are(crowded: Log) -> None:
    crowded.journal.write(lambda connection: connection.execute(update(rooms).values(archived=True)))
    room = crowded.history.room("room-333")
    with Cost(crowded.database.writer) as cost:
        crowded.journal.write(lambda connection: add_room(connection, "New", ["new"], 0, most=MANY + 2, by="ana"))
        assert crowded.post("news", room=room).refusal.code == "read-only"
    assert cost.rows < 100


def test_the_maker_of_a_room_has_it_among_their_own(log: Log) -> None:
    made = log.journal.write(lambda connection: add_room(connection, "two", ["two"], 0, most=10, by="ana"))
    log.journal.write(lambda connection: add_room(connection, "three", ["three"], 0, most=10))
    assert standings(log.history, "ana") == {made.id: Standing(0)}


def test_a_person_has_a_bounded_number_of_own_rooms(crowded: Log) -> None:
    full = {("ana", room): 0 for room in range(1, OWN_LIMIT)}
    assert crowded.journal.write(lambda connection: move_markers(connection, full)) == (full, [])
    more = {("ana", OWN_LIMIT): 0, ("ana", OWN_LIMIT + 1): 0, ("bob", OWN_LIMIT + 1): 0}
    moved = crowded.journal.write(lambda connection: move_markers(connection, more))
    assert moved == ({("ana", OWN_LIMIT): 0, ("bob", OWN_LIMIT + 1): 0}, [("ana", OWN_LIMIT + 1)])
    refused: list[Refusal] = []
    crowded.journal.mark(Mark("ana", OWN_LIMIT + 2, 0, lambda seq: None, refused.append))
    eventually(lambda: refused)
    assert [(each.code, each.field, each.values["n"]) for each in refused] == [("too-many", "room", OWN_LIMIT)]
    rows = [{"person_id": "ana", "room_id": room, "level": "none"} for room in range(1, OWN_LIMIT + 1)]
    crowded.journal.write(lambda connection: connection.execute(insert(levels), rows))
    crowded.journal.write(lambda connection: save_level(connection, "ana", 7, "mentions"))
    with pytest.raises(Refusal) as no_place:
        crowded.journal.write(lambda connection: save_level(connection, "ana", OWN_LIMIT + 1, "none"))
    assert (no_place.value.code, no_place.value.field) == ("too-many", "room")


def test_no_more_rooms_are_made_than_the_operator_allows(make_log: Callable[..., Log]) -> None:
    log = make_log()
    log.journal.write(lambda connection: add_room(connection, "two", ["two"], 0, most=2))
    with pytest.raises(Refusal) as refused:
        log.journal.write(lambda connection: add_room(connection, "three", ["three"], 0, most=2))
    assert (refused.value.code, refused.value.field, refused.value.values["n"]) == ("too-many", "name", 2)
    assert log.journal.write(lambda connection: add_room(connection, "three", ["three"], 0, most=3)).slug == "three"
