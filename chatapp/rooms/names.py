"""What may be a name of a person or a room, when two names are the same, a room's slug; other lines people give."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from secrets import randbelow

from ..characters import DEFAULT_IGNORABLE, too_many_marks
from ..limits import (
    MARKS_LIMIT,
    NAME_LIMIT,
    OPTION_LIMIT,
    OPTIONS_LEAST,
    OPTIONS_MOST,
    ROOM_NAME_LIMIT,
    SLUG_LIMIT,
    TOPIC_LIMIT,
    UNFOLDED,
)
from ..model import Refusal
from ..spelling import bare, folded, look, skeletons
from ..text.mentions import EVERYBODY
from .emoji import without_emoji

_NUMBERS_TRIED = 20  # numbers behind a slug that is taken; each costs a look-up
_SMALL_NUMBERS = 9  # the last number behind a name that is tried in order
_MOST_DIGITS = 12  # of a random number behind a name

# Controls, format characters (the bidi overrides among them), surrogates, private use and unassigned ones can hide or
# forge a name.
_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# What shows nothing. Emoji and some scripts need some of it in some places.
_IGNORABLE = re.compile(f"[{DEFAULT_IGNORABLE}]")
_NON_JOINER, _JOINERS = "\u200c", "\u200c\u200d"
_VIRAMA = 9  # Unicode's combining class of the sign that takes a letter's vowel away: a joiner beside it says how
_JOINING = ("ARABIC LETTER", "SYRIAC LETTER")  # letters that join their neighbours, unless a joiner says otherwise
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"  # letters and symbols by their category, blanks by their look
_MARKS_IN_A_ROW = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4,}")
# Names that a reader would take for the chat itself, its operators, or everybody: letters and digits, without accents.
SYSTEM_NAMES = frozenset(
    (
        *EVERYBODY,
        *("admin", "admins", "administrator", "channel", "chatapp", "everybody", "everyone", "guest", "here"),
        *("moderator", "moderators", "operator", "root", "server", "somebody", "system"),
        *("administrador", "administradora", "alguem", "aqui", "canal", "convidada", "convidado", "moderador"),
        *("moderadora", "operador", "operadora", "servidor", "sistema", "todas", "todomundo"),
    )
)


def person_name(given: str) -> str:
    """`given` as a person's name: NFC, blanks folded, 1 to 32 characters, and not a system name. Raises Refusal
    `bad-name`."""
    name = _name(given, NAME_LIMIT)
    _refuse_system(name, NAME_LIMIT)
    return name


def room_name(given: str) -> str:
    """`given` as a room's name: NFC, blanks folded, 1 to 64 characters, and not a system name. Raises Refusal
    `bad-name`."""
    name = _name(given, ROOM_NAME_LIMIT)
    _refuse_system(name, ROOM_NAME_LIMIT)
    return name


def _refuse_system(name: str, limit: int) -> None:
    """Raises Refusal `bad-name` for a system name, also in letters that look like it: "[Аdmin]" is one too."""
    for key in skeletons(name):
        letters = "".join(char for char in bare(key) if char.isalnum())
        if letters in EVERYBODY:
            raise Refusal("bad-name", field="name", n=limit, everybody=name)
        if letters in SYSTEM_NAMES:
            raise Refusal("bad-name", field="name", n=limit, system=name)


def room_topic(given: str) -> str:
    """`given` as what a room is for: NFC, in one line, at most 250 characters; empty: nothing special. Raises Refusal
    `bad-topic`."""
    if too_many_marks(given[: TOPIC_LIMIT * UNFOLDED]):
        raise Refusal("bad-topic", field="topic", n=MARKS_LIMIT, marks=True)
    topic = _line(given, TOPIC_LIMIT)
    if topic is None or len(topic) > TOPIC_LIMIT:
        raise Refusal("bad-topic", field="topic", n=TOPIC_LIMIT)
    return topic


def poll_options(given: list[str]) -> list[str]:
    """`given` as what one can choose of: each NFC, in one line, 1 to 200 characters. Raises Refusal `bad-poll`."""
    given = given[: OPTIONS_MOST + 1]
    if any(too_many_marks(option[: OPTION_LIMIT * UNFOLDED]) for option in given):
        raise Refusal("bad-poll", field="options", n=MARKS_LIMIT, length=OPTION_LIMIT, marks=True)
    options = [_line(option, OPTION_LIMIT) or "" for option in given]
    fitting = all(_visible(option) and len(option) <= OPTION_LIMIT and not _hides(option) for option in options)
    if not fitting or len(set(map(look, options))) < len(options) or not OPTIONS_LEAST <= len(options) <= OPTIONS_MOST:
        raise Refusal("bad-poll", field="options", n=OPTIONS_MOST, length=OPTION_LIMIT)
    return options


def _line(given: str, limit: int) -> str | None:
    """In one line, whatever direction its letters have; None if there are controls in it, or if it is far longer than
    the limit, which is looked at first."""
    if len(given) > limit * UNFOLDED:
        return None
    line = " ".join(unicodedata.normalize("NFC", given).split())
    return None if any(unicodedata.category(char) in ("Cc", "Cs") for char in line) else line


def _visible(text: str) -> bool:
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANKS for char in text)


def _name(given: str, limit: int) -> str:
    fits = len(given) <= limit * UNFOLDED and not too_many_marks(given)  # before any work that grows with it
    name = " ".join(unicodedata.normalize("NFC", given).split()) if fits and _benign(given) else ""
    if not _visible(name) or len(name) > limit or _MARKS_IN_A_ROW.search(name):
        raise Refusal("bad-name", field="name", n=limit)
    return name


def _benign(text: str) -> bool:
    if text.isascii():
        return text.isprintable()
    return not _hides(text) and all(
        char not in _BLANKS and (unicodedata.category(char) not in _FORBIDDEN or _IGNORABLE.match(char))
        for char in text
    )


def _hides(text: str) -> bool:
    """Whether there is a character in it that shows nothing and is no part of an emoji or of the spelling."""
    if not _IGNORABLE.search(text):
        return False
    rest = without_emoji(text)
    return any(not _is_spelling(rest, found.start()) for found in _IGNORABLE.finditer(rest))


def _is_spelling(text: str, at: int) -> bool:
    """Whether the character at that place is a joiner that a script needs there (RFC 5892, appendix A): behind or
    before a virama in the scripts of India, or between two letters that would join in Persian."""
    if text[at] not in _JOINERS or not 0 < at < len(text) - 1:
        return False
    before, after = text[at - 1], text[at + 1]
    if _VIRAMA in (unicodedata.combining(before), unicodedata.combining(after)):
        return True
    letters = _letter(reversed(text[:at])), _letter(text[at + 1 :])
    return text[at] == _NON_JOINER and all(unicodedata.name(char, "").startswith(_JOINING) for char in letters)


def _letter(text: Iterable[str]) -> str:
    """The first character that is no vowel sign or other mark; a blank if there is none."""
    return next((char for char in text if not unicodedata.combining(char)), " ")


def numbered_names(name: str) -> Iterator[str]:
    """The name, then the name with numbers behind it, each within the limit of a name.

    After the smallest numbers come random ones, which soon find a gap in a crowd, and among names that somebody took
    to be in the way.
    """
    yield name
    for number in range(2, _SMALL_NUMBERS + 1):
        yield numbered(name, number)
    digits = 3
    while True:
        yield numbered(name, randbelow(10**digits))
        digits = min(digits + 1, _MOST_DIGITS)


def numbered(name: str, number: int) -> str:
    """`name` with a number behind it, within the limit of a name."""
    tail = f" {number}"
    kept = name[: NAME_LIMIT - len(tail)]
    while _hides(kept):  # an emoji was cut through
        kept = kept[:-1]
    return kept.rstrip() + tail


def slug(name: str) -> str:
    """The address of a room of that name: letters and digits of any script, the rest as single hyphens.

    A name without a letter or digit (only emoji, say) gets `room-` and six hexadecimal digits of its hash.
    """
    text = unicodedata.normalize("NFC", folded(name))
    kept = "".join(char if unicodedata.category(char)[0] in "LMN" else "-" for char in text)
    short = re.sub("-+", "-", kept)[:SLUG_LIMIT].strip("-")
    legible = any(unicodedata.category(char)[0] in "LN" for char in short)
    return short if legible else "room-" + hashlib.sha256(name.encode()).hexdigest()[:6]


def slugs(name: str) -> Iterator[str]:
    """The addresses for a room of that name, best first: "C", "C++" and "C#" are three rooms.

    After `_NUMBERS_TRIED` come ones with digits of the name's hash: however many rooms share an address, a free one
    comes soon.
    """
    first = slug(name)
    yield first
    digits = hashlib.sha256(folded(name).encode()).hexdigest()
    lengths = range(8, SLUG_LIMIT, 8)
    for tail in (*map(str, range(2, _NUMBERS_TRIED + 2)), *(digits[:length] for length in lengths)):
        yield first[: SLUG_LIMIT - len(tail) - 1] + f"-{tail}"
