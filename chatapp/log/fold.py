"""The present state of a message: what was posted, folded with everything that happened to it since, in order.

It is done whenever a message is read; nothing keeps a copy of the outcome.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Author, Deleted, Edited, Event, Message, Present, Reacted, Reaction

_NOTHING = {"text": "", "html": None, "quote": None, "mentions": (), "all": False, "deleted": True}


class Folding:
    """One message on its way to its present state. Later events win; those that tell nothing new change nothing."""

    def __init__(self, message: Message):
        self._message = message
        self._edit: Edited | None = None
        self._deleted = message.deleted
        self.reactions: dict[str, dict[str, Author]] = {}  # by emoji, then by person id

    def add(self, event: Event) -> None:
        """The next event that is about this message."""
        match event:
            case Edited():
                self._edit = event
            case Deleted():
                self._deleted = True
            case Reacted():
                self._react(event)

    def _react(self, event: Reacted) -> None:
        people = self.reactions.setdefault(event.emoji, {})
        if event.on:
            people.setdefault(event.author.id, event.author)
        else:
            people.pop(event.author.id, None)
        if not people:
            del self.reactions[event.emoji]

    @property
    def present(self) -> Present:
        fields = {name: getattr(self._message, name) for name in Message.__struct_fields__}
        if self._deleted:
            return Present(**fields | _NOTHING)
        if self._edit:
            fields |= {name: getattr(self._edit, name) for name in ("text", "html", "mentions", "all")}
            fields["edited"] = self._edit.at
        reactions = [Reaction(emoji, list(people.values())) for emoji, people in self.reactions.items()]
        return Present(**fields, reactions=reactions)


def folded(messages: Iterable[Event], about: Iterable[Event]) -> list[Present]:
    """These messages in their present state, given all events about them in order."""
    foldings = {message.seq: Folding(message) for message in messages if isinstance(message, Message)}
    for event in about:
        if not isinstance(event, Message):
            foldings[event.target].add(event)
    return [folding.present for folding in foldings.values()]
