"""How a person stands in the rooms: what they have read, what they have not, and of how much they want to hear."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, func, insert, select

from ..model import Standing
from .schema import events, levels, markers, mentions

COUNTED_AT_MOST = 100  # nobody counts what is more
LOOKED_AT = 400  # events after a read marker that are looked at for it: some are no messages, or one's own


def standings_of(connection: Connection, person: str) -> dict[int, Standing]:
    """By room id, for each room where that person has been, or is meant, or said how much they want to hear."""
    found: dict[int, Standing] = defaultdict(Standing)
    for room_id, read, unread in connection.execute(_unread(person)):
        found[room_id] = Standing(read, min(unread, COUNTED_AT_MOST))
    for room_id, count in connection.execute(_mentions(person)):
        found[room_id] = msgspec.structs.replace(found[room_id], mentions=min(count, COUNTED_AT_MOST))
    own_levels = select(levels.c.room_id, levels.c.level).where(levels.c.person_id == person)
    for room_id, level in connection.execute(own_levels):
        found[room_id] = msgspec.structs.replace(found[room_id], level=level)
    return found


def _unread(person: str) -> Select[Any]:
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
    return select(markers.c.room_id, markers.c.seq, unread).where(markers.c.person_id == person)


def _mentions(person: str) -> Select[Any]:
    same = (markers.c.person_id == mentions.c.person_id) & (markers.c.room_id == mentions.c.room_id)
    return (
        select(mentions.c.room_id, func.count())
        .select_from(mentions.outerjoin(markers, same))
        .where(mentions.c.person_id == person, mentions.c.seq > func.coalesce(markers.c.seq, 0))
        .group_by(mentions.c.room_id)
    )


def save_level(connection: Connection, person: str, room_id: int, level: str) -> None:
    """Of how much of that room the person wants to hear."""
    connection.execute(delete(levels).where(levels.c.person_id == person, levels.c.room_id == room_id))
    if level != Standing().level:
        connection.execute(insert(levels).values(person_id=person, room_id=room_id, level=level))
