"""The bus of a single process: a direct call, in order, to who listens."""

from __future__ import annotations

from collections.abc import Callable

from ..model import News


class LocalBus:
    """Carries committed events and ephemera to one listener. A call must not block."""

    def __init__(self, listener: Callable[[News], None]):
        self._listener = listener

    def publish(self, news: News) -> None:
        self._listener(news)
