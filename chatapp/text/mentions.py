"""`@name` in a text: where it may stand, and what behind the sign may be a name. Names may hold blanks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from ..characters import is_unspaced

EVERYBODY = ("all", "todos")  # the names that everybody goes by
SIGNS_MOST = 50  # signs in one text that are looked at
NAME_MOST = 64  # characters of a name, which may be written with its accents apart
LETTERS_MOST = 32  # characters of a name without these accents, as `limits.NAME_LIMIT` has it

# The ids of those who go by a name, as it is written in the text; none for one of everybody's names.
Names = Mapping[str, tuple[str, ...]]


def names_at(text: str, sign: int) -> Iterator[str]:
    """What begins behind the sign at that place, the longest first: whole words each. A backslash before the sign is
    looked past."""
    before = text[max(0, sign - 2) : sign].removesuffix("\\")[-1:]
    if before and _in_word(before) and not is_unspaced(before):
        return
    begin = sign + 1
    line = text[begin : begin + NAME_MOST].split("\n", 1)[0]
    for length in range(_reach(line), 0, -1):
        last, behind = line[length - 1], text[begin + length : begin + length + 1]
        if not last.isspace() and not (behind and _together(last, behind)):
            yield line[:length]


def _reach(line: str) -> int:
    """How far a name may reach: each place where one may end is looked up, and folding it is the dear part of it."""
    letters = 0
    for place, char in enumerate(line):
        letters += not _is_part(char)
        if letters > LETTERS_MOST:
            return place
    return len(line)


def _is_part(char: str) -> bool:
    """Whether it makes one character of what is before it: a mark, or a vowel or an end of a Hangul syllable."""
    return "\u1160" <= char <= "\u11ff" or unicodedata.category(char)[0] == "M"


def names_in(text: str) -> set[str]:
    """All that may be a name in that text."""
    found: set[str] = set()
    sign = text.find("@")
    for _ in range(SIGNS_MOST):
        if sign < 0:
            break
        found.update(names_at(text, sign))
        sign = text.find("@", sign + 1)
    return found


def _together(char: str, behind: str) -> bool:
    """Whether they are of one word. A script without blanks between words may follow a word of another one."""
    if unicodedata.category(behind)[0] == "M":
        return True
    return _in_word(char) and _in_word(behind) and is_unspaced(char) == is_unspaced(behind)


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_" or unicodedata.category(char)[0] == "M"
