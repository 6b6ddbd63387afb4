"""The sentences of the search, in the language of the request."""

from __future__ import annotations

from flask_babel import gettext as _

from ..query import Note


def note(about: Note) -> str:
    """What is wrong with a term."""
    said = {
        "no-such-room": _("There is no room “{term}”."),
        "bad-day": _("“{term}” is no day. Write 2026-03-01, 2026-03 or 2026."),
        "bad-content": _("“{term}” is not known: has:code and has:link are."),
        "too-many": _("The query is too long: what begins at “{term}” was left out."),
    }
    sentence: str = said[about.code]
    return sentence.format(term=about.term)
