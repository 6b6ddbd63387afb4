"""Two guests who come at the same moment and leave at the same moment, each on a thread of their own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

from .members import Members
from .meters import Window

ROUND = 0.25  # seconds between their coming and their going
CYCLE = 4  # rounds until the same thing happens again
GUESTS = ("guest 1", "guest 2")


class Doors:
    """Changes the list from two threads at once, and then counts what is wrong with it."""

    def __init__(self, members: Members, *, stopped: Event, clock: Callable[[], float]):
        self._members = members
        self._stopped = stopped
        self._missing = Window(clock, CYCLE * ROUND * 1.25)
        self._doubled = Window(clock, CYCLE * ROUND * 1.25)
        self.thread = Thread(target=self._run, name="lab-doors", daemon=True)

    @property
    def wrong(self) -> tuple[float, float]:
        """The most members that were missing, and the most that were too many, after a round of the last cycle."""
        return max(self._missing.numbers(), default=0), max(self._doubled.numbers(), default=0)

    def _run(self) -> None:
        turn = 0
        while not self._stopped.wait(ROUND):
            self._meet(turn)
            self._members.repair()
            wrong = self._members.audit()
            self._missing.add(wrong.missing)
            self._doubled.add(wrong.doubled)
            turn = (turn + 1) % CYCLE

    def _meet(self, turn: int) -> None:
        change = self._members.leave if turn % 2 else self._members.join
        # Who begins last nearly always has the last word. The first one has it once a cycle, when they leave: of all
        # that can go wrong each thing does then, and the list does not grow for ever.
        guests = GUESTS[::-1] if turn == 1 else GUESTS
        doors = [
            Thread(target=change, args=(guest,), name=f"lab-door-{number}", daemon=True)
            for number, guest in enumerate(guests, 1)
        ]
        for door in doors:
            door.start()
        for door in doors:
            door.join()  # as long as somebody holds the list's lock: until that bug is off, or the laboratory ends
