"""How a person stands in the rooms: what they have read, what they have not, and of how much they want to hear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, func, insert, select

from ..model import Refusal, Standing
from .calls import EVERYBODY, is_named
from .schema import events, levels, markers, mentions, rooms

COUNTED_AT_MOST = 100  # nobody counts what is more
OWN_LIMIT = 1_000  # rooms with a read marker of one person, and rooms with a level
MENTIONS_LOOKED_AT = 1_000  # the newest ones, for own rooms
LOOKED_AT = 400  # events after a read marker that are looked at for it: some are no messages, or one's own


def own_rooms(connection: Connection, person: str, most: int) -> list[int]:
    """The ids of the person's own rooms: those with a read marker, a level or a mention of theirs.

    Gives at most `most`, those in which something happened last. Reads at most 3,000 rows of the person's and the time
    of the newest event of each room.
    """
    marked = select(markers.c.room_id).where(markers.c.person_id == person).order_by(markers.c.room_id.desc())
    leveled = select(levels.c.room_id).where(levels.c.person_id == person).order_by(levels.c.room_id.desc())
    meant = select(mentions.c.room_id).where(mentions.c.person_id == person).order_by(mentions.c.id.desc())
    own: set[int] = set()
    for wanted in (marked.limit(OWN_LIMIT), leveled.limit(OWN_LIMIT), meant.limit(MENTIONS_LOOKED_AT)):
        own.update(connection.execute(wanted).scalars())
    if len(own) <= most:
        return sorted(own)
    newest = select(events.c.at).where(events.c.room_id == rooms.c.id).order_by(events.c.seq.desc()).limit(1)
    at = func.coalesce(newest.scalar_subquery(), rooms.c.created_at)
    wanted = select(rooms.c.id).where(rooms.c.id.in_(own)).order_by(at.desc(), rooms.c.id).limit(most)
    return sorted(connection.execute(wanted).scalars())


def standings_of(connection: Connection, person: str, room_ids: Collection[int]) -> dict[int, Standing]:
    """How that person stands in these rooms, by room id; rooms that mean nothing to them are left out."""
    found: dict[int, Standing] = defaultdict(Standing)
    for room_id, read, unread in connection.execute(_unread(person, room_ids)):
        found[room_id] = Standing(read, min(unread, COUNTED_AT_MOST))
    for wanted in (_mentions(person, room_ids), _calls_of_everybody(person, room_ids)):
        for room_id, count in connection.execute(wanted):
            if count:
                sofar = found[room_id].mentions
                counted = min(COUNTED_AT_MOST, sofar + count)
                found[room_id] = msgspec.structs.replace(found[room_id], mentions=counted)
    own_levels = select(levels.c.room_id, levels.c.level)
    own_levels = own_levels.where(levels.c.person_id == person, levels.c.room_id.in_(room_ids))
    for room_id, level in connection.execute(own_levels):
        found[room_id] = msgspec.structs.replace(found[room_id], level=level)
    return found


def _unread(person: str, room_ids: Collection[int]) -> Select[Any]:
    after = (
        select(events.c.type, events.c.author_id, events.c.text)
        .where(events.c.room_id == markers.c.room_id, events.c.seq > markers.c.seq)
        .order_by(events.c.seq)
        .limit(LOOKED_AT)
        .correlate(markers)
        .subquery()
    )
    counts = (after.c.type == "message") & (after.c.author_id != person) & (after.c.text != "")
    unread = select(func.count()).select_from(after).where(counts).scalar_subquery()
    own = (markers.c.person_id == person) & markers.c.room_id.in_(room_ids)
    return select(markers.c.room_id, markers.c.seq, unread).where(own)


def _mentions(person: str, room_ids: Collection[int]) -> Select[Any]:
    """Per room the mentions after the read marker, counted up to COUNTED_AT_MOST."""
    read = select(markers.c.seq).where(markers.c.person_id == person, markers.c.room_id == rooms.c.id)
    after = mentions.c.seq > func.coalesce(read.correlate(rooms).scalar_subquery(), 0)
    own = (mentions.c.person_id == person) & (mentions.c.room_id == rooms.c.id)
    some = select(mentions.c.seq).where(own, after).limit(COUNTED_AT_MOST).correlate(rooms).subquery()
    return select(rooms.c.id, select(func.count()).select_from(some).scalar_subquery()).where(rooms.c.id.in_(room_ids))


def _calls_of_everybody(person: str, room_ids: Collection[int]) -> Select[Any]:
    """Per room with a read marker the messages of others after it that mean everybody, and not the person by name."""
    after = (
        select(mentions.c.room_id, mentions.c.seq)
        .where(mentions.c.person_id == EVERYBODY)
        .where(mentions.c.room_id == markers.c.room_id, mentions.c.seq > markers.c.seq)
        .order_by(mentions.c.seq)
        .limit(LOOKED_AT)
        .correlate(markers)
        .subquery()
    )
    by = (events.c.room_id == after.c.room_id) & (events.c.seq == after.c.seq) & (events.c.author_id != person)
    count = select(func.count()).select_from(after.join(events, by)).where(~is_named(person, after)).scalar_subquery()
    own = (markers.c.person_id == person) & markers.c.room_id.in_(room_ids)
    return select(markers.c.room_id, count).where(own)


def save_level(connection: Connection, person: str, room_id: int, level: str) -> None:
    """Of how much of that room the person wants to hear. Raises Refusal `too-many` if they said so of OWN_LIMIT."""
    connection.execute(delete(levels).where(levels.c.person_id == person, levels.c.room_id == room_id))
    if level != Standing().level:
        counted = select(func.count()).select_from(levels).where(levels.c.person_id == person)
        if connection.execute(counted).scalar_one() >= OWN_LIMIT:
            raise Refusal("too-many", field="room", n=OWN_LIMIT, own=True)
        connection.execute(insert(levels).values(person_id=person, room_id=room_id, level=level))
