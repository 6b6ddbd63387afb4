"""What one does in a room besides plain posting: each act is checked, numbered and written in the journal's order.

An act of a new kind is a class here with what it checks, a struct in `model.py`, and a branch in `fold.py`.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from sqlalchemy import Connection, delete, func, select, update

from ..excerpt import one_line
from ..model import Author, Deleted, Edited, Event, Message, Poll, Present, Reacted, Refusal, Room, rfc3339
from ..spelling import whole
from . import index
from .calls import EVERYBODY, call, followers, meant
from .fold import folded
from .picks import PICKS_LIMIT, REACTED, counts_of, pick, picked_by, unpick
from .rows import about, after_it, event_of, quotes_of, with_slug
from .schema import events, pins

EDIT_WINDOW = 15 * 60  # seconds in which one may change what one wrote
EDITS_LIMIT = 50  # of one message: each is kept, and read with the others when somebody asks how it read before
REACTIONS_LIMIT = 20  # kinds of reactions to one message
TOGGLES_LIMIT = 200  # reactions to one message that one person puts or takes back: each is an event for everybody


class Receipt(Protocol):
    """Who waits to hear what became of a post or an act. Called on the journal's thread: must not block."""

    def stored(self, event: Event, *, first: bool) -> None:
        """It is on disk. `first` is False if the author had used that nonce before, or if it changes nothing: then
        nobody was told anew."""

    def refused(self, refusal: Refusal) -> None:
        """Nothing was stored, nothing was told."""


class Unchanged(Exception):
    """The act would change nothing: it is not stored, and its sender is answered with the event that it would be."""

    def __init__(self, event: Event):
        super().__init__(event)
        self.event = event


@dataclass(frozen=True)
class Act:
    """Something on its way to the log that is to be checked there, where nothing happens at the same time."""

    room: Room
    author: Author
    nonce: str | None
    receipt: Receipt | None

    in_archived: ClassVar[bool] = False  # whether it may be done in an archived room

    def happen(self, connection: Connection, seq: int, at: int) -> Event:
        """Checks it, writes what it changes besides its own row, and gives its event, numbered `seq`, at `at` (ms since
        the epoch). May be asked again, in another transaction, if the first one failed. Raises Refusal or Unchanged."""
        raise NotImplementedError

    def settle(self, connection: Connection) -> None:
        """What else is to be done in the same transaction, now that its event has a row."""


@dataclass(frozen=True)
class Call:
    """Whom a text names, and whether it names everybody; that has to be `confirmed`.

    `present` are in the room now and have not read in it yet: each is meant by a row of their own. `online` are those
    online whom a message to everybody means. When it is stored, `reached` holds those to be told that are meant by the
    message and were not before.
    """

    mentions: tuple[str, ...] = ()
    everybody: bool = False
    confirmed: bool = False
    present: tuple[str, ...] = ()
    online: tuple[str, ...] = ()
    reached: list[str] = field(default_factory=list)

    def reach(
        self, connection: Connection, act: Act, seq: int, *, again: bool = False, before: Container[str] = ()
    ) -> None:
        """Writes down whom that message means. `again`: it means everybody already; `before`: ids that it names
        already. Raises Refusal `confirm-all`."""
        room, author = act.room.id, act.author.id
        people = {*self.mentions}
        if self.everybody:
            people |= {EVERYBODY, *(meant(connection, room, seq) if again else self.present)}
        people.discard(author)
        if self.everybody and not again and not self.confirmed:
            count = followers(connection, room, but=author) + len({*self.present} - {author})
            if count:
                raise Refusal("confirm-all", field="all", count=count)
        added = {*call(connection, room, seq, people)}
        if EVERYBODY in added:
            added.update(self.online)
        self.reached[:] = [person for person in added - {EVERYBODY, author} if person not in before]


@dataclass(frozen=True)
class Say(Act):
    """A message that is more than a text: a reply, a poll, or one that names people."""

    text: str
    html: str | None
    reply_to: int | None = None
    call: Call = field(default_factory=Call)
    poll: Poll | None = None

    def happen(self, connection: Connection, seq: int, at: int) -> Message:
        quote = None
        if self.reply_to is not None:
            message_row(connection, self.room, self.reply_to, field="reply_to")
            (quote,) = quotes_of(connection, self.room.id, [self.reply_to])
        self.call.reach(connection, self, seq)
        return Message(
            self.room.slug,
            seq,
            rfc3339(at),
            self.author,
            self.text,
            self.nonce,
            self.html,
            self.reply_to,
            quote,
            mentions=self.call.mentions,
            all=self.call.everybody,
            poll=self.poll,
        )


