"""The nouns that travel through the house: people, rooms, events and refusals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from .announcements import RoomsChanged, Watched
from .limits import Options

LEVELS = ("all", "mentions", "none")  # of how much of a room a person wants to hear


class Author(msgspec.Struct, frozen=True):
    """Who wrote: a person's random id (a guest's begins with `guest-`) and the name they bore when they wrote."""

    id: str
    name: str


NOBODY = Author("", "")  # who voted in an anonymous poll, to the others


class Person(msgspec.Struct, frozen=True):
    """Who is behind one or several clients.

    `role` is `member` with a session cookie, else `guest`: behind one connection, or several in a row that bring its
    token. `network` is where a request or connection comes from, as rate limits count it, or empty.
    """

    id: str
    name: str
    role: str = "guest"
    network: str = ""

    @property
    def author(self) -> Author:
        return Author(self.id, self.name)


class Room(msgspec.Struct, frozen=True):
    """A public room by what it keeps for ever: `slug` is its address."""

    id: int
    slug: str


class RoomState(Room, frozen=True):
    """What a room is like now: `name` and `topic` are what people read, `head` is its newest seq. An archived room is
    read and not written in."""

    name: str
    head: int = 0
    topic: str = ""
    archived: bool = False


class Quote(msgspec.Struct, frozen=True):
    """What a reply shows of the message it answers: one line of it as it reads now, empty if it was deleted."""

    seq: int
    author: Author
    text: str


class Poll(msgspec.Struct, frozen=True):
    """What a message asks everybody: to choose one of the options, or `several`."""

    options: Options
    several: bool = False
    anonymous: bool = False


class Tally(Poll, frozen=True, omit_defaults=True):
    """A poll as it stands: how many chose each option, and how many people that are. `people` are the first of those
    who chose each, unless the poll is anonymous; `mine` is what the reader chose."""

    closed: bool = False
    counts: list[int] = []
    voters: int = 0
    people: list[list[Author]] | None = None
    mine: list[int] | None = None


class Message(msgspec.Struct, frozen=True, omit_defaults=True, tag="message"):
    """A stored message, in the very shape in which it goes over the wire.

    `seq` is the room's event number, from 1 without gaps; `at` is UTC, RFC 3339, milliseconds. `html` is there only
    where it differs from the escaped text. A message that was `deleted` since has an empty text. `mentions` are the
    ids of the people whom it names, `all` means everybody in the room.
    """

    room: str
    seq: int
    at: str
    author: Author
    text: str
    nonce: str | None = None
    html: str | None = None
    reply_to: int | None = None
    quote: Quote | None = None
    deleted: bool = False
    mentions: tuple[str, ...] = ()
    all: bool = False
    poll: Poll | None = None


class Reaction(msgspec.Struct, frozen=True, omit_defaults=True):
    """An emoji under a message: how many people put it there, the first of them, and whether the reader is one."""

    emoji: str
    people: list[Author]
    count: int
    mine: bool = False


class Present(Message, frozen=True, omit_defaults=True, tag="message"):
    """A message as it is now: folded with the events that are about it. `edited` is when that was done last."""

    edited: str | None = None
    reactions: list[Reaction] = []
    pinned: bool = False
    poll: Tally | None = None


class _Happening(msgspec.Struct, frozen=True):
    room: str
    seq: int
    at: str
    author: Author


class _About(_Happening, frozen=True):
    target: int


class Edited(_About, frozen=True, omit_defaults=True, tag="edited"):
    """A message reads differently; `line` is how it is quoted. If it was deleted since, the texts are empty."""

    text: str
    nonce: str | None = None
    html: str | None = None
    line: str = ""
    mentions: tuple[str, ...] = ()
    all: bool = False


class Deleted(_About, frozen=True, omit_defaults=True, tag="deleted"):
    """A message is gone: its text is nowhere any more, its seq stays."""

    nonce: str | None = None


class Reacted(_About, frozen=True, omit_defaults=True, tag="reacted"):
    """Somebody put an emoji under a message, or took theirs back."""

    emoji: str
    on: bool
    nonce: str | None = None


class Pinned(_About, frozen=True, omit_defaults=True, tag="pinned"):
    """Somebody put a message among the room's pins, or took it away."""

    on: bool
    nonce: str | None = None


