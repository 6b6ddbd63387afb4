"""Snippets: the part of a message that a hit shows, with what was looked for marked in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

import msgspec

from .words import Phrase, Word, each_word

SNIPPET_LENGTH = 240  # characters of a message that a hit shows
BEFORE_HIT = 60  # of these before the first hit, at most
# What the snippets of one page may cost: a character that is read is 1, a word and a comparison with a phrase are more.
# The dearest texts take some 50 ms then, and a message of 10,000 characters in usual words costs 20,000.
BUDGET = 100_000
BUDGET_LEAST = 1_000  # of it kept for each message
WORD, COMPARISON = 5, 3
READ_AHEAD = 50  # words that are cut and folded at once

_SPACE = re.compile(r"\s+")


class Piece(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a snippet; `hit` says that it is what was looked for."""

    text: str
    hit: bool = False


class Snippets:
    """Cuts the snippets of a page of `count` messages: of each one line, around the first of what is looked for.

    What that costs is bounded for all of them together. A message whose first hit stands behind what is examined shows
    its beginning.
    """

    def __init__(self, wanted: Iterable[Phrase], count: int):
        self._complete: dict[str, set[tuple[str, ...]]] = {}  # phrases by their first words
        self._begun: set[tuple[str, ...]] = set()  # phrases of which the last word may go on
        for each in wanted:
            if each.words:
                (self._begun if each.prefix else self._complete.setdefault(each.words[0], set())).add(each.words)
        self._longest = max(
            (len(each) for group in (*self._complete.values(), self._begun) for each in group), default=0
        )
        self._left = BUDGET
        self._count = count

    def cut(self, text: str) -> list[Piece]:
        """The snippet of the next message: cut where it is marked and where it is not."""
        self._count -= 1
        hits, cost = self._hits(text, max(self._left - BUDGET_LEAST * self._count, BUDGET_LEAST))
        self._left -= cost
        start, end = _window(text, hits[0] if hits else (0, 0))
        pieces, place = [Piece("…")] if start else [], start
        for begin, stop in hits:
            if begin >= end:
                break
            pieces += [Piece(text[place:begin]), Piece(text[begin : min(stop, end)], hit=True)]
            place = min(stop, end)
        pieces += [Piece(text[place:end]), Piece("…" if end < len(text) else "")]
        return [Piece(_SPACE.sub(" ", piece.text), piece.hit) for piece in pieces if piece.text]

    def _hits(self, text: str, most: int) -> tuple[list[tuple[int, int]], int]:
        """Where phrases stand in the text, as far as a snippet reaches: from, to; in order, none within another. And
        what it cost, at most about `most`."""
        if not self._longest:
            return [], 0
        hits: list[tuple[int, int]] = []
        coming = each_word(text, most)
        found: list[Word] = []
        worked = place = 0
        while True:
            if place + self._longest > len(found):
                found.extend(islice(coming, READ_AHEAD + self._longest))
            if place == len(found):
                return hits, min(len(text), most) + worked
            word = found[place]
            if word.start + worked > most or (hits and word.start > hits[0][0] + SNIPPET_LENGTH):
                return hits, found[-1].end + worked
            complete = self._complete.get(word.folded, ())
            standing = [each for each in complete if _stands(each, found, place)]
            standing += [each for each in self._begun if _stands(each, found, place, prefix=True)]
            length = max(map(len, standing), default=0)
            worked += WORD + COMPARISON * (len(complete) + len(self._begun))
            place += 1
            if not length:
                continue
            start, end = word.start, found[place + length - 2].end
            if hits and start < hits[-1][1]:
                hits[-1] = (hits[-1][0], max(end, hits[-1][1]))
            else:
                hits.append((start, end))


def _stands(wanted: tuple[str, ...], found: list[Word], place: int, *, prefix: bool = False) -> bool:
    """Whether these words stand there."""
    last = found[place + len(wanted) - 1].folded if place + len(wanted) <= len(found) else ""
    if not (last.startswith(wanted[-1]) if prefix else last == wanted[-1]):
        return False
    return all(there.folded == each for there, each in zip(found[place:], wanted[:-1], strict=False))


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
