"""The pages: the chat itself, in any room."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, session

from ..config import Settings
from ..identity import Identity, language
from ..live.door import DEFAULT_ROOM
from ..log.history import History
from ..rooms.house import House
from .boot import boot
from .offline import Offline
from .static import StaticFiles
from .zipping import zipped


def pages(
    settings: Settings, *, house: House, history: History, identity: Identity, files: StaticFiles, offline: Offline
) -> Blueprint:
    """`/`, `/r/<slug>`, and `/r/<slug>/<seq>`: the room, around a message."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/")
    def home() -> Response:
        return page(DEFAULT_ROOM)

    @blueprint.get("/r/<slug>")
    def room(slug: str) -> Response:
        return page(slug)

    @blueprint.get("/r/<slug>/<int:seq>")
    def message(slug: str, seq: int) -> Response:
        return page(slug, seq)

    def page(slug: str, seq: int | None = None) -> Response:
        shown = history.room(house.room(slug).slug)
        you = identity.member()
        session.modified = you is not None  # the cookie lives for another year
        given = boot(
            settings,
            version=files.present().version,
            room={"slug": shown.slug, "name": shown.name, "topic": shown.topic, "archived": shown.archived},
            seq=seq,
            you={"id": you.id, "name": you.name} if you else None,
            worker=offline.address(),
        )
        response = make_response(render_template("index.html", boot=given, locale=language()))
        response.headers["Cache-Control"] = "no-store"  # it bears the person's name
        return zipped(response)

    return blueprint
