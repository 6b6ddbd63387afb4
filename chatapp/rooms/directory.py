"""Who goes by which name: those whom a text names, among the people who are online and those who have been here."""

from __future__ import annotations

from collections.abc import Collection

from ..log.history import History
from ..model import Author, Room
from ..spelling import bare, folded
from ..text.mentions import EVERYBODY, Names, names_in
from .presence import Presence

NAMESAKES_MOST = 50  # people that one name in a text mentions


class Directory:
    """Finds people by their names, of which accents may be left out."""

    def __init__(self, history: History, presence: Presence):
        self._history = history
        self._presence = presence

    def names_in(self, text: str) -> Names:
        """The names in that text that somebody goes by. Raises Refusal `busy`."""
        written = names_in(text)
        if not written:
            return {}
        keys = {name: bare(name) for name in written}
        online = self._presence.called(set(keys.values()))
        people: dict[str, dict[str, Author]] = {}  # by bare name, then by id
        for author in [*self._history.named(set(keys.values())), *online]:
            people.setdefault(bare(author.name), {})[author.id] = author
        found = {name: _meant(name, people[key].values()) for name, key in keys.items() if key in people}
        return found | {name: () for name, key in keys.items() if key in EVERYBODY}

    def everybody(self, room: Room, person: str, *, online: bool) -> tuple[set[str], set[str]]:
        """Whom that person calls with a message to everybody: those of the first people in the room who have not read
        in it yet, and those who have. With `online` these are all of them who are online, wherever they are.

        Raises Refusal `busy`.
        """
        inside = {author.id for author in self._presence.first(room.slug, person).people}
        followers = self._history.following(room, self._presence.online() if online else inside)
        return inside - followers, followers


def _meant(name: str, known: Collection[Author]) -> tuple[str, ...]:
    """Everybody who bears the name as it is written; if nobody does, everybody who bears it with other accents."""
    exact = [author.id for author in known if folded(author.name) == folded(name)]
    return tuple((exact or [author.id for author in known])[:NAMESAKES_MOST])
