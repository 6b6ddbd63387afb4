"""When two names, or two emoji, are the same to a reader."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from emoji import EMOJI_DATA, STATUS

# What shows nothing by itself: joiners and variation selectors. Two names that differ in it only look the same.
_UNSEEN = re.compile("[\u034f\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Says that a sign is drawn as an emoji. Some keyboards leave it out, some put it where it says nothing.
_PICTURE = "\ufe0f"


def folded(name: str) -> str:
    """Equal for two names that a reader would take for the same: what shows nothing dropped, then compared without
    regard to case and form (the Unicode Standard, section 3.13, D146)."""
    text = unicodedata.normalize("NFD", _UNSEEN.sub("", name)).casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def bare(name: str) -> str:
    """Equal for two names that differ in nothing but accents and the like: what one types who leaves them out."""
    letters = unicodedata.normalize("NFKD", folded(name))
    return unicodedata.normalize("NFKC", "".join(char for char in letters if unicodedata.category(char) != "Mn"))


class Skeletons(NamedTuple):
    """What two names have in common if one imitates the other with letters that look the same (UTS #39, section 4),
    such as `ana` in Latin and in Cyrillic letters: the one in small letters, or the one as written. A Cyrillic к looks
    like no other letter, К like a K.

    Names that `folded` takes for the same are the same in `small`. Two names in ASCII are only equal if they are the
    same: nobody takes "rn" for an attack on "m".
    """

    small: str
    written: str


@lru_cache(4_096)  # for letters beyond ASCII it takes 20 µs
def skeletons(name: str) -> Skeletons:
    """The two keys by which names that imitate this one are found.

    They are stored (`names.key`, and `small` and `written` of `rooms`), as `folded` and `bare` are: if what they give
    for a name changes, a migration has to fill those columns anew, as 0013 does. A newer Unicode changes it for no
    character that had a meaning before, for the data of look-alikes is that of a pinned library.
    """
    key = folded(name)
    if key.isascii() and name.isascii():
        return Skeletons(key, key)
    return Skeletons(folded(look(key)), folded(look(unicodedata.normalize("NFKC", name))))


def look(text: str) -> str:
    """The text with one character for all those that look like it. ASCII stays what it is; case and accents count."""
    if text.isascii():
        return text
    seen = _UNSEEN.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", seen.translate(_looks()))


@cache
def _looks() -> dict[int, str]:
    """For each character that looks like others the one that stands for all of them: one of ASCII if there is one.

    The data is Unicode's confusables.txt as `confusable-homoglyphs` brings it: pairs of characters, or of a character
    and a sequence. Characters that are connected by pairs look the same.
    """
    pairs = json.loads(files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8"))
    leader: dict[str, str] = {}  # towards the one that stands for the group

    def find(text: str) -> str:
        while leader.setdefault(text, text) != text:
            leader[text] = text = leader[leader[text]]
        return text

    for one, others in pairs.items():
        for other in others:
            # Around some letters that are written from right to left stands a mark of the direction.
            ours, theirs = (find(text.strip("\u200e")) for text in (one, other["c"]))
            best, rest = sorted((ours, theirs), key=_plainness)
            leader[rest] = best
    return {ord(text): find(text) for text in leader if len(text) == 1 and not text.isascii()}


def _plainness(text: str) -> tuple[bool, int, bool, bool, str]:
    """Sorts what looks the same: first ASCII, small letters before capitals, and these before digits."""
    return not text.isascii(), len(text), not text.islower(), not text.isalpha(), text


def whole(emoji: str) -> str:
    """The emoji in its one full spelling (UTS #51, "fully-qualified"); as it is if it is of a later Unicode."""
    return _whole_ones().get(emoji.replace(_PICTURE, ""), emoji)


def is_known_emoji(text: str) -> bool:
    """Whether it is an emoji that Unicode lists, in whichever spelling."""
    return text in EMOJI_DATA


@cache
def _whole_ones() -> dict[str, str]:
    """Each emoji in its full spelling, by the shortest."""
    full = STATUS["fully_qualified"]
    return {sign.replace(_PICTURE, ""): sign for sign, about in EMOJI_DATA.items() if about["status"] == full}
