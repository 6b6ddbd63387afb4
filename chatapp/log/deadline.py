"""A deadline for reads whose cost depends on what people wrote and ask for.

SQLite counts the processor time of the thread that reads, so that a busy machine ends no search. PostgreSQL works in a
process of its own: there it is the time on the clock, for each statement.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ..model import Refusal

# Instructions of SQLite's virtual machine between two looks at the clock. A look takes 0.3 µs. So many instructions
# take some 50 µs, and 5 ms where FTS5 compares phrases of 40 words in texts of 10,000 words.
INSTRUCTIONS = 1_000
WALL_FACTOR = 20  # the clock may show so many times the processor time: a thread that waits for a disk, or its turn
RETRY_AFTER = 5.0  # seconds
_CANCELED = "57014"  # https://www.postgresql.org/docs/current/errcodes-appendix.html
# Parallel workers and compiled plans cost more processor time than a deadline allows.
_POSTGRESQL = (
    "SELECT set_config('statement_timeout', :timeout, true), set_config('jit', 'off', true),"
    " set_config('max_parallel_workers_per_gather', '0', true)"
)


@contextmanager
def deadline(connection: Connection, *, cpu: float, statement: float) -> Iterator[None]:
    """Ends what is executed on `connection` after `cpu` seconds of processor time (SQLite) or when one statement takes
    `statement` seconds (PostgreSQL).

    Raises Refusal `too-slow`; the connection stays usable after a rollback.
    """
    if connection.dialect.name == "sqlite":
        with _sqlite(connection, cpu):
            yield
    else:
        connection.execute(text(_POSTGRESQL), {"timeout": str(int(statement * 1000))})  # ends with the transaction
        try:
            yield
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _CANCELED:
                raise Refusal("too-slow", retry_after=RETRY_AFTER) from None
            raise


@contextmanager
def _sqlite(connection: Connection, cpu: float) -> Iterator[None]:
    driver: Any = connection.connection.dbapi_connection
    worked, now = time.thread_time() + cpu, time.monotonic() + cpu * WALL_FACTOR
    driver.set_progress_handler(lambda: time.thread_time() > worked or time.monotonic() > now, INSTRUCTIONS)
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise Refusal("too-slow", retry_after=RETRY_AFTER) from None
        raise
    finally:
        driver.set_progress_handler(None, 0)
