"""The session of one client, on its handler's own thread: a frame in, a command out, to the house."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from ..config import Settings
from ..details import sentence
from ..log.history import History
from ..model import Author, Message, Person, Refusal, Room, rfc3339
from ..rooms.house import House
from ..rooms.names import NAME_LIMIT, ROOM_NAME_LIMIT
from ..rooms.presence import Presence
from ..rooms.rates import Bucket
from ..tap import Tap
from . import protocol
from .frames import INTERNAL_ERROR, TOO_BIG, TRY_LATER, Ended, text_frame
from .hub import Client
from .lobby import Lobby
from .reader import Reader
from .resume import Missed

PACE = 100  # frames a second that bring no message: pings, refused commands, empty fragments
PACE_BURST = 200  # of them at once; who sends more is read more slowly, and TCP slows the sender
EVENTS_A_FRAME = 25  # events read from the log that cost as much as one such frame
WELCOME_ROOMS = 500  # rooms listed in the welcome besides those that the person has been in; all are at /api/rooms

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """What a session needs of the house."""

    settings: Settings
    lobby: Lobby
    house: House
    history: History
    presence: Presence
    tap: Tap


class Session:
    """One client's connection from its 101 to its end. Lives on the handler's thread; nothing here is shared."""

    def __init__(self, services: Services, client: Client, locale: str):
        self._services = services
        self._client = client
        self._locale = locale
        self._tap = services.tap
        self._pace_bucket = Bucket(PACE, PACE_BURST, time.monotonic())

    def run(self) -> None:
        """Speaks until the connection ends, whoever ends it; then cleans up after itself."""
        outbox = self._client.outbox
        self._client.thread = threading.get_ident()
        if self._client.handshake:
            self._client.handshake.answered_at = time.monotonic_ns()
        reader = Reader(
            receive=self._receive,
            answer=outbox.send,
            pace=self._pace,
            limit=self._services.settings.FRAME_LIMIT,
            seen=self._seen,
        )
        end = Ended(INTERNAL_ERROR)
        try:
            self._begin()
            for text in reader.messages():
                if outbox.closing:
                    self._pace()  # nobody listens any more
                else:
                    self._hear(text)
        except Ended as ended:
            end = ended
        except Refusal as refusal:  # of a client that could not be told: it has not begun, or speaks plain
            end = Ended(TRY_LATER, sentence(refusal, self._locale))
        except Exception:
            log.exception("The session of %s failed", self._client.address)
        finally:
            # Out first: who sees its close answered can come back at once, under the same name.
            self._services.lobby.exit(self._client)
            if end.code is not None:
                outbox.close(end.code, end.reason)
            outbox.linger()

    def _begin(self) -> None:
        """What the client gets first."""
        raise NotImplementedError

    def _hear(self, text: str) -> None:
        """One message of the client's."""
        raise NotImplementedError

    @property
    def _person(self) -> Person:
        """The person under the name they go by now: another tab may have renamed them."""
        return self._services.presence.known(self._client.person)

    def _receive(self, size: int) -> bytes:
        received = self._client.outbox.recv(size)
        self._client.heard_at = time.monotonic()
        if self._tap.watched:
            self._tap.note("received", self._client, len(received))
        return received

    def _seen(self, buffer: bytearray, begin: int, end: int) -> None:
        """A whole frame came in: kept for who watches this client's."""
        if self._client.outbox.seen:
            self._tap.note("frame in", self._client, bytes(buffer[begin:end]))

    def _pace(self, frames: float = 1) -> None:
        wait = self._pace_bucket.charge(time.monotonic(), frames)
        if wait:
            self._pause(wait)

    def _pause(self, seconds: float) -> None:
        """Reads nothing for a while. Who is not listened to is not silent: the heartbeat must not cut them off."""
        self._client.outbox.pause(seconds)
        self._client.heard_at = time.monotonic()


class PlainSession(Session):
    """Every text frame is a message to one room; nothing but messages comes back."""

    def __init__(self, services: Services, client: Client, locale: str, room: Room):
        super().__init__(services, client, locale)
        self._room = room

    def _begin(self) -> None:
        self._client.outbox.release()

    def _hear(self, text: str) -> None:
        if self._tap.watched:
            self._tap.note("parsed", self._client)
        while not self._client.outbox.closing:
            try:
                self._services.house.post(self._person, self._room, text, None, self)
            except Refusal as refusal:
                if refusal.code == "text-too-long":
                    raise Ended(TOO_BIG, sentence(refusal, self._locale)) from None
                if refusal.code not in ("rate-limited", "busy"):
                    self._pace()  # an empty text: there is no way to say so in this dialect
                    return
                self._pause(refusal.retry_after or 0)
            else:
                return

    def stored(self, event: Message, *, first: bool) -> None:
        """It comes back to the client with everybody's."""

    def refused(self, refusal: Refusal) -> None:
        """There is no way to say so in this dialect but to end. Called on the journal's thread."""
        self._client.outbox.close(TRY_LATER, sentence(refusal, self._locale))


