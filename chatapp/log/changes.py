"""Writes that are no events, done on the journal's thread; whoever asked for one waits for what it gives."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event as Flag
from threading import Lock
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

log = logging.getLogger(__name__)


class Change:
    """One such write, in a transaction or `between` two. Nobody waits for one that is `unattended`."""

    def __init__(self, apply: Callable[[Connection], Any], *, between: bool = False, unattended: bool = False):
        self.between = between
        self._unattended = unattended
        self.done = Flag()
        self.result: Any = None
        self.error: Exception | None = None
        self._apply = apply
        self._taken = Lock()  # held by who was first: the journal that does it, or the caller who gave it up

    def take(self) -> bool:
        """True for the first who asks: a change that was given up is not done later."""
        return self._taken.acquire(blocking=False)

    def run_between(self, connection: Connection) -> None:
        """Between two transactions. What it raises is its caller's."""
        try:
            self.result = self._apply(connection)
        except Exception as error:  # noqa: BLE001  # its caller gets it
            self.error = error
        self.done.set()

    def run(self, connection: Connection) -> None:
        """In a savepoint of its own: its failure is its caller's, not its neighbours'. Whoever commits sets `done`.

        Raises DBAPIError for a failure of the database itself.
        """
        self.error = None
        savepoint = connection.begin_nested()
        try:
            self.result = self._apply(connection)
            savepoint.commit()
        except DBAPIError as error:
            if not isinstance(error, IntegrityError):
                raise  # the database itself: a full disk has undone the whole transaction, the savepoint too
            self.error = error
        except Exception as error:  # a refusal, or a mistake of ours: its caller gets it
            if self._unattended:
                log.exception("A write failed that nobody waits for")
            self.error = error
        if self.error:
            savepoint.rollback()
