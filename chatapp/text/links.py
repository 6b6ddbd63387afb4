"""Links that stand in a text as they are: `https://…`, `www.…` and addresses of mail. Names of files are none.

This module alone decides what such a link is and where it ends. The page shows what the server found.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from unicodedata import category

from ..characters import UNSPACED, is_unspaced

LINK_MOST = 2_000  # characters of a link
ADDRESS_MOST = 255  # characters of the place that mail goes to
NAME_MOST = 64  # characters before its sign
BRACKETS_MOST = 20  # in one another

SIGNS = ":.@"  # each kind has one, with the words before it

_SCHEME = re.compile(r"(?<![a-z0-9])https?$", re.IGNORECASE)
_WWW = re.compile(r"(?<![a-zA-Z0-9_/.@:-])[Ww]ww$")  # also as a keyboard begins a text
_SITE = re.compile(r"\.[^\W_][\w-]*\.[^\W_]")
# What a program of the command line is told, `git@host:path` or `me@host/x`, is no address.
_NAME = re.compile(rf"(?<![^\W_{UNSPACED}]|[/@.+-])[a-z0-9][a-z0-9_.+-]*(?<=[a-z0-9_])$", re.IGNORECASE)
_PLACE = re.compile(
    rf"@(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?\.)+(?:[a-zA-Z]{{2,24}}|[^\W\d_]{{2,24}})(?![^\W_{UNSPACED}]|[-/:][a-zA-Z0-9_]|/)"
)

# What ends a link wherever it stands: blanks, what no address holds (RFC 3986, section 2), what changes the direction
# of writing, and the punctuation of Chinese, Japanese and Korean, beside which there are no blanks.
_STOP = (
    r"\s\x00-\x1f\x7f-\x9f<>\"`\\\u202a-\u202e\u2066-\u2069\u201c-\u201f\u00ab\u00bb\u2039\u203a\u2014\u2026\u2e3a"
    r"\u3001-\u3004\u3008-\u3011\u3014-\u301b\u301d-\u301f"
    r"\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1c\uff1e\uff1f\uff3b\uff3d\uff5b\uff5c\uff5d\uff5f-\uff64"
)
_USER = rf"[^{_STOP}/?#@()\[\]{{}}]{{1,100}}@"
_HOST = rf"[^{_STOP}/?#@:()\[\]{{}},;!'*|^&=+$%~]{{1,255}}"
_AUTHORITY = re.compile(rf"(?:{_USER})?(?P<host>\[[0-9a-fA-F:.]{{2,45}}\]|{_HOST})(?::\d{{1,5}}(?!\d))?")
_APOSTROPHE = "\u2019(?=[a-zA-Z\u00c0-\u024f])"  # L’Aquila
_PIECE = re.compile(rf"(?:[^{_STOP}()\[\]{{}}\u2018\u2019]|{_APOSTROPHE})+|[()\[\]{{}}]")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_TRAILING = frozenset(".,;:!?'|")  # at the end of a link they belong to the sentence
_ASCII_LABEL = re.compile(r"[a-zA-Z0-9-]*[a-zA-Z0-9]")


class Link(NamedTuple):
    """Begins at `begin`, before its sign; `text` is what stands there and `url` where it leads."""

    begin: int
    text: str
    url: str


def link_at(source: str, place: int, marks: str = "") -> Link | None:
    """The link whose sign is at that place. `marks` are those that an emphasis around it may end with."""
    match source[place]:
        case ":" if source.startswith("://", place):
            begin = _before(_SCHEME, source, place, len("https"))
            return None if begin is None else _page(source, begin, place + len("://"), "", marks)
        case "." if _SITE.match(source, place):
            begin = _before(_WWW, source, place, len("www"))
            return None if begin is None else _page(source, begin, begin, "https://", marks)
        case "@" if found := _PLACE.match(source, place, place + ADDRESS_MOST):
            begin = _before(_NAME, source, place, NAME_MOST)
            if begin is not None:
                address = source[begin : found.end()]
                return Link(begin, address, f"mailto:{address}")
    return None


def _page(source: str, begin: int, host: int, scheme: str, marks: str) -> Link | None:
    """The link to a page whose host begins at `host`."""
    most = begin + LINK_MOST
    authority = _AUTHORITY.match(source, host, most)
    if not authority:
        return None
    end = authority.end()
    if label := _cut_label(authority["host"]):
        end = authority.start("host") + label
    elif source[end : end + 1] == ":" and source[end + 1 : end + 2].isdecimal():
        return None  # no port
    elif source[end : end + 1] in ("/", "?", "#") and end < len(source):
        end = _end_of_path(source, end, most)
    end = _without_trailing(source, host, end, marks)
    return Link(begin, source[begin:end], scheme + source[begin:end]) if end > host else None


def _cut_label(host: str) -> int:
    """Where the host ends, if its last label goes on with words that stand behind the link without a blank; else 0.
    No top-level domain is written in two scripts."""
    start = host.rfind(".") + 1
    found = _ASCII_LABEL.match(host, start)
    return found.end() if found and found.end() < len(host) and is_unspaced(host[found.end()]) else 0


def _end_of_path(source: str, begin: int, most: int) -> int:
    """The end of what may belong to a link: brackets do, if they are closed in it."""
    opened: list[int] = []
    end = begin
    while len(opened) <= BRACKETS_MOST and (piece := _PIECE.match(source, end, most)):
        char = source[end]
        if char in _PAIRS:
            if not opened or source[opened[-1]] != _PAIRS[char]:
                break
            opened.pop()
        elif char in _PAIRS.values():
            opened.append(end)
        end = piece.end()
    return opened[0] if opened else end


def _without_trailing(source: str, begin: int, end: int, marks: str) -> int:
    full = end
    while end > begin and (source[end - 1] in _TRAILING or source[end - 1] in marks or _is_trailing(source[end - 1])):
        end -= 1
    # An emphasis within the link ends with it.
    return end + ("*" in marks and source[end:full].startswith("*") and source.count("*", begin, end) % 2)


def _is_trailing(char: str) -> bool:
    return not char.isascii() and (category(char)[0] == "P" or category(char) == "Cf")


def _before(words: re.Pattern[str], source: str, place: int, most: int) -> int | None:
    """Where the words begin that end at that place."""
    found = words.search(source, max(0, place - most - 1), place)
    return found.start() if found else None
