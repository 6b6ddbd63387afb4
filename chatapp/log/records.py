"""The writes that are no events: rooms, names, read markers. Each runs inside a transaction of the journal's."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from ..model import Refusal, Room
from .schema import markers, people, rooms


def add_room(connection: Connection, slug: str, name: str, at: int) -> Room:
    """Makes a room. Raises Refusal `name-taken`, with its slug, if there is one at that address."""
    if connection.execute(select(rooms.c.id).where(rooms.c.slug == slug)).first():
        raise Refusal("name-taken", field="name", name=name, slug=slug)
    row = {"slug": slug, "name": name, "head": 0, "created_at": at}
    made = connection.execute(insert(rooms).values(row).returning(rooms.c.id)).scalar_one()
    return Room(made, slug, name)


def save_name(connection: Connection, person: str, name: str) -> None:
    """The name that person goes by from now on."""
    changed = connection.execute(update(people).where(people.c.id == person).values(name=name))
    if not changed.rowcount:
        connection.execute(insert(people).values(id=person, name=name))


def move_marker(connection: Connection, person: str, room: int, seq: int) -> int | None:
    """Moves a read marker forward, never back, never past the newest event; where it stands now, None if it stayed."""
    head = connection.execute(select(rooms.c.head).where(rooms.c.id == room)).scalar_one()
    mine = (markers.c.person_id == person) & (markers.c.room_id == room)
    stands = connection.execute(select(markers.c.seq).where(mine)).scalar()
    seq = min(seq, head)
    if stands is None:
        connection.execute(insert(markers).values(person_id=person, room_id=room, seq=seq))
    elif seq > stands:
        connection.execute(update(markers).where(mine).values(seq=seq))
    else:
        return None
    return seq
