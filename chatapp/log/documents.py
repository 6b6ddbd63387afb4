"""The messages that can be searched, each under a number that grows with time: what the index of words is about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec
from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    select,
)

from .days import note_steps
from .schema import documents, events, head, rooms

JITTER = 1_000  # ms that a clock may fall without having been put back
SEARCHABLE = 20_000  # characters of a text, from its beginning, that are in the index
LENGTHS_AT_FIRST = 10  # messages whose lengths are read at once; theirs say how many more may fit

Place = tuple[str, int]  # a message: its room's slug and its seq
Source = tuple[int, int, int, int, str, str, str, str | None, str | None]  # what `sources` selects


class _Options(msgspec.Struct):
    options: list[str]


class _Body(msgspec.Struct):
    poll: _Options | None = None


def numbered(connection: Connection, places: Sequence[Place]) -> int:
    """Gives these messages the next numbers, in this order, but for those that have one or were deleted.

    Gives the last number before them.
    """
    newest = connection.execute(
        select(documents.c.doc, documents.c.at).order_by(documents.c.doc.desc()).limit(1)
    ).first()
    last, last_at = (newest.doc, newest.at) if newest else (0, 0)
    waiting = _waiting(connection.dialect.name)
    known = exists().where(documents.c.room_id == events.c.room_id, documents.c.seq == events.c.seq)
    latest = func.max(events.c.at).over(order_by=waiting.c.place)
    by_then = case((latest > last_at, latest), else_=last_at)
    chosen = (
        select(
            literal(last, BigInteger) + func.row_number().over(order_by=waiting.c.place),
            events.c.room_id,
            events.c.seq,
            # A clock that jitters is taken for one that stands still, but one that was put back for what it shows.
            case((by_then - events.c.at < JITTER, by_then), else_=events.c.at),
        )
        .select_from(
            waiting.join(rooms, rooms.c.slug == waiting.c.slug).join(
                events, and_(events.c.room_id == rooms.c.id, events.c.seq == waiting.c.seq)
            )
        )
        .where(events.c.type == "message", events.c.text != "", ~known)
    )
    given = _given(connection, places)
    connection.execute(insert(documents).from_select(["doc", "room_id", "seq", "at"], chosen), given)
    note_steps(connection, after=last)
    return int(last)


def fitting(connection: Connection, places: Sequence[Place], characters: int) -> int:
    """How many of these messages, from the first on, have at most so many characters together, those of their edits
    included; at least one."""
    count, left, more = 0, characters, LENGTHS_AT_FIRST
    while count < len(places):
        given = _given(connection, places[count : count + more])
        for row in connection.execute(_lengths(connection.dialect.name), given):
            left -= row.length
            if left < 0:
                return max(count, 1)
            count += 1
        more = LENGTHS_AT_FIRST + left * count // max(characters - left, 1)  # if they go on like that, all that fit
    return count


@cache  # to write the statement anew takes longer than to run it
def _lengths(dialect: str) -> Select[tuple[int]]:
    """The characters of the given messages, and those of each one's longest edit."""
    waiting = _waiting(dialect)
    text = select(func.length(events.c.text)).where(events.c.room_id == rooms.c.id, events.c.seq == waiting.c.seq)
    edit = select(func.max(func.length(events.c.text))).where(
        events.c.room_id == rooms.c.id, events.c.target == waiting.c.seq, events.c.type == "edited"
    )
    length = func.coalesce(text.scalar_subquery(), 0) + func.coalesce(edit.scalar_subquery(), 0)
    there = waiting.outerjoin(rooms, rooms.c.slug == waiting.c.slug)
    return select(length.label("length")).select_from(there).order_by(waiting.c.place)


