"""Voting: each vote is counted on top of the one before, so that it costs the same however many have voted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from ..model import Closed, Poll, Refusal, Room, Voted, rfc3339
from .acts import Act, Unchanged, living_message, own_message, poll_of
from .picks import PICKS_LIMIT, VOTED, count_voter, counts_of, pick, picked_by, unpick
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
        where = (connection, self.room.id, self.target)
        before = sorted(map(int, picked_by(*where, VOTED, self.author.id)))
        stand = counts_of(*where, VOTED)
        counts = [
            stand.get(str(option), 0) - (option in before) + (option in choices) for option in range(len(poll.options))
        ]
        voters = counts_of(*where, "voters").get("", 0) - bool(before) + bool(choices)
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
        if not before and sum(stand.values()) >= PICKS_LIMIT:
            raise Refusal("too-many", field="target", n=PICKS_LIMIT, crowd=True)
        unpick(*where, VOTED, list(map(str, before)), self.author.id)
        pick(*where, VOTED, map(str, choices), self.author, seq)
        if bool(before) != bool(choices):
            count_voter(*where, 1 if choices else -1, seq)
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
