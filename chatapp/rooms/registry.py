"""Who may go by which name: the one place where names are given to people.

A member's name belongs to them until 30 days after they were last seen (`log.people`); that of a guest, who is one
connection, as long as it lasts (`presence`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import partial
from threading import Lock

from ..limits import NAME_LIMIT
from ..log.history import History
from ..log.journal import Journal
from ..log.people import KEPT, NOTED, note_seen, release_names, take_first, take_name
from ..model import Person, Refusal
from ..spelling import skeletons
from .names import numbered_names
from .presence import Presence

NOTE_ALL_INTERVAL = NOTED / 1000  # seconds between two notes about everybody who is online
NOTED_AT_ONCE = 500  # people that one write is about: some 3 ms of the journal's time
GENERATED_NAME = re.compile("guest-[0-9]{4}")  # what a guest is called who gives no name; no member can be called so


class NameRegistry:
    """Gives people their names, and notes when members were last seen. Any thread may call it."""

    def __init__(self, *, history: History, journal: Journal, presence: Presence, clock: Callable[[], float]):
        """`clock`: seconds since the epoch."""
        self._history = history
        self._journal = journal
        self._presence = presence
        self._clock = clock
        self._lock = Lock()  # guards the two below
        self._seen: set[str] = set()  # ids of members who are to be noted as seen
        self._renames = 0  # how many members took a new name since the start
        self._all_noted_at = time.monotonic()  # of the heartbeat alone

    def member(self, person: str, remembered: str) -> Person:
        """The member of that id, who is here now. `remembered`: the name they go by if the log does not know them.

        One who comes back after so long that the name is somebody else's now gets a number behind it, for good. Raises
        Refusal `busy` if the log cannot be read.
        """
        known, now = self._history.person(person), self._now()
        away = abs(now - known.last_seen) if known else 0  # a time in the future: the clock was ahead then
        name = known.name if known else remembered
        if name and (known is None or away > KEPT):
            try:
                take = partial(take_first, person=person, wanted=numbered_names(name), at=now)
                return Person(person, self._journal.write(take), "member")
            except Refusal as refusal:  # a log that cannot be written now keeps nobody out
                if refusal.code != "busy":
                    raise
        elif away > NOTED:
            with self._lock:
                self._seen.add(person)
        return Person(person, name, "member")

    def connect(self, person: Person) -> Person:
        """One more client of that person, who gets a number behind the name if somebody else has it: the answer bears
        the name they go by. `Presence.disconnect` must follow in the end. Raises Refusal `busy`.

        A name is checked before it is taken, so that its owner, who may come back at any moment, finds it free; and
        once more if a member was renamed meanwhile.
        """
        taken: set[str] = set()
        while True:
            renames = self._renames
            name = self._presence.name_for(person, but=taken)
            if self._why_not(person, name):
                taken.add(name)
                continue
            known = self._presence.connect(person, but=taken)
            if known.name == name and self._renames == renames:
                return known
            try:
                refused = self._why_not(person, known.name)
            except BaseException:
                self._presence.disconnect(known.id, for_good=True)
                raise
            if not refused:
                return known
            self._presence.disconnect(known.id, for_good=True)
            taken.add(known.name)

    def known(self, person: Person) -> Person:
        """That person under the name they go by now, if they are online; else under one that nobody else has. Raises
        Refusal `busy`."""
        taken: set[str] = set()
        while True:
            known = self._presence.known(person, but=taken)
            if not self._why_not(person, known.name):
                return known
            taken.add(known.name)

    def rename(self, person: Person, name: str) -> str:
        """Gives the person a new name, and returns it; a member's is stored. Raises Refusal `name-taken` or `busy`, or
        `bad-name` for a member who wants a name of guests.

        The check is repeated where nobody can come between: a member's inside the transaction that stores the name, a
        guest's while presence holds it.
        """
        is_member = person.role == "member"
        if is_member and any(map(GENERATED_NAME.fullmatch, skeletons(name))):
            raise Refusal("bad-name", field="name", n=NAME_LIMIT, system=name)
        renames, now = self._renames, self._now()
        self._refuse(self._history.refusal_of(name, now, to=person.id))
        with self._presence.renaming(person.id, name):
            if is_member:
                self._journal.write(partial(take_name, person=person.id, name=name, at=now))
                with self._lock:
                    self._renames += 1
            elif self._renames != renames:
                self._refuse(self._history.refusal_of(name, now, to=person.id))
        return name

    def release(self, person: str) -> None:
        """Frees the name of a member who does not come back. If the log cannot be written now, it stays theirs."""
        try:
            self._journal.write(partial(release_names, person=person))
        except Refusal as refusal:
            if refusal.code != "busy":
                raise

    def note_seen(self) -> None:
        """Has it written down who was seen, and once a day who is online. Does not wait for it."""
        now = time.monotonic()
        everybody = self._presence.members_online() if now - self._all_noted_at >= NOTE_ALL_INTERVAL else ()
        if everybody:
            self._all_noted_at = now
        with self._lock:
            seen, self._seen = [*self._seen.union(everybody)], set()
        try:
            for start in range(0, len(seen), NOTED_AT_ONCE):
                ids = seen[start : start + NOTED_AT_ONCE]
                self._journal.write_soon(partial(note_seen, ids=ids, at=self._now()))
        except Refusal:
            pass  # the journal is busy; each of them is noted when they come again

    def _why_not(self, person: Person, name: str) -> Refusal | None:
        """Why that person cannot go by that name, one that is free in presence. None: they can."""
        if person.role == "member" and name == person.name:
            return None  # theirs already: `member` saw to it
        if GENERATED_NAME.fullmatch(name):
            return None
        return self._history.refusal_of(name, self._now(), to=person.id)

    def _refuse(self, refusal: Refusal | None) -> None:
        if refusal:
            raise refusal

    def _now(self) -> int:
        return int(self._clock() * 1000)
