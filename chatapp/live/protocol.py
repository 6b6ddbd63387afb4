"""chat.v1: what a client may say, parsed into typed commands, and what the server says, encoded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from ..complaints import rejection
from ..limits import NONCE_LIMIT, Choices, Emoji, Name, Nonce, RoomName, Slug, Text, Topic
from ..model import Author, Event, Poll, Refusal
from ..nesting import too_complex
from .news import Ephemeral, Level

SUBPROTOCOL = "chat.v1"
VERSION = 1
JOIN_LIMIT = 500  # events in one `joined`
JOIN_DEFAULT = 50  # events for who has seen none yet

Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # what a browser's numbers hold exactly


class Join(Struct, tag="join"):
    """Subscribe to a room; `after` is the newest seq that the client has."""

    room: Slug
    after: Seq | None = None
    limit: Annotated[int, Meta(ge=1, le=JOIN_LIMIT)] | None = None
    nonce: Nonce | None = None


class Leave(Struct, tag="leave"):
    """Unsubscribe from a room."""

    room: Slug
    nonce: Nonce | None = None


class PostMessage(Struct, tag="post"):
    """Store a message and tell it to the room; a `poll` asks everybody to choose."""

    room: Slug
    text: Text
    nonce: Nonce
    reply_to: Seq | None = None
    all: bool = False
    poll: Poll | None = None


class EditMessage(Struct, tag="edit"):
    """Write one's own message differently."""

    room: Slug
    target: Seq
    text: Text
    nonce: Nonce
    all: bool = False


class DeleteMessage(Struct, tag="delete"):
    """Take one's own message back."""

    room: Slug
    target: Seq
    nonce: Nonce


class React(Struct, tag="react"):
    """Put an emoji under a message, or take one's own back."""

    room: Slug
    target: Seq
    emoji: Emoji
    on: bool
    nonce: Nonce


class PinMessage(Struct, tag="pin"):
    """Put a message among the room's pins, or take it away."""

    room: Slug
    target: Seq
    on: bool
    nonce: Nonce


class Vote(Struct, tag="vote"):
    """Choose options of a poll, by their place, in place of what one had chosen."""

    room: Slug
    target: Seq
    choices: Choices
    nonce: Nonce


class ClosePoll(Struct, tag="close"):
    """Take no more votes in one's own poll."""

    room: Slug
    target: Seq
    nonce: Nonce


class Configure(Struct, tag="configure"):
    """Change what a room is called, what it is for, or whether it is archived."""

    room: Slug
    nonce: Nonce
    name: RoomName | None = None
    topic: Topic | None = None
    archived: bool | None = None


class Typing(Struct, tag="typing"):
    """The person is writing something."""

    room: Slug
    nonce: Nonce | None = None


class MarkRead(Struct, tag="read"):
    """The person has seen everything up to `seq`."""

    room: Slug
    seq: Seq
    nonce: Nonce | None = None


class SetLevel(Struct, tag="level"):
    """The person wants to hear so much of a room."""

    room: Slug
    level: Level
    nonce: Nonce | None = None


class Rename(Struct, tag="rename"):
    """The person goes by another name."""

    name: Name
    nonce: Nonce | None = None


class Ping(Struct, tag="ping"):
    """Is anybody there?"""

    nonce: Nonce | None = None


# What becomes an event of the room.
Deed = PostMessage | EditMessage | DeleteMessage | React | PinMessage | Vote | ClosePoll | Configure
Command = Deed | Join | Leave | Typing | MarkRead | SetLevel | Rename | Ping


class You(Struct, omit_defaults=True):
    """Who the server takes the client for. A guest who offers the `token` with the next connection is the same one."""

    id: str
    name: str
    role: str
    token: str | None = None


class RoomEntry(Struct, omit_defaults=True):
    """A room in the welcome; the rest is how the person stands in it (`model.Standing`)."""

    slug: str
    name: str
    head: int
    read: int | None = None
    unread: int = 0
    mentions: int = 0
    level: Level = "all"
    topic: str = ""
    archived: bool = False


