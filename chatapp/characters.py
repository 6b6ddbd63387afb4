"""What the characters of a text do on the screen: whether any of them shows, and how many marks stand on one letter."""

from __future__ import annotations

import re
from unicodedata import category

from .limits import MARKS_LIMIT

# Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt, Unicode 16), for a character class of `re`.
DEFAULT_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Blank by their look, whatever their category says: Braille without dots, annotation signs, a note without a head.
BLANK = "\u2800\ufff9-\ufffb\U0001d159"
_SHOWN = re.compile(rf"[^\s\x00-\x1f\x7f-\x9f{DEFAULT_IGNORABLE}{BLANK}]")

# Scripts that put no blanks between words, or join particles to a word: Chinese, Japanese, Korean, Thai, Lao, Myanmar
# and Khmer. For a character class of `re`.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u303c"
    "\u3041-\u30fa\u30fc-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\uff66-\uffdc\U00020000-\U0003ffff"
)
_IS_UNSPACED = re.compile(f"[{UNSPACED}]")

# Skin tones (Emoji_Modifier) are symbols, and stand on what is before them as marks do: Chromium takes 1.6 s to draw
# 3,000 in a row, six times what as many accents take.
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
# In the categories of a text's characters, two letters each. Format characters (Cf) draw nothing and separate nothing.
_TOWER = re.compile(rf"M.(?:(?:Cf)*+M.){{{MARKS_LIMIT}}}")


def shows(text: str) -> bool:
    """Whether a reader sees anything of the text."""
    return _SHOWN.search(text) is not None


def is_unspaced(char: str) -> bool:
    """Whether the character belongs to a script that puts no blanks between words: a word may end beside it."""
    return _IS_UNSPACED.match(char) is not None


def too_many_marks(text: str) -> bool:
    """Whether more than MARKS_LIMIT combining marks or skin tones stand in a row.

    Such a row takes quadratic time to draw, and to normalise. This check is linear. A row that is too long has a mark,
    a skin tone (a symbol, Sk) or a format character at every (MARKS_LIMIT + 1)-th place, so that most texts are done
    with a look at these.
    """
    if text.isascii() or len(text) <= MARKS_LIMIT:
        return False
    sampled = "".join(map(category, text[MARKS_LIMIT :: MARKS_LIMIT + 1]))
    if "M" not in sampled and "Cf" not in sampled and "Sk" not in sampled:
        return False
    return _TOWER.search("".join(map(category, _SKIN_TONES.sub("\u0301", text)))) is not None
