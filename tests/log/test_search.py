"""The search, in both databases: what is found, in which order, and that what is gone is not."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.event import listen

from chatapp.log import days
from chatapp.log.acts import Delete, Edit, React, Say
from chatapp.log.database import Database, sqlite_url
from chatapp.log.fts5 import create
from chatapp.log.history import History
from chatapp.log.indexer import Indexer
from chatapp.log.journal import Journal
from chatapp.log.posts import Post
from chatapp.log.records import add_room
from chatapp.log.search import Found, Search
from chatapp.model import Author, Poll, Room
from chatapp.query import parse

from ..actors import PATIENCE
from .cluster import Cluster
from .conftest import GENERAL, Heard, downgrade_at

ANA, BIA = Author("a1", "Ana Prado"), Author("b1", "Bia")
DAY = 86_400


class Library:
    """A log with its index. A commit takes a millisecond by its clock; the indexer's thread does not run."""

    def __init__(self, url: str, *, cpu: float = PATIENCE, statement_timeout: float = PATIENCE):
        self.now = datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()
        self.database = Database(url, busy_timeout=1)
        self.database.migrate()
        self.journal = Journal(
            self.database,
            publish=self._publish,
            catch_up=lambda timeout: None,
            clock=self._clock,
            queue_limit=10_000,
        )
        self.indexer = Indexer(self.journal)
        self.search = Search(History(self.database), self.indexer, cpu=cpu, statement_timeout=statement_timeout)
        self.journal.start()

    def _clock(self) -> float:
        self.now += 0.001
        return self.now

    def _publish(self, events: list[Any]) -> None:
        self.indexer.hear(events)

    def open_room(self, name: str, slug: str) -> Room:
        return self.journal.write(lambda connection: add_room(connection, name, [slug], 0, most=10_000))

    def say(self, *texts: str, by: Author = ANA, room: Room = GENERAL, html: str | None = None) -> int:
        """Gives the last one's seq, when all are on disk."""
        heard = [Heard() for _ in texts]
        for said, receipt in zip(texts, heard, strict=True):
            self.journal.append(Post(room, by, said, None, receipt, html))
        return int([receipt.event.seq for receipt in heard][-1])

    def ask(self, question: str, *options: str) -> int:
        """A poll."""
        heard = Heard()
        self.journal.append(Say(GENERAL, ANA, None, heard, question, None, poll=Poll(list(options))))
        return int(heard.event.seq)

    def edit(self, seq: int, said: str) -> None:
        self._do(lambda heard: Edit(GENERAL, ANA, None, heard, seq, said, None))

    def delete(self, seq: int) -> None:
        self._do(lambda heard: Delete(GENERAL, ANA, None, heard, seq))

    def react(self, seq: int) -> None:
        self._do(lambda heard: React(GENERAL, BIA, None, heard, seq, "👍", True))

    def _do(self, act: Callable[[Heard], Any]) -> None:
        heard = Heard()
        self.journal.append(act(heard))
        heard.wait()

    def look(self, line: str, *, before: int | None = None, limit: int = 50) -> Found:
        today = datetime.fromtimestamp(self.now, UTC).date()
        return self.search.find(parse(line, UTC, today), before=before, limit=limit)

    def find(self, line: str) -> list[str]:
        """The texts that are found, as their snippets show them."""
        return ["".join(piece.text for piece in hit.snippet) for hit in self.look(line).hits]

    def close(self) -> None:
        self.journal.stop(PATIENCE)
        self.database.close()


NUMBERS = count()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "chat.sqlite3")
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.make(f"search{next(NUMBERS)}").replace("postgresql:", "postgresql+psycopg:")


@pytest.fixture
def library(address: str) -> Iterator[Library]:
    made = Library(address)
    yield made
    made.close()


# What is found.


def test_words_are_found_without_case_and_accents(library: Library) -> None:
    library.say("Comunicação é tudo", "nothing of the kind")
    for line in ("comunicacao", "COMUNICAÇÃO", "comunicac\u0327a\u0303o", "e tudo", "comuni"):
        assert library.find(line) == ["Comunicação é tudo"], line
    assert library.find("comuni ") == []


