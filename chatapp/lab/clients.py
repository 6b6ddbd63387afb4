"""The laboratory's clients: each a thread that reads its end of a socket pair and counts what arrives and what not."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from enum import StrEnum
from statistics import median
from threading import Event, Thread

from .bugs import Act
from .meters import Window
from .server import Connection
from .wire import PONG, Broken, Closed, Frames, Here, Joined, Message, Ping

STEP = 0.05  # seconds that a client waits until it looks whether something was done to it
READ = 65_536  # bytes read at once
SLOW_READ = 200  # bytes a step for a slow one: 4 KB a second, while 10 KB come
SILENT = 5.0  # seconds that a silence is remembered: a tab that sleeps makes one all five
FRESH = 3.0  # seconds that what went wrong counts as happening now

Connect = Callable[[int, int | None], tuple[socket.socket, Connection] | None]


class Habit(StrEnum):
    """What befalls a client by itself. Nobody but the client itself should notice."""

    STEADY = "steady"  # nothing
    SLEEPER = "sleeper"  # a tab that sleeps and wakes
    TRAIN = "train"  # whose connection breaks in every tunnel, and comes back
    PHONE = "phone"  # that changes networks: the old connection is dead, but nobody says so


class LabClient:
    """One simulated client. Its thread owns its sockets and its counts; others only ask for things to happen."""

    def __init__(
        self, number: int, name: str, habit: Habit, connect: Connect, *, stopped: Event, clock: Callable[[], float]
    ):
        self.number = number
        self.name = name
        self.habit = habit
        self._connect = connect
        self._stopped = stopped
        self._clock = clock
        self._act = Act.BACK
        self._asleep_until = 0.0
        self._away_until = 0.0
        self._moving = False
        self._sock: socket.socket | None = None
        self._connection: Connection | None = None
        self._abandoned: list[socket.socket] = []
        self._frames = Frames()
        self._joined = False
        self._last: int | None = None
        self._heard_at = 0.0
        self._beaten_at = 0.0
        self.delivered = self.missing = self.doubled = self.broken = 0
        self.delays = Window(clock)  # ms from being said to being read
        self._gaps = Window(clock, SILENT)  # seconds between two messages
        self.lost_now = Window(clock, FRESH)
        self.broken_now = Window(clock, FRESH)
        self.thread = Thread(target=self._run, name=f"lab-client-{number}", daemon=True)

    # What others ask for.

    def suffer(self, act: Act) -> None:
        self._act = act

    def sleep(self, seconds: float) -> None:
        self._asleep_until = self._clock() + seconds

    def go_away(self, seconds: float) -> None:
        self._away_until = self._clock() + seconds

    def move(self) -> None:
        """Changes networks: leaves its connection without a word and opens another one."""
        self._moving = True

    @property
    def state(self) -> str:
        if self._act is not Act.BACK:
            return {Act.FREEZE: "frozen", Act.SLOW: "slow", Act.CUT: "cut"}[self._act]
        if self._clock() < self._asleep_until:
            return "asleep"
        return "reading" if self._joined else "away"

    @property
    def silence(self) -> float:
        """The longest that it heard no message, now or within SILENT seconds, though it reads and nothing is the
        matter with it; in seconds."""
        if self.state != "reading" or self.habit is not Habit.STEADY:
            return 0.0
        return max(self._clock() - self._heard_at, *self._gaps.numbers(), 0.0)

    @property
    def waiting(self) -> int:
        connection = self._connection
        return connection.waiting if connection else 0

    def delay(self) -> tuple[float, float]:
        """The middle and the longest of the last second, in ms."""
        delays = self.delays.numbers()
        return (median(delays), max(delays)) if delays else (0.0, 0.0)

    # Its thread.

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                self._live()
        finally:
            self._hang_up()
            for sock in self._abandoned:
                sock.close()

    def _live(self) -> None:
        """One step."""
        self._swallow()
        if self._moving or self._act is Act.CUT:
            self._moving = False
            self._abandon()
        if self._act is Act.CUT:
            self._stopped.wait(STEP)
            return
        if self._clock() < self._away_until:
            self._hang_up()
            self._stopped.wait(STEP)
            return
        if self._sock is None:
            self._open()
        if self._sock is None or self._act is Act.FREEZE or self._clock() < self._asleep_until:
            self._heard_at = self._clock()  # what it does not read is no silence of the server's
            self._stopped.wait(STEP)
            return
        poller = select.poll()
        poller.register(self._sock, select.POLLIN)
        if poller.poll(STEP * 1_000):
            self._read(self._sock)
        if self._act is Act.SLOW:
            self._beat()
            self._heard_at = self._clock()
            self._stopped.wait(STEP)

    def _open(self) -> None:
        opened = self._connect(self.number, self._last)
        if opened:
            self._sock, self._connection = opened
            self._frames = Frames()

    def _read(self, sock: socket.socket) -> None:
        try:
            received = sock.recv(SLOW_READ if self._act is Act.SLOW else READ)
        except OSError:
            received = b""
        if not received:
            self._hang_up()
            return
        try:
            for event in self._frames.feed(received):
                self._take(event, sock)
                if isinstance(event, Closed):
                    self._hang_up()
                    return
        except Broken:  # as a browser would: the rest cannot be understood, and a new connection helps
            self.broken += 1
            self.broken_now.add()
            self._hang_up()

    def _take(self, event: Message | Here | Joined | Ping | Closed, sock: socket.socket) -> None:
        if isinstance(event, Message):
            self._count(event)
        elif isinstance(event, Joined):
            self._joined = True
            self._heard_at = self._clock()
            if event.after is not None:
                self._last = max(self._last or 0, event.after)
        elif isinstance(event, Ping):
            self._answer(sock)

    def _count(self, event: Message) -> None:
        now = self._clock()
        self._gaps.add(now - self._heard_at)
        self._heard_at = now
        self.delays.add((time.monotonic_ns() - event.at) / 1_000_000)
        if self._last is not None and event.seq <= self._last:
            self.doubled += 1
            return
        missed = event.seq - self._last - 1 if self._last is not None else 0
        if missed:
            self.missing += missed
            self.lost_now.add(missed)
        self._last = event.seq
        self.delivered += 1

    def _beat(self) -> None:
        """A sign of life by itself: to a ping that lies behind much else a slow client's answer comes too late."""
        if self._sock is not None and self._clock() - self._beaten_at > 10 * STEP:
            self._beaten_at = self._clock()
            self._answer(self._sock)

    def _answer(self, sock: socket.socket) -> None:
        try:
            sock.send(PONG, socket.MSG_DONTWAIT)
        except OSError:
            pass  # the server has hung up; the next read says so

    def _hang_up(self) -> None:
        if self._sock is not None:
            self._sock.close()
        self._forget()

    def _abandon(self) -> None:
        if self._sock is not None and self._connection is not None:
            self._connection.abandoned_at = self._clock()
            self._abandoned.append(self._sock)
        self._forget()

    def _forget(self) -> None:
        self._sock = self._connection = None
        self._joined = False

    def _swallow(self) -> None:
        """What is sent to where nobody is any more goes nowhere, as in a network: no buffer fills, no error comes."""
        for sock in list(self._abandoned):
            try:
                gone = not sock.recv(READ, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError:
                gone = True
            if gone:
                sock.close()
                self._abandoned.remove(sock)
