"""What a search and the index may cost, whatever is in the log: counted in processor time of the thread."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, text

from chatapp.log.database import sqlite_url
from chatapp.log.deadline import deadline
from chatapp.log.documents import SEARCHABLE
from chatapp.log.places import room_row
from chatapp.log.schema import rooms
from chatapp.log.search import STATEMENT_TIMEOUT
from chatapp.model import Refusal, Room
from chatapp.query import WORDS_LIMIT

from ..actors import PATIENCE, InThread, eventually
from .conftest import GENERAL
from .test_search import Library, address, library

__all__ = ["address", "library"]  # fixtures

MOST = 0.3  # seconds of processor time
PAGE = 50
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
    made = Library(address_of(request, tmp_path_factory.mktemp("hostile")), statement_timeout=STATEMENT_TIMEOUT)
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
    """Seconds of processor time that this thread took for it; a search that is given up has its price too."""
    began = time.thread_time()
    try:
        work()
    except Refusal as refusal:
        assert refusal.code == "too-slow"
    return time.thread_time() - began


@pytest.mark.parametrize("line", QUERIES.values(), ids=QUERIES)
def test_no_search_takes_long_whatever_is_in_the_log(hostile: Library, line: str) -> None:
    assert len(line) <= 500
    assert spent(lambda: hostile.look(line)) < MOST
    assert spent(lambda: hostile.look(line, before=PAGE * len(HOSTILE) // 2)) < MOST
