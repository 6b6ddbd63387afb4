"""The laboratory's door: runs it when somebody wants it, and ends it when nobody looks any more."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from ..model import Refusal
from .bugs import Act, Bug
from .room import Overall, Room, State

IDLE_TIME = 30.0  # seconds without a question for its state until it ends
END_TIME = 1.0  # seconds that its threads may take to end; they take a tenth


class Lab:
    """Owns the one run there is. Making it starts nothing; nothing in it knows the chat."""

    def __init__(self, *, clock: Callable[[], float], weather: bool = True, idle_time: float = IDLE_TIME):
        self._clock = clock
        self._weather = weather
        self._idle_time = idle_time
        self._resetting = Lock()  # held while one run ends and the next begins
        self._lock = Lock()  # guards the three below
        self._room: Room | None = None
        self._asked_at = 0.0
        self._closed = False

    def state(self) -> State:
        """What is measured now; asking keeps the laboratory running, but does not start it."""
        with self._lock:
            self._asked_at = self._clock()
            room = self._room
        return room.state() if room else State(running=False, clients=[], switches=[], overall=Overall())

    def throw(self, bug: Bug, *, on: bool) -> None:
        self._running().switches.throw(bug, on=on)

    def suffer(self, number: int, act: Act) -> None:
        self._running().suffer(number, act)

    def reset(self) -> None:
        """Begins anew: everything in order, every count at nought. Does nothing while another thread does it: each run
        has 18 threads."""
        if not self._resetting.acquire(blocking=False):
            return
        try:
            with self._lock:
                room, self._room = self._room, None
            if room:
                room.stop(END_TIME)
            self._running()
        finally:
            self._resetting.release()

    def stop(self, timeout: float) -> None:
        """The end, of the application too: it does not run again."""
        with self._lock:
            self._closed = True
            room, self._room = self._room, None
        if room:
            room.stop(timeout)

    def _running(self) -> Room:
        """The run, begun if there is none. Raises Refusal `busy` while the server stops."""
        with self._lock:
            self._asked_at = self._clock()
            if self._closed:
                raise Refusal("busy", reason="the server is stopping")
            if self._room is None:
                self._room = Room(clock=self._clock, weather=self._weather, over=self._give_up)
                self._room.start()
            return self._room

    def _give_up(self, room: Room) -> bool:
        """Whether nobody has asked for so long that this run is over; if so, the next one to come begins another."""
        with self._lock:
            if self._clock() - self._asked_at <= self._idle_time:
                return False
            if self._room is room:
                self._room = None
            return True
