"""The index of words, whichever database it is in: what the journal's transactions do to it."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import ColumnElement, Connection, Select, delete, select

from ..query import Criteria
from .documents import Place, numbered
from .fts5 import Fts5
from .schema import documents
from .tsvector import Tsvector


class Index(Protocol):
    """What both databases' indexes can do."""

    @property
    def doc(self) -> ColumnElement[int]: ...

    def prepare(self, connection: Connection) -> None: ...

    def add(self, connection: Connection, *, after: int) -> None: ...

    def learn(self, connection: Connection, doc: int) -> None: ...

    def forget(self, connection: Connection, doc: int) -> None: ...

    def drop(self, connection: Connection, doc: int) -> None: ...

    def purge(self, connection: Connection) -> bool: ...

    def matching(self, criteria: Criteria) -> Select[tuple[int]]: ...


def index_of(connection: Connection) -> Index:
    """The index in the database that this is a connection to."""
    return Fts5() if connection.dialect.name == "sqlite" else Tsvector()


def add(connection: Connection, places: list[Place]) -> None:
    """Makes these messages be found, as the newest ones, in this order."""
    last = numbered(connection, places)
    index_of(connection).add(connection, after=last)


def forget(connection: Connection, room_id: int, seq: int) -> None:
    """Takes a message out before it changes; `learn` puts it back when it has. One that is not in yet is left alone."""
    doc = _doc(connection, room_id, seq)
    if doc is not None:
        index_of(connection).forget(connection, doc)


def learn(connection: Connection, room_id: int, seq: int) -> None:
    """Puts a message back that was taken out, as it reads now, in its place among the others."""
    doc = _doc(connection, room_id, seq)
    if doc is not None:
        index_of(connection).learn(connection, doc)


def drop(connection: Connection, room_id: int, seq: int) -> None:
    """Takes a message out for ever, before its text is wiped."""
    doc = _doc(connection, room_id, seq)
    if doc is not None:
        index_of(connection).drop(connection, doc)
        connection.execute(delete(documents).where(documents.c.doc == doc))


def _doc(connection: Connection, room_id: int, seq: int) -> int | None:
    found = select(documents.c.doc).where(documents.c.room_id == room_id, documents.c.seq == seq)
    return connection.execute(found).scalar()
