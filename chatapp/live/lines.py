"""JSON lines (application/x-ndjson) in the chunks of an HTTP answer that has no end (RFC 9112, section 7.1)."""

from __future__ import annotations

HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: application/x-ndjson\r\n"
    b"Cache-Control: no-store, no-transform\r\n"
    b"X-Accel-Buffering: no\r\n"  # nginx would gather what should be there at once
    b"X-Content-Type-Options: nosniff\r\n"
    b"Cross-Origin-Resource-Policy: same-origin\r\n"
    b"Connection: close\r\n"
    b"Transfer-Encoding: chunked\r\n"
    b"\r\n"
)
BEAT = b"1\r\n\n\r\n"  # an empty line: somebody is there, and nothing has happened
LAST = b"0\r\n\r\n"  # the answer ends here, and was not cut off


def line(text: bytes) -> bytes:
    """One line as a chunk of its own: the same bytes serve every reader. `text` is JSON, without a line break."""
    return b"%x\r\n%b\n\r\n" % (len(text) + 1, text)
