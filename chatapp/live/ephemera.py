"""What is told and forgotten: how it goes over the wire, and to whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..announcements import RoomsChanged, Watched
from ..model import Author, Ballot, Called, Ephemeron, Leveled, Read, Typing
from . import news
from .hub import Client, Hub

PEOPLE_AT_ONCE = 100  # looked for under one lock


def addressed(item: Ephemeron, hub: Hub) -> tuple[news.Ephemeral, Iterable[Client]]:
    """What is said of it, and the clients that it is for; plain ones are among them."""
    match item:
        case Read():
            own = (client for client in hub.of_person(item.person) if client is not item.by)
            return news.ReadMark(item.room, item.seq), own
        case Leveled():
            own = (client for client in hub.of_person(item.person) if client is not item.by)
            return news.LevelNews(item.room, item.level), own
        case Ballot():
            _, room, target, choices, nonce = item
            return news.BallotNews(room, target, choices, nonce), hub.in_room(item.person, room)
        case Called():
            return news.CallNews(item.room, item.seq, item.author, item.line), _elsewhere(item, hub)
        case Typing():
            return news.TypingNews(item.room, Author(item.user, item.name)), hub.recipients(item.room).chat
        case Watched():
            return news.WatchNews(item.watchers), hub.clients()
        case RoomsChanged():
            return news.RoomsNews(item.rooms), hub.clients()
        case _:
            told = news.PresenceNews(item.room, item.joined, item.left, item.count, members=item.members)
            return told, hub.recipients(item.room).chat


def _elsewhere(item: Called, hub: Hub) -> Iterator[Client]:
    for start in range(0, len(item.people), PEOPLE_AT_ONCE):
        yield from hub.elsewhere(item.people[start : start + PEOPLE_AT_ONCE], item.room)