class ChatSession(Session):
    """chat.v1: every text frame is a command; refusals are answered, and the connection goes on."""

    def __init__(self, services: Services, client: Client, locale: str, asked_name: str):
        super().__init__(services, client, locale)
        self._asked_name = asked_name
        self._rooms: dict[str, Room] = {}

    def _begin(self) -> None:
        self._say(self._welcome())
        if self._client.person.role == "member" and self._client.person.name != self._asked_name:
            self._refuse(Refusal("name-taken", field="name", name=self._asked_name), None)
        self._client.outbox.release()

    def _welcome(self) -> protocol.Welcome:
        settings = self._services.settings
        person = self._person
        marks = self._services.history.markers(person.id) if person.role == "member" else {}
        rooms = [
            protocol.RoomEntry(room.slug, room.name, room.head, marks.get(room.id))
            for number, room in enumerate(self._services.history.rooms())
            if number < WELCOME_ROOMS or room.id in marks
        ]
        limits = protocol.Limits(
            text=settings.TEXT_LIMIT,
            frame=settings.FRAME_LIMIT,
            rate=settings.RATE_LIMIT,
            burst=settings.RATE_BURST,
            name=NAME_LIMIT,
            room_name=ROOM_NAME_LIMIT,
            rooms=settings.ROOMS_LIMIT,
        )
        you = protocol.You(person.id, person.name, person.role)
        now = rfc3339(int(time.time() * 1000))
        epoch = self._services.history.epoch()
        return protocol.Welcome(protocol.VERSION, epoch, you, rooms, limits, now, self._tap.watched)

    def _hear(self, text: str) -> None:
        try:
            command = protocol.parse(text)
        except protocol.BadCommand as refusal:
            self._refuse(refusal, refusal.nonce)
            return
        if self._tap.watched:
            self._tap.note("parsed", self._client)
        try:
            self._obey(command)
        except Refusal as refusal:
            self._refuse(refusal, command.nonce)

    def _obey(self, command: protocol.Command) -> None:
        match command:
            case protocol.PostMessage():
                room = self._joined(command.room)
                receipt = _Receipt(self, command.nonce)
                self._services.house.post(self._person, room, command.text, command.nonce, receipt)
                return
            case protocol.Join():
                self._join(command)
            case protocol.Leave():
                room = self._joined(command.room)
                del self._rooms[room.slug]
                self._services.lobby.leave(self._client, room.slug)
            case protocol.Typing():
                self._services.house.typing(self._person, self._joined(command.room))
            case protocol.MarkRead():
                room, refused = self._joined(command.room), _Receipt(self, command.nonce).refused
                self._services.house.mark_read(self._person, room, command.seq, by=self._client, refused=refused)
            case protocol.Rename():
                self._rename(command)
            case protocol.Ping():
                self._say(protocol.Pong(command.nonce))
        self._pace()

    def _join(self, command: protocol.Join) -> None:
        room = self._services.house.room(command.room)
        most = self._services.settings.ROOMS_LIMIT
        if room.slug not in self._rooms and len(self._rooms) >= most:
            raise Refusal("too-many-rooms", field="room", n=most)
        again = room.slug in self._rooms
        lobby, outbox = self._services.lobby, self._client.outbox
        if again:
            lobby.pause(self._client, room.slug)
        outbox.hold()
        try:
            head, members = (lobby.join_again if again else lobby.join)(self._client, room.slug)
            missed = Missed(self._services.history, room, after=command.after, limit=command.limit, head=head)
            self._rooms[room.slug] = room
            try:
                for frame in missed.joined(members, command.nonce):
                    outbox.send(frame)
            except Refusal as refusal:
                if again:  # it was in the room and would miss what comes: it resumes on another connection
                    raise Ended(TRY_LATER, sentence(refusal, self._locale)) from None
                del self._rooms[room.slug]
                lobby.leave(self._client, room.slug)
                raise
        finally:
            outbox.release()
        self._pace(missed.count / EVENTS_A_FRAME)

    def _rename(self, command: protocol.Rename) -> None:
        person = self._person
        name = self._services.house.rename(person, command.name)
        for room in self._rooms:
            count = self._services.presence.count(room)
            you = Author(person.id, name)
            self._say(protocol.PresenceNews(room, [you], [], count, command.nonce))

    def _joined(self, slug: str) -> Room:
        room = self._rooms.get(slug)
        if room is None:
            self._services.house.room(slug)
            raise Refusal("not-joined", field="room")
        return room

    def _say(self, answer: protocol.Answer) -> None:
        self._client.outbox.send(text_frame(protocol.encode(answer)))

    def _refuse(self, refusal: Refusal, nonce: str | None) -> None:
        self._say(self.error(refusal, nonce))
        self._pace()

    def error(self, refusal: Refusal, nonce: str | None) -> protocol.Error:
        """The refusal as it goes over the wire, in the client's language."""
        detail = sentence(refusal, self._locale)
        return protocol.Error(refusal.code, detail, nonce, refusal.field, refusal.retry_after)

    def again(self, event: Message) -> None:
        """Says an event that was told before, in its place among the others. Called on the journal's thread."""
        self._services.house.again(event, self._client)

    def offer(self, answer: protocol.Answer) -> None:
        """Says something from another thread: never blocks."""
        self._client.outbox.offer(text_frame(protocol.encode(answer)))


class _Receipt:
    """What the journal says of one post or mark, passed on to its author. Called on the journal's thread."""

    __slots__ = ("_nonce", "_session")

    def __init__(self, session: ChatSession, nonce: str | None):
        self._session = session
        self._nonce = nonce

    def stored(self, event: Message, *, first: bool) -> None:
        if not first:  # the first time it went to everybody, the author included
            self._session.again(event)

    def refused(self, refusal: Refusal) -> None:
        self._session.offer(self._session.error(refusal, self._nonce))
