"""The lobby: where clients come in, change rooms and leave, in the client list and in presence alike."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..model import Person
from ..rooms.presence import Members, Presence
from ..tap import Tap
from .addresses import Addresses
from .frames import GOING_AWAY
from .hub import Client, Dialect, Full, Hub
from .outbox import Outbox

log = logging.getLogger(__name__)


class Lobby:
    """Keeps the hub (clients) and presence (people) in step. Its calls come from the client's own thread."""

    def __init__(
        self,
        *,
        hub: Hub,
        presence: Presence,
        addresses: Addresses,
        connect: Callable[[Person], Person],
        clock: Callable[[], float],
        tap: Tap | None = None,
    ):
        """`connect`: as `NameRegistry.connect`, which may raise Refusal `busy`."""
        self._addresses = addresses
        self._connect = connect
        self._tap = tap or Tap()
        self._hub = hub
        self._presence = presence
        self._clock = clock

    def enter(
        self,
        outbox: Outbox,
        address: tuple[str, int],
        dialect: Dialect,
        person: Person,
    ) -> Client:
        """One more client. A guest has one connection at a time: the new one ends the one that it continues.

        Raises Full, TooManyFromAddress, or Refusal `busy`.
        """
        self._addresses.enter(address[0])
        try:
            client = self._listed(outbox, address, dialect, person)
        except BaseException:
            self._addresses.leave(address[0])
            raise
        if client.person.role == "guest":
            self._end_earlier(client)
        if self._tap.watched:
            self._tap.note("connected", client)
        return client

    def _end_earlier(self, client: Client) -> None:
        """Ends the connections of that guest that are older than this one."""
        for earlier in self._hub.of_person(client.person.id):
            if earlier.number < client.number and earlier.thread:
                earlier.outbox.close(GOING_AWAY, "this guest continues on another connection")
            elif earlier.number < client.number:
                earlier.outbox.cut()  # its handshake is not answered yet: a close frame must not come before the 101

    def _listed(
        self,
        outbox: Outbox,
        address: tuple[str, int],
        dialect: Dialect,
        person: Person,
    ) -> Client:
        known = self._connect(person)
        client = Client(outbox, address, known, dialect, self._clock())
        try:
            self._hub.add(client)
        except Full:
            self._presence.disconnect(known.id)
            raise
        return client

    def join(self, client: Client, room: str) -> tuple[int, Members]:
        """Into a room: the seq up to which the client must read the log itself, and the first of who is in the room."""
        return self._hub.join(client, room), self._presence.enter(client.person.id, room)

    def join_again(self, client: Client, room: str) -> tuple[int, Members]:
        """As `join`, for a client that `pause` took out."""
        return self._hub.join(client, room), self._presence.first(room, client.person.id)

    def pause(self, client: Client, room: str) -> None:
        """Nothing of the room comes to the client until it joins again; the person stays in it."""
        self._hub.leave(client, room)

    def leave(self, client: Client, room: str) -> None:
        """Out of a room."""
        self._hub.leave(client, room)
        self._presence.exit(client.person.id, room)

    def send_away(self, person: str) -> None:
        """Closes all connections of a person, who may come back as somebody else."""
        for client in self._hub.of_person(person):
            client.outbox.close(GOING_AWAY, "forgotten on this device")

    def exit(self, client: Client, *, for_good: bool = False) -> None:
        """Away, and `for_good` if it said goodbye. Whoever calls it again does nothing: the session's end and the
        request's end both do."""
        rooms = self._hub.remove(client)
        if rooms is None:
            return
        self._addresses.leave(client.address[0])
        for room in rooms:
            self._presence.exit(client.person.id, room)
        self._presence.disconnect(client.person.id, for_good=for_good)
        if self._tap.watched:
            self._tap.note("disconnected", client)
        log.info("Client Disconnected: %s", client.address)
