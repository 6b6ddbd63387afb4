"""The present state of a message: what was posted, folded with its newest edit, its deletion, what people picked under
it, and whether it is pinned.

It is done whenever a message is read; nothing keeps a copy of the outcome.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from ..model import Closed, Deleted, Edited, Event, Message, Poll, Present, Tally
from .picks import Picked, Tallied, nothing

_NOTHING = {"text": "", "html": None, "quote": None, "poll": None, "mentions": (), "all": False, "deleted": True}


class Folding:
    """One message on its way to its present state."""

    def __init__(self, message: Message):
        self._message = message
        self._closed = False
        self._edit: Edited | None = None
        self._deleted = message.deleted

    def add(self, event: Event) -> None:
        """The next event that is about this message; of several edits the last one counts."""
        match event:
            case Edited():
                self._edit = event
            case Deleted():
                self._deleted = True
            case Closed():
                self._closed = True

    def present(self, picked: Picked, *, pinned: bool) -> Present:
        """The message with these reactions and votes."""
        fields = {name: getattr(self._message, name) for name in Message.__struct_fields__}
        if self._deleted:
            return Present(**fields | _NOTHING)
        if self._edit:
            fields |= {name: getattr(self._edit, name) for name in ("text", "html", "mentions", "all")}
            fields["edited"] = self._edit.at
        if self._message.poll:
            fields["poll"] = self._tally(self._message.poll, picked.tallied)
        return Present(**fields, reactions=picked.reactions, pinned=pinned)

    def _tally(self, poll: Poll, tallied: Tallied) -> Tally:
        options = range(len(poll.options))
        return Tally(
            poll.options,
            poll.several,
            poll.anonymous,
            self._closed,
            [tallied.counts.get(option, 0) for option in options],
            tallied.voters,
            None if poll.anonymous else [tallied.people.get(option, []) for option in options],
            tallied.mine,
        )


def folded(
    messages: Iterable[Event],
    about: Iterable[Event],
    picked: Mapping[int, Picked] = MappingProxyType({}),
    pinned: Collection[int] = (),
) -> list[Present]:
    """These messages in their present state, given the edits, deletions and ends of polls that are about them, in
    order; what people picked under them, by seq; and which of them are pinned."""
    foldings = {message.seq: Folding(message) for message in messages if isinstance(message, Message)}
    for event in about:
        if isinstance(event, Edited | Deleted | Closed):
            foldings[event.target].add(event)
    return [folding.present(picked.get(seq) or nothing(), pinned=seq in pinned) for seq, folding in foldings.items()]
