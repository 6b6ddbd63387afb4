"""How the database goes about what is asked of it: nothing reads a whole room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from chatapp.log import index
from chatapp.log.acts import Act, Delete, Edit, React, Say
from chatapp.log.days import spans
from chatapp.log.places import Configure, Pin
from chatapp.log.polls import Close, Vote
from chatapp.model import Author, Poll

from .conftest import GENERAL, Heard, Log

ANA = Author("ana", "ana")
WHOLE = "SEARCH events USING PRIMARY KEY (room_id=?)"


def noting(engine: Engine) -> list[tuple[str, Any]]:
    """All that is executed from now on."""
    noted: list[tuple[str, Any]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        noted.append((statement, parameters))

    return noted


def test_to_find_the_messages_of_some_days_reads_few_of_them(make_log: Callable[..., Log]) -> None:
    times = [1.0, 2.0, 3.0, 4.0]
    log = make_log(clock=lambda: times.pop(0))
    for number in range(4):
        log.post(str(number)).wait()
    times.append(5.0)
    log.journal.write(lambda connection: index.add(connection, [("general", seq) for seq in range(1, 5)]))
    noted = noting(log.database.reader)
    with log.database.reader.connect() as connection:
        assert spans(connection, 1_500, 3_500) == [(2, 3)]
        statements = list(noted)
        assert len(statements) == 5  # the steps; the oldest and the newest; both bounds
        for text, given in statements:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)]
            assert not any(step.startswith("SCAN documents") or "TEMP B-TREE" in step for step in plan), (text, plan)


def test_no_act_and_no_page_reads_a_whole_room(log: Log) -> None:
    log.post("one").wait()
    log.journal.probe()
    noted = [noting(log.database.writer), noting(log.database.reader)]
    acts: list[Callable[[Heard], Act]] = [
        lambda heard: Say(GENERAL, ANA, None, heard, "Which?", None, 1, poll=Poll(["a", "b"])),
        lambda heard: Edit(GENERAL, ANA, None, heard, 1, "uno", None),
        lambda heard: React(GENERAL, ANA, None, heard, 1, "👍", True),
        lambda heard: Pin(GENERAL, ANA, None, heard, 1, True),
        lambda heard: Vote(GENERAL, ANA, None, heard, 2, [1]),
        lambda heard: Vote(GENERAL, ANA, None, heard, 2, [0]),
        lambda heard: Close(GENERAL, ANA, None, heard, 2),
        lambda heard: Configure(GENERAL, ANA, None, heard, name="Other"),
        lambda heard: Delete(GENERAL, ANA, None, heard, 1),
    ]
    for act in acts:
        heard = Heard()
        log.journal.append(act(heard))
        heard.wait()
    log.history.page(GENERAL, before=2, limit=5)
    log.history.page_after(GENERAL, after=0, limit=5)
    log.history.page_around(GENERAL, around=1, limit=5)
    log.history.versions(GENERAL, 2)
    log.history.pins(GENERAL)
    log.history.missed(GENERAL, after=0, upto=5)
    log.history.own("ana", most=1, others=1)
    log.history.listed("ana", after=0, limit=5)
    log.history.listing("general", "ana")
    statements = [(text, given) for texts in noted for text, given in texts if not text.startswith(("PRAGMA", "BEGIN"))]
    assert len(statements) > 40
    with log.database.reader.connect() as connection:
        for text, given in statements:
            if not text.startswith(("SELECT", "UPDATE")) or "max(events.seq)" in text or "LIMIT" in text:
                continue
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)]
            assert WHOLE not in plan, text
