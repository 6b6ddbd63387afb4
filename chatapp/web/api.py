"""The HTTP interface: rooms, history, posting, one's own name, and whether the server is well."""

from __future__ import annotations

from threading import Event
from typing import Annotated, Any, TypeVar

import msgspec
from flask import Blueprint, Response, request, session

from ..config import Settings
from ..details import LOCALES
from ..identity import Identity, new_id
from ..live.protocol import Nonce, Seq
from ..log.history import History
from ..log.journal import WRITE_TIMEOUT, Journal
from ..model import Message, Person, Refusal
from ..rooms.house import House
from ..rooms.presence import Presence
from .exchange import as_json, body, check_origin

PAGE_LIMIT = 200  # messages in one page of history
PAGE_DEFAULT = 50

T = TypeVar("T")


class NewRoom(msgspec.Struct):
    name: str


class NewMessage(msgspec.Struct):
    text: str
    nonce: Nonce


class NewSelf(msgspec.Struct):
    """What one may change of oneself."""

    name: str | None = None
    lang: str | None = None


class RoomEntry(msgspec.Struct):
    slug: str
    name: str
    head: int
    people: int


class _Awaited:
    """A receipt that an HTTP request waits for."""

    def __init__(self) -> None:
        self._done = Event()
        self._event: Message | None = None
        self._refusal: Refusal | None = None

    def stored(self, event: Message, *, first: bool) -> None:
        self._event = event
        self._done.set()

    def refused(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self._done.set()

    def wait(self) -> Message:
        """The stored event. Raises Refusal."""
        self._done.wait(WRITE_TIMEOUT)
        if self._event is None:
            raise self._refusal or Refusal("busy", retry_after=1.0)
        return self._event


def api(
    settings: Settings, *, house: House, history: History, journal: Journal, presence: Presence, identity: Identity
) -> Blueprint:
    """`/api/…` and `/healthz`."""
    blueprint = Blueprint("api", __name__)

    @blueprint.before_request
    def only_from_here() -> None:
        check_origin(settings.ORIGINS)

    @blueprint.get("/api/rooms")
    def rooms() -> Response:
        entries = [RoomEntry(room.slug, room.name, room.head, presence.count(room.slug)) for room in history.rooms()]
        return as_json({"rooms": entries})

    @blueprint.post("/api/rooms")
    def open_room() -> Response:
        made = house.open_room(identity.member() or identity.caller(), body(NewRoom).name)
        return as_json({"slug": made.slug, "name": made.name, "head": made.head}, 201)

    @blueprint.get("/api/rooms/<slug>/messages")
    def page(slug: str) -> Response:
        room = house.room(slug)
        before = _query("before", Seq, None)
        limit = _query("limit", Annotated[int, msgspec.Meta(ge=1, le=PAGE_LIMIT)], PAGE_DEFAULT)
        found, more = history.page(room, before=before, limit=limit)
        you = identity.member()
        return as_json({"messages": [_as_seen_by(you, message) for message in found], "more": more})

    @blueprint.post("/api/rooms/<slug>/messages")
    def post(slug: str) -> Response:
        room = house.room(slug)
        message = body(NewMessage)
        receipt = _Awaited()
        house.post(presence.known(identity.member() or identity.caller()), room, message.text, message.nonce, receipt)
        return as_json(receipt.wait(), 201)

    @blueprint.get("/api/me")
    def me() -> Response:
        you = identity.member()
        if you is None:
            raise Refusal("no-name")
        return as_json({"id": you.id, "name": you.name})

    @blueprint.post("/api/me")
    def change_me() -> Response:
        wanted = body(NewSelf)
        if wanted.lang is not None:
            if wanted.lang not in LOCALES:
                raise Refusal("bad-field", field="lang")
            session["lang"] = wanted.lang
        you = identity.member()
        if wanted.name is not None:
            you = you or Person(new_id(), "", "member")
            name = house.rename(you, wanted.name)
            identity.remember(you.id, name)
            you = Person(you.id, name, "member")
        return as_json({"id": you.id, "name": you.name} if you else {})

    @blueprint.get("/healthz")
    def health() -> Response:
        journal.probe()
        return as_json({"status": "ok"})

    return blueprint


def _as_seen_by(you: Person | None, message: Message) -> Message:
    if you and message.author.id == you.id:
        return message
    return msgspec.structs.replace(message, nonce=None)


def _query(name: str, kind: Any, default: T) -> T:
    given = request.args.get(name)
    if given is None:
        return default
    try:
        found: T = msgspec.convert(given, kind, strict=False)
        return found
    except msgspec.ValidationError:
        raise Refusal("bad-field", field=name) from None
