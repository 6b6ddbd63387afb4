"""The nouns that travel through the house: people, rooms, events and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

LEVELS = ("all", "mentions", "none")  # of how much of a room a person wants to hear


class Author(msgspec.Struct, frozen=True):
    """Who wrote: a person's random id and the name they bore when they wrote."""

    id: str
    name: str


class Person(msgspec.Struct, frozen=True):
    """Who is behind one or several clients.

    `role` is `member` for somebody with a session cookie and `guest` for anybody else.
    """

    id: str
    name: str
    role: str = "guest"

    @property
    def author(self) -> Author:
        return Author(self.id, self.name)


class Room(msgspec.Struct, frozen=True):
    """A public room: `slug` is its address, `name` what people read, `head` its newest seq."""

    id: int
    slug: str
    name: str
    head: int = 0


class Quote(msgspec.Struct, frozen=True):
    """What a reply shows of the message it answers: one line of it as it reads now, empty if it was deleted."""

    seq: int
    author: Author
    text: str


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


class Reaction(msgspec.Struct, frozen=True):
    """An emoji under a message, and who put it there, in that order."""

    emoji: str
    people: list[Author]


class Present(Message, frozen=True, omit_defaults=True, tag="message"):
    """A message as it is now: folded with the events that are about it. `edited` is when that was done last."""

    edited: str | None = None
    reactions: list[Reaction] = []


class Edited(msgspec.Struct, frozen=True, omit_defaults=True, tag="edited"):
    """A message reads differently; `line` is how it is quoted. If it was deleted since, the texts are empty."""

    room: str
    seq: int
    at: str
    author: Author
    target: int
    text: str
    nonce: str | None = None
    html: str | None = None
    line: str = ""
    mentions: tuple[str, ...] = ()
    all: bool = False


class Deleted(msgspec.Struct, frozen=True, omit_defaults=True, tag="deleted"):
    """A message is gone: its text is nowhere any more, its seq stays."""

    room: str
    seq: int
    at: str
    author: Author
    target: int
    nonce: str | None = None


class Reacted(msgspec.Struct, frozen=True, omit_defaults=True, tag="reacted"):
    """Somebody put an emoji under a message, or took theirs back."""

    room: str
    seq: int
    at: str
    author: Author
    target: int
    emoji: str
    on: bool
    nonce: str | None = None


# Everything durable that happens in a room. All have a room, a seq, a time, an author and a nonce; those that are no
# messages are about one, the `target`.
Event = Message | Edited | Deleted | Reacted


@dataclass(frozen=True)
class Change:
    """Who came into a room and who left it since the last time it was told; `count` is how many are in it now."""

    room: str
    joined: list[Author]
    left: list[str]
    count: int


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
    """These people are meant by a message: for those of their clients that are not in its room. `line` is how it is
    quoted."""

    people: tuple[str, ...]
    room: str
    seq: int
    author: Author
    line: str


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


class Watched(NamedTuple):
    """So many look inside, at `/flow`: everybody in the chat is told."""

    watchers: int


Ephemeron = Typing | Read | Leveled | Called | Change | Watched  # told and forgotten
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
