"""What can be broken, what can be done to a client, and which bugs are on."""

from __future__ import annotations

from enum import StrEnum
from threading import Lock


class Bug(StrEnum):
    """The seven, by the name that the page uses."""

    UNDER_LOCK = "under_lock"  # what is sent is sent while the list's lock is held
    BARE_LIST = "bare_list"  # the list is changed without its lock
    TWO_WRITERS = "two_writers"  # two threads write to one socket, each in its own order
    NO_HEARTBEAT = "no_heartbeat"  # nobody asks the silent whether they are still there
    NO_RESUME = "no_resume"  # who comes back gets nothing of what was said meanwhile
    ENCODE_EACH = "encode_each"  # a message is encoded for each client anew
    CALL_EACH = "call_each"  # a system call for each message


class Act(StrEnum):
    """What one may do to a client."""

    FREEZE = "freeze"  # it stops reading
    SLOW = "slow"  # it reads a little at a time
    CUT = "cut"  # it vanishes without a word: no close, no FIN
    BACK = "back"


class Switches:
    """Which bugs are on: `bug in switches`. Read by every thread of the laboratory."""

    def __init__(self) -> None:
        self._lock = Lock()  # guards that of two throws at once none is lost
        self._on: frozenset[Bug] = frozenset()

    def __contains__(self, bug: Bug) -> bool:
        return bug in self._on

    def throw(self, bug: Bug, *, on: bool) -> None:
        with self._lock:
            self._on = self._on | {bug} if on else self._on - {bug}
