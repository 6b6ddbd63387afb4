"""Receipts of commands of which more people than those in the room are told: whom it mentions, who lists the room."""

from __future__ import annotations

from ..bus.local import LocalBus
from ..excerpt import one_line
from ..log.acts import Call, Receipt
from ..model import Ballot, Called, Edited, Event, Message, Refusal, RoomState, Voted
from .room_changes import RoomChanges


def announced(receipt: Receipt | None, call: Call, bus: LocalBus) -> Receipt | None:
    """The receipt of a message or an edit that means these people: before it hears anything, they do."""
    return _Announced(receipt, call, bus) if call.mentions or call.everybody else receipt


class _Announced:
    """Called on the journal's thread, when the event itself has gone to the room."""

    def __init__(self, receipt: Receipt | None, call: Call, bus: LocalBus):
        self._receipt = receipt
        self._call = call
        self._bus = bus

    def stored(self, event: Event, *, first: bool) -> None:
        if first and self._call.reached and isinstance(event, Message | Edited):
            seq = event.target if isinstance(event, Edited) else event.seq
            line = one_line(event.text, event.html)
            self._bus.publish(Called(tuple(self._call.reached), event.room, seq, event.author, line))
        if self._receipt:
            self._receipt.stored(event, first=first)

    def refused(self, refusal: Refusal) -> None:
        if self._receipt:
            self._receipt.refused(refusal)


class Relisted:
    """The receipt of a change of a room: when it is stored, it is noted for everybody who lists the room, which
    `result` holds then."""

    def __init__(self, receipt: Receipt | None, result: list[RoomState], changes: RoomChanges):
        self._receipt = receipt
        self._result = result
        self._changes = changes

    def stored(self, event: Event, *, first: bool) -> None:
        if first:
            for room in self._result:
                self._changes.note(room)
        if self._receipt:
            self._receipt.stored(event, first=first)

    def refused(self, refusal: Refusal) -> None:
        if self._receipt:
            self._receipt.refused(refusal)


class Cast:
    """The receipt of a vote: if everybody hears of it without a name, the voter's own clients are told what it was."""

    def __init__(self, receipt: Receipt | None, bus: LocalBus, ballot: Ballot):
        self._receipt = receipt
        self._bus = bus
        self._ballot = ballot

    def stored(self, event: Event, *, first: bool) -> None:
        if self._receipt:
            self._receipt.stored(event, first=first)
        if first and isinstance(event, Voted) and event.anonymous:
            self._bus.publish(self._ballot)

    def refused(self, refusal: Refusal) -> None:
        if self._receipt:
            self._receipt.refused(refusal)
