"""The indexer: one thread that lets the index of words follow the log, behind the commits and out of their way. It also
wipes out what deleted messages leave behind.

To put a message into the index takes longer than to store it, and nobody waits for that: so it is done about a second
later, with all others of that second, by one statement on the journal's thread. Whoever searches has the rest put in
first: what is acknowledged is found.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from threading import Event as Flag
from threading import Lock

from sqlalchemy import Connection

from ..model import Deleted, Event, Message, Refusal
from ..vitals import Vitals
from . import index
from .documents import Place, fitting, unnumbered
from .journal import Journal

DELAY = 1.0  # seconds between two looks at what is to be done
STEP = 200  # messages put in at once: some 5 ms, in which no commit is made
# Characters put in at once. The dearest, 15,000 words of one sign, take 15 ms in SQLite and 50 ms in PostgreSQL.
STEP_CHARACTERS = 30_000
REST = 100  # times as long as a step took the journal has for itself before the next one, while people are posting
PURGE_REST = 50  # times as long as a purge took until the next one: it goes through the whole index
WAITING_LIMIT = 200_000  # messages remembered that are to be put in, 100 bytes each; more are looked up in the log
EMPTIED_EVERY = 60.0  # seconds between two times that the write-ahead log is emptied, however much is deleted
PATIENCE = 5.0  # seconds that a search waits for the index

log = logging.getLogger(__name__)


class Indexer:
    """Owns the list of what is not in the index yet; all that changes it runs on the journal's thread."""

    def __init__(self, journal: Journal, *, clock: Callable[[], float] = time.monotonic, vitals: Vitals | None = None):
        self._journal = journal
        self._clock = clock
        self._waiting: deque[Place] = deque()
        self._complete = False  # nothing else is missing in the index; False: the log has to be asked
        self._heard = 0  # messages that were ever in the list
        self._done = 0  # of these how many are in the index
        self._put_in = 0  # of these how many are still in the list, at its beginning
        self._residue = True  # what deleted messages left in the index may have to be wiped out
        self._purging = 0.0  # seconds that this purge has taken
        self._purge_at = 0.0  # when the next one may begin
        self._remains = False  # what was deleted may stand in the write-ahead log
        self._emptied_at = -EMPTIED_EVERY
        self._stepping = Lock()  # held by the thread that has a step done: one at a time
        self._stopped = Flag()
        self._thread = (vitals or Vitals()).thread("indexer", self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        if self._thread.is_alive():
            self._stopped.set()
            self._thread.join(timeout)

    def hear(self, events: Sequence[Event]) -> None:
        """What was committed, before anybody is told. On every message's way: does next to nothing."""
        places = [(event.room, event.seq) for event in events if type(event) is Message]
        if len(places) < len(events) and any(isinstance(event, Deleted) for event in events):
            self._residue = self._remains = True
        if self._complete:
            self._heard += len(places)
            self._waiting.extend(places)
            if len(self._waiting) > WAITING_LIMIT:
                self._complete = False

    def catch_up(self) -> None:
        """Comes back when all that was heard of is in the index. Raises Refusal `busy` if that takes too long."""
        deadline = self._clock() + PATIENCE
        upto = None
        while True:
            if not self._complete:
                upto = None
            elif upto is None:
                upto = self._heard
            if upto is not None and self._done >= min(upto, self._heard):
                return
            if self._clock() > deadline:
                raise Refusal("busy", retry_after=1.0, search=True, reason="the index has a lot to catch up with")
            self._step()

    def _run(self) -> None:
        rest = DELAY
        while not self._stopped.wait(rest):
            rest = DELAY
            heard, began = self._heard, self._clock()
            try:
                more = self._work()
            except Refusal:
                continue  # the journal has said why; it ends, or the disk is full
            except Exception:
                log.exception("The index could not follow")
                continue
            if more:
                rest = (self._clock() - began) * (REST if self._heard > heard else 1)

    def _work(self) -> bool:
        """Does one step; True if there is more to do at once."""
        if self._behind:
            self._step()
            return self._behind
        if self._residue and self._clock() >= self._purge_at:
            return self._purge()
        if self._remains and self._clock() >= self._emptied_at + EMPTIED_EVERY:
            self._empty_wal()
        return False

    def _purge(self) -> bool:
        self._residue = False  # unless something is deleted meanwhile
        began = self._clock()
        more: bool = self._journal.write(lambda connection: index.index_of(connection).purge(connection))
        now = self._clock()
        self._purging += now - began
        if more:
            self._residue = self._remains = True
        else:
            self._purge_at = now + PURGE_REST * self._purging
            self._purging = 0.0
        return more

    def _empty_wal(self) -> None:
        self._remains = False  # as above
        if self._journal.empty_wal():
            self._emptied_at = self._clock()
        else:
            self._remains = True

    @property
    def _behind(self) -> bool:
        return self._done < self._heard or not self._complete

    def _step(self) -> None:
        with self._stepping:
            self._put_in = self._journal.write(self._put)
            self._done += self._put_in

    def _put(self, connection: Connection) -> int:
        """Puts the first of the list in. They leave it when that is committed: to do it twice changes nothing."""
        for _ in range(self._put_in):
            self._waiting.popleft()
        self._put_in = 0
        if not self._complete and not self._waiting:
            self._waiting.extend(unnumbered(connection, WAITING_LIMIT))
            self._heard = self._done + len(self._waiting)
            self._complete = len(self._waiting) < WAITING_LIMIT
        places = list(islice(self._waiting, STEP))
        if places:
            places = places[: fitting(connection, places, STEP_CHARACTERS)]
            index.add(connection, places)
        return len(places)
