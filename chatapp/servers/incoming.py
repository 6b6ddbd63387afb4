"""What has come of a request that has not come to its end."""

from __future__ import annotations

import re
from enum import Enum

from .chunks import BodyTooLarge, Chunks, MalformedChunks

LARGEST_HEAD = 65_536  # bytes; gunicorn's own limits are lower and come first, if the head comes to an end
_HEAD_ENDS = (b"\r\n\r\n", b"\n\n", b"\n\r\n")  # the wrong ones too: gunicorn says what is wrong with them
_LONGEST_END = 4
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n")
_CODING = re.compile(rb"\r\ntransfer-encoding:([^\r\n]*)")
_EXPECTATION = re.compile(rb"\r\nexpect:[ \t]*([^\r\n]*?)[ \t]*\r\n")
_CONTINUE = b"100-continue"


class State(Enum):
    """Where a request stands. WHOLE: a handler can read it without waiting for the client."""

    WAITING = "waiting"
    WHOLE = "whole"
    # The body is over its limit: the handler answers, and the connection ends.
    BODY_TOO_LARGE = "body too large"
    # The peer sends no more, or it cannot be told where the body ends: the handler answers, and the connection ends.
    CUT_SHORT = "cut short"
    # The head is over the limit: nobody reads it.
    TOO_LARGE = "too large"


class Incoming:
    """Collects the bytes of one request, and says when a handler's thread need not wait for more of them.

    It does not replace the server's parser: what is wrong with a request that is WHOLE or CUT_SHORT the parser says.
    """

    def __init__(self, largest_body: int, begun: bytes = b""):
        self.content = bytearray()
        self.state = State.WAITING
        self.awaits_continue = False  # the client sends the body when it has got `100 Continue`
        self._largest_body = largest_body
        self._head_size = 0  # bytes, once the head is there
        self._needed = 0  # bytes of the whole request, once the head is there and unless the body comes in chunks
        self._chunks: Chunks | None = None
        self._searched = 0
        if begun:
            self.add(begun)

    @property
    def head(self) -> bytes:
        """The request line and the headers; b"" if they have not come to their end."""
        return bytes(self.content[: self._head_size])

    def add(self, received: bytes) -> None:
        """More of it; b"" is the end."""
        self.content += received
        if not received:
            self.state = State.CUT_SHORT
            return
        if not self._head_size:
            self._look_for_head()
        if self._head_size and self.state is State.WAITING:
            self._look_for_end()

    def _look_for_head(self) -> None:
        ends = [at + len(end) for end in _HEAD_ENDS if (at := self.content.find(end, self._searched)) >= 0]
        self._searched = max(0, len(self.content) - _LONGEST_END + 1)
        if not ends:
            if len(self.content) > LARGEST_HEAD:
                self.state = State.TOO_LARGE
            return
        self._head_size = self._needed = min(ends)
        head = self.head.lower()
        length, codings, expectation = _LENGTH.search(head), _CODING.findall(head), _EXPECTATION.search(head)
        self.awaits_continue = bool(expectation) and head.partition(b"\r\n")[0].endswith(b" http/1.1")
        if expectation and expectation[1] != _CONTINUE:
            self.state = State.CUT_SHORT
        elif any(b"chunked" in coding for coding in codings):
            self._chunks = Chunks(self._head_size, self._largest_body)
        elif codings:
            self.state = State.CUT_SHORT
        elif length and int(length[1]) > self._largest_body:
            self.state = State.BODY_TOO_LARGE
        elif length:
            self._needed += int(length[1])

    def _look_for_end(self) -> None:
        try:
            end = self._chunks.find_end(self.content) if self._chunks else self._needed
        except MalformedChunks:
            self.state = State.CUT_SHORT
        except BodyTooLarge:
            self.state = State.BODY_TOO_LARGE
        else:
            if end is not None and len(self.content) >= end:
                self.state = State.WHOLE
