"""Who looks inside: a watcher of `/flow/socket` over a socket pair, beside the chat's own clients."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ..actors import PATIENCE, Talker
from ..conftest import Wire

Word = dict[str, Any]


class Looker:
    """One who watches. Every word is kept in `words`."""

    def __init__(self, talker: Talker):
        self.talker = talker
        self.words: list[Word] = []
        self.greeting = self.next("hello")

    def next(self, kind: str, fits: Callable[[Word], Any] = lambda _word: True, timeout: float = PATIENCE) -> Word:
        """The next word of that kind that fits."""
        deadline = time.monotonic() + timeout
        while True:
            word: Word = json.loads(self.talker.receive(max(0.001, deadline - time.monotonic())))
            self.words.append(word)
            if word["type"] == kind and fits(word):
                return word

    def flow(self, fits: Callable[[Word], Any] = lambda _flow: True) -> Word:
        """The next message that fits, on its way through the house."""
        word = self.next("flows", lambda word: any(map(fits, word["flows"])))
        return next(flow for flow in word["flows"] if fits(flow))

    def frame(self, direction: str, fits: Callable[[Word], Any] = lambda _frame: True) -> Word:
        """The first frame that fits, of those that came and will come."""

        def found(words: list[Word]) -> list[Word]:
            frames = [frame for word in words if word["type"] == "frames" for frame in word["frames"]]
            return [frame for frame in frames if frame["direction"] == direction and fits(frame)]

        if not found(self.words):
            self.next("frames", lambda word: found([word]))
        return found(self.words)[0]

    def snapshot(self, fits: Callable[[Word], Any] = lambda _word: True) -> Word:
        return self.next("snapshot", fits)

    def client(self, **facts: Any) -> Word:
        """The client with these facts, as soon as a snapshot shows it."""

        def found(word: Word) -> list[Word]:
            return [client for client in word["clients"] if facts.items() <= client.items()]

        return found(self.snapshot(found))[0]

    def say(self, kind: str, **fields: Any) -> None:
        self.talker.say(kind, **fields)


Look = Callable[..., Looker]


@pytest.fixture
def look(wire: Wire) -> Look:
    """Opens `/flow/socket` of `app`, as who sits at this machine."""

    def look(client: FlaskClient | None = None, path: str = "/flow/socket", on: Wire = wire, **more: Any) -> Looker:
        more.setdefault("Sec_WebSocket_Protocol", "flow.v1")
        return Looker(on.connect(path, client=client, **more))

    return look


@pytest.fixture
def ana(app: Flask) -> FlaskClient:
    """A browser with Ana's cookie."""
    client = app.test_client()
    answer = client.post("/api/me", json={"name": "Ana"})
    assert answer.status_code == 200
    return client
