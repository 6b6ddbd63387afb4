"""Where one looks inside: the page `/flow`, its WebSocket `/flow/socket`, and `GET /api/flow` for programs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated

import flask_sock
import msgspec
from flask import Blueprint, Flask, Response, g, make_response, render_template, request

from ..budget import Budget
from ..config import Settings
from ..details import LOCALES
from ..identity import Identity, language
from ..live.addresses import Addresses, TooManyFromAddress
from ..live.door import bad_handshake, no_place, set_up
from ..live.frames import Ended, text_frame
from ..live.handshake import Upgraded, answer_through, malformed, offered_subprotocols, socket_of
from ..live.outbox import Outbox
from ..live.reader import Reader
from ..model import Refusal
from ..networks import network
from ..origins import allowed_origin
from ..problems import problem
from ..rooms.ratelimits import RateLimits
from ..rooms.rates import Bucket
from ..web.cookies import cookie_name, is_secure
from ..web.exchange import as_json, body, check_origin
from ..web.flow_strings import flow_strings
from .access import COOKIE, Access
from .collector import Collector, TooMany, Watcher
from .snapshot import micros
from .words import SUBPROTOCOL, VERSION, AskHandshake, Error, Hello, Watch, decode, encode

PACE, PACE_BURST = 20, 40  # commands a second and watcher, and at once
COMMAND_LIMIT = 1_024  # bytes


class GivenKey(msgspec.Struct):
    key: Annotated[str, msgspec.Meta(max_length=64)]


class FlowDoor:
    """Lets in who may look; the others get the page without its server, to replay what was saved."""

    def __init__(
        self,
        settings: Settings,
        access: Access,
        collector: Collector,
        identity: Identity,
        limits: RateLimits,
        *,
        addresses: Addresses,
        budget: Budget,
        stalled: Callable[[Outbox], None],
    ):
        self._addresses = addresses
        self._budget = budget
        self._settings = settings
        self._access = access
        self._collector = collector
        self._identity = identity
        self._limits = limits
        self._stalled = stalled

    def init_app(self, app: Flask) -> None:
        """Adds the addresses, unless nobody may look."""
        if self._access.mode == "off":
            return
        page = Blueprint("flow", __name__)
        page.get("/flow")(self._page)
        page.post("/flow/key")(self._take_key)
        page.get("/api/flow")(self._snapshot)
        app.register_blueprint(page)
        stream = Blueprint("flow_socket", __name__)
        stream.before_request(self._admit)
        stream.teardown_request(self._release)
        flask_sock.Sock(app).route("/flow/socket", stream)(self._serve)
        app.register_blueprint(stream)

    def _page(self) -> Response:
        boot = {
            "locale": language(),
            "locales": [{"code": code, "name": name} for code, name in LOCALES.items()],
            "replay": not self._access.allows(request),
            "strings": flow_strings(),
        }
        response = make_response(render_template("flow.html", boot=boot, locale=language()))
        response.headers["Cache-Control"] = "no-store"
        return response

    def _take_key(self) -> Response:
        """Gives a cookie for the key."""
        check_origin(self._settings.ORIGINS)
        if not self._access.is_key(body(GivenKey).key):
            raise Refusal("forbidden")
        response = as_json({})
        name, secure = cookie_name(COOKIE), is_secure()
        response.set_cookie(name, self._access.key, httponly=True, samesite="Strict", secure=secure)
        return response

    def _snapshot(self) -> Response:
        self._check()
        seen = self._collector.snapshot(self._access.viewer(self._person()))
        response = Response(encode(seen), mimetype="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response

    def _check(self) -> None:
        if not self._access.allows(request):
            raise Refusal("forbidden")

    def _person(self) -> str | None:
        member = self._identity.member()
        return member.id if member else None

    def _admit(self) -> Response | None:
        """None if they may come in; then `g.watcher` is among those who watch."""
        try:
            self._limits.handshakes.take(network(request.remote_addr or ""))
        except Refusal as refusal:
            return problem(refusal)
        wrong = malformed(request.environ)
        if wrong:
            return bad_handshake(wrong)
        if SUBPROTOCOL not in offered_subprotocols(request.environ):
            return bad_handshake(f"the subprotocol spoken here is {SUBPROTOCOL}")
        try:
            self._check()
            if not allowed_origin(self._settings.ORIGINS):
                raise Refusal("forbidden")
            self._enter()
        except Refusal as refusal:
            return problem(refusal)
        except TooManyFromAddress as error:
            return no_place(error)
        except TooMany:
            return problem(
                Refusal("busy", retry_after=5.0), detail="Enough people are looking inside. Try again later."
            )
        return None

    def _enter(self) -> None:
        sock = socket_of(request.environ)
        outbox = Outbox(sock, limit=self._settings.OUTBOX_LIMIT, stalled=self._stalled, budget=self._budget)
        outbox.hold()
        is_stranger = not self._access.is_operator(request)
        watcher = Watcher(outbox, self._access.viewer(self._person()), is_stranger=is_stranger)
        self._addresses.enter(request.remote_addr or "")
        g.address = request.remote_addr or ""
        self._collector.enter(watcher)
        g.watcher = watcher
        set_up(sock)
        answer_through(request.environ, outbox, SUBPROTOCOL)

    def _release(self, _error: BaseException | None) -> None:
        if "watcher" in g:
            self._collector.leave(g.watcher)
            g.watcher.outbox.cut()
        if "address" in g:
            self._addresses.leave(g.address)

    def _serve(self, _upgraded: Upgraded) -> None:
        watcher: Watcher = g.watcher
        bucket = Bucket(PACE, PACE_BURST, time.monotonic())

        def pace() -> None:
            wait = bucket.charge(time.monotonic(), 1)
            if wait:
                watcher.outbox.pause(wait)

        reader = Reader(
            receive=watcher.outbox.recv,
            answer=watcher.outbox.send,
            pace=pace,
            limit=COMMAND_LIMIT,
            seen=lambda _buffer, _begin, _end: None,
        )
        end = Ended(None)
        try:
            watcher.outbox.send(text_frame(encode(self._hello(watcher))))  # ahead of what it was told meanwhile
            watcher.outbox.release()
            for text in reader.messages():
                self._obey(watcher, text)
                pace()
        except Ended as ended:
            end = ended
        finally:
            self._collector.leave(watcher)
            if end.code is not None:
                watcher.outbox.close(end.code, end.reason)
            watcher.outbox.linger()

    def _hello(self, watcher: Watcher) -> Hello:
        return Hello(
            version=VERSION,
            mode=self._access.mode,
            you=watcher.viewer.person,
            t=micros(time.monotonic_ns()),
            at=int(time.time() * 1000),
            outbox_limit=self._settings.OUTBOX_LIMIT,
            lab=self._settings.LAB,
        )

    def _obey(self, watcher: Watcher, text: str) -> None:
        try:
            command = decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            watcher.tell(Error("bad-json", str(error)))
            return
        match command:
            case Watch(client):
                if not self._collector.watch(watcher, client):
                    watcher.tell(Error("no-such-client", f"client {client} has left"))
            case AskHandshake(client):
                watcher.asked.append(client)
