"""The bus of one process."""

from __future__ import annotations

from chatapp.bus.local import LocalBus
from chatapp.model import Author, Message, News, Read, Typing


def test_the_listener_hears_everything_in_the_order_in_which_it_was_published() -> None:
    heard: list[News] = []
    bus = LocalBus(heard.append)
    said: list[News] = [
        [Message("general", 1, "", Author("p1", "Ana"), "hello")],
        Typing("general", "p1", "Ana"),
        Read("p1", "general", 1, None),
    ]
    for news in said:
        bus.publish(news)
    assert heard == said
