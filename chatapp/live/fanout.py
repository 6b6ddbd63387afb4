"""The fan-out: one thread that encodes each event once per dialect and offers it to every client of its room.

A round takes all that waits. While it is being written the next one gathers: the busier it gets,
the fewer system calls a delivery costs.
"""

from __future__ import annotations

import logging
import selectors
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from threading import Event as Flag
from threading import Lock

from ..model import Again, Ballot, Ephemeron, Event, Message, News, Voted
from ..tap import Round, Tap
from ..terminal import Together
from ..vitals import FAILURES_IN_A_ROW, Vitals
from . import protocol
from .ephemera import addressed
from .frames import Concealed, text_frame
from .hub import Client, Hub, Recipients
from .lines import line
from .outbox import Outbox

SLICE = 131_072  # bytes offered at once: few system calls, and little that an eviction has to finish
LISTED_RECIPIENTS = 32  # up to so many recipients, the terminal shows a line for each

log = logging.getLogger(__name__)


class _Stop:
    """Ends the thread, behind everything that came before it."""


@dataclass
class Counts:
    """What was told since the start: messages, to how many clients. An offer is a system call, but for those that read
    slowly."""

    rounds: int = 0
    messages: int = 0
    deliveries: int = 0
    offers: int = 0
    bytes: int = 0
    evictions: int = 0


