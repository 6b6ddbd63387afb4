"""The pages: the chat itself, in any room."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, session

from ..config import Settings
from ..details import LOCALES
from ..identity import Identity, language
from ..limits import MARKS_LIMIT, NAME_LIMIT, OPTION_LIMIT, OPTIONS_MOST, ROOM_NAME_LIMIT, TOPIC_LIMIT
from ..live.door import DEFAULT_ROOM
from ..log.acts import EDIT_WINDOW
from ..log.history import History
from ..log.places import PINS_LIMIT
from ..rooms.house import House
from .static import StaticFiles
from .strings import page_strings


def pages(settings: Settings, *, house: House, history: History, identity: Identity, files: StaticFiles) -> Blueprint:
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
        boot = {
            "version": files.release().version,
            "home": DEFAULT_ROOM,
            "room": {
                "slug": shown.slug,
                "name": shown.name,
                "topic": shown.topic,
                "archived": shown.archived,
            },
            "seq": seq,
            "you": {"id": you.id, "name": you.name} if you else None,
            "locale": language(),
            "locales": [{"code": code, "name": name} for code, name in LOCALES.items()],
            "limits": {
                "text": settings.TEXT_LIMIT,
                "marks": MARKS_LIMIT,
                "frame": settings.FRAME_LIMIT,
                "rate": settings.RATE_LIMIT,
                "burst": settings.RATE_BURST,
                "name": NAME_LIMIT,
                "room_name": ROOM_NAME_LIMIT,
                "rooms": settings.ROOMS_LIMIT,
                "pins": PINS_LIMIT,
                "topic": TOPIC_LIMIT,
                "option": OPTION_LIMIT,
                "options": OPTIONS_MOST,
                "edit": EDIT_WINDOW,
            },
            "strings": page_strings(),
        }
        response = make_response(render_template("index.html", boot=boot, locale=language()))
        response.headers["Cache-Control"] = "no-store"  # it bears the person's name
        return response

    return blueprint
