"""What each thread does right now, read from its stack."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Set
from types import FrameType
from typing import NamedTuple

TOGETHER = 25  # threads or clients looked at without giving way: some 0.1 ms
DEPTH = 14  # frames looked at, from the innermost; a station's own is among them

# The innermost frame of ours that says it, by file and function.
_DOING = {
    ("chatapp/lock.py", "acquire"): "waiting for the lock",
    ("live/outbox.py", "recv"): "reading",
    ("live/outbox.py", "pause"): "slowed down",
    ("live/outbox.py", "linger"): "closing",
    ("live/outbox.py", "drain"): "waiting for a slow reader",
    ("live/outbox.py", "offer"): "writing",
    ("live/outbox.py", "send"): "writing",
    ("live/outbox.py", "flush"): "writing",
    ("live/reader.py", "messages"): "parsing",
    ("live/protocol.py", "parse"): "parsing",
    ("live/protocol.py", "encode"): "encoding",
    ("live/fanout.py", "_flush"): "waiting for work",
    ("live/fanout.py", "catch_up"): "waiting for the fan-out",
    ("live/fanout.py", "_offer"): "writing",
    ("live/fanout.py", "_encode"): "encoding",
    ("live/heartbeat.py", "_run"): "waiting for work",
    ("log/indexer.py", "_run"): "waiting for work",
    ("log/journal.py", "_take"): "waiting for work",
    ("log/journal.py", "_store"): "committing",
    ("log/journal.py", "write"): "waiting for the disk",
    ("log/history.py", "_all"): "reading the log",
    ("chatapp/terminal.py", "_run"): "waiting for work",
    ("servers/pool.py", "_run"): "serving HTTP",
    ("workers/gthread.py", "run"): "waiting for work",
    ("http/server.py", "handle"): "serving HTTP",
    ("servers/pool.py", "_keep_warm"): "idle",
    ("werkzeug/serving.py", "serve_forever"): "waiting for work",
    ("flow/collector.py", "_run"): "looking",
}
# What a client's handler does for moments. Shown as reading: who is seen at work when the counts of an anonymous poll
# change is the voter.
_MOMENTS = frozenset({"parsing", "encoding", "writing", "in other code"})
_POOL = ("servers/pool.py", "_run")  # with nothing inside it: a handler without a client
_KINDS = {
    "MainThread": "main",
    "handler": "handler",
    "journal": "journal",
    "fan-out": "fan-out",
    "heartbeat": "heartbeat",
    "indexer": "indexer",
    "terminal": "terminal",
    "flow": "flow",
    "lab": "lab",
}


class Activity(NamedTuple):
    """A thread as it was found: `ident` is Python's number of it, `native` the operating system's."""

    ident: int
    native: int
    name: str
    kind: str
    doing: str
    since: int


class Threads:
    """Looks at all threads now and then, and remembers since when each does what it does. Owned by the collector."""

    def __init__(self) -> None:
        self._since: dict[int, tuple[str, int]] = {}

    def look(self, now: int, handlers: Set[int]) -> list[Activity]:
        """All threads; `now` in monotonic ns, `handlers` the idents of those that serve a client."""
        stacks = sys._current_frames()
        found = []
        for number, thread in enumerate(threading.enumerate()):
            give_way(number)
            ident = thread.ident or 0
            doing = _doing(stacks.get(ident))
            if ident in handlers and doing in _MOMENTS:
                doing = "reading"
            before, since = self._since.get(ident, ("", now))
            found.append(
                Activity(
                    ident,
                    thread.native_id or 0,
                    thread.name,
                    _kind(thread.name),
                    doing,
                    since if before == doing else now,
                )
            )
        self._since = {one.ident: (one.doing, one.since) for one in found}
        return found


def give_way(number: int) -> None:
    """Lets the chat's threads run between two pieces of a long look: Python would make them wait for 5 ms first."""
    if number % TOGETHER == TOGETHER - 1:
        time.sleep(0)


def _doing(frame: FrameType | None) -> str:
    if frame and _place(frame) == _POOL:
        return "idle"
    for _ in range(DEPTH):
        if frame is None:
            break
        said = _DOING.get(_place(frame))
        if said:
            return said
        frame = frame.f_back
    return "in other code"


def _place(frame: FrameType) -> tuple[str, str]:
    return "/".join(frame.f_code.co_filename.rsplit("/", 2)[-2:]), frame.f_code.co_name


def _kind(name: str) -> str:
    if "process_request_thread" in name:  # as `flask run` calls its handlers
        return "handler"
    return _KINDS.get(name) or _KINDS.get(name.partition("-")[0]) or "other"
