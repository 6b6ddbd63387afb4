"""Keeps all clients read: a few as soon as something comes, the others in sweeps, so that one read takes many messages.

To be woken for every message of every client would cost the generator more than sending them costs most servers.
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence

from .ear import Client, Ear

SWEEP_LEAST = 0.008  # seconds from the start of one sweep to the start of the next
SWEEP_PER_CLIENT = 20e-6  # seconds: a crowd is swept more seldom, 5,000 clients every 0.1 s; a read takes 1 to 5 us
SWEEP_STEADY = 0.1  # seconds: at a few messages a second nobody's buffer fills, and a sweep would delay who measures
SLICE = 16  # clients read in a row before the prompt ones are looked at again

clock = time.perf_counter


class Pump:
    """Owns the epoll. It is made before the sockets are, because select() takes small file numbers only."""

    def __init__(self, ear: Ear):
        self._ear = ear
        self._poll = select.epoll()
        self._prompt: dict[int, Client] = {}
        self._swept: list[Client] = []
        self._next = 0  # in the list of the swept, where the sweep goes on
        self._next_sweep = 0.0
        self._interval = SWEEP_LEAST

    def close(self) -> None:
        self._poll.close()

    def watch(self, prompt: Sequence[Client], swept: Sequence[Client], *, steady: bool = False) -> None:
        """Only clients that are in."""
        for client in prompt:
            if client.open:
                self._prompt[client.sock.fileno()] = client
                self._poll.register(client.sock, select.EPOLLIN)
        self._swept = [client for client in swept if client.open]
        self._interval = SWEEP_STEADY if steady else max(SWEEP_LEAST, len(swept) * SWEEP_PER_CLIENT)
        self._next = len(self._swept)

    def turn(self, until: float) -> list[Client]:
        """Reads a slice of a sweep if one is due, waits until then at most, and gives the prompt ones that it read."""
        now = clock()
        if self._next < len(self._swept):
            until = now
            self._sweep_on()
        elif now >= self._next_sweep:
            self._next_sweep = now + self._interval
            self._next = 0
            until = now
            self._send_what_was_left()
        events = self._poll.poll(0)
        if not events and (wait := min(until, self._next_sweep) - now) > 0:
            select.select([self._poll], [], [], wait)  # in microseconds; epoll's own wait is in milliseconds
            events = self._poll.poll(0)
        heard = []
        for number, _ in events:
            client = self._prompt[number]
            if self._ear.read(client):
                heard.append(client)
            elif not client.open:
                self._poll.unregister(number)
        return heard

    def _sweep_on(self) -> None:
        for client in self._swept[self._next : self._next + SLICE]:
            if client.open:
                self._ear.read(client)
        self._next += SLICE

    def _send_what_was_left(self) -> None:
        for client in self._prompt.values():
            if client.open and client.unsent:
                client.send(b"")
