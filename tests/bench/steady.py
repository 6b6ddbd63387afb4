"""Messages at a fixed rate, whatever the server does: latency, order, and what some who never read do to the others."""

from __future__ import annotations

from . import machine
from .ear import Client
from .pump import clock
from .trial import QUIET, Result, Trial, Window

WATCHERS = 10  # clients besides the senders that are read at once, to measure what those who only listen get
STALLED_BUFFER = 4_096  # bytes asked of the kernel for a client that never reads; it doubles them


class Steady:
    """Messages at a fixed rate, whatever the server does; latency counts from when each was due."""

    def __init__(self, trial: Trial):
        self._trial = trial
        others = trial.clients[trial.spec.senders :]
        watchers = others[:: max(1, len(others) // WATCHERS)][:WATCHERS]
        self._prompt = [*trial.senders, *watchers]
        self._swept = [client for client in others if client not in watchers]
        self._due: list[float] = []
        self._seen = {client.number: 0 for client in self._prompt}
        for client in trial.clients:
            client.listen_for_numbers()

    def watch(self) -> None:
        self._trial.pump.watch(self._prompt, self._swept, steady=True)

    def run(self, seconds: float) -> Result:
        """The warm-up, then `seconds` that are measured; what does not come counts with the time it was waited for."""
        trial, spec = self._trial, self._trial.spec
        latencies: list[float] = []
        first = len(self._due) + round(spec.warmup * spec.rate)
        last = first + round(seconds * spec.rate)
        start = clock() - len(self._due) / spec.rate
        window: Window | None = None
        while len(self._due) < last:
            due = start + len(self._due) / spec.rate
            if clock() >= due:
                if len(self._due) == first:
                    window = Window(trial)
                self._send(due)
            else:
                self._note(trial.pump.turn(due), first, latencies)
        measured = window.close() if window else {}
        trial.drain(lambda heard: self._note(heard, first, latencies))
        latencies += self._missing(first)
        latencies.sort()
        measured["p50_ms"] = latencies[len(latencies) // 2] * 1e3
        measured["p99_ms"] = latencies[len(latencies) * 99 // 100] * 1e3
        return measured

    def check_order(self) -> None:
        """Each sender's messages in the order sent, and the same order of all for everybody."""
        torn = different = 0
        models: dict[int, list[tuple[int, int]]] = {}
        for client in self._trial.clients:
            got = client.numbers
            by_sender: dict[int, int] = {}
            for sender, number in got:
                if by_sender.get(sender, -1) > number:
                    torn += 1
                    break
                by_sender[sender] = number
            model = models.setdefault(client.room, got)
            in_both = set(model) & set(got)
            different += [one for one in model if one in in_both] != [one for one in got if one in in_both]
        if torn:
            self._trial.fault(f"{torn} clients got a sender's messages out of order")
        if different:
            self._trial.fault(f"{different} clients got another order than others")

    def _send(self, due: float) -> None:
        number = len(self._due)
        sender = self._trial.senders[number % len(self._trial.senders)]
        self._due.append(due)
        sender.send(self._trial.dialect.message(sender.number, number, self._trial.spec.size))
        self._trial.sent[sender.room] += 1

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


def steady(trial: Trial) -> None:
    """Latency at a fixed rate."""
    measure = Steady(trial)
    trial.connect()
    measure.watch()
    trial.result |= measure.run(trial.spec.seconds)
    trial.verify()
    measure.check_order()


def stalled(trial: Trial) -> None:
    """The same without and then with some that never read."""
    spec = trial.spec
    measure = Steady(trial)
    trial.connect()
    measure.watch()
    calm = measure.run(spec.seconds)
    before = machine.resident(spec.pids)
    sleepers = [Client(spec.clients + number, 0) for number in range(spec.stalled)]
    trial.crowd.connect(sleepers, receive_buffer=STALLED_BUFFER)
    trial.result |= measure.run(spec.seconds * 2)
    trial.result |= {"calm_p50_ms": calm["p50_ms"], "calm_p99_ms": calm["p99_ms"]}
    trial.result["p99_ratio"] = trial.result["p99_ms"] / calm["p99_ms"]
    trial.result["grown_mib"] = (machine.resident(spec.pids) - before) / 1024
    trial.verify()
    measure.check_order()
    waking = clock() + QUIET
    while clock() < waking and any(sleeper.open for sleeper in sleepers):
        for sleeper in sleepers:
            if sleeper.open:
                trial.ear.read(sleeper)
    trial.result["stalled_dropped"] = sum(not sleeper.open for sleeper in sleepers)
