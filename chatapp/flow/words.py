"""The words of `flow.v1`: what the live view says to a page. All `t` are µs of one monotonic clock of the server."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

SUBPROTOCOL = "flow.v1"
VERSION = 1


class Hello(Struct, tag="hello"):
    """The first word: who looks, how far they may, and the clocks (`at` in ms since the epoch)."""

    version: int
    mode: str
    you: str | None
    t: int
    at: int
    outbox_limit: int
    lab: bool


class ClientSeen(Struct):
    """A client. `name` is null where it is hidden; `who` is the same for one person's clients."""

    id: int
    name: str | None
    who: str
    own: bool
    dialect: str
    address: str | None
    rooms: list[str]
    thread: int | None
    waiting: int
    rtt_us: int | None
    since_us: int


class RoomSeen(Struct):
    slug: str
    clients: int
    head: int


class ThreadSeen(Struct):
    """A thread: its number in the operating system, what it was doing when it was looked at, and for how long."""

    id: int
    name: str
    kind: str
    client: int | None
    doing: str
    for_us: int


class HoldingSeen(Struct):
    t: int
    thread: str
    what: str
    waited_us: float
    held_us: float


class LockSeen(Struct):
    """The client list's lock. `waited` and `held` are histograms over `edges_us`, one bucket more above the last."""

    acquisitions: int
    contended: int
    edges_us: tuple[int, ...]
    waited: list[int]
    held: list[int]
    holder: str | None
    last: list[HoldingSeen]


class Counters(Struct):
    """Since the server's start; since the watcher watches: `messages_seen`, of which `messages_told` were told in full,
    and the other notes that were `dropped`."""

    messages: int
    commits: int
    rounds: int
    deliveries: int
    sends: int
    bytes_out: int
    evictions: int
    dropped: int
    messages_seen: int
    messages_told: int


class Snapshot(Struct, tag="snapshot"):
    """How everything stands at one moment."""

    t: int
    watchers: int
    clients_total: int
    threads_total: int
    clients: list[ClientSeen]
    rooms: list[RoomSeen]
    threads: list[ThreadSeen]
    kinds: dict[str, int]
    lock: LockSeen
    counters: Counters


class Flow(Struct):
    """A message on its way: when it passed each station, null where it did not."""

    id: int
    room: str
    seq: int
    sender: int | None
    own: bool
    author: str | None
    text: str | None
    size: int
    hash: str
    received: int | None
    parsed: int | None
    queued: int | None
    taken: int | None
    committed: int | None
    told: int | None
    encoded: int
    thread: dict[str, str]
    batch: int | None
    round: int
    frame_bytes: int
    recipients: int
    unlisted: int
    offers: list[tuple[int, int, int, str]]
    finished: int


class Flows(Struct, tag="flows"):
    flows: list[Flow]


class Frame(Struct):
    """A frame as it travelled (RFC 6455, section 5.2); bytes as hex digits."""

    t: int
    direction: str
    first: int
    second: int
    length_bytes: str
    key: str
    opcode: int
    fin: bool
    size: int
    masked: str | None
    payload: str | None
    text: str | None
    hidden: bool
    hash: str
    close_code: int | None
    cut: bool


class Frames(Struct, tag="frames"):
    client: int
    frames: list[Frame]
    dropped: int


class Step(Struct):
    what: str
    us: float


class HandshakeSeen(Struct, tag="handshake"):
    client: int
    request: list[str]
    key: str
    guid: str
    sha1: str
    accept: str
    subprotocol: str | None
    response: list[str]
    steps: list[Step]


class Gone(Struct, tag="handshake"):
    """The answer to who asks for the handshake of a client that has left."""

    client: int
    gone: bool = True


class Line(Struct):
    t: int
    text: str
    flow: int | None
    client: int | None


class Lines(Struct, tag="lines"):
    lines: list[Line]


class Happened(Struct, tag="happened"):
    kind: str
    client: int
    t: int


class Error(Struct, tag="error"):
    code: str
    detail: str


Word = Hello | Snapshot | Flows | Frames | HandshakeSeen | Gone | Lines | Happened | Error


Number = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # of a client: what a browser's numbers hold exactly


class Watch(Struct, tag="watch"):
    """From now on the frames of that client; of nobody."""

    client: Number | None


class AskHandshake(Struct, tag="handshake"):
    client: Number


Command = Watch | AskHandshake

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Command).decode
