"""The load generator: one process of its own that reads what to do (JSON, a Spec) from stdin and prints what it saw.

    python -m tests.bench.load < spec.json

Standard library only. It never parses what it counts; `ear.py` and `pump.py` say how that stays cheap.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import machine, wire
from .crowd import Crowd
from .ear import Client, Ear
from .pump import Pump, clock

WATCHERS = 10  # clients besides the senders that are read at once, to measure what those who only listen get
STALLED_BUFFER = 4_096  # bytes asked of the kernel for a client that never reads; it doubles them
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


class Load:
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

    def __init__(self, load: Load):
        self._load = load
        self._start = clock(), self._count(), machine.cpu_seconds(load.spec.pids), machine.own_cpu_seconds()

    def close(self) -> Result:
        end = clock(), self._count(), machine.cpu_seconds(self._load.spec.pids), machine.own_cpu_seconds()
        seconds, deliveries, server, own = (after - before for after, before in zip(end, self._start, strict=True))
        return {
            "deliveries_per_second": deliveries / seconds,
            "messages_per_second": deliveries / seconds / len(self._load.clients) * len(self._load.spec.rooms),
            "server_us_per_delivery": server / deliveries * 1e6 if deliveries else None,
            "server_cores": server / seconds,
            "generator_cores": own / seconds,
        }

    def _count(self) -> int:
        return sum(client.count for client in self._load.clients)


def saturate(load: Load) -> None:
    """Each sender keeps its messages in flight, and sends another for each that is back."""
    spec = load.spec
    raw = {sender.number: load.dialect.message(sender.number, 0, spec.size) for sender in load.senders}
    for sender in load.senders:
        sender.listen_for_echoes()
    load.connect()
    load.pump.watch(load.senders, load.clients[spec.senders :])
    for sender in load.senders:
        if sender.open:
            sender.send(raw[sender.number] * spec.in_flight)
            load.sent[sender.room] += spec.in_flight

    def run(until: float) -> None:
        while clock() < until:
            for sender in load.pump.turn(until):
                if sender.echoes:
                    sender.send(raw[sender.number] * sender.echoes)
                    load.sent[sender.room] += sender.echoes
                    sender.echoes = 0

    run(clock() + spec.warmup)
    window = Window(load)
    run(clock() + spec.seconds)
    load.result |= window.close()
    load.drain()
    load.verify()


class Steady:
    """Messages at a fixed rate, whatever the server does; latency counts from when each was due."""

    def __init__(self, load: Load):
        self._load = load
        self._prompt = load.clients[: load.spec.senders]
        others = load.clients[load.spec.senders :]
        watchers = others[:: max(1, len(others) // WATCHERS)][:WATCHERS]
        self._prompt = [*load.senders, *watchers]
        self._swept = [client for client in others if client not in watchers]
        self._due: list[float] = []
        self._seen = {client.number: 0 for client in self._prompt}
        for client in load.clients:
            client.listen_for_numbers()

    def watch(self) -> None:
        self._load.pump.watch(self._prompt, self._swept, steady=True)

    def run(self, seconds: float) -> Result:
        """The warm-up, then `seconds` that are measured; what does not come counts with the time it was waited for."""
        load, spec = self._load, self._load.spec
        latencies: list[float] = []
        first = len(self._due) + round(spec.warmup * spec.rate)
        last = first + round(seconds * spec.rate)
        start = clock() - len(self._due) / spec.rate
        window: Window | None = None
        while len(self._due) < last:
            due = start + len(self._due) / spec.rate
            if clock() >= due:
                if len(self._due) == first:
                    window = Window(load)
                self._send(due)
            else:
                self._note(load.pump.turn(due), first, latencies)
        measured = window.close() if window else {}
        load.drain(lambda heard: self._note(heard, first, latencies))
        latencies += self._missing(first)
        latencies.sort()
        measured["p50_ms"] = latencies[len(latencies) // 2] * 1e3
        measured["p99_ms"] = latencies[len(latencies) * 99 // 100] * 1e3
        return measured

    def check_order(self) -> None:
        """Each sender's messages in the order sent, and the same order of all for everybody."""
        torn = different = 0
        longest: dict[int, list[tuple[int, int]]] = {}
        for client in self._load.clients:
            got = client.numbers
            by_sender: dict[int, int] = {}
            for sender, number in got:
                if by_sender.get(sender, -1) > number:
                    torn += 1
                    break
                by_sender[sender] = number
            model = longest.setdefault(client.room, got)
            different += model[: len(got)] != got[: len(model)]
        if torn:
            self._load.fault(f"{torn} clients got a sender's messages out of order")
        if different:
            self._load.fault(f"{different} clients got another order than others")

    def _send(self, due: float) -> None:
        number = len(self._due)
        sender = self._load.senders[number % len(self._load.senders)]
        self._due.append(due)
        sender.send(self._load.dialect.message(sender.number, number, self._load.spec.size))
        self._load.sent[sender.room] += 1

    def _note(self, heard: list[Client], first: int, latencies: list[float]) -> None:
        now = clock()
        for client in heard:
            seen = self._seen[client.number]
            latencies += [now - self._due[number] for _, number in client.numbers[seen:] if number >= first]
            self._seen[client.number] = len(client.numbers)

    def _missing(self, first: int) -> list[float]:
        now = clock()
        missing: list[float] = []
        for client in self._prompt:
            got = {number for _, number in client.numbers}
            missing += [now - due for number, due in enumerate(self._due) if number >= first and number not in got]
        return missing