def test_all_words_must_be_there_and_phrases_side_by_side(library: Library) -> None:
    library.say("one two three", "three two one", "one three")
    assert library.find("one two") == ["three two one", "one two three"]
    assert library.find('"one two"') == ["one two three"]
    assert library.find("one -two") == ["one three"]
    assert library.find('-"two three"') == ["one three", "three two one"]
    assert library.find("-one") == []


@pytest.mark.parametrize(
    "line",
    [
        *(
            "c++",
            'foo"',
            "NEAR(",
            "AND",
            "OR NOT",
            "*",
            '"',
            "'",
            "a' OR '1'='1",
            "text:x",
            "{a b}:c",
            "^x",
            "a + b",
            "!!",
        ),
        *(
            "&|!:*",
            "<->",
            "\\",
            "%",
            "_",
            ":*",
            "a:*D",
            "x\0y",
            "\ud800",
            "🎉",
            "from:🎉",
            "in:'",
            "-" * 300,
            '"' * 301,
        ),
        *("()" * 100, "a" * 500, "from:\\", "before:'", 'has:"code', "rowid:1", "message_index:optimize"),
    ],
)
def test_any_query_is_safe(library: Library, line: str) -> None:
    library.say("harmless")
    library.look(line)
    assert library.find("harmless") == ["harmless"]


def test_signs_are_found_by_the_letters_in_them(library: Library) -> None:
    library.say("in C++, not in Python", 'he said "foo"', "it is NEAR(by)")
    assert library.find("c++") == ["in C++, not in Python"]
    assert library.find('foo"') == ['he said "foo"']
    assert library.find("NEAR(") == ["it is NEAR(by)"]


def test_a_poll_is_found_by_what_it_offers_until_it_is_deleted(library: Library) -> None:
    library.say("Fruit, said with a mention")
    poll = library.ask("Fruit quiz?", "jabuticaba", 'maçã "verde"')
    for line in ("jabuticaba", "maca", "verde quiz", "jabuti", '"maçã verde"'):
        assert library.find(line) == ['Fruit quiz? jabuticaba maçã "verde"'], line
    assert library.find("options") == []
    library.delete(poll)
    for line in ("jabuticaba", "quiz"):
        assert library.find(line) == []


