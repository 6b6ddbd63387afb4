"""Whom a message means: the rows by which a person finds the messages that mention them.

A message that means everybody in its room has one row, of the person EVERYBODY: it is found by those who have a read
marker in the room, however many they are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, FromClause, delete, exists, func, insert, select, true

from ..guests import is_guest
from ..model import Present
from .present import present
from .rows import with_slug
from .schema import events, markers, mentions

EVERYBODY = ""  # no person's id: in its row, everybody who follows the room
FOLLOWERS_COUNTED = 10_000  # nobody needs to know how many more they are
LOOKED_UP_AT_ONCE = 500  # people in one statement
CALLS_LOOKED_AT = 1_000  # messages that mean everybody in some room, for a page of what means one person


def call(connection: Connection, room_id: int, seq: int, people: Collection[str]) -> list[str]:
    """That message means these people, and nobody else any more. Gives those whom it did not mean before.

    No row is written for a guest, who could not read it later. So each call gives the guests among `people`.
    """
    guests = [person for person in people if is_guest(person)]
    people = [person for person in people if not is_guest(person)]
    found = meant(connection, room_id, seq)
    gone = found.difference(people)
    if gone:
        # Whichever are fewer: a statement has room for so many values.
        person = mentions.c.person_id
        who = person.in_(gone) if len(gone) < len(people) else person.not_in(people)
        connection.execute(delete(mentions).where(_of_message(room_id, seq), who))
    added = [person for person in people if person not in found]
    if added:
        connection.execute(insert(mentions), [{"person_id": p, "room_id": room_id, "seq": seq} for p in added])
    return added + guests


def meant(connection: Connection, room_id: int, seq: int) -> set[str]:
    """Whom that message means, without guests."""
    return set(connection.execute(select(mentions.c.person_id).where(_of_message(room_id, seq))).scalars())


def _of_message(room_id: int, seq: int) -> ColumnElement[bool]:
    return (mentions.c.room_id == room_id) & (mentions.c.seq == seq)


def followers(connection: Connection, room_id: int, *, but: str) -> int:
    """How many people have a read marker in the room, without that person; at most FOLLOWERS_COUNTED."""
    others = select(markers.c.person_id).where(markers.c.room_id == room_id, markers.c.person_id != but)
    counted = select(func.count()).select_from(others.limit(FOLLOWERS_COUNTED).subquery())
    return int(connection.execute(counted).scalar_one())


def following(connection: Connection, room_id: int, people: Collection[str]) -> set[str]:
    """Those of these people who have a read marker in the room."""
    found: set[str] = set()
    ids = list(people)
    for start in range(0, len(ids), LOOKED_UP_AT_ONCE):
        some = ids[start : start + LOOKED_UP_AT_ONCE]
        wanted = select(markers.c.person_id).where(markers.c.room_id == room_id, markers.c.person_id.in_(some))
        found.update(connection.execute(wanted).scalars())
    return found


def calls_of(connection: Connection, person: str, *, before: int | None, limit: int) -> list[tuple[int, Present]]:
    """The newest messages that mean that person, newest first, each with the number by which `before` goes on.

    Of those that mean everybody in a room the CALLS_LOOKED_AT newest in all rooms are looked at.
    """
    columns = (mentions.c.id, mentions.c.room_id, mentions.c.seq)
    earlier = true() if before is None else mentions.c.id < before
    newest = select(*columns).where(earlier).order_by(mentions.c.id.desc())
    named = newest.where(mentions.c.person_id == person).limit(limit)
    everybody = newest.where(mentions.c.person_id == EVERYBODY).limit(CALLS_LOOKED_AT).subquery()
    followed = (
        select(everybody)
        .join(markers, (markers.c.person_id == person) & (markers.c.room_id == everybody.c.room_id))
        .join(events, (events.c.room_id == everybody.c.room_id) & (events.c.seq == everybody.c.seq))
        .where(events.c.author_id != person, ~is_named(person, everybody))
        .order_by(everybody.c.id.desc())
        .limit(limit)
    )
    both = [*connection.execute(named), *connection.execute(followed)]
    rows = sorted(both, key=lambda row: row.id, reverse=True)[:limit]
    found: dict[tuple[int, int], Present] = {}
    for room_id in {row.room_id for row in rows}:
        found |= _messages(connection, room_id, [row.seq for row in rows if row.room_id == room_id], person)
    return [(row.id, found[row.room_id, row.seq]) for row in rows]


def is_named(person: str, call: FromClause) -> ColumnElement[bool]:
    """That the message of a row that means everybody means the person by name too."""
    own = mentions.alias()
    return exists().where(own.c.person_id == person, own.c.room_id == call.c.room_id, own.c.seq == call.c.seq)


def _messages(connection: Connection, room_id: int, seqs: Sequence[int], reader: str) -> dict[tuple[int, int], Present]:
    wanted = with_slug().where(events.c.room_id == room_id, events.c.seq.in_(seqs))
    rows = list(connection.execute(wanted))
    return {(room_id, message.seq): message for message in present(connection, room_id, rows, reader)}
