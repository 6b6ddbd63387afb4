"""The journal: one thread that owns the write connection and gives every event its place.

It takes all that waits, commits it in one transaction, and only then passes the events on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any, TypeVar

from sqlalchemy import Connection, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from ..model import Message, Refusal
from ..tap import Tap
from .database import Database, reason
from .posts import Mark, Post, Posts, known_posts, newest_marks
from .records import move_markers
from .schema import meta
from .transaction import Transaction

BATCH_LIMIT = 1_000  # posts in one transaction: some 20 ms of work, so that nobody waits long for a commit
WRITE_TIMEOUT = 10.0  # seconds a caller waits for its own write; the thread needs BUSY_TIMEOUT for the worst batch

TURN_TIMEOUT = 0.1  # seconds the journal waits for the fan-out; a round over 10,000 clients takes half of it

T = TypeVar("T")

log = logging.getLogger(__name__)


class _Change:
    """Any other write, done on the journal's thread; its caller waits for what it gives."""

    def __init__(self, apply: Callable[[Connection], Any]):
        self.apply = apply
        self.done = Flag()
        self.result: Any = None
        self.error: Exception | None = None
        self._taken = Lock()  # held by who was first: the journal that does it, or the caller who gave it up

    def take(self) -> bool:
        """True for the first who asks: a change that was given up is not done later."""
        return self._taken.acquire(blocking=False)


