"""Which messages came when: their numbers, which grow as they came, by the times that the clock showed.

As long as the clock is never put back, both grow together. Each time that it is, a new run of numbers begins, in which
they grow together again; `clock_steps` has the first number of each run but the first one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from .schema import clock_steps, documents

STEPS_LIMIT = 50  # runs that are looked at one by one; with a worse clock each message's time is looked at
NEVER = 2**62  # no message has a number so high

Span = tuple[int, int]  # from the first number to the last one


def note_steps(connection: Connection, *, after: int) -> None:
    """Notes where, in the numbers behind `after`, the clock was put back."""
    before = func.lag(documents.c.at).over(order_by=documents.c.doc)
    each = select(documents.c.doc, documents.c.at, before.label("before")).where(documents.c.doc >= after).subquery()
    noted = select(clock_steps.c.doc)  # a number is given again when the newest message was deleted
    back = select(each.c.doc).where(each.c.at < each.c.before, each.c.doc.not_in(noted))
    connection.execute(insert(clock_steps).from_select(["doc"], back))


def spans(connection: Connection, since: int | None, until: int | None) -> list[Span] | None:
    """The spans of numbers of the messages with since <= time < until, in ms; None is no bound.

    None: there are too many, and each message's time has to be looked at.
    """
    wanted = select(clock_steps.c.doc).order_by(clock_steps.c.doc).limit(STEPS_LIMIT)
    firsts = list(connection.execute(wanted).scalars())
    if len(firsts) == STEPS_LIMIT:
        return None
    runs = pairwise([0, *firsts, NEVER])
    found = [_span(connection, first, behind, since, until) for first, behind in runs]
    return [span for span in found if span]


def _span(connection: Connection, first: int, behind: int, since: int | None, until: int | None) -> Span | None:
    """The span in one run of numbers. Where the bound is inside of it, the index of times leads there."""
    at, doc = documents.c.at, documents.c.doc
    run = select(doc, at).where(doc >= first, doc < behind)
    timed = select(doc, at).where(doc + 0 >= first, doc + 0 < behind)  # computed: so that the index of times is used
    oldest, newest = _one(connection, run.order_by(doc)), _one(connection, run.order_by(doc.desc()))
    if oldest is None or newest is None:
        return None
    if (until is not None and oldest.at >= until) or (since is not None and newest.at < since):
        return None
    begin, end = oldest, newest
    if since is not None and oldest.at < since:
        begin = _one(connection, timed.where(at >= since).order_by(at, doc))
    if until is not None and newest.at >= until:
        end = _one(connection, timed.where(at < until).order_by(at.desc(), doc.desc()))
    return (begin.doc, end.doc) if begin.doc <= end.doc else None


def _one(connection: Connection, wanted: Select[Any]) -> Any:
    return connection.execute(wanted.limit(1)).first()
