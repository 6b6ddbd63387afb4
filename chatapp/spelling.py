"""When two names, or two emoji, are the same to a reader."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

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


def whole(emoji: str) -> str:
    """The emoji in its one full spelling (UTS #51, "fully-qualified"); as it is if it is of a later Unicode."""
    return _whole_ones().get(emoji.replace(_PICTURE, ""), emoji)


@cache
def _whole_ones() -> dict[str, str]:
    """Each emoji in its full spelling, by the shortest."""
    full = STATUS["fully_qualified"]
    return {sign.replace(_PICTURE, ""): sign for sign, about in EMOJI_DATA.items() if about["status"] == full}