def steady(load: Load) -> None:
    """Latency at a fixed rate."""
    measure = Steady(load)
    load.connect()
    measure.watch()
    load.result |= measure.run(load.spec.seconds)
    load.verify()
    measure.check_order()


def stalled(load: Load) -> None:
    """The same without and then with some that never read."""
    spec = load.spec
    measure = Steady(load)
    load.connect()
    measure.watch()
    calm = measure.run(spec.seconds)
    before = machine.resident(spec.pids)
    sleepers = [Client(spec.clients + number, 0) for number in range(spec.stalled)]
    load.crowd.connect(sleepers, receive_buffer=STALLED_BUFFER)
    load.result |= measure.run(spec.seconds * 2)
    load.result |= {"calm_p50_ms": calm["p50_ms"], "calm_p99_ms": calm["p99_ms"]}
    load.result["p99_ratio"] = load.result["p99_ms"] / calm["p99_ms"]
    load.result["grown_mib"] = (machine.resident(spec.pids) - before) / 1024
    load.verify()
    measure.check_order()
    waking = clock() + QUIET
    while clock() < waking and any(sleeper.open for sleeper in sleepers):
        for sleeper in sleepers:
            if sleeper.open:
                load.ear.read(sleeper)
    load.result["stalled_dropped"] = sum(not sleeper.open for sleeper in sleepers)


def connect(load: Load) -> None:
    """How fast they get in, and what memory each takes; then one message, to see that all are in."""
    spec = load.spec
    before = machine.resident(spec.pids), machine.kernel_memory(), machine.cpu_seconds(spec.pids)
    load.connect()
    cpu = machine.cpu_seconds(spec.pids) - before[2]
    inside = sum(client.open for client in load.clients) or 1
    load.pump.watch([], load.clients)
    load.result |= {
        "connects_per_second": inside / load.result["connect_seconds"],
        "server_ms_per_connect": cpu / inside * 1e3,
        "resident_kib": (machine.resident(spec.pids) - before[0]) / inside,
        "kernel_kib": (machine.kernel_memory() - before[1]) / inside,
    }
    sender = next((client for client in load.clients if client.open), load.clients[0])
    sender.send(load.dialect.message(sender.number, 0, spec.size))
    load.sent[sender.room] += 1
    load.drain()
    load.verify()


def storm(load: Load) -> None:
    """All are cut at once, messages are posted meanwhile, and all come back at once; timed from the cut."""
    spec = load.spec
    answers: list[bytes] = []
    poster, crowd = load.clients[0], load.clients[1:]
    poster.listen_for_echoes()
    load.crowd.connect([poster])
    if spec.resume:
        load.crowd.resume(crowd, None, answers)
    else:
        load.crowd.connect(crowd)
    known = max((json.loads(answer)["head"] for answer in answers), default=None)
    answers.clear()
    load.pump.watch([poster], [])
    cut = clock()
    load.crowd.cut(crowd)
    poster.send(load.dialect.message(0, 0, spec.size) * spec.missed)
    while poster.count < spec.missed and poster.open and clock() - cut < DRAIN:
        load.pump.turn(clock() + 0.05)
    away = clock()
    if spec.resume:
        load.crowd.resume(crowd, known, answers)
    else:
        load.crowd.connect(crowd, at_once=len(crowd))
    load.result |= {"back_seconds": clock() - cut, "connect_seconds": clock() - away}
    back = sum(client.open for client in crowd)
    if back < len(crowd):
        load.fault(f"{len(crowd) - back} clients not back ({', '.join(+load.crowd.reasons)})")
    if spec.resume:
        load.result["resumed"] = sum(_is_whole(json.loads(answer), known, spec.missed) for answer in answers)
        if load.result["resumed"] < len(crowd):
            load.fault(f"{len(crowd) - load.result['resumed']} clients did not get all they missed")


def _is_whole(joined: Result, known: int | None, missed: int) -> bool:
    """Exactly the events after the one that was known, in order."""
    start = (known or 0) + 1
    return not joined["gap"] and [event["seq"] for event in joined["events"]] == [*range(start, start + missed)]


MODES: dict[str, Callable[[Load], None]] = {
    "saturate": saturate,
    "steady": steady,
    "stalled": stalled,
    "connect": connect,
    "storm": storm,
}


def run(spec: Spec) -> Result:
    """Carries out one run in this process."""
    load = Load(spec)
    try:
        MODES[spec.mode](load)
    finally:
        load.crowd.cut(load.clients)
        load.pump.close()
    return load.result


def main() -> None:
    spec = Spec(**json.load(sys.stdin))
    if spec.core is not None:
        os.sched_setaffinity(0, {spec.core})
    machine.raise_open_files()
    gc.disable()  # nothing here makes cycles, and a collection would look like the server's latency
    json.dump(run(spec), sys.stdout)


if __name__ == "__main__":
    main()
