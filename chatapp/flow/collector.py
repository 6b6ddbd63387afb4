"""The collector: a thread that lives while somebody watches, puts the notes together and tells every watcher."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Event, Lock, Thread

from ..live.frames import GOING_AWAY, Concealed, text_frame
from ..live.hub import Client
from ..live.outbox import Outbox
from ..tap import Tap
from .assembler import Assembler, Story
from .snapshot import Scene
from .telling import FLOWS, LINES, handshake, told
from .viewer import Viewer
from .words import Gone, HandshakeSeen, Word, encode

TICK = 0.1  # seconds between two tellings
LOOK_EVERY = 5  # ticks between two snapshots
LOOK_SELDOM = 30  # the same over FEW clients: a look at 500 takes 10 ms, and of 200 messages a second 2 meet it
FEW = 100
WATCHERS = 16  # at once: each has a thread, out of those that are kept for HTTP
STRANGERS = 12  # of them, at most, neither sit at this machine nor have the key: the others are kept for the operator
ANNOUNCE_EVERY = 0.5  # seconds between two announcements of how many watch: each goes to every client of the chat

log = logging.getLogger(__name__)


class TooMany(Exception):
    """Enough people are watching."""


class Watcher:
    """One who watches, over a connection of their own. `watching` is the client whose frames they see."""

    def __init__(self, outbox: Outbox, viewer: Viewer, *, is_stranger: bool):
        self.is_stranger = is_stranger  # neither sits at this machine nor has the key
        self.outbox = outbox
        self.viewer = viewer
        self.watching: Client | None = None
        self.asked: deque[int] = deque(maxlen=20)  # numbers of clients whose handshake they want to see
        self.dropped = 0  # notes they were not told
        self.since = 0  # messages that had been told when they came
        self.told = 0  # messages that they were told of in full
        self.fresh = True  # they have not seen how things stand

    def tell(self, word: Word) -> None:
        self.outbox.offer(text_frame(encode(word)))


class Collector:
    """Owns who watches. Its thread takes the notes; a watcher who reads slowly is told less, and nobody waits."""

    def __init__(self, tap: Tap, scene: Scene, *, announce: Callable[[int], None]):
        self._tap = tap
        self._scene = scene
        self._announce = announce
        self._lock = Lock()  # guards the five below, and whose frames are seen
        self._announced = 0  # how many watch, as the chat was told last
        self._announced_at = 0.0  # monotonic seconds
        self._watchers: list[Watcher] = []
        self._thread: Thread | None = None
        self._open = True
        self._looking = Lock()  # held for a look at the scene: the thread's, or one that was asked for
        self._stopped = Event()

    def enter(self, watcher: Watcher) -> None:
        """One more who watches. Raises TooMany, also when the server stops."""
        with self._lock:
            if not self._open or len(self._watchers) >= WATCHERS:
                raise TooMany
            if watcher.is_stranger and sum(each.is_stranger for each in self._watchers) >= STRANGERS:
                raise TooMany
            watcher.since = self._scene.messages
            self._watchers.append(watcher)
            if self._thread is None:
                self._tap.take()  # what was noted after the last one had gone
                self._thread = Thread(target=self._run, name="flow", daemon=True)
                self._thread.start()
            self._count()

    def leave(self, watcher: Watcher) -> None:
        """Away; whoever says so again does nothing."""
        with self._lock:
            if watcher not in self._watchers:
                return
            self._watchers.remove(watcher)
            self._see(watcher, None)
            self._count()

    def watch(self, watcher: Watcher, number: int | None) -> bool:
        """Has the watcher see the frames of that client, or of nobody; False if there is no such client."""
        client = None if number is None else self._scene.client(number)
        with self._lock:
            if watcher in self._watchers:
                self._see(watcher, client)
        return client is not None or number is None

    def snapshot(self, viewer: Viewer) -> Word:
        """How everything stands now."""
        with self._looking:
            if self._scene.age > TICK:  # a look stops the other threads for moments, and anybody may ask
                self._scene.look()
            return self._scene.snapshot(viewer, watchers=self._tap.watched)

    def close(self) -> None:
        """The server stops: takes nobody in any more, and says goodbye."""
        with self._lock:
            self._open = False
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher.outbox.close(GOING_AWAY, "the server is stopping")
        self._stopped.set()

    def _count(self) -> None:
        """Under the lock."""
        self._tap.watched = len(self._watchers)

    def _announce_due(self) -> bool:
        """Under the lock, so that of two changes the last is told last; it only hands over. False: it is too early to
        tell a change."""
        if self._announced != self._tap.watched:
            now = time.monotonic()
            if now - self._announced_at < ANNOUNCE_EVERY:
                return False
            self._announced, self._announced_at = self._tap.watched, now
            self._announce(self._announced)
        return True

    def _see(self, watcher: Watcher, client: Client | None) -> None:
        before, watcher.watching = watcher.watching, client
        if client and not client.reads_lines:  # a stream has no frames
            client.outbox.seen = partial(self._noted, client)
        if before and not any(other.watching is before for other in self._watchers):
            before.outbox.seen = None

    def _noted(self, client: Client, frames: bytes) -> None:
        if not isinstance(frames, Concealed):
            self._tap.note("frame out", client, frames)

    def _run(self) -> None:
        assembler = Assembler()
        due = 0  # ticks until the next look
        while not self._stopped.wait(TICK):
            with self._lock:
                watchers = list(self._watchers)
                if self._announce_due() and not watchers:
                    self._thread = None
                    self._tap.take()
                    return
            try:
                story = assembler.tell(self._tap.take())
                few = self._scene.clients_total <= FEW
                if not due or (few and story.happenings):
                    with self._looking:
                        self._scene.look()
                for watcher in watchers:
                    self._tell(watcher, story, snapshot=not due)
                due = due - 1 if due else (LOOK_EVERY if few else LOOK_SELDOM) - 1
            except Exception:
                log.exception("The live view missed a beat")

    def _tell(self, watcher: Watcher, story: Story, *, snapshot: bool) -> None:
        watcher.dropped += story.dropped
        watcher.since += story.concealed
        if watcher.outbox.waiting:  # they have not read what they were told before
            watcher.dropped += len(story.lines) + len(story.happenings) + len(story.frames)
            return
        watcher.told += min(len(story.flows), FLOWS)
        watcher.dropped += max(0, len(story.lines) - LINES)
        for word in told(story, watcher.viewer, names=self._scene.names, watching=watcher.watching):
            watcher.tell(word)
        while watcher.asked:
            watcher.tell(self._handshake(watcher.asked.popleft(), watcher.viewer))
        if snapshot or watcher.fresh:
            watcher.fresh = False
            with self._looking:
                word = self._scene.snapshot(
                    watcher.viewer,
                    watchers=self._tap.watched,
                    dropped=watcher.dropped,
                    messages_seen=self._scene.messages - watcher.since,
                    messages_told=watcher.told,
                )
            watcher.tell(word)

    def _handshake(self, number: int, viewer: Viewer) -> HandshakeSeen | Gone:
        client = self._scene.client(number)
        return (handshake(client, viewer) if client else None) or Gone(number)
