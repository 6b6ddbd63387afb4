"""The answer to a join: what the client missed, in one frame or, if it is much, in fragments, read as they are sent."""

from __future__ import annotations

from collections.abc import Iterator

from ..log.history import History
from ..model import Event, Refusal, Room, Voted
from ..rooms.presence import Members
from . import protocol
from .frames import TRY_LATER, Concealed, Ended, fragments, text_frame

WHOLE = 30_000  # characters of messages that go out as one frame: with every one escaped some 180 KB
PIECE = 4  # events in a fragment otherwise: at 60 KB of escaped text and 48 KB of HTML each 432 KB


class Missed:
    """The newest `limit` events of a room after `after` and up to `head`, as `reader` may hear them.

    `after` None: as if none were known. An `after` above `head` is of a log that was replaced or went back: that is a
    `reset`, and as if none were known.
    """

    def __init__(
        self,
        history: History,
        room: Room,
        *,
        after: int | None,
        limit: int | None,
        head: int,
        reader: str | None = None,
    ):
        self.reset = after is not None and after > head
        if self.reset:
            after = None
        known = after or 0
        usual = protocol.JOIN_DEFAULT if after is None else protocol.JOIN_LIMIT
        most = usual if limit is None else limit
        self._history = history
        self._room = room
        self._head = head
        self._reader = reader
        # There are no gaps between the seqs: how many events were missed is known without reading them.
        self.count = max(0, min(most, head - known))
        self.gap = self.reset or (after is not None and head - known > self.count)
        self._start = head - self.count
        self._stranger = after is None or self.gap

    def joined(self, members: Members, nonce: str | None) -> Iterator[bytes]:
        """The frames of the one `joined`, so that memory stays bounded whoever reads it however slowly.

        Raises Refusal `busy` before the first frame, and Ended after it, if the log cannot be read.
        """
        state = self._state()
        if self.count <= PIECE or self._history.size(self._room, after=self._start, upto=self._head) <= WHOLE:
            events = self._read(self._start, self._head)
            frame = text_frame(protocol.encode(self._frame(events, members, nonce, state)))
            yield Concealed(frame) if _are_secret(events) else frame
        else:
            yield from fragments(self._pieces(members, nonce, state))

    def events(self) -> Iterator[list[Event]]:
        """The events, a few at a time, each read when it is asked for. Raises Refusal `busy`."""
        for start in range(self._start, self._head, PIECE):
            yield self._read(start, min(start + PIECE, self._head))

    def _pieces(self, members: Members, nonce: str | None, state: protocol.Described | None) -> Iterator[bytes]:
        before, _, behind = protocol.encode(self._frame([], members, nonce, state)).partition(b"[]")
        yield self._piece(before + b"[", self._start)
        for start in range(self._start + PIECE, self._head, PIECE):
            try:
                piece = self._piece(b",", start)
            except Refusal:
                raise Ended(TRY_LATER, "the log cannot be read") from None
            yield piece
            del piece  # while the next is read it is not kept
        yield b"]" + behind

    def _piece(self, before: bytes, start: int) -> bytes:
        """A piece's events, with commas between them, behind `before`; nothing else of them is kept."""
        events = self._read(start, min(start + PIECE, self._head))
        piece = before + b",".join(map(protocol.encode, events))
        return Concealed(piece) if _are_secret(events) else piece

    def _read(self, after: int, upto: int) -> list[Event]:
        return self._history.missed(self._room, after=after, upto=upto, reader=self._reader)

    def _state(self) -> protocol.Described | None:
        """What the room is like, at the head or later; who knew it hears of each change among the events."""
        if not self._stranger:
            return None
        now = self._history.room(self._room.slug)
        return protocol.Described(now.name, now.topic, now.archived)

    def _frame(
        self, events: list[Event], members: Members, nonce: str | None, state: protocol.Described | None
    ) -> protocol.Joined:
        people, count = members
        return protocol.Joined(self._room.slug, self._head, events, self.gap, people, count, nonce, state, self.reset)


def _are_secret(events: list[Event]) -> bool:
    """Whether the bytes of these events tell which anonymous votes are the reader's: the inspector shows none of them,
    whoever reads them."""
    return any(isinstance(event, Voted) and event.anonymous for event in events)
