"""A log of its own for each test: a real SQLite file, its journal, and who listens."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine

from chatapp.log import database
from chatapp.log.acts import Act
from chatapp.log.database import Database, sqlite_url
from chatapp.log.history import History
from chatapp.log.journal import Journal
from chatapp.log.posts import Post
from chatapp.model import Author, Event, Refusal, Room

from ..actors import PATIENCE, InThread, eventually
from .cluster import Cluster

GENERAL = Room(1, "general")
BUSY_TIMEOUT = 0.05  # seconds; nobody in these tests wants to wait for a lock


def downgrade(connection: Connection, revision: str) -> None:
    """Gives the tables the shape of an older version."""
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.downgrade(config, revision)


def downgrade_at(url: str, revision: str) -> None:
    """As `downgrade`, of a database that nobody has open."""
    engine = create_engine(url)
    with engine.begin() as connection:
        downgrade(connection, revision)
    engine.dispose()


class Heard:
    """A receipt that remembers what it was told."""

    def __init__(self) -> None:
        self.answers = 0
        self.first: bool | None = None
        self._event: Event | None = None
        self._refusal: Refusal | None = None
        self._done = Flag()

    def stored(self, event: Event, *, first: bool) -> None:
        self.answers += 1
        self.first = first
        self._event = event
        self._done.set()

    def refused(self, refusal: Refusal) -> None:
        self.answers += 1
        self._refusal = refusal
        self._done.set()

    def wait(self) -> None:
        """Until it is stored."""
        assert self.event

    @property
    def event(self) -> Any:
        """The stored event, waited for."""
        assert self._done.wait(PATIENCE), "no answer"
        assert self._event is not None, self._refusal
        return self._event

    @property
    def refusal(self) -> Refusal:
        """The refusal, waited for."""
        assert self._done.wait(PATIENCE), "no answer"
        assert self._refusal is not None, self._event
        return self._refusal


class Log:
    """A database with its journal, and all that was told in it, commit by commit."""

    def __init__(
        self,
        path: Path,
        *,
        publish: Callable[[list[Event]], None] | None = None,
        queue_limit: int = 10_000,
        clock: Callable[[], float] = lambda: 1_000.0,
        catch_up: Callable[[float], object] = lambda timeout: None,
    ):
        self.path = path
        self.database = Database(sqlite_url(path), busy_timeout=BUSY_TIMEOUT)
        self.database.migrate()
        self.history = History(self.database)
        self.commits: list[list[Event]] = []
        self.journal = Journal(
            self.database,
            publish=publish or self.commits.append,
            catch_up=catch_up,
            clock=clock,
            queue_limit=queue_limit,
        )
        self.journal.start()

    @property
    def told(self) -> list[Any]:
        return [event for commit in self.commits for event in commit]

    @property
    def stored(self) -> list[Any]:
        """What stands in `general`, oldest first."""
        return self.history.missed(GENERAL, after=0, upto=1_000_000)

    def name_of(self, person: str) -> str | None:
        """What that person is called, None if nothing is stored of them."""
        known = self.history.person(person)
        return known.name if known else None

    def post(self, text: str, nonce: str | None = None, *, author: str = "ana", room: Room = GENERAL) -> Heard:
        """Hands a post over without waiting."""
        heard = Heard()
        self.journal.append(Post(room, Author(author, author), text, nonce, heard))
        return heard

    @contextmanager
    def held(self) -> Iterator[None]:
        """The journal sits in a transaction; what is handed to it meanwhile is one batch."""
        begun, release = Flag(), Flag()

        def wait(_connection: Connection) -> None:
            begun.set()
            assert release.wait(PATIENCE)

        holder = InThread(lambda: self.journal.write(wait))
        assert begun.wait(PATIENCE)
        try:
            yield
        finally:
            release.set()
            holder.outcome()

    def change(self, apply: Callable[[Connection], object]) -> InThread:
        """Hands over a change while the journal is held; its caller waits in the thread returned."""
        waiting = self.journal._queue.qsize
        before = waiting()
        caller = InThread(lambda: self.journal.write(apply))
        eventually(lambda: waiting() > before)
        return caller

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another program writes to the database, and does not end."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    def close(self) -> None:
        self.journal.stop(PATIENCE)
        self.database.close()


class Acting:
    """Hands any act over without waiting; each test's own kind adds verbs."""

    def __init__(self, log: Log):
        self._log = log

    def do(self, act: Callable[[Heard], Act]) -> Heard:
        heard = Heard()
        self._log.journal.append(act(heard))
        return heard


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="chatapp-postgresql-"))
    made = Cluster(folder)
    made.start()
    yield made
    made.stop()
    shutil.rmtree(folder)


@pytest.fixture
def make_log(tmp_path: Path) -> Iterator[Callable[..., Log]]:
    """Makes logs, all in one file; the one before is closed."""
    made: list[Log] = []

    def make(**options: Any) -> Log:
        for log in made:
            log.close()
        made.append(Log(tmp_path / "chat.sqlite3", **options))
        return made[-1]

    yield make
    for log in made:
        log.close()


@pytest.fixture
def log(make_log: Callable[..., Log]) -> Log:
    return make_log()
