"""Emoji by name: what `:tada:` stands for, in English and Portuguese."""

from __future__ import annotations

from typing import Any

from emoji import EMOJI_DATA, config

_WHOLE = 2  # the status of an emoji in its full form (the library's "fully_qualified")
_TONES = "🏻🏼🏽🏾🏿"


class Emoji:
    """All emoji of the library's Unicode version and their names. Made once; nothing in it changes."""

    def __init__(self) -> None:
        config.load_language("pt")
        whole: dict[str, dict[str, Any]] = {
            sign: about for sign, about in EMOJI_DATA.items() if about["status"] == _WHOLE
        }
        self._by_name = {name.lower(): sign for sign, about in whole.items() for name in _names(about)}
        self._listed = [[sign, *_names(about)] for sign, about in whole.items() if not any(t in sign for t in _TONES)]

    def named(self, name: str) -> str | None:
        """The emoji of that name, which comes without its colons."""
        return self._by_name.get(name.lower())

    def listed(self) -> list[list[str]]:
        """What one chooses from: each emoji with its names, without the tones of skin."""
        return self._listed


def _names(about: dict[str, Any]) -> list[str]:
    """The short ones first."""
    names = [*about.get("alias", []), about["en"], about.get("pt", "")]
    return list(dict.fromkeys(name.strip(":") for name in names if name))
