"""The index of words in SQLite: an FTS5 table without a copy of the texts (https://www.sqlite.org/fts5.html).

Its rowids are the numbers of the messages, which grow with time: FTS5 walks them from the newest on, and stops when it
has enough, however common a word is. What a message is besides its words stands in it as words of another column.
"""

from __future__ import annotations

import sqlite3
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Select,
    Subquery,
    bindparam,
    case,
    column,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
    text,
    update,
)

from ..query import Criteria, Criterion, Having, InRoom, Sender, Text
from ..words import words
from .documents import Source, sources
from .schema import meta

SECURE_DELETE = (3, 42, 0)  # the first version of SQLite in which FTS5 itself takes a word out of its pages at once
PURGE_PAGES = 50  # pages that one step of a purge writes: some 10 ms of work
FIELDS = ("text", "author", "facets")

message_index = table(
    "message_index",
    *(column(name) for name in ("message_index", "rowid", "rank", *FIELDS)),
)

# Must stay as it is while there are indexes made with it: to take a message out, FTS5 is told what was put in.
_FACETS = """'r' || room_id
    || CASE WHEN html LIKE '%<code%' OR (html IS NULL AND text LIKE '%`%`%') THEN ' hascode' ELSE '' END
    || CASE WHEN html LIKE '%<a href=%' OR (html IS NULL AND (text LIKE '%http://%' OR text LIKE '%https://%'))
        THEN ' haslink' ELSE '' END
    || CASE WHEN author_name GLOB '*[0-9A-Za-z]*' THEN '' ELSE ' x' || hex(author_name) END"""


class Fts5:
    """What is to be done with the index, inside a transaction. Keeps nothing."""

    doc = message_index.c.rowid  # of what `matching` finds

    def prepare(self, connection: Connection) -> None:
        """Makes it ready for this version of SQLite: an older one cannot read what a newer one left."""
        if sqlite3.sqlite_version_info >= SECURE_DELETE:
            self._command(connection, "secure-delete", 1)
            return
        version = "SELECT v FROM message_index_config WHERE k = 'version'"
        if connection.exec_driver_sql(version).scalar() != 4:
            connection.exec_driver_sql("UPDATE message_index_config SET v = 4 WHERE k = 'version'")  # or nothing works
            connection.exec_driver_sql("DROP TABLE message_index")
            create(connection)
            self.add(connection, after=0)

    def add(self, connection: Connection, *, after: int) -> None:
        """Puts in all messages with a number over `after`."""
        connection.execute(_addition(), {"after": after})

    def learn(self, connection: Connection, doc: int) -> None:
        """Puts one message in, as it reads now."""
        connection.execute(_insertion(sources().where(column("doc") == doc)))

    def forget(self, connection: Connection, doc: int) -> None:
        """Takes one message out; it must still read as it did when it was put in."""
        old = sources().where(column("doc") == doc).subquery()
        gone = select(literal("delete"), old.c.doc, _said(old), old.c.author_name, literal_column(_FACETS))
        connection.execute(insert(message_index).from_select(["message_index", "rowid", *FIELDS], gone))

    def drop(self, connection: Connection, doc: int) -> None:
        """Takes one message out for ever: nothing of it may stay in the pages of the index."""
        self.forget(connection, doc)
        if sqlite3.sqlite_version_info < SECURE_DELETE:
            state = meta.c.value
            due = case((state == "", "due"), (state == "going", "again"), else_=state)
            connection.execute(update(meta).where(meta.c.key == "index_residue").values(value=due))

    def purge(self, connection: Connection) -> bool:
        """One step of wiping out what deleted messages left in the pages of the index; True if there is more to do.

        FTS5 notes that a word is gone, and drops it when it merges its pages. So they are merged, a few at a time; what
        is deleted meanwhile waits for the next time (`again`).
        """
        state = connection.execute(select(meta.c.value).where(meta.c.key == "index_residue")).scalar()
        if state == "due":
            self._command(connection, "merge", -PURGE_PAGES)  # all pages are to be merged
            after = "going"
        elif state:
            before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
            self._command(connection, "merge", PURGE_PAGES)
            written = connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before
            after = state if written >= 2 else {"going": "", "again": "due"}[state]
        else:
            return False
        connection.execute(update(meta).where(meta.c.key == "index_residue").values(value=after))
        return bool(after)

    def matching(self, criteria: Criteria) -> Select[tuple[int]]:
        """The numbers of the messages that meet these criteria, as `doc`."""
        expression = _expression(criteria)
        matches = text("message_index MATCH :expression").bindparams(expression=expression)
        return select(self.doc.label("doc")).where(matches)

    def _command(self, connection: Connection, name: str, argument: int) -> None:
        connection.execute(insert(message_index).values(message_index=name, rank=argument))


@cache  # to write the statement anew took longer than to put the messages of a second in
def _addition() -> Insert:
    return _insertion(sources().where(column("doc") > bindparam("after")))


def _insertion(wanted: Select[Source]) -> Insert:
    new = wanted.subquery()
    chosen = select(new.c.doc, _said(new), new.c.author_name, literal_column(_FACETS)).order_by(new.c.doc)
    return insert(message_index).from_select(["rowid", *FIELDS], chosen)


def _said(source: Subquery) -> ColumnElement[str]:
    """As `documents.said`; the signs of the JSON that the options stand in are no words. Must stay as `_FACETS`."""
    options = func.json_extract(source.c.body, "$.poll.options")
    return source.c.text + func.coalesce(literal(" ") + options, "")


def create(connection: Connection) -> None:
    """Makes the table, empty. Beginnings of one to three letters are indexed too: all other ones are rare enough."""
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE message_index USING fts5(text, author, facets, content='', columnsize=0,"
        " prefix='1 2 3', tokenize='unicode61 remove_diacritics 2')"
    )


def _expression(criteria: Criteria) -> str:
    """What FTS5 is asked (https://www.sqlite.org/fts5.html#full_text_query_syntax). All that people wrote is quoted."""
    each = [" OR ".join(map(_term, group)) for group in criteria.each]
    wanted = " AND ".join(f"({group})" for group in each) or 'facets : "r" *'  # every message stands in a room
    if not criteria.none:
        return wanted
    return f"({wanted}) NOT ({' OR '.join(map(_term, criteria.none))})"


def _term(criterion: Criterion) -> str:
    match criterion:
        case Text(phrase):
            return f"text : {_quoted(phrase.text)}" + (" *" if phrase.prefix else "")
        case Sender(name) if words(name):
            return f"author : {_quoted(name)}"
        case Sender(name):  # a name of signs alone
            return f"facets : {_quoted('x' + name.encode().hex())}"
        case InRoom(number):
            return f"facets : {_quoted(f'r{number}')}"
        case Having(content):
            return f"facets : {_quoted('has' + content)}"


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'
