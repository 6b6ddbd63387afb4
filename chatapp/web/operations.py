"""What programs can do over HTTP: every address, what it takes and what it gives, in the structs that do the work.

Tests hold it against the addresses that the application has, and the answers against what is promised here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from msgspec import Meta, Struct

from ..flow.words import Snapshot
from ..limits import NAME_LIMIT, Name, PersonId, Query, RoomName, Zone
from ..live.news import Level
from ..live.protocol import JOIN_LIMIT, End, Seq, Stream
from ..log.search import Hit
from ..model import Author, Closed, Configured, Deleted, Edited, Event, Message, Pinned, Present, Reacted, Voted
from .api import NewRoom, NewSelf, NewState, PeopleAtOnce, RoomEntry, RoomsAtOnce
from .limiting import HEALTH
from .messages import PAGE_LIMIT, NewMessage, NewText, NewVote
from .personal import Mention, NewLevel
from .stream import MIME
from .texts import NewPreview

AS_GUEST = {"name": Annotated[str, Meta(max_length=NAME_LIMIT, description="under which a program acts")]}
READS = ("busy", "forbidden", "wrong-host")  # codes with which any read may be refused, and any change
CHANGES = ("busy", "forbidden", "wrong-host", "bad-name", "bad-field")
TAKES_JSON = ("bad-json", "bad-field", "too-large")


class Rooms(Struct):
    """A page of the rooms, in the order in which they were made; `people` are those in it now. `next` is `after` for
    the following page, null if there is none."""

    rooms: list[RoomEntry]
    next: int | None


class People(Struct):
    """A page of the people who are in a room, in the order of their ids, and how many there are in all. `next` is
    `after` for the following page, null if there is none."""

    people: list[Author]
    count: int
    next: str | None


class MadeRoom(Struct):
    slug: str
    name: str
    head: int


class Messages(Struct):
    """A page of history, oldest first; all that happened up to `head` is in it."""

    messages: list[Present]
    more: bool
    newer: bool
    head: int


class Mentions(Struct):
    """Messages that mention one, newest first; `before` goes on with the last one's `id`."""

    mentions: list[Mention]
    more: bool


class LevelSet(Struct):
    room: str
    level: Level


class Pins(Struct):
    """A room's pinned messages, the one that was pinned last first."""

    messages: list[Present]


class Version(Struct):
    at: str
    text: str
    html: str | None


class Versions(Struct):
    """How a message read, oldest first."""

    versions: list[Version]


class Preview(Struct):
    """The HTML that a message of that text would have, or null if it would have none."""

    html: str | None


class AllEmoji(Struct):
    """Each emoji, followed by its names."""

    emoji: list[list[str]]


class SearchNote(Struct):
    """What of a query was not understood."""

    term: str
    code: str
    detail: str


class SearchFound(Struct):
    """A page of what was found, newest first; `next` is `before` for the following page, null if there is none."""

    results: list[Hit]
    next: int | None
    notes: list[SearchNote]


class Me(Struct, omit_defaults=True):
    """Nothing, if one has not chosen a name yet."""

    id: str = ""
    name: str = ""


class Health(Struct):
    status: str


