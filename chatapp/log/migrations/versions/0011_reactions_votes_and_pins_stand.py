"""Reactions, votes and pins are kept as they stand: a page reads a bounded number of rows, however many people reacted.

What happened so far is replayed here, some 10,000 events at a time.
"""

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from chatapp.spelling import whole

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BATCH = 10_000  # events that are replayed at a time
OPTIONS = 10  # of a poll at most

# As in 0004: without these figures SQLite reads all who reacted to a message to find the first of them.
ROWS = {
    "picks": {"picks": "1000000 100000 5000 2 2 1", "picks_order": "1000000 100000 5000 4000 1000 1"},
    "pick_counts": {"pick_counts": "10000 1000 4 3 1"},
}

SEQ = sa.BigInteger
PICK = ("room_id", "target", "kind", "key", "person_id")


def upgrade() -> None:
    op.create_table(
        "pins",
        _room(),
        sa.Column("target", SEQ, primary_key=True),
        sa.Column("seq", SEQ, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "picks",
        _room(),
        sa.Column("target", SEQ, primary_key=True),
        sa.Column("person_id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("seq", SEQ, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pick_counts",
        _room(),
        sa.Column("target", SEQ, primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("since", SEQ, nullable=False),
        sqlite_with_rowid=False,
    )
    _replay(op.get_bind())
    op.create_index("picks_order", "picks", ["room_id", "target", "kind", "key", "seq"])
    counted = "INSERT INTO pick_counts (room_id, target, kind, key, total, since)"
    op.execute(
        f"{counted} SELECT room_id, target, kind, key, count(*), min(seq) FROM picks"  # noqa: S608
        " GROUP BY room_id, target, kind, key"
    )
    op.execute(
        f"{counted} SELECT room_id, target, 'voters', '', count(DISTINCT person_id), min(seq) FROM picks"  # noqa: S608
        " WHERE kind = 'voted' GROUP BY room_id, target"
    )
    op.drop_index("events_pinned", "events")
    if op.get_bind().dialect.name == "sqlite":
        for table, indexes in ROWS.items():
            for index, rows in indexes.items():
                stat = f"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('{table}', '{index}', '{rows}')"  # noqa: S608
                op.execute(stat)
        op.execute("ANALYZE sqlite_master")  # reads them


def downgrade() -> None:
    pinned = sa.text("type = 'pinned'")
    columns = ["room_id", "type", "seq"]
    op.create_index("events_pinned", "events", columns, sqlite_where=pinned, postgresql_where=pinned)
    for table in ("pick_counts", "picks", "pins"):  # SQLite drops its figures with a table
        op.drop_table(table)


def _room() -> sa.Column[int]:
    return sa.Column("room_id", sa.Integer, sa.ForeignKey("rooms.id"), primary_key=True)


def _replay(connection: sa.Connection) -> None:
    names = ("type", "author_id", "author_name", "body")
    events = sa.table("events", *map(sa.column, ("room_id", "seq", "target", *names)))
    at = sa.tuple_(events.c.room_id, events.c.seq)
    kinds = ("reacted", "voted", "pinned", "deleted")
    wanted = sa.select(events).where(events.c.target.is_not(None), events.c.type.in_(kinds))
    wanted = wanted.order_by(events.c.room_id, events.c.seq).limit(BATCH)
    pins: dict[tuple[int, int], int] = {}
    rows = connection.execute(wanted).all()
    while rows:
        stand = _Standing()
        for row in rows:
            body = msgspec.json.decode(row.body) if row.body else {}
            if row.type == "reacted":
                stand.react(row, whole(body["emoji"]), on=body["on"])
            elif row.type == "voted":
                stand.vote(row, body.get("choices") or [])
            else:
                pins.pop((row.room_id, row.target), None)
                if body.get("on"):
                    pins[row.room_id, row.target] = row.seq
        stand.store(connection)
        rows = connection.execute(wanted.where(at > (rows[-1].room_id, rows[-1].seq))).all()
    stored = sa.table("pins", *map(sa.column, ("room_id", "target", "seq")))
    if pins:
        given = [{"room_id": room_id, "target": target, "seq": seq} for (room_id, target), seq in pins.items()]
        connection.execute(stored.insert(), given)


class _Standing:
    """What a batch of events changes: which picks go, and which are there afterwards unless they were before."""

    def __init__(self) -> None:
        self._gone: set[tuple[Any, ...]] = set()
        self._there: dict[tuple[Any, ...], tuple[str, int]] = {}

    def react(self, row: Any, emoji: str, *, on: bool) -> None:
        key = (row.room_id, row.target, "reacted", emoji, row.author_id)
        if on:
            self._there.setdefault(key, (row.author_name, row.seq))
        else:
            self._there.pop(key, None)
            self._gone.add(key)

    def vote(self, row: Any, choices: list[int]) -> None:
        for option in range(OPTIONS):
            key = (row.room_id, row.target, "voted", str(option), row.author_id)
            self._there.pop(key, None)
            self._gone.add(key)
            if option in choices:
                self._there[key] = (row.author_name, row.seq)

    def store(self, connection: sa.Connection) -> None:
        picks = sa.table("picks", *map(sa.column, (*PICK, "name", "seq")))
        if self._gone:
            its = sa.and_(*(picks.c[name] == sa.bindparam(f"its_{name}") for name in PICK))
            gone = [{f"its_{name}": value for name, value in zip(PICK, key, strict=True)} for key in self._gone]
            connection.execute(picks.delete().where(its), gone)
        there = [
            {**dict(zip(PICK, key, strict=True)), "name": name, "seq": seq} for key, (name, seq) in self._there.items()
        ]
        if there:
            columns = (*PICK, "name", "seq")
            values = ", ".join(f":{name}" for name in columns)
            insert = f"INSERT INTO picks ({', '.join(columns)}) VALUES ({values}) ON CONFLICT DO NOTHING"  # noqa: S608
            connection.execute(sa.text(insert), there)