def _waiting(dialect: str) -> CTE:
    """The places that `_given` names, as a table of place, slug and seq. They are one value or two of the statement,
    however many they are: it is compiled once."""
    if dialect == "sqlite":
        each = func.json_each(bindparam("places", type_=String)).table_valued("key", "value")
        slug, seq = (func.json_extract(each.c.value, f"$[{number}]") for number in range(2))
        return select(each.c.key.label("place"), slug.label("slug"), seq.label("seq")).cte("waiting")
    slugs, seqs = bindparam("slugs", type_=ARRAY(String)), bindparam("seqs", type_=ARRAY(BigInteger))
    each = func.unnest(slugs, seqs).table_valued("slug", "seq", with_ordinality="place").render_derived()
    return select(each.c.place, each.c.slug, each.c.seq).cte("waiting")


def _given(connection: Connection, places: Sequence[Place]) -> dict[str, object]:
    if connection.dialect.name == "sqlite":
        return {"places": msgspec.json.encode(places).decode()}
    return {"slugs": [slug for slug, _ in places], "seqs": [seq for _, seq in places]}


def unnumbered(connection: Connection, most: int) -> list[Place]:
    """The oldest messages that have no number yet, in the order in which they came."""
    newest = select(func.coalesce(func.max(documents.c.seq), 0)).where(documents.c.room_id == rooms.c.id)
    found: list[tuple[int, int, int, str]] = []
    used = _rooms_with_events()
    each = select(rooms.c.id, rooms.c.slug, head(), newest.scalar_subquery().label("newest"))
    for room in connection.execute(each.join_from(rooms, used, used.c.id == rooms.c.id)):
        if room.head == room.newest:
            continue
        later = select(events.c.seq, events.c.at).where(events.c.room_id == room.id, events.c.seq > room.newest)
        said = later.where(events.c.type == "message", events.c.text != "").order_by(events.c.seq).limit(most)
        came = 0
        for row in connection.execute(said):
            came = max(came, row.at)  # the clock may have been put back
            found.append((came, room.id, row.seq, room.slug))
    return [(slug, seq) for _, _, seq, slug in sorted(found)[:most]]


def _rooms_with_events() -> CTE:
    """The ids of the rooms in which something happened: one look-up in the events' key for each of them, however many
    empty rooms there are. A look-up beside a long text reads all of it."""
    used = select(func.min(events.c.room_id).label("id")).cte("used", recursive=True)
    following = select(func.min(events.c.room_id)).where(events.c.room_id > used.c.id).scalar_subquery()
    return used.union_all(select(following).where(used.c.id.is_not(None)))


def sources() -> Select[Source]:
    """The messages that have a number, each as it reads now: after its last edit, if it was edited."""
    edit, later = events.alias("edit"), events.alias("later")
    last = select(func.max(later.c.seq)).where(
        later.c.room_id == documents.c.room_id, later.c.target == documents.c.seq, later.c.type == "edited"
    )
    edited = and_(edit.c.room_id == documents.c.room_id, edit.c.seq == last.scalar_subquery())
    return select(
        documents.c.doc,
        documents.c.room_id,
        documents.c.seq,
        events.c.at,
        events.c.author_id,
        events.c.author_name,
        beginning(func.coalesce(edit.c.text, events.c.text)).label("text"),
        case((edit.c.seq.is_not(None), edit.c.html), else_=events.c.html).label("html"),
        events.c.body,
    ).select_from(
        documents.join(
            events, and_(events.c.room_id == documents.c.room_id, events.c.seq == documents.c.seq)
        ).outerjoin(edit, edited)
    )


def beginning(text: ColumnElement[str]) -> ColumnElement[str]:
    """The part of a text that is in the index. A text that fits stays as it is, byte by byte."""
    return case((func.length(text) > SEARCHABLE, func.substr(text, 1, SEARCHABLE)), else_=text)


def said(text: str, body: str | None) -> str:
    """All that a message is found by: its text and, line by line, what it lets people choose."""
    poll = msgspec.json.decode(body, type=_Body).poll if body else None
    return "\n".join([text, *(poll.options if poll else ())])


def has_code(text: str, html: str | None) -> bool:
    """Whether there is code in a message; one from before there was markup is looked at as it was written."""
    return "<code" in html if html is not None else text.count("`") > 1


def has_link(text: str, html: str | None) -> bool:
    """Whether there is a link in it."""
    return "<a href=" in html if html is not None else "http://" in text or "https://" in text
