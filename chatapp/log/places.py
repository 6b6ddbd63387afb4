"""What one does to a room itself: pin a message in it, name it, say what it is for, archive it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import Connection, delete, insert, select, union, update

from ..model import Configured, Pinned, Refusal, Room, RoomState, rfc3339
from ..spelling import bare, folded, skeletons
from .acts import Act, Unchanged, living_message
from .schema import pins, rooms

PINS_LIMIT = 20  # pinned messages of one room
CALLED_LIMIT = 200  # rooms that `rooms_called` finds: names that differ only by their accents may be many


class Called(NamedTuple):
    """A room, and its name and slug as `spelling.bare` has them."""

    id: int
    slug: str
    name: str
    bare: str
    bare_slug: str


@dataclass(frozen=True)
class Pin(Act):
    """Somebody puts a message among the room's pins, or takes it away."""

    target: int
    on: bool

    def happen(self, connection: Connection, seq: int, at: int) -> Pinned:
        living_message(connection, self.room, self.target)
        event = Pinned(self.room.slug, seq, rfc3339(at), self.author, self.target, self.on, self.nonce)
        pinned = pinned_in(connection, self.room)
        # One that is pinned again goes up to the top.
        if (pinned[-1:] == [self.target]) if self.on else (self.target not in pinned):
            raise Unchanged(event)
        if self.on and self.target not in pinned and len(pinned) >= PINS_LIMIT:
            raise Refusal("too-many", field="target", n=PINS_LIMIT)
        connection.execute(delete(pins).where(pins.c.room_id == self.room.id, pins.c.target == self.target))
        if self.on:
            connection.execute(insert(pins).values(room_id=self.room.id, target=self.target, seq=seq))
        return event


@dataclass(frozen=True)
class Configure(Act):
    """Somebody changes what a room is called, what it is for, and whether it is archived; None leaves it as it is.
    When it is stored, `result` holds the room as it is then.
    """

    name: str | None = None
    topic: str | None = None
    archived: bool | None = None
    result: list[RoomState] = field(default_factory=list)

    in_archived: ClassVar[bool] = True

    def happen(self, connection: Connection, seq: int, at: int) -> Configured:
        stands = connection.execute(select(rooms).where(rooms.c.id == self.room.id)).one()
        wanted = {"name": self.name, "topic": self.topic, "archived": self.archived}
        changed: dict[str, Any] = {
            what: value for what, value in wanted.items() if value is not None and value != getattr(stands, what)
        }
        event = Configured(self.room.slug, seq, rfc3339(at), self.author, self.nonce, **changed)
        if not changed:
            raise Unchanged(event)
        if "name" in changed:
            refuse_taken_name(connection, changed["name"], but=self.room)
        stored = changed | (keys_of(changed["name"]) if "name" in changed else {})
        connection.execute(update(rooms).where(rooms.c.id == self.room.id).values(stored))
        now = {"name": stands.name, "topic": stands.topic, "archived": stands.archived} | changed
        self.result[:] = [RoomState(self.room.id, self.room.slug, head=seq, **now)]
        return event


def refuse_taken_name(connection: Connection, name: str, *, but: Room | None = None) -> None:
    """Raises Refusal `name-taken`, with the slug of the room, if a reader would take a room's name for this one, or if
    the names look alike."""
    keys = skeletons(name)
    alike = (rooms.c.small == keys.small) | (rooms.c.written == keys.written)
    wanted = select(rooms.c.slug, rooms.c.name).where(alike, rooms.c.id != (but.id if but else 0))
    room = connection.execute(wanted.order_by(rooms.c.folded != folded(name)).limit(1)).first()
    if room is None:
        return
    if folded(room.name) == folded(name):
        raise Refusal("name-taken", field="name", name=name, slug=room.slug)
    raise Refusal("name-taken", field="name", name=name, slug=room.slug, like_room=room.name)


def keys_of(name: str) -> dict[str, str]:
    """The columns by which a room of that name is found: `rooms_called` and `refuse_taken_name` look them up."""
    keys = skeletons(name)
    return {"folded": folded(name), "bare": bare(name), "small": keys.small, "written": keys.written}


def room_row(slug: str, name: str, at: int) -> dict[str, object]:
    """The row of a new room, made at `at` (ms since the epoch)."""
    return {"slug": slug, "name": name, "created_at": at, "bare_slug": bare(slug), **keys_of(name)}


def rooms_called(connection: Connection, names: Collection[str]) -> list[Called]:
    """The rooms whose name or slug is one of `names`, without regard to case and accents, in the order in which they
    were made; at most `CALLED_LIMIT`. Costs two look-ups in an index per name, however many rooms there are."""
    keys = {bare(name) for name in names}
    columns = (rooms.c.id, rooms.c.slug, rooms.c.name, rooms.c.bare, rooms.c.bare_slug)
    found = union(  # two statements, each with its own index
        select(*columns).where(rooms.c.bare.in_(keys)), select(*columns).where(rooms.c.bare_slug.in_(keys))
    ).subquery()
    wanted = select(found).order_by(found.c.id).limit(CALLED_LIMIT)
    return [Called(*row) for row in connection.execute(wanted)]


def pinned_in(connection: Connection, room: Room) -> list[int]:
    """The messages that are pinned in a room, the one that was pinned last at the end."""
    pinned = select(pins.c.target).where(pins.c.room_id == room.id).order_by(pins.c.seq)
    return list(connection.execute(pinned).scalars())
