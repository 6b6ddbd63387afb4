"""Whom a message means: the rows by which a person finds the messages that mention them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from ..guests import is_guest
from ..model import Present
from .present import present
from .rows import with_slug
from .schema import events, markers, mentions


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


def everybody(connection: Connection, room_id: int, present: Iterable[str]) -> set[str]:
    """Who belongs to the room: whoever has read in it, and those who are `present`."""
    return {*connection.execute(select(markers.c.person_id).where(markers.c.room_id == room_id)).scalars(), *present}


def calls_of(connection: Connection, person: str, *, before: int | None, limit: int) -> list[tuple[int, Present]]:
    """The newest messages that mean that person, newest first, each with the number by which `before` goes on."""
    wanted = select(mentions.c.id, mentions.c.room_id, mentions.c.seq).where(mentions.c.person_id == person)
    if before is not None:
        wanted = wanted.where(mentions.c.id < before)
    rows = connection.execute(wanted.order_by(mentions.c.id.desc()).limit(limit)).all()
    found: dict[tuple[int, int], Present] = {}
    for room_id in {row.room_id for row in rows}:
        found |= _messages(connection, room_id, [row.seq for row in rows if row.room_id == room_id], person)
    return [(row.id, found[row.room_id, row.seq]) for row in rows]


def _messages(connection: Connection, room_id: int, seqs: Sequence[int], reader: str) -> dict[tuple[int, int], Present]:
    wanted = with_slug().where(events.c.room_id == room_id, events.c.seq.in_(seqs))
    rows = list(connection.execute(wanted))
    return {(room_id, message.seq): message for message in present(connection, room_id, rows, reader)}
