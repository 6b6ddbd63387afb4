"""The present state of a message: what was posted, folded with everything that happened to it since, in order.

It is done whenever a message is read; nothing keeps a copy of the outcome.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model import (
    Author,
    Closed,
    Configured,
    Deleted,
    Edited,
    Event,
    Message,
    Pinned,
    Poll,
    Present,
    Reacted,
    Reaction,
    Tally,
    Voted,
)

_NOTHING = {"text": "", "html": None, "quote": None, "poll": None, "mentions": (), "all": False, "deleted": True}


class Folding:
    """One message on its way to its present state. Later events win; those that tell nothing new change nothing."""

    def __init__(self, message: Message, reader: str | None = None):
        self._message = message
        self._reader = reader
        self._pinned = False
        self._closed = False
        self._votes: dict[str, Voted] = {}  # by person id
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
            case Pinned():
                self._pinned = event.on
            case Voted():
                self._votes.pop(event.author.id, None)  # so that they stand in the order of the votes that count
                self._votes[event.author.id] = event
            case Closed():
                self._closed = True

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
        if self._message.poll:
            fields["poll"] = self._tally(self._message.poll)
        return Present(**fields, reactions=reactions, pinned=self._pinned)

    def _tally(self, poll: Poll) -> Tally:
        chosen: list[list[Author]] = [[] for _ in poll.options]
        voters = 0
        for vote in self._votes.values():
            voters += bool(vote.choices)
            for choice in vote.choices or ():
                chosen[choice].append(vote.author)
        mine = self._votes.get(self._reader or "")
        return Tally(
            poll.options,
            poll.several,
            poll.anonymous,
            self._closed,
            list(map(len, chosen)),
            voters,
            None if poll.anonymous else chosen,
            mine.choices if mine else None,
        )


def folded(messages: Iterable[Event], about: Iterable[Event], reader: str | None = None) -> list[Present]:
    """These messages in their present state as `reader` sees it, given all events about them in order; of votes only
    each person's newest has to be there."""
    foldings = {message.seq: Folding(message, reader) for message in messages if isinstance(message, Message)}
    for event in about:
        if not isinstance(event, Message | Configured):
            foldings[event.target].add(event)
    return [folding.present for folding in foldings.values()]
