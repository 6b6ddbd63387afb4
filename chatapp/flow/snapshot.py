"""How everything stands at one moment: the clients, the rooms, the threads, the lock, the outboxes, the counters."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from ..live.fanout import FanOut
from ..live.frames import Concealed, whole
from ..live.hub import Client, Hub
from ..live.outbox import Outbox
from ..lock import EDGES, MeasuredLock
from ..log.journal import Journal
from ..model import Person
from ..tap import SECOND
from .threads import Activity, Threads, give_way
from .viewer import Viewer
from .words import ClientSeen, Counters, HoldingSeen, LockSeen, RoomSeen, Snapshot, ThreadSeen

LISTED = 500  # clients and threads told of; the totals count all
ROOMS_LISTED = 200
MEASURE_EVERY = 20.0  # seconds between two measurements of a client's round-trip time


class RoundTrips:
    """Round-trip times of clients, each measured again only after MEASURE_EVERY seconds.

    The kernel corrects a round-trip time at every segment that is acknowledged. Shown at once, it would tell to whom
    something was sent that nobody else got: their own anonymous vote.
    """

    def __init__(self) -> None:
        self._measured: dict[int, tuple[float, int | None]] = {}  # by client number: when (monotonic seconds), and µs

    def look(self, clients: Iterable[Client], now: float) -> None:
        """Measures what is due; forgets the clients that are not among these."""
        before = self._measured
        self._measured = {}
        for client in clients:
            kept = before.get(client.number)
            if kept is None or now - kept[0] >= MEASURE_EVERY:
                kept = (now, client.outbox.round_trip)
            self._measured[client.number] = kept

    def of(self, client: Client) -> int | None:
        """µs, or None where it was not measured."""
        return self._measured.get(client.number, (0.0, None))[1]


class Scene:
    """Takes the snapshots. One look serves every viewer; what each may see of it differs."""

    def __init__(self, *, hub: Hub, fanout: FanOut, journal: Journal, known: Callable[[Person], Person]):
        self._known = known  # a person under the name they go by now
        self._hub = hub
        self._fanout = fanout
        self._journal = journal
        self._threads = Threads()
        self._round_trips = RoundTrips()
        self._at = 0
        self.clients_total = 0
        self._clients: list[tuple[Client, list[str]]] = []
        self._rooms: list[tuple[str, int, int]] = []
        self._active: list[Activity] = []

    @property
    def messages(self) -> int:
        """Told since the server's start."""
        return self._fanout.counts.messages

    @property
    def names(self) -> dict[int, str]:
        """The threads' names by their idents, as they were at the last look."""
        return {one.ident: one.name for one in self._active}

    @property
    def age(self) -> float:
        """Seconds since the last look."""
        return (time.monotonic_ns() - self._at) / SECOND

    def look(self) -> None:
        self._at = time.monotonic_ns()
        self.clients_total, self._clients, self._rooms = self._hub.seats(LISTED)
        self._round_trips.look([client for client, _ in self._clients], time.monotonic())
        self._active = self._threads.look(self._at, {client.thread for client, _ in self._clients})

    def client(self, number: int) -> Client | None:
        """The client of that number, if it is here."""
        return next((client for client in self._hub.clients() if client.number == number), None)

    def snapshot(
        self, viewer: Viewer, *, watchers: int, dropped: int = 0, messages_seen: int = 0, messages_told: int = 0
    ) -> Snapshot:
        """What the last look found, as that viewer may see it."""
        counts = self._fanout.counts
        native = {one.ident: one.native for one in self._active}
        owners = {client.thread: client.number for client, _ in self._clients}
        return Snapshot(
            t=micros(self._at),
            watchers=watchers,
            clients_total=self.clients_total,
            threads_total=len(self._active),
            clients=list(self._seen(native, viewer)),
            rooms=[RoomSeen(*room) for room in self._rooms[:ROOMS_LISTED]],
            threads=[_thread(one, owners, self._at) for one in self._active[:LISTED]],
            kinds=dict(Counter(one.kind for one in self._active)),
            lock=_lock(self._hub.lock, self.names),
            counters=Counters(
                messages=counts.messages,
                commits=self._journal.commits,
                rounds=counts.rounds,
                deliveries=counts.deliveries,
                sends=counts.offers,
                bytes_out=counts.bytes,
                evictions=counts.evictions,
                dropped=dropped,
                messages_seen=messages_seen,
                messages_told=messages_told,
            ),
        )

    def _seen(self, native: dict[int, int], viewer: Viewer) -> Iterator[ClientSeen]:
        for number, (client, rooms) in enumerate(self._clients):
            give_way(number)
            round_trip = self._round_trips.of(client)
            yield _client(client, self._known(client.person), rooms, native, round_trip, viewer)


def micros(nanoseconds: int) -> int:
    return nanoseconds // 1_000


def _client(
    client: Client,
    person: Person,
    rooms: list[str],
    native: dict[int, int],
    round_trip: int | None,
    viewer: Viewer,
) -> ClientSeen:
    host, port = client.address
    return ClientSeen(
        id=client.number,
        name=person.name if viewer.sees(person.id) else None,
        who=viewer.hash(person.id),
        own=person.id == viewer.person,
        dialect=client.dialect.value,
        address=f"{host}:{port}" if host else None,
        rooms=rooms,
        thread=native.get(client.thread),
        waiting=_waiting(client.outbox),
        rtt_us=round_trip,
        since_us=micros(time.monotonic_ns() - int(client.since * SECOND)),
    )


def _waiting(outbox: Outbox) -> int:
    """Bytes that wait, without those of concealed frames."""
    if not outbox.waiting:
        return 0
    return sum(len(frames) for frames in outbox.left() if not isinstance(whole(frames), Concealed))


def _thread(one: Activity, owners: dict[int, int], now: int) -> ThreadSeen:
    return ThreadSeen(
        id=one.native,
        name=one.name,
        kind=one.kind,
        client=owners.get(one.ident),
        doing=one.doing,
        for_us=micros(now - one.since),
    )


def _lock(lock: MeasuredLock, names: dict[int, str]) -> LockSeen:
    holder = lock.holder
    return LockSeen(
        acquisitions=lock.acquisitions,
        contended=lock.contended,
        edges_us=EDGES,
        waited=list(lock.waited),
        held=list(lock.held),
        holder=names.get(holder, "") if holder else None,
        last=[
            HoldingSeen(micros(one.at), names.get(one.thread, ""), one.what, one.waited / 1_000, one.held / 1_000)
            for one in list(lock.last)
        ],
    )
