"""When two names are the same to a reader."""

from __future__ import annotations

import re
import unicodedata

# What shows nothing by itself: joiners and variation selectors. Two names that differ in it only look the same.
_UNSEEN = re.compile("[\u034f\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def folded(name: str) -> str:
    """Equal for two names that a reader would take for the same: what shows nothing dropped, then compared without
    regard to case and form (the Unicode Standard, section 3.13, D146)."""
    text = unicodedata.normalize("NFD", _UNSEEN.sub("", name)).casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def bare(name: str) -> str:
    """Equal for two names that differ in nothing but accents and the like: what one types who leaves them out."""
    letters = unicodedata.normalize("NFKD", folded(name))
    return unicodedata.normalize("NFKC", "".join(char for char in letters if unicodedata.category(char) != "Mn"))
