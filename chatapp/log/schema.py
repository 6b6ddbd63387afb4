"""The tables as they are after all migrations; `migrations/` makes them, this file only names them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Label,
    MetaData,
    Select,
    String,
    Table,
    Text,
    false,
    func,
    literal_column,
    select,
    text,
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
    Column("topic", Text, nullable=False, server_default=""),
    Column("archived", Boolean, nullable=False, server_default=false()),
    # The name as `spelling.folded` has it, no two alike. Where an older database had two, that of the newer room ends
    # with a line break and the room's id.
    Column("folded", Text, nullable=False),
    # The name and the slug as `spelling.bare` has them: a room is found by either.
    Column("bare", Text, nullable=False),
    Column("bare_slug", Text, nullable=False),
    # The name's skeletons: a room whose name looks like another's is refused.
    Column("small", Text, nullable=False),
    Column("written", Text, nullable=False),
)
rooms_folded = Index("rooms_folded", rooms.c.folded, unique=True)
rooms_bare = Index("rooms_bare", rooms.c.bare)
rooms_bare_slug = Index("rooms_bare_slug", rooms.c.bare_slug)
rooms_small = Index("rooms_small", rooms.c.small)
rooms_written = Index("rooms_written", rooms.c.written)

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

# What happened to a message, by kind and by who did it.
events_target = Index(
    "events_target",
    events.c.room_id,
    events.c.target,
    events.c.type,
    events.c.author_id,
    sqlite_where=events.c.target.is_not(None),
    postgresql_where=events.c.target.is_not(None),
)

# A room's messages among its other events: tens of thousands of reactions may lie between two of them.
events_messages = Index(
    "events_messages",
    events.c.room_id,
    events.c.type,
    events.c.seq,
    sqlite_where=text("type = 'message'"),
    postgresql_where=text("type = 'message'"),
)

# A room's pinned messages as they stand; `seq` is that of the event that pinned the message.
pins = Table(
    "pins",
    metadata,
    Column("room_id", Integer, ForeignKey("rooms.id"), primary_key=True),
    Column("target", BigInteger, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Reactions and votes as they stand, one row per person. `kind` is `reacted` or `voted`, `key` the emoji or the number
# of the option, `seq` that of the event.
picks = Table(
    "picks",
    metadata,
    Column("room_id", Integer, ForeignKey("rooms.id"), primary_key=True),
    Column("target", BigInteger, primary_key=True),
    Column("person_id", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
picks_order = Index("picks_order", picks.c.room_id, picks.c.target, picks.c.kind, picks.c.key, picks.c.seq)

# How many rows of `picks` there are, but for 0; and of kind `voters`, without a key, the people who voted in a poll.
# `since` is the seq of the event with which the count began.
pick_counts = Table(
    "pick_counts",
    metadata,
    Column("room_id", Integer, ForeignKey("rooms.id"), primary_key=True),
    Column("target", BigInteger, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("total", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

people = Table(
    "people",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("bare", Text, nullable=False),  # the name as `spelling.bare` has it: by that a mention finds it
    Column("last_seen", BigInteger, nullable=False),  # ms since the epoch; written once a day at most
)
people_bare = Index("people_bare", people.c.bare)

# Which name belongs to whom, by its keys (`spelling.skeletons`), one or two rows for each name. `until` is None for the
# name that the person goes by; a former name, or that of a new person, belongs to them until then (ms since the epoch).
# Of people who have shared a name since an older version only one has rows.
names = Table(
    "names",
    metadata,
    Column("key", Text, primary_key=True),
    Column("person_id", String(64), nullable=False),
    Column("until", BigInteger),
    sqlite_with_rowid=False,
)
names_person = Index("names_person", names.c.person_id)

markers = Table(
    "markers",
    metadata,
    Column("person_id", String(64), primary_key=True),
    Column("room_id", Integer, ForeignKey("rooms.id"), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
markers_room = Index("markers_room", markers.c.room_id, markers.c.person_id)

# Of how much of a room a person wants to hear, where that is not everything.
levels = Table(
    "levels",
    metadata,
    Column("person_id", String(64), primary_key=True),
    Column("room_id", Integer, ForeignKey("rooms.id"), primary_key=True),
    Column("level", String(16), nullable=False),
)

# Whom a message means, one row for each person. `id` grows: a person's list is read in its order.
mentions = Table(
    "mentions",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("person_id", String(64), nullable=False),
    Column("room_id", Integer, ForeignKey("rooms.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
)
mentions_person = Index("mentions_person", mentions.c.person_id, mentions.c.id)
mentions_count = Index("mentions_count", mentions.c.person_id, mentions.c.room_id, mentions.c.seq, unique=True)
mentions_message = Index("mentions_message", mentions.c.room_id, mentions.c.seq)

# The messages that can be searched, numbered in the order in which they came, over all rooms: the index of words, which
# is made in each database's own way, knows them by that number. `at` falls only where the clock was put back.
documents = Table(
    "documents",
    metadata,
    Column("doc", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("room_id", Integer, ForeignKey("rooms.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
# The first number after each time that the clock was put back.
clock_steps = Table(
    "clock_steps",
    metadata,
    Column("doc", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
)
documents_message = Index("documents_message", documents.c.room_id, documents.c.seq, unique=True)
documents_at = Index("documents_at", documents.c.at, documents.c.doc)


def message_seqs(room_id: int) -> tuple[Select[tuple[int]], ColumnElement[int]]:
    """The seqs of a room's messages, out of `events_messages` alone, and the column to order them by and to compare.

    The type is no parameter, and whole rows are not selected, or the index would not be used.
    """
    other = events.alias()
    is_message = other.c.type == literal_column("'message'")
    return select(other.c.seq).where(other.c.room_id == room_id, is_message), other.c.seq


def head() -> Label[int]:
    """A room's newest seq, 0 before its first event, as a column of `select(rooms, head())`.

    The key is read at its end, which costs the same in a log of any size.
    """
    newest = select(func.coalesce(func.max(events.c.seq), 0)).where(events.c.room_id == rooms.c.id)
    return newest.scalar_subquery().label("head")
