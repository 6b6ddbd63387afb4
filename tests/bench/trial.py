"""One run: what it is asked to do, its clients, what was sent, and whether all of it came."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import machine, wire
from .crowd import Crowd
from .ear import Client, Ear
from .pump import Pump, clock

QUIET = 2.0  # seconds without a message after which the rest counts as lost
DRAIN = 20.0  # seconds at most for what is on its way when sending stops
SETTLE = 0.5  # seconds for the server to finish what follows on its 101: some put a client into the room only then

Result = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One run. Client i is in room i modulo their number; the first clients are the senders."""

    mode: str
    port: int
    pids: list[int]
    dialect: str = "plain"
    rooms: list[str]
    clients: int
    senders: int = 1
    in_flight: int = 1  # saturate: messages of a sender whose echo is not back
    rate: float = 0.0  # steady, stalled: messages a second from all senders together
    size: int = 128  # bytes of a message's text
    seconds: float = 5.0  # of the window that is measured
    warmup: float = 1.0  # seconds before it
    stalled: int = 0  # stalled: clients that never read
    missed: int = 0  # storm: messages while everybody is away
    resume: bool = False  # storm: come back through chat.v1 and get those
    core: int | None = None  # to run on


class Trial:
    """The clients of one run, and what was sent."""

    def __init__(self, spec: Spec):
        self.spec = spec
        self.dialect = wire.DIALECTS[spec.dialect]
        self.ear = Ear(self.dialect)
        self.crowd = Crowd(spec.port, self.dialect, spec.rooms, self.ear)
        self.pump = Pump(self.ear)
        self.clients = [Client(number, number % len(spec.rooms)) for number in range(spec.clients)]
        self.senders = self.clients[: spec.senders]
        self.outside: set[Client] = set()  # those that did not get in
        self.sent: Counter[int] = Counter()  # messages, by room
        self.result: Result = {"faults": []}

    def connect(self) -> None:
        """In a shuffled order, so that those who measure have no special place in any server's list of clients."""
        order = self.clients.copy()
        random.Random(1).shuffle(order)
        self.result["connect_seconds"] = self.crowd.connect(order)
        self.outside = {client for client in self.clients if not client.open}
        cut = len(self.outside) - self.crowd.reasons.total()
        for reason, clients in [*self.crowd.reasons.items(), ("cut while others connected", cut)]:
            if clients:
                self.fault(f"{clients} clients not in ({reason})")
        time.sleep(SETTLE)

    def expected(self, client: Client) -> int:
        return self.sent[client.room]

    def drain(self, note: Callable[[list[Client]], None] = lambda heard: None) -> None:
        """Until everything is there, or nothing comes any more; `note` gets the prompt clients that were read."""
        start = moved = clock()
        before = -1
        while (now := clock()) - moved < QUIET and now - start < DRAIN:
            missing = sum(self.expected(client) - client.count for client in self.clients if client.open)
            if missing == 0 and not any(client.unsent for client in self.senders):
                break
            if missing != before:
                before, moved = missing, now
            step = clock() + 0.05
            while clock() < step:
                note(self.pump.turn(step))

    def verify(self) -> None:
        """Every client that was in has got exactly what its room was sent."""
        inside = [client for client in self.clients if client not in self.outside]
        self.result["sent"] = sum(self.sent.values())
        self.result["deliveries"] = sum(client.count for client in self.clients)
        lost = sum(max(0, self.expected(client) - client.count) for client in inside)
        extra = sum(max(0, client.count - self.expected(client)) for client in inside)
        ended = sum(not client.open for client in inside)
        for amount, what in ((lost, "deliveries lost"), (extra, "deliveries too many"), (ended, "clients cut")):
            if amount > 0:
                self.fault(f"{amount} {what}")

    def fault(self, what: str) -> None:
        self.result["faults"].append(what)


class Window:
    """Measures from its making to `close`: deliveries, and CPU time of the server and of this process."""

    def __init__(self, trial: Trial):
        self._trial = trial
        self._start = clock(), self._count(), machine.cpu_seconds(trial.spec.pids), machine.own_cpu_seconds()

    def close(self) -> Result:
        end = clock(), self._count(), machine.cpu_seconds(self._trial.spec.pids), machine.own_cpu_seconds()
        seconds, deliveries, server, own = (after - before for after, before in zip(end, self._start, strict=True))
        return {
            "deliveries_per_second": deliveries / seconds,
            "messages_per_second": deliveries / seconds / len(self._trial.clients) * len(self._trial.spec.rooms),
            "server_us_per_delivery": server / deliveries * 1e6 if deliveries else None,
            "server_cores": server / seconds,
            "generator_cores": own / seconds,
        }

    def _count(self) -> int:
        return sum(client.count for client in self._trial.clients)
