"""What a viewer is told of a story: typed words, with what is hidden from them left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..live.handshake import GUID, accept_digest, accept_key, switching_protocols
from ..live.hub import Client
from ..model import Edited, Event, Message, Reacted
from .assembler import Arrived, Sent, Story
from .frames import SPLIT, split, taken_apart
from .snapshot import micros
from .viewer import Viewer
from .words import Flow, Flows, Frame, Frames, HandshakeSeen, Happened, Line, Lines, Step, Word

FLOWS = 40  # messages told of at once; of more the newest
LINES = 200
OFFERS = 200  # deliveries of a message that are listed


def told(story: Story, viewer: Viewer, *, names: Mapping[int, str], watching: Client | None) -> Iterator[Word]:
    """The words for one viewer; `names` are the threads' by their idents."""
    if story.flows:
        yield Flows([_flow(arrived, viewer, names) for arrived in story.flows[-FLOWS:]])
    if story.lines:
        seen = [
            Line(micros(line.at), line.text, line.flow, line.client.number if line.client else None)
            for line in story.lines[-LINES:]
        ]
        yield Lines(seen)
    for one in story.happenings:
        yield Happened(one.kind, one.client.number, micros(one.at))
    if watching:
        frames, dropped = _frames([sent for sent in story.frames if sent.client is watching], viewer)
        if frames or dropped:
            yield Frames(watching.number, frames, dropped)


def handshake(client: Client, viewer: Viewer) -> HandshakeSeen | None:
    """The handshake of a client, computed anew before one's eyes; None if none was kept."""
    kept = client.handshake
    if kept is None:
        return None
    query = kept.query if viewer.sees(client.person.id) else "…" * bool(kept.query)
    request = [f"GET /chat{'?' + query if query else ''} HTTP/1.1"]
    request += [f"{name}: {value}" for name, value in kept.headers]
    if kept.left_out:
        request.append(f"({kept.left_out} more, not kept)")
    stamps = (kept.begun_at, kept.checked_at, kept.entered_at, kept.answered_at)
    steps = zip(("checked", "entered", "answered"), stamps, stamps[1:], strict=False)
    return HandshakeSeen(
        client=client.number,
        request=request,
        key=kept.key,
        guid=GUID,
        sha1=accept_digest(kept.key).hex(),
        accept=accept_key(kept.key),
        subprotocol=kept.subprotocol,
        response=switching_protocols(kept.key, kept.subprotocol).decode().splitlines()[:-1],
        steps=[Step(what, (end - begin) / 1_000) for what, begin, end in steps if end],
    )


def _flow(arrived: Arrived, viewer: Viewer, names: Mapping[int, str]) -> Flow:
    event, way, told_in = arrived.event, arrived.way, arrived.round
    seen = viewer.sees(event.author.id)
    said = _said(event)
    return Flow(
        id=arrived.number,
        room=event.room,
        seq=event.seq,
        sender=way.sender.number if way.sender else None,
        own=event.author.id == viewer.person,
        author=event.author.name if seen else None,
        text=said if seen else None,
        size=len(said),
        hash=viewer.hash(said),
        received=_moment(way.received),
        parsed=_moment(way.parsed),
        queued=_moment(way.queued),
        taken=_moment(way.taken),
        committed=_moment(way.committed),
        told=_moment(way.told),
        encoded=micros(told_in.encoded_at or arrived.finished),
        thread={station: names.get(ident, "") for station, ident in way.threads.items()},
        batch=way.batch,
        round=told_in.messages,
        frame_bytes=told_in.frame_bytes,
        recipients=told_in.recipients,
        unlisted=max(0, len(told_in.offers) - OFFERS),
        offers=[(client.number, micros(at), size, fate) for client, at, size, fate in told_in.offers[:OFFERS]],
        finished=micros(arrived.finished),
    )


def _said(event: Event) -> str:
    """What an event says: a text, an emoji; of a message that is taken back nothing is left to say."""
    if isinstance(event, Message | Edited):
        return event.text
    return event.emoji if isinstance(event, Reacted) else ""


def _moment(at: int | None) -> int | None:
    return None if at is None else micros(at)


def _frames(pieces: list[Sent], viewer: Viewer) -> tuple[list[Frame], int]:
    frames: list[Frame] = []
    dropped = 0
    for piece in pieces:
        owner = piece.client.person.id
        whole = list(split(piece.frames))
        dropped += sum(map(len, whole)) < len(piece.frames)  # at least one more
        if len(frames) + len(whole) > SPLIT:
            dropped += len(whole)
            continue
        frames += [
            taken_apart(frame, t=micros(piece.at), direction=piece.direction, viewer=viewer, owner=owner)
            for frame in whole
        ]
    return frames, dropped
