"""The HTTP interface: rooms, one's own name, and whether the server is well."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Blueprint, Response, request, session
from msgspec import Meta
from msgspec.structs import replace

from ..config import Settings
from ..details import LOCALES
from ..identity import Identity, new_id
from ..limits import Language, Name, Nonce, PersonId, RoomName, Topic
from ..live.chat import OTHER_ROOMS, OWN_ROOMS
from ..live.lobby import Lobby
from ..live.news import Level
from ..live.protocol import Seq
from ..log.history import History, Listed
from ..model import Person, Refusal
from ..networks import network
from ..rooms.house import House
from ..rooms.presence import MEMBERS_NAMED, Presence
from .cookies import forget
from .deeds import Deeds
from .exchange import as_json, body, check_origin, query
from .health import Health

ROOMS_PAGE = 100  # rooms in one page of the list

RoomsAtOnce = Annotated[int, Meta(ge=1, le=ROOMS_PAGE)]
PeopleAtOnce = Annotated[int, Meta(ge=1, le=MEMBERS_NAMED)]


class NewRoom(msgspec.Struct):
    name: RoomName


class NewState(msgspec.Struct):
    """What one may change of a room."""

    name: RoomName | None = None
    topic: Topic | None = None
    archived: bool | None = None
    nonce: Nonce | None = None


class NewSelf(msgspec.Struct):
    """What one may change of oneself."""

    name: Name | None = None
    lang: Language | None = None


class RoomEntry(msgspec.Struct, omit_defaults=True):
    """A room; the rest is how who asks stands in it (`model.Standing`)."""

    slug: str
    name: str
    head: int
    people: int
    topic: str
    archived: bool
    last_at: str | None  # when something happened in it last
    read: int | None = None
    unread: int = 0
    mentions: int = 0
    level: Level = "all"


def api(
    settings: Settings,
    *,
    house: House,
    history: History,
    health: Health,
    presence: Presence,
    lobby: Lobby,
    deeds: Deeds,
    identity: Identity,
) -> Blueprint:
    """`/api/…` and `/healthz`."""
    blueprint = Blueprint("api", __name__)

    @blueprint.before_request
    def only_from_here() -> None:
        check_origin(settings.ORIGINS)

    def asker() -> str:
        you = identity.member()
        return you.id if you else ""  # nobody has read anything under it

    def entry(listed: Listed) -> RoomEntry:
        room, last_at, standing = listed
        people = presence.count(room.slug)
        stands = msgspec.structs.asdict(standing)
        return RoomEntry(room.slug, room.name, room.head, people, room.topic, room.archived, last_at, **stands)

    @blueprint.get("/api/rooms")
    def rooms() -> Response:
        limit: int = query("limit", RoomsAtOnce, ROOMS_PAGE)
        after: int = query("after", Seq, 0)
        asked: str = query("q", RoomName, "")
        if query("own", bool, False):
            own = history.own(asker(), most=OWN_ROOMS, others=OTHER_ROOMS)
            return as_json({"rooms": [entry(each) for each in own], "next": None})
        found = history.listed(asker(), after=after, limit=limit + 1, q=asked)
        following = found[limit - 1].room.id if len(found) > limit else None
        return as_json({"rooms": [entry(each) for each in found[:limit]], "next": following})

    @blueprint.get("/api/rooms/<slug>")
    def room(slug: str) -> Response:
        return as_json(entry(history.listing(house.room(slug).slug, asker())))

    @blueprint.get("/api/rooms/<slug>/people")
    def people(slug: str) -> Response:
        limit: int = query("limit", PeopleAtOnce, MEMBERS_NAMED)
        after: str = query("after", PersonId, "")
        asked: str = query("q", Name, "")
        found, count = presence.page(house.room(slug).slug, after=after, limit=limit + 1, q=asked)
        following = found[limit - 1].id if len(found) > limit else None
        return as_json({"people": found[:limit], "count": count, "next": following})

    @blueprint.post("/api/rooms")
    def open_room() -> Response:
        new = body(NewRoom)
        made = house.open_room(identity.need_member(), new.name)
        return as_json({"slug": made.slug, "name": made.name, "head": made.head}, 201)

    @blueprint.patch("/api/rooms/<slug>")
    def configure(slug: str) -> Response:
        room, new = house.room(slug), body(NewState)
        return deeds.done(
            lambda you, receipt: house.configure(
                you, room, new.nonce, receipt, name=new.name, topic=new.topic, archived=new.archived
            )
        )

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
            you = replace(you or Person(new_id(), "", "member"), network=network(request.remote_addr or ""))
            name = house.rename(you, wanted.name)
            identity.remember(you.id, name)
            you = Person(you.id, name, "member")
        return as_json({"id": you.id, "name": you.name} if you else {})

    @blueprint.delete("/api/me")
    def forget_me() -> Response:
        you = identity.member()
        if you:
            house.forget(replace(you, network=network(request.remote_addr or "")))
        forget()
        response = as_json({})
        if you:
            # Only now that the browser has the answer: a page that came back before would be the same person again.
            response.call_on_close(lambda: lobby.send_away(you.id))
        return response

    @blueprint.get("/healthz")
    def is_well() -> Response:
        health.ask()
        return as_json({"status": "ok"})

    return blueprint
