"""A room followed over its stream, for as long as somebody looks: across restarts, and without a gap."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPResponse
from urllib.parse import quote, urlencode

from ..live.protocol import JOIN_DEFAULT
from .address import Address
from .heard import Heard, NotNow, heard
from .patience import Patience
from .show import Telling, brief, resumed

SILENCE = 90.0  # seconds without even an empty line after which a connection is dead; the server sends one every 20
LINE_LIMIT = 4_194_304  # bytes of a line: more than any event has


class Wrong(Exception):
    """It will not become better by trying again; one line that says why."""


class Following:
    """One room, seen from `after` on, or the newest `last` events of it and what follows."""

    def __init__(
        self,
        address: Address,
        room: str,
        *,
        name: str,
        after: int | None,
        last: int | None,
        random: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._address = address
        self._room = room
        self._name = name
        self._after = after
        self._last = last
        self._epoch = ""
        self._telling = Telling()
        self._patience = Patience(random)
        self._sleep = sleep

    def lines(self) -> Iterator[str]:
        """What there is to show, line by line, without end. Raises Wrong."""
        while True:
            wait, why = 0.0, "the connection ended"
            try:
                yield from self._connection()
            except NotNow as refusal:
                wait, why = refusal.retry_after, str(refusal)
            except (OSError, HTTPException, _Later) as error:
                why = str(error) or type(error).__name__
            if not self._patience.tried:
                yield f"-- {brief(why)}; trying again"
            self._sleep(self._patience.wait(wait))

    def _connection(self) -> Iterator[str]:
        asked = {"after": self._after, "limit": self._last if self._after is None else None, "name": self._name or None}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        connection = self._address.http(SILENCE)
        try:
            connection.request("GET", f"{self._address.prefix}/api/rooms/{quote(self._room, safe='')}/stream?{query}")
            answer = connection.getresponse()
            if answer.status != 200:
                raise _refused(answer)
            while line := answer.readline(LINE_LIMIT):
                word = heard(line) if line.strip() else None
                if word:
                    yield from self._word(word)
        finally:
            connection.close()

    def _word(self, word: Heard) -> Iterator[str]:
        if word.type == "stream":
            yield from self._begun(word)
        elif word.type == "end":
            raise _Later(word.reason)
        elif word.seq > (self._after or 0):
            self._after = word.seq
            yield from self._telling.lines(word)

    def _begun(self, word: Heard) -> Iterator[str]:
        if self._patience.tried:
            yield "-- connected again"
        self._patience.rewarded()
        if self._epoch and word.epoch != self._epoch:
            self._after, self._epoch = None, ""
            yield "-- the log was replaced by another: from here on it is that one"
            raise _Later("begins anew")
        again, self._epoch = bool(self._epoch), word.epoch
        if word.reset:  # the events that follow were shown before, or came before what was asked for
            yield resumed(word) if again else f"-- the newest is #{word.head}: from there on"
            self._after = word.head
        elif word.gap:
            yield "-- more was said than is shown here"
        if self._after is None:  # the seqs have no gaps: which one the first event has is known before it comes
            self._after = max(0, word.head - (JOIN_DEFAULT if self._last is None else self._last))


class _Later(Exception):
    """It may become better."""


def _refused(answer: HTTPResponse) -> Exception:
    problem = heard(answer.read(65_536))
    detail = problem.detail if problem and problem.detail else f"{answer.status} {answer.reason}"
    if problem and problem.retry_after is not None:
        return NotNow(detail, problem.retry_after)
    return _Later(detail) if answer.status >= 500 else Wrong(brief(detail))
