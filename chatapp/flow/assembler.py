"""From notes to flows: which notes belong to one message, and what caused a line on the terminal."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from ..live.fanout import LISTED_RECIPIENTS
from ..live.hub import Client
from ..log.acts import Act
from ..log.posts import Post
from ..model import Event, Voted
from ..tap import Note, Round

UNDER_WAY = 5_000  # messages remembered that have not reached everybody; the oldest are forgotten


@dataclass
class Way:
    """What is known of a message on its way. Times in monotonic ns, threads as idents."""

    received: int | None = None
    parsed: int | None = None
    queued: int | None = None
    taken: int | None = None
    committed: int | None = None
    told: int | None = None
    sender: Client | None = None
    batch: int | None = None
    threads: dict[str, int] = field(default_factory=dict)


class Arrived(NamedTuple):
    """A message that has reached everybody: its number, the event, its way, and the round that told it."""

    number: int
    event: Event
    way: Way
    round: Round
    finished: int


class Caused(NamedTuple):
    """A line of the terminal, and what caused it: a message's number, a client."""

    at: int
    text: str
    flow: int | None
    client: Client | None


class Happening(NamedTuple):
    at: int
    kind: str
    client: Client


class Sent(NamedTuple):
    """Whole frames of one client, in one piece; `direction` is `in` or `out`."""

    at: int
    client: Client
    direction: str
    frames: bytes


@dataclass
class Story:
    """What some notes tell."""

    flows: list[Arrived] = field(default_factory=list)
    lines: list[Caused] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    frames: list[Sent] = field(default_factory=list)
    dropped: int = 0
    concealed: int = 0  # anonymous votes, which are told as no flow


class Assembler:
    """Owned by the collector's thread; what it remembers between two looks is what is still under way."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._received: dict[int, tuple[Client, int]] = {}  # by thread
        self._parsed: dict[int, int] = {}  # by thread; taken by the message that follows
        self._posts: dict[
            int, tuple[Post | Act, Way]
        ] = {}  # by the id() of the post or act: it is kept, so that the number stays its own
        self._ways: dict[tuple[str, int], Way] = {}  # by room and seq
        self._flows = 0
        self._causes: dict[int, deque[int | Client | None]] = {}  # by thread: of the lines that it logs next, one each

    def tell(self, notes: list[Note]) -> Story:
        """The story of these notes, which follow the ones given before."""
        story = Story()
        for note in notes:
            if self._next is not None:
                story.dropped += note.number - self._next
            self._next = note.number + 1
            self._hear(note, story)
        for remembered in (self._posts, self._ways):
            while len(remembered) > UNDER_WAY:
                remembered.pop(next(iter(remembered)))  # type: ignore[call-overload]  # either dict, by its own key
        return story

    def _hear(self, note: Note, story: Story) -> None:
        match note.what:
            case "received":
                self._received[note.thread] = (note.about, note.at)
            case "parsed":
                self._parsed[note.thread] = note.at
            case "queued":
                self._queued(note, note.about)
            case "taken":
                for post in note.about:
                    way = self._way_of(post)
                    way.taken = note.at
                    way.threads["taken"] = note.thread
            case "committed":
                for post, event in note.about:
                    way = self._way_of(post)
                    way.committed = note.at
                    way.batch = note.more
                    self._posts.pop(id(post), None)
                    self._ways[event.room, event.seq] = way
            case "published":
                for event in note.about:
                    if known := self._ways.get((event.room, event.seq)):
                        known.told = note.at
            case "told":
                self._told(note, note.about, note.more, story)
            case "lines":
                self._lines(note, note.about, story)
            case "connected" | "disconnected" | "evicted" | "pinged" | "silent":
                if note.what == "disconnected":  # its thread serves somebody else from now on
                    self._received.pop(note.thread, None)
                    self._parsed.pop(note.thread, None)
                if note.what != "pinged":  # of which no line tells
                    self._causes[note.thread] = deque([note.about])
                story.happenings.append(Happening(note.at, note.what, note.about))
            case "frame in" | "frame out":
                story.frames.append(Sent(note.at, note.about, note.what.removeprefix("frame "), note.more))

    def _queued(self, note: Note, post: Post | Act) -> None:
        way = Way(queued=note.at)
        parsed = self._parsed.pop(note.thread, None)
        if parsed is not None and note.thread in self._received:  # else it came over HTTP
            way.sender, way.received = self._received[note.thread]
            way.parsed = parsed
            way.threads["received"] = note.thread
        else:
            way.threads["queued"] = note.thread
        self._posts[id(post)] = (post, way)

    def _way_of(self, post: Post | Act) -> Way:
        return self._posts.get(id(post), (post, Way()))[1]

    def _told(self, note: Note, events: list[Event], told: Round, story: Story) -> None:
        flows: list[int | None] = []
        for event in events:
            way = self._ways.pop((event.room, event.seq), None) or Way()
            if isinstance(event, Voted) and event.anonymous:
                story.concealed += 1
                flows.append(None)
                continue
            way.threads["encoded"] = note.thread
            self._flows += 1
            flows.append(self._flows)
            story.flows.append(Arrived(self._flows, event, way, told, note.at))
        lines = told.recipients if told.recipients <= LISTED_RECIPIENTS else 0
        causes = self._causes.setdefault(note.thread, deque(maxlen=UNDER_WAY))
        causes += [flow for flow in flows for _ in range(lines)] if told.recipients == lines else flows[:1]

    def _lines(self, note: Note, lines: list[str], story: Story) -> None:
        causes = self._causes.pop(note.thread, deque())
        for line in lines:
            cause = causes.popleft() if causes else None
            flow, client = (cause, None) if isinstance(cause, int) else (None, cause)
            story.lines.append(Caused(note.at, line, flow, client))
