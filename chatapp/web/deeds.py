"""What one does over HTTP: the request waits until it is on disk, or refused."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event as Flag

from flask import Response
from msgspec.structs import replace

from ..identity import Identity
from ..log.acts import Receipt
from ..log.journal import WRITE_TIMEOUT
from ..model import Event, Person, Refusal
from ..rooms.presence import Presence
from ..rooms.ratelimits import RateLimits
from .exchange import as_json


class Deeds:
    """Has the caller of a request do something in a room."""

    def __init__(self, presence: Presence, identity: Identity, limits: RateLimits):
        self._presence = presence
        self._identity = identity
        self._limits = limits

    def done(self, deed: Callable[[Person, Receipt], None], status: int = 200, *, as_guest: bool = False) -> Response:
        """Waits until what the caller does is on disk, and answers with its event.

        Raises Refusal `forbidden` for a caller without a cookie, unless it can be done as a guest, and `rate-limited`
        if too many new guests come from one network.
        """
        receipt = _Awaited()
        actor = self._identity.member_or_poster() if as_guest else self._identity.need_member()
        if actor.role == "guest":
            self._limits.meet(actor)
        deed(replace(self._presence.known(actor), network=actor.network), receipt)
        return as_json(receipt.wait(), status)


class _Awaited:
    """A receipt that an HTTP request waits for."""

    def __init__(self) -> None:
        self._done = Flag()
        self._event: Event | None = None
        self._refusal: Refusal | None = None

    def stored(self, event: Event, *, first: bool) -> None:
        self._event = event
        self._done.set()

    def refused(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self._done.set()

    def wait(self) -> Event:
        """The stored event. Raises Refusal."""
        self._done.wait(WRITE_TIMEOUT)
        if self._event is None:
            raise self._refusal or Refusal("busy", retry_after=1.0)
        return self._event