class Voted(_About, frozen=True, omit_defaults=True, tag="voted"):
    """Somebody chose options of a poll, in place of what they had chosen; `counts` and `voters` are as of this event.
    Of an `anonymous` poll only the log and the voter know the author, the `choices` and the `nonce`, by which some
    programs could be recognised: see `told_to`.
    """

    counts: list[int]
    voters: int
    choices: list[int] | None = None
    anonymous: bool = False
    nonce: str | None = None

    def told_to(self, person: str | None) -> Voted:
        """As that person may hear it; None: as everybody may."""
        if not self.anonymous or self.author.id == person:
            return self
        return msgspec.structs.replace(self, author=NOBODY, choices=None, nonce=None)


class Closed(_About, frozen=True, omit_defaults=True, tag="closed"):
    """Whoever asked takes no more votes."""

    nonce: str | None = None


class Configured(_Happening, frozen=True, omit_defaults=True, tag="configured"):
    """The room has another name, another topic, or is archived or no longer so: what changed is there."""

    nonce: str | None = None
    name: str | None = None
    topic: str | None = None
    archived: bool | None = None


# Everything durable that happens in a room. All have a room, a seq, a time, an author and a nonce. Those that are about
# a message have it as their `target`.
Event = Message | Edited | Deleted | Reacted | Pinned | Voted | Closed | Configured


class Change(msgspec.Struct, frozen=True):
    """Who came into a room and who left it since that was told last, and how many are in it now. With `members` too
    many did for their names: these are the first of those who are in it."""

    room: str
    joined: list[Author]
    left: list[str]
    count: int
    members: list[Author] | None = None


class Typing(NamedTuple):
    """Somebody is typing in a room: told and forgotten."""

    room: str
    user: str
    name: str


class Read(NamedTuple):
    """A person's read marker moved: for their own clients other than the one it was moved `by`."""

    person: str
    room: str
    seq: int
    by: object


class Leveled(NamedTuple):
    """A person wants to hear more or less of a room: for their own clients other than the one that said it."""

    person: str
    room: str
    level: str
    by: object


class Called(NamedTuple):
    """A message means these people: for those of their clients that are not in its room. `line` is how it is quoted."""

    people: tuple[str, ...]
    room: str
    seq: int
    author: Author
    line: str


class Ballot(NamedTuple):
    """What a person chose in an anonymous poll, and the command's nonce: for their own clients in the room."""

    person: str
    room: str
    target: int
    choices: list[int]
    nonce: str | None


class Again(NamedTuple):
    """An event that one client gets a second time: it had sent the same nonce before."""

    event: Event
    to: Any


class Standing(msgspec.Struct, frozen=True):
    """How a person stands in a room: up to where they have `read` (None: they have never been there), how many messages
    of others and how many that mean them came since, and of how much they want to hear (one of LEVELS)."""

    read: int | None = None
    unread: int = 0
    mentions: int = 0
    level: str = "all"


Ephemeron = Typing | Read | Ballot | Leveled | Called | Change | Watched | RoomsChanged  # told and forgotten
News = list[Event] | Ephemeron | Again  # what the bus carries: a commit's events, or one of these


class Refusal(Exception):
    """A command that was refused: nothing was stored, nobody was told, the connection lives.

    `code` is one of the error codes of the protocol; `values` fill the placeholders of its sentence. `count`: how many
    it is about, where a program can use that.
    """

    def __init__(
        self,
        code: str,
        *,
        field: str | None = None,
        retry_after: float | None = None,
        count: int | None = None,
        **values: object,
    ):
        super().__init__(code)
        self.code = code
        self.field = field
        self.retry_after = retry_after
        self.count = count
        self.values = values


def rfc3339(milliseconds: int) -> str:
    """UTC with milliseconds, as RFC 3339 writes it, from milliseconds since the epoch."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(tzinfo=None)
    return f"{moment.isoformat()}.{milliseconds % 1000:03d}Z"  # isoformat takes a fifth of strftime's time