class FanOut:
    """Owns the order in which clients get things, and flushes the outboxes whose sockets were full."""

    def __init__(self, hub: Hub, tap: Tap | None = None, vitals: Vitals | None = None):
        self.counts = Counts()
        self._tap = tap or Tap()
        self._counting = Lock()  # guards the count of evictions: any thread may offer too much
        self._watched: Round | None = None  # the round under way, if every delivery of it is to be noted
        self._hub = hub
        self._inbox: deque[News | Outbox | Flag | _Stop] = deque()
        self._asleep = False
        self._caught_up = Flag()  # what was published has been offered to everybody
        self._caught_up.set()
        self._thread = (vitals or Vitals()).thread("fan-out", self._run)

    def start(self) -> None:
        """Opens what the thread waits with, and starts it. Not sooner: what is opened before a server forks its
        workers is shared by them, and each would take the others' wakes."""
        self._wakes, self._bell = socket.socketpair()
        self._wakes.setblocking(False)
        self._bell.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._thread.start()

    def finish(self, timeout: float) -> None:
        """Waits until what was handed over before is offered to everybody; goes on flushing what waits."""
        if self._thread.is_alive():
            offered = Flag()
            self._put(offered)
            offered.wait(timeout)

    def stop(self, timeout: float) -> None:
        """Ends the thread."""
        if self._thread.is_alive():
            self._put(_Stop())
            self._thread.join(timeout)

    def publish(self, news: News) -> None:
        """Takes what is to be told, in this order. Never blocks."""
        self._caught_up.clear()
        if self._tap.watched and isinstance(news, list):
            self._tap.note("published", news)
        self._put(news)

    def catch_up(self, timeout: float) -> None:
        """Waits until what was published before is offered to everybody, at most `timeout` seconds: the journal
        commits no sooner what could not be told any sooner, and so commits and tells more at once."""
        self._caught_up.wait(timeout)

    def evicted(self, client: Client) -> None:
        """Says that a client was sent away, whoever offered it too much. Called under its outbox's lock."""
        with self._counting:
            self.counts.evictions += 1
        if self._tap.watched:
            self._tap.note("evicted", client)
        log.warning("Client reads too slowly, closed with 1013: %s", client.address)

    def stalled(self, outbox: Outbox) -> None:
        """Takes over an outbox whose socket is full. Called under that outbox's lock: only notes it."""
        self._put(outbox)

    def _put(self, item: News | Outbox | Flag | _Stop) -> None:
        self._inbox.append(item)
        if self._asleep:
            self._asleep = False
            try:
                self._bell.send(b"\0")
            except BlockingIOError:
                pass  # the bell is ringing already

    def _run(self) -> None:
        self._selector.register(self._wakes, selectors.EVENT_READ)
        failures = 0
        while True:
            waiting = self._take()
            if waiting:
                try:
                    if not self._round(waiting):
                        break
                    failures = 0
                except Exception:
                    failures += 1
                    if failures >= FAILURES_IN_A_ROW:
                        raise
                    log.exception("The fan-out failed in a round")
            if not self._inbox:
                self._caught_up.set()
            self._flush()
        self._selector.close()
        self._wakes.close()
        self._bell.close()

    def _take(self) -> list[News | Outbox | Flag | _Stop]:
        waiting = []
        while self._inbox:
            waiting.append(self._inbox.popleft())
        return waiting

    def _flush(self) -> None:
        """Writes to the sockets that became writable; sleeps here when nothing else waits."""
        # First say that we sleep, then look again: who puts something in between rings the bell.
        self._asleep = True
        timeout = 0 if self._inbox else None
        for key, _ in self._selector.select(timeout):
            if key.fileobj is self._wakes:
                self._wakes.recv(4_096)
            elif key.data.flush():
                self._selector.unregister(key.fd)
        self._asleep = False

    def _round(self, waiting: list[News | Outbox | Flag | _Stop]) -> bool:
        """Everything that waits, joined room by room as far as the order allows; False if it was the end."""
        by_room: dict[str, list[Event]] = {}
        for item in waiting:
            if isinstance(item, list):
                for event in item:
                    by_room.setdefault(event.room, []).append(event)
                continue
            self._events(by_room)
            if isinstance(item, _Stop):
                return False
            if isinstance(item, Flag):
                item.set()
            elif isinstance(item, Outbox):
                self._watch(item)
            elif isinstance(item, Again):
                frame = text_frame(protocol.encode(item.event))
                self._offer([Concealed(frame) if isinstance(item.event, Voted) else frame], [item.to])
            else:
                self._ephemeron(item)
        self._events(by_room)
        return True

    def _events(self, by_room: dict[str, list[Event]]) -> None:
        if not by_room:
            return
        lines: list[str] = []
        try:
            everybody = self._hub.advance({room: events[-1].seq for room, events in by_room.items()})
            self.counts.rounds += 1
            sampled = self._tap.sample()
            for told, room in zip(by_room.values(), everybody, strict=True):
                for events, recipients in _parts(told, room):
                    self._deliver(events, recipients, sampled=sampled)
                    lines += _report(len(events), recipients)
        finally:
            self._hub.delivered(by_room)
            by_room.clear()
        if lines:
            log.info(Together(lines))

    def _deliver(self, events: list[Event], recipients: Recipients, *, sampled: bool) -> None:
        everyone = sum(map(len, recipients))
        self.counts.messages += len(events)
        self.counts.deliveries += len(events) * everyone
        self._watched = watched = Round(len(events), everyone) if sampled else None
        try:
            self._encode(events, recipients)
        finally:
            self._watched = None
        if watched:
            self._tap.note("told", events, watched)

    def _encode(self, events: list[Event], recipients: Recipients) -> None:
        if recipients.chat:
            self._tell([text_frame(protocol.encode(event)) for event in events], recipients.chat)
        if recipients.plain:
            self._tell([text_frame(event.text.encode()) for event in _messages(events)], recipients.plain)
        if recipients.plain_named:
            named = [text_frame(f"{event.author.name}: {event.text}".encode()) for event in _messages(events)]
            self._tell(named, recipients.plain_named)
        if recipients.lines:
            self._tell([line(protocol.encode(event)) for event in events], recipients.lines)

    def _tell(self, frames: list[bytes], clients: Sequence[Client]) -> None:
        """Offers a room's messages, and counts that."""
        size = sum(map(len, frames))
        self.counts.offers += len(clients) * -(-size // SLICE)
        self.counts.bytes += len(clients) * size
        self._offer(frames, clients)

    def _offer(self, frames: list[bytes], clients: Sequence[Client]) -> None:
        watched = self._watched
        if watched:
            watched.encoded(sum(map(len, frames)))
        for joined in _slices(frames):
            for client in clients:
                client.outbox.offer(joined)
                if watched:
                    watched.offered(client, len(joined), client.outbox.fate)

    def _ephemeron(self, item: Ephemeron) -> None:
        news, recipients = addressed(item, self._hub)
        chatting = [client for client in recipients if client.speaks_chat]
        if chatting:
            frame = text_frame(protocol.encode(news))
            self._offer([Concealed(frame) if isinstance(item, Ballot) else frame], chatting)

    def _watch(self, outbox: Outbox) -> None:
        if outbox.flush():
            return
        descriptor = outbox.fileno()
        try:
            if descriptor in self._selector.get_map():
                self._selector.unregister(descriptor)  # of a client that has left; the number was given again
            self._selector.register(descriptor, selectors.EVENT_WRITE, outbox)
        except (OSError, ValueError):
            pass  # the client has left just now and its socket is closed


def _parts(events: list[Event], room: Recipients) -> Iterator[tuple[list[Event], Recipients]]:
    """What happened in a room, in order, with who hears it: plain clients hear of messages only."""
    if not (room.plain or room.plain_named) or len(_messages(events)) == len(events):
        yield events, room
        return
    for are_messages, part in groupby(events, lambda event: isinstance(event, Message)):
        yield list(part), room if are_messages else room._replace(plain=(), plain_named=())


def _messages(events: list[Event]) -> list[Message]:
    return [event for event in events if isinstance(event, Message)]


def _slices(frames: list[bytes]) -> Iterator[bytes]:
    """The frames joined, in one piece or, if they are much, in several that are cut between two frames."""
    if len(frames) == 1:
        yield frames[0]
        return
    size = sum(map(len, frames))
    if size <= SLICE:
        yield b"".join(frames)
        return
    begun: list[bytes] = []
    size = 0
    for frame in frames:
        if begun and size + len(frame) > SLICE:
            yield b"".join(begun)
            begun, size = [], 0
        begun.append(frame)
        size += len(frame)
    yield b"".join(begun)


def _report(messages: int, recipients: Recipients) -> list[str]:
    """What the terminal says of it."""
    everyone = sum(map(len, recipients))
    if everyone <= LISTED_RECIPIENTS:
        return [client.sending for clients in recipients for client in clients] * messages
    if messages == 1:
        return [f"Sending message to {everyone} clients"]
    return [f"Sending {messages} messages to {everyone} clients"]
