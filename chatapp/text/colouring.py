"""The program that colours code: a process of its own, which `painter` starts, asks line by line, and can do without.

It is run by its path and imports nothing of ours. A line is JSON, `[language, code]`; so is the answer,
`[HTML or null, seconds of processor time]`.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from html import escape
from typing import Any

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

SECONDS_MOST = 0.5  # of the processor's time for one piece of code; a long and honest one needs a tenth of it

# Classes without a colour: most of a program, and no bytes for it.
_SILENT = frozenset(("", "n", "p", "pm", "w", "o", "x", "err"))


def serve() -> None:
    """Answers until nobody asks any more. Over its time it is ended by the system: no Python runs inside a pattern."""
    for line in sys.stdin:
        language, code = json.loads(line)
        lexer = lexer_of(language)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_MOST)
        begun = time.process_time()
        coloured = html(code, lexer)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        print(json.dumps([coloured, time.process_time() - begun]), flush=True)


def lexer_of(language: str) -> Lexer:
    """Makes a lexer, which compiles its patterns the first time: on a slow machine that takes as long as one may."""
    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


def html(code: str, lexer: Lexer) -> str | None:
    """The code with a `<span>` of Pygments' classes around what has a colour; None if the lexer changed it."""
    made: list[str] = []
    length = -1  # some lexers know a line only by its end
    for colour, words in _runs(code + "\n", lexer):
        length += len(words)
        shown = escape(words, quote=False)
        made.append(f'<span class="{colour}">{shown}</span>' if colour else shown)
    before, _, behind = "".join(made).rpartition("\n")
    return before + behind if length == len(code) else None


def _runs(code: str, lexer: Lexer) -> Iterator[tuple[str, str]]:
    """Words with their classes; neighbours of one class in one."""
    last = ""
    together: list[str] = []
    for kind, words in lexer.get_tokens(code):
        colour = _class_of(kind)
        if colour != last:
            yield last, "".join(together)
            last, together = colour, []
        together.append(words)
    yield last, "".join(together)


def _class_of(kind: Any) -> str:
    """The class of a token's kind, or of the nearest kind above that has one; empty if it has no colour."""
    while kind not in STANDARD_TYPES:
        kind = kind.parent
    colour = STANDARD_TYPES[kind]
    return "" if colour in _SILENT else colour
