"""The HTTP interface to a room's messages: history, and for programs all that one can do with a message."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event as Flag
from typing import Annotated

import msgspec
from flask import Blueprint, Response, request

from ..config import Settings
from ..identity import Identity
from ..live.protocol import Nonce, Seq
from ..log.acts import Receipt
from ..log.history import History, Page
from ..log.journal import WRITE_TIMEOUT
from ..model import Event, Person, Present, Refusal, Room
from ..rooms.house import House
from ..rooms.presence import Presence
from .exchange import as_json, body, check_origin, query

PAGE_LIMIT = 200  # messages in one page of history
PAGE_DEFAULT = 50


class NewMessage(msgspec.Struct):
    text: str
    nonce: Nonce
    reply_to: Seq | None = None
    all: bool = False


class NewText(msgspec.Struct):
    text: str
    nonce: Nonce | None = None
    all: bool = False


class _Awaited:
    """A receipt that an HTTP request waits for."""

    def __init__(self) -> None:
        self._done = Flag()
        self._event: Event | None = None
        self._refusal: Refusal | None = None

    def stored(self, event: Event, *, first: bool) -> None:
        self._event = event
        self._done.set()

    def refused(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self._done.set()

    def wait(self) -> Event:
        """The stored event. Raises Refusal."""
        self._done.wait(WRITE_TIMEOUT)
        if self._event is None:
            raise self._refusal or Refusal("busy", retry_after=1.0)
        return self._event


def messages(
    settings: Settings, *, house: House, history: History, presence: Presence, identity: Identity
) -> Blueprint:
    """`/api/rooms/<slug>/messages…`."""
    blueprint = Blueprint("messages", __name__, url_prefix="/api/rooms/<slug>/messages")

    @blueprint.before_request
    def only_from_here() -> None:
        check_origin(settings.ORIGINS)

    def done(deed: Callable[[Person, Receipt], None], status: int = 200) -> Response:
        """Waits until what the caller does is on disk, and answers with its event."""
        receipt = _Awaited()
        deed(presence.known(identity.member() or identity.caller()), receipt)
        return as_json(receipt.wait(), status)

    @blueprint.get("")
    def page(slug: str) -> Response:
        found = _page(history, house.room(slug))
        you = identity.member()
        seen = [_as_seen_by(you, message) for message in found.messages]
        return as_json({"messages": seen, "more": found.more, "newer": found.newer, "head": found.head})

    @blueprint.post("")
    def post(slug: str) -> Response:
        room, new = house.room(slug), body(NewMessage)

        def deed(you: Person, receipt: Receipt) -> None:
            house.post(you, room, new.text, new.nonce, receipt, reply_to=new.reply_to, to_all=new.all)

        return done(deed, 201)

    @blueprint.patch("/<seq>")
    def edit(slug: str, seq: str) -> Response:
        room, target, new = house.room(slug), _target(seq), body(NewText)
        return done(lambda you, receipt: house.edit(you, room, target, new.text, new.nonce, receipt, to_all=new.all))

    @blueprint.delete("/<seq>")
    def delete(slug: str, seq: str) -> Response:
        room, target = house.room(slug), _target(seq)
        return done(lambda you, receipt: house.delete(you, room, target, None, receipt))

    @blueprint.get("/<seq>/versions")
    def versions(slug: str, seq: str) -> Response:
        found = history.versions(house.room(slug), _target(seq))
        return as_json({"versions": [version._asdict() for version in found]})

    @blueprint.put("/<seq>/reactions/<emoji>")
    @blueprint.delete("/<seq>/reactions/<emoji>")
    def react(slug: str, seq: str, emoji: str) -> Response:
        room, target, on = house.room(slug), _target(seq), request.method == "PUT"
        return done(lambda you, receipt: house.react(you, room, target, emoji, None, receipt, on=on))

    return blueprint


def _page(history: History, room: Room) -> Page:
    """The page that the query asks for: before a seq, after one, around one, or else the newest."""
    limit = query("limit", Annotated[int, msgspec.Meta(ge=1, le=PAGE_LIMIT)], PAGE_DEFAULT)
    asked = [name for name in ("before", "after", "around") if name in request.args]
    if len(asked) > 1:
        raise Refusal("bad-field", field=asked[1])
    if "around" in request.args:
        return history.page_around(room, around=query("around", Seq, 0), limit=limit)
    if "after" in request.args:
        return history.page_after(room, after=query("after", Seq, 0), limit=limit)
    return history.page(room, before=query("before", Seq, None), limit=limit)


def _as_seen_by(you: Person | None, message: Present) -> Present:
    if you and message.author.id == you.id:
        return message
    return msgspec.structs.replace(message, nonce=None)


def _target(seq: str) -> int:
    """The message at an address. Raises Refusal `no-such-message`."""
    try:
        target: int = msgspec.convert(seq, Seq, strict=False)
        return target
    except msgspec.ValidationError:
        raise Refusal("no-such-message") from None
