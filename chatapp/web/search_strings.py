"""The sentences of the search, in the language of the request."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as _

from ..query import Note


class Example(NamedTuple):
    """A term that one may use: how it is written, and what it does."""

    term: str
    does: str


def examples() -> list[Example]:
    """What one can ask for, in the words of the reader's language."""
    return [
        Example(_('"two words"'), _("side by side, in this order")),
        Example(_("-word"), _("without that word")),
        Example(_("from:ana"), _("written by Ana")),
        Example(_("in:general"), _("in that room")),
        Example(_("before:2026-03-01"), _("before that day; a month or a year will do")),
        Example(_("after:yesterday"), _("after that day")),
        Example(_("has:code"), _("with code in it")),
        Example(_("has:link"), _("with a link in it")),
    ]


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


def search_strings() -> dict[str, str]:
    """What the page's scripts say; `.one` and `.other` are plural forms, chosen in the browser."""
    return {
        "failed": _("The search did not work. Try again in a moment."),
        "found.one": _("{n} message"),
        "found.other": _("{n} messages"),
        "newest.one": _("The newest {n} message"),
        "newest.other": _("The newest {n} messages"),
        "nothing": _("No message is like that."),
        "title": _("{query} · Search"),
    }
