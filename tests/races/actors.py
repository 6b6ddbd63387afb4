"""Those who play under load: posters that resend, followers that resume, and a whole room's log to compare with."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

from ..actors import Closed, Refused, Server, Talker, eventually, talk

AWAY = (OSError, Closed, Refused)  # how a server that died, starts or stops looks to a client
BREATH = 0.02  # seconds until who was cut off or refused tries again


class Stored(NamedTuple):
    """One row of the log."""

    seq: int
    author: str
    nonce: str
    text: str


def log_of(data: Path, room: str = "general") -> list[Stored]:
    """The room's events as they lie on disk, in seq order."""
    wanted = (
        "SELECT seq, author_name, nonce, text FROM events JOIN rooms ON rooms.id = events.room_id"
        " WHERE slug = ? ORDER BY seq"
    )
    with closing(sqlite3.connect(f"file:{data / 'chat.sqlite3'}?mode=ro", uri=True)) as connection:
        return [Stored(*row) for row in connection.execute(wanted, (room,))]


class Player(Thread):
    """Plays until `end`. What goes wrong in it is raised there."""

    def __init__(self, server: Server, name: str):
        super().__init__(name=name, daemon=True)
        self.server = server
        self._error: BaseException | None = None
        self._ended = Event()
        self._token = ""  # with it every connection is the same guest's, and a nonce is stored once

    def connect(self, **fields: Any) -> tuple[Talker, dict[str, Any]]:
        """In the room, under the player's own name; and the `joined`."""
        offer = "chat.v1" + (f", guest.{self._token}" if self._token else "")
        talker = talk(self.server.port, f"/chat?name={self.name}", Sec_WebSocket_Protocol=offer)
        try:
            you = talker.hear("welcome")["you"]
            self._token = you["token"]
            self.check_in(you["name"])
            return talker, talker.join(**fields)
        except BaseException:
            talker.vanish()
            raise

    def check_in(self, name: str) -> None:
        """Under which name the server let it in; another one if it comes back before its old connection is gone."""

    def run(self) -> None:
        try:
            self.play()
        except BaseException as error:
            self._error = error

    def play(self) -> None:
        raise NotImplementedError

    def end(self, timeout: float = 30.0) -> None:
        """Lets it come to its end, and waits for that."""
        self._ended.set()
        self.join(timeout)
        if self._error:
            raise self._error
        assert not self.is_alive(), f"{self.name} is still at it"


class Poster(Player):
    """Posts one message after another, with up to `window` of them not acknowledged yet, through every failure.

    After each reconnecting it sends again, in order and with the same nonces, all that was not acknowledged.
    """

    def __init__(self, server: Server, name: str, *, window: int = 8, pause: float = 0.0):
        super().__init__(server, name)
        self.acknowledged: dict[str, int] = {}  # nonce -> seq
        self.open: dict[str, str] = {}  # nonce -> text, in the order of sending
        self.refusals: list[str] = []
        self._window = window
        self._pause = pause
        self._number = 0

    def check_in(self, name: str) -> None:
        assert name == self.name, "as somebody else its nonces would count for nothing"

    def play(self) -> None:
        while self.open or not self._ended.is_set():
            try:
                talker, _ = self.connect(limit=1)
                try:
                    for nonce, text in list(self.open.items()):
                        talker.post(text, nonce=nonce)
                    while self.open or not self._ended.is_set():
                        self._post(talker)
                        self._hear(talker)
                finally:
                    talker.vanish()
            except AWAY:
                self._ended.wait(BREATH) or Event().wait(BREATH)

    def _post(self, talker: Talker) -> None:
        while len(self.open) < self._window and not self._ended.is_set():
            self._number += 1
            nonce = f"{self.name}-{self._number}"
            self.open[nonce] = f"{self.name} says {self._number}"
            talker.post(self.open[nonce], nonce=nonce)
        if self._pause:
            self._ended.wait(self._pause)

    def _hear(self, talker: Talker) -> None:
        """Until something of its own is settled."""
        while self.open:
            event = talker.hear()
            nonce = event.get("nonce")
            if nonce not in self.open:
                continue
            if event["type"] == "message":
                assert event["text"] == self.open[nonce]
                self.acknowledged[nonce] = event["seq"]
                del self.open[nonce]
            elif event["type"] == "error":
                self.refusals.append(event["code"])
                self._ended.wait(0.1)
                talker.post(self.open[nonce], nonce=nonce)
            return


class Follower(Player):
    """Listens, and when it was cut off resumes behind the last seq it has. `seqs` is all it was ever given."""

    def __init__(self, server: Server, name: str, *, restless: bool = False):
        super().__init__(server, name)
        self.seqs: list[int] = []
        self.connections = 0
        self.head = 0
        self._restless = restless  # leaves of its own accord after a few events, again and again

    def play(self) -> None:
        while not self._ended.is_set():
            try:
                self._follow()
            except AWAY:
                self._ended.wait(BREATH)

    def _follow(self) -> None:
        talker, joined = self.connect(after=self.seqs[-1] if self.seqs else 0)
        try:
            self.connections += 1
            assert not joined["gap"], "more was missed than the server gives at once"
            self.head = joined["head"]
            self.seqs += [event["seq"] for event in joined["events"]]
            leave_at = len(self.seqs) + self.connections % 7 if self._restless else 1 << 60
            while not self._ended.is_set() and len(self.seqs) < leave_at:
                try:
                    event = json.loads(talker.receive(0.5))
                except TimeoutError:
                    continue
                if event["type"] == "message":
                    self.seqs.append(event["seq"])
        finally:
            talker.vanish()

    def wait_for(self, seq: int) -> None:
        """Until it has heard of that event."""
        eventually(lambda: (self.seqs and self.seqs[-1] >= seq) or self._error)


def check(data: Path, posters: list[Poster]) -> list[Stored]:
    """Every acknowledged message is in the log once, under the seq it was acknowledged with; gives the log."""
    log = log_of(data)
    assert [row.seq for row in log] == list(range(1, len(log) + 1))
    by_nonce = {row.nonce: row for row in log}
    assert len(by_nonce) == len(log), "a nonce was stored twice"
    for poster in posters:
        assert not poster.open
        assert {nonce: by_nonce[nonce].seq for nonce in poster.acknowledged} == poster.acknowledged
    assert sum(len(poster.acknowledged) for poster in posters) == len(log)
    return log


def spoken(log: list[Stored], poster: Poster) -> list[str]:
    """What one poster said, in the order of the log."""
    return [row.nonce for row in log if row.author == poster.name]
