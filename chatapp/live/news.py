"""chat.v1: what the server says and nobody keeps."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from ..announcements import ListedRoom
from ..model import Author

Level = Literal["all", "mentions", "none"]  # model.LEVELS


class PresenceNews(Struct, tag="presence", omit_defaults=True):
    """Who came and who left. `members`: more than are named did; these are the first of those who are in the room."""

    room: str
    joined: list[Author]
    left: list[str]
    count: int
    nonce: str | None = None
    members: list[Author] | None = None


class TypingNews(Struct, tag="typing"):
    room: str
    user: Author


class ReadMark(Struct, tag="read"):
    room: str
    seq: int


class LevelNews(Struct, tag="level", omit_defaults=True):
    room: str
    level: str
    nonce: str | None = None


class CallNews(Struct, tag="called"):
    """A message in a room that the client is not in means the person; `text` is one line of it."""

    room: str
    seq: int
    author: Author
    text: str


class WatchNews(Struct, tag="watched"):
    """So many look inside at `/flow` from now on."""

    watchers: int


class RoomsNews(Struct, tag="rooms"):
    """These rooms were made or changed; they are like that now."""

    rooms: list[ListedRoom]


class BallotNews(Struct, tag="ballot", omit_defaults=True):
    """What the person chose in an anonymous poll, in place of what the `voted` does not tell: for their own clients in
    the room."""

    room: str
    target: int
    choices: list[int]
    nonce: str | None = None


Ephemeral = PresenceNews | TypingNews | ReadMark | BallotNews | LevelNews | CallNews | WatchNews | RoomsNews