@dataclass(frozen=True)
class Edit(Act):
    """The author writes it differently."""

    target: int
    text: str
    html: str | None
    call: Call = field(default_factory=Call)

    def happen(self, connection: Connection, seq: int, at: int) -> Edited:
        found = own_message(connection, self, self.target)
        if found.body is not None and poll_of(found):
            raise Refusal("forbidden", field="poll")  # what people have voted on stays what it was
        if abs(at - found.at) > EDIT_WINDOW * 1_000:  # of a clock that was ahead: nobody knows how old it is
            raise Refusal("too-late", field="target", n=EDIT_WINDOW // 60)
        edited = Edited(
            self.room.slug,
            seq,
            rfc3339(at),
            self.author,
            self.target,
            self.text,
            self.nonce,
            self.html,
            one_line(self.text, self.html),
            self.call.mentions,
            self.call.everybody,
        )
        now = _now(connection, found)
        if all(getattr(now, field) == getattr(edited, field) for field in ("text", "html", "mentions", "all")):
            raise Unchanged(edited)
        if done_before(connection, self, "edited", self.target) >= EDITS_LIMIT:
            raise Refusal("too-many", field="target", n=EDITS_LIMIT, edits=True)
        index.forget(connection, self.room.id, self.target)
        again = self.call.everybody and now.all
        self.call.reach(connection, self, self.target, again=again, before=now.mentions)
        return edited

    def settle(self, connection: Connection) -> None:
        index.learn(connection, self.room.id, self.target)


@dataclass(frozen=True)
class Delete(Act):
    """The author takes it back."""

    target: int

    in_archived: ClassVar[bool] = True

    def happen(self, connection: Connection, seq: int, at: int) -> Deleted:
        own_message(connection, self, self.target)
        wipe(connection, self.room, self.target)
        return Deleted(self.room.slug, seq, rfc3339(at), self.author, self.target, self.nonce)


@dataclass(frozen=True)
class React(Act):
    """Somebody puts an emoji under a message, or takes theirs back."""

    target: int
    emoji: str
    on: bool

    def happen(self, connection: Connection, seq: int, at: int) -> Reacted:
        living_message(connection, self.room, self.target)
        reacted = Reacted(self.room.slug, seq, rfc3339(at), self.author, self.target, self.emoji, self.on, self.nonce)
        key, person = whole(self.emoji), self.author.id
        where = (connection, self.room.id, self.target, REACTED)
        if self.on == (key in picked_by(*where, person)):
            raise Unchanged(reacted)
        if done_before(connection, self, "reacted", self.target) >= TOGGLES_LIMIT:
            raise Refusal("too-many", field="target", n=TOGGLES_LIMIT, reactions=True)
        if not self.on:
            unpick(*where, [key], person)
            return reacted
        counts = counts_of(*where)
        if key not in counts and len(counts) >= REACTIONS_LIMIT:
            raise Refusal("too-many", field="emoji", n=REACTIONS_LIMIT)
        if sum(counts.values()) >= PICKS_LIMIT:
            raise Refusal("too-many", field="target", n=PICKS_LIMIT, crowd=True)
        pick(*where, [key], self.author, seq)
        return reacted


def message_row(connection: Connection, room: Room, seq: int, *, field: str = "target") -> Any:
    """The row of a message, of a deleted one too. Raises Refusal `no-such-message`."""
    wanted = with_slug().where(events.c.room_id == room.id, events.c.seq == seq, events.c.type == "message")
    row = connection.execute(wanted).first()
    if row is None:
        raise Refusal("no-such-message", field=field)
    return row


def living_message(connection: Connection, room: Room, seq: int) -> Any:
    """The row of a message that was not deleted. Raises Refusal `no-such-message`."""
    row = message_row(connection, room, seq)
    if not row.text:
        raise Refusal("no-such-message", field="target")
    return row


def _now(connection: Connection, row: Any) -> Present:
    """The present state of the message in that row, but for reactions, votes and pins."""
    (message,) = folded([event_of(row)], after_it(connection, row.room_id, [row.seq]))
    return message


def poll_of(row: Any) -> Poll | None:
    """What the message in that row asks everybody, if it does."""
    message = event_of(row)
    return message.poll if isinstance(message, Message) else None


def own_message(connection: Connection, act: Act, seq: int) -> Any:
    """The row of a message of the one who acts. Raises Refusal `no-such-message` or `forbidden`."""
    row = living_message(connection, act.room, seq)
    if row.author_id != act.author.id:
        raise Refusal("forbidden", field="target")
    return row


def done_before(connection: Connection, act: Act, kind: str, target: int) -> int:
    """How often the one who acts has done that to a message."""
    about = (events.c.room_id == act.room.id) & (events.c.target == target) & (events.c.type == kind)
    wanted = select(func.count()).select_from(events).where(about, events.c.author_id == act.author.id)
    return int(connection.execute(wanted).scalar_one())


def wipe(connection: Connection, room: Room, target: int) -> None:
    """Takes what a message says, and said before it was edited, out of its rows and out of the index of words, and it
    out of the lists of those whom it means. Quotes of it are made when read."""
    index.drop(connection, room.id, target)
    connection.execute(delete(pins).where(pins.c.room_id == room.id, pins.c.target == target))
    call(connection, room.id, target, ())
    itself = (events.c.room_id == room.id) & (events.c.seq == target)
    for said in (itself, about(room.id, [target], ["edited"])):
        connection.execute(update(events).where(said).values(text="", html=None, body=None))
