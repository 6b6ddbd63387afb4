"""One run of the laboratory: its server, its eight clients and what befalls them, from the start to the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread

import msgspec

from .bugs import Act, Bug, Switches
from .clients import Habit, LabClient
from .doors import Doors
from .members import Members
from .server import Server

CLIENTS = (
    ("Ana", Habit.STEADY),
    ("Bia", Habit.STEADY),
    ("Caio", Habit.STEADY),
    ("Davi", Habit.STEADY),
    ("Eva", Habit.STEADY),
    ("Fábio", Habit.SLEEPER),
    ("Gil", Habit.TRAIN),
    ("Hugo", Habit.PHONE),
)
GLANCE = 0.1  # seconds between two looks at the weather
SLEEP_EVERY, SLEEP = 5.0, 2.0  # seconds
TUNNEL_EVERY, TUNNEL = 2.0, 0.4
MOVE_EVERY = 5.0


class ClientState(msgspec.Struct):
    """A client's counts since the start, delays of the last second in ms, and the bytes that wait for it."""

    number: int
    name: str
    habit: Habit
    state: str
    delivered: int
    missing: int
    doubled: int
    broken: int
    delay: float
    delay_max: float
    waiting: int


class SwitchState(msgspec.Struct):
    """A bug, whether it is on, and what is measured of it."""

    name: Bug
    on: bool
    figures: dict[str, float]


class Overall(msgspec.Struct):
    """Of the last second: messages that were read, writing system calls for each, and µs of the sender a message."""

    deliveries: float = 0.0
    calls: float = 0.0
    cpu: float = 0.0


class State(msgspec.Struct):
    """What `/lab/state` says."""

    running: bool
    clients: list[ClientState]
    switches: list[SwitchState]
    overall: Overall


class Room:
    """A run. It asks `over` all the time whether it is wanted no more, and then ends by itself."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        weather: bool,
        over: Callable[[Room], bool],
    ):
        self._clock = clock
        self._weather = weather
        self._over = over
        self._stopped = Event()
        self.switches = Switches()
        self._members = Members(self.switches)
        self._server = Server(self.switches, self._members, stopped=self._stopped, clock=clock)
        self._doors = Doors(self._members, stopped=self._stopped, clock=clock)
        self._clients = [
            LabClient(number, name, habit, self._server.connect, stopped=self._stopped, clock=clock)
            for number, (name, habit) in enumerate(CLIENTS, 1)
        ]
        weatherman = Thread(target=self._watch_weather, name="lab-weather", daemon=True)
        self._threads = [*self._server.threads, self._doors.thread, weatherman]
        self._threads += [client.thread for client in self._clients]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float) -> None:
        """Ends all of it, and waits for that."""
        self._stopped.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def suffer(self, number: int, act: Act) -> None:
        self._clients[number - 1].suffer(act)

    def state(self) -> State:
        return State(
            running=True,
            clients=[_state_of(client) for client in self._clients],
            switches=[SwitchState(bug, bug in self.switches, figures) for bug, figures in self._figures().items()],
            overall=Overall(self._deliveries(), self._calls(), self._server.cpu.mean()),
        )

    def _figures(self) -> dict[Bug, dict[str, float]]:
        server, dead = self._server, self._server.dead()
        missing, doubled = self._doors.wrong
        return {
            Bug.UNDER_LOCK: {"silence": 1_000 * max(client.silence for client in self._clients)},
            Bug.BARE_LIST: {"wrong": missing + doubled, "missing": missing, "doubled": doubled},
            Bug.TWO_WRITERS: {"broken": sum(client.broken_now.total() for client in self._clients)},
            Bug.NO_HEARTBEAT: {"oldest": max(dead, default=0.0), "dead": len(dead)},
            Bug.NO_RESUME: {"lost": sum(client.lost_now.total() for client in self._clients)},
            Bug.ENCODE_EACH: {"cpu": server.encoding.mean(), "encodings": server.encodings.mean()},
            Bug.CALL_EACH: {"calls": self._calls(), "deliveries": self._deliveries()},
        }

    def _deliveries(self) -> float:
        return sum(len(client.delays.numbers()) for client in self._clients)

    def _calls(self) -> float:
        deliveries = self._deliveries()
        return self._server.calls.total() / deliveries if deliveries else 0.0

    def _watch_weather(self) -> None:
        now = self._clock()
        sleep_at, tunnel_at, move_at = now + SLEEP_EVERY / 2, now + TUNNEL_EVERY, now + MOVE_EVERY
        while not self._stopped.wait(GLANCE):
            now = self._clock()
            if self._over(self):
                self._stopped.set()
            elif self._weather:
                sleep_at = self._befall(Habit.SLEEPER, sleep_at, SLEEP_EVERY, lambda client: client.sleep(SLEEP))
                tunnel_at = self._befall(Habit.TRAIN, tunnel_at, TUNNEL_EVERY, lambda client: client.go_away(TUNNEL))
                if not self._server.crowded:
                    move_at = self._befall(Habit.PHONE, move_at, MOVE_EVERY, LabClient.move)

    def _befall(self, habit: Habit, due: float, every: float, befall: Callable[[LabClient], None]) -> float:
        """Lets it happen if it is due; gives when it is due next."""
        now = self._clock()
        if now < due:
            return due
        for client in self._clients:
            if client.habit is habit:
                if client.state != "reading":
                    return due  # it has other troubles now
                befall(client)
        return now + every


def _state_of(client: LabClient) -> ClientState:
    delay, longest = client.delay()
    return ClientState(
        number=client.number,
        name=client.name,
        habit=client.habit,
        state=client.state,
        delivered=client.delivered,
        missing=client.missing,
        doubled=client.doubled,
        broken=client.broken,
        delay=delay,
        delay_max=longest,
        waiting=client.waiting,
    )
