"""Words as the search sees them: how a text is cut into them, and when two are the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

WORD_LENGTH = 250  # characters of a word that are compared: a lexeme of PostgreSQL has at most 2 KiB

# What SQLite's tokenizer `unicode61` takes for one word: letters and digits, and the accents that stand in it as
# characters of their own (https://www.sqlite.org/fts5.html#unicode61_tokenizer; the accents are those of its table).
_ACCENTS = "\u0300-\u0304\u0306-\u030c\u030f\u0311\u031b\u0323-\u0328\u032d\u032e\u0330\u0331"
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_ACCENTS}])*")
_ACCENTED = re.compile("([a-z])[\u0300-\u036f]+")


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


def words(text: str) -> list[Word]:
    """The words of a text, in order, without regard to case and accents: "Ação" is "acao"."""
    return list(each_word(text))


def each_word(text: str, upto: int | None = None) -> Iterator[Word]:
    """The words of a text, or of so many characters of it. A word that is cut there counts if it is long enough."""
    end = len(text) if upto is None else min(upto, len(text))
    for found in _WORD.finditer(text, 0, end):
        word = found[0]
        if found.end() < end or end == len(text) or len(word) >= WORD_LENGTH:
            yield Word(_folded(word[:WORD_LENGTH]), found.start(), found.end())


def phrase(text: str, *, prefix: bool = False) -> Phrase:
    """The words of a text as one phrase; of "c++" that is "c", of "***" none."""
    return Phrase(tuple(word.folded for word in words(text)), text, prefix)


@lru_cache(maxsize=10_000)  # most words of a text are those of the last one
def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    word = "".join(sign if len(sign) == 1 else letter.lower() for letter in word for sign in [letter.casefold()])
    return unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", unicodedata.normalize("NFD", word)))
