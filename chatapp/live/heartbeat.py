"""The heartbeat: one thread that tells who came and went and which rooms changed, pings the silent, ends the dead."""

from __future__ import annotations

import logging
import time
from threading import Event

from ..bus.local import LocalBus
from ..config import Settings
from ..rooms.presence import Presence
from ..rooms.registry import NameRegistry
from ..rooms.room_changes import RoomChanges
from ..tap import Tap
from ..vitals import FAILURES_IN_A_ROW, Vitals
from .frames import ping_frame
from .hub import Client, Hub
from .lines import BEAT
from .outbox import EVICTION_GRACE

PRESENCE_INTERVAL = 0.4  # seconds of comings and goings that travel as one; the protocol allows 0.5
PATROL_INTERVAL = 1.0  # seconds between two looks at every client, or half a ping interval if that is less

log = logging.getLogger(__name__)


class Heartbeat:
    """Owns the times at which something happens by itself. Its clock is monotonic: a changed date changes nothing."""

    def __init__(
        self,
        settings: Settings,
        *,
        hub: Hub,
        presence: Presence,
        registry: NameRegistry,
        changes: RoomChanges,
        bus: LocalBus,
        tap: Tap,
        vitals: Vitals,
    ):
        self._registry = registry
        self._changes = changes
        self._tap = tap
        self._settings = settings
        self._hub = hub
        self._presence = presence
        self._bus = bus
        self._stopped = Event()
        self._thread = vitals.thread("heartbeat", self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        if self._thread.is_alive():
            self._stopped.set()
            self._thread.join(timeout)

    def _run(self) -> None:
        patrol_at = 0.0
        failures = 0
        tick = min(PRESENCE_INTERVAL, self._settings.PING_INTERVAL / 2)
        while not self._stopped.wait(tick):
            try:
                for change in self._presence.changes():
                    self._bus.publish(change)
                if self._changes.due():
                    self._bus.publish(self._changes.take(len(self._hub.clients())))
                now = time.monotonic()
                if now >= patrol_at:
                    patrol_at = now + min(PATROL_INTERVAL, tick * 2)
                    self._registry.note_seen()
                    for client in self._hub.clients():
                        self._look_after(client, now)
                failures = 0
            except Exception:
                failures += 1
                if failures >= FAILURES_IN_A_ROW:
                    raise
                log.exception("The heartbeat missed a beat")

    def _look_after(self, client: Client, now: float) -> None:
        closing_since = client.outbox.closing_since
        quiet_since = client.pinged_at if client.reads_lines else max(client.heard_at, client.pinged_at)
        if client.reads_lines and not client.outbox.waiting:
            client.heard_at = now  # it says nothing: what it has taken stands for it
        if closing_since is not None:
            if now - closing_since > EVICTION_GRACE:
                client.outbox.cut()
        elif now - client.heard_at > self._settings.PING_TIMEOUT:
            if self._tap.watched:
                self._tap.note("silent", client)
            log.info("Client is silent, cut off: %s", client.address)
            client.outbox.cut()
        elif now - quiet_since > self._settings.PING_INTERVAL:
            client.pinged_at = now
            client.outbox.offer(BEAT if client.reads_lines else ping_frame())
            if self._tap.watched:
                self._tap.note("pinged", client)