def test_an_index_from_before_options_were_in_it_is_made_anew(library: Library, address: str) -> None:
    library.ask("Fruit quiz?", "jabuticaba")
    library.say("other fruit")
    library.indexer.catch_up()

    def as_before(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TABLE message_index")
            create(connection)
        else:
            connection.exec_driver_sql("DELETE FROM message_index")

    library.journal.write(as_before)
    assert library.find("fruit") == []
    library.close()
    downgrade_at(address, "0006")
    with closing(Library(address)) as upgraded:
        assert upgraded.find("jabuticaba") == ["Fruit quiz? jabuticaba"]
        assert upgraded.find("fruit") == ["other fruit", "Fruit quiz? jabuticaba"]


def test_all_that_is_wrong_with_a_query_is_said_at_once(library: Library) -> None:
    library.say("something")
    found = library.look("something in:nowhere has:foo before:x")
    assert [(note.term, note.code) for note in found.notes] == [
        ("has:foo", "bad-content"),
        ("before:x", "bad-day"),
        ("in:nowhere", "no-such-room"),
    ]
    assert found.hits == []


def test_operators_narrow_it_down_in_both_languages(library: Library) -> None:
    kitchen = library.open_room("Café & Cozinha", "cafe-cozinha")
    library.say("soup", "soup `code`", by=BIA)
    library.say("soup https://example.org/", room=kitchen)
    library.say(
        "soup **bold**", html='<p>soup <a href="https://x.org/">x</a> <code>y</code></p>', by=Author("c1", "🎉")
    )
    for line, expected in {
        "soup from:bia": ["soup `code`", "soup"],
        "de:ana": ["soup https://example.org/"],
        'from:"ana prado" soup': ["soup https://example.org/"],
        'from:"prado ana"': [],
        "from:an": [],
        "from:🎉": ["soup **bold**"],
        "from:🎈": [],
        "from:bia from:prado": ["soup https://example.org/", "soup `code`", "soup"],
        "-from:bia -from:🎉": ["soup https://example.org/"],
        "in:cafe-cozinha": ["soup https://example.org/"],
        'em:"cafe & cozinha"': ["soup https://example.org/"],
        "in:general has:link": ["soup **bold**"],
        "in:general in:cafe-cozinha tem:link": ["soup **bold**", "soup https://example.org/"],
        "has:code": ["soup **bold**", "soup `code`"],
        "tem:código -tem:link": ["soup `code`"],
        "-in:general": ["soup https://example.org/"],
        "bia": [],
        "r1": [],
        "hascode": [],
    }.items():
        assert library.find(line) == expected, line


def test_days_bound_what_is_found(library: Library) -> None:
    for number in range(4):
        library.say(f"note {number}")
        library.now += DAY
    assert library.find("note before:2026-03-11") == ["note 0"]
    assert library.find("note after:2026-03-11") == ["note 3", "note 2"]
    assert library.find("after:2026-03-10 before:2026-03-12") == ["note 1"]
    assert library.find("antes:2026") == []
    assert library.find("after:2027") == []
    assert len(library.find("after:2025")) == 4


def test_days_are_right_after_a_clock_that_was_ahead_is_put_back(library: Library) -> None:
    library.say("note before")
    library.now += 300 * DAY
    library.say("note ahead 1", "note ahead 2")
    library.find("note")  # now they are in the index
    library.now -= 300 * DAY
    library.say("note after")
    library.now += DAY
    library.say("note tomorrow")
    assert library.find("note before:2026-03-11") == ["note after", "note before"]
    assert library.find("before:2026-03-11") == ["note after", "note before"]
    assert library.find("note after:2026-03-10 before:2026-06") == ["note tomorrow"]
    assert library.find("note after:2026-06") == ["note ahead 2", "note ahead 1"]
    assert library.find("note before:2026-03-12") == ["note tomorrow", "note after", "note before"]
    assert library.find("note before:2026-03-10") == library.find("note after:2027-06") == []
    library.now -= 30 * DAY
    seq = library.say("note of February")
    assert library.find("note before:2026-03-01") == ["note of February"]
    library.delete(seq)
    library.say("note of February again")  # under the same number
    assert library.find("note before:2026-03-01") == ["note of February again"]
    newest = library.look("note after:2026-03-01 before:2026-03-11", limit=1)
    assert newest.next is not None
    older = library.look("note after:2026-03-01 before:2026-03-11", limit=1, before=newest.next)
    assert [hit.seq for hit in newest.hits + older.hits] == [4, 1]


@pytest.mark.parametrize("limit", [days.STEPS_LIMIT, 3])  # each run of numbers is looked at; each message's time is
def test_days_are_right_with_a_clock_that_nobody_can_trust(
    library: Library, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "STEPS_LIMIT", limit)
    began, jumps = library.now, random.Random(20)
    came: list[tuple[int, str]] = []
    for number in range(25):
        day = jumps.randrange(10)
        library.now = began + day * DAY
        library.say(f"note {number}")
        came.append((10 + day, f"note {number}"))
        if number % 4 == 0:
            library.indexer.catch_up()
    for since in range(9, 21):
        for until in range(since + 1, 21):
            expected = [text for day, text in reversed(came) if since < day < until]
            for word in ("note ", ""):
                line = f"{word}after:2026-03-{since:02} before:2026-03-{until:02}"
                assert library.find(line) == expected, line


def test_what_cannot_be_meant_finds_nothing_and_is_said(library: Library) -> None:
    library.say("hello")
    for line, code in {
        "hello in:nowhere": "no-such-room",
        "hello before:x": "bad-day",
        "-in:x": "no-such-room",
    }.items():
        found = library.look(line)
        assert not found.hits
        assert [note.code for note in found.notes] == [code]


def test_no_query_finds_nothing(library: Library) -> None:
    library.say("hello")
    assert library.find("") == library.find("***") == []


# In which order.


def test_the_newest_comes_first_page_by_page_whatever_the_room(library: Library) -> None:
    other = library.open_room("Other", "other")
    for number in range(12):
        library.say(f"word {number}", room=(GENERAL, other)[number % 2])
    pages, before = [], None
    while True:
        found = library.look("word", before=before, limit=5)
        pages.append([hit.snippet[-1].text.strip() for hit in found.hits])
        before = found.next
        if before is None:
            break
    assert pages == [["11", "10", "9", "8", "7"], ["6", "5", "4", "3", "2"], ["1", "0"]]


def test_a_clock_that_is_put_back_changes_no_order_and_loses_nothing(library: Library) -> None:
    library.say("word 1", "word 2")
    library.now -= 10 * DAY
    library.say("word 3")
    library.now += 20 * DAY
    library.say("word 4")
    assert library.find("word") == ["word 4", "word 3", "word 2", "word 1"]


def test_a_hit_says_where_it_stands(library: Library) -> None:
    room = library.open_room("Lounge", "the-lounge")
    library.say("first", room=room)
    library.say("a needle", by=BIA, room=room)
    (hit,) = library.look("needle").hits
    assert (hit.room, hit.name, hit.seq, hit.author) == ("the-lounge", "Lounge", 2, BIA)
    assert hit.at.startswith("2026-03-10T12:00:00.0")
    assert [(piece.text, piece.hit) for piece in hit.snippet] == [("a ", False), ("needle", True)]


# What changes.


def test_an_edited_message_is_found_by_its_new_text_in_its_old_place(library: Library) -> None:
    seq = library.say("the old text")
    library.say("another text")
    assert library.find("old") == ["the old text"]
    library.edit(seq, "the `new` text")
    library.edit(seq, "the newest text")
    assert library.find("old") == []
    assert library.find("new ") == []
    assert library.find("newest") == ["the newest text"]
    assert library.find("text") == ["another text", "the newest text"]
    assert library.find("has:code") == []


def test_a_message_that_is_edited_before_it_is_in_the_index_is_found_by_its_new_text(library: Library) -> None:
    seq = library.say("the old text")
    library.edit(seq, "the new text")
    assert library.find("text") == ["the new text"]
    assert library.find("old") == []


def test_a_deleted_message_is_found_by_nothing(library: Library) -> None:
    seqs = [library.say("first secret"), library.say("second secret"), library.say("third secret")]
    library.react(seqs[1])
    assert len(library.find("secret")) == 3
    library.edit(seqs[1], "edited secret")
    library.delete(seqs[1])
    library.delete(library.say("never indexed secret"))
    for line in ("secret", "from:ana", "in:general", "-nothing", "after:2020"):
        assert library.find(line) == ["third secret", "first secret"], line


def test_what_was_acknowledged_is_found_at_once(library: Library) -> None:
    for number in range(30):
        library.say(f"message n{number}")
        assert library.find(f"n{number} ") == [f"message n{number}"]


def test_what_a_server_did_not_come_to_index_is_found_by_the_next_one(address: str) -> None:
    first = Library(address)
    other = first.open_room("Other", "other")
    first.say("word 1")
    first.say("word 2", room=other)
    assert len(first.find("word")) == 2
    first.now += 1
    seq = first.say("word 3")
    for _ in range(5):
        first.react(seq)
    first.now += 1
    first.say("word 4", room=other)
    first.close()
    second = Library(address)
    second.now = first.now + 1
    assert second.find("word") == ["word 4", "word 3", "word 2", "word 1"]
    second.say("word 5")
    assert second.find("word")[0] == "word 5"
    second.close()


def test_more_than_is_remembered_is_looked_up_in_the_log(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatapp.log.indexer.WAITING_LIMIT", 7)
    assert library.find("word") == []
    for number in range(5):
        library.say(*(f"word {number}-{part}" for part in range(10)))
    assert library.find("word") == [f"word {number}-{part}" for number in range(4, -1, -1) for part in range(9, -1, -1)]
    library.say("word once more")
    assert len(library.look("word", limit=200).hits) == 51


SAID = st.text("aB ção+\"'*-", min_size=1, max_size=12).filter(lambda said: not said.isspace())


@settings(max_examples=40, suppress_health_check=[*HealthCheck])
@given(st.lists(st.tuples(st.sampled_from(["say", "edit", "delete", "look"]), st.integers(0, 9), SAID), max_size=25))
def test_whatever_is_said_edited_and_deleted_the_index_knows_what_stands(
    library: Library, deeds: list[tuple[str, int, str]]
) -> None:
    standing: dict[int, str] = {}
    for deed, number, said in deeds:
        chosen = sorted(standing)[number % len(standing)] if standing else None
        if deed == "say":
            standing[library.say(f"mark {said}")] = f"mark {said}"
        elif deed == "look":
            library.find(said)
        elif chosen is not None and deed == "edit":
            standing[chosen] = f"mark {said}"
            library.edit(chosen, standing[chosen])
        elif chosen is not None:
            library.delete(chosen)
            del standing[chosen]
    expected = [" ".join(standing[seq].split()) for seq in sorted(standing, reverse=True)]
    assert [" ".join(found.split()) for found in library.find("mark ")] == expected[:50]
    for seq in standing:
        library.delete(seq)
    assert library.find("mark ") == []


def test_only_the_words_of_what_stands_are_in_the_pages_of_the_index(tmp_path: Path) -> None:
    """Also in versions of SQLite whose FTS5 does not wipe by itself."""
    library = Library(sqlite_url(tmp_path / "chat.sqlite3"))
    kept = library.say("kept")
    gone = [library.say("xylophone", "quetzal"), library.say("zeppelin")]
    library.say(*(f"filler{number}" for number in range(300)))
    assert library.find("zeppelin")
    library.edit(gone[1], "balalaika")
    for seq in (*gone, gone[0] - 1):
        library.delete(seq)
    while library.indexer._work():
        pass
    with library.database.reader.connect() as connection:
        pages = b"".join(block for (block,) in connection.execute(text("SELECT block FROM message_index_data")))
    for word in ("xylophone", "quetzal", "zeppelin", "balalaika"):
        for start in range(len(word) - 3):
            assert word[start : start + 4].encode() not in pages
    assert b"kept" in pages
    assert library.find("kept") == ["kept"]
    assert kept
    library.close()


def test_nothing_that_is_asked_about_a_message_goes_through_its_whole_room(tmp_path: Path) -> None:
    """SQLite does not know how long a room is, unless the migrations tell it."""
    library = Library(sqlite_url(tmp_path / "chat.sqlite3"))
    history = History(library.database)
    asked: list[tuple[str, Any]] = []
    for engine in (library.database.reader, library.database.writer):
        listen(engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    seq = library.say("one", "two", "three")
    library.journal.append(Post(GENERAL, ANA, "again", "n1", None))
    for nonce in ("n1", "n2"):
        heard = Heard()
        library.journal.append(Edit(GENERAL, ANA, nonce, heard, seq, "edited", None))
        heard.wait()
    library.react(seq)
    library.find("edited")
    history.page(GENERAL, before=None, limit=50)
    history.page_around(GENERAL, around=seq, limit=50)
    history.versions(GENERAL, seq)
    library.delete(seq)
    library.close()
    plans = set()
    with closing(sqlite3.connect(tmp_path / "chat.sqlite3")) as raw:
        for statement, values in asked:
            if statement.startswith(("SELECT", "UPDATE", "INSERT", "WITH")) and not isinstance(values, list):
                plans |= {(row[3], statement) for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)}
    assert len(plans) > 10
    assert any("events_nonce" in plan[0] for plan in plans)
    assert any("events_target" in plan[0] for plan in plans)
    scans = [statement for plan, statement in plans if plan in ("SCAN events", "SCAN documents")]
    assert not [statement for statement in scans if "ORDER BY documents.doc DESC" not in statement]  # the newest one


def test_what_is_deleted_while_the_pages_are_merged_is_wiped_out_the_next_time(tmp_path: Path) -> None:
    library = Library(sqlite_url(tmp_path / "chat.sqlite3"))
    first, second = library.say("xylophone"), library.say("zeppelin")
    library.say(*(f"filler{number} " * 40 for number in range(400)))
    assert library.find("zeppelin")

    def pages() -> bytes:
        with library.database.reader.connect() as connection:
            return b"".join(block for (block,) in connection.execute(text("SELECT block FROM message_index_data")))

    library.delete(first)
    library.indexer._work()
    library.delete(second)
    library.indexer._purge_at = 0.0
    for _ in range(100):
        library.indexer._work()
        library.indexer._purge_at = 0.0  # it need not wait here
    assert b"ylophon" not in pages()
    assert b"eppeli" not in pages()
    library.close()
