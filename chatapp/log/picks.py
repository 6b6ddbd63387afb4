"""Picks: the reactions to a message and the options that people chose in a poll, with their counts kept.

Events tell what happened; these tables tell how it stands, so that a page reads a bounded number of rows however many
people reacted or voted. They are written in the transaction that stores the event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, and_, delete, func, insert, select, update

from ..model import Author, Reaction
from .schema import pick_counts, picks

NAMED = 20  # people named with an emoji or an option; of the others there is the count
NAMED_ON_A_PAGE = 4_000  # people named on one page in all: with more than 200 emoji and options, fewer of each
PICKS_LIMIT = 100_000  # reactions to one message, or chosen options of one poll, by all people

Kind = Literal["reacted", "voted"]
REACTED: Kind = "reacted"
VOTED: Kind = "voted"


class Tallied(NamedTuple):
    """How a poll stands: people per option, the number of voters, the first voters per option, and the reader's choice
    (None: has not voted)."""

    counts: dict[int, int]
    voters: int
    people: dict[int, list[Author]]
    mine: list[int] | None


class Picked(NamedTuple):
    """What people picked under one message."""

    reactions: list[Reaction]
    tallied: Tallied


def nothing() -> Picked:
    """What people picked under a message that nobody reacted to or voted on."""
    return Picked([], Tallied({}, 0, {}, None))


def picked_by(connection: Connection, room_id: int, target: int, kind: Kind, person: str) -> set[str]:
    """The keys that the person picked under a message."""
    mine = _under(picks, room_id, [target]) & (picks.c.person_id == person) & (picks.c.kind == kind)
    return set(connection.execute(select(picks.c.key).where(mine)).scalars())


def counts_of(connection: Connection, room_id: int, target: int, kind: str) -> dict[str, int]:
    """How many people picked each key under a message."""
    wanted = select(pick_counts.c.key, pick_counts.c.total).where(_under(pick_counts, room_id, [target]))
    return {row.key: row.total for row in connection.execute(wanted.where(pick_counts.c.kind == kind))}


def pick(
    connection: Connection, room_id: int, target: int, kind: Kind, keys: Iterable[str], author: Author, seq: int
) -> None:
    """The author picks these keys, none of which they had picked, in the event `seq`."""
    where = {"room_id": room_id, "target": target, "kind": kind}
    for key in keys:
        row = {**where, "key": key, "person_id": author.id, "name": author.name, "seq": seq}
        connection.execute(insert(picks).values(row))
        _count(connection, room_id, target, kind, key, 1, seq)


def unpick(connection: Connection, room_id: int, target: int, kind: Kind, keys: Collection[str], person: str) -> None:
    """The person takes these keys back, all of which they had picked."""
    mine = _under(picks, room_id, [target]) & (picks.c.person_id == person) & (picks.c.kind == kind)
    connection.execute(delete(picks).where(mine, picks.c.key.in_(keys)))
    for key in keys:
        _count(connection, room_id, target, kind, key, -1, 0)


def count_voter(connection: Connection, room_id: int, target: int, by: int, seq: int) -> None:
    """There is one voter more (`by` 1) or less (-1) in a poll."""
    _count(connection, room_id, target, "voters", "", by, seq)


def _count(connection: Connection, room_id: int, target: int, kind: str, key: str, by: int, seq: int) -> None:
    its = _under(pick_counts, room_id, [target]) & (pick_counts.c.kind == kind) & (pick_counts.c.key == key)
    changed = update(pick_counts).where(its).values(total=pick_counts.c.total + by)
    total = connection.execute(changed.returning(pick_counts.c.total)).scalar()
    if total is None:
        row = {"room_id": room_id, "target": target, "kind": kind, "key": key, "total": by, "since": seq}
        connection.execute(insert(pick_counts).values(row))
    elif not total:
        connection.execute(delete(pick_counts).where(its))


def picked_under(
    connection: Connection, room_id: int, targets: Collection[int], reader: str | None
) -> dict[int, Picked]:
    """What people picked under these messages, by seq; those under which nobody did are left out.

    Reads at most 31 counts a message, `NAMED_ON_A_PAGE` names in all, and what the reader picked.
    """
    if not targets:
        return {}
    of_them = select(pick_counts).where(_under(pick_counts, room_id, targets)).order_by(pick_counts.c.since)
    counts = connection.execute(of_them).all()
    if not counts:
        return {}
    people: dict[tuple[int, str, str], list[Author]] = defaultdict(list)
    for row in _first_people(connection, room_id, {row.target for row in counts}, len(counts)):
        people[row.target, row.kind, row.key].append(Author(row.person_id, row.name))
    own: set[tuple[int, str, str]] = set()
    if reader is not None:
        columns = (picks.c.target, picks.c.kind, picks.c.key)
        wanted = select(*columns).where(_under(picks, room_id, targets), picks.c.person_id == reader)
        own = {(row.target, row.kind, row.key) for row in connection.execute(wanted)}
    found: dict[int, Picked] = {}
    for target in {row.target for row in counts}:
        rows = [row for row in counts if row.target == target]
        reactions = [
            Reaction(row.key, people[target, "reacted", row.key], row.total, (target, "reacted", row.key) in own)
            for row in rows
            if row.kind == "reacted"
        ]
        votes = {int(row.key): row.total for row in rows if row.kind == "voted"}
        voters = sum(row.total for row in rows if row.kind == "voters")
        chosen = {option: people[target, "voted", str(option)] for option in votes}
        mine = sorted(int(key) for seq, kind, key in own if seq == target and kind == "voted") or None
        found[target] = Picked(reactions, Tallied(votes, voters, chosen, mine))
    return found


def _first_people(connection: Connection, room_id: int, targets: Collection[int], kinds: int) -> Iterable[Any]:
    """The first people of each key under these messages."""
    most = max(1, min(NAMED, NAMED_ON_A_PAGE // kinds))
    other = picks.alias()
    columns = ("room_id", "target", "kind", "key")
    last = select(other.c.seq).where(*(other.c[name] == pick_counts.c[name] for name in columns))
    last_seq = last.order_by(other.c.seq).offset(most - 1).limit(1).correlate(pick_counts).scalar_subquery()
    wanted = (
        select(picks)
        .join(pick_counts, and_(*(picks.c[name] == pick_counts.c[name] for name in columns)))
        .where(_under(pick_counts, room_id, targets), picks.c.seq <= func.coalesce(last_seq, 2**62))
        .order_by(picks.c.seq)
    )
    return connection.execute(wanted)


def _under(table: FromClause, room_id: int, targets: Collection[int]) -> ColumnElement[bool]:
    return (table.c.room_id == room_id) & table.c.target.in_(targets)