class Problem(Struct, omit_defaults=True):
    """RFC 9457, with the protocol's error codes."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    retry_after: float | None = None
    slug: str | None = None
    count: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Operation:
    """What one can do at an address, as Flask writes it: what it takes and gives, and the codes of its refusals."""

    method: str
    rule: str
    summary: str
    gives: Any
    status: int = 200
    takes: Any = None
    query: dict[str, Any] = field(default_factory=dict)
    refusals: tuple[str, ...] = ()
    mime: str = "application/json"

    @property
    def path(self) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", self.rule)

    @property
    def codes(self) -> list[str]:
        """Every code with which it may be refused."""
        codes = {*self.refusals, *(TAKES_JSON if self.takes else ()), *(READS if self.method == "get" else CHANGES)}
        codes |= set() if self.rule == HEALTH else {"rate-limited"}
        return sorted(codes | ({"no-such-room"} if "<slug>" in self.rule else set()))


def operations() -> Iterator[Operation]:
    """All of the interface."""
    room, messages = "/api/rooms/<slug>", "/api/rooms/<slug>/messages"
    message = f"{messages}/<seq>"
    reaction = f"{message}/reactions/<emoji>"
    page = {"before": Seq, "after": Seq, "around": Seq, "limit": Annotated[int, Meta(ge=1, le=PAGE_LIMIT)]}
    lines = {"after": Seq, "limit": Annotated[int, Meta(ge=0, le=JOIN_LIMIT)], **AS_GUEST}
    of_name = ("bad-name", "name-taken")
    of_text = ("text-empty", "text-too-long", "no-such-message")
    of_post = (*of_text, "confirm-all")
    of_stream = ("bad-field", "bad-name", "bad-request")
    unseen = ("no-such-message",)
    at_it = (*unseen, "read-only")
    of_poll = (*at_it, "bad-field")

    listing = {"after": Seq, "limit": RoomsAtOnce, "q": RoomName, "own": bool}
    yield Operation("get", "/api/rooms", "The rooms", Rooms, query=listing, refusals=("bad-field",))
    yield Operation("get", room, "A room", RoomEntry)
    inside = {"after": PersonId, "limit": PeopleAtOnce, "q": Name}
    of_list = ("bad-field", "bad-name")
    yield Operation("get", f"{room}/people", "Who is in a room", People, query=inside, refusals=of_list)
    yield Operation("post", "/api/rooms", "Makes a room", MadeRoom, 201, NewRoom, refusals=(*of_name, "too-many"))
    changing = (*of_name, "bad-topic")
    yield Operation("patch", room, "Changes a room", Configured, 200, NewState, refusals=changing)
    yield Operation("get", f"{room}/pins", "The pinned messages", Pins)
    in_page = ("bad-field", "no-such-message")
    yield Operation("get", messages, "A page of history", Messages, query=page, refusals=in_page)
    posting = (*of_post, "bad-poll", "read-only")
    yield Operation("post", messages, "Posts a message", Message, 201, NewMessage, AS_GUEST, posting)
    editing = (*of_post, "too-late", "read-only")
    yield Operation("patch", message, "Edits a message", Edited, 200, NewText, refusals=editing)
    yield Operation("delete", message, "Deletes a message", Deleted, refusals=unseen)
    yield Operation("get", f"{message}/versions", "How a message read", Versions, refusals=unseen)
    yield Operation("put", reaction, "Reacts", Reacted, refusals=(*at_it, "too-many"))
    yield Operation("delete", reaction, "Takes a reaction back", Reacted, refusals=at_it)
    yield Operation("put", f"{message}/pin", "Pins a message", Pinned, refusals=(*at_it, "too-many"))
    yield Operation("delete", f"{message}/pin", "Takes a pin away", Pinned, refusals=at_it)
    yield Operation("put", f"{message}/vote", "Votes", Voted, 200, NewVote, refusals=(*of_poll, "closed"))
    yield Operation("post", f"{message}/close", "Closes a poll", Closed, refusals=of_poll)
    own, of_own = {"before": Seq, "limit": Annotated[int, Meta(ge=1, le=PAGE_LIMIT)]}, ("bad-field",)
    yield Operation("get", "/api/mentions", "The messages that mention one", Mentions, query=own, refusals=of_own)
    levels = "Says how much one wants to hear"
    yield Operation("put", f"{room}/level", levels, LevelSet, 200, NewLevel, refusals=("too-many",))
    of_search = ("bad-field", "too-slow")
    asked = {"q": Query, "zone": Zone, "before": Seq}
    yield Operation("get", "/api/search", "Searches all rooms", SearchFound, query=asked, refusals=of_search)
    yield Operation("post", "/api/preview", "Shows how a text will look", Preview, 200, NewPreview, AS_GUEST, of_text)
    yield Operation("get", "/api/emoji", "All emoji", AllEmoji)
    follow = "Follows a room: a line of JSON for each event, without end"
    yield Operation("get", f"{room}/stream", follow, Stream | Event | End, query=lines, refusals=of_stream, mime=MIME)
    yield Operation("get", "/api/me", "Who one is", Me, refusals=("no-name",))
    yield Operation("post", "/api/me", "Chooses a name or a language", Me, 200, NewSelf, refusals=of_name)
    yield Operation("delete", "/api/me", "Is forgotten by this client, whose connections are closed", Me)
    yield Operation("get", "/api/flow", "What happens inside", Snapshot)
    yield Operation("get", "/api/openapi.json", "This description", dict[str, Any])
    yield Operation("get", HEALTH, "Whether the log can be written to", Health)