class Journal:
    """Owns the write connection and the order of events.

    `publish` gets each commit's events, in order. `catch_up` waits until whoever hears them is ready for more, at most
    so many seconds: meanwhile more gathers, and a commit is made for all of it.
    """

    def __init__(
        self,
        database: Database,
        *,
        publish: Callable[[list[Message]], None],
        catch_up: Callable[[float], object],
        clock: Callable[[], float],
        queue_limit: int,
        tap: Tap | None = None,
    ):
        self.commits = 0  # transactions since the start
        self._tap = tap or Tap()
        self._database = database
        self._publish = publish
        self._catch_up = catch_up
        self._clock = clock
        self._queue_limit = queue_limit
        self._posts = Posts(database.writer.dialect)
        self._queue: SimpleQueue[Post | Mark | _Change | None] = SimpleQueue()
        self._lock = Lock()  # guards _open, and that nothing is put behind the end
        self._open = False
        self._thread = Thread(target=self._run, name="journal", daemon=True)

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

    def append(self, post: Post) -> None:
        """Hands a post over; its receipt hears the rest. Raises Refusal `busy` if too many wait."""
        if self._tap.watched:
            self._tap.note("queued", post)
        self._put(post)

    def write(self, apply: Callable[[Connection], T]) -> T:
        """Runs `apply` on the journal's thread, in its next transaction, and gives what it gives.

        Raises what `apply` raised, or Refusal `busy` if the database could not be written.
        """
        change = _Change(apply)
        self._put(change)
        if not change.done.wait(WRITE_TIMEOUT) and change.take():
            raise Refusal("busy", retry_after=1.0)
        change.done.wait()  # bounded by the database's own time-outs: it has begun
        if change.error:
            raise change.error
        result: T = change.result
        return result

    def mark(self, mark: Mark) -> None:
        """Moves a read marker soon; many for one person and room are one write. Raises Refusal `busy`."""
        self._put(mark)

    def probe(self) -> None:
        """Writes and syncs a row. Raises Refusal `busy` if that is not possible now."""
        now = str(int(self._clock() * 1000))
        self.write(
            lambda connection: connection.execute(update(meta).where(meta.c.key == "checked_at").values(value=now))
        )

    def _put(self, item: Post | Mark | _Change) -> None:
        with self._lock:
            if not self._open or self._queue.qsize() >= self._queue_limit:
                raise Refusal("busy", retry_after=1.0)
            self._queue.put(item)

    def _run(self) -> None:
        with self._database.writer.connect() as connection:
            ended = False
            while not ended:
                self._catch_up(TURN_TIMEOUT)
                batch, ended = self._take()
                posts = [item for item in batch if isinstance(item, Post)]
                marks = [item for item in batch if isinstance(item, Mark)]
                changes = [item for item in batch if isinstance(item, _Change) and item.take()]
                if posts or marks or changes:
                    if self._tap.watched:
                        self._tap.note("taken", posts)
                    self._commit(connection, posts, marks, changes)

    def _take(self) -> tuple[list[Post | Mark | _Change], bool]:
        """All that waits, at least one, and whether it is the last."""
        batch: list[Post | Mark | _Change] = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) >= BATCH_LIMIT:
                return batch, False
            try:
                item = self._queue.get_nowait()
            except Empty:
                return batch, False
        return batch, True

    def _commit(self, connection: Connection, posts: list[Post], marks: list[Mark], changes: list[_Change]) -> None:
        try:
            try:
                fresh, known, moved = self._store(connection, posts, marks, changes, check=False)
            except IntegrityError:  # a nonce that is in the log: rare, so looked up only now
                fresh, known, moved = self._store(connection, posts, marks, changes, check=True)
        except SQLAlchemyError as error:
            why = reason(error) if isinstance(error, DBAPIError) else str(error)
            log.error("The log cannot be written: %s", why)
            self._refuse(posts, marks, changes, why)
        except Exception:
            log.exception("The journal failed")
            self._refuse(posts, marks, changes, "an error of the server")
        else:
            self.commits += 1
            if self._tap.watched:
                self._tap.note("committed", fresh, len(posts))
            self._tell(fresh, known, changes)
            newest = newest_marks(marks)
            for key, stands in moved.items():
                _call(newest[key].moved, stands)

    def _store(
        self, connection: Connection, posts: list[Post], marks: list[Mark], changes: list[_Change], *, check: bool
    ) -> tuple[list[tuple[Post, Message]], list[tuple[Post, Message]], dict[tuple[str, int], int]]:
        """One transaction. Gives the posts with their events, the new ones in order and those known before,
        and the markers that moved."""
        at = int(self._clock() * 1000)
        try:
            with Transaction(connection):
                for change in changes:
                    _apply(connection, change)
                known = known_posts(connection, posts) if check else {}
                fresh, again = self._posts.insert(connection, posts, known, at)
                wanted = {key: mark.seq for key, mark in newest_marks(marks).items()}
                return fresh, again, move_markers(connection, wanted) if wanted else {}
        except BaseException:
            self._posts.forget()
            raise

    def _tell(
        self, fresh: list[tuple[Post, Message]], known: list[tuple[Post, Message]], changes: list[_Change]
    ) -> None:
        if fresh:
            _call(self._publish, [event for _, event in fresh])
        for post, event in fresh:
            if post.receipt:
                _call(post.receipt.stored, event, first=True)
        for post, event in known:
            if post.receipt:
                _call(post.receipt.stored, event, first=False)
        for change in changes:
            change.done.set()

    def _refuse(self, posts: list[Post], marks: list[Mark], changes: list[_Change], why: str) -> None:
        refusal = Refusal("busy", retry_after=1.0, reason=why)
        for post in posts:
            if post.receipt:
                _call(post.receipt.refused, refusal)
        for mark in marks:
            _call(mark.refused, refusal)
        for change in changes:
            change.error = refusal
            change.done.set()


def _call(told: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Tells one of those who wait: a mistake of ours in there must not end the thread that writes for all."""
    try:
        told(*args, **kwargs)
    except Exception:
        log.exception("Somebody could not be told what became of a write")


def _apply(connection: Connection, change: _Change) -> None:
    """One change, in a savepoint of its own: its failure is its caller's, not its neighbours'."""
    change.error = None
    savepoint = connection.begin_nested()
    try:
        change.result = change.apply(connection)
        savepoint.commit()
    except DBAPIError as error:
        if not isinstance(error, IntegrityError):
            raise  # the database itself: a full disk has undone the whole transaction, the savepoint too
        change.error = error
    except Exception as error:  # noqa: BLE001  # a refusal, or a mistake of ours: its caller gets it
        change.error = error
    if change.error:
        savepoint.rollback()
