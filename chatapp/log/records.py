"""The writes that are no events: rooms, read markers. Each runs inside a transaction of the journal's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, tuple_, update

from ..model import Refusal, RoomState
from .places import refuse_taken_name, room_row
from .schema import head, markers, rooms
from .standings import OWN_LIMIT


class Moved(NamedTuple):
    """Read markers by person and room id: where those that moved stand now, and those there is no place for."""

    stand: dict[tuple[str, int], int]
    too_many: list[tuple[str, int]]


def add_room(
    connection: Connection, name: str, slugs: Iterable[str], at: int, *, most: int, by: str | None = None
) -> RoomState:
    """Makes a room at the first of `slugs` that is free; `by` is the id of the person whose own room it is then.

    Raises Refusal `too-many` if there are `most` rooms or more, and `name-taken`, with the slug of the room, if a
    reader would take its name for this one.
    """
    newest = connection.execute(select(func.max(rooms.c.id))).scalar() or 0
    # Ids start at 1 and grow: the rooms are counted only near the limit.
    if newest >= most and connection.execute(select(func.count()).select_from(rooms)).scalar_one() >= most:
        raise Refusal("too-many", field="name", n=most, rooms=True)
    refuse_taken_name(connection, name)
    for slug in slugs:
        if connection.execute(select(rooms.c.id).where(rooms.c.slug == slug)).first() is None:
            break
    made = connection.execute(insert(rooms).values(room_row(slug, name, at)).returning(rooms.c.id)).scalar_one()
    if by is not None:
        move_markers(connection, {(by, made): 0})
    return RoomState(made, slug, name)


def move_markers(connection: Connection, wanted: dict[tuple[str, int], int]) -> Moved:
    """Moves read markers (person and room id to seq) forward, never back, never past the newest event. A person has
    OWN_LIMIT of them at most."""
    heads = connection.execute(select(rooms.c.id, head()).where(rooms.c.id.in_({room for _, room in wanted})))
    newest = {row.id: row.head for row in heads}
    key = tuple_(markers.c.person_id, markers.c.room_id)
    stand = {
        (row.person_id, row.room_id): row.seq for row in connection.execute(select(markers).where(key.in_(wanted)))
    }
    moved = {}
    for (person, room), seq in wanted.items():
        if min(seq, newest[room]) > stand.get((person, room), -1):
            moved[person, room] = min(seq, newest[room])
    too_many = _without_a_place(connection, [key for key in moved if key not in stand])
    for unplaced in too_many:
        del moved[unplaced]
    fresh = [{"person_id": p, "room_id": r, "seq": seq} for (p, r), seq in moved.items() if (p, r) not in stand]
    known = [{"person": p, "room": r, "to": seq} for (p, r), seq in moved.items() if (p, r) in stand]
    if fresh:
        connection.execute(insert(markers), fresh)
    if known:
        mine = (markers.c.person_id == bindparam("person")) & (markers.c.room_id == bindparam("room"))
        connection.execute(update(markers).where(mine).values(seq=bindparam("to")), known)
    return Moved(moved, too_many)


def _without_a_place(connection: Connection, fresh: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Those of these new markers, by person and room id, that would be more than a person may have."""
    counted = select(func.count()).select_from(markers)
    places = {
        person: OWN_LIMIT - connection.execute(counted.where(markers.c.person_id == person)).scalar_one()
        for person in {person for person, _ in fresh}
    }
    too_many = []
    for person, room in fresh:
        places[person] -= 1
        if places[person] < 0:
            too_many.append((person, room))
    return too_many
