"""What was: short reads of the log, by any thread, each on a connection of its own for a moment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoReaderFree

from ..model import Message, Refusal, Room
from .database import Database, reason
from .schema import events, head, markers, message, meta, people, rooms


class History:
    """Reads rooms, events, names and markers. Every read may raise Refusal `busy`: then the database cannot be read."""

    def __init__(self, database: Database):
        self._database = database
        self._epoch: str | None = None

    def epoch(self) -> str:
        """A random text that changes only if the log is replaced by another."""
        if self._epoch is None:
            self._epoch = str(self._one(select(meta.c.value).where(meta.c.key == "epoch")).value)
        return self._epoch

    def rooms(self) -> list[Room]:
        """All rooms, in the order in which they were made."""
        found = self._all(select(rooms, head()).order_by(rooms.c.id))
        return [Room(row.id, row.slug, row.name, row.head) for row in found]

    def room(self, slug: str) -> Room:
        """The room at that address. Raises Refusal `no-such-room`."""
        row = self._one(select(rooms, head()).where(rooms.c.slug == slug))
        if row is None:
            raise Refusal("no-such-room", field="room")
        return Room(row.id, row.slug, row.name, row.head)

    def missed(self, room: Room, *, after: int, upto: int) -> list[Message]:
        """The events with after < seq <= upto, oldest first."""
        if after >= upto:
            return []
        wanted = _events(room).where(events.c.seq > after, events.c.seq <= upto)
        return [message(row) for row in self._all(wanted.order_by(events.c.seq))]

    def size(self, room: Room, *, after: int, upto: int) -> int:
        """How many characters the texts of these events have together."""
        between = (events.c.room_id == room.id) & (events.c.seq > after) & (events.c.seq <= upto)
        return int(self._one(select(func.coalesce(func.sum(func.length(events.c.text)), 0)).where(between))[0])

    def page(self, room: Room, *, before: int | None, limit: int) -> tuple[list[Message], bool]:
        """The newest `limit` messages before a seq, oldest first, and whether there are older ones."""
        wanted = _events(room).where(events.c.type == "message")
        if before is not None:
            wanted = wanted.where(events.c.seq < before)
        found = self._newest(wanted, limit + 1)
        return found[-limit:], len(found) > limit

    def name(self, person: str) -> str | None:
        """The name that person chose last, or None."""
        row = self._one(select(people.c.name).where(people.c.id == person))
        return None if row is None else str(row.name)

    def markers(self, person: str) -> dict[int, int]:
        """That person's read markers: room id to seq."""
        found = self._all(select(markers.c.room_id, markers.c.seq).where(markers.c.person_id == person))
        return {row.room_id: row.seq for row in found}

    def _newest(self, wanted: Select[Any], limit: int) -> list[Message]:
        rows = self._all(wanted.order_by(events.c.seq.desc()).limit(limit))
        return [message(row) for row in reversed(rows)]

    def _one(self, wanted: Select[Any]) -> Any:
        rows = self._all(wanted.limit(1))
        return rows[0] if rows else None

    def _all(self, wanted: Select[Any]) -> list[Any]:
        try:
            with self._database.reader.connect() as connection:
                return list(connection.execute(wanted))
        except DBAPIError as error:
            raise Refusal("busy", retry_after=1.0, reason=reason(error)) from error
        except NoReaderFree:
            raise Refusal("busy", retry_after=1.0, reason="too many reads at once") from None


def _events(room: Room) -> Select[Any]:
    return select(events, rooms.c.slug).join(rooms).where(events.c.room_id == room.id)
