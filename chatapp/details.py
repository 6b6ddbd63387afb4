"""The sentence that goes with an error code: what happened and what one can do, in the person's language."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations

from .model import Refusal

LOCALES = {"en": "English", "pt-BR": "Português (Brasil)"}
TRANSLATIONS = Path(__file__).parent / "translations"


def _(text: str) -> str:
    """Marks a sentence for the catalogs; it is translated when it is said."""
    return text


_SENTENCES = {
    "bad-json": _("This is not one JSON object with a “type”."),
    "bad-field": _("The field “{field}” is missing or has a value that cannot be used."),
    "unknown-type": _("This server does not know that type of command."),
    "not-joined": _("Join the room first."),
    "no-such-room": _("There is no such room."),
    "no-such-message": _("There is no such message, or it was deleted."),
    "text-empty": _("The message is empty."),
    "text-too-long": _("The message is too long: at most {n} characters."),
    "rate-limited": _("Too many messages at once. Wait {retry_after} seconds."),
    "forbidden": _("This is not allowed from here."),
    "read-only": _("This room is archived: it can be read, and nobody writes in it."),
    "closed": _("This poll is closed."),
    "bad-topic": _("A topic has at most {n} characters, none of them control characters."),
    "bad-poll": _("A poll has 2 to {n} options that look different, of 1 to {length} characters each."),
    "too-late": _("A message can be changed for {n} minutes. This one is older."),
    "too-many": _("This room has {n} pinned messages already. More do not fit: unpin one first."),
    "confirm-all": _("It calls everybody, which nobody has confirmed. People: {count}."),
    "name-taken": _("The name “{name}” belongs to somebody else. Choose another one."),
    "bad-name": _("A name has 1 to {n} visible characters, without control characters or ones that show nothing."),
    "too-many-rooms": _("You are in too many rooms at once: at most {n}. Leave one first."),
    "busy": _("The server cannot store anything right now. Try again in a moment."),
    "too-slow": _("This search would take too long. Add a rarer word, a room or a day."),
    "too-large": _("The request is too large."),
    "bad-request": _("The request is malformed."),
    "wrong-host": _(
        "This chat does not answer to the name “{host}”. If that is the address that people open, its operator has to"
        " start the chat with CHATAPP_ORIGINS={origin} in the environment."
    ),
    "not-found": _("There is nothing at this address."),
    "no-name": _("You have not chosen a name yet."),
    "method": _("This address does not take that method."),
    "server-error": _("The server made a mistake. It has been noted."),
}

# Where one code has several meanings: by the field that is wrong, or by a value that says which one it is.
_VARIANTS = {
    "busy": {"search": _("Too much is being searched right now. Try again in a moment.")},
    "bad-field": {
        "q": _("The query is too long: at most {n} characters."),
        "marks": _("Too many accents or other marks on one letter: at most {n} in a row."),
        "used": _("A guest of this name and address has used this nonce for something else. Use another one."),
    },
    "bad-json": {"body": _("The body must be one JSON object, sent with Content-Type: application/json.")},
    "bad-topic": {"marks": _("Too many accents or other marks on one letter: at most {n} in a row.")},
    "bad-poll": {"marks": _("Too many accents or other marks on one letter: at most {n} in a row.")},
    "bad-name": {
        "everybody": _("Nobody can be called “{everybody}”: @{everybody} calls everyone."),
        "system": _("“{system}” could be taken for the chat itself or those who run it. Choose another name."),
    },
    "rate-limited": {"network": _("Too much comes from your network address at once. Wait {retry_after} seconds.")},
    "forbidden": {
        "target": _("Only who wrote it may do that."),
        "poll": _("A poll cannot be edited, or people would have voted on something else."),
        "guest": _("Guests cannot do that. Choose a name first; a program does it with POST /api/me, for a cookie."),
        "cookie": _("A change that comes with a cookie needs an Origin header too: the address of this site."),
    },
    "name-taken": {
        "lookalike": _("“{name}” looks like the name of somebody else. Choose another one."),
        "like_room": _("“{name}” looks like the name of the room “{like_room}”. Choose another one."),
        "slug": _("There is a room of that name already."),
    },
    "too-many": {
        "own": _("You have {n} rooms of your own already. More do not fit."),
        "rooms": _("This chat has {n} rooms already. More cannot be made."),
        "crowd": _("Too many people did that with this message already: {n} are the most."),
        "edits": _("This message was changed {n} times already. It cannot be changed any more."),
        "reactions": _("You put or took back {n} reactions to this message already. More do not fit."),
        "emoji": _("This message has {n} different reactions already. More do not fit."),
    },
}


def sentence(refusal: Refusal, locale: str) -> str:
    """What to tell a person about a refusal, in one of LOCALES."""
    values = {
        "field": refusal.field or "",
        "retry_after": refusal.retry_after or "",
        "count": refusal.count,
        **refusal.values,
    }
    meant = {refusal.field, *refusal.values}
    variants = (said for mark, said in _VARIANTS.get(refusal.code, {}).items() if mark in meant)
    said = next(variants, _SENTENCES[refusal.code])
    return _catalog(locale).gettext(said).format(**values)


@cache
def _catalog(locale: str) -> NullTranslations:
    return Translations.load(TRANSLATIONS, [locale.replace("-", "_")])
