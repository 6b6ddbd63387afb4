"""The hub: the lock-protected list of the clients that are connected, and the rooms they are in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from itertools import count, islice
from threading import Condition
from typing import NamedTuple

from ..lock import MeasuredLock
from ..model import Person
from ..networks import network
from ..tap import Tap
from .handshake import Handshake
from .outbox import Outbox


class Dialect(Enum):
    """What a client speaks. A plain client that gave a name gets `author: text`, one that gave none the text.

    A reader of a stream of JSON lines says nothing at all.
    """

    PLAIN = "plain"
    PLAIN_NAMED = "plain, named"
    CHAT_V1 = "chat.v1"
    LINES = "lines"


ROUND_TIMEOUT = 1.0  # seconds that who leaves a room waits for a round; one takes milliseconds


class Client:
    """One connection. Its handler's thread owns it; the hub only lists it."""

    __slots__ = (
        *(
            "address",
            "dialect",
            "handshake",
            "heard_at",
            "network",
            "number",
            "outbox",
            "person",
            "pinged_at",
            "sending",
        ),
        *("since", "thread"),
    )

    def __init__(self, outbox: Outbox, address: tuple[str, int], person: Person, dialect: Dialect, now: float):
        self.number = 0  # the hub's; never given twice
        self.outbox = outbox
        self.address = address
        self.network = network(address[0])
        self.sending = f"Sending message to {address}"  # the terminal's line, for each message again
        self.person = person
        self.dialect = dialect
        self.since = now  # monotonic seconds
        self.heard_at = now  # when bytes came last
        self.pinged_at = now
        self.thread = 0  # the ident of its handler's thread
        self.handshake: Handshake | None = None

    @property
    def speaks_chat(self) -> bool:
        return self.dialect is Dialect.CHAT_V1

    @property
    def reads_lines(self) -> bool:
        return self.dialect is Dialect.LINES


class Recipients(NamedTuple):
    """A room's clients by dialect, as they were at one moment."""

    chat: tuple[Client, ...]
    plain: tuple[Client, ...]
    plain_named: tuple[Client, ...]
    lines: tuple[Client, ...]


class Full(Exception):
    """There is no room for one more client."""


class _RoomList:
    """The clients in one room; the snapshot is built when asked for after a change, not at each change."""

    __slots__ = ("clients", "delivering", "head", "snapshot")

    def __init__(self, head: int) -> None:
        self.clients: dict[Client, None] = {}
        self.delivering: Recipients | None = None
        self.head = head
        self.snapshot: Recipients | None = None


