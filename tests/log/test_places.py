"""What one does to a room: its pins, its name, its topic, its archive."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatapp.log.acts import Delete, Edit, React
from chatapp.log.places import PINS_LIMIT, Configure, Pin
from chatapp.log.polls import Vote
from chatapp.log.records import add_room
from chatapp.model import Author, Configured, Pinned, Room, RoomState

from .conftest import GENERAL, Acting, Heard, Log

ANA, BOB = Author("ana", "ana"), Author("bob", "bob")
AT = "1970-01-01T00:16:40.000Z"


class Doer(Acting):
    """Hands acts over without waiting."""

    def pin(self, target: int, *, on: bool = True, room: Room = GENERAL) -> Heard:
        return self.do(lambda heard: Pin(room, BOB, None, heard, target, on))

    def configure(self, *, nonce: str | None = None, room: Room = GENERAL, **changed: object) -> Heard:
        return self.do(lambda heard: Configure(room, ANA, nonce, heard, **changed))  # type: ignore[arg-type]


@pytest.fixture
def do(log: Log) -> Doer:
    return Doer(log)


def pins(log: Log) -> list[int]:
    return [message.seq for message in log.history.pins(GENERAL)]


# Pins.


def test_pins_are_listed_the_last_one_first_and_can_be_taken_away(log: Log, do: Doer) -> None:
    for number in range(3):
        log.post(str(number))
    assert do.pin(1).event == Pinned("general", 4, AT, BOB, 1, True)
    do.pin(3).wait()
    do.pin(2).wait()
    assert pins(log) == [2, 3, 1]
    do.pin(1).wait()  # again: up to the top
    do.pin(3, on=False).wait()
    do.pin(3, on=False).wait()
    assert pins(log) == [1, 2]
    assert [message.pinned for message in log.history.page(GENERAL, before=None, limit=9).messages] == [
        True,
        True,
        False,
    ]
    assert log.history.pins(GENERAL)[0].text == "0"
    assert log.stored == log.told


def test_a_room_has_20_pins_and_a_deleted_one_makes_room(log: Log, do: Doer) -> None:
    for number in range(PINS_LIMIT + 2):
        log.post(str(number))
    for seq in range(1, PINS_LIMIT + 1):
        do.pin(seq).wait()
    refused = do.pin(PINS_LIMIT + 1).refusal
    assert (refused.code, refused.field, refused.values) == ("too-many", "target", {"n": 20})
    do.pin(1).wait()  # it is there already
    do.do(lambda heard: Delete(GENERAL, ANA, None, heard, 2)).wait()
    assert len(pins(log)) == PINS_LIMIT - 1
    do.pin(PINS_LIMIT + 1).wait()
    assert do.pin(PINS_LIMIT + 2).refusal.code == "too-many"
    other = log.journal.write(lambda connection: add_room(connection, "other", ["other"], 0, most=10_000))
    log.post("elsewhere", room=other)
    do.pin(1, room=other).wait()


def test_only_a_message_can_be_pinned(log: Log, do: Doer) -> None:
    log.post("one")
    do.pin(1).wait()
    for target in (0, 2, 9):
        assert do.pin(target).refusal.code == "no-such-message"


# Name and topic.


def test_what_changes_of_a_room_is_an_event_and_the_slug_stays(log: Log, do: Doer) -> None:
    event = do.configure(name="Plenum", topic="Tudo", nonce="n1").event
    assert event == Configured("general", 1, AT, ANA, "n1", name="Plenum", topic="Tudo")
    assert log.history.room("general") == RoomState(1, "general", "Plenum", 1, "Tudo")
    event = do.configure(name="Plenum", topic="").event
    assert event == Configured("general", 2, AT, ANA, topic="")
    assert do.configure(nonce="n1", name="Other").event.name == "Plenum"  # the same nonce: what it was
    assert log.history.room("general") == RoomState(1, "general", "Plenum", 2)
    assert log.stored == log.told


def test_a_room_cannot_be_called_as_another_one(log: Log, do: Doer) -> None:
    cafe = log.journal.write(lambda connection: add_room(connection, "Café", ["café"], 0, most=10_000))
    refused = do.configure(name="CAFE\u0301", topic="x").refusal
    assert (refused.code, refused.values["slug"]) == ("name-taken", "café")
    assert log.history.room("general").topic == ""
    do.configure(room=cafe, name="CAFÉ").wait()  # its own
    do.configure(room=cafe, name="Tea").wait()
    do.configure(name="Café").wait()
    assert log.history.room("general").name == "Café"


def test_of_a_commit_that_fails_nothing_is_configured(log: Log, do: Doer) -> None:
    with log.locked():
        assert do.configure(topic="x", archived=True).refusal.code == "busy"
    assert log.history.room("general") == RoomState(1, "general", "general")
    log.post("still open").wait()


# The archive.


def test_an_archived_room_is_read_and_not_written_in(log: Log, do: Doer) -> None:
    log.post("before", "n1")
    with log.held():
        heard = [log.post("just before"), do.configure(archived=True), log.post("just after", "n2")]
        heard += [log.post("twice", "n3"), log.post("twice", "n3"), log.post("before", "n1")]
    assert [heard[0].event.seq, heard[1].event.seq] == [2, 3]
    assert [(one.refusal.code, one.refusal.field) for one in heard[2:5]] == [("read-only", "room")] * 3
    assert (heard[5].event.seq, heard[5].first) == (1, False)
    acts = [
        do.pin(1),
        do.do(lambda heard: Edit(GENERAL, ANA, None, heard, 1, "x", None)),
        do.do(lambda heard: React(GENERAL, ANA, None, heard, 1, "👍", True)),
        do.do(lambda heard: Vote(GENERAL, ANA, None, heard, 1, [0])),
    ]
    assert [one.refusal.code for one in acts] == ["read-only"] * 4
    assert [message.text for message in log.history.page(GENERAL, before=None, limit=9).messages] == [
        "before",
        "just before",
    ]
    # What one wrote can be taken back, and the room be opened again.
    assert do.do(lambda heard: Delete(GENERAL, ANA, None, heard, 1)).event.seq == 4
    assert do.configure(archived=False).event == Configured("general", 5, AT, ANA, archived=False)
    assert log.post("after").event.seq == 6


def test_other_rooms_are_none_of_its_business(log: Log, do: Doer) -> None:
    other = log.journal.write(lambda connection: add_room(connection, "other", ["other"], 0, most=10_000))
    with log.held():
        do.configure(archived=True)
        heard = [log.post("no"), log.post("yes", room=other), log.post("no"), log.post("yes", room=other)]
    assert [one.event.seq for one in heard[1::2]] == [1, 2]
    assert [one.refusal.code for one in heard[::2]] == ["read-only"] * 2


def test_an_archived_room_is_so_after_a_restart_and_after_a_failure(make_log: Callable[..., Log]) -> None:
    log = make_log()
    Doer(log).configure(archived=True).wait()
    log = make_log()
    assert log.post("no").refusal.code == "read-only"
    with log.locked():
        log.post("no").refusal  # noqa: B018  # waited for
    assert log.post("no").refusal.code == "read-only"
    with log.held():
        heard = [Doer(log).configure(archived=False), log.post("yes"), Doer(log).configure(archived=True)]
        late = log.post("no")
    assert [one.event.seq for one in heard] == [2, 3, 4]
    assert late.refusal.code == "read-only"


def test_rooms_tell_when_something_happened_in_them_last(make_log: Callable[..., Log]) -> None:
    now = [1_000.0]
    log = make_log(clock=lambda: now[0])
    log.journal.write(lambda connection: add_room(connection, "quiet", ["quiet"], 0, most=10_000))
    log.post("one").wait()
    now[0] += 60
    Doer(log).pin(1).wait()
    assert [(room.slug, at) for room, at, _ in log.history.listed("ana", after=0, limit=5)] == [
        ("general", "1970-01-01T00:17:40.000Z"),
        ("quiet", None),
    ]
