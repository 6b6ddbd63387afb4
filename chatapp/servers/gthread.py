"""gunicorn's gthread worker: the numbers it runs with, and what we replace in it, pinned to gunicorn 27.0.1.

Each replacement says what happens without it; `tests/servers/` fails when gunicorn changes under it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct
import sys
from functools import cache
from types import FrameType
from typing import Any
from weakref import WeakSet

from flask.config import Config
from gunicorn.app.base import Application
from gunicorn.http.errors import ParseException

from .. import config
from ..lifecycle import DataLock, Lifecycle, StartError
from ..log_limit import LogLimit
from ..terminal import escaped
from . import bodies, command, limits
from .address import announce
from .answering import DEFAULT_PATIENCE
from .connection import Connection
from .peers import connections_per_address
from .pool import WarmPool
from .worker import take_over

patience = DEFAULT_PATIENCE  # with clients that do not read their answers; a configuration file may set another
LAST_ANSWERS = 1  # seconds, whole ones to gunicorn, for answers that are on their way when the chat has stopped
FAREWELL = 2.5  # seconds the master waits for the data: a worker whose master was killed takes two to end
SUCCESSION = 10.0  # seconds a new worker waits for the old one to leave the data (SIGHUP)

_ONE_WORKER = (
    "chatapp: one worker only: two would split every room, because each knows its own clients alone."
    " Run it with -w 1 (and unset WEB_CONCURRENCY); several workers need the bus over Redis (CHATAPP_REDIS_URL),"
    " which this version does not have yet. One worker serves thousands of clients."
)


@cache
def settings() -> config.Settings:
    """The settings as the environment gives them; one line and the end if they cannot be used."""
    given = Config(os.getcwd())
    given.from_prefixed_env(config.PREFIX)
    try:
        return config.load(given)
    except config.ConfigError as error:
        raise SystemExit(f"chatapp: {error}") from None


def threads() -> int:
    """One for each client, and a reserve for the page and the API."""
    return limits.clients(settings().MAX_CLIENTS) + limits.RESERVE


def connections() -> int:
    """More than there are threads, so that clients over the capacity reach the door and hear 503."""
    return threads() + limits.RESERVE


def check_daemons() -> None:
    """Has `--daemon` refuse before it leaves the terminal: what a daemon says there is read by nobody."""
    run = Application.run

    def checked(application: Application) -> None:
        only_looks = application.cfg.check_config or application.cfg.print_config
        if application.cfg.daemon and not only_looks:
            refuse(application.cfg)
        run(application)

    Application.run = checked


def on_starting(server: Any) -> None:
    """In the master, before it listens."""
    refuse(server.cfg)


def refuse(cfg: Any) -> None:
    """Ends what would split the rooms or could not start, with one line. `cfg` is gunicorn's configuration."""
    if cfg.workers > 1:
        raise SystemExit(_ONE_WORKER)
    if cfg.worker_class_str != "gthread":
        raise SystemExit("chatapp: it runs on gunicorn's gthread worker: -k gthread")
    if cfg.is_ssl:
        raise SystemExit("chatapp: no certificate here: TLS ends in a proxy (nginx, Caddy); see the README")
    if cfg.max_requests:
        raise SystemExit("chatapp: --max-requests would end all conversations now and then; leave it out")
    folder = config.data_folder(settings(), str(config.ROOT / "instance"))
    try:
        DataLock.check(config.lock_file(settings(), folder), patience=FAREWELL)
    except StartError as error:
        raise SystemExit(f"chatapp: {error}") from None


def nworkers_changed(server: Any, new: int, old: int | None) -> None:
    """SIGTTIN asks for one worker more at run time; a second one would not get the data's lock."""
    if new > 1 and old is not None:
        server.log.error(_ONE_WORKER)
        server._num_workers = 1


def post_fork(_server: Any, worker: Any) -> None:
    _end_with(worker.ppid)
    limits.make_threads_small()


def _end_with(master: int) -> None:
    """A master that was killed leaves its worker running for ever: ask the kernel to end this process too (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    if os.getppid() != master:
        os.kill(os.getpid(), signal.SIGTERM)


def post_worker_init(worker: Any) -> None:
    """In the worker, with the application loaded: starts it."""
    _end_with(worker.ppid)  # again: with --user the kernel forgets it when the worker gives up being root
    lifecycle: Lifecycle = worker.app.callable.extensions["chatapp"]
    bodies.init_app(worker.app.callable, ParseException)
    capacity = limits.clients(settings().MAX_CLIENTS)
    lifecycle.hub.limit(capacity)
    worker.tpool.shutdown(wait=False)
    worker.tpool = WarmPool(
        capacity + limits.RESERVE, shrunk=lambda given: lifecycle.hub.limit(max(1, given - limits.RESERVE))
    )
    worker.log.error_log.addFilter(LogLimit(escaped))
    Connection.opened = WeakSet()
    take_over(
        worker,
        addresses=connections_per_address(settings()),
        hops=settings().PROXY_HOPS,
        largest_body=worker.app.callable.config["MAX_CONTENT_LENGTH"],
        patience=patience,
    )
    for listener in worker.sockets:
        # Accepted sockets inherit it; the door takes it back for a WebSocket.
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", limits.RECEIVE_TIMEOUT, 0))
    lifecycle.on_death(lambda: limits.be_gone(limits.DIED))
    try:
        lifecycle.start(patience=SUCCESSION, alive=worker.notify)
    except StartError as error:
        print(f"chatapp: {error}", file=sys.stderr, flush=True)
        raise SystemExit(command.BOOT_FAILED) from None
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        _stop_first(number, lifecycle, worker)
    limits.leave_the_start_alone()
    prefix = os.environ.get("SCRIPT_NAME", "").rstrip("/")  # gunicorn takes it off every path
    announce([listener.getsockname() for listener in worker.sockets], lifecycle.look_inside, prefix)
    short = limits.shortage(settings().MAX_CLIENTS, capacity)
    if short:
        print(f"chatapp: {short}", flush=True)


def worker_int(worker: Any) -> None:
    """gunicorn's reloader (--reload) ends the worker: without it only after 30 s, and the clients hear nothing."""
    _stop(worker.app.callable.extensions["chatapp"], worker)


def worker_exit(_server: Any, worker: Any) -> None:
    """The very last: a worker that stopped properly is gone at once."""
    app = worker.app.callable
    if app is not None and app.extensions["chatapp"].stopping:
        limits.be_gone()


def _stop_first(number: signal.Signals, lifecycle: Lifecycle, worker: Any) -> None:
    """Before gunicorn's own handler: without it a stop waits 30 s for open WebSockets, and tells them nothing."""
    before = signal.getsignal(number)

    def handler(received: int, frame: FrameType | None) -> None:
        if lifecycle.stopping:
            return  # Ctrl-C reaches the worker twice, from the terminal and from the master
        _stop(lifecycle, worker)
        if callable(before):
            before(received, frame)

    signal.signal(number, handler)


def _stop(lifecycle: Lifecycle, worker: Any) -> None:
    limits.expect_everybody()
    lifecycle.stop()
    worker.cfg.set("graceful_timeout", LAST_ANSWERS)
    for connection in list(Connection.opened):
        connection.hang_up()
