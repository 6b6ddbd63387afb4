"""The chat with a fault: the thread that the file `CHATAPP_DATA`.fault names dies the next time it goes about its work.

`flask --app tests.races.dying run` and `gunicorn tests.races.dying:app` serve it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatapp.live.fanout import FanOut
from chatapp.log.indexer import Indexer
from chatapp.log.journal import Journal
from chatapp.rooms.presence import Presence

FAULT = Path(os.environ["CHATAPP_DATA"] + ".fault")
ROUNDS: dict[str, tuple[type, str]] = {
    "journal": (Journal, "_take"),
    "fan-out": (FanOut, "_take"),
    "heartbeat": (Presence, "changes"),
    "indexer": (Indexer, "_work"),
}


class Fault(BaseException):
    """What no `except Exception` catches."""


def with_fault(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def run(*given: Any) -> Any:
        if FAULT.exists() and FAULT.read_text() == name:
            FAULT.unlink()
            raise Fault
        return work(*given)

    return run


for thread, (kind, method) in ROUNDS.items():
    setattr(kind, method, with_fault(thread, getattr(kind, method)))

from wsgi import app  # noqa: E402, F401  # it starts under `flask run`: only now
