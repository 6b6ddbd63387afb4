"""The bus of a single process: a direct call, in order, to who listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..model import Change, Message


class Typing(NamedTuple):
    """Somebody is typing in a room: told and forgotten."""

    room: str
    user: str
    name: str


class Read(NamedTuple):
    """A person's read marker moved: for their own clients other than the one it was moved `by`."""

    person: str
    room: str
    seq: int
    by: object


Ephemeron = Typing | Read | Change
News = list[Message] | Ephemeron


class LocalBus:
    """Carries committed events and ephemera to one listener. A call must not block."""

    def __init__(self, listener: Callable[[News], None]):
        self._listener = listener

    def publish(self, news: News) -> None:
        self._listener(news)
