"""Texts of which only the links are more than text: those that are too much for markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from markdown_it.common.normalize_url import normalizeLink

from .emphasis import SIGNS as MARKS
from .links import link_at
from .targets import target

_SIGN = re.compile(r"://|(?<=ww)\.|@")
SIGNS_MOST = 2_000  # in one text
OVERHEAD = 80  # bytes of a link beside its address and its text


def linked(text: str, most: int, lets_through: Callable[[str], bool]) -> str | None:
    """HTML of a text with its first links, in some `most` bytes; None if there are none.

    `lets_through` tells whether there can be a link to an address.
    """
    pieces: list[str] = []
    end = 0
    left = most - len(text.encode()) - OVERHEAD
    for count, sign in enumerate(_SIGN.finditer(text)):
        if count >= SIGNS_MOST or left < 0:
            break
        link = link_at(text, sign.start(), MARKS) if sign.start() >= end else None
        if link is None or link.begin < end:
            continue
        url = normalizeLink(link.url)
        left -= OVERHEAD + len(url)
        if left < 0 or target("", url) is not None or not lets_through(url):
            continue
        pieces += (_plain(text[end : link.begin]), f'<a href="{escape(url)}">{escape(link.text, quote=False)}</a>')
        end = link.begin + len(link.text)
    return f"<p>{''.join(pieces)}{_plain(text[end:])}</p>" if pieces else None


def _plain(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>")
