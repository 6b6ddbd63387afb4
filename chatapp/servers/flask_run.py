"""`flask run`: starts the chat with it, and stops it as politely as under gunicorn."""

from __future__ import annotations

import io
import logging
import os
import selectors
import signal
import socket
import struct
import time
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from socketserver import StreamRequestHandler
from threading import Event
from types import FrameType, SimpleNamespace
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask
from flask.helpers import get_debug_flag
from werkzeug import serving
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from ..budget import Budget
from ..config import load
from ..exhaustion import OUT_OF_RESOURCES
from ..lifecycle import Lifecycle, StartError
from ..live.addresses import LOG_EVERY, Addresses, TooManyFromAddress
from ..log_limit import LogLimit
from . import bodies, command, limits
from .address import announce
from .answering import AnsweringSocket, refuse
from .chunks import FRAMING_LIMIT, MAX_CHUNKS
from .incoming import LARGEST_HEAD
from .peers import connections_per_address
from .slots import OVERDUE, Slots, client_network

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

PAUSE = 0.1  # seconds without accepting when the machine has no file for a connection

log = logging.getLogger(__name__)


def start(app: Flask) -> None:
    """Starts the application if `flask run` is what loads it; for other commands, and gunicorn, does nothing."""
    context = command.serving()
    if context is None:
        return
    if context.params.get("cert"):
        raise SystemExit("chatapp: no certificate here: TLS ends in a proxy (nginx, Caddy); see the README")
    if not context.params.get("with_threads", True):
        raise SystemExit("chatapp: it needs threads: one open chat would block all others; drop --without-threads")
    bodies.init_app(app)
    host = str(context.params["host"])
    debugger = context.params.get("debugger")
    if (get_debug_flag() if debugger is None else debugger) and not _is_loopback(host):
        raise SystemExit(
            f"chatapp: the debugger runs any code for everybody who reaches {host}: drop --debug, or serve on 127.0.0.1"
        )
    lifecycle: Lifecycle = app.extensions["chatapp"]
    settings = load(app.config)
    wanted = settings.MAX_CLIENTS
    capacity = limits.clients(wanted)
    lifecycle.hub.limit(capacity)
    limits.make_threads_small()
    accepting = Accepting(connections_per_address(settings))
    ThreadedWSGIServer.get_request = accepting.get_request  # type: ignore[method-assign]
    ThreadedWSGIServer.verify_request = accepting.verify_request  # type: ignore[method-assign]
    largest = 2 * LARGEST_HEAD + app.config["MAX_CONTENT_LENGTH"] + FRAMING_LIMIT
    WSGIRequestHandler.setup = reading_little(largest)  # type: ignore[assignment, method-assign]
    run_few = running_few(WSGIRequestHandler.run_wsgi, settings.PROXY_HOPS)
    WSGIRequestHandler.run_wsgi = run_few  # type: ignore[assignment, method-assign]
    serving.DechunkedInput = FewChunks  # type: ignore[misc]
    ThreadedWSGIServer.handle_error = log_failure  # type: ignore[assignment, method-assign]
    # Werkzeug opens a selector after each answer. The default one needs an open file: without any, it is a traceback.
    serving.selectors = SimpleNamespace(  # type: ignore[attr-defined, assignment]
        DefaultSelector=selectors.PollSelector, EVENT_READ=selectors.EVENT_READ
    )
    logging.getLogger("werkzeug").addFilter(_no_line_for_websockets)
    logging.getLogger("werkzeug").addFilter(LogLimit(str))  # Werkzeug escapes what clients send, and colours lines
    lifecycle.on_death(lambda: limits.be_gone(limits.DIED))
    try:
        lifecycle.start(patience=2.0 if os.environ.get("WERKZEUG_RUN_MAIN") else 0.0)
    except StartError as error:
        raise SystemExit(f"chatapp: {error}") from None
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        _stop_on(number, lifecycle)
    limits.leave_the_start_alone()
    announce([(host, context.params["port"])], lifecycle.look_inside)
    short = limits.shortage(wanted, capacity)
    if short:
        print(f"chatapp: {short}", flush=True)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Accepting:
    """What Werkzeug's server does with a new connection, in the place of its own methods.

    Without it one address may have any number of connections; an answer waits for its reader for ever; and without an
    open file for the next connection the server tries again and again, with all of a core.
    """

    def __init__(self, addresses: Addresses | None):
        self._addresses = addresses
        self._budget = Budget(limits.ANSWERS_LIMIT)
        self._logged_at = float("-inf")

    @property
    def get_request(self) -> Any:
        """As `socketserver.TCPServer.get_request`, which passes an OSError over."""

        def get_request(server: ThreadedWSGIServer) -> tuple[socket.socket, Any]:
            try:
                sock, client = server.socket.accept()
            except OSError as error:
                if error.errno in OUT_OF_RESOURCES:
                    self._pause(error)
                raise
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", limits.RECEIVE_TIMEOUT, 0))
            return AnsweringSocket(sock, budget=self._budget, unsent_limit=0), client

        return get_request

    @property
    def verify_request(self) -> Any:
        """As `socketserver.BaseServer.verify_request`: False, and the connection is closed."""

        def verify_request(_server: ThreadedWSGIServer, request: AnsweringSocket, client: Any) -> bool:
            addresses = self._addresses
            if addresses is None or not isinstance(client, tuple):
                return True
            try:
                addresses.enter(client[0])
            except TooManyFromAddress:
                refuse(request, "429 Too Many Requests")
                return False
            request.closed = lambda: addresses.leave(client[0])
            return True

        return verify_request

    def _pause(self, error: OSError) -> None:
        now = time.monotonic()
        if now - self._logged_at >= LOG_EVERY:
            self._logged_at = now
            log.error("No connection can be accepted for now: %s", error.strerror)
        time.sleep(PAUSE)


