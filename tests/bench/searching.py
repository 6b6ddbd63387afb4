"""What a search takes in a log of 1,000,000 messages, what it took to index them, and what the index adds to a commit.

    .venv/bin/python -m tests.bench.searching [--messages 1000000] [--rounds 25] [--database ADDRESS]

Builds the log with the version of the database that had no search, upgrades it, starts the chat on it, and asks
`GET /api/search` over HTTP, one question after the other; then commits messages to it with and without the index.
`--database` is an empty PostgreSQL database; without it SQLite is used. By hand: no test runs it in full.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, select, text

from chatapp.config import load
from chatapp.log import database as log_database
from chatapp.log import index
from chatapp.log.acts import Act
from chatapp.log.database import Database, sqlite_url
from chatapp.log.indexer import Indexer
from chatapp.log.journal import Journal
from chatapp.log.posts import Ledger, Post, Written
from chatapp.log.schema import events
from chatapp.model import Author, Event, Room
from tests.actors import NO_RATE_LIMITS, PATIENCE, ROOT, Server
from tests.log.conftest import Heard

from . import machine
from .library import fill

BEFORE_SEARCH = "0003"  # the version of the database that had no index
COMMITS = {1: 1_500, 100: 150}  # messages in a commit, and commits measured of that size
ROOM = Room(2, "room-2")


class Question(NamedTuple):
    """A query, and what it is an example of."""

    about: str
    line: str


def questions(words: Sequence[str]) -> list[Question]:
    """Common and rare words, every operator, and what is known to be hard."""
    often, common, seldom, rare = words[0], words[2], words[3_000], words[50_000]
    return [
        Question("the commonest word", f"{often} "),
        Question("a rare word", f"{seldom} "),
        Question("one of the rarest", f"{rare} "),
        Question("a word that nobody used", "inexistente "),
        Question("two common words", f"{often} {common} "),
        Question("a common and a rare word", f"{often} {seldom} "),
        Question("a phrase", f'"{often} {common}"'),
        Question("a prefix of one letter", often[0]),
        Question("a prefix of three letters", seldom[:3]),
        Question("a prefix of four letters", seldom[:4]),
        Question("without a common word", f"{common} -{often}"),
        Question("all but a common word", f"-{often}"),
        Question("from:", "from:person3"),
        Question("from: somebody quiet, a common word", f"from:person199 {often} "),
        Question("in: a small room, a common word", f"in:room-20 {often} "),
        Question("has:link", "has:link"),
        Question("has:code, has:link, a common word", f"has:code has:link {often} "),
        Question("before: the first month, a common word", f"before:2024-12 {often} "),
        Question("after: and before: alone", "after:2025-03 before:2025-05"),
        Question("all of them", f"from:person1 in:room-1 after:2024-12 before:2025-08 has:link {often} "),
        Question("a common word and not itself: nothing", f"{often} -{often}"),
    ]


class Within(Ledger):
    """Puts messages into the index in the transaction that stores them: how it is not done."""

    def write(self, connection: Connection, sent: list[Post | Act], at: int, *, check: bool) -> Written:
        written = super().write(connection, sent, at, check=check)
        index.add(connection, [(event.room, event.seq) for _, event in written.fresh])
        return written


def build(database: Database, count: int) -> list[str]:
    """A log without an index, and then with one. Gives the vocabulary."""
    config = Config()
    config.set_main_option("script_location", str(Path(log_database.__file__).parent / "migrations"))
    if database.writer.dialect.name == "sqlite":
        Path(str(database.writer.url.database)).touch()  # the connections open what is there
    with database.writer.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE_SEARCH)
    began = time.perf_counter()
    words = fill(database.writer, count)
    for engine in (database.writer, database.reader):
        engine.dispose()  # SQLite ends its write-ahead log, which beside an empty file would be a stranger's
    print(f"{count:,} messages written in {time.perf_counter() - began:.0f} s, {size(database) / 1e6:.0f} MB")
    began, worked = time.perf_counter(), time.process_time()
    database.migrate()
    took, work = time.perf_counter() - began, time.process_time() - worked
    print(f"indexed by the upgrade in {took:.0f} s, {work:.0f} s of them at work; {size(database) / 1e6:.0f} MB then")
    return words


def size(database: Database) -> int:
    """Bytes of the database."""
    sqlite = database.writer.dialect.name == "sqlite"
    wanted = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    with database.reader.connect() as connection:
        return int(
            connection.execute(text(wanted if sqlite else "SELECT pg_database_size(current_database())")).scalar_one()
        )


def answered(address: str) -> dict[str, Any]:
    """The answer to a search; one that was given up found nothing."""
    try:
        with urlopen(address) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found
    except HTTPError as error:
        return {"results": [], "next": None, **json.loads(error.read())}


def ask(server: Server, words: Sequence[str], rounds: int) -> list[float]:
    """Asks every question so many times, prints how long the answers took, and gives the medians, in ms."""
    print(f"\n| query over HTTP, {rounds} times | found | median, ms | slowest, ms | processor, ms |")
    print("| --- | ---: | ---: | ---: | ---: |")
    pids = machine.family(server.process.pid)
    medians = []
    for about, line in questions(words):
        times, found = [], 0
        worked = machine.cpu_seconds(pids)
        for _ in range(rounds):
            began = time.perf_counter()
            page = answered(f"{server.url}/api/search?{urlencode({'q': line})}")
            times.append((time.perf_counter() - began) * 1e3)
            found = len(page["results"])
        more = "+" if page["next"] else " (too slow)" if page.get("code") else ""
        work = (machine.cpu_seconds(pids) - worked) / rounds * 1e3
        middle = statistics.median(times)
        print(f"| {about} | {found}{more} | {middle:.1f} | {max(times):.1f} | {work:.1f} |", flush=True)
        medians.append(middle)
    return medians


@contextmanager
def journal_of(database: Database, how: str) -> Iterator[Journal]:
    """A journal without an index, with the index behind it, as shipped, or with the index in its commits."""
    heard: list[Indexer] = []

    def publish(told: list[Event]) -> None:
        for indexer in heard:
            indexer.hear(told)

    journal = Journal(database, publish=publish, catch_up=lambda timeout: None, clock=time.time, queue_limit=10_000)
    if how == "within":
        journal._ledger = Within(database.writer.dialect)
    journal.start()
    if how == "behind":
        heard.append(Indexer(journal))
        while heard[0]._work():  # what was committed without an index
            pass
        heard[0].start()
    yield journal
    for indexer in heard:
        indexer.stop(PATIENCE)
    journal.stop(PATIENCE)


def commit(database: Database, how: str, texts: Sequence[str], group: int, commits: int) -> tuple[list[float], float]:
    """How long each commit took its senders, in ms, and what all of them cost the processor, the index with it."""
    times = []
    worked = time.process_time()
    with journal_of(database, how) as journal:
        for number in range(commits):
            posts = [
                Post(ROOM, Author("bench", "Bench"), texts[(number * group + place) % len(texts)], None, Heard())
                for place in range(group)
            ]
            began = time.perf_counter()
            for post in posts:
                journal.append(post)
            for post in posts:
                assert isinstance(post.receipt, Heard)
                post.receipt.wait()
            times.append((time.perf_counter() - began) * 1e3)
    return times, (time.process_time() - worked) * 1e3


def cost(database: Database, rounds: int) -> None:
    """What the index adds to a commit, in turn, so that noise of the machine hits all alike."""
    database.migrate()
    with database.reader.connect() as connection:
        some = select(events.c.text).where(events.c.room_id == 1).limit(5_000)
        texts = [row.text for row in connection.execute(some)]
    print("\n| commits of | index | median, ms | mean, ms | p99, ms | processor, ms |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for group, commits in COMMITS.items():
        taken: dict[str, list[float]] = {"none": [], "behind": [], "within": []}
        worked = dict.fromkeys(taken, 0.0)
        for _ in range(rounds):
            for how, times in taken.items():
                found, work = commit(database, how, texts, group, commits)
                times += found
                worked[how] += work
        for how, times in taken.items():
            p99 = statistics.quantiles(times, n=100)[98]
            middle, mean, work = statistics.median(times), statistics.mean(times), worked[how] / len(times)
            print(f"| {group} | {how} | {middle:.3f} | {mean:.3f} | {p99:.2f} | {work:.3f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=25, help="times that each question is asked")
    parser.add_argument("--database", default="", help="address of an empty PostgreSQL database; without it: SQLite")
    options = parser.parse_args()
    work = ROOT / ".bench"
    work.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="search-", dir=work) as folder:
        data = Path(folder) / "data"
        data.mkdir()
        url = load({"DATABASE_URL": options.database}).DATABASE_URL or sqlite_url(data / "chat.sqlite3")
        database = Database(url, busy_timeout=5)
        kind = f"SQLite {sqlite3.sqlite_version}" if "sqlite" in url else "PostgreSQL"
        print(f"{kind}, {os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
        words = build(database, options.messages)
        database.close()
        where = {"DATABASE_URL": options.database} if options.database else {}
        server = Server(data, **NO_RATE_LIMITS, **where).start()
        try:
            medians = ask(server, words, options.rounds)
            print(
                f"\nmedian over all of them {statistics.median(medians):.1f} ms, slowest median {max(medians):.1f} ms"
            )
        finally:
            server.stop()
        database = Database(url, busy_timeout=5)
        cost(database, rounds=3)
        database.close()


if __name__ == "__main__":
    main()
