"""Where a chunked body ends (RFC 9112, section 7.1), found while it comes in, and without decoding it."""

from __future__ import annotations

import re

# Each chunk costs the servers' parsers some 10 µs: a body of one-byte chunks within its limit cost 0.4 s.
MAX_CHUNKS = 1_024
FRAMING_LIMIT = 32_768  # bytes of sizes, extensions and trailers

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;|$)")


class MalformedChunks(ValueError):
    """The bytes are no chunked body."""


class BodyTooLarge(ValueError):
    """The body is over the limit, or has too many chunks."""


class Chunks:
    """Follows the framing of a body of at most `largest_body` bytes, whose first byte is the one at `start`."""

    def __init__(self, start: int, largest_body: int):
        self._start = start
        self._largest_body = largest_body
        self._chunks = 0
        self._body = 0  # bytes of the chunks so far, the announced ones of the last included
        self._at = start  # where the next size line begins, or the trailers
        self._searched = start  # no line ends before it
        self._in_trailers = False

    def find_end(self, content: bytearray) -> int | None:
        """Where the body ends in all that has come so far; None if it has not yet.

        Raises MalformedChunks, or BodyTooLarge.
        """
        end = self._follow(content)
        if end is None and len(content) - self._start - self._body > FRAMING_LIMIT:
            raise BodyTooLarge
        return end

    def _follow(self, content: bytearray) -> int | None:
        while not self._in_trailers:
            if self._chunks and len(content) < self._at:
                return None
            if self._chunks and content[self._at - 2 : self._at] != b"\r\n":
                raise MalformedChunks
            line_end = content.find(b"\r\n", max(self._at, self._searched))
            if line_end < 0:
                self._searched = len(content) - 1  # its last byte may be the first of a line end
                return None
            size = _SIZE.match(content, self._at, line_end)
            if size is None:
                raise MalformedChunks
            self._at = line_end + 2
            self._skip(int(size[1], 16))
        return self._end_of_trailers(content)

    def _skip(self, size: int) -> None:
        if not size:
            self._in_trailers = True
            self._searched = self._at
            return
        self._chunks += 1
        self._body += size
        if self._chunks > MAX_CHUNKS or self._body > self._largest_body:
            raise BodyTooLarge
        self._at += size + 2

    def _end_of_trailers(self, content: bytearray) -> int | None:
        if content.startswith(b"\r\n", self._at):
            return self._at + 2
        end = content.find(b"\r\n\r\n", self._searched)
        self._searched = max(self._at, len(content) - 3)
        return end + 4 if end >= 0 else None
