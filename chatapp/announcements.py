"""Signals for every chat.v1 client, whatever rooms it is in: told and not stored."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class ListedRoom(msgspec.Struct, frozen=True, omit_defaults=True):
    """A room as a list of rooms shows it, in the shape in which it goes over the wire. `head` is its newest seq when
    that was so; `new`: it was made just now."""

    slug: str
    name: str
    head: int
    topic: str = ""
    archived: bool = False
    new: bool = False


class RoomsChanged(NamedTuple):
    """Rooms that were made, renamed, archived or reopened, or have another topic."""

    rooms: list[ListedRoom]


class Watched(NamedTuple):
    """So many look inside, at `/flow`."""

    watchers: int
