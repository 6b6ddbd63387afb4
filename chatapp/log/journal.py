"""The journal: one thread that owns the write connection and gives every event its place.

It takes all that waits, commits it in one transaction, and only then passes the events on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from ..model import Event, Refusal
from ..tap import Tap
from ..vitals import Vitals
from .acts import Act
from .changes import Change
from .database import Database, reason
from .guard import Gone
from .posts import Ledger, Mark, Post, Written, newest_marks
from .records import Moved, move_markers
from .schema import meta
from .standings import OWN_LIMIT
from .transaction import Transaction

BATCH_LIMIT = 1_000  # posts in one transaction: some 20 ms of work, so that nobody waits long for a commit
ACT_WEIGHT = 50  # an act is checked by several statements of its own: it takes as long as so many posts
WRITE_TIMEOUT = 10.0  # seconds a caller waits for its own write; the thread needs BUSY_TIMEOUT for the worst batch

WATCH_INTERVAL = 0.25  # seconds after which a journal that has nothing to do looks whether the database is still there
TURN_TIMEOUT = 0.1  # seconds the journal waits for the fan-out; a round over 10,000 clients takes half of it

T = TypeVar("T")

log = logging.getLogger(__name__)


class _Batch(NamedTuple):
    """What was waiting: posts and acts in the order in which they came, read markers, and other changes, but for those
    whose callers have given them up."""

    sent: list[Post | Act]
    marks: list[Mark]
    changes: list[Change]


class Journal:
    """Owns the write connection and the order of events.

    `publish` gets each commit's events, in order. `catch_up` waits until whoever hears them is ready for more, at most
    so many seconds: meanwhile more gathers, and a commit is made for all of it.
    """

    def __init__(
        self,
        database: Database,
        *,
        publish: Callable[[list[Event]], None],
        catch_up: Callable[[float], object],
        clock: Callable[[], float],
        queue_limit: int,
        tap: Tap | None = None,
        vitals: Vitals | None = None,
    ):
        self.commits = 0  # transactions since the start
        self._tap = tap or Tap()
        self._database = database
        self._publish = publish
        self._catch_up = catch_up
        self._clock = clock
        self._queue_limit = queue_limit
        self._ledger = Ledger(database.writer.dialect)
        self._queue: SimpleQueue[Post | Act | Mark | Change | None] = SimpleQueue()
        self._lock = Lock()  # guards _open, and that nothing is put behind the end
        self._open = False
        self._failed = False  # the last transaction was not stored
        self._said = ""  # why, as the log has it: once, however many commits fail
        self._neglected = False  # the last look after the database failed; of the thread alone
        self._thread = (vitals or Vitals()).thread("journal", self._run)

    def start(self) -> None:
        self._open = True
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Commits what was accepted and ends; what comes after it is refused as `busy`."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._queue.put(None)
        self._thread.join(timeout)

    def append(self, sent: Post | Act) -> None:
        """Hands a post or an act over; its receipt hears the rest. Raises Refusal `busy` if too many wait."""
        if self._tap.watched:
            self._tap.note("queued", sent)
        self._put(sent)

    def write(self, apply: Callable[[Connection], T]) -> T:
        """Runs `apply` on the journal's thread, in its next transaction, and gives what it gives.

        Raises what `apply` raised, or Refusal `busy` if the database could not be written.
        """
        result: T = self._wait_for(Change(apply))
        return result

    def write_soon(self, apply: Callable[[Connection], object]) -> None:
        """As `write`, without waiting for it: it may fail. Raises Refusal `busy` if too many wait."""
        self._put(Change(apply, unattended=True))

    def empty_wal(self) -> bool:
        """Takes what was deleted out of SQLite's write-ahead log too. False: not now. Raises Refusal `busy`."""
        return bool(self._wait_for(Change(self._database.empty_wal, between=True)))

    def _wait_for(self, change: Change) -> Any:
        self._put(change)
        if not change.done.wait(WRITE_TIMEOUT) and change.take():
            raise Refusal("busy", retry_after=1.0)
        change.done.wait()  # bounded by the database's own time-outs: it has begun
        if change.error:
            raise change.error
        return change.result

    def mark(self, mark: Mark) -> None:
        """Moves a read marker soon; many for one person and room are one write. Raises Refusal `busy`."""
        self._put(mark)

    @property
    def is_ill(self) -> bool:
        """Whether what was tried last could not be stored."""
        return self._failed or self._database.gone is not None

    def probe(self) -> None:
        """Writes and syncs a row. Raises Refusal `busy` if that is not possible now."""
        now = str(int(self._clock() * 1000))
        self.write(
            lambda connection: connection.execute(update(meta).where(meta.c.key == "checked_at").values(value=now))
        )

    def _put(self, item: Post | Act | Mark | Change) -> None:
        with self._lock:
            if not self._open or self._queue.qsize() >= self._queue_limit:
                raise Refusal("busy", retry_after=1.0)
            self._queue.put(item)

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._refuse_the_rest()  # nothing waits after a stop; whatever ended this thread, nobody waits for it

    def _refuse_the_rest(self) -> None:
        with self._lock:
            self._open = False
        (sent, marks, changes), _ = self._take(0.0)
        while sent or marks or changes:
            self._refuse(sent, marks, changes, "the server ends")
            (sent, marks, changes), _ = self._take(0.0)

    def _work(self) -> None:
        with self._database.writer.connect() as connection:
            ended = False
            while not ended:
                self._catch_up(TURN_TIMEOUT)
                (sent, marks, others), ended = self._take(WATCH_INTERVAL)
                if self._database.gone:
                    self._refuse(sent, marks, others, self._database.gone)
                    continue
                changes = [change for change in others if not change.between]
                if sent or marks or changes:
                    if self._tap.watched:
                        self._tap.note("taken", sent)
                    self._commit(connection, sent, marks, changes)
                for change in others:
                    if change.between:
                        change.run_between(connection)
                self._look_after(connection, checked=bool(sent or marks or changes))
            self._database.finish(connection)

    def _look_after(self, connection: Connection, *, checked: bool) -> None:
        """Between two transactions: the database's own affairs."""
        try:
            if not checked:
                self._database.check(connection)
            self._database.tend(connection)
        except Gone:
            pass  # it has been said
        except (SQLAlchemyError, OSError) as error:
            if not self._neglected:
                log.error("The log cannot be looked after: %s", _why(error))
            self._neglected = True
        else:
            self._neglected = False

    def _take(self, timeout: float) -> tuple[_Batch, bool]:
        """All that waits, and whether it is the last; nothing if nothing came for `timeout` seconds."""
        batch = _Batch([], [], [])
        weight = 0
        try:
            item = self._queue.get(timeout=timeout)
        except Empty:
            return batch, False
        while item is not None:
            if isinstance(item, Post):
                batch.sent.append(item)
            elif isinstance(item, Act):
                batch.sent.append(item)
                weight += ACT_WEIGHT
            elif isinstance(item, Mark):
                batch.marks.append(item)
            elif item.take():
                batch.changes.append(item)
            weight += 1
            if weight >= BATCH_LIMIT:
                return batch, False
            try:
                item = self._queue.get_nowait()
            except Empty:
                return batch, False
        return batch, True

    def _commit(self, connection: Connection, sent: list[Post | Act], marks: list[Mark], changes: list[Change]) -> None:
        try:
            try:
                written, moved = self._store(connection, sent, marks, changes, check=False)
            except IntegrityError:  # a nonce that is in the log: rare, so looked up only now
                written, moved = self._store(connection, sent, marks, changes, check=True)
        except Gone as gone:
            self._refuse(sent, marks, changes, str(gone))
        except (SQLAlchemyError, OSError) as error:
            if _why(error) != self._said:
                self._said = _why(error)
                log.error("The log cannot be written: %s", self._said)
            self._refuse(sent, marks, changes, self._said)
        except Exception:
            log.exception("The journal failed")
            self._refuse(sent, marks, changes, "an error of the server")
        else:
            self.commits += 1
            self._failed = False
            if self._said:
                log.warning("The log can be written again")
                self._said = ""
            if self._tap.watched:
                self._tap.note("committed", written.fresh, len(written.fresh) + len(written.again))
            self._tell(written, changes)
            newest = newest_marks(marks)
            for key, stands in moved.stand.items():
                _call(newest[key].moved, stands)
            for key in moved.too_many:
                _call(newest[key].refused, Refusal("too-many", field="room", n=OWN_LIMIT, own=True))

    def _store(
        self,
        connection: Connection,
        sent: list[Post | Act],
        marks: list[Mark],
        changes: list[Change],
        *,
        check: bool,
    ) -> tuple[Written, Moved]:
        """One transaction. Gives what became of the posts and acts, and the markers that moved. Raises Gone if what was
        stored is where nobody finds it."""
        at = int(self._clock() * 1000)
        try:
            with Transaction(connection):
                for change in changes:
                    change.run(connection)
                written = self._ledger.write(connection, sent, at, check=check)
                wanted = {key: mark.seq for key, mark in newest_marks(marks).items()}
                moved = move_markers(connection, wanted) if wanted else Moved({}, [])
            self._database.check(connection)
            return written, moved
        except BaseException:
            self._ledger.forget()
            raise

    def _tell(self, written: Written, changes: list[Change]) -> None:
        if written.fresh:
            _call(self._publish, [event for _, event in written.fresh])
        for item, event in written.fresh:
            if item.receipt:
                _call(item.receipt.stored, event, first=True)
        for item, event in written.again:
            if item.receipt:
                _call(item.receipt.stored, event, first=False)
        for act, refusal in written.refused:
            if act.receipt:
                _call(act.receipt.refused, refusal)
        for change in changes:
            change.done.set()

    def _refuse(self, sent: list[Post | Act], marks: list[Mark], changes: list[Change], why: str) -> None:
        self._failed = True
        refusal = Refusal("busy", retry_after=1.0, reason=why)
        for item in sent:
            if item.receipt:
                _call(item.receipt.refused, refusal)
        for mark in marks:
            _call(mark.refused, refusal)
        for change in changes:
            change.error = refusal
            change.done.set()


def _why(error: Exception) -> str:
    return reason(error) if isinstance(error, DBAPIError) else str(error)


def _call(told: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Tells one of those who wait: a mistake of ours in there must not end the thread that writes for all."""
    try:
        told(*args, **kwargs)
    except Exception:
        log.exception("Somebody could not be told what became of a write")
