"""One line of a message, without markup: what a quote shows of it."""

from __future__ import annotations

import re
from html import unescape

LENGTH = 120  # characters
ENOUGH = 6 * (LENGTH + 1)  # characters of HTML without blanks, more than which no line shows: `&nbsp;` is the longest
# A tag as the sanitiser writes it: whatever stands in an attribute stands between double quotes.
_TAG = re.compile(r'<(/?[a-z]*)[^"<>]*(?:"[^"]*"[^"<>]*)*>')
_LINES = {"p", "br", "li", "pre", "div", "blockquote"}  # elements that begin a new line


def one_line(text: str, html: str | None) -> str:
    """The beginning of a message in one line of at most LENGTH characters; empty only if its text is."""
    # Of one with a formula what was written: between the tags of \frac{1}{2} stands 12.
    seen = "" if html is None or "<math" in html else unescape(_joined(_between_tags(html)))
    line = _joined(seen) or _joined(text)
    return line if len(line) <= LENGTH else line[: LENGTH - 1].rstrip() + "…"


def _joined(text: str) -> str:
    """The first words, enough of them, with one blank between them."""
    return " ".join(text.split(maxsplit=ENOUGH)[:ENOUGH])[:ENOUGH]


def _between_tags(html: str) -> str:
    """What stands between the tags, or the beginning of it if that is enough."""
    pieces: list[str] = []
    begin = length = 0
    for tag in _TAG.finditer(html):
        piece = html[begin : tag.start()]
        pieces += (piece, " ") if tag[1] in _LINES else (piece,)
        begin = tag.end()
        length += len("".join(piece.split()))
        if length > ENOUGH:
            break
    else:
        pieces.append(html[begin:])
    return "".join(pieces)
