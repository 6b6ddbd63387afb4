"""Who may go by which name, among people who are online, who were here, and guests."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from threading import Barrier

import pytest
from sqlalchemy import event

from chatapp.log.journal import Journal
from chatapp.log.people import KEPT, NOTED, Known
from chatapp.model import Person, Refusal
from chatapp.rooms.presence import Presence
from chatapp.rooms.registry import NameRegistry

from ..actors import Clock, InThread
from ..log.conftest import Log

DAY = 86_400
START = 1_000 * DAY  # the clock's, in seconds


class Desk:
    """A registry on a real log, with a clock that the test turns."""

    def __init__(self, log: Log):
        self.log = log
        self.clock = Clock()
        self.clock.now = START
        self.presence = Presence(linger=0, clock=self.clock)
        self.registry = self.another()
        self._guests = count()

    def another(self, journal: Journal | None = None) -> NameRegistry:
        return NameRegistry(
            history=self.log.history,
            journal=journal or self.log.journal,
            presence=self.presence,
            clock=self.clock,
        )

    def choose(self, person: str, name: str) -> None:
        """Somebody chooses a name, and is here with the cookie that they got."""
        self.registry.rename(Person(person, "", "member"), name)
        self.member(person)

    def guest(self, name: str) -> Person:
        return Person(f"guest-{next(self._guests)}", name)

    def come(self, person: Person) -> str:
        """The name under which one more client of that person is there."""
        return self.registry.connect(person).name

    def member(self, person: str) -> Person:
        return self.registry.member(person, "")

    def go(self, person: str) -> None:
        self.presence.disconnect(person, for_good=True)


@pytest.fixture
def desk(log: Log) -> Desk:
    return Desk(log)


def refused(ask: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as found:
        ask()
    return found.value


def test_the_name_of_a_member_who_is_away_is_given_to_nobody(desk: Desk) -> None:
    desk.choose("p1", "Ana")
    desk.clock.now += 30 * DAY
    assert desk.come(desk.guest("Ana")) == "Ana 2"
    assert desk.come(desk.guest("аnа")) == "аnа 3"  # Cyrillic; and 2 would look like the one before
    assert desk.registry.known(Person("guest-x", "ANA")).name == "ANA 2"
    assert refused(lambda: desk.choose("p2", "ana")).code == "name-taken"
    guest = desk.guest("Gil")
    desk.come(guest)
    assert refused(lambda: desk.registry.rename(guest, "Аna")).values["lookalike"]
    assert desk.come(desk.member("p1")) == "Ana"
    assert desk.come(desk.member("p1")) == "Ana", "in another tab"


def test_somebody_who_came_back_too_late_gets_a_number_for_good(desk: Desk) -> None:
    desk.choose("p1", "Ana")
    desk.clock.now += (KEPT + NOTED) / 1000 + 1
    desk.choose("p2", "Ana")
    assert desk.come(desk.member("p1")) == "Ana 2"
    assert desk.come(desk.member("p2")) == "Ana"
    desk.go("p1")
    assert desk.come(desk.guest("Ana 2")) == "Ana 2 2"
    assert desk.come(desk.member("p1")) == "Ana 2"


def test_somebody_whom_the_log_does_not_know_keeps_the_name_of_their_cookie(desk: Desk) -> None:
    assert desk.registry.member("p1", "Ana") == Person("p1", "Ana", "member")
    assert desk.log.history.person("p1") == Known("Ana", START * 1000)
    assert desk.registry.member("p2", "Ana").name == "Ana 2"


def test_a_log_that_cannot_be_written_keeps_nobody_out(desk: Desk) -> None:
    desk.choose("p1", "Ana")
    desk.clock.now += 40 * DAY
    desk.log.journal.stop(1)
    assert desk.come(desk.member("p1")) == "Ana"


def test_a_guests_name_is_free_for_members_when_the_guest_has_left(desk: Desk) -> None:
    guest = desk.guest("Ana")
    assert desk.come(guest) == "Ana"
    assert refused(lambda: desk.choose("p1", "Аna")).values["lookalike"]
    assert refused(lambda: desk.choose("p1", "ana")).values == {"name": "ana"}
    desk.go(guest.id)
    desk.choose("p1", "Ana")


def test_a_member_whose_name_a_guest_bears_meanwhile_gets_a_number_that_is_nobodys(desk: Desk) -> None:
    desk.choose("p1", "Ana")
    desk.clock.now += (KEPT + NOTED) / 1000 + 1
    guest = desk.guest("Ana")
    assert desk.come(guest) == "Ana"
    desk.choose("p2", "Ana 2")
    assert desk.come(desk.member("p1")) == "Ana 3"
    desk.go("p1")
    desk.go(guest.id)
    assert desk.come(desk.member("p1")) == "Ana"


def test_a_name_that_guests_get_can_be_chosen_by_no_member_and_costs_no_look_up(desk: Desk) -> None:
    for name in ("guest-0042", "GUEST-1234", "ｇuest-1234", "gueѕt-1234"):
        assert refused(lambda name=name: desk.choose("p1", name)).code == "bad-name"  # type: ignore[misc]
    desk.choose("p1", "guest-12345")
    executed = count()
    event.listen(desk.log.database.reader, "before_cursor_execute", lambda *_: next(executed) and None)
    assert desk.come(desk.guest("guest-0042")) == "guest-0042"
    assert next(executed) == 0


def test_of_many_who_want_one_name_at_once_one_gets_it(desk: Desk) -> None:
    start = Barrier(8)

    def want(number: int) -> str:
        start.wait()
        try:
            desk.choose(f"p{number}", "Ana")
        except Refusal as refusal:
            return refusal.code
        return "given"

    callers = [InThread(lambda number=number: want(number)) for number in range(8)]  # type: ignore[misc]
    assert sorted(caller.outcome() for caller in callers) == ["given"] + ["name-taken"] * 7


def test_a_guest_who_comes_while_a_member_takes_the_name_does_not_have_it_too(desk: Desk) -> None:
    """The member is faster than the guest, between the look into the log and the entry among those online."""
    name_for = desk.presence.name_for

    def slow(person: Person, **options: object) -> str:
        found = name_for(person)
        desk.presence.name_for = name_for  # type: ignore[method-assign]
        desk.registry._why_not(person, found)
        desk.choose("p1", "Ana")
        return found

    desk.presence.name_for = slow  # type: ignore[method-assign]
    assert desk.come(desk.guest("Ana")) == "Ana 2"
    assert desk.come(desk.member("p1")) == "Ana"


def test_members_are_noted_as_seen_once_a_day(desk: Desk) -> None:
    desk.choose("p1", "Ana")
    at = START * 1000
    for days, noted in ((0.5, at), (1.5, at + 1.5 * NOTED), (2.0, at + 1.5 * NOTED)):
        desk.clock.now = START + days * DAY
        assert desk.member("p1").name == "Ana"
        desk.registry.note_seen()
        desk.log.journal.write(lambda _: None)
        assert desk.log.history.person("p1") == Known("Ana", int(noted))


def test_members_who_stay_online_for_long_are_noted_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        desk.choose(f"p{number}", f"Ana {number}")
        desk.come(desk.member(f"p{number}"))
    desk.come(desk.guest("Gil"))
    monkeypatch.setattr("chatapp.rooms.registry.NOTE_ALL_INTERVAL", 0)
    monkeypatch.setattr("chatapp.rooms.registry.NOTED_AT_ONCE", 2)
    desk.clock.now += 40 * DAY
    desk.registry.note_seen()
    desk.log.journal.write(lambda _: None)
    for number in range(3):
        assert desk.log.history.person(f"p{number}") == Known(f"Ana {number}", (START + 40 * DAY) * 1000)


def test_names_that_somebody_took_to_be_in_the_way_cost_a_guest_few_look_ups(desk: Desk) -> None:
    for number in range(2, 10):
        desk.choose(f"p{number}", f"Ana {number}")
    desk.choose("p1", "Ana")
    executed = count()
    event.listen(desk.log.database.reader, "before_cursor_execute", lambda *_: next(executed) and None)
    assert desk.come(desk.guest("Ana")).startswith("Ana ")
    assert next(executed) <= 15
