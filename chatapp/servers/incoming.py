"""What has come of a request that has not come to its end."""

from __future__ import annotations

import re
from enum import Enum

LARGEST_HEAD = 65_536  # bytes; gunicorn's own limits are lower and come first, if the head comes to an end
_HEAD_ENDS = (b"\r\n\r\n", b"\n\n", b"\n\r\n")  # the wrong ones too: gunicorn says what is wrong with them
_LONGEST_END = 4
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n")


class State(Enum):
    """Where a request stands. WHOLE: a handler can read it without waiting for the client."""

    WAITING = "waiting"
    WHOLE = "whole"
    # The head is whole. The body comes in chunks, or its sender waits for a word: the handler reads on.
    TO_READ = "to read"
    # The body is over the limit, or the peer sends no more: the handler answers, and the connection ends.
    CUT_SHORT = "cut short"
    # The head is over the limit: nobody reads it.
    TOO_LARGE = "too large"


class Incoming:
    """Collects the bytes of one request, and says when a handler's thread need not wait for more of them."""

    def __init__(self, largest_body: int, begun: bytes = b""):
        self.content = bytearray()
        self.state = State.WAITING
        self._largest_body = largest_body
        self._needed = 0  # bytes of the whole request, once the head is there
        self._searched = 0
        if begun:
            self.add(begun)

    def add(self, received: bytes) -> None:
        """More of it; b"" is the end."""
        self.content += received
        if not received:
            self.state = State.CUT_SHORT
            return
        if not self._needed:
            self._look_for_head()
        if self._needed and self.state is State.WAITING and len(self.content) >= self._needed:
            self.state = State.WHOLE

    def _look_for_head(self) -> None:
        ends = [at + len(end) for end in _HEAD_ENDS if (at := self.content.find(end, self._searched)) >= 0]
        self._searched = max(0, len(self.content) - _LONGEST_END + 1)
        if not ends:
            if len(self.content) > LARGEST_HEAD:
                self.state = State.TOO_LARGE
            return
        self._needed = min(ends)
        head = bytes(self.content[: self._needed]).lower()
        length = _LENGTH.search(head)
        if b"\r\ntransfer-encoding:" in head or b"\r\nexpect:" in head:
            self.state = State.TO_READ
        elif length and int(length[1]) > self._largest_body:
            self.state = State.CUT_SHORT
        elif length:
            self._needed += int(length[1])
