"""What waits for the journal, and how posts become rows: each with the next seq of its room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, cast

from sqlalchemy import Connection, CursorResult, Dialect, Insert, Update, bindparam, insert, select, tuple_, update

from ..model import Author, Message, Refusal, Room, rfc3339
from .schema import events, message, rooms


class Receipt(Protocol):
    """Who waits to hear what became of a post. Called on the journal's thread: must not block."""

    def stored(self, event: Message, *, first: bool) -> None:
        """It is on disk. `first` is False if the author had posted that nonce before; then nobody was told anew."""

    def refused(self, refusal: Refusal) -> None:
        """Nothing was stored, nothing was told."""


class Post(NamedTuple):
    """A message on its way to the log."""

    room: Room
    author: Author
    text: str
    nonce: str | None
    receipt: Receipt | None


class Mark(NamedTuple):
    """A read marker to be moved. `moved` hears where it stands, if it moved, `refused` that it could not be written;
    both are called on the journal's thread."""

    person: str
    room: int
    seq: int
    moved: Callable[[int], None]
    refused: Callable[[Refusal], None]


def newest_marks(marks: list[Mark]) -> dict[tuple[str, int], Mark]:
    """Of many marks of one person in one room the furthest."""
    return {(mark.person, mark.room): mark for mark in sorted(marks, key=lambda mark: mark.seq)}


def known_posts(connection: Connection, posts: list[Post]) -> dict[tuple[str, str], Message]:
    """The events that these posts made when they were sent before, by author and nonce."""
    keys = [(post.author.id, post.nonce) for post in posts if post.nonce is not None]
    found = connection.execute(
        select(events, rooms.c.slug).join(rooms).where(tuple_(events.c.author_id, events.c.nonce).in_(keys))
    )
    return {(row.author_id, row.nonce): message(row) for row in found}


class Posts:
    """Makes rows of posts. Its two statements are compiled once: in every commit that would cost more than they do."""

    def __init__(self, dialect: Dialect):
        head = rooms.c.head
        take = update(rooms).where(rooms.c.id == bindparam("room")).values(head=head + bindparam("n")).returning(head)
        self._take_seqs = _Statement(take, dialect)
        self._insert = _Statement(insert(events), dialect)

    def insert(
        self, connection: Connection, posts: list[Post], known: dict[tuple[str, str], Message], at: int
    ) -> tuple[list[tuple[Post, Message]], list[tuple[Post, Message]]]:
        """Stores them with the time `at` (ms since the epoch), but for those that are `known` or come twice.

        Gives the new ones with their events, in order, and the others with the events that they made before.
        """
        seen = set(known)
        first: list[Post] = []
        again: list[Post] = []
        for post in posts:
            key = (post.author.id, post.nonce) if post.nonce is not None else None
            (again if key in seen else first).append(post)
            if key:
                seen.add(key)
        fresh = self._number(connection, first, rfc3339(at))
        if fresh:
            self._insert.run_all(connection, [_row(post, event, at) for post, event in fresh])
        if not again:
            return fresh, []
        known = known | {(post.author.id, post.nonce): event for post, event in fresh if post.nonce is not None}
        return fresh, [(post, known[post.author.id, post.nonce or ""]) for post in again]

    def _number(self, connection: Connection, posts: list[Post], at: str) -> list[tuple[Post, Message]]:
        """The posts' events, each with the next seq of its room, taken inside this transaction."""
        counts: dict[int, int] = defaultdict(int)
        for post in posts:
            counts[post.room.id] += 1
        seqs = {}
        for number, count in counts.items():
            seqs[number] = self._take_seqs.run(connection, {"room": number, "n": count}).scalar_one() - count
        numbered = []
        for post in posts:
            room, author, text, nonce, _ = post
            seqs[room.id] += 1
            numbered.append((post, Message(room.slug, seqs[room.id], at, author, text, nonce)))
        return numbered


class _Statement:
    """A statement in the words of one database, without the work that SQLAlchemy does anew for each execution."""

    def __init__(self, statement: Insert | Update, dialect: Dialect):
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._order = itemgetter(*cast(list[str], compiled.positiontup))

    def run(self, connection: Connection, values: dict[str, object]) -> CursorResult[Any]:
        return connection.exec_driver_sql(self._sql, self._order(values))

    def run_all(self, connection: Connection, rows: list[dict[str, object]]) -> None:
        connection.exec_driver_sql(self._sql, [self._order(row) for row in rows])


def _row(post: Post, event: Message, at: int) -> dict[str, object]:
    return {
        "room_id": post.room.id,
        "seq": event.seq,
        "type": "message",
        "at": at,
        "author_id": event.author.id,
        "author_name": event.author.name,
        "text": event.text,
        "nonce": event.nonce,
    }
