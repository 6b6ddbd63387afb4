"""Voting: each vote is counted on top of the one before, so that it costs the same however many have voted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from ..model import Closed, Poll, Refusal, Room, Voted, rfc3339
from .acts import Act, Unchanged, living_message, own_message, poll_of
from .rows import event_of, with_slug
from .schema import events


@dataclass(frozen=True)
class Vote(Act):
    """Somebody chooses, in place of what they chose before; no choice takes that back."""

    target: int
    choices: list[int]

    def happen(self, connection: Connection, seq: int, at: int) -> Voted:
        poll = _poll(living_message(connection, self.room, self.target))
        if _closed(connection, self.room, self.target):
            raise Refusal("closed", field="target")
        choices = sorted(set(self.choices))
        if any(not 0 <= choice < len(poll.options) for choice in choices) or (len(choices) > 1 and not poll.several):
            raise Refusal("bad-field", field="choices")
        last = _newest(connection, self.room, self.target)
        mine = _newest(connection, self.room, self.target, by=self.author.id)
        before = mine.choices or [] if mine else []
        counts = list(last.counts) if last else [0] * len(poll.options)
        for choice in before:
            counts[choice] -= 1
        for choice in choices:
            counts[choice] += 1
        voters = (last.voters if last else 0) - bool(before) + bool(choices)
        event = Voted(
            self.room.slug,
            seq,
            rfc3339(at),
            self.author,
            self.target,
            counts,
            voters,
            choices,
            poll.anonymous,
            self.nonce,
        )
        if choices == before:
            raise Unchanged(event)
        return event


@dataclass(frozen=True)
class Close(Act):
    """The author of a poll takes no more votes."""

    target: int

    def happen(self, connection: Connection, seq: int, at: int) -> Closed:
        _poll(own_message(connection, self, self.target))
        event = Closed(self.room.slug, seq, rfc3339(at), self.author, self.target, self.nonce)
        if _closed(connection, self.room, self.target):
            raise Unchanged(event)
        return event


def _poll(row: Any) -> Poll:
    poll = poll_of(row)
    if poll is None:
        raise Refusal("bad-field", field="target")
    return poll


def _closed(connection: Connection, room: Room, target: int) -> bool:
    about = (events.c.room_id == room.id) & (events.c.target == target) & (events.c.type == "closed")
    return connection.execute(select(events.c.seq).where(about).limit(1)).first() is not None


def _newest(connection: Connection, room: Room, target: int, by: str | None = None) -> Voted | None:
    """The newest vote on a poll, or a person's newest."""
    about = (events.c.room_id == room.id) & (events.c.target == target) & (events.c.type == "voted")
    if by is not None:
        about &= events.c.author_id == by
    newest = select(func.max(events.c.seq)).where(about).scalar_subquery()
    row = connection.execute(with_slug().where(events.c.room_id == room.id, events.c.seq == newest)).first()
    vote = event_of(row) if row else None
    return vote if isinstance(vote, Voted) else None
