"""The door: admits a client to `/chat` before the upgrade, or answers with plain HTTP why not."""

from __future__ import annotations

import logging
import socket
import struct
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import flask_sock
from flask import Blueprint, Flask, Response, g, request
from msgspec.structs import replace

from ..budget import Budget
from ..identity import Identity, language
from ..model import Refusal
from ..networks import network
from ..origins import allowed_origin
from ..problems import problem
from .addresses import TooManyFromAddress
from .chat import ChatSession
from .frames import close_frame
from .handshake import (
    VERSION,
    Handshake,
    Upgraded,
    answer_through,
    malformed,
    offered_subprotocols,
    socket_of,
)
from .hub import Client, Dialect, Full
from .outbox import Outbox
from .protocol import SUBPROTOCOL
from .session import PlainSession, Services

DEFAULT_ROOM = "general"
FULL = "The server is full or stopping. Try again soon."
TOKEN = "guest."  # what stands before a guest's token where it is offered as a subprotocol
RETRY_AFTER = 5.0  # seconds that a client over the capacity should stay away
SEND_BUFFER = 262_144  # bytes the kernel may keep for one client; what is more waits in its outbox
UNACKNOWLEDGED = 30_000  # ms after which the kernel gives up on a peer that acknowledges nothing (TCP_USER_TIMEOUT)

log = logging.getLogger(__name__)


class Door:
    """Stands before the WebSocket route: checks, lists the client, and puts its socket behind its outbox."""

    def __init__(
        self,
        services: Services,
        identity: Identity,
        *,
        budget: Budget,
        stalled: Callable[[Outbox], None],
        evicted: Callable[[Client], None],
    ):
        self._services = services
        self._identity = identity
        self._budget = budget
        self._stalled = stalled
        self._evicted = evicted

    def init_app(self, app: Flask) -> None:
        """Adds the address `/chat`, with an upgrade and without."""
        flask_sock.Server = Upgraded
        live = Blueprint("live", __name__)
        live.before_request(self._admit)
        live.teardown_request(self.release)
        flask_sock.Sock(app).route("/chat", live)(_serve)
        app.register_blueprint(live)
        app.add_url_rule("/chat", "chat_without_upgrade", self._without_upgrade)

    def _admit(self) -> Response | None:
        """None if the client may come in; then it is listed, and `g.session` will serve it."""
        begun_at = time.monotonic_ns()
        try:
            self._services.limits.handshakes.take(network(request.remote_addr or ""))
            wrong = malformed(request.environ)
            if wrong:
                return bad_handshake(wrong)
            if not allowed_origin(self._services.settings.ORIGINS):
                return problem(
                    Refusal("forbidden"),
                    detail=f"Origin {request.headers['Origin']} is not {request.scheme}://{request.environ['HTTP_HOST']};"
                    " the operator can list it in CHATAPP_ORIGINS.",
                )
            self._enter(_dialect(), begun_at)
        except _WrongSubprotocol:
            return bad_handshake(f"of the subprotocols offered none is spoken here; these are: {SUBPROTOCOL}")
        except Refusal as refusal:
            return problem(refusal)
        except (Full, TooManyFromAddress) as error:
            return no_place(error)
        return None

    def seat(
        self,
        dialect: Dialect,
        asked_name: str | None,
        *,
        subprotocol: str | None = None,
        token: str | None = None,
        farewell: Callable[[int, str], bytes] = close_frame,
    ) -> tuple[Client, str]:
        """Lists who asks as a client, its socket behind an outbox on hold; gives the name as well that they asked for.
        With the `token` of a guest's earlier connection the client continues that one.

        Raises Full, TooManyFromAddress, or Refusal `bad-name` or `rate-limited`. `release` must follow in the end.
        """
        environ, services = request.environ, self._services
        limits, here = services.limits, network(request.remote_addr or "")
        member = self._identity.member()
        person = member or self._identity.guest(asked_name, token)
        if not member:
            limits.meet(replace(person, network=here))
        sock = socket_of(environ)
        limit = services.settings.OUTBOX_LIMIT
        outbox = Outbox(sock, limit=limit, stalled=self._stalled, farewell=farewell, budget=self._budget)
        outbox.hold()
        address = (environ.get("REMOTE_ADDR") or "", int(environ.get("REMOTE_PORT") or 0))
        client = services.lobby.enter(outbox, address, dialect, person)
        outbox.evicted = partial(self._evicted, client)
        g.client = client
        answer_through(environ, outbox, subprotocol)
        set_up(sock)  # only now: a client that is refused stays under the server's time-outs
        return client, person.name

    def _enter(self, chat: bool, begun_at: int) -> None:
        services = self._services
        checked_at = time.monotonic_ns()
        environ, asked = request.environ, (request.args.get("room"), request.args.get("name"))
        room = None if chat else services.house.room(DEFAULT_ROOM if asked[0] is None else asked[0])
        dialect = Dialect.CHAT_V1 if chat else Dialect.PLAIN_NAMED if asked[1] else Dialect.PLAIN
        subprotocol = SUBPROTOCOL if chat else None
        token = _token(environ) if chat else None
        client, asked_name = self.seat(dialect, asked[1], subprotocol=subprotocol, token=token)
        if services.settings.FLOW != "off":
            client.handshake = Handshake(environ, asked, subprotocol, begun_at=begun_at, checked_at=checked_at)
        if room:  # before the 101: a plain client misses nothing from the moment it sees it
            services.lobby.join(client, room.slug)
            g.session = PlainSession(services, client, language(), room)
        else:
            is_guest = client.person.role == "guest"
            next_token = self._identity.token_of(client.person) if is_guest else None
            g.session = ChatSession(services, client, language(), asked_name=asked_name, token=next_token)
        if client.handshake:
            client.handshake.entered_at = time.monotonic_ns()
        log.info("Client connected: path=%s from %s", environ["PATH_INFO"], client.address)

    def _without_upgrade(self) -> Response:
        """Says to a client without WebSocket how to come with it, and to one whose handshake is wrong what is.

        A browser does not tell a page why its handshake failed, so this address is refused as the handshake would be.
        """
        self._services.limits.handshakes.check(network(request.remote_addr or ""))
        if "Upgrade" in request.headers or "Sec-WebSocket-Key" in request.headers:
            return bad_handshake("it needs both Upgrade: websocket and Connection: Upgrade")
        scheme, host = ("wss" if request.is_secure else "ws"), request.environ.get("HTTP_HOST") or "localhost"
        response = Response(
            f"This is a WebSocket address. Try: npx wscat -c {scheme}://{host}{request.script_root}/chat\n", 426
        )
        response.mimetype = "text/plain"
        response.headers["Upgrade"] = "websocket"
        response.headers["Connection"] = "Upgrade"
        return response

    def release(self, _error: BaseException | None) -> None:
        """The one who came in has left: for a handshake that failed after the door."""
        if "client" in g:
            self._services.lobby.exit(g.client)
            g.client.outbox.cut()


