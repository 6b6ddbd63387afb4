"""The rules of the house: what a command means, who may do it, and how fast. Knows no socket and no SQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from unicodedata import normalize

from .. import cpu_time
from ..bus.local import LocalBus
from ..characters import shows, too_many_marks
from ..config import Settings
from ..limits import MARKS_LIMIT, SLUG_MOST
from ..log.acts import Call, Delete, Edit, React, Receipt, Say
from ..log.history import History
from ..log.journal import Journal
from ..log.places import Configure, Pin
from ..log.polls import Close, Vote
from ..log.posts import Mark, Post
from ..log.records import add_room
from ..log.standings import save_level
from ..model import (
    LEVELS,
    Again,
    Ballot,
    Event,
    Leveled,
    Person,
    Poll,
    Read,
    Refusal,
    Room,
    RoomState,
    Typing,
)
from ..spelling import whole
from ..text.mentions import Names
from ..text.rendering import Rendered
from .announcing import Cast, Relisted, announced
from .directory import Directory
from .emoji import is_emoji
from .names import person_name, poll_options, room_name, room_topic, slugs
from .presence import Presence
from .ratelimits import RateLimits
from .rates import Rates
from .registry import NameRegistry
from .room_changes import RoomChanges

TYPING_INTERVAL = 3.0  # seconds between two notes that somebody is typing in a room, however many tabs they have


class House:
    """Takes commands, checks them, and hands them to the journal or the bus."""

    def __init__(
        self,
        settings: Settings,
        *,
        journal: Journal,
        history: History,
        bus: LocalBus,
        presence: Presence,
        registry: NameRegistry,
        limits: RateLimits,
        changes: RoomChanges,
        render: Callable[[str, Names], Rendered],
        clock: Callable[[], float],
    ):
        self._settings = settings
        self._journal = journal
        self._history = history
        self._bus = bus
        self._presence = presence
        self._registry = registry
        self._limits = limits
        self._changes = changes
        self._render = render
        self._clock = clock
        self._directory = Directory(history, presence)
        self._typing = Rates(rate=1 / TYPING_INTERVAL, burst=1, clock=time.monotonic)
        self._rooms: dict[str, Room] = {}  # by slug; what of a room may change is read from the log

    def room(self, address: str) -> Room:
        """The room at that slug, in whichever normal form it came. Raises Refusal `no-such-room`."""
        if len(address) > SLUG_MOST:
            raise Refusal("no-such-room", field="room")
        address = normalize("NFC", address)
        room = self._rooms.get(address)
        if room is None:
            if "\0" in address:
                raise Refusal("no-such-room", field="room")
            found = self._history.room(address)
            room = self._rooms[address] = Room(found.id, found.slug)
        return room

    def open_room(self, person: Person, name: str) -> RoomState:
        """Makes a room. Raises Refusal `bad-name`, `name-taken`, `too-many`, `rate-limited` or `busy`."""
        self._let(person)
        self._limits.rooms.take(person.network)
        checked = room_name(name)
        at, most = int(self._clock() * 1000), self._settings.MAX_ROOMS
        by = person.id if person.role == "member" else None  # a guest could not come back for it
        made = self._journal.write(lambda db: add_room(db, checked, slugs(checked), at, most=most, by=by))
        self._changes.note(made, new=True)
        return made

    def post(
        self,
        person: Person,
        room: Room,
        text: str,
        nonce: str | None,
        receipt: Receipt | None,
        *,
        reply_to: int | None = None,
        to_all: bool | None = False,
        poll: Poll | None = None,
    ) -> None:
        """Hands a message to the journal; the receipt hears what became of it. `to_all`: a text that calls everybody is
        meant to; None: it calls nobody, as there is no way to ask.

        Raises Refusal `text-empty`, `text-too-long`, `bad-field`, `bad-poll`, `rate-limited` or `busy`; then it is not
        stored.
        """
        self._let(person, nonce)
        self._check_text(text)
        cpu_time.add_storing(text)
        if poll:
            poll = Poll(poll_options(poll.options), poll.several, poll.anonymous)
        made = self._rendered(text)
        if reply_to is None and not poll and not made.mentions and not made.everybody:
            self._journal.append(Post(room, person.author, text, nonce, receipt, made.html))
            return
        call = self._call(person, room, made, to_all)
        receipt = announced(receipt, call, self._bus)
        self._journal.append(Say(room, person.author, nonce, receipt, text, made.html, reply_to, call, poll))

    def edit(
        self,
        person: Person,
        room: Room,
        target: int,
        text: str,
        nonce: str | None,
        receipt: Receipt | None,
        *,
        to_all: bool = False,
    ) -> None:
        """Has the person's message read differently. Raises Refusal as `post` does; the receipt hears the rest."""
        self._let(person, nonce)
        self._check_text(text)
        cpu_time.add_storing(text)
        made = self._rendered(text)
        call = self._call(person, room, made, to_all)
        receipt = announced(receipt, call, self._bus)
        self._journal.append(Edit(room, person.author, nonce, receipt, target, text, made.html, call))

    def preview(self, person: Person, text: str) -> str | None:
        """The HTML that a message would have, None if it would have none.

        Raises Refusal `text-empty`, `text-too-long`, `bad-field` or `rate-limited`.
        """
        self._limits.previews.take(person.network, person.id)
        self._check_text(text)
        return self._rendered(text).html

    def delete(self, person: Person, room: Room, target: int, nonce: str | None, receipt: Receipt | None) -> None:
        """Takes the person's message back. Raises Refusal `bad-field`, `rate-limited` or `busy`."""
        self._let(person, nonce)
        self._journal.append(Delete(room, person.author, nonce, receipt, target))

    def react(
        self,
        person: Person,
        room: Room,
        target: int,
        emoji: str,
        nonce: str | None,
        receipt: Receipt | None,
        *,
        on: bool,
    ) -> None:
        """Puts an emoji under a message, or takes the person's back. Raises Refusal as `delete` does."""
        self._let(person, nonce)
        if not is_emoji(emoji):
            raise Refusal("bad-field", field="emoji")
        self._journal.append(React(room, person.author, nonce, receipt, target, whole(emoji), on))

    def pin(
        self, person: Person, room: Room, target: int, nonce: str | None, receipt: Receipt | None, *, on: bool
    ) -> None:
        """Puts a message among the room's pins, or takes it away. Raises Refusal as `delete` does, or `forbidden`."""
        self._let(person, nonce)
        self._no_guest(person)
        self._journal.append(Pin(room, person.author, nonce, receipt, target, on))

    def vote(
        self,
        person: Person,
        room: Room,
        target: int,
        choices: list[int],
        nonce: str | None,
        receipt: Receipt | None,
    ) -> None:
        """Chooses some of a poll's options in place of what the person had chosen. Raises Refusal as `delete` does."""
        self._let(person, nonce)
        cast = Cast(receipt, self._bus, Ballot(person.id, room.slug, target, sorted(set(choices)), nonce))
        self._journal.append(Vote(room, person.author, nonce, cast, target, choices))

    def close(self, person: Person, room: Room, target: int, nonce: str | None, receipt: Receipt | None) -> None:
        """Takes no more votes in the person's poll. Raises Refusal as `delete` does."""
        self._let(person, nonce)
        self._journal.append(Close(room, person.author, nonce, receipt, target))

    def configure(
        self,
        person: Person,
        room: Room,
        nonce: str | None,
        receipt: Receipt | None,
        *,
        name: str | None = None,
        topic: str | None = None,
        archived: bool | None = None,
    ) -> None:
        """Changes of a room what is given. Raises Refusal `bad-name`, `bad-topic`, or as `pin` does."""
        self._let(person, nonce)
        self._no_guest(person)
        name = None if name is None else room_name(name)
        topic = None if topic is None else room_topic(topic)
        result: list[RoomState] = []
        receipt = Relisted(receipt, result, self._changes)
        self._journal.append(Configure(room, person.author, nonce, receipt, name, topic, archived, result))

    def again(self, event: Event, to: object) -> None:
        """Tells an event to the one client that sent it once more, behind what the others are being told."""
        self._bus.publish(Again(event, to))

    def typing(self, person: Person, room: Room) -> None:
        """Tells the room that the person is typing, if it was not told just now."""
        if not self._typing.take(f"{person.id} {room.slug}"):
            self._bus.publish(Typing(room.slug, person.id, person.name))

    def mark_read(
        self, person: Person, room: Room, seq: int, *, by: object, refused: Callable[[Refusal], None]
    ) -> None:
        """Moves the person's read marker forward and tells their clients other than `by`. Raises Refusal `busy`, or
        has `refused` hear it later, or `too-many`, if it is not written.

        A guest's is only told: nobody could come back for it.
        """

        def moved(stands: int) -> None:
            self._bus.publish(Read(person.id, room.slug, stands, by))

        if person.role == "guest":
            moved(seq)
        else:
            self._journal.mark(Mark(person.id, room.id, seq, moved, refused))

    def set_level(self, person: Person, room: Room, level: str, *, by: object = None) -> None:
        """Of how much of a room the person wants to hear, one of LEVELS; tells their clients other than `by`.

        Raises Refusal `forbidden` (no guest could come back for it), `bad-field`, `too-many`, `rate-limited` or `busy`.
        """
        self._let(person)
        self._no_guest(person)
        if level not in LEVELS:
            raise Refusal("bad-field", field="level")
        self._journal.write(lambda connection: save_level(connection, person.id, room.id, level))
        self._bus.publish(Leveled(person.id, room.slug, level, by))

    def rename(self, person: Person, name: str) -> str:
        """The name that person goes by from now on; a member's is kept. Gives it as it will be shown.

        Raises Refusal `bad-name`, `name-taken`, `rate-limited` or `busy`.
        """
        self._limits.people.take(person.network, person.id)
        return self._registry.rename(person, person_name(name))

    def forget(self, person: Person) -> None:
        """Frees the name of a person who does not come back. Raises Refusal `rate-limited`."""
        self._limits.people.take(person.network, person.id)
        self._registry.release(person.id)

    def _check_text(self, text: str) -> None:
        if len(text) > self._settings.TEXT_LIMIT:
            raise Refusal("text-too-long", field="text", n=self._settings.TEXT_LIMIT)
        if "\0" in text:  # no database but SQLite keeps it, and nobody can see it
            raise Refusal("bad-field", field="text")
        if not shows(text):
            raise Refusal("text-empty", field="text")
        if too_many_marks(text):
            raise Refusal("bad-field", field="text", n=MARKS_LIMIT, marks=True)

    def _rendered(self, text: str) -> Rendered:
        return self._render(text, self._directory.names_in(text) if "@" in text else {})

    def _call(self, person: Person, room: Room, made: Rendered, to_all: bool | None) -> Call:
        """Whom a text calls. Raises Refusal `rate-limited` for who calls everybody all the time, or `busy`."""
        mentions = tuple(id for id in made.mentions if id != person.id)
        if not made.everybody or to_all is None:
            return Call(mentions)
        if to_all:
            self._limits.mentions_of_all.take(person.network, person.id)
        new, known = self._directory.everybody(room, person.id, online=to_all)
        return Call(mentions, everybody=True, confirmed=to_all, present=tuple(new), online=(*new, *known))

    def _no_guest(self, person: Person) -> None:
        """A guest has no name that anybody could hold them to."""
        if person.role == "guest":
            raise Refusal("forbidden", guest=True)

    def _let(self, person: Person, nonce: str | None = None) -> None:
        """Counts one more thing of that person's that is to be stored, before it costs anything."""
        self._limits.posts.take(person.network, person.id)
        if nonce and "\0" in nonce:
            raise Refusal("bad-field", field="nonce")