def reading_little(largest: int) -> Callable[[WSGIRequestHandler], None]:
    """In the place of `setup`: without it a request may come a byte at a time, for as long as its sender likes."""

    def set_up(handler: WSGIRequestHandler) -> None:
        StreamRequestHandler.setup(handler)
        handler.rfile = io.BufferedReader(ImpatientReads(handler.connection, largest))

    return set_up


class ImpatientReads(io.RawIOBase):
    """What a peer sends, until REQUEST_TIME is over or `largest` bytes have come: Werkzeug serves one request a
    connection, and would read 10 GB after its answer."""

    def __init__(self, sock: socket.socket, largest: int):
        self._sock = sock
        self._left = largest
        self._until = time.monotonic() + limits.REQUEST_TIME

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        """As a socket's `recv_into`; 0 behind the last byte that is taken. Raises TimeoutError."""
        into = memoryview(buffer)[: self._left]
        if time.monotonic() > self._until:
            raise TimeoutError("the request took too long")
        try:
            received = self._receive(into) if into else 0
        except BlockingIOError:  # SO_RCVTIMEO
            raise TimeoutError("the request stopped coming") from None
        self._left -= received
        return received

    def _receive(self, into: memoryview) -> int:
        try:
            return self._sock.recv_into(into, 0, socket.MSG_DONTWAIT)
        except BlockingIOError:
            if release_slot := getattr(self._sock, "release_slot", None):
                release_slot()
            return self._sock.recv_into(into)


class FewChunks(serving.DechunkedInput):
    """Werkzeug's reader of a chunked body, with at most MAX_CHUNKS of them."""

    def __init__(self, rfile: IO[bytes]):
        super().__init__(rfile)
        self._chunks = 0

    def read_chunk_len(self) -> int:
        self._chunks += 1
        if self._chunks > MAX_CHUNKS:
            raise RequestEntityTooLarge
        return super().read_chunk_len()


def running_few(run: Callable[[WSGIRequestHandler], None], hops: int) -> Callable[[WSGIRequestHandler], None]:
    """`WSGIRequestHandler.run_wsgi`, which is `run`, but a request waits until it has a slot."""
    slots: Slots[Event] = Slots()

    def begin(events: list[Event]) -> None:
        for event in events:
            event.set()

    def run_in_slot(handler: WSGIRequestHandler) -> None:
        try:
            urlsplit(handler.path)
        except ValueError:  # Werkzeug would let it end the thread
            handler.path = "?"  # the line of the terminal about the answer would fail in the same way
            handler.send_error(HTTPStatus.BAD_REQUEST)
            return
        mine, sock, client = Event(), handler.connection, handler.client_address
        peer = client[0] if isinstance(client, tuple) else ""
        if isinstance(sock, AnsweringSocket):
            sock.release_slot = lambda: begin(slots.release(mine))
        try:
            forwarded = ",".join(handler.headers.get_all("X-Forwarded-For", []))
            if not slots.acquire(client_network(peer, forwarded, hops), mine):
                while not mine.wait(OVERDUE):
                    begin(slots.release_overdue())
            run(handler)
        finally:
            begin(slots.release(mine))

    return run_in_slot


def log_failure(_server: ThreadedWSGIServer, _request: object, client: object) -> None:
    """In the place of `handle_error`, which prints a traceback for each failure: the log has few of a kind."""
    log.exception("The connection of %s failed", client)


def _stop_on(number: signal.Signals, lifecycle: Lifecycle) -> None:
    def handler(_number: int, _frame: FrameType | None) -> None:
        if not lifecycle.stopping:
            limits.expect_everybody()
            lifecycle.stop()
            limits.be_gone()

    signal.signal(number, handler)


def _no_line_for_websockets(record: logging.LogRecord) -> bool:
    """Werkzeug notes a WebSocket as a request answered with 200, at its end; our own lines say what happened."""
    said = record.getMessage()
    return not ('"GET /chat' in said or '"GET /flow/socket' in said) or " 200 " not in said
