"""Words as the search sees them: how a text is cut into them, when two are the same, and where they stand."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import msgspec

SNIPPET_LENGTH = 240  # characters of a message that a hit shows
BEFORE_HIT = 60  # of these before the first hit, at most

# What SQLite's tokenizer `unicode61` takes for one word: letters and digits, and the accents that stand in it as
# characters of their own (https://www.sqlite.org/fts5.html#unicode61_tokenizer; the accents are those of its table).
_ACCENTS = "\u0300-\u0304\u0306-\u030c\u030f\u0311\u031b\u0323-\u0328\u032d\u032e\u0330\u0331"
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_ACCENTS}])*")
_ACCENTED = re.compile("([a-z])[\u0300-\u036f]+")
_SPACE = re.compile(r"\s+")


class Word(NamedTuple):
    """A word of a text: as it is compared, and the characters it is made of."""

    folded: str
    start: int
    end: int


class Phrase(NamedTuple):
    """Words that stand side by side, and the text that they were read from; with `prefix` the last one may go on."""

    words: tuple[str, ...]
    text: str
    prefix: bool = False


class Piece(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a snippet; `hit` says that it is what was looked for."""

    text: str
    hit: bool = False


def words(text: str) -> list[Word]:
    """The words of a text, in order, without regard to case and accents: "Ação" is "acao"."""
    return [Word(_folded(found[0]), found.start(), found.end()) for found in _WORD.finditer(text)]


def phrase(text: str, *, prefix: bool = False) -> Phrase:
    """The words of a text as one phrase; of "c++" that is "c", of "***" none."""
    return Phrase(tuple(word.folded for word in words(text)), text, prefix)


def snippet(text: str, wanted: list[Phrase]) -> list[Piece]:
    """One line out of a text, around the first of what is looked for, cut where it is marked and where it is not."""
    hits = _hits(text, wanted)
    start, end = _window(text, hits[0] if hits else (0, 0))
    pieces, place = [Piece("…")] if start else [], start
    for begin, stop in hits:
        if begin >= end:
            break
        pieces += [Piece(text[place:begin]), Piece(text[begin : min(stop, end)], hit=True)]
        place = min(stop, end)
    pieces += [Piece(text[place:end]), Piece("…" if end < len(text) else "")]
    return [Piece(_SPACE.sub(" ", piece.text), piece.hit) for piece in pieces if piece.text]


@lru_cache(maxsize=10_000)  # most words of a text are those of the last one
def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    word = "".join(sign if len(sign) == 1 else letter.lower() for letter in word for sign in [letter.casefold()])
    return unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", unicodedata.normalize("NFD", word)))


def _hits(text: str, wanted: list[Phrase]) -> list[tuple[int, int]]:
    """Where the phrases stand in the text: from, to; in order, none within another."""
    found = words(text)
    spans = []
    for place, word in enumerate(found):
        begun = [each for each in wanted if each.words and word.folded.startswith(each.words[0])]
        length = max((len(each.words) for each in begun if _stands(each, found, place)), default=0)
        if length:
            spans.append((found[place].start, found[place + length - 1].end))
    apart: list[tuple[int, int]] = []
    for start, end in spans:
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _stands(wanted: Phrase, found: list[Word], place: int) -> bool:
    there = [word.folded for word in found[place : place + len(wanted.words)]]
    if len(there) < len(wanted.words) or not there:
        return False
    last = there[-1].startswith(wanted.words[-1]) if wanted.prefix else there[-1] == wanted.words[-1]
    return last and there[:-1] == list(wanted.words[:-1])


def _window(text: str, hit: tuple[int, int]) -> tuple[int, int]:
    """The part of the text that is shown: it begins and ends at a space, if there is one nearby."""
    start = 0
    if hit[1] > SNIPPET_LENGTH * 2 // 3:
        start = max(hit[0] - BEFORE_HIT, 0)
        space = _SPACE.search(text, start, hit[0])
        start = space.end() if space else start
    end = start + SNIPPET_LENGTH
    if end >= len(text):
        return start, len(text)
    space_before = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
    return start, space_before if space_before > start + SNIPPET_LENGTH // 2 else end
