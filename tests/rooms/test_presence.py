"""Presence: who is online, under which name, in which room, and what is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from chatapp.model import Author, Person, Refusal
from chatapp.rooms.presence import MEMBERS_NAMED, Presence
from chatapp.spelling import folded

from ..actors import Clock

LINGER = 5.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def presence(clock: Clock) -> Presence:
    return Presence(linger=LINGER, clock=clock)


def member(name: str, person: str = "") -> Person:
    return Person(person or f"id of {name}", name, "member")


def guests(name: str) -> Iterator[Person]:
    """Guests of that name, one after the other."""
    return (Person(f"guest-{number}", name) for number in range(1, 1_000))


def test_a_person_is_told_as_joined_once_and_left_once(presence: Presence, clock: Clock) -> None:
    ana = presence.connect(member("Ana"))
    assert presence.enter(ana.id, "general") == ([ana.author], 1)
    [change] = presence.changes()
    assert (change.room, change.joined, change.left, change.count) == ("general", [ana.author], [], 1)
    assert presence.changes() == []
    presence.exit(ana.id, "general")
    presence.disconnect(ana.id)
    clock.now += LINGER
    [change] = presence.changes()
    assert (change.room, change.joined, change.left, change.count) == ("general", [], [ana.id], 0)
    assert presence.changes() == []


def test_a_reload_within_the_linger_tells_nobody_anything(presence: Presence, clock: Clock) -> None:
    ana = presence.connect(member("Ana"))
    presence.enter(ana.id, "general")
    presence.changes()
    presence.exit(ana.id, "general")
    presence.disconnect(ana.id)
    clock.now += LINGER - 0.1
    assert presence.changes() == []
    assert presence.count("general") == 1
    presence.connect(ana)
    presence.enter(ana.id, "general")
    clock.now += LINGER * 2
    assert presence.changes() == []
    assert presence.first("general", ana.id) == ([ana.author], 1)


def test_who_says_goodbye_has_left_at_once_and_leaves_their_name(presence: Presence) -> None:
    ana = presence.connect(member("Ana"))
    presence.enter(ana.id, "general")
    presence.changes()
    presence.exit(ana.id, "general")
    presence.disconnect(ana.id, for_good=True)
    assert presence.connect(member("Ana", "somebody else")).name == "Ana"
    [change] = presence.changes()
    assert (change.joined, change.left, change.count) == ([], [ana.id], 0)


def test_a_goodbye_from_one_tab_is_none_from_the_other(presence: Presence) -> None:
    ana = presence.connect(member("Ana"))
    presence.connect(member("Ana"))
    presence.enter(ana.id, "general")
    presence.changes()
    presence.disconnect(ana.id, for_good=True)
    assert presence.changes() == []
    assert presence.first("general", ana.id) == ([ana.author], 1)


def test_two_tabs_of_one_person_are_one_person(presence: Presence, clock: Clock) -> None:
    ana = presence.connect(member("Ana"))
    assert presence.connect(member("Ana")) == ana
    for _ in range(2):
        presence.enter(ana.id, "general")
    assert presence.count("general") == 1
    presence.changes()
    presence.exit(ana.id, "general")
    presence.disconnect(ana.id)
    clock.now += LINGER * 2
    assert presence.changes() == []
    assert presence.count("general") == 1


def rename(presence: Presence, person: str, name: str) -> None:
    """With nothing to write down first."""
    with presence.renaming(person, name):
        pass


def test_a_new_name_is_told_only_when_it_is_written_down_and_nobody_can_take_it_before(presence: Presence) -> None:
    ana = presence.connect(member("Ana"))
    presence.enter(ana.id, "general")
    presence.changes()
    with presence.renaming(ana.id, "Bea"):
        assert presence.known(ana).name == "Ana"
        assert presence.changes() == []
        assert presence.connect(member("Bea", "p2")).name == "Bea 2"
    assert presence.known(ana).name == "Bea"
    assert [change.joined for change in presence.changes()] == [[Author(ana.id, "Bea")]]


def test_a_new_name_that_cannot_be_written_down_is_free_again_and_the_old_one_kept(presence: Presence) -> None:
    ana = presence.connect(member("Ana"))
    presence.enter(ana.id, "general")
    presence.changes()
    with pytest.raises(Refusal), presence.renaming(ana.id, "Bea"):
        raise Refusal("busy")
    assert presence.known(ana).name == "Ana"
    assert presence.changes() == []
    assert presence.connect(member("Bea", "p2")).name == "Bea"
    with pytest.raises(Refusal):
        rename(presence, "somebody else", "ana")


def test_a_name_is_freed_only_after_its_owner_has_left(presence: Presence, clock: Clock) -> None:
    ana = presence.connect(member("Ana"))
    with pytest.raises(Refusal) as refused:
        rename(presence, "somebody else", "ＡNA")
    assert (refused.value.code, refused.value.field, refused.value.values) == ("name-taken", "name", {"name": "ＡNA"})
    presence.disconnect(ana.id)
    presence.changes()
    with pytest.raises(Refusal):
        rename(presence, "somebody else", "ana")
    clock.now += LINGER
    presence.changes()
    rename(presence, "somebody else", "ana")


CROWD = 5_000


@pytest.fixture
def crowd(presence: Presence) -> list[Author]:
    """5,000 people in `general`, whose coming was told; in the order of their ids, which is not that of their names."""
    people = [presence.connect(member(f"Zoë {CROWD - number}", f"p{number:04}")) for number in range(CROWD)]
    for person in people:
        presence.enter(person.id, "general")
    presence.changes()
    return [person.author for person in people]


def test_of_a_crowd_the_first_are_named_and_who_comes_in_is_among_them(presence: Presence, crowd: list[Author]) -> None:
    late = presence.connect(member("Ana"))
    for named in (presence.enter(late.id, "general"), presence.first("general", late.id)):
        assert named == ([*crowd[: MEMBERS_NAMED - 1], late.author], CROWD + 1)
    assert presence.first("general", "nobody") == (crowd[:MEMBERS_NAMED], CROWD + 1)


@pytest.mark.parametrize("moving", [MEMBERS_NAMED, MEMBERS_NAMED + 1])
def test_of_a_crowd_that_comes_or_goes_at_once_no_more_are_told_than_are_named(
    presence: Presence, crowd: list[Author], clock: Clock, moving: int
) -> None:
    for author in crowd[:moving]:
        presence.exit(author.id, "general")
        presence.disconnect(author.id)
    clock.now += LINGER
    [change] = presence.changes()
    told = (change.joined, set(change.left), change.members)
    if moving <= MEMBERS_NAMED:
        assert told == ([], {author.id for author in crowd[:moving]}, None)
    else:
        assert told == ([], set(), crowd[moving : moving + MEMBERS_NAMED])
    assert change.count == CROWD - moving


def test_all_of_a_crowd_are_found_page_by_page_while_people_come_go_and_change_their_names(
    presence: Presence, crowd: list[Author]
) -> None:
    found: list[Author] = []
    while (page := presence.page("general", after=found[-1].id if found else "", limit=200)).people:
        assert page.total == CROWD
        found += page.people
        if len(found) == 200:
            presence.exit(crowd[0].id, "general")
            presence.disconnect(crowd[0].id, for_good=True)
            rename(presence, crowd[1].id, "Ana")
            presence.enter(presence.connect(member("Late", "p0000x")).id, "general")
    assert found == crowd


def test_people_of_a_crowd_are_found_by_how_a_word_of_their_names_begins(
    presence: Presence, crowd: list[Author]
) -> None:
    assert presence.page("general", after="", limit=10, q="ZOE 499").people == [
        crowd[number] for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    ]
    assert presence.page("general", after="", limit=10, q="4999").people == [crowd[1]]
    assert presence.page("general", after="", limit=10, q="oe").people == []
    assert presence.page("elsewhere", after="", limit=10) == ([], 0)


def test_a_second_person_under_a_name_gets_a_number_behind_it(presence: Presence) -> None:
    names = [presence.connect(member("Ana", f"p{number}")).name for number in range(4)]
    assert names == ["Ana", "Ana 2", "Ana 3", "Ana 4"]


def test_a_crowd_under_one_name_gets_a_name_each(presence: Presence) -> None:
    names = [presence.connect(guest).name for guest in islice(guests("ana"), 300)]
    assert len({folded(name) for name in names}) == 300


def test_a_crowd_under_a_name_whose_first_holder_goes_by_another_now_gets_a_name_each(presence: Presence) -> None:
    first, *others = islice(guests("ana"), 61)
    presence.connect(first)
    rename(presence, first.id, "zoe")
    names = [presence.connect(guest).name for guest in others]
    assert len({folded(name) for name in names} | {"zoe"}) == 61


def test_a_crowd_under_a_name_that_is_being_given_to_somebody_who_is_not_online_gets_a_name_each(
    presence: Presence,
) -> None:
    with presence.renaming("somebody", "ana"):
        names = [presence.connect(guest).name for guest in islice(guests("ana"), 60)]
    assert len({folded(name) for name in names} | {"ana"}) == 61


def test_a_guest_who_comes_back_under_the_same_id_is_the_same_person(presence: Presence, clock: Clock) -> None:
    first, second = islice(guests("ana"), 2)
    presence.connect(first)
    presence.disconnect(first.id)
    clock.now += LINGER - 1
    assert presence.connect(first) == first
    assert presence.connect(second).name == "ana 2"


def test_a_guest_without_a_connection_leaves_the_name_to_the_next_one(presence: Presence) -> None:
    first, second = islice(guests("ana"), 2)
    presence.connect(first)
    presence.enter(first.id, "general")
    presence.changes()
    presence.exit(first.id, "general")
    presence.disconnect(first.id)
    assert presence.connect(second).name == "ana"
    presence.enter(second.id, "general")
    [change] = presence.changes()
    assert (change.joined, change.left, change.count) == ([second.author], [first.id], 1)


def test_a_member_without_a_connection_keeps_the_name_for_the_linger(presence: Presence, clock: Clock) -> None:
    ana = presence.connect(member("Ana"))
    presence.disconnect(ana.id)
    assert presence.connect(Person("guest-1", "Ana")).name == "Ana 2"
    clock.now += LINGER
    presence.changes()
    assert presence.connect(Person("guest-2", "Ana")).name == "Ana"


def test_a_new_name_is_told_in_every_room_and_frees_the_old_one(presence: Presence) -> None:
    ana = presence.connect(member("Ana"))
    for room in ("general", "other"):
        presence.enter(ana.id, room)
    presence.changes()
    rename(presence, ana.id, "Bea")
    assert {(change.room, *change.joined) for change in presence.changes()} == {
        ("general", Author(ana.id, "Bea")),
        ("other", Author(ana.id, "Bea")),
    }
    assert presence.known(ana).name == "Bea"
    rename(presence, "somebody else", "ana")
    rename(presence, ana.id, "Bea")
    assert presence.changes() == []


def test_one_may_change_the_case_of_ones_own_name(presence: Presence) -> None:
    ana = presence.connect(member("ana"))
    rename(presence, ana.id, "ANA")
    assert presence.known(ana).name == "ANA"
    with pytest.raises(Refusal):
        rename(presence, "somebody else", "ana")


def test_someone_who_is_not_online_is_known_under_a_name_that_nobody_bears(presence: Presence) -> None:
    presence.connect(member("Ana"))
    assert presence.known(member("Ana", "another")) == Person("another", "Ana 2", "member")
    assert presence.known(member("Bob", "another")) == Person("another", "Bob", "member")


def test_a_guest_of_a_request_may_have_another_guests_name_but_no_members(presence: Presence) -> None:
    presence.connect(member("Ana"))
    presence.connect(Person("guest-1", "ci"))
    assert presence.known(Person("guest-2", "ana")).name == "ana 2"
    assert presence.known(Person("guest-2", "ci")).name == "ci"


@dataclass(eq=False)
class Tab:
    """One client, as the model knows it."""

    person: str
    rooms: Counter[str] = field(default_factory=Counter)


ROOMS = st.sampled_from(["general", "other"])
NAMES = st.sampled_from(["Ana", "ana", "Bea", "Ana 2", "Ｂea"])


class Everybody(RuleBasedStateMachine):
    """Presence beside a plain model of it, and a listener who believes what is told."""

    tabs = Bundle("tabs")

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.presence = Presence(linger=LINGER, clock=self.clock)
        self.open: list[Tab] = []
        self.names: dict[str, str] = {}  # person -> name, while online or lingering
        self.gone: dict[str, float] = {}  # person -> since when without a client
        self.empty: dict[tuple[str, str], float] = {}  # person, room -> since when without a client there
        self.present: dict[str, set[str]] = {"general": set(), "other": set()}
        self.believed: dict[str, dict[str, str]] = {"general": {}, "other": {}}

    @rule(target=tabs, number=st.integers(1, 3), name=NAMES)
    def a_member_connects(self, number: int, name: str) -> Tab:
        return self._connect(Person(f"member {number}", name, "member"))

    @rule(target=tabs, number=st.integers(1, 3), name=NAMES)
    def a_guest_connects(self, number: int, name: str) -> Tab:
        return self._connect(Person(f"guest-{number}", name))

    def _connect(self, asked: Person) -> Tab:
        known = self.presence.connect(asked)
        away = {person for person in self.gone if person.startswith("guest-")} - {known.id}
        others = {folded(name) for person, name in self.names.items() if person not in {known.id, *away}}
        assert folded(known.name) not in others
        if known.id in self.names:
            assert self.names[known.id] == known.name
        elif folded(asked.name) not in others:
            assert known.name == asked.name
        for person in [person for person in away if folded(self.names[person]) == folded(known.name)]:
            self._forget(person)
        self.names[known.id] = known.name
        self.gone.pop(known.id, None)
        tab = Tab(known.id)
        self.open.append(tab)
        return tab

    @rule(tab=tabs, room=ROOMS)
    def one_enters_a_room(self, tab: Tab, room: str) -> None:
        if tab.rooms[room]:
            return
        members = self.presence.enter(tab.person, room)
        tab.rooms[room] += 1
        self.empty.pop((tab.person, room), None)
        self.present[room].add(tab.person)
        assert {author.id: author.name for author in members.people} == self._inside(room)

    @rule(tab=tabs, room=ROOMS)
    def one_leaves_a_room(self, tab: Tab, room: str) -> None:
        if tab.rooms[room]:
            self._exit(tab, room)

    @rule(tab=consumes(tabs), for_good=st.booleans())
    def one_disconnects(self, tab: Tab, *, for_good: bool) -> None:
        for room in [room for room, count in tab.rooms.items() if count]:
            self._exit(tab, room)
        self.presence.disconnect(tab.person, for_good=for_good)
        self.open.remove(tab)
        if any(other.person == tab.person for other in self.open):
            return
        self.gone[tab.person] = self.clock.now
        if for_good:
            self._forget(tab.person)

    def _forget(self, person: str) -> None:
        for room in self.present:
            self.empty.pop((person, room), None)
            self.present[room].discard(person)
        del self.gone[person], self.names[person]

    def _exit(self, tab: Tab, room: str) -> None:
        self.presence.exit(tab.person, room)
        tab.rooms[room] -= 1
        if not any(other.person == tab.person and other.rooms[room] for other in self.open):
            self.empty[tab.person, room] = self.clock.now

    @rule(tab=tabs, name=NAMES)
    def one_changes_their_name(self, tab: Tab, name: str) -> None:
        others = {folded(taken) for person, taken in self.names.items() if person != tab.person}
        if folded(name) in others:
            with pytest.raises(Refusal):
                rename(self.presence, tab.person, name)
        else:
            rename(self.presence, tab.person, name)
            self.names[tab.person] = name

    @rule(seconds=st.sampled_from([0.5, 2.0, LINGER, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def the_changes_are_told(self) -> None:
        before = {room: dict(people) for room, people in self.believed.items()}
        for (person, room), since in list(self.empty.items()):
            if self.clock.now - since >= LINGER:
                del self.empty[person, room]
                self.present[room].discard(person)
        for person, since in list(self.gone.items()):
            if self.clock.now - since >= LINGER and not any(person in inside for inside in self.present.values()):
                del self.gone[person], self.names[person]
        told = self.presence.changes()
        assert len({change.room for change in told}) == len(told)
        for change in told:
            assert change.joined or change.left
            assert not {author.id for author in change.joined} & set(change.left)
            assert {author.id for author in change.joined} <= self.present[change.room], "told present who is not"
            assert not set(change.left) & self.present[change.room], "told as left who is there"
            assert change.count == len(self.present[change.room])
            for person in change.left:
                self.believed[change.room].pop(person, None)
            self.believed[change.room].update({author.id: author.name for author in change.joined})
        for room, believed in self.believed.items():
            assert believed == self._inside(room), "somebody came or left and nobody was told"
            if believed != before[room]:
                assert room in {change.room for change in told}

    @invariant()
    def counts_and_members_match(self) -> None:
        for room in self.present:
            assert self.presence.count(room) == len(self.present[room])
            assert {author.id: author.name for author in self.presence.first(room, "").people} == self._inside(room)
        for tab in self.open:
            assert self.presence.known(Person(tab.person, "whatever")).name == self.names[tab.person]

    def _inside(self, room: str) -> dict[str, str]:
        return {person: self.names[person] for person in self.present[room]}

    def teardown(self) -> None:
        """In the end everybody goes, and nothing is kept of anybody."""
        for tab in list(self.open):
            self.one_disconnects(tab, for_good=False)
        self.clock.now += LINGER
        self.the_changes_are_told()
        assert self.presence.changes() == []
        assert not any(self.believed.values())
        assert [*self.presence._online, *self.presence._names, *self.presence._members] == []


Everybody.TestCase.settings = settings(max_examples=120, stateful_step_count=50, deadline=None)
TestEverybody = Everybody.TestCase
