"""What a search and the index may cost, whatever is in the log: counted in processor time of the thread."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.event import listen

from chatapp.limits import QUERY_LIMIT
from chatapp.log.database import READERS, sqlite_url
from chatapp.log.deadline import RETRY_AFTER, deadline
from chatapp.log.documents import SEARCHABLE
from chatapp.log.history import History
from chatapp.log.places import room_row
from chatapp.log.schema import rooms
from chatapp.log.search import AT_ONCE, CPU, STATEMENT_TIMEOUT
from chatapp.model import Refusal
from chatapp.query import TERMS_LIMIT, WORDS_LIMIT, parse

from ..actors import PATIENCE, InThread
from .test_search import Library, address, library

__all__ = ["address", "library"]  # fixtures

MOST = 0.3  # seconds of processor time
PAGE = 50
# A statement that goes on for long, in both databases.
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"
LETTERS = "abcdefghijklmnopqrst"
RANDOM = random.Random(1)
ACCENTS = "\u0301\u0316"  # of two classes: to normalise a row of them takes time with the square of its length


def cjk(length: int) -> str:
    return "".join(chr(0x4E00 + RANDOM.randrange(20_000)) for _ in range(length))


# A page of each is in the log. The limit of a text was up to 4,000,000 characters.
HOSTILE = {
    "repeated words": " ".join(LETTERS) * 250,
    "one word": "a " * 4_999 + "z",
    "what is found at the end": "a " * 4_990 + "needle",
    "a word of accents": "e" + ACCENTS * 5_000,
    "words of accents": ("e" + ACCENTS * 100 + " ") * 49,
    "phrases": " ".join(f"a {letter}" for letter in LETTERS) * 160,
    "a long word": "w" * 10_000,
    "signs of Chinese": cjk(10_000),
    "words of Chinese": " ".join(cjk(5_000)),
    "markup": "<b>*needle* `code` https://example.org/</b> " * 220,
}
LONG = ("x y " * 250_000, "v" * 1_000_000)
QUERIES = {
    "20 words": " ".join(LETTERS),
    "20 words in one phrase": f'"{" ".join(LETTERS)}"',
    "20 words in one phrase that is not there": f'"{" ".join(reversed(LETTERS))}"',
    "40 times a word": f'"{"a " * 40}"',
    "a phrase of as many words as fit": "a " * 249,
    "40 times a word and another": f'"{"a " * 39}z"',
    "20 phrases": " ".join(f'"a {letter}"' for letter in LETTERS),
    "the end": "needle ",
    "a phrase at the end": '"a a a needle"',
    "a word that is not there": "nothere ",
    "a letter's beginning": "a",
    "a word's beginning": "need",
    "accents": "e" + ACCENTS * 200,
    "accents in all terms": " ".join(["e" + ACCENTS * 10] * 20),
    "Chinese": cjk(500),
    "a Chinese sign": cjk(1),
    "a long word": "w" * 500,
    "what is long": "x y",
    "a word and not it": "a -a ",
    "no word at all": " ".join(f"-{letter}" for letter in LETTERS),
    "no phrase": " ".join(f'-"a {letter}"' for letter in LETTERS),
    "senders": " ".join(f"from:{letter}" for letter in LETTERS),
    "a sender of signs": "from:" + "🎉" * 490,
    "a sender of accents": "from:e" + ACCENTS * 240,
    "rooms": " ".join(f"in:room-{number}" for number in range(20)),
    "rooms that are not there": " ".join(f"in:nowhere-{number}" for number in range(20)),
    "no rooms": " ".join(f"-in:room-{number}" for number in range(20)),
    "rooms of accents": " ".join(["in:e" + ACCENTS * 10] * 20),
    "quotes": '"' * 500,
    "colons": "from:" * 100,
    "code and links": "has:code has:link needle",
    "everything": "after:2020",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A log of 20,000 rooms, in which strangers wrote what they could think of."""
    made = Library(
        address_of(request, tmp_path_factory.mktemp("hostile")), cpu=CPU, statement_timeout=STATEMENT_TIMEOUT
    )
    crowd = [room_row(f"room-{number}", f"Room {number}", 0) for number in range(20_000)]
    made.journal.write(lambda connection: connection.execute(insert(rooms), crowd))
    for said in HOSTILE.values():
        made.say(*[said] * PAGE)
    made.say(*LONG)
    while made.indexer._work():
        pass
    yield made
    made.close()


