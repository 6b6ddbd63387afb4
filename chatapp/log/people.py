"""What is stored of people: what they are called, when they were last seen, and which names belong to whom.

Every function runs inside a transaction. Times are ms since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ..model import Refusal
from ..spelling import bare, folded, skeletons
from .schema import names, people

DAY = 86_400_000
KEPT = 30 * DAY  # a name belongs to its person for so long after they were last seen
NOTED = DAY  # `last_seen` is written again when it is so old: a name is kept this much longer, so that nobody loses any
NEW_KEPT = 600_000  # a new person keeps a name for so long, if they do not come with the cookie that they were given
FORMER_KEPT = DAY  # a name that somebody gave up is kept for them for so long: they cannot be imitated at once


class Known(NamedTuple):
    """A person's name, and when they were last seen, up to NOTED too early; 0: they are new, or gave up the name."""

    name: str
    last_seen: int


def known(connection: Connection, person: str) -> Known | None:
    """What is stored of that person."""
    row = connection.execute(_known(), {"person": person}).first()
    return None if row is None else Known(row.name, row.last_seen)


def name_taken(name: str, owner: str) -> Refusal:
    """The Refusal `name-taken` for that name, which belongs to a person called `owner`, or looks like that one's."""
    if folded(name) == folded(owner):
        return Refusal("name-taken", field="name", name=name)
    return Refusal("name-taken", field="name", name=name, lookalike=True)


def refusal_of(connection: Connection, name: str, at: int, *, to: str) -> Refusal | None:
    """Why that person may not have that name: it, or one that looks like it, belongs to somebody else. None: they may.

    Costs two look-ups by key, however many people there are.
    """
    keys = skeletons(name)
    given = {"small": keys.small, "written": keys.written, "person": to, "at": at, "seen_since": at - KEPT - NOTED}
    row = connection.execute(_owner(), given).first()
    if row is None:
        return None
    return name_taken(name, row.name if row.until is None else name)


def take_name(connection: Connection, person: str, name: str, at: int) -> None:
    """Gives the name to that person. Raises Refusal `name-taken`.

    The name before stays theirs for FORMER_KEPT; the one before that is free. A new person keeps the name for NEW_KEPT,
    and then only if `take_first` was called for them: whoever does not have the cookie never comes.
    """
    refused = refusal_of(connection, name, at, to=person)
    if refused:
        raise refused
    if known(connection, person):
        _give(connection, person, name, until=None, last_seen=at, at=at)
    else:
        _give(connection, person, name, until=at + NEW_KEPT, last_seen=0, at=at)


def take_first(connection: Connection, person: str, wanted: Iterable[str], at: int) -> str:
    """Gives the first of the names that nobody else has to that person, who is here, and says which one it is."""
    name = next(name for name in wanted if refusal_of(connection, name, at, to=person) is None)
    _give(connection, person, name, until=None, last_seen=at, at=at)
    return name


def _give(connection: Connection, person: str, name: str, *, until: int | None, last_seen: int, at: int) -> None:
    before = known(connection, person)
    if before and before.name != name:
        connection.execute(delete(names).where(names.c.person_id == person, names.c.until.is_not(None)))
        connection.execute(update(names).where(names.c.person_id == person).values(until=at + FORMER_KEPT))
    keys = set(skeletons(name))
    connection.execute(delete(names).where(names.c.key.in_(keys)))  # their own, or not kept any more
    try:
        connection.execute(insert(names), [{"key": key, "person_id": person, "until": until} for key in keys])
    except IntegrityError:  # another server on this database was faster
        raise name_taken(name, name) from None
    values = {"name": name, "bare": bare(name), "last_seen": last_seen}
    if before:
        connection.execute(update(people).where(people.c.id == person).values(values))
    else:
        connection.execute(insert(people).values(id=person, **values))


def release_names(connection: Connection, person: str) -> None:
    """Frees what belongs to that person, who does not come back."""
    connection.execute(delete(names).where(names.c.person_id == person))
    connection.execute(update(people).where(people.c.id == person).values(last_seen=0))


def note_seen(connection: Connection, ids: Collection[str], at: int) -> None:
    """Writes down that these people are here, but for those whose names were released since they were seen."""
    connection.execute(update(people).where(people.c.id.in_(ids), people.c.last_seen > 0).values(last_seen=at))


@cache
def _known() -> Select[tuple[str, int]]:
    return select(people.c.name, people.c.last_seen).where(people.c.id == bindparam("person"))


@cache
def _owner() -> Select[Any]:
    """Somebody else to whom a name with one of these keys belongs."""
    is_kept = names.c.until.is_(None) & (people.c.last_seen >= bindparam("seen_since"))
    return (
        select(people.c.name, names.c.until)
        .select_from(names.join(people, people.c.id == names.c.person_id))
        .where(or_(names.c.key == bindparam("small"), names.c.key == bindparam("written")))
        .where(names.c.person_id != bindparam("person"), or_(is_kept, names.c.until >= bindparam("at")))
        .limit(1)
    )
