"""Who is online under which name, and in which rooms: state, and the differences to tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import islice
from math import inf
from threading import Lock
from typing import NamedTuple

from ..log.people import name_taken
from ..model import Author, Change, Person
from ..spelling import bare, skeletons
from .names import numbered_names

MEMBERS_NAMED = 200  # people of a room that are named at once; of more there is the count


class Members(NamedTuple):
    """Some of the people in a room, and how many are in it."""

    people: list[Author]
    total: int


@dataclass(eq=False)
class _Online:
    """One person: the clients they have, how many of them are in each room, and since when there is none."""

    person: Person
    key: str  # the person's name as `spelling.bare` has it
    clients: int = 0
    rooms: dict[str, int] = field(default_factory=dict)
    empty_since: dict[str, float] = field(default_factory=dict)
    gone_since: float | None = None


class Presence:
    """People online. Several clients of one id are one person; one name belongs to one person at a time.

    A person without a connection stays for `linger` seconds, so that a reload tells nobody anything; unless the last
    one ended with a goodbye.
    """

    def __init__(self, *, linger: float, clock: Callable[[], float]):
        self._linger = linger
        self._clock = clock
        self._lock = Lock()  # guards all below
        self._online: dict[str, _Online] = {}
        self._names: dict[tuple[int, str], str] = {}  # key of a name -> person id
        self._called: dict[str, set[str]] = {}  # bare name -> person ids
        self._members: dict[str, dict[str, _Online]] = {}  # room -> person id -> who
        self._joined: dict[str, dict[str, Author]] = {}  # room -> to be told as joined
        self._left: dict[str, set[str]] = {}  # room -> to be told as left

    def connect(self, person: Person, *, but: Collection[str] = ()) -> Person:
        """One more client of that person; the answer bears the name they go by.

        If someone else is online under the name or one that looks like it, or if it is one of `but`, a number is
        appended. A guest who has no connection any more leaves the name at once: nobody can come back as that guest
        without its token.
        """
        with self._lock:
            online = self._online.get(person.id)
            if online is None:
                name = self._free_name(person, but)
                for holder in self._holders(name, person.id):
                    self._expel(holder)
                online = self._online[person.id] = _Online(Person(person.id, name, person.role), bare(name))
                self._keep(name, person.id)
                self._called.setdefault(online.key, set()).add(person.id)
            online.clients += 1
            online.gone_since = None
            return online.person

    def name_for(self, person: Person, *, but: Collection[str] = ()) -> str:
        """The name under which `connect` would have that person now."""
        with self._lock:
            online = self._online.get(person.id)
            return online.person.name if online else self._free_name(person, but)

    def _free_name(self, person: Person, but: Collection[str], *, shares: bool = False) -> str:
        """The person's name, with a number if it needs one. `shares`: guests who are online may have the same."""
        return next(
            name
            for name in numbered_names(person.name)
            if name not in but and self._is_free(name, person.id, shares=shares)
        )

    def _is_free(self, name: str, person: str, *, shares: bool) -> bool:
        for holder in self._holders(name, person):
            online = self._online.get(holder)
            if online is None or online.person.role != "guest" or (online.clients and not shares):
                return False
        return True

    def _holders(self, name: str, person: str) -> set[str]:
        """Who else bears that name or one that looks like it, or is about to."""
        return {self._names[key] for key in _keys(name) if key in self._names} - {person}

    def _keep(self, name: str, person: str) -> None:
        self._names.update(dict.fromkeys(_keys(name), person))

    def _give_up(self, name: str, person: str) -> None:
        for key in _keys(name):
            if self._names.get(key) == person:
                del self._names[key]

    def _expel(self, person: str | None) -> None:
        """Forgets, and has told as left, who has no connection any more."""
        if person in self._online:
            online = self._online[person]
            online.gone_since = -inf
            online.empty_since = dict.fromkeys(online.rooms, -inf)
            self._forget(person, self._clock())

    def disconnect(self, person: str, *, for_good: bool = False) -> None:
        """One client less of that person, which may have said that it does not come back."""
        with self._lock:
            online = self._online[person]
            online.clients -= 1
            if not online.clients:
                online.gone_since = self._clock()
                if for_good:
                    self._expel(person)

    @contextmanager
    def renaming(self, person: str, name: str) -> Iterator[None]:
        """Keeps that name free for the person while it is written down, and gives it to them, if they are online, when
        that has gone well; until then nobody hears of it.

        Raises Refusal `name-taken` if somebody else is online under it, or about to be.
        """
        with self._lock:
            for holder in self._holders(name, person):
                online = self._online.get(holder)
                raise name_taken(name, online.person.name if online else name)
            self._keep(name, person)
        try:
            yield
            with self._lock:
                self._rename(person, name)
        finally:
            with self._lock:
                online = self._online.get(person)
                self._give_up(name, person)
                if online is not None:
                    self._keep(online.person.name, person)

    def _rename(self, person: str, name: str) -> None:
        online = self._online.get(person)
        if online is None or online.person.name == name:
            return
        self._give_up(online.person.name, person)
        self._keep(name, person)
        self._strike(online)
        online.person, online.key = Person(person, name, online.person.role), bare(name)
        self._called.setdefault(online.key, set()).add(person)
        for room in online.rooms:
            self._joined.setdefault(room, {})[person] = online.person.author

    def known(self, person: Person, *, but: Collection[str] = ()) -> Person:
        """That person under the name they go by now; one who is not online under a name that nobody else bears, or, for
        a guest, that no member bears, and that is none of `but`."""
        with self._lock:
            online = self._online.get(person.id)
            if online:
                return online.person
            return Person(person.id, self._free_name(person, but, shares=person.role == "guest"), person.role)

    def members_online(self) -> list[str]:
        """The ids of the people who are online and no guests."""
        with self._lock:
            return [online.person.id for online in self._online.values() if online.person.role == "member"]

    def is_online(self, person: str) -> bool:
        """Whether that person has a client, or had one less than `linger` seconds ago."""
        with self._lock:
            return person in self._online

    def called(self, names: Collection[str]) -> list[Author]:
        """Who is online under these names, which are as `spelling.bare` has them."""
        with self._lock:
            return [self._online[person].person.author for name in names for person in self._called.get(name, ())]

    def enter(self, person: str, room: str) -> Members:
        """One client of that person is in the room now; the answer is as of `first`."""
        with self._lock:
            online = self._online[person]
            clients = online.rooms.get(room)
            online.rooms[room] = (clients or 0) + 1
            online.empty_since.pop(room, None)
            members = self._members.setdefault(room, {})
            if clients is None:
                members[person] = online
                self._joined.setdefault(room, {})[person] = online.person.author
                self._left.get(room, set()).discard(person)
            return self._first(room, person)

    def exit(self, person: str, room: str) -> None:
        """One client of that person is no longer in the room."""
        with self._lock:
            online = self._online[person]
            online.rooms[room] -= 1
            if not online.rooms[room]:
                online.empty_since[room] = self._clock()

    def first(self, room: str, person: str) -> Members:
        """At most MEMBERS_NAMED people of the room, in the order in which they came, with that person among them if
        they are in it."""
        with self._lock:
            return self._first(room, person)

    def _first(self, room: str, person: str | None = None) -> Members:
        members = self._members.get(room, {})
        first = list(islice(members.values(), MEMBERS_NAMED))
        if len(members) > MEMBERS_NAMED and person in members and members[person] not in first:
            first[-1] = members[person]
        return Members([online.person.author for online in first], len(members))

    def page(self, room: str, *, after: str, limit: int, q: str = "") -> Members:
        """The first `limit` people of the room whose ids come after `after`, in the order of their ids; with `q` those
        of whose name a word begins with it, without regard to case and accents. The total is that of the room."""
        with self._lock:
            members = list(self._members.get(room, {}).values())
        key = bare(q)
        found = (
            online.person.author
            for online in members
            if online.person.id > after and (online.key.startswith(key) or f" {key}" in online.key)
        )
        return Members(nsmallest(limit, found, key=lambda author: author.id), len(members))

    def online(self) -> list[str]:
        """The ids of all people who are online."""
        with self._lock:
            return list(self._online)

    def count(self, room: str) -> int:
        """How many people are in the room."""
        with self._lock:
            return len(self._members.get(room, ()))

    def changes(self) -> list[Change]:
        """What is to be told now, room by room; what is told once is not told again."""
        now = self._clock()
        with self._lock:
            for person in [key for key, online in self._online.items() if online.empty_since or online.gone_since]:
                self._forget(person, now)
            told = []
            for room in self._joined.keys() | self._left.keys():
                joined, left = self._joined.get(room, {}), self._left.get(room, set())
                if joined or left:
                    told.append(self._change(room, joined, left))
            self._joined.clear()
            self._left.clear()
            return told

    def _change(self, room: str, joined: dict[str, Author], left: set[str]) -> Change:
        count = len(self._members.get(room, ()))
        if len(joined) + len(left) <= MEMBERS_NAMED:
            return Change(room, list(joined.values()), list(left), count)
        return Change(room, [], [], count, self._first(room).people)

    def _forget(self, person: str, now: float) -> None:
        online = self._online[person]
        for room in [room for room, since in online.empty_since.items() if now - since >= self._linger]:
            del online.empty_since[room]
            del online.rooms[room]
            members = self._members[room]
            del members[person]
            if not members:
                del self._members[room]
            # Told even if the joining was not: a `joined` in between may have listed them.
            self._joined.get(room, {}).pop(person, None)
            self._left.setdefault(room, set()).add(person)
        if online.gone_since is not None and now - online.gone_since >= self._linger and not online.rooms:
            del self._online[person]
            self._give_up(online.person.name, person)
            self._strike(online)

    def _strike(self, online: _Online) -> None:
        called = self._called[online.key]
        called.discard(online.person.id)
        if not called:
            del self._called[online.key]


def _keys(name: str) -> Iterable[tuple[int, str]]:
    """What a name has in common with those that look like it."""
    return enumerate(skeletons(name))
