"""What waits for the journal, and how posts become rows: each with the next seq of its room."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple, Protocol, cast

from sqlalchemy import Connection, Dialect, insert, select, tuple_

from ..model import Author, Message, Refusal, Room, rfc3339
from .schema import events, head, message, rooms
from .transaction import insert as insert_rows


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
    """Makes rows of posts, each with the next seq of its room.

    It remembers each room's newest seq, for only the journal adds to the log. Its statement is compiled once: in every
    commit that would cost more than it does.
    """

    def __init__(self, dialect: Dialect):
        self._heads: dict[int, int] = {}  # room id to newest seq, as the transaction leaves them
        compiled = insert(events).compile(dialect=dialect)
        self._sql = str(compiled)
        self._in_order = itemgetter(*cast(list[str], compiled.positiontup))

    def forget(self) -> None:
        """The transaction was not committed: what the newest seqs are is asked of the log again."""
        self._heads.clear()

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
            rows = [self._in_order(_row(post, event, at)) for post, event in fresh]
            insert_rows(connection, self._sql, rows)
        if not again:
            return fresh, []
        known = known | {(post.author.id, post.nonce): event for post, event in fresh if post.nonce is not None}
        return fresh, [(post, known[post.author.id, post.nonce or ""]) for post in again]

    def _number(self, connection: Connection, posts: list[Post], at: str) -> list[tuple[Post, Message]]:
        """The posts' events, each with the next seq of its room."""
        heads = self._heads
        numbered = []
        for post in posts:
            room, author, text, nonce, _ = post
            if room.id not in heads:
                heads[room.id] = connection.execute(select(head()).where(rooms.c.id == room.id)).scalar_one()
            heads[room.id] = seq = heads[room.id] + 1
            numbered.append((post, Message(room.slug, seq, at, author, text, nonce)))
        return numbered


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
