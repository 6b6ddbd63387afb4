"""The index of words in PostgreSQL: a table of `tsvector` with a GIN index.

The words are cut and folded here, as everywhere in this chat, so that a message is found by the same queries as in
SQLite. PostgreSQL itself chooses between the index, for rare words, and a walk from the newest message on, for common
ones.
"""

from __future__ import annotations

from itertools import islice

from sqlalchemy import Connection, Row, Select, cast, column, delete, literal, select, table, type_coerce
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from ..query import Criteria, Criterion, Having, InRoom, Sender, Text
from ..words import words
from .documents import Source, has_code, has_link, said, sources

LEXEME = 250  # characters of a word that count: a lexeme has at most 2 KiB, and folding may lengthen a word
POSITIONS = 16_383  # of a text; what stands behind them is not found (textsearch's limits, PostgreSQL's section 12.11)
PLACES = 255  # positions kept of one word
AT_ONCE = 1_000  # messages

message_index = table("message_index", column("doc"), column("words", TSVECTOR))


class Tsvector:
    """What is to be done with the index, inside a transaction. Keeps nothing."""

    doc = message_index.c.doc  # of what `matching` finds

    def prepare(self, connection: Connection) -> None:
        """It is always ready."""

    def add(self, connection: Connection, *, after: int) -> None:
        """Puts in all messages with a number over `after`."""
        found = connection.execute(sources().where(column("doc") > after), execution_options={"stream_results": True})
        while rows := list(islice(found, AT_ONCE)):
            self._put(connection, rows)

    def learn(self, connection: Connection, doc: int) -> None:
        """Puts one message in, as it reads now."""
        self._put(connection, list(connection.execute(sources().where(column("doc") == doc))))

    def forget(self, connection: Connection, doc: int) -> None:
        """Takes one message out. Its words leave the disk when PostgreSQL vacuums the table."""
        connection.execute(delete(message_index).where(message_index.c.doc == doc))

    def drop(self, connection: Connection, doc: int) -> None:
        """Takes one message out for ever."""
        self.forget(connection, doc)

    def purge(self, connection: Connection) -> bool:
        """PostgreSQL does it by itself."""
        return False

    def matching(self, criteria: Criteria) -> Select[tuple[int]]:
        """The numbers of the messages that meet these criteria, as `doc`."""
        asked = cast(literal(_expression(criteria)), TSQUERY)
        matches = type_coerce(message_index.c.words, TSVECTOR).bool_op("@@")(asked)
        return select(self.doc).where(matches)

    def _put(self, connection: Connection, rows: list[Row[Source]]) -> None:
        if rows:
            sql = "INSERT INTO message_index (doc, words) VALUES (%s, CAST(%s AS tsvector))"
            connection.exec_driver_sql(sql, [(row.doc, _vector(row)) for row in rows])


def _vector(row: Row[Source]) -> str:
    """A message as PostgreSQL reads a vector: its words with weight D, its author's name with A, and what it is."""
    places: dict[str, list[str]] = {}
    for written, weight in ((said(row.text, row.body), ""), (row.author_name, "A")):
        for place, word in enumerate(islice(words(written), POSITIONS), start=1):
            places.setdefault(word.folded[:LEXEME], []).append(f"{place}{weight}")
    facets = [f"r:{row.room_id}"]
    facets += ["has:code"] if has_code(row.text, row.html) else []
    facets += ["has:link"] if has_link(row.text, row.html) else []
    facets += [] if words(row.author_name) else [_signs(row.author_name)]
    found = [f"'{word}':{','.join(at[:PLACES])}" for word, at in places.items()]
    return " ".join(found + [f"'{facet}'" for facet in facets])


def _expression(criteria: Criteria) -> str:
    """What PostgreSQL is asked. Words are letters and digits alone, so that nothing in them has to be escaped."""
    each = [f"({' | '.join(map(_term, group))})" for group in criteria.each]
    return " & ".join(each + [f"!{_term(criterion)}" for criterion in criteria.none])


def _term(criterion: Criterion) -> str:
    match criterion:
        case Text(phrase):
            return _phrase(phrase.words, "D", prefix=phrase.prefix)
        case Sender(name) if words(name):
            return _phrase(tuple(word.folded for word in words(name)), "A")
        case Sender(name):  # a name of signs alone
            return f"'{_signs(name)}'"
        case InRoom(number):
            return f"'r:{number}'"
        case Having(content):
            return f"'has:{content}'"


def _signs(name: str) -> str:
    """The facet of an author whose name has no letter or digit."""
    return f"x:{name[:LEXEME].encode().hex()}"


def _phrase(folded: tuple[str, ...], weight: str, *, prefix: bool = False) -> str:
    terms = [f"'{word[:LEXEME]}':{weight}" for word in folded]
    return f"({' <-> '.join(terms)}{'*' if prefix else ''})"
