"""The session of one client, on its handler's own thread: a frame in, a command out, to the house."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from ..config import Settings
from ..details import sentence
from ..log.history import History
from ..model import Event, Person, Refusal, Room
from ..rooms.house import House
from ..rooms.presence import Presence
from ..rooms.ratelimits import RateLimits
from ..rooms.rates import Bucket
from ..tap import Tap
from .frames import CONTROL, INTERNAL_ERROR, NORMAL, POLICY, TOO_BIG, TRY_LATER, Ended
from .hub import Client
from .lobby import Lobby
from .reader import Reader

PACE = 100  # frames a second that bring no message: pings, refused commands, empty fragments
CHARGED_FROM = 0.001  # seconds of processor time from which a connection is charged: chatting reaches it now and then
LOOKED_AT_FROM = 0.0005  # seconds after which it is looked at how many of them were processor time; that is dear to ask
PACE_BURST = 200  # of them at once; who sends more is read more slowly, and TCP slows the sender

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """What a session needs of the house."""

    settings: Settings
    lobby: Lobby
    house: House
    history: History
    presence: Presence
    limits: RateLimits
    tap: Tap
    page_version: Callable[[], str]  # the version of the page's files that is served now


class Session:
    """One client's connection from its 101 to its end. Lives on the handler's thread; nothing here is shared."""

    def __init__(self, services: Services, client: Client, locale: str):
        self._services = services
        self._client = client
        self._locale = locale
        self._tap = services.tap
        self._pace_bucket = Bucket(PACE, PACE_BURST, time.monotonic())
        self._known: Person | None = None  # as presence knew them last
        self._actor = client.person
        self._received_at = client.heard_at  # monotonic seconds
        self._spoke_at = client.heard_at  # when the client said last what may be seen of it
        self._unseen: list[bytes] = []  # frames of a message that is not known yet, while somebody watches this client

    def run(self) -> None:
        """Speaks until the connection ends, whoever ends it; then cleans up after itself."""
        outbox = self._client.outbox
        self._client.thread = threading.get_ident()
        if self._client.handshake:
            self._client.handshake.answered_at = time.monotonic_ns()
        reader = Reader(
            receive=self._receive,
            answer=outbox.send,
            pace=self._spoken,
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
            self._services.lobby.exit(self._client, for_good=end.code == NORMAL)
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
        """The person under the name they go by now, for another tab may have renamed them, on this network."""
        known = self._services.presence.known(self._client.person)
        if known is not self._known:
            self._known, self._actor = known, replace(known, network=self._client.network)
        return self._actor

    def _receive(self, size: int) -> bytes:
        if time.monotonic() - self._received_at > LOOKED_AT_FROM:
            wait = self._services.limits.cpu.charge(self._client.network, CHARGED_FROM)
            if wait:
                self._pause(wait)
        received = self._client.outbox.recv(size)
        self._client.heard_at = self._received_at = time.monotonic()
        if self._tap.watched:
            self._tap.note("received", self._client, len(received))
        return received

    def _seen(self, buffer: bytearray, begin: int, end: int) -> None:
        """A whole frame came in. What it says is not known yet: only control frames are shown at once."""
        if self._client.outbox.seen:
            frame = bytes(buffer[begin:end])
            if frame[0] & CONTROL:
                self._tap.note("frame in", self._client, frame)
            else:
                self._unseen.append(frame)
        elif self._unseen:
            self._unseen.clear()

    def _show(self) -> None:
        """The message that came in is not secret: the inspector may show its frames and that the client spoke."""
        self._spoke_at = self._client.heard_at
        if self._unseen:
            for frame in self._unseen:
                self._tap.note("frame in", self._client, frame)
            self._unseen.clear()

    def _conceal(self) -> None:
        """The message that came in is secret: nothing that is seen of this client changes by it, the time of its next
        ping included."""
        self._client.heard_at = self._spoke_at
        self._unseen.clear()

    def _spoken(self) -> None:
        """A frame came in that brings no message."""
        self._spoke_at = self._client.heard_at
        self._pace()

    def _pace(self, frames: float = 1) -> None:
        """Counts frames that store nothing, against this connection and its address, and what they cost."""
        limits, network = self._services.limits, self._client.network
        own = self._pace_bucket.charge(time.monotonic(), frames)
        shared = limits.commands.charge(network, frames)
        spent = limits.cpu.charge(network, CHARGED_FROM)
        if own or shared or spent:
            self._pause(max(own, shared, spent))

    def _pause(self, seconds: float) -> None:
        """Reads nothing for a while. Who is not listened to is not silent: the heartbeat must not cut them off."""
        outbox, until = self._client.outbox, time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            outbox.pause(left)  # a second at most
            self._client.heard_at = time.monotonic()
            if outbox.closing:
                return


class PlainSession(Session):
    """Every text frame is a message to one room; nothing but messages comes back."""

    def __init__(self, services: Services, client: Client, locale: str, room: Room):
        super().__init__(services, client, locale)
        self._room = room

    def _begin(self) -> None:
        self._client.outbox.release()

    def _hear(self, text: str) -> None:
        self._show()
        if self._tap.watched:
            self._tap.note("parsed", self._client)
        while not self._client.outbox.closing:
            try:
                self._services.house.post(self._person, self._room, text, None, self, to_all=None)
            except Refusal as refusal:
                if refusal.code == "text-too-long":
                    raise Ended(TOO_BIG, sentence(refusal, self._locale)) from None
                if refusal.code == "text-empty":
                    self._pace()  # nothing is lost that anybody could see
                    return
                if refusal.code not in ("rate-limited", "busy"):
                    raise Ended(POLICY, sentence(refusal, self._locale)) from None
                self._pause(refusal.retry_after or 0)
            else:
                return

    def stored(self, event: Event, *, first: bool) -> None:
        """It comes back to the client with everybody's."""

    def refused(self, refusal: Refusal) -> None:
        """There is no way to say so in this dialect but to end. Called on the journal's thread."""
        code = POLICY if refusal.code == "read-only" else TRY_LATER
        self._client.outbox.close(code, sentence(refusal, self._locale))
