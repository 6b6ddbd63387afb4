"""The stream: a room's events as JSON lines over HTTP, those that were missed and then live ones.

Its reader is a client among the others: it takes a place, is somebody, and has an outbox behind which nobody waits.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from flask import Blueprint, Flask, Response, request
from msgspec import Meta

from ..details import sentence
from ..identity import language
from ..live import protocol
from ..live.addresses import TooManyFromAddress
from ..live.door import Door, no_place
from ..live.frames import INTERNAL_ERROR, TRY_LATER
from ..live.hub import Client, Dialect, Full
from ..live.lines import HEAD, LAST, line
from ..live.outbox import CATCH_UP_WATER
from ..live.resume import Missed
from ..live.session import Services
from ..model import Refusal, Room
from ..networks import network
from ..origins import allowed_origin, is_foreign
from .exchange import query

MIME = "application/x-ndjson"
Limit = Annotated[int, Meta(ge=0, le=protocol.JOIN_LIMIT)]

log = logging.getLogger(__name__)


class Stream:
    """Serves `GET /api/rooms/<slug>/stream`: one handler's thread a reader, which sleeps until the reader is gone."""

    def __init__(self, services: Services, door: Door):
        self._services = services
        self._door = door

    def init_app(self, app: Flask) -> None:
        """Adds the address."""
        blueprint = Blueprint("stream", __name__)
        blueprint.teardown_request(self._door.release)
        blueprint.get("/api/rooms/<slug>/stream")(self._stream)
        app.register_blueprint(blueprint)

    def _stream(self, slug: str) -> Response:
        self._services.limits.handshakes.take(network(request.remote_addr or ""))
        listed = self._services.settings.ORIGINS
        # A link on another site's page must not make its reader one of the people here, either.
        if not allowed_origin(listed) or is_foreign(listed):
            raise Refusal("forbidden")
        if request.environ.get("SERVER_PROTOCOL") != "HTTP/1.1" or request.content_length:
            raise Refusal("bad-request")  # who speaks HTTP/1.0 cannot read chunks
        room = self._services.house.room(slug)
        after = query("after", protocol.Seq, None)
        limit = query("limit", Limit, None)
        if request.method == "HEAD":
            return Response(mimetype=MIME)
        try:
            client, _ = self._door.seat(Dialect.LINES, request.args.get("name"), farewell=_farewell)
        except (Full, TooManyFromAddress) as error:
            return no_place(error)
        log.info("Client connected: path=%s from %s", request.path, client.address)
        self._serve(client, room, after=after, limit=limit)
        return _Over()

    def _serve(self, client: Client, room: Room, *, after: int | None, limit: int | None) -> None:
        outbox = client.outbox
        client.thread = threading.get_ident()
        try:
            outbox.send(HEAD)
            self._begin(client, room, after, limit)
            outbox.release()
            outbox.recv(1)  # nothing is expected: whatever comes, and be it the end, ends it
        except Refusal as refusal:
            outbox.close(TRY_LATER, sentence(refusal, language()))
        except Exception:
            log.exception("The stream of %s failed", client.address)
            outbox.close(INTERNAL_ERROR)
        finally:
            self._services.lobby.exit(client)
            outbox.linger()

    def _begin(self, client: Client, room: Room, after: int | None, limit: int | None) -> None:
        """Sends what was missed, ahead of what happens meanwhile. Raises Refusal `busy` if the log cannot be read."""
        history, outbox = self._services.history, client.outbox
        head, _ = self._services.lobby.join(client, room.slug)
        missed = Missed(history, room, after=after, limit=limit, head=head, reader=client.person.id)
        begun = protocol.Stream(room.slug, head, missed.gap, history.epoch(), missed.reset)
        outbox.send(line(protocol.encode(begun)))
        for events in missed.events():
            if outbox.closing:
                return
            outbox.send(b"".join(line(protocol.encode(event)) for event in events), down_to=CATCH_UP_WATER)
        self._services.limits.cpu.charge(client.network)  # now, for the request ends when its reader leaves


class _Over(Response):
    """The answer has gone out, and its connection is closed: the server below shall send nothing more."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "gunicorn.socket" in environ:
            raise StopIteration  # which gunicorn understands so
        return super().__call__(environ, start_response)  # Werkzeug's fails, unheard, at the closed socket


def _farewell(code: int, reason: str) -> bytes:
    return line(protocol.encode(protocol.End(code, reason))) + LAST