class Hub:
    """Who is connected, in which rooms, and up to which seq each room's events were fanned out.

    Its lock is held for memory only: never across I/O, encoding, logging or a callback.
    """

    def __init__(self, capacity: int, tap: Tap | None = None):
        self.lock = MeasuredLock(tap or Tap())  # guards all below
        self._empty = Condition(self.lock)  # type: ignore[arg-type]  # typeshed wants a Lock, Python what acts like one
        self._delivered = Condition(self.lock)  # type: ignore[arg-type]
        self._numbers = count(1)
        self._capacity = capacity
        self._open = True
        self._clients: dict[Client, dict[str, None]] = {}  # with the rooms, in the order in which it joined them
        self._rooms: dict[str, _RoomList] = {}
        self._heads: dict[str, int] = {}  # of rooms that nobody has asked for since the start
        self._people: dict[str, dict[Client, None]] = {}

    def limit(self, capacity: int) -> None:
        """Lowers the capacity to what the machine turned out to give."""
        with self.lock:
            self._capacity = min(self._capacity, capacity)

    def add(self, client: Client) -> None:
        """Lists a client. Raises Full over the capacity, and while the server stops."""
        with self.lock:
            if not self._open or len(self._clients) >= self._capacity:
                raise Full
            client.number = next(self._numbers)
            self._clients[client] = {}
            self._people.setdefault(client.person.id, {})[client] = None

    def remove(self, client: Client) -> list[str] | None:
        """Strikes a client off and gives the rooms it was in; None if it was not listed."""
        with self.lock:
            rooms = self._clients.pop(client, None)
            if rooms is None:
                return None
            for room in rooms:
                self._leave(client, room)
            own = self._people[client.person.id]
            del own[client]
            if not own:
                del self._people[client.person.id]
            if not self._clients:
                self._empty.notify_all()
            return list(rooms)

    def join(self, client: Client, room: str) -> int:
        """Puts a client into a room; gives the seq up to which events were fanned out without it."""
        with self.lock:
            listed = self._room(room)
            self._clients[client][room] = None
            listed.clients[client] = None
            listed.snapshot = None
            return listed.head

    def leave(self, client: Client, room: str) -> None:
        """Takes a client out of a room. When this returns nothing of the room comes any more: it waits for the
        round that is on its way, so that who joins again gets nothing twice."""
        with self.lock:
            self._clients[client].pop(room, None)
            self._leave(client, room)
            listed = self._rooms[room]
            self._delivered.wait_for(lambda: not _among(client, listed.delivering), ROUND_TIMEOUT)

    def _leave(self, client: Client, room: str) -> None:
        listed = self._rooms[room]
        listed.clients.pop(client, None)
        listed.snapshot = None

    def begin(self, heads: dict[str, int]) -> None:
        """Says up to which seq each room's events count as fanned out: those that were in the log at the start."""
        with self.lock:
            self._heads = heads

    def advance(self, heads: Mapping[str, int]) -> list[Recipients]:
        """Says up to which seq each of these rooms' events are being fanned out, and to whom: in one step, so that
        nobody who joins gets one twice or misses one."""
        with self.lock:
            everybody = []
            for room, seq in heads.items():
                listed = self._room(room)
                listed.head = max(listed.head, seq)
                listed.delivering = self._recipients(listed)
                everybody.append(listed.delivering)
            return everybody

    def delivered(self, rooms: Iterable[str]) -> None:
        """Says that what `advance` announced has been offered to everybody."""
        with self.lock:
            for room in rooms:
                self._room(room).delivering = None
            self._delivered.notify_all()

    def recipients(self, room: str) -> Recipients:
        """Who is in the room now."""
        with self.lock:
            return self._recipients(self._room(room))

    def of_person(self, person: str) -> list[Client]:
        """That person's clients."""
        with self.lock:
            return list(self._people.get(person, ()))

    def in_room(self, person: str, room: str) -> list[Client]:
        """That person's clients that are in that room."""
        with self.lock:
            return [client for client in self._people.get(person, ()) if room in self._clients[client]]

    def elsewhere(self, people: Iterable[str], room: str) -> list[Client]:
        """The clients of these people that are not in that room."""
        with self.lock:
            own = (client for person in people for client in self._people.get(person, ()))
            return [client for client in own if room not in self._clients[client]]

    def clients(self) -> list[Client]:
        """Everyone."""
        with self.lock:
            return list(self._clients)

    def seats(self, most: int) -> tuple[int, list[tuple[Client, list[str]]], list[tuple[str, int, int]]]:
        """For who looks in: how many clients there are, the first `most` of them with their rooms, and as many rooms
        that somebody is in, each with how many clients and the seq up to which events were fanned out."""
        with self.lock:
            clients = [(client, list(rooms)) for client, rooms in islice(self._clients.items(), most)]
            taken = ((slug, len(room.clients), room.head) for slug, room in self._rooms.items() if room.clients)
            return len(self._clients), clients, list(islice(taken, most))

    def close(self) -> list[Client]:
        """Takes nobody in any more; gives those who are in."""
        with self.lock:
            self._open = False
            return list(self._clients)

    def wait_empty(self, timeout: float) -> bool:
        """Waits until everybody has left."""
        with self.lock:
            return self._empty.wait_for(lambda: not self._clients, timeout)

    def _room(self, room: str) -> _RoomList:
        listed = self._rooms.get(room)
        if listed is None:
            listed = self._rooms[room] = _RoomList(self._heads.pop(room, 0))
        return listed

    @staticmethod
    def _recipients(listed: _RoomList) -> Recipients:
        if listed.snapshot is None:
            by_dialect: dict[Dialect, list[Client]] = {dialect: [] for dialect in Dialect}
            for client in listed.clients:
                by_dialect[client.dialect].append(client)
            listed.snapshot = Recipients(
                tuple(by_dialect[Dialect.CHAT_V1]),
                tuple(by_dialect[Dialect.PLAIN]),
                tuple(by_dialect[Dialect.PLAIN_NAMED]),
                tuple(by_dialect[Dialect.LINES]),
            )
        return listed.snapshot


def _among(client: Client, recipients: Recipients | None) -> bool:
    return recipients is not None and any(client in some for some in recipients)