class Limits(Struct):
    """What the server takes: characters, bytes, messages per second, rooms at once; seconds to `edit` in; `pins` of a
    room, characters of a `topic` and of a poll's `option`."""

    text: int
    frame: int
    rate: float
    burst: int
    name: int
    room_name: int
    rooms: int
    edit: int
    pins: int
    topic: int
    option: int


class Welcome(Struct, tag="welcome", omit_defaults=True):
    """The first word; `watchers` look inside at `/flow`. `version` is the protocol's, `page_version` the page's."""

    version: int
    page_version: str
    epoch: str
    you: You
    rooms: list[RoomEntry]
    limits: Limits
    time: str
    watchers: int = 0


class Described(Struct):
    """What a room is like now."""

    name: str
    topic: str
    archived: bool


class Joined(Struct, tag="joined", omit_defaults=True):
    """The answer to a join; `state` for those who know nothing of the room or missed more than the `events`. `members`
    are the first of the people in the room, who are `count`. `reset`: the room ends before the event after which the
    client wanted more; what it knows of the room is void."""

    room: str
    head: int
    events: list[Event]
    gap: bool
    members: list[Author]
    count: int
    nonce: str | None = None
    state: Described | None = None
    reset: bool = False


class Stream(Struct, tag="stream"):
    """The first line of a stream; the events that were missed follow it, then live ones. `reset` as in `Joined`."""

    room: str
    head: int
    gap: bool
    epoch: str
    reset: bool


class End(Struct, tag="end"):
    """The last line of a stream that the server ends, with the code with which it would close a WebSocket."""

    code: int
    reason: str


class Error(Struct, tag="error", omit_defaults=True):
    code: str
    detail: str
    nonce: str | None = None
    field: str | None = None
    retry_after: float | None = None
    count: int | None = None


class Pong(Struct, tag="pong", omit_defaults=True):
    nonce: str | None = None


Answer = Welcome | Joined | Event | Ephemeral | Error | Pong

encode = msgspec.json.Encoder().encode
_decode: Callable[[str], Command] = msgspec.json.Decoder(Command).decode
_TYPES = {variant.__struct_config__.tag: variant for variant in Command.__args__}


class BadCommand(Refusal):
    """A text that is no command; `nonce` is its nonce where it has a usable one, `command` what it was meant to be."""

    def __init__(self, code: str, nonce: str | None = None, command: type[Command] | None = None, **more: Any):
        super().__init__(code, **more)
        self.nonce, self.command = nonce, command


def parse(text: str) -> Command:
    """The command that `text` is. Raises BadCommand: `bad-json`, `unknown-type` or `bad-field`; or for what is too long
    the code that its type in `limits` names."""
    if too_complex(text):
        raise BadCommand("bad-json")
    try:
        return _decode(text)
    except msgspec.ValidationError as error:
        raise _diagnosis(text, str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise BadCommand("bad-json") from None


class _Rough(Struct):
    """Of a rejected text what its rejection needs; the rest is skipped, which costs less than building it."""

    type: msgspec.Raw = msgspec.Raw()
    nonce: msgspec.Raw = msgspec.Raw()


_decode_roughly: Callable[[str], _Rough] = msgspec.json.Decoder(_Rough).decode


def _diagnosis(text: str, complaint: str) -> BadCommand:
    """Which of the three it is, of a text that was rejected."""
    try:
        said = _decode_roughly(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):  # no JSON, or no object
        return BadCommand("bad-json")
    nonce, kind = _string(said.nonce), _string(said.type)
    if nonce is not None and not 1 <= len(nonce) <= NONCE_LIMIT:
        nonce = None
    known = _TYPES.get(kind) if kind is not None else None
    if kind is not None and known is None:
        return BadCommand("unknown-type", nonce=nonce, field="type")
    wrong = rejection(complaint, known)
    return BadCommand(wrong.code, nonce=nonce, field=wrong.field, command=known, **wrong.values)


def _string(raw: msgspec.Raw) -> str | None:
    """The JSON string; None for every other value."""
    return msgspec.json.decode(raw, type=str) if bytes(raw).startswith(b'"') else None
