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


_ROOM_TAKEN = _("There is a room of that name already.")
_NAME_OF_ALL = _("Nobody can be called “{everybody}”: @{everybody} calls everyone.")
_NOT_YOURS = _("Only who wrote it may do that.")
_NO_EDIT = _("A poll cannot be edited, or people would have voted on something else.")
_BAD_BODY = _("The body must be one JSON object, sent with Content-Type: application/json.")
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
    "bad-poll": _("A poll has 2 to {n} different options, of 1 to {length} characters each."),
    "too-late": _("A message can be changed for {n} minutes. This one is older."),
    "too-many": _("There are {n} of these already. More do not fit."),
    "confirm-all": _("It calls everybody, which nobody has confirmed. People: {count}."),
    "name-taken": _("Someone else is using the name “{name}” right now. Choose another one."),
    "bad-name": _("A name has 1 to {n} visible characters, without control characters."),
    "too-many-rooms": _("You are in too many rooms at once: at most {n}. Leave one first."),
    "busy": _("The server cannot store anything right now. Try again in a moment."),
    "too-large": _("The request is too large."),
    "bad-request": _("The request is malformed."),
    "not-found": _("There is nothing at this address."),
    "no-name": _("You have not chosen a name yet."),
    "method": _("This address does not take that method."),
    "server-error": _("The server made a mistake. It has been noted."),
}


def sentence(refusal: Refusal, locale: str) -> str:
    """What to tell a person about a refusal, in one of LOCALES."""
    values = {
        "field": refusal.field or "",
        "retry_after": refusal.retry_after or "",
        "count": refusal.count,
        **refusal.values,
    }
    said = _SENTENCES[refusal.code]
    if refusal.code == "name-taken" and "slug" in refusal.values:  # one code for people's and for rooms' names
        said = _ROOM_TAKEN
    elif refusal.code == "bad-name" and "everybody" in refusal.values:
        said = _NAME_OF_ALL
    elif refusal.code == "bad-json" and "body" in refusal.values:  # of an HTTP request
        said = _BAD_BODY
    elif refusal.code == "forbidden" and refusal.field == "target":  # of somebody else's message
        said = _NOT_YOURS
    elif refusal.code == "forbidden" and refusal.field == "poll":
        said = _NO_EDIT
    return _catalog(locale).gettext(said).format(**values)


@cache
def _catalog(locale: str) -> NullTranslations:
    return Translations.load(TRANSLATIONS, [locale.replace("-", "_")])
