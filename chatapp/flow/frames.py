"""Frames taken apart for who looks in: every field of RFC 6455, section 5.2, and what may be shown of the content."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ..live.frames import CLOSE, CONTINUATION, TEXT
from ..model import Author
from .viewer import Viewer
from .words import Frame

SHOWN = 256  # bytes of a frame's content that are shown
SPLIT = 50  # frames shown of one send; a round may join thousands
_WELCOME = b'{"type":"welcome"'
_TOKEN = re.compile(rb'("token":")([^"]*)')


def split(sent: bytes) -> Iterator[bytes]:
    """The whole frames that were sent in one piece, or the first SPLIT of them."""
    at = 0
    for _ in range(SPLIT):
        if at >= len(sent):
            return
        *_, end = _layout(sent, at)
        yield sent[at:end]
        at = end


def taken_apart(frame: bytes, *, t: int, direction: str, viewer: Viewer, owner: str) -> Frame:
    """One whole frame of the client of person `owner`, as the viewer may see it."""
    key_at, start, end = _layout(frame, 0)
    key = frame[key_at:start]
    masked = frame[start:end] if direction == "in" else _without_token(frame[start:end])
    content = bytes(byte ^ key[i % 4] for i, byte in enumerate(masked[:SHOWN])) if key else masked[:SHOWN]
    opcode = frame[0] & 0x0F
    own = viewer.sees(owner) and (direction == "in" or viewer.mode == "open" or _is_about(masked, owner))
    hidden = opcode in (TEXT, CONTINUATION) and not own
    code = int.from_bytes(content[:2]) if opcode == CLOSE and len(content) >= 2 else None
    return Frame(
        t=t,
        direction=direction,
        first=frame[0],
        second=frame[1],
        length_bytes=frame[2:key_at].hex(),
        key=key.hex(),
        opcode=opcode,
        fin=bool(frame[0] & 0x80),
        size=len(masked),
        masked=None if hidden else masked[:SHOWN].hex() if key else None,
        payload=None if hidden else content.hex(),
        text=None if hidden or code is not None else content.decode(errors="replace"),
        hidden=hidden,
        hash=viewer.hash(content),
        close_code=code,
        cut=len(masked) > SHOWN,
    )


def _without_token(sent: bytes) -> bytes:
    """What the server sent, with asterisks for the token in a guest's `welcome`: whoever has it acts as that guest."""
    if not sent.startswith(_WELCOME):
        return sent
    return _TOKEN.sub(lambda found: found[1] + b"*" * len(found[2]), sent)


def _is_about(sent: bytes, person: str) -> bool:
    """Whether what the server sent is of that person's own: their message, or an answer to them alone."""
    try:
        event = msgspec.json.decode(sent, type=_Sent)
    except (msgspec.DecodeError, UnicodeError):
        return False  # plain, or a fragment: whose words they are does not stand in it
    return event.type in ("pong", "error") or (event.author is not None and event.author.id == person)


class _Sent(msgspec.Struct):
    type: str
    author: Author | None = None


def _layout(frames: bytes, at: int) -> tuple[int, int, int]:
    """Where in a frame that begins at `at` the masking key begins, the content, and what follows it."""
    size = frames[at + 1] & 0x7F
    width = {126: 2, 127: 8}.get(size, 0)
    key_at = at + 2 + width
    if width:
        size = int.from_bytes(frames[at + 2 : key_at])
    start = key_at + (4 if frames[at + 1] & 0x80 else 0)
    return key_at, start, start + size
