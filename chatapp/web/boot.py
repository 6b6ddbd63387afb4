"""What the server puts into the chat's page for its scripts."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..config import Settings
from ..details import LOCALES
from ..identity import language
from ..limits import MARKS_LIMIT, NAME_LIMIT, OPTION_LIMIT, OPTIONS_MOST, ROOM_NAME_LIMIT, TOPIC_LIMIT
from ..live.door import DEFAULT_ROOM
from ..log.acts import EDIT_WINDOW
from ..log.places import PINS_LIMIT
from .strings import page_strings

NOWHERE = {"slug": DEFAULT_ROOM, "name": DEFAULT_ROOM, "topic": "", "archived": False}


def boot(
    settings: Settings,
    *,
    version: str,
    room: dict[str, Any] | None = None,
    seq: int | None = None,
    you: dict[str, str] | None = None,
    worker: str | None = None,
) -> dict[str, Any]:
    """The page in a room, for a person or for nobody; without a room the shell (offline.py), which fills itself.

    `version` is that of the page's files, `seq` the message to go to, `worker` the service worker's address.
    """
    return {
        "version": version,
        "shell": room is None,
        "worker": worker,
        "home": DEFAULT_ROOM,
        "room": room or NOWHERE,
        "seq": seq,
        "you": you,
        "locale": language(),
        "locales": [{"code": code, "name": name} for code, name in LOCALES.items()],
        "limits": {
            "text": settings.TEXT_LIMIT,
            "marks": MARKS_LIMIT,
            "frame": settings.FRAME_LIMIT,
            "rate": settings.RATE_LIMIT,
            "burst": settings.RATE_BURST,
            "name": NAME_LIMIT,
            "room_name": ROOM_NAME_LIMIT,
            "rooms": settings.ROOMS_LIMIT,
            "pins": PINS_LIMIT,
            "topic": TOPIC_LIMIT,
            "option": OPTION_LIMIT,
            "options": OPTIONS_MOST,
            "edit": EDIT_WINDOW,
        },
        "strings": _strings(language()),
    }


@lru_cache(maxsize=4)  # the languages; to look all sentences up takes 3 ms of the 9 that a page takes
def _strings(locale: str) -> dict[str, str]:
    return page_strings()
