"""The rooms of a server, by what people call them."""

from __future__ import annotations

from http.client import HTTPException

import msgspec
from msgspec import Struct

from ..spelling import folded
from ..terminal import escaped
from .address import Address
from .person import TIMEOUT

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
        rooms = _rooms(address)
    except (OSError, HTTPException, msgspec.DecodeError):
        return asked
    for called in (asked, asked.removeprefix("#")):
        for meant in (
            [room for room in rooms if room.slug == called],
            [room for room in rooms if folded(room.name) == folded(called)],
            [room for room in rooms if folded(room.slug) == folded(called)],
        ):
            if meant:
                return meant[0].slug
    more = f" and {len(rooms) - LISTED} more" if len(rooms) > LISTED else ""
    known = ", ".join(room.slug for room in rooms[:LISTED])
    raise NoSuchRoom(escaped(f"There is no room “{asked}”. There are: {known}{more}"))


def _rooms(address: Address) -> list[_Room]:
    connection = address.http(TIMEOUT)
    try:
        connection.request("GET", "/api/rooms")
        return msgspec.json.decode(connection.getresponse().read(), type=_Rooms).rooms
    finally:
        connection.close()