class _WrongSubprotocol(Exception):
    """The client offers subprotocols, and none that is spoken here."""


def _serve(_upgraded: Upgraded) -> None:
    g.session.run()


def no_place(error: Full | TooManyFromAddress) -> Response:
    """The answer to who cannot come in now: the server is full (503), or the client's address has its share (429)."""
    if isinstance(error, TooManyFromAddress):
        return problem(Refusal("rate-limited", retry_after=RETRY_AFTER), detail=str(error))
    return problem(Refusal("busy", retry_after=RETRY_AFTER), detail=FULL)


def bad_handshake(wrong: str) -> Response:
    """The answer to a handshake that is none, and what is wrong with it."""
    response = problem(Refusal("bad-request"), detail=f"Malformed WebSocket handshake: {wrong}.")
    response.headers["Sec-WebSocket-Version"] = VERSION
    return response


def _dialect() -> bool:
    """Whether the client wants chat.v1; False is plain. Raises _WrongSubprotocol."""
    offered = offered_subprotocols(request.environ)
    if offered and SUBPROTOCOL not in offered:
        raise _WrongSubprotocol
    return bool(offered)


def _token(environ: Mapping[str, Any]) -> str | None:
    """The token of a guest that the client offers among the subprotocols. A browser can send it in no other header, and
    servers and proxies would write it to their logs if it were in the address."""
    offered = (name.removeprefix(TOKEN) for name in offered_subprotocols(environ) if name.startswith(TOKEN))
    return next(offered, None)


def set_up(sock: socket.socket) -> None:
    """Makes the server's socket fit for a connection that lasts."""
    if stays_open := getattr(sock, "stays_open", None):  # our servers' sockets: servers/answering.py
        stays_open()
    sock.settimeout(None)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 0))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED)
