"""The rooms of a server, by what people call them."""

from __future__ import annotations

from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from ..spelling import folded
from ..terminal import escaped
from .address import Address
from .fetching import fetch

LISTED = 10  # rooms named to who asks for one that there is not


class NoSuchRoom(Exception):
    """Nothing is called so; one line with what there is."""


class _Room(Struct):
    slug: str
    name: str


class _Rooms(Struct):
    rooms: list[_Room]


def slug_of(address: Address, asked: str) -> str:
    """The slug of the room of that slug or name, case and a `#` before it aside. Raises NoSuchRoom.

    From a server that does not answer now it is what was asked for: whoever goes there hears why.
    """
    try:
        for called in dict.fromkeys((asked, asked.removeprefix("#"))):
            if called and _is_there(address, called):
                return called
            rooms = _rooms(address, called)
            for meant in (
                [room for room in rooms if folded(room.name) == folded(called)],
                [room for room in rooms if folded(room.slug) == folded(called)],
            ):
                if meant:
                    return meant[0].slug
        rooms = _rooms(address)
    except (OSError, HTTPException, msgspec.DecodeError):
        return asked
    more = f" and {len(rooms) - LISTED} more" if len(rooms) > LISTED else ""
    known = ", ".join(room.slug for room in rooms[:LISTED])
    raise NoSuchRoom(escaped(f"There is no room “{asked}”. There are: {known}{more}"))


def _is_there(address: Address, slug: str) -> bool:
    status, _ = _get(address, f"/api/rooms/{quote(slug, safe='')}")
    return status == HTTPStatus.OK


def _rooms(address: Address, q: str = "") -> list[_Room]:
    """The first rooms, or the first of those with `q` in their names; none where `q` is too long for a name."""
    status, content = _get(address, f"/api/rooms?{urlencode({'q': q})}" if q else "/api/rooms")
    return [] if status == HTTPStatus.BAD_REQUEST else msgspec.json.decode(content, type=_Rooms).rooms


def _get(address: Address, target: str) -> tuple[int, bytes]:
    answer = fetch(address, "GET", target)
    return answer.status, answer.content
