"""Who is in a room, as far as its server names them."""

from __future__ import annotations

from ..limits import NAME_MOST
from .heard import Heard, shown_name

LISTED = 200  # people named to who asks
KNOWN = 1_000  # people whose names are kept


class People:
    """The people of one room by id. Its owner sees to it that only one thread at a time is in here."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._count = 0

    def name(self, person: str, otherwise: str) -> str:
        """The name of that person, or the other one if they are not known."""
        return self._names.get(person, otherwise)

    def listed(self) -> tuple[list[str], int]:
        """The names of those who are there, guests marked, LISTED at most, and how many more there are."""
        shown = (shown_name(*person) for person in self._names.items())
        names = sorted(shown, key=str.casefold)[:LISTED]
        return names, max(0, self._count - len(names))

    def take(self, word: Heard) -> None:
        """What a `joined` or a `presence` says of them: all anew, or who came and who left."""
        if word.members is not None:
            self._names = {person.id: person.name[:NAME_MOST] for person in word.members[:KNOWN]}
        for person in word.joined:
            if person.id in self._names or len(self._names) < KNOWN:
                self._names[person.id] = person.name[:NAME_MOST]
        for gone in word.left:
            self._names.pop(gone, None)
        self._count = word.count
