"""What a run can be besides steady: saturated, a crowd that connects, a storm of reconnects."""

from __future__ import annotations

import json

from . import machine
from .pump import clock
from .trial import DRAIN, Result, Trial, Window


def saturate(trial: Trial) -> None:
    """Each sender keeps its messages in flight, and sends another for each that is back."""
    spec = trial.spec
    raw = {sender.number: trial.dialect.message(sender.number, 0, spec.size) for sender in trial.senders}
    for sender in trial.senders:
        sender.listen_for_echoes()
    trial.connect()
    trial.pump.watch(trial.senders, trial.clients[spec.senders :])
    for sender in trial.senders:
        if sender.open:
            sender.send(raw[sender.number] * spec.in_flight)
            trial.sent[sender.room] += spec.in_flight

    def run(until: float) -> None:
        while clock() < until:
            for sender in trial.pump.turn(until):
                if sender.echoes:
                    sender.send(raw[sender.number] * sender.echoes)
                    trial.sent[sender.room] += sender.echoes
                    sender.echoes = 0

    run(clock() + spec.warmup)
    window = Window(trial)
    run(clock() + spec.seconds)
    trial.result |= window.close()
    trial.drain()
    trial.verify()


def connect(trial: Trial) -> None:
    """How fast they get in, and what memory each takes; then one message, to see that all are in."""
    spec = trial.spec
    before = machine.resident(spec.pids), machine.kernel_memory(), machine.cpu_seconds(spec.pids)
    trial.connect()
    cpu = machine.cpu_seconds(spec.pids) - before[2]
    inside = sum(client.open for client in trial.clients) or 1
    trial.pump.watch([], trial.clients)
    trial.result |= {
        "connects_per_second": inside / trial.result["connect_seconds"],
        "server_ms_per_connect": cpu / inside * 1e3,
        "resident_kib": (machine.resident(spec.pids) - before[0]) / inside,
        "kernel_kib": (machine.kernel_memory() - before[1]) / inside,
    }
    sender = next((client for client in trial.clients if client.open), trial.clients[0])
    sender.send(trial.dialect.message(sender.number, 0, spec.size))
    trial.sent[sender.room] += 1
    trial.drain()
    trial.verify()


def storm(trial: Trial) -> None:
    """All are cut at once, messages are posted meanwhile, and all come back at once; timed from the cut."""
    spec = trial.spec
    answers: list[bytes] = []
    poster, crowd = trial.clients[0], trial.clients[1:]
    poster.listen_for_echoes()
    trial.crowd.connect([poster])
    if spec.resume:
        trial.crowd.resume(crowd, None, answers)
    else:
        trial.crowd.connect(crowd)
    known = max((json.loads(answer)["head"] for answer in answers), default=None)
    answers.clear()
    trial.pump.watch([poster], [])
    cut = clock()
    trial.crowd.cut(crowd)
    poster.send(trial.dialect.message(0, 0, spec.size) * spec.missed)
    while poster.count < spec.missed and poster.open and clock() - cut < DRAIN:
        trial.pump.turn(clock() + 0.05)
    away = clock()
    if spec.resume:
        trial.crowd.resume(crowd, known, answers)
    else:
        trial.crowd.connect(crowd, at_once=len(crowd))
    trial.result |= {"back_seconds": clock() - cut, "connect_seconds": clock() - away}
    back = sum(client.open for client in crowd)
    if back < len(crowd):
        trial.fault(f"{len(crowd) - back} clients not back ({', '.join(+trial.crowd.reasons)})")
    if spec.resume:
        trial.result["resumed"] = sum(_is_whole(json.loads(answer), known, spec.missed) for answer in answers)
        if trial.result["resumed"] < len(crowd):
            trial.fault(f"{len(crowd) - trial.result['resumed']} clients did not get all they missed")


def _is_whole(joined: Result, known: int | None, missed: int) -> bool:
    """Exactly the events after the one that was known, in order."""
    start = (known or 0) + 1
    return not joined["gap"] and [event["seq"] for event in joined["events"]] == [*range(start, start + missed)]
