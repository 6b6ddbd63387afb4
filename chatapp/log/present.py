"""Messages as they are now, read from the tables: at most a bounded number of rows for each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from ..model import Message, Present
from .fold import folded
from .picks import picked_under
from .rows import after_it, told
from .schema import pins


def present(connection: Connection, room_id: int, rows: list[Any], reader: str | None) -> list[Present]:
    """The messages in these rows of `with_slug`, all of one room, as they are now and as that person sees them."""
    messages = [event for event in told(connection, rows) if isinstance(event, Message)]
    about = after_it(connection, room_id, [message.seq for message in messages])
    living = [message.seq for message in messages if not message.deleted]
    pinned = select(pins.c.target).where(pins.c.room_id == room_id, pins.c.target.in_(living))
    picked = picked_under(connection, room_id, living, reader)
    return folded(messages, about, picked, set(connection.execute(pinned).scalars()))
