"""The list of those who are in the room: behind its lock, or changed by whoever comes along."""

from __future__ import annotations

import time
from collections import Counter
from threading import Lock
from typing import NamedTuple

from .bugs import Bug, Switches

LOOKUP = 0.002  # seconds to ask for somebody's name when they come or go: what a query to a database takes


class Wrong(NamedTuple):
    """How many who are here are not listed; how many are listed twice, or though they have left."""

    missing: int
    doubled: int


class Members:
    """Owns the list. A change reads it, looks somebody up and puts a new list into its place.

    The right way looks up first and then does the other two under the lock. With BARE_LIST they happen without it:
    of two threads that have read the same list the second overwrites what the first one did.
    """

    def __init__(self, switches: Switches):
        self._switches = switches
        self.lock = Lock()  # guards the list, as long as everybody takes it
        self._listed: list[object] = []
        self._audit_lock = Lock()  # guards the two below: what the laboratory knows, and the server does not
        self._present: dict[object, None] = {}
        self._bare = 0  # changes without the lock that are under way

    @property
    def listed(self) -> list[object]:
        """The list as it is, for whoever holds the lock or only looks; it is never changed in place."""
        return self._listed

    def everyone(self) -> list[object]:
        with self.lock:
            return self._listed

    def join(self, member: object) -> None:
        self._change(member, here=True)

    def leave(self, member: object) -> None:
        self._change(member, here=False)

    def _change(self, member: object, *, here: bool) -> None:
        if Bug.BARE_LIST in self._switches:
            self._change_bare(member, here=here)
            return
        time.sleep(LOOKUP)
        with self.lock, self._audit_lock:
            self._note(member, here=here)
            self._listed = _changed(self._listed, member, here=here)

    def _change_bare(self, member: object, *, here: bool) -> None:
        with self._audit_lock:
            self._note(member, here=here)
            self._bare += 1
        read = self._listed
        time.sleep(LOOKUP)
        self._listed = _changed(read, member, here=here)
        with self._audit_lock:
            self._bare -= 1

    def _note(self, member: object, *, here: bool) -> None:
        if here:
            self._present[member] = None
        else:
            self._present.pop(member, None)

    def audit(self) -> Wrong:
        """Compares the list with those who are here."""
        with self._audit_lock:
            times = Counter(self._listed)
            missing = sum(member not in times for member in self._present)
            doubled = sum(n - 1 if member in self._present else n for member, n in times.items())
        return Wrong(missing, doubled)

    def repair(self) -> None:
        """Puts right what the bug has left behind, once it is off and nobody is in the middle of it."""
        if Bug.BARE_LIST in self._switches:
            return
        with self.lock, self._audit_lock:
            if not self._bare:
                self._listed = list(self._present)


def _changed(listed: list[object], member: object, *, here: bool) -> list[object]:
    return [*listed, member] if here else [other for other in listed if other is not member]
