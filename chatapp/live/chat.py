"""The session of a client that speaks chat.v1: commands in, answers and refusals out."""

from __future__ import annotations

import time

import msgspec

from ..details import sentence
from ..limits import NAME_LIMIT, OPTION_LIMIT, ROOM_NAME_LIMIT, TOPIC_LIMIT
from ..log.acts import EDIT_WINDOW
from ..log.places import PINS_LIMIT
from ..model import Author, Event, Refusal, Room, rfc3339
from . import news, protocol
from .frames import TRY_LATER, Concealed, Ended, text_frame
from .hub import Client
from .outbox import CATCH_UP_WATER
from .resume import Missed
from .session import Services, Session

EVENTS_A_FRAME = 25  # events read from the log that cost as much as one frame that brings no message
OWN_ROOMS = 200  # of the person's own rooms in the welcome: those in which something happened last
OTHER_ROOMS = 50  # rooms in the welcome, the oldest, for somebody who has no room yet; all are at /api/rooms


class ChatSession(Session):
    """chat.v1: every text frame is a command; refusals are answered, and the connection goes on."""

    def __init__(self, services: Services, client: Client, locale: str, asked_name: str, token: str | None):
        super().__init__(services, client, locale)
        self._asked_name = asked_name
        self._token = token
        self._rooms: dict[str, Room] = {}

    def _begin(self) -> None:
        self._say(self._welcome())
        if self._client.person.role == "member" and self._client.person.name != self._asked_name:
            self._refuse(Refusal("name-taken", field="name", name=self._asked_name), None)
        self._client.outbox.release()

    def _welcome(self) -> protocol.Welcome:
        settings = self._services.settings
        person = self._person
        rooms = [
            protocol.RoomEntry(
                room.slug,
                room.name,
                room.head,
                topic=room.topic,
                archived=room.archived,
                **msgspec.structs.asdict(standing),
            )
            for room, _, standing in self._services.history.own(person.id, most=OWN_ROOMS, others=OTHER_ROOMS)
        ]
        limits = protocol.Limits(
            text=settings.TEXT_LIMIT,
            frame=settings.FRAME_LIMIT,
            rate=settings.RATE_LIMIT,
            burst=settings.RATE_BURST,
            name=NAME_LIMIT,
            room_name=ROOM_NAME_LIMIT,
            rooms=settings.ROOMS_LIMIT,
            edit=EDIT_WINDOW,
            pins=PINS_LIMIT,
            topic=TOPIC_LIMIT,
            option=OPTION_LIMIT,
        )
        you = protocol.You(person.id, person.name, person.role, self._token)
        now = rfc3339(int(time.time() * 1000))
        epoch = self._services.history.epoch()
        return protocol.Welcome(
            protocol.VERSION, self._services.page_version(), epoch, you, rooms, limits, now, self._tap.watched
        )

    def _hear(self, text: str) -> None:
        try:
            command = protocol.parse(text)
        except protocol.BadCommand as refusal:
            (self._conceal if refusal.command is protocol.Vote else self._show)()
            self._refuse(refusal, refusal.nonce, secret=refusal.command is protocol.Vote)
            return
        if isinstance(command, protocol.Vote):
            self._conceal()
        else:
            self._show()
        if self._tap.watched:
            self._tap.note("parsed", self._client)
        try:
            self._obey(command)
        except Refusal as refusal:
            self._refuse(refusal, command.nonce, secret=isinstance(command, protocol.Vote))

    def _obey(self, command: protocol.Command) -> None:
        if isinstance(command, protocol.Deed):
            self._do(command)
            return
        match command:
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
            case protocol.SetLevel():
                room = self._services.house.room(command.room)
                self._services.house.set_level(self._person, room, command.level, by=self._client)
                self._say(news.LevelNews(room.slug, command.level, command.nonce))
            case protocol.Rename():
                self._rename(command)
            case protocol.Ping():
                self._say(protocol.Pong(command.nonce))
        self._pace()

    def _do(self, deed: protocol.Deed) -> None:
        """Has the house do what is to become an event of a room; its answer is the event, to everybody."""
        house, person, room = self._services.house, self._person, self._joined(deed.room)
        receipt = _Receipt(self, deed.nonce, secret=isinstance(deed, protocol.Vote))
        match deed:
            case protocol.PostMessage():
                reply_to, to_all, poll = deed.reply_to, deed.all, deed.poll
                house.post(person, room, deed.text, deed.nonce, receipt, reply_to=reply_to, to_all=to_all, poll=poll)
            case protocol.EditMessage():
                house.edit(person, room, deed.target, deed.text, deed.nonce, receipt, to_all=deed.all)
            case protocol.DeleteMessage():
                house.delete(person, room, deed.target, deed.nonce, receipt)
            case protocol.React():
                house.react(person, room, deed.target, deed.emoji, deed.nonce, receipt, on=deed.on)
            case protocol.PinMessage():
                house.pin(person, room, deed.target, deed.nonce, receipt, on=deed.on)
            case protocol.Vote():
                house.vote(person, room, deed.target, deed.choices, deed.nonce, receipt)
            case protocol.ClosePoll():
                house.close(person, room, deed.target, deed.nonce, receipt)
            case protocol.Configure():
                name, topic, archived = deed.name, deed.topic, deed.archived
                house.configure(person, room, deed.nonce, receipt, name=name, topic=topic, archived=archived)

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
            missed = Missed(
                self._services.history,
                room,
                after=command.after,
                limit=command.limit,
                head=head,
                reader=self._client.person.id,
            )
            self._rooms[room.slug] = room
            try:
                for frame in missed.joined(members, command.nonce):
                    if outbox.closing:
                        break
                    outbox.send(frame, down_to=CATCH_UP_WATER)  # the next is read only when this one has gone out
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
            self._say(news.PresenceNews(room, [you], [], count, command.nonce))

    def _joined(self, slug: str) -> Room:
        room = self._rooms.get(slug)
        if room is None:
            self._services.house.room(slug)
            raise Refusal("not-joined", field="room")
        return room

    def _say(self, answer: protocol.Answer, *, secret: bool = False) -> None:
        self._client.outbox.send(_frame(answer, secret=secret))

    def _refuse(self, refusal: Refusal, nonce: str | None, *, secret: bool = False) -> None:
        self._say(self.error(refusal, nonce), secret=secret)
        self._pace()

    def error(self, refusal: Refusal, nonce: str | None) -> protocol.Error:
        """The refusal as it goes over the wire, in the client's language."""
        detail = sentence(refusal, self._locale)
        return protocol.Error(refusal.code, detail, nonce, refusal.field, refusal.retry_after, refusal.count)

    def again(self, event: Event) -> None:
        """Says an event that was told before, in its place among the others. Called on the journal's thread."""
        self._services.house.again(event, self._client)

    def offer(self, answer: protocol.Answer, *, secret: bool = False) -> None:
        """Says something from another thread: never blocks. The inspector does not show what is `secret`."""
        self._client.outbox.offer(_frame(answer, secret=secret))


def _frame(answer: protocol.Answer, *, secret: bool) -> bytes:
    frame = text_frame(protocol.encode(answer))
    return Concealed(frame) if secret else frame


class _Receipt:
    """What the journal says of one deed or mark, passed on to its author. Called on the journal's thread."""

    __slots__ = ("_nonce", "_secret", "_session")

    def __init__(self, session: ChatSession, nonce: str | None, *, secret: bool = False):
        self._session = session
        self._nonce = nonce
        self._secret = secret  # whether the inspector shows nothing of it

    def stored(self, event: Event, *, first: bool) -> None:
        if not first:  # the first time it went to everybody, the author included
            self._session.again(event)

    def refused(self, refusal: Refusal) -> None:
        self._session.offer(self._session.error(refusal, self._nonce), secret=self._secret)
