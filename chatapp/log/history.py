"""What was: short reads of the log, by any thread, each on a connection of its own for a moment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Label, Select, case, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoReaderFree

from ..excerpt import LENGTH
from ..model import Author, Event, Present, Refusal, Room, RoomState, Standing, rfc3339
from ..spelling import bare
from .calls import calls_of, following
from .database import Database, reason
from .people import Known, known, refusal_of
from .places import pinned_in
from .present import present
from .rows import about, as_told, told, with_slug
from .schema import events, head, message_seqs, meta, people, rooms
from .standings import own_rooms, standings_of

HEADS_AT_ONCE = 1_000  # rows kept in memory while the heads of all rooms are read
NAMESAKES = 200  # people that are looked at for the names in one text

T = TypeVar("T")


class Page(NamedTuple):
    """A page of messages in their present state, oldest first; whether there are older and newer ones.

    `head`: what happened up to this seq is in it, and nothing that happened later.
    """

    messages: list[Present]
    more: bool
    newer: bool
    head: int


class Listed(NamedTuple):
    """A room, the time of what happened in it last, and how somebody stands in it."""

    room: RoomState
    last_at: str | None
    standing: Standing


class Version(NamedTuple):
    """How a message read from a moment on."""

    at: str
    text: str
    html: str | None


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

    def heads(self) -> dict[str, int]:
        """The newest seq of every room in which something happened, by slug."""
        wanted = select(rooms.c.slug, head()).execution_options(yield_per=HEADS_AT_ONCE)
        return self.read(lambda connection: {slug: seq for slug, seq in connection.execute(wanted) if seq})

    def own(self, person: str, *, most: int, others: int) -> list[Listed]:
        """Rooms for that person, in the order in which they were made: at most `most` of their own, and the `others`
        oldest ones."""

        def read(connection: Connection) -> list[Listed]:
            first = connection.execute(select(rooms.c.id).order_by(rooms.c.id).limit(others)).scalars()
            ids = {*own_rooms(connection, person, most), *first}
            wanted = select(rooms, head(), _last_at()).where(rooms.c.id.in_(ids)).order_by(rooms.c.id)
            return _listed(connection, connection.execute(wanted).all(), person)

        return self.read(read)

    def listed(self, person: str, *, after: int, limit: int, q: str = "") -> list[Listed]:
        """The first `limit` rooms made after that of the id `after`, in the order in which they were made; with `q`
        those whose name or slug it is a part of, without regard to case and accents."""
        wanted = select(rooms, head(), _last_at()).where(rooms.c.id > after).order_by(rooms.c.id).limit(limit)
        if q:
            key = bare(q)
            wanted = wanted.where(
                rooms.c.bare.contains(key, autoescape=True) | rooms.c.bare_slug.contains(key, autoescape=True)
            )
        return self.read(lambda connection: _listed(connection, connection.execute(wanted).all(), person))

    def listing(self, slug: str, person: str) -> Listed:
        """The room at that address, as `listed` gives it. Raises Refusal `no-such-room`."""
        wanted = select(rooms, head(), _last_at()).where(rooms.c.slug == slug)
        found = self.read(lambda connection: _listed(connection, connection.execute(wanted).all(), person))
        if not found:
            raise Refusal("no-such-room", field="room")
        return found[0]

    def room(self, slug: str) -> RoomState:
        """The room at that address. Raises Refusal `no-such-room`."""
        row = self._one(select(rooms, head()).where(rooms.c.slug == slug))
        if row is None:
            raise Refusal("no-such-room", field="room")
        return _state(row)

    def missed(self, room: Room, *, after: int, upto: int, reader: str | None = None) -> list[Event]:
        """The events with after < seq <= upto, oldest first, as that person may hear them."""
        if after >= upto:
            return []
        wanted = _events(room).where(events.c.seq > after, events.c.seq <= upto).order_by(events.c.seq)
        found = self.read(lambda connection: told(connection, connection.execute(wanted)))
        return [as_told(event, reader) for event in found]

    def size(self, room: Room, *, after: int, upto: int) -> int:
        """How many characters the texts of these events have together, those of their quotes at most."""
        between = (events.c.room_id == room.id) & (events.c.seq > after) & (events.c.seq <= upto)
        columns = (events.c.text, events.c.html, events.c.body)
        length = sum(func.coalesce(func.length(column), 0) for column in columns)
        quoting = events.c.target.is_not(None) & events.c.type.in_(["message", "edited"])
        lines = case((quoting, LENGTH), else_=0)
        return int(self._one(select(func.coalesce(func.sum(length + lines), 0)).where(between))[0])

    def page(self, room: Room, *, before: int | None, limit: int, reader: str | None = None) -> Page:
        """The newest `limit` messages before a seq, as that person sees them."""
        return self.read(lambda connection: _Pages(connection, room, limit, reader).before(before))

    def page_after(self, room: Room, *, after: int, limit: int, reader: str | None = None) -> Page:
        """The oldest `limit` messages after a seq."""
        return self.read(lambda connection: _Pages(connection, room, limit, reader).after(after))

    def page_around(self, room: Room, *, around: int, limit: int, reader: str | None = None) -> Page:
        """A message in the middle of at most `limit`. Raises Refusal `no-such-message`."""
        return self.read(lambda connection: _Pages(connection, room, limit, reader).around(around))

    def pins(self, room: Room, *, reader: str | None = None) -> list[Present]:
        """The room's pinned messages, the one that was pinned last first."""
        return self.read(lambda connection: _pins(connection, room, reader))

    def versions(self, room: Room, seq: int) -> list[Version]:
        """How a message read, oldest first; of a deleted one nothing is left. Raises Refusal `no-such-message`."""
        own = self._all(_messages(room).where(events.c.seq == seq))
        rows = own + self._all(with_slug().where(about(room.id, [seq], ["edited"])).order_by(events.c.seq))
        if not rows:
            raise Refusal("no-such-message", field="target")
        return [Version(rfc3339(row.at), row.text, row.html) for row in rows if row.text]

    def person(self, person: str) -> Known | None:
        """What is stored of that person."""
        return self.read(lambda connection: known(connection, person))

    def refusal_of(self, name: str, at: int, *, to: str) -> Refusal | None:
        """Why that person may not have that name at `at` (ms since the epoch). None: they may."""
        return self.read(lambda connection: refusal_of(connection, name, at, to=to))

    def calls(self, person: str, *, before: int | None, limit: int) -> list[tuple[int, Present]]:
        """The newest messages that mean that person, newest first, each with the number by which `before` goes on."""
        return self.read(lambda connection: calls_of(connection, person, before=before, limit=limit))

    def following(self, room: Room, people: Collection[str]) -> set[str]:
        """Those of these people who have a read marker in the room."""
        return self.read(lambda connection: following(connection, room.id, people))

    def named(self, names: Collection[str]) -> list[Author]:
        """The people of these names, which are as `spelling.bare` has them; not all if they are a crowd."""
        found = self._all(select(people.c.id, people.c.name).where(people.c.bare.in_(names)).limit(NAMESAKES))
        return [Author(row.id, row.name) for row in found]

    def _one(self, wanted: Select[Any]) -> Any:
        rows = self._all(wanted.limit(1))
        return rows[0] if rows else None

    def _all(self, wanted: Select[Any]) -> list[Any]:
        return self.read(lambda connection: list(connection.execute(wanted)))

    def read(self, read: Callable[[Connection], T]) -> T:
        """What `read` gives, on a connection of its own."""
        try:
            with self._database.reader.connect() as connection:
                return read(connection)
        except DBAPIError as error:
            raise Refusal("busy", retry_after=1.0, reason=reason(error)) from error
        except NoReaderFree:
            raise Refusal("busy", retry_after=1.0, reason="too many reads at once") from None


