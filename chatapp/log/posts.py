"""What waits for the journal, and how posts become rows: each with the next seq of its room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, bindparam, insert, select, tuple_, update

from ..model import Author, Message, Refusal, Room, rfc3339
from .schema import events, message, rooms

_take_seqs = (
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .values(head=rooms.c.head + bindparam("n"))
    .returning(rooms.c.head)
)


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
    """A read marker to be moved. `moved` hears where it stands, if it moved; called on the journal's thread."""

    person: str
    room: int
    seq: int
    moved: Callable[[int], None]


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


def insert_posts(
    connection: Connection, posts: list[Post], known: dict[tuple[str, str], Message], at: int
) -> tuple[list[tuple[Post, Message]], list[tuple[Post, Message]]]:
    seen = set(known)
    first: list[Post] = []
    again: list[Post] = []
    for post in posts:
        key = (post.author.id, post.nonce) if post.nonce is not None else None
        (again if key in seen else first).append(post)
        if key:
            seen.add(key)
    fresh = _number(connection, first, rfc3339(at))
    if fresh:
        connection.execute(insert(events), [_row(post, event, at) for post, event in fresh])
    known = known | {(post.author.id, post.nonce): event for post, event in fresh if post.nonce is not None}
    return fresh, [(post, known[post.author.id, post.nonce or ""]) for post in again]


def _number(connection: Connection, posts: list[Post], at: str) -> list[tuple[Post, Message]]:
    """The posts' events, each with the next seq of its room, taken inside this transaction."""
    counts: dict[int, int] = defaultdict(int)
    for post in posts:
        counts[post.room.id] += 1
    seqs = {}
    for room, count in counts.items():
        head = connection.execute(_take_seqs, {"room": room, "n": count}).scalar_one()
        seqs[room] = head - count
    numbered = []
    for post in posts:
        seqs[post.room.id] += 1
        event = Message(post.room.slug, seqs[post.room.id], at, post.author, post.text, post.nonce)
        numbered.append((post, event))
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
