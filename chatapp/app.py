"""The application: `create_app` builds the parts and hands each to the next."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import Babel

from . import cli, config
from .announcements import Watched
from .budget import Budget
from .bus.local import LocalBus
from .details import TRANSLATIONS
from .flow.access import Access
from .flow.collector import Collector
from .flow.door import FlowDoor
from .flow.snapshot import Scene
from .identity import COOKIE_DAYS, Identity, language
from .lab.lab import Lab
from .lifecycle import Lifecycle, Parts
from .live.addresses import Addresses
from .live.door import Door
from .live.fanout import FanOut
from .live.heartbeat import Heartbeat
from .live.hub import Hub
from .live.lobby import Lobby
from .live.session import Services
from .log.database import Database, sqlite_url
from .log.history import History
from .log.indexer import Indexer
from .log.journal import Journal
from .log.search import Search
from .model import Event
from .proxies import Proxies
from .rooms.house import House
from .rooms.presence import Presence
from .rooms.ratelimits import RateLimits
from .rooms.registry import NameRegistry
from .rooms.room_changes import RoomChanges
from .tap import Tap
from .terminal import Terminal
from .text.emoji import Emoji
from .text.rendering import Renderer
from .vitals import Vitals
from .web import errors, limiting, sites
from .web.api import api
from .web.browsers import OLDEST
from .web.cookies import Cookies
from .web.deeds import Deeds
from .web.health import Health
from .web.lab import lab
from .web.messages import messages
from .web.offline import Offline
from .web.openapi import openapi
from .web.pages import pages
from .web.personal import personal
from .web.search import search
from .web.static import StaticFiles
from .web.stream import Stream
from .web.texts import texts

ESCAPED = 12  # bytes of a character that is escaped in JSON, at most


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """The application. Touches no disk, starts no thread: `Lifecycle.start` does, at the latest on the first request.

    `overrides` go over the environment. Raises ConfigError for a setting that cannot be used.
    """
    app = Flask(
        "chatapp",
        root_path=str(config.ROOT),
        instance_path=str(config.ROOT / "instance"),
        static_folder=None,  # web/static.py serves it
        template_folder="templates",
    )
    app.config.from_prefixed_env(config.PREFIX)
    app.config.from_mapping(overrides)
    if isinstance(app.secret_key, int | float):  # the environment is read as JSON: a key of digits comes as a number
        app.secret_key = str(app.secret_key)
    settings = config.load(app.config)
    app.config.update(
        MAX_CONTENT_LENGTH=settings.TEXT_LIMIT * ESCAPED + config.ENVELOPE,
        PERMANENT_SESSION_LIFETIME=COOKIE_DAYS * 86_400,
        SESSION_REFRESH_EACH_REQUEST=False,
        BABEL_TRANSLATION_DIRECTORIES=str(TRANSLATIONS),
    )
    app.session_interface = Cookies()
    Babel(app, locale_selector=lambda: language().replace("-", "_"))
    tap = Tap()
    terminal = _terminal(settings, tap)

    folder = config.data_folder(settings, app.instance_path)
    database = Database(
        settings.DATABASE_URL or sqlite_url(folder / "chat.sqlite3"), busy_timeout=settings.BUSY_TIMEOUT
    )
    history = History(database)
    presence = Presence(linger=settings.PRESENCE_LINGER, clock=time.monotonic)
    hub = Hub(settings.MAX_CLIENTS, tap)
    vitals = Vitals()
    fanout = FanOut(hub, tap, vitals)
    bus = LocalBus(fanout.publish)

    def publish(events: list[Event]) -> None:
        indexer.hear(events)
        bus.publish(events)

    journal = Journal(
        database,
        publish=publish,
        catch_up=fanout.catch_up,
        clock=time.time,
        queue_limit=settings.QUEUE_LIMIT,
        tap=tap,
        vitals=vitals,
    )
    indexer = Indexer(journal, vitals=vitals)
    registry = NameRegistry(history=history, journal=journal, presence=presence, clock=time.time)
    limits = RateLimits(settings, clock=time.monotonic)
    emoji = Emoji()
    renderer = Renderer(emoji)
    changes = RoomChanges(time.monotonic)
    house = House(
        settings,
        journal=journal,
        history=history,
        bus=bus,
        presence=presence,
        registry=registry,
        limits=limits,
        changes=changes,
        render=renderer.render,
        clock=time.time,
    )
    addresses = Addresses(settings.MAX_CLIENTS_PER_ADDRESS)
    lobby = Lobby(
        hub=hub, presence=presence, addresses=addresses, connect=registry.connect, clock=time.monotonic, tap=tap
    )
    heartbeat = Heartbeat(
        settings, hub=hub, presence=presence, registry=registry, changes=changes, bus=bus, tap=tap, vitals=vitals
    )

    identity = Identity(registry, secret=lambda: str(app.secret_key), is_online=presence.is_online)
    static_files = StaticFiles(config.ROOT / "static")
    services = Services(settings, lobby, house, history, presence, limits, tap, lambda: static_files.version)
    budget = Budget(settings.OUTBOXES_LIMIT)
    door = Door(services, identity, budget=budget, stalled=fanout.stalled, evicted=fanout.evicted)
    door.init_app(app)
    Stream(services, door).init_app(app)
    access = Access(settings.FLOW, behind_proxy=bool(settings.ORIGINS or settings.PROXY_HOPS))
    scene = Scene(hub=hub, fanout=fanout, journal=journal, known=presence.known)
    collector = Collector(tap, scene, announce=lambda watchers: bus.publish(Watched(watchers)))
    flow_door = FlowDoor(
        settings, access, collector, identity, limits, addresses=addresses, budget=budget, stalled=fanout.stalled
    )
    flow_door.init_app(app)
    limiting.init_app(app, limits)
    offline = Offline(settings, static_files)
    app.register_blueprint(offline.blueprint())
    app.register_blueprint(
        pages(settings, house=house, history=history, identity=identity, files=static_files, offline=offline)
    )
    deeds = Deeds(registry, identity, limits)
    app.register_blueprint(
        api(
            settings,
            house=house,
            history=history,
            health=Health(journal.probe, is_ill=lambda: journal.is_ill, vitals=vitals, clock=time.monotonic),
            presence=presence,
            lobby=lobby,
            deeds=deeds,
            identity=identity,
        )
    )
    app.register_blueprint(messages(settings, house=house, history=history, deeds=deeds, identity=identity))
    app.register_blueprint(personal(settings, house=house, history=history, identity=identity))
    app.register_blueprint(texts(settings, house=house, emoji=emoji, identity=identity))
    app.register_blueprint(search(settings, Search(history, indexer), limits, clock=time.time))
    app.register_blueprint(openapi())
    laboratory = Lab(clock=time.monotonic)
    if settings.LAB:
        app.register_blueprint(lab(settings, laboratory))
    static_files.init_app(app)
    app.jinja_env.globals["browsers"] = OLDEST
    sites.init_app(app, settings.ORIGINS)
    errors.init_app(app)
    app.wsgi_app = Proxies(app.wsgi_app, hops=settings.PROXY_HOPS)  # type: ignore[method-assign]
    cli.init_app(app)
    lock_file = config.lock_file(settings, folder)
    parts = Parts(
        folder,
        lock_file,
        database,
        history,
        journal,
        indexer,
        hub,
        fanout,
        heartbeat,
        collector,
        terminal,
        laboratory,
        renderer,
        vitals,
    )
    Lifecycle(app, parts, look_inside=access.path).init_app()
    return app


def _terminal(settings: config.Settings, tap: Tap) -> Terminal:
    """Our own log lines go to the terminal; a second application in one process takes the first one's place."""
    ours = logging.getLogger("chatapp")
    for handler in [handler for handler in ours.handlers if isinstance(handler, Terminal)]:
        ours.removeHandler(handler)
    terminal = Terminal(tap=tap)
    ours.addHandler(terminal)
    ours.setLevel(settings.LOG_LEVEL)
    for name in config.unknown(os.environ):
        ours.warning("%s is not a setting of this chatapp", name)
    return terminal
