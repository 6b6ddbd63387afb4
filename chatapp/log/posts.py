"""What waits for the journal, and how it becomes rows: each with the next seq of its room."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, cast

import msgspec
from sqlalchemy import Connection, Dialect, String, and_, column, insert, select, values
from sqlalchemy.exc import DBAPIError, IntegrityError

from ..model import Author, Configured, Event, Message, Refusal, Room, rfc3339
from .acts import Act, Receipt, Unchanged
from .rows import as_told, row_of, told, with_slug
from .schema import events, head, rooms
from .transaction import Insert

# What a plain message fills, in the table's order; the other columns stay empty.
_POST_COLUMNS = ("room_id", "seq", "type", "at", "author_id", "author_name", "text", "nonce", "html")

log = logging.getLogger(__name__)


class Post(NamedTuple):
    """A message on its way to the log."""

    room: Room
    author: Author
    text: str
    nonce: str | None
    receipt: Receipt | None
    html: str | None = None


class Mark(NamedTuple):
    """A read marker to be moved. `moved` hears where it stands, if it moved, `refused` that it was not written;
    both are called on the journal's thread."""

    person: str
    room: int
    seq: int
    moved: Callable[[int], None]
    refused: Callable[[Refusal], None]


def newest_marks(marks: list[Mark]) -> dict[tuple[str, int], Mark]:
    """Of many marks of one person in one room the furthest."""
    return {(mark.person, mark.room): mark for mark in sorted(marks, key=lambda mark: mark.seq)}


class Written(NamedTuple):
    """What became of posts and acts in a transaction: those that are new with their events, in order; those that had
    been sent before with the events that they made then, or would change nothing; those that were refused."""

    fresh: list[tuple[Post | Act, Event]]
    again: list[tuple[Post | Act, Event]]
    refused: list[tuple[Post | Act, Refusal]]


def known(connection: Connection, sent: Sequence[Post | Act]) -> dict[tuple[str, str], Event]:
    """The events that these made when they were sent before, by author and nonce."""
    keys = [(item.author.id, item.nonce) for item in sent if item.nonce is not None]
    if not keys:
        return {}
    # Joined, for SQLite does not look up pairs that are `in` a list: it would go through the whole log.
    used = values(column("author", String), column("nonce", String), name="used").data(keys).cte("used")
    same = and_(events.c.author_id == used.c.author, events.c.nonce == used.c.nonce)
    rows = list(connection.execute(with_slug().join(used, same)))
    made = told(connection, rows)
    return {(row.author_id, row.nonce): event for row, event in zip(rows, made, strict=True)}


