"""What the composer asks for: how a text will look, and which emoji there are."""

from __future__ import annotations

from hashlib import sha256

import msgspec
from flask import Blueprint, Response, request

from ..config import Settings
from ..identity import Identity
from ..limits import Text
from ..rooms.house import House
from ..text.emoji import Emoji
from .exchange import as_json, body, check_origin

EMOJI_KEPT = 86_400  # seconds for which a browser does not ask again


class NewPreview(msgspec.Struct):
    text: Text


def texts(settings: Settings, *, house: House, emoji: Emoji, identity: Identity) -> Blueprint:
    """`/api/preview` and `/api/emoji`."""
    blueprint = Blueprint("texts", __name__)
    listed = msgspec.json.encode({"emoji": emoji.listed()})
    tag = sha256(listed).hexdigest()[:16]

    @blueprint.before_request
    def only_from_here() -> None:
        check_origin(settings.ORIGINS)

    @blueprint.post("/api/preview")
    def preview() -> Response:
        you = identity.member_or_poster()
        return as_json({"html": house.preview(you, body(NewPreview).text)})

    @blueprint.get("/api/emoji")
    def all_emoji() -> Response:
        answer = Response(listed, mimetype="application/json")
        answer.cache_control.max_age = EMOJI_KEPT
        answer.set_etag(tag)
        answer.make_conditional(request)
        return answer

    return blueprint
