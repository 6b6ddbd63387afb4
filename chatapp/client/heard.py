"""What a server says, read generously: a newer one may say more than is known here."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from ..guests import is_guest
from ..model import Author

BRACES_MOST = 500_000  # of one word: each may be an object of 300 bytes, and code that people post has some
LONGEST_WAIT = 300.0  # seconds that a server can have us wait


class Quoted(Struct):
    """What a reply quotes."""

    seq: int
    author: Author
    text: str


class Question(Struct):
    """What a poll offers, and how many chose each."""

    options: list[str] = []
    counts: list[int] = []


class You(Struct, frozen=True):
    """Who the server takes us for."""

    id: str = ""
    role: str = ""


class Heard(Struct):
    """One word of the server's, of any kind: its `type`, and of the fields those that it has."""

    type: str
    room: str = ""
    seq: int = 0
    at: str = ""
    author: Author = Author("", "")
    text: str = ""
    target: int = 0
    nonce: str | None = None
    quote: Quoted | None = None
    poll: Question | None = None
    emoji: str = ""
    on: bool = True
    deleted: bool = False
    counts: list[int] = []
    name: str | None = None
    topic: str | None = None
    archived: bool | None = None
    # Of the answers.
    head: int = 0
    gap: bool = False
    reset: bool = False
    epoch: str = ""
    events: list[Heard] = []
    members: list[Author] | None = None
    count: int = 0
    joined: list[Author] = []
    left: list[str] = []
    you: You = You()
    code: str | int = ""
    reason: str = ""
    detail: str = ""
    retry_after: float | None = None


def waited(seconds: float) -> float:
    """For how long to wait if a server wants so many seconds: it may want any number."""
    return min(max(0.0, seconds), LONGEST_WAIT)


class NotNow(Exception):
    """The server refuses for a while; one line that says why, and the seconds after which to come again."""

    def __init__(self, why: str, retry_after: float):
        super().__init__(why)
        self.retry_after = waited(retry_after)


def shown_name(person: str, name: str) -> str:
    """The name of the person with that id, with the word that marks a guest: any free name may be theirs."""
    return f"{name} (guest)" if is_guest(person) else name


def heard(said: str | bytes) -> Heard | None:
    """The word, or None if it is none that can be read."""
    braces = said.count("{") if isinstance(said, str) else said.count(b"{")
    if braces > BRACES_MOST:
        return None
    try:
        return msgspec.json.decode(said, type=Heard)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