class _Pages:
    """Reads a page. All its reads see one moment, for they are in one transaction (see `Database.reader`)."""

    def __init__(self, connection: Connection, room: Room, limit: int, reader: str | None):
        self._reader = reader
        self._connection = connection
        self._room = room
        self._limit = limit
        self._head: int = connection.execute(select(head()).where(rooms.c.id == room.id)).scalar_one()

    def before(self, seq: int | None) -> Page:
        found, more = self._older(seq, self._limit)
        newer = seq is not None and bool(self._newer(seq - 1, 1)[0])
        return self._page(found, more, newer)

    def after(self, seq: int) -> Page:
        found, newer = self._newer(seq, self._limit)
        return self._page(found, bool(self._older(seq + 1, 1)[0]), newer)

    def around(self, seq: int) -> Page:
        older, more = self._older(seq, self._limit // 2)
        found, newer = self._newer(seq - 1, self._limit - len(older))
        if not found or found[0].seq != seq:
            raise Refusal("no-such-message")
        return self._page(older + found, more, newer)

    def _older(self, seq: int | None, limit: int) -> tuple[list[Any], bool]:
        wanted, at = message_seqs(self._room.id)
        found = wanted if seq is None else wanted.where(at < seq)
        rows = self._rows(found.order_by(at.desc()).limit(limit + 1))
        return rows[max(0, len(rows) - limit) :], len(rows) > limit

    def _newer(self, seq: int, limit: int) -> tuple[list[Any], bool]:
        wanted, at = message_seqs(self._room.id)
        rows = self._rows(wanted.where(at > seq).order_by(at).limit(limit + 1))
        return rows[:limit], len(rows) > limit

    def _rows(self, seqs: Select[tuple[int]]) -> list[Any]:
        return list(self._connection.execute(_events(self._room).where(events.c.seq.in_(seqs)).order_by(events.c.seq)))

    def _page(self, rows: list[Any], more: bool, newer: bool) -> Page:
        messages = present(self._connection, self._room.id, rows, self._reader)
        return Page(messages, more, newer, self._head)


def _pins(connection: Connection, room: Room, reader: str | None) -> list[Present]:
    seqs = pinned_in(connection, room)[::-1]
    rows = list(connection.execute(_messages(room).where(events.c.seq.in_(seqs))))
    return sorted(present(connection, room.id, rows, reader), key=lambda message: seqs.index(message.seq))


def _last_at() -> Label[int | None]:
    last = select(events.c.at).where(events.c.room_id == rooms.c.id).order_by(events.c.seq.desc()).limit(1)
    return last.scalar_subquery().label("last_at")


def _listed(connection: Connection, rows: Sequence[Any], person: str) -> list[Listed]:
    stand = standings_of(connection, person, {row.id for row in rows})
    return [
        Listed(_state(row), None if row.last_at is None else rfc3339(row.last_at), stand.get(row.id, Standing()))
        for row in rows
    ]


def _state(row: Any) -> RoomState:
    return RoomState(row.id, row.slug, row.name, row.head, row.topic, row.archived)


def _events(room: Room) -> Select[Any]:
    return with_slug().where(events.c.room_id == room.id)


def _messages(room: Room) -> Select[Any]:
    return _events(room).where(events.c.type == "message")