class Ledger:
    """Makes rows of posts and acts, each with the next seq of its room, in the order in which they came.

    It remembers each room's newest seq, and which rooms are archived, for only the journal writes to the log. The
    statement for posts is compiled once: in every commit that would cost more than it does.
    """

    def __init__(self, dialect: Dialect):
        self._heads: dict[int, int] = {}  # room id to newest seq, as the transaction leaves them
        self._archived: set[int] = set()  # those of these rooms that are archived, likewise
        compiled = insert(events).compile(dialect=dialect, column_keys=_POST_COLUMNS)
        if compiled.positiontup != list(_POST_COLUMNS):
            raise TypeError(f"the statement's columns come in another order: {compiled.positiontup}")
        self._insert = Insert(str(compiled))

    def forget(self) -> None:
        """The transaction was not committed: how the rooms stand is asked of the log again."""
        self._heads.clear()
        self._archived.clear()

    def write(self, connection: Connection, sent: list[Post | Act], at: int, *, check: bool) -> Written:
        """Stores them with the time `at` (ms since the epoch), but for those that were sent before.

        Posts are only looked up if `check`: else one that is known raises IntegrityError.
        """
        written = Written([], [], [])
        for are_posts, run in groupby(sent, _is_post):
            if are_posts:
                self._post(connection, cast(list[Post], list(run)), at, written, check=check)
            else:
                for act in cast(Iterator[Act], run):
                    self._act(connection, act, at, written)
        return written

    def _post(self, connection: Connection, posts: list[Post], at: int, written: Written, *, check: bool) -> None:
        heads = self._heads
        for post in posts:
            if post.room.id not in heads:
                self._learn(connection, post.room)
        closed = bool(self._archived) and any(post.room.id in self._archived for post in posts)
        found = known(connection, posts) if check or closed else {}
        if closed:
            posts = list(self._allowed(posts, found, written))
        seen = set(found)
        first: list[Post] = []
        again: list[Post] = []
        for post in posts:
            key = (post.author.id, post.nonce) if post.nonce is not None else None
            (again if key in seen else first).append(post)
            if key:
                seen.add(key)
        fresh = self._number(first, rfc3339(at))
        if fresh:
            self._insert.run(connection, [_row(post, event, at) for post, event in fresh])
            written.fresh.extend(fresh)
        if again:
            found |= {(post.author.id, post.nonce): event for post, event in fresh if post.nonce is not None}
            written.again.extend((post, found[post.author.id, post.nonce or ""]) for post in again)

    def _allowed(self, posts: list[Post], found: Container[tuple[str, str | None]], written: Written) -> Iterator[Post]:
        """Those that are not new in an archived room; the others are refused."""
        for post in posts:
            if post.room.id in self._archived and (post.author.id, post.nonce) not in found:
                written.refused.append((post, Refusal("read-only", field="room")))
            else:
                yield post

    def _number(self, posts: list[Post], at: str) -> list[tuple[Post, Message]]:
        """The posts' events, each with the next seq of its room."""
        heads = self._heads
        numbered = []
        for post in posts:
            room, author, text, nonce, _, html = post
            heads[room.id] = seq = heads[room.id] + 1
            numbered.append((post, Message(room.slug, seq, at, author, text, nonce, html)))
        return numbered

    def _learn(self, connection: Connection, room: Room) -> None:
        """Reads how the room stands."""
        stands = connection.execute(select(head(), rooms.c.archived).where(rooms.c.id == room.id)).one()
        self._heads[room.id] = stands.head
        if stands.archived:
            self._archived.add(room.id)

    def _act(self, connection: Connection, act: Act, at: int, written: Written) -> None:
        """One act, in a savepoint of its own: its failure is its sender's, not its neighbours'."""
        for event in known(connection, [act]).values():
            written.again.append((act, event))
            return
        if act.room.id not in self._heads:
            self._learn(connection, act.room)
        if act.room.id in self._archived and not act.in_archived:
            written.refused.append((act, Refusal("read-only", field="room")))
            return
        seq = self._heads[act.room.id] + 1
        savepoint = connection.begin_nested()
        try:
            event = act.happen(connection, seq, at)
            connection.execute(insert(events), row_of(act.room.id, event, at))
            act.settle(connection)
            savepoint.commit()
        except Unchanged as unchanged:
            savepoint.rollback()
            # With the newest seq that there is: who is answered has seen it, and takes this for nothing new.
            written.again.append((act, msgspec.structs.replace(unchanged.event, seq=seq - 1)))
        except Refusal as refusal:
            savepoint.rollback()
            written.refused.append((act, refusal))
        except Exception as error:
            if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError):
                raise  # the database itself: a full disk has undone the whole transaction, the savepoint too
            log.exception("An act failed")
            savepoint.rollback()
            written.refused.append((act, Refusal("busy", retry_after=1.0, reason="an error of the server")))
        else:
            self._heads[act.room.id] = seq
            written.fresh.append((act, as_told(event)))
            if isinstance(event, Configured) and event.archived is not None:
                (self._archived.add if event.archived else self._archived.discard)(act.room.id)


def _is_post(item: Post | Act) -> bool:
    return type(item) is Post


def _row(post: Post, event: Message, at: int) -> tuple[object, ...]:
    """In the order of `_POST_COLUMNS`."""
    room, author, text, nonce, _, html = post
    return room.id, event.seq, "message", at, author.id, author.name, text, nonce, html
