"""A laboratory that runs, and how it is looked at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chatapp.lab.bugs import Act, Bug
from chatapp.lab.lab import Lab
from chatapp.lab.room import ClientState, State

from ..actors import eventually

LONG = 30.0  # seconds until a test says that it did not happen: some take five on a machine with nothing else to do


def lab_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("lab-")]


class Bench:
    """Throws switches and reads figures, as the page does."""

    def __init__(self, lab: Lab):
        self.lab = lab

    @property
    def state(self) -> State:
        return self.lab.state()

    def on(self, bug: Bug) -> None:
        self.lab.throw(bug, on=True)

    def off(self, bug: Bug) -> None:
        self.lab.throw(bug, on=False)

    def do(self, act: Act, number: int) -> None:
        self.lab.suffer(number, act)

    def figure(self, bug: Bug, name: str) -> float:
        (switch,) = [switch for switch in self.state.switches if switch.name is bug]
        return switch.figures[name]

    def client(self, number: int) -> ClientState:
        return self.state.clients[number - 1]

    def total(self, count: str) -> int:
        """Of all clients together."""
        return sum(getattr(client, count) for client in self.state.clients)

    def all_read(self) -> None:
        """Waits until every client is there and has read something."""
        self.soon(lambda: all(each.state == "reading" and each.delivered for each in self.state.clients))

    def read_more(self, messages: int, number: int = 2) -> None:
        """Waits until that client has read so many more."""
        goal = self.client(number).delivered + messages
        self.soon(lambda: self.client(number).delivered >= goal)

    def soon(self, condition: Callable[[], Any]) -> None:
        eventually(condition, LONG)


@pytest.fixture
def make_bench() -> Iterator[Callable[..., Bench]]:
    """Makes laboratories; all have ended when the test has."""
    made: list[Lab] = []

    def make(**options: Any) -> Bench:
        made.append(Lab(clock=time.monotonic, **options))
        return Bench(made[-1])

    yield make
    for lab in made:
        lab.stop(10.0)
    assert lab_threads() == []


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    """A running one in which nothing happens by itself."""
    bench = make_bench(weather=False)
    bench.lab.reset()
    bench.all_read()
    return bench
