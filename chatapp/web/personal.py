"""The HTTP interface to what is one's own: the messages that mean one, and of how much of a room one wants to hear."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Blueprint, Response
from msgspec import Meta

from ..config import Settings
from ..excerpt import one_line
from ..identity import Identity
from ..live.news import Level
from ..live.protocol import Seq
from ..log.history import History
from ..model import Present
from ..rooms.house import House
from .exchange import as_json, body, check_origin, query

PAGE_LIMIT = 200  # mentions in one page
PAGE_DEFAULT = 50

Limit = Annotated[int, Meta(ge=1, le=PAGE_LIMIT)]


class NewLevel(msgspec.Struct):
    level: Level


class Mention(msgspec.Struct):
    """A message that means the one who asks, as it is now, and one line of it; `before` goes on with `id`."""

    id: int
    line: str
    message: Present


def personal(settings: Settings, *, house: House, history: History, identity: Identity) -> Blueprint:
    """`/api/mentions` and `/api/rooms/<slug>/level`."""
    blueprint = Blueprint("personal", __name__)

    @blueprint.before_request
    def only_from_here() -> None:
        check_origin(settings.ORIGINS)

    @blueprint.get("/api/mentions")
    def mentions() -> Response:
        limit: int = query("limit", Limit, PAGE_DEFAULT)
        before = query("before", Seq, None)
        found = history.calls(identity.need_member().id, before=before, limit=limit + 1)
        # The nonce is its author's: nobody is meant by their own message.
        page = [
            Mention(id, one_line(message.text, message.html), msgspec.structs.replace(message, nonce=None))
            for id, message in found[:limit]
        ]
        return as_json({"mentions": page, "more": len(found) > limit})

    @blueprint.put("/api/rooms/<slug>/level")
    def set_level(slug: str) -> Response:
        room, level = house.room(slug), body(NewLevel).level
        house.set_level(identity.need_member(), room, level)
        return as_json({"room": room.slug, "level": level})

    return blueprint
