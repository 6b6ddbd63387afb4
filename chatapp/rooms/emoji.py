"""What may be put under a message: one emoji, as Unicode puts them together (UTS #51, section 1.4.9)."""

from __future__ import annotations

import re

from ..limits import EMOJI_LIMIT
from ..spelling import is_known_emoji

# The blocks in which there are emoji, a later Unicode's in the last one; some of what is in them is none.
_SIGN = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_ELEMENT = f"{_SIGN}\ufe0f?[\U0001f3fb-\U0001f3ff]?"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_COUNTRY = "\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f"  # signs nobody sees: behind others they would be a text
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
_EMOJI = re.compile(f"{_COUNTRY}|{_KEYCAP}|{_FLAG}|{_ELEMENT}(?:\u200d{_ELEMENT})*")


def is_emoji(text: str) -> bool:
    """Whether it is one emoji and nothing else."""
    return len(text) <= EMOJI_LIMIT and _EMOJI.fullmatch(text) is not None


def without_emoji(text: str) -> str:
    """The text with a square in the place of each emoji. A flag that is spelled with tags, such as Scotland's, has to
    be one that Unicode lists: the tags could spell anything, and nobody sees them."""
    return _EMOJI.sub(lambda found: found[0] if _is_unknown_flag(found[0]) else "\u25a1", text)


def _is_unknown_flag(emoji: str) -> bool:
    return emoji[-1] == "\U000e007f" and not is_known_emoji(emoji)
