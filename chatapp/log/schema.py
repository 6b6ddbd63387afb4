"""The tables as they are after all migrations; `migrations/` makes them, this file only names them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Label,
    MetaData,
    String,
    Table,
    Text,
    func,
    select,
)

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Everything durable that happens in a room, one row and one seq each.
events = Table(
    "events",
    metadata,
    Column("room_id", Integer, ForeignKey("rooms.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("type", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("author_id", String(64), nullable=False),
    Column("author_name", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("nonce", String(64)),
    Column("target", BigInteger),  # the seq of the message that it is about, or that a message replies to
    Column("html", Text),
    Column("body", Text),  # what only some kinds have, as JSON
)

# What makes a post sent twice be stored once. A plain client's messages bear no nonce and are not in it.
events_nonce = Index(
    "events_nonce",
    events.c.author_id,
    events.c.nonce,
    unique=True,
    sqlite_where=events.c.nonce.is_not(None),
    postgresql_where=events.c.nonce.is_not(None),
)

# What happened to a message.
events_target = Index(
    "events_target",
    events.c.room_id,
    events.c.target,
    sqlite_where=events.c.target.is_not(None),
    postgresql_where=events.c.target.is_not(None),
)

people = Table(
    "people",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
)

markers = Table(
    "markers",
    metadata,
    Column("person_id", String(64), primary_key=True),
    Column("room_id", Integer, ForeignKey("rooms.id"), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)


def head() -> Label[int]:
    """A room's newest seq, 0 before its first event, as a column of `select(rooms, head())`.

    The key is read at its end, which costs the same in a log of any size.
    """
    newest = select(func.coalesce(func.max(events.c.seq), 0)).where(events.c.room_id == rooms.c.id)
    return newest.scalar_subquery().label("head")
