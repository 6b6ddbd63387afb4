"""The HTTP interface to a room's messages: history, and for programs all that one can do with a message."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
from flask import Blueprint, Response, request
from msgspec.structs import replace

from ..config import Settings
from ..identity import Identity
from ..limits import Choices, Nonce, Text
from ..live.protocol import Seq
from ..log.history import History, Page
from ..model import Event, Message, Poll, Present, Refusal, Room
from ..rooms.house import House
from ..rooms.names import poll_options
from .deeds import Deeds
from .exchange import as_json, body, check_origin, query

PAGE_LIMIT = 200  # messages in one page of history
PAGE_DEFAULT = 50


class NewMessage(msgspec.Struct):
    text: Text
    nonce: Nonce
    reply_to: Seq | None = None
    all: bool = False
    poll: Poll | None = None


class NewVote(msgspec.Struct):
    choices: Choices
    nonce: Nonce | None = None


class NewText(msgspec.Struct):
    text: Text
    nonce: Nonce | None = None
    all: bool = False


def messages(settings: Settings, *, house: House, history: History, deeds: Deeds, identity: Identity) -> Blueprint:
    """`/api/rooms/<slug>/messages…`, `/api/rooms/<slug>/pins`."""
    blueprint = Blueprint("messages", __name__, url_prefix="/api/rooms/<slug>")

    @blueprint.before_request
    def only_from_here() -> None:
        check_origin(settings.ORIGINS)

    @blueprint.get("/messages")
    def page(slug: str) -> Response:
        reader = _reader(identity)
        found = _page(history, house.room(slug), reader)
        seen = [_as_seen_by(reader, message) for message in found.messages]
        return as_json({"messages": seen, "more": found.more, "newer": found.newer, "head": found.head})

    @blueprint.post("/messages")
    def post(slug: str) -> Response:
        room, new = house.room(slug), body(NewMessage)
        deed = partial(house.post, reply_to=new.reply_to, to_all=new.all, poll=new.poll)
        return deeds.done(
            lambda you, receipt: deed(you, room, new.text, new.nonce, receipt),
            201,
            made_by=lambda event: _is_made_by(new, room, event),
        )

    @blueprint.patch("/messages/<seq>")
    def edit(slug: str, seq: str) -> Response:
        room, target, new = house.room(slug), _target(seq), body(NewText)
        return deeds.done(
            lambda you, receipt: house.edit(you, room, target, new.text, new.nonce, receipt, to_all=new.all)
        )

    @blueprint.delete("/messages/<seq>")
    def delete(slug: str, seq: str) -> Response:
        room, target = house.room(slug), _target(seq)
        return deeds.done(lambda you, receipt: house.delete(you, room, target, None, receipt))

    @blueprint.get("/messages/<seq>/versions")
    def versions(slug: str, seq: str) -> Response:
        found = history.versions(house.room(slug), _target(seq))
        return as_json({"versions": [version._asdict() for version in found]})

    @blueprint.put("/messages/<seq>/reactions/<emoji>")
    @blueprint.delete("/messages/<seq>/reactions/<emoji>")
    def react(slug: str, seq: str, emoji: str) -> Response:
        room, target, on = house.room(slug), _target(seq), request.method == "PUT"
        return deeds.done(lambda you, receipt: house.react(you, room, target, emoji, None, receipt, on=on))

    @blueprint.put("/messages/<seq>/pin")
    @blueprint.delete("/messages/<seq>/pin")
    def pin(slug: str, seq: str) -> Response:
        room, target, on = house.room(slug), _target(seq), request.method == "PUT"
        return deeds.done(lambda you, receipt: house.pin(you, room, target, None, receipt, on=on))

    @blueprint.get("/pins")
    def pins(slug: str) -> Response:
        reader = _reader(identity)
        found = history.pins(house.room(slug), reader=reader)
        return as_json({"messages": [_as_seen_by(reader, message) for message in found]})

    @blueprint.put("/messages/<seq>/vote")
    def vote(slug: str, seq: str) -> Response:
        room, target, new = house.room(slug), _target(seq), body(NewVote)
        return deeds.done(lambda you, receipt: house.vote(you, room, target, new.choices, new.nonce, receipt))

    @blueprint.post("/messages/<seq>/close")
    def close(slug: str, seq: str) -> Response:
        room, target = house.room(slug), _target(seq)
        return deeds.done(lambda you, receipt: house.close(you, room, target, None, receipt))

    return blueprint


def _is_made_by(new: NewMessage, room: Room, event: Event) -> bool:
    """Whether the event is the message that was posted, and not another one under the same nonce."""
    if not isinstance(event, Message) or event.room != room.slug:
        return False
    if (event.text, event.reply_to) != (new.text, new.reply_to):
        return False
    if new.poll is None or event.poll is None:
        return new.poll is event.poll
    return event.poll == replace(new.poll, options=poll_options(new.poll.options))


def _reader(identity: Identity) -> str | None:
    """Whose own votes and nonces are shown: the cookie's person."""
    you = identity.member()
    return you.id if you else None


def _page(history: History, room: Room, reader: str | None) -> Page:
    """The page that the query asks for: before a seq, after one, around one, or else the newest."""
    limit = query("limit", Annotated[int, msgspec.Meta(ge=1, le=PAGE_LIMIT)], PAGE_DEFAULT)
    asked = [name for name in ("before", "after", "around") if name in request.args]
    if len(asked) > 1:
        raise Refusal("bad-field", field=asked[1])
    if "around" in request.args:
        return history.page_around(room, around=query("around", Seq, 0), limit=limit, reader=reader)
    if "after" in request.args:
        return history.page_after(room, after=query("after", Seq, 0), limit=limit, reader=reader)
    return history.page(room, before=query("before", Seq, None), limit=limit, reader=reader)


def _as_seen_by(reader: str | None, message: Present) -> Present:
    if message.author.id == reader:
        return message
    return msgspec.structs.replace(message, nonce=None)


def _target(seq: str) -> int:
    """The message at an address. Raises Refusal `no-such-message`."""
    try:
        target: int = msgspec.convert(seq, Seq, strict=False)
        return target
    except msgspec.ValidationError:
        raise Refusal("no-such-message") from None
