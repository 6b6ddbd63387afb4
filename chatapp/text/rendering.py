"""A text becomes HTML, or stays the text it is: the one way in, and what bounds its time and its size."""

from __future__ import annotations

import re
import time
from threading import Lock
from typing import NamedTuple

import msgspec
from markdown_it.token import Token

from .cleaning import Cleaner
from .emoji import Emoji
from .formulas import Formulas
from .html import Paint, html
from .linked import linked
from .markup import Markup
from .mentions import Names
from .painter import Painter

TEXT_MOST = 20_000  # characters of a text that is looked at for markup: the worst of that length takes some 0.3 s
PAINTING_MOST = 2.0  # seconds after which what is left of a message's code stays black: somebody waits for the message
HTML_MOST = 49_152  # bytes of HTML as JSON: four such messages with their texts fill half an outbox (`live.resume`)

# What no markup can do without, beside single signs. Most texts have nothing of it; one that has is looked at properly.
_LINK_OR_EMOJI = re.compile(r"://|<mailto:|:[\w+-]+:", re.IGNORECASE)
_ADDRESS = re.compile(r"@\w[\w.-]*\.\w")
_LINE = r"[ \t]*(?:>|#{1,6}[ \t]|[+-][ \t]|\d{1,9}[.)][ \t])"
_LINE_SIGNS = " \t>#+-0123456789"  # what such a line begins with, and also no line at all
_FIRST_LINE = re.compile(_LINE)
_LATER_LINE = re.compile("\n" + _LINE)


class Rendered(NamedTuple):
    """What was made of a text. `html` is None where it would say no more than the escaped text does. `mentions` are the
    ids of the people whom it names, `everybody` whether it names all."""

    html: str | None
    mentions: tuple[str, ...] = ()
    everybody: bool = False


PLAIN = Rendered(None)


class Renderer:
    """Makes sanitised HTML of texts. Safe for threads."""

    def __init__(self, emoji: Emoji) -> None:
        # Guards the parser, which keeps state. Two at once would only take turns at the interpreter's lock; so one
        # thread reads markup at a time, and the fan-out has one competitor instead of many.
        self._lock = Lock()
        self._cleaner = Cleaner()
        self._markup = Markup(emoji, Formulas(), self._cleaner.lets_through)
        self._painter = Painter()

    def render(self, text: str, names: Names | None = None) -> Rendered:
        """The HTML of a text in which these are names. Never raises for what somebody wrote: what cannot be rendered
        stays text."""
        if not (names or _may_have_markup(text)):
            return PLAIN
        if len(text) > TEXT_MOST:
            return Rendered(self._linked(text))
        with self._lock:
            read = self._markup.read(text, names or {})
        clean = self._html(read.tokens) if read.tokens else None
        if clean is None and read.is_markup:
            clean = self._linked(text)
        return Rendered(clean, tuple(read.people), read.everybody)

    def _linked(self, text: str) -> str | None:
        """HTML of a text that is too much for markup: its links are links all the same."""
        made = linked(text, HTML_MOST, self._cleaner.lets_through)
        clean = None if made is None else self._cleaner.clean(made)
        return clean if clean is not None and len(msgspec.json.encode(clean)) <= HTML_MOST else None

    def _html(self, tokens: list[Token]) -> str | None:
        for paint in (_in_time(self._painter.paint), _unpainted):
            clean = self._cleaner.clean(html(tokens, paint))
            if len(msgspec.json.encode(clean)) <= HTML_MOST:
                return clean
        return None

    def close(self) -> None:
        """Ends what runs beside this process. Texts are rendered all the same, without colours."""
        self._painter.close()


def _in_time(paint: Paint) -> Paint:
    """Paints until its time is over: each piece of code may have to wait for others', and there may be hundreds."""
    deadline = time.monotonic() + PAINTING_MOST
    return lambda code, language: paint(code, language) if time.monotonic() < deadline else None


def _unpainted(code: str, language: str) -> None:
    """Code that stays black: its colours would be too many bytes."""


def _may_have_markup(text: str) -> bool:
    """Searches for single signs, which takes well under a microsecond where one pattern for all of them takes many."""
    return (
        ("*" in text or "_" in text or "`" in text or "[" in text or "\\" in text or "~~" in text)
        or (":" in text and _LINK_OR_EMOJI.search(text) is not None)
        or "ww." in text
        or ("@" in text and _ADDRESS.search(text) is not None)
        or ("$" in text and text.count("$") > 1)
        or (text[:1] in _LINE_SIGNS and _FIRST_LINE.match(text) is not None)
        or ("\n" in text and _LATER_LINE.search(text) is not None)
    )
