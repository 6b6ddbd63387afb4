"""What is told and forgotten: how it goes over the wire, and to whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model import Author, Called, Ephemeron, Leveled, Read, Typing, Watched
from . import protocol
from .hub import Client, Hub

PEOPLE_AT_ONCE = 100  # looked for under one lock


def addressed(item: Ephemeron, hub: Hub) -> tuple[protocol.Ephemeral, Iterable[Client]]:
    """What is said of it, and the clients that it is for; plain ones are among them."""
    match item:
        case Read():
            own = (client for client in hub.of_person(item.person) if client is not item.by)
            return protocol.ReadMark(item.room, item.seq), own
        case Leveled():
            own = (client for client in hub.of_person(item.person) if client is not item.by)
            return protocol.LevelNews(item.room, item.level), own
        case Called():
            news = protocol.CallNews(item.room, item.seq, item.author, item.line)
            return news, _elsewhere(item, hub)
        case Typing():
            return protocol.TypingNews(item.room, Author(item.user, item.name)), hub.recipients(item.room).chat
        case Watched():
            return protocol.WatchNews(item.watchers), hub.clients()
        case _:
            told = protocol.PresenceNews(item.room, item.joined, item.left, item.count)
            return told, hub.recipients(item.room).chat


def _elsewhere(item: Called, hub: Hub) -> Iterator[Client]:
    for start in range(0, len(item.people), PEOPLE_AT_ONCE):
        yield from hub.elsewhere(item.people[start : start + PEOPLE_AT_ONCE], item.room)
