"""What is announced of rooms: once, as they are now, many in one, at a bounded rate."""

from __future__ import annotations

import pytest

from chatapp.announcements import ListedRoom
from chatapp.model import RoomState
from chatapp.rooms.room_changes import PAUSE, ROOMS_AT_ONCE, RoomChanges

from ..actors import Clock


def state(number: int, *, name: str = "", head: int = 0, topic: str = "") -> RoomState:
    return RoomState(number, f"room-{number}", name or f"Room {number}", head, topic)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def changes(clock: Clock) -> RoomChanges:
    return RoomChanges(clock)


def test_a_burst_of_rooms_is_one_announcement(changes: RoomChanges) -> None:
    assert not changes.due()
    for number in range(30):
        changes.note(state(number), new=True)
    assert changes.due()
    assert [room.slug for room in changes.take(clients=3).rooms] == [f"room-{number}" for number in range(30)]
    assert not changes.due()


def test_a_room_that_changed_several_times_is_announced_once_as_it_is_now(changes: RoomChanges) -> None:
    changes.note(state(1), new=True)
    changes.note(state(1, name="Physics", head=1))
    changes.note(state(1, name="Physics", head=2, topic="waves"))
    assert changes.take(clients=1).rooms == [ListedRoom("room-1", "Physics", 2, "waves", new=True)]


def test_a_note_that_comes_late_does_not_bring_an_old_state_back(changes: RoomChanges) -> None:
    changes.note(state(1, name="Physics", head=1))
    changes.note(state(1), new=True)
    assert changes.take(clients=1).rooms == [ListedRoom("room-1", "Physics", 1, new=True)]


@pytest.mark.parametrize(
    ("clients", "rooms", "pause"), [(3, 1, PAUSE), (200, 50, PAUSE), (10_000, 1, 2.1), (10_000, 50, 7.0)]
)
def test_the_more_clients_and_rooms_the_longer_the_pause(
    changes: RoomChanges, clock: Clock, clients: int, rooms: int, pause: float
) -> None:
    for number in range(rooms):
        changes.note(state(number))
    changes.take(clients)
    changes.note(state(1, head=1))
    clock.now += pause - 0.01
    assert not changes.due()
    clock.now += 0.02
    assert changes.due()


def test_what_is_too_much_for_one_announcement_comes_with_the_next(changes: RoomChanges, clock: Clock) -> None:
    for number in range(20_000):
        changes.note(state(number))
    told = []
    while changes.due():
        rooms = changes.take(clients=1).rooms
        assert len(rooms) <= ROOMS_AT_ONCE
        told += [room.slug for room in rooms]
        clock.now += PAUSE
    assert told == [f"room-{number}" for number in range(20_000)]
