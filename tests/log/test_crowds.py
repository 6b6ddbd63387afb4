"""What many people did to one message costs who reads it, or joins them, no more than what a few did.

Costs are counted: the rows that PostgreSQL visits, the instructions that SQLite's machine runs, bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select, text

from chatapp.log.acts import Act, Delete, React, Say
from chatapp.log.database import Database, sqlite_url
from chatapp.log.history import History
from chatapp.log.journal import Journal
from chatapp.log.picks import NAMED, NAMED_ON_A_PAGE
from chatapp.log.places import Pin
from chatapp.log.polls import Vote
from chatapp.log.schema import metadata
from chatapp.model import Author, Poll, Refusal

from ..actors import PATIENCE
from .cluster import Cluster
from .conftest import GENERAL, Heard, downgrade_at
from .cost import Cost

EVA = Author("eva", "Eva")
AGAIN = count()

FILL = (
    "INSERT INTO events (room_id, seq, type, at, author_id, author_name, text, target, body)"
    " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    " SELECT 1, {after} + i, '{type}', 0, 'p' || i, 'Person ' || i, '', {target}, {body} FROM n"
)
REACTED = """'{"emoji":"👍","on":true}'"""
VOTED = """'{"counts":[0,0,0],"voters":0,"choices":[' || (i % 3) || ']}'"""
PINNED = """CASE WHEN i % 2 = 1 THEN '{"on":true}' ELSE '{"on":false}' END"""


class Crowd(NamedTuple):
    """A log in which so many people reacted to message 1, voted on message 2, and pinned and unpinned message 3."""

    database: Database
    history: History
    journal: Journal
    reactors: int
    voters: int

    def do(self, act: Callable[[Heard], Act]) -> Heard:
        heard = Heard()
        self.journal.append(act(heard))
        return heard


@contextmanager
def opened(url: str, *, reactors: int, voters: int) -> Iterator[Crowd]:
    made = Database(url, busy_timeout=1)
    made.migrate()
    crowd = Crowd(made, History(made), _journal(made), reactors, voters)
    try:
        yield crowd
    finally:
        crowd.journal.stop(PATIENCE)
        made.close()


def _journal(made: Database) -> Journal:
    journal = Journal(
        made, publish=lambda events: None, catch_up=lambda timeout: None, clock=lambda: 1_000.0, queue_limit=10_000
    )
    journal.start()
    return journal


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    reactors, voters = (50_000, 10_000) if request.param == "sqlite" else (5_000, 2_000)
    if request.param == "sqlite":
        url = sqlite_url(tmp_path_factory.mktemp("crowd") / "chat.sqlite3")
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        url = cluster.make(f"crowd{next(AGAIN)}").replace("postgresql://", "postgresql+psycopg://")
    with opened(url, reactors=reactors, voters=voters) as crowd:
        for poll in (None, Poll(["a", "b", "c"]), None):
            crowd.do(lambda heard, poll=poll: Say(GENERAL, EVA, None, heard, "Well?", None, poll=poll)).wait()  # type: ignore[misc]
    downgrade_at(url, "0008")
    engine = create_engine(url)
    with engine.begin() as connection:
        for after, count_, kind, target, body in (
            (3, reactors, "reacted", 1, REACTED),
            (3 + reactors, voters, "voted", 2, VOTED),
            (3 + reactors + voters, 9_999, "pinned", 3, PINNED),
        ):
            fill = FILL.format(count=count_, after=after, type=kind, target=target, body=body)
            connection.execute(text(fill.replace(":", "\\:")))
    engine.dispose()
    with opened(url, reactors=reactors, voters=voters) as crowd:
        if request.param == "postgresql":
            with engine.begin() as connection:
                connection.exec_driver_sql("ANALYZE")
            engine.dispose()
        yield crowd


def test_a_page_names_the_first_people_and_counts_all(crowd: Crowd) -> None:
    with Cost(crowd.database.reader) as cost:
        page = crowd.history.page(GENERAL, before=None, limit=50, reader="p49")
    assert cost.rows < 1_000
    reacted, poll, pinned = page.messages
    (thumb,) = reacted.reactions
    assert (thumb.emoji, thumb.count, thumb.mine) == ("👍", crowd.reactors, True)
    assert [author.name for author in thumb.people] == [f"Person {number}" for number in range(1, NAMED + 1)]
    assert poll.poll is not None
    assert (sum(poll.poll.counts), poll.poll.voters, poll.poll.mine) == (crowd.voters, crowd.voters, [1])
    assert [people[0].name for people in poll.poll.people or ()] == ["Person 3", "Person 1", "Person 2"]
    assert {len(people) for people in poll.poll.people or ()} == {NAMED}
    assert pinned.pinned
    assert len(msgspec.json.encode(page)) < 10_000


def test_a_reader_who_picked_nothing_is_told_so(crowd: Crowd) -> None:
    reacted, poll, _ = crowd.history.page(GENERAL, before=None, limit=50, reader="nobody").messages
    assert poll.poll is not None
    assert (reacted.reactions[0].mine, poll.poll.mine) == (False, None)


def test_pins_are_read_as_they_stand(crowd: Crowd) -> None:
    with Cost(crowd.database.reader) as cost:
        assert [message.seq for message in crowd.history.pins(GENERAL)] == [3]
    assert cost.rows < 500


def test_one_more_reaction_vote_and_pin_cost_a_bounded_number_of_rows(crowd: Crowd) -> None:
    acts: list[Callable[[Heard], Act]] = [
        lambda heard: React(GENERAL, EVA, None, heard, 1, "👍", True),
        lambda heard: React(GENERAL, EVA, None, heard, 1, "🎉", True),
        lambda heard: React(GENERAL, EVA, None, heard, 1, "🎉", False),
        lambda heard: React(GENERAL, EVA, None, heard, 1, "👍", False),
        lambda heard: Vote(GENERAL, EVA, None, heard, 2, [1]),
        lambda heard: Vote(GENERAL, EVA, None, heard, 2, [0]),
        lambda heard: Vote(GENERAL, EVA, None, heard, 2, []),
        lambda heard: Pin(GENERAL, EVA, None, heard, 3, False),
        lambda heard: Pin(GENERAL, EVA, None, heard, 3, True),
    ]
    for act in acts:
        with Cost(crowd.database.writer) as cost:
            crowd.do(act).wait()
        if crowd.database.writer.dialect.name == "sqlite":  # the journal holds PostgreSQL's only connection
            assert cost.rows < 300


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Crowd]:
    with opened(sqlite_url(tmp_path / "chat.sqlite3"), reactors=0, voters=0) as crowd:
        yield crowd


def test_a_page_with_very_many_emoji_names_fewer_people_of_each(small: Crowd) -> None:
    messages, emoji, people = 40, 20, NAMED + 2
    for number in range(messages):
        small.do(lambda heard, number=number: Say(GENERAL, EVA, None, heard, f"{number}", None)).wait()  # type: ignore[misc]
    rows = ((target, sign, who) for target in range(1, messages + 1) for sign in range(emoji) for who in range(people))

    def fill(connection: Connection) -> None:
        picks, counts = (metadata.tables[name] for name in ("picks", "pick_counts"))
        where = {"room_id": 1, "kind": "reacted"}
        given = [
            {**where, "target": target, "key": f"k{sign}", "person_id": f"p{who}", "name": "x", "seq": 100 + who}
            for target, sign, who in rows
        ]
        connection.execute(picks.insert(), given)
        kinds = sorted({(row["target"], row["key"]) for row in given})
        totals = [{**where, "target": target, "key": key, "total": people, "since": 100} for target, key in kinds]
        connection.execute(counts.insert(), totals)

    small.journal.write(fill)
    with Cost(small.database.reader) as cost:
        page = small.history.page(GENERAL, before=None, limit=50)
    named = [len(reaction.people) for message in page.messages for reaction in message.reactions]
    assert sum(named) <= NAMED_ON_A_PAGE
    assert set(named) == {NAMED_ON_A_PAGE // (messages * emoji)}
    assert {reaction.count for message in page.messages for reaction in message.reactions} == {people}
    assert cost.rows < 5 * (NAMED_ON_A_PAGE + messages * emoji)


def test_a_message_has_so_many_reactions_and_a_poll_so_many_votes(
    small: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.log.acts.PICKS_LIMIT", 2)
    monkeypatch.setattr("chatapp.log.polls.PICKS_LIMIT", 2)
    small.do(lambda heard: Say(GENERAL, EVA, None, heard, "Well?", None, poll=Poll(["a", "b"]))).wait()
    for person in ("a", "b"):
        who = Author(person, person)
        small.do(lambda heard, who=who: React(GENERAL, who, None, heard, 1, "👍", True)).wait()  # type: ignore[misc]
        small.do(lambda heard, who=who: Vote(GENERAL, who, None, heard, 1, [0])).wait()  # type: ignore[misc]
    refusals = [
        small.do(lambda heard: React(GENERAL, EVA, None, heard, 1, "🎉", True)).refusal,
        small.do(lambda heard: Vote(GENERAL, EVA, None, heard, 1, [1])).refusal,
    ]
    assert [(each.code, each.field, each.values["n"]) for each in refusals] == [("too-many", "target", 2)] * 2
    small.do(
        lambda heard: Vote(GENERAL, Author("a", "a"), None, heard, 1, [1])
    ).wait()  # another choice is no vote more
    small.do(lambda heard: React(GENERAL, Author("a", "a"), None, heard, 1, "👍", False)).wait()
    small.do(lambda heard: React(GENERAL, EVA, None, heard, 1, "🎉", True)).wait()


PEOPLE = [Author("a", "Ana"), Author("b", "Bia")]
ACTS = st.one_of(
    st.tuples(st.just(React), st.sampled_from([1, 2]), st.sampled_from(["👍", "🎉"]), st.booleans()),
    st.tuples(st.just(Vote), st.just(2), st.lists(st.integers(0, 2), max_size=2)),
    st.tuples(st.just(Pin), st.sampled_from([1, 2]), st.booleans()),
    st.tuples(st.just(Delete), st.just(1)),
)


def standing(made: Database) -> dict[str, list[Any]]:
    tables = [metadata.tables[name] for name in ("picks", "pick_counts", "pins")]
    with made.reader.connect() as connection:
        return {table.name: sorted(map(tuple, connection.execute(select(table)))) for table in tables}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=st.lists(st.tuples(st.sampled_from(PEOPLE), ACTS), max_size=25))
def test_an_older_log_comes_to_stand_as_if_it_had_been_written_today(done: list[Any], tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / f"{next(AGAIN)}.sqlite3")
    with opened(url, reactors=0, voters=0) as crowd:
        for poll in (None, Poll(["a", "b", "c"], several=True)):
            crowd.do(lambda heard, poll=poll: Say(GENERAL, PEOPLE[0], None, heard, "?", None, poll=poll)).wait()  # type: ignore[misc]
        for who, (kind, *fields) in done:
            heard = crowd.do(lambda heard, w=who, k=kind, f=fields: k(GENERAL, w, None, heard, *f))  # type: ignore[misc]
            try:
                heard.wait()
            except AssertionError:
                assert isinstance(heard.refusal, Refusal)
        today = standing(crowd.database)
    downgrade_at(url, "0008")
    with opened(url, reactors=0, voters=0) as crowd:
        upgraded = standing(crowd.database)
    # When an emoji or an option was there first is not kept for what has gone and come since.
    without_since = [row[:-1] for row in today["pick_counts"]]
    assert [row[:-1] for row in upgraded["pick_counts"]] == without_since
    assert (upgraded["picks"], upgraded["pins"]) == (today["picks"], today["pins"])
