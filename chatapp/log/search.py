"""The search: which messages meet a query, the newest first, each with the part of it that does."""

from __future__ import annotations

from collections.abc import Collection
from threading import BoundedSemaphore
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Select, false, or_, select

from ..model import Author, Refusal, rfc3339
from ..query import Criteria, Criterion, Having, InRoom, Inside, Note, Query, Sender, Text
from ..snippets import Piece, Snippets
from ..spelling import bare
from .days import NEVER, Span, spans
from .deadline import deadline
from .documents import said, sources
from .history import History
from .index import index_of
from .indexer import Indexer
from .places import Called, rooms_called
from .schema import documents, rooms

AT_ONCE = 2  # searches; the other connections that read are for those who talk
TURN_TIMEOUT = 0.2  # seconds a search waits for its turn before it is refused
CPU = 0.15  # seconds of processor time for the statements of one search in SQLite; the rest of it takes 0.06 s at most
STATEMENT_TIMEOUT = 0.3  # seconds for each of its statements in PostgreSQL

EVER: Span = (0, NEVER)


class Hit(msgspec.Struct, frozen=True):
    """A message that was found; `room` is the slug of its room and `name` what people call it."""

    room: str
    name: str
    seq: int
    at: str
    author: Author
    snippet: list[Piece]


class Found(NamedTuple):
    """Hits, the newest first. `next` is what to ask for the page after it with, None if there is none."""

    hits: list[Hit]
    next: int | None
    notes: list[Note]


class Search:
    """Reads the index, and the log for what is shown. Keeps nothing but the count of searches at work."""

    def __init__(
        self, history: History, indexer: Indexer, *, cpu: float = CPU, statement_timeout: float = STATEMENT_TIMEOUT
    ):
        """Seconds: `cpu` for all statements of a search in SQLite, `statement_timeout` for each in PostgreSQL."""
        self._history = history
        self._indexer = indexer
        self._cpu = cpu
        self._statement_timeout = statement_timeout
        self._turns = BoundedSemaphore(AT_ONCE)

    def find(self, query: Query, *, before: int | None, limit: int) -> Found:
        """At most `limit` messages that meet the query; with `before`, older than what was found up to there.

        Whatever was acknowledged is found. Raises Refusal `busy`, or `too-slow` for a query that costs too much.
        """
        if query.empty:
            return Found([], None, list(query.notes))
        if not self._turns.acquire(timeout=TURN_TIMEOUT):
            raise Refusal("busy", retry_after=1.0, search=True, reason="too many searches at once")
        try:
            self._indexer.catch_up()
            return self._history.read(lambda connection: self._found(connection, query, before, limit))
        finally:
            self._turns.release()

    def _found(self, connection: Connection, query: Query, before: int | None, limit: int) -> Found:
        with deadline(connection, cpu=self._cpu, statement=self._statement_timeout):
            return _found(connection, query, before, limit)


def _found(connection: Connection, query: Query, before: int | None, limit: int) -> Found:
    inside = [each for each in (*query.wanted, *query.unwanted) if isinstance(each, Inside)]
    called = rooms_called(connection, [each.room for each in inside]) if inside else []
    strange = [Note(f"in:{each.room}", "no-such-room") for each in inside if not _meant(each, called)]
    notes = [*query.notes, *strange]
    if any(note.code != "too-many" for note in notes):
        return Found([], None, notes)
    index = index_of(connection)
    doc: Any
    criteria = _criteria(query, called)
    if criteria == Criteria():  # days alone: all that was said then
        wanted, doc = select(documents.c.doc), documents.c.doc
    else:
        wanted, doc = index.matching(criteria), index.doc
    timed = query.since is not None or query.until is not None
    within = spans(connection, query.since, query.until) if timed else [EVER]
    newest = _within(wanted, doc, query, within, before).order_by(doc.desc()).limit(limit + 1)
    docs = [row.doc for row in connection.execute(newest)]
    hits = _hits(connection, query, docs[:limit])
    return Found(hits, docs[limit - 1] if len(docs) > limit else None, notes)


def _meant(inside: Inside, called: Collection[Called]) -> list[InRoom]:
    """Of these rooms the ones of that address or name, without regard to case and accents."""
    wanted = bare(inside.room)
    return [InRoom(room.id) for room in called if wanted in (room.bare, room.bare_slug)]


def _criteria(query: Query, called: Collection[Called]) -> Criteria:
    """A message has one author and one room: several of one kind are alternatives."""
    senders = tuple(each for each in query.wanted if isinstance(each, Sender))
    inside = tuple(room for each in query.wanted if isinstance(each, Inside) for room in _meant(each, called))
    others = [(each,) for each in query.wanted if isinstance(each, Text | Having)]
    none: list[Criterion] = []
    for each in query.unwanted:
        none += _meant(each, called) if isinstance(each, Inside) else [each]
    return Criteria(tuple(group for group in (*others, senders, inside) if group), tuple(none))


def _within(
    wanted: Select[tuple[int]], doc: Any, query: Query, within: list[Span] | None, before: int | None
) -> Select[tuple[int]]:
    """Of these the ones of that time, which are `within` these spans of numbers, and older than `before`."""
    if before is not None:
        wanted = wanted.where(doc < before)
    if within is None:  # too many spans: each one's own time
        timed = documents.alias()
        own = select(timed.c.at).where(timed.c.doc == doc).scalar_subquery()
        bounds = [own >= query.since] if query.since is not None else []
        return wanted.where(*bounds, *([own < query.until] if query.until is not None else []))
    if within in ([], [EVER]):
        return wanted if within else wanted.where(false())
    wanted = wanted.where(doc >= within[0][0], doc <= within[-1][1])  # the index can begin and end there
    return wanted if len(within) == 1 else wanted.where(or_(*(doc.between(*span) for span in within)))


def _hits(connection: Connection, query: Query, docs: list[int]) -> list[Hit]:
    found = {row.doc: row for row in connection.execute(sources().where(documents.c.doc.in_(docs)))}
    ids = {row.room_id for row in found.values()}
    where = {
        row.id: row
        for row in connection.execute(select(rooms.c.id, rooms.c.slug, rooms.c.name).where(rooms.c.id.in_(ids)))
    }
    snippets = Snippets(query.phrases, len(docs))
    return [
        Hit(
            where[row.room_id].slug,
            where[row.room_id].name,
            row.seq,
            rfc3339(row.at),
            Author(row.author_id, row.author_name),
            snippets.cut(said(row.text, row.body)),
        )
        for row in (found[doc] for doc in docs if doc in found)  # on PostgreSQL it may just have been deleted
    ]
