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
from ..rooms.ratelimits import RateLimits
from ..rooms.registry import NameRegistry
from .exchange import as_json


class Deeds:
    """Has the caller of a request do something in a room."""

    def __init__(self, registry: NameRegistry, identity: Identity, limits: RateLimits):
        self._registry = registry
        self._identity = identity
        self._limits = limits

    def done(
        self,
        deed: Callable[[Person, Receipt], None],
        status: int = 200,
        *,
        made_by: Callable[[Event], bool] | None = None,
    ) -> Response:
        """Waits until what the caller does is on disk, and answers with its event.

        A caller without a cookie may do it only with `made_by`, which says whether an event is what this request asks
        for. Two programs behind one address may use the same name and nonce: the second must not take the first one's
        event for its own.

        Raises Refusal `forbidden` for another caller without a cookie, `bad-field` for a nonce that a guest has used
        for something else, and `rate-limited` if too many new guests come from one network.
        """
        receipt = _Awaited()
        actor = self._identity.member_or_poster() if made_by else self._identity.need_member()
        if actor.role == "guest":
            self._limits.meet(actor)
        deed(replace(self._registry.known(actor), network=actor.network), receipt)
        event = receipt.wait()
        if made_by and actor.role == "guest" and not receipt.first and not made_by(event):
            raise Refusal("bad-field", field="nonce", used=True)
        return as_json(event, status)


class _Awaited:
    """A receipt that an HTTP request waits for."""

    def __init__(self) -> None:
        self._done = Flag()
        self.first = True  # nothing was stored under the nonce before
        self._event: Event | None = None
        self._refusal: Refusal | None = None

    def stored(self, event: Event, *, first: bool) -> None:
        self._event, self.first = event, first
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
