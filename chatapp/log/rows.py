"""Events as rows, and rows as events: what every kind has, and where the rest of its fields is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, func, select

from ..excerpt import one_line
from ..model import Author, Event, Message, Quote, Voted, rfc3339
from ..spelling import whole
from .schema import events, rooms

_KINDS = {kind.__struct_config__.tag: kind for kind in Event.__args__}
_CHANGES = ("edited", "deleted", "closed")  # what is about a message, but for what people picked, and pins
# The fields that are not kept in `body`: they have a column, or are made when they are told.
_ELSEWHERE = frozenset(
    {"type", "room", "seq", "at", "author", "nonce", "target", "reply_to", "text", "html", "quote", "line", "deleted"}
)


def with_slug() -> Select[Any]:
    """Events with the slugs of their rooms: what `told` takes."""
    return select(events, rooms.c.slug).join(rooms)


def row_of(room_id: int, event: Event, at: int) -> dict[str, object]:
    """The row of an event that happened at `at` (ms since the epoch)."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    body = {name: value for name, value in fields.items() if name not in _ELSEWHERE}
    return {
        "room_id": room_id,
        "seq": event.seq,
        "type": fields["type"],
        "at": at,
        "author_id": event.author.id,
        "author_name": event.author.name,
        "text": fields.get("text", ""),
        "nonce": event.nonce,
        "target": fields.get("target", fields.get("reply_to")),
        "html": fields.get("html"),
        "body": msgspec.json.encode(body).decode() if body else None,
    }


def told(connection: Connection, rows: Iterable[Any]) -> list[Event]:
    """Rows of `with_slug` as the events that they were, replies with their quotes."""
    found = [(row, event_of(row)) for row in rows]
    wanted = defaultdict(set)
    for row, event in found:
        if isinstance(event, Message) and event.reply_to is not None:
            wanted[row.room_id].add(event.reply_to)
    if not wanted:
        return [event for _, event in found]
    quotes = {
        (room_id, quote.seq): quote
        for room_id, seqs in wanted.items()
        for quote in quotes_of(connection, room_id, seqs)
    }
    return [
        msgspec.structs.replace(event, quote=quotes.get((row.room_id, event.reply_to)))
        if isinstance(event, Message) and event.reply_to is not None
        else event
        for row, event in found
    ]


def quotes_of(connection: Connection, room_id: int, seqs: Collection[int]) -> list[Quote]:
    """What a reply to these messages shows of them."""
    in_room = events.c.room_id == room_id
    messages = connection.execute(select(events).where(in_room, events.c.seq.in_(seqs)))
    lines = {row.seq: (Author(row.author_id, row.author_name), row.text, row.html) for row in messages}
    edits = select(events).where(in_room, events.c.seq.in_(_newest_edits(room_id, seqs)))
    for row in connection.execute(edits):
        lines[row.target] = (lines[row.target][0], row.text, row.html)
    return [Quote(seq, author, one_line(text, html)) for seq, (author, text, html) in lines.items()]


def as_told(event: Event, to: str | None = None) -> Event:
    """The event as that person may hear it, or as everybody may: some votes hide whose they are."""
    return event.told_to(to) if isinstance(event, Voted) else event


def about(room_id: int, targets: Collection[int], kinds: Collection[str]) -> ColumnElement[bool]:
    """That a row is about one of these messages, and of one of these kinds.

    First their seqs, out of the index alone: for whole rows SQLite takes the primary key, and reads the whole room.
    """
    other = events.alias()
    seqs = select(other.c.seq).where(other.c.room_id == room_id, other.c.target.in_(targets), other.c.type.in_(kinds))
    return (events.c.room_id == room_id) & events.c.seq.in_(seqs)


def after_it(connection: Connection, room_id: int, targets: Sequence[int]) -> list[Event]:
    """The newest edit of each of these messages, its deletion and the end of its poll, in order: at most three each."""
    counts = (events.c.type != "edited") | events.c.seq.in_(_newest_edits(room_id, targets))
    found = with_slug().where(about(room_id, targets, _CHANGES), counts).order_by(events.c.seq)
    return [event_of(row) for row in connection.execute(found)]


def _newest_edits(room_id: int, targets: Collection[int]) -> Select[Any]:
    """The seq of the newest edit of each of these messages that has one."""
    edits = events.alias()
    of_them = (edits.c.room_id == room_id) & edits.c.target.in_(targets) & (edits.c.type == "edited")
    return select(func.max(edits.c.seq)).where(of_them).group_by(edits.c.target)


def event_of(row: Any) -> Event:
    """One row of `with_slug` as the event that it was; a reply still without its quote."""
    if row.type == "message" and row.body is None:
        author = Author(row.author_id, row.author_name)
        at = rfc3339(row.at)
        return Message(row.slug, row.seq, at, author, row.text, row.nonce, row.html, row.target, deleted=not row.text)
    fields = {
        "room": row.slug,
        "seq": row.seq,
        "at": rfc3339(row.at),
        "author": Author(row.author_id, row.author_name),
        "text": row.text,
        "nonce": row.nonce,
        "html": row.html,
        "target": row.target,
        "reply_to": row.target,
        "deleted": not row.text,
        "line": one_line(row.text, row.html),
    }
    fields |= msgspec.json.decode(row.body) if row.body else {}
    if row.type == "reacted":
        fields["emoji"] = whole(fields["emoji"])  # some were stored as they came
    event: Event = msgspec.convert(fields, _KINDS[row.type])
    return event