NUMBERS = count()


def address_of(request: pytest.FixtureRequest, folder: Path) -> str:
    """An empty database of the kind that is asked for."""
    if request.param == "sqlite":
        return sqlite_url(folder / "chat.sqlite3")
    cluster = request.getfixturevalue("cluster")
    return str(cluster.make(f"cost{next(NUMBERS)}").replace("postgresql:", "postgresql+psycopg:"))


def spent(work: Callable[[], Any]) -> float:
    """Seconds of processor time that this thread took for it; a search that is given up has its price too. What the
    tests have left in memory is not looked through meanwhile."""
    gc.disable()
    try:
        began = time.thread_time()
        with suppress_too_slow():
            work()
        return time.thread_time() - began
    finally:
        gc.enable()


@contextmanager
def suppress_too_slow() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        if refusal.code != "too-slow":
            raise


def test_no_search_takes_long_whatever_is_in_the_log(hostile: Library) -> None:
    """One test for all queries: to fill the log takes longer than to search it."""
    costs: dict[str, float] = {}
    for name, line in QUERIES.items():
        assert len(line) <= QUERY_LIMIT
        for before in (None, PAGE * len(HOSTILE) // 2):
            costs[f"{name}, before {before}"] = spent(partial(hostile.look, line, before=before))
    assert {name: cost for name, cost in costs.items() if cost >= MOST} == {}


def test_a_search_that_is_given_up_leaves_the_connection_usable(hostile: Library) -> None:
    def give_up(connection: Connection) -> None:
        with deadline(connection, cpu=0.01, statement=0.01):
            connection.execute(text(ENDLESS))

    history = History(hostile.database)
    for _ in range(2 * READERS):  # each connection of the pool has its turn
        with pytest.raises(Refusal) as given_up:
            history.read(give_up)
        assert (given_up.value.code, given_up.value.retry_after) == ("too-slow", RETRY_AFTER)
    assert history.room("general").head > 0
    assert hostile.look("needle").hits


def test_a_search_over_the_number_at_once_is_refused_at_once(library: Library) -> None:
    library.say("something")
    entered, leave = Semaphore(0), Event()

    def hold_up(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "documents" in statement and not leave.is_set():
            entered.release()
            assert leave.wait(PATIENCE)

    library.look("something")  # the index has caught up
    listen(library.database.reader, "before_cursor_execute", hold_up)
    searching = [InThread(lambda: library.look("something")) for _ in range(AT_ONCE)]
    try:
        assert all(entered.acquire(timeout=PATIENCE) for _ in searching)
        with pytest.raises(Refusal) as refused:
            library.look("something")
        assert (refused.value.code, refused.value.retry_after) == ("busy", 1.0)
    finally:
        leave.set()
    assert all(one.outcome().hits for one in searching)
    assert library.find("something") == ["something"]


def test_the_index_takes_in_little_at_a_time_and_the_beginning_of_a_long_text(library: Library) -> None:
    library.say(*["word " * 6_000] * 3, "short", f"{'x ' * (SEARCHABLE // 2)}beyond")
    steps = 1
    while library.indexer._work():
        steps += 1
    assert steps >= 4  # 30,000 characters each
    assert library.find("short") == ["short"]
    assert library.find("beyond") == []


def test_words_over_the_limit_are_left_out_and_named() -> None:
    found = parse(" ".join(f"w{number}" for number in range(TERMS_LIMIT + 1)), UTC, date(2026, 3, 10))
    assert [(note.term, note.code) for note in found.notes] == [(f"w{TERMS_LIMIT}", "too-many")]
    long = " ".join(f"w{number}" for number in range(WORDS_LIMIT + 1))
    found = parse(f'"{long}"', UTC, date(2026, 3, 10))
    assert [(note.term, note.code) for note in found.notes] == [(f"w{WORDS_LIMIT}", "too-many")]
