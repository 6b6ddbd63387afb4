"""Rooms that were made or changed since the last announcement: one for many of them, at a bounded rate."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from threading import Lock

from msgspec.structs import replace

from ..announcements import ListedRoom, RoomsChanged
from ..model import RoomState

ROOMS_AT_ONCE = 50  # rooms in one announcement: at most some 80 KB, if all names and topics are as long as may be
PAUSE = 1.0  # seconds between two announcements, at least
# Announcing to one client costs as much as 20 rooms in a frame: a system call, against a copy of 200 bytes a room.
CLIENT_COST = 20
COST_PER_SECOND = 100_000  # at 10,000 clients one room takes a pause of 2 s, and 50 rooms one of 7 s


class RoomChanges:
    """Owns what is still to be announced, at most one entry a room. Any thread may note; the heartbeat takes."""

    def __init__(self, clock: Callable[[], float]):
        """`clock`: monotonic seconds."""
        self._clock = clock
        self._lock = Lock()  # guards the one below
        self._pending: dict[str, ListedRoom] = {}  # by slug, the one that waits longest first
        self._next_at = 0.0  # of the thread that takes

    def note(self, room: RoomState, *, new: bool = False) -> None:
        """The room was made (`new`) or changed, and is like that now."""
        listed = ListedRoom(room.slug, room.name, room.head, room.topic, room.archived, new)
        with self._lock:
            waiting = self._pending.get(room.slug, listed)
            # Two threads may note in the other order: the newer head is the newer state.
            newest = listed if room.head >= waiting.head else waiting
            self._pending[room.slug] = replace(newest, new=new or waiting.new)

    def due(self) -> bool:
        """Whether there is something to announce, and it may be announced now."""
        return bool(self._pending) and self._clock() >= self._next_at

    def take(self, clients: int) -> RoomsChanged:
        """What is to be announced next, to so many clients."""
        with self._lock:
            slugs = list(islice(self._pending, ROOMS_AT_ONCE))
            rooms = [self._pending.pop(slug) for slug in slugs]
        cost = clients * (CLIENT_COST + len(rooms))
        self._next_at = self._clock() + max(PAUSE, cost / COST_PER_SECOND)
        return RoomsChanged(rooms)
