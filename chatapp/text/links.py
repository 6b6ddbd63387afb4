"""Links that stand in a text as they are: `https://…`, `www.…` and addresses of mail. Names of files are none."""

from __future__ import annotations

import re
from typing import NamedTuple

from linkify_it import LinkifyIt

LINK_MOST = 2_000  # characters of a link
ADDRESS_MOST = 255  # characters of the place that mail goes to
NAME_MOST = 64  # characters before its sign

SIGNS = ":.@"  # each kind has one, with the words before it

_SCHEME = re.compile(r"(?<![^\W_])https?$", re.IGNORECASE)
_WWW = re.compile(r"(?<![\w/.@:-])[Ww]ww$")  # also as a keyboard begins a text
_SITE = re.compile(r"\.[^\W_][\w-]*\.[^\W_]")
# What a program of the command line is told, `git@host:path` or `me@host/x`, is no address.
_NAME = re.compile(r"(?<![^\W_]|[/@.+-])[a-z0-9][a-z0-9_.+-]*(?<=[a-z0-9_])$", re.IGNORECASE)
_PLACE = re.compile(r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,24}(?![^\W_]|[-/:]\w|/)")


class Link(NamedTuple):
    """Begins at `begin`, before its sign; `text` is what stands there and `url` where it leads."""

    begin: int
    text: str
    url: str


class Links:
    """Finds them. Keeps nothing."""

    def __init__(self) -> None:
        self._linkify = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})

    def at(self, source: str, place: int) -> Link | None:
        """The link whose sign is at that place."""
        match source[place]:
            case ":" if source.startswith("://", place):
                return self._page(source, _before(_SCHEME, source, place, len("https")), "")
            case "." if _SITE.match(source, place):
                return self._page(source, _before(_WWW, source, place, len("www")), "https://")
            case "@" if found := _PLACE.match(source, place, place + ADDRESS_MOST):
                begin = _before(_NAME, source, place, NAME_MOST)
                if begin is not None:
                    address = source[begin : found.end()]
                    return Link(begin, address, f"mailto:{address}")
        return None

    def _page(self, source: str, begin: int | None, scheme: str) -> Link | None:
        if begin is None:
            return None
        found = self._linkify.match_at_start(scheme + source[begin : begin + LINK_MOST])
        if not found:
            return None
        url = found.url.rstrip("*")  # they end an emphasis around it, but for one that began in it
        url += found.url[len(url) :][: url.count("*") % 2]
        return Link(begin, url[len(scheme) :], url)


def _before(words: re.Pattern[str], source: str, place: int, most: int) -> int | None:
    """Where the words begin that end at that place."""
    found = words.search(source, max(0, place - most - 1), place)
    return found.start() if found else None
