"""A name belongs to its person, also while they are away, and so do names that look like it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection

from chatapp.log.people import (
    DAY,
    FORMER_KEPT,
    KEPT,
    NEW_KEPT,
    NOTED,
    Known,
    note_seen,
    refusal_of,
    release_names,
    take_first,
    take_name,
)
from chatapp.model import Refusal

from .conftest import Log

NOW = 1_000 * DAY


@pytest.fixture
def take(log: Log) -> Callable[..., None]:
    """Somebody takes a name, and is here with the cookie that they got."""

    def take(person: str, name: str, at: int = NOW) -> None:
        log.journal.write(partial(take_name, person=person, name=name, at=at))
        log.journal.write(partial(take_first, person=person, wanted=[name], at=at))

    return take


@pytest.fixture
def why_not(log: Log) -> Callable[..., str | None]:
    """Why that person may not have that name: "taken", or "alike"."""

    def why(person: str, name: str, at: int = NOW) -> str | None:
        refused = log.history.refusal_of(name, at, to=person)
        if refused is None:
            return None
        assert (refused.code, refused.field, refused.values["name"]) == ("name-taken", "name", name)
        return "alike" if "lookalike" in refused.values else "taken"

    return why


Take = Callable[..., None]
WhyNot = Callable[..., "str | None"]


def test_a_name_belongs_to_its_person_until_30_days_after_they_were_last_seen(
    log: Log, take: Take, why_not: WhyNot
) -> None:
    take("p1", "Ana")
    assert why_not("p2", "ÁNA") is None
    for name in ("Ana", "ana", "ＡＮＡ"):
        assert why_not("p2", name) == "taken"
        assert why_not("p1", name) is None
    assert why_not("p2", "Ana", NOW + 30 * DAY) == "taken"
    with pytest.raises(Refusal) as refused:
        take("p2", "ana", NOW + 30 * DAY)
    assert refused.value.code == "name-taken"
    assert log.history.person("p2") is None
    later = NOW + 20 * DAY
    log.journal.write(partial(note_seen, ids=["p1"], at=later))
    assert log.history.person("p1") == Known("Ana", later)
    assert why_not("p2", "Ana", later + 30 * DAY) == "taken"
    after = later + KEPT + NOTED + 1
    take("p2", "ana", after)
    assert why_not("p1", "Ana", after) == "taken"


def test_who_comes_back_later_gets_the_name_or_the_first_number_that_nobody_has(log: Log, take: Take) -> None:
    back = partial(take_first, wanted=("Ana", "Ana 2", "Ana 3"))
    take("p1", "Ana")
    after = NOW + KEPT + NOTED + 1
    assert log.journal.write(partial(back, person="p1", at=after)) == "Ana"
    take("p2", "Ana", 2 * after)
    take("p3", "ana 2", 2 * after)
    assert log.journal.write(partial(back, person="p1", at=2 * after)) == "Ana 3"
    assert log.history.person("p1") == Known("Ana 3", 2 * after)


@pytest.mark.parametrize("other", ["Аna", "АNА", "аnа", "Ana\u200d"])
def test_a_name_that_looks_like_that_of_somebody_else_is_not_given(take: Take, why_not: WhyNot, other: str) -> None:
    take("p1", "Ana")
    assert why_not("p2", other) == ("taken" if other == "Ana\u200d" else "alike")
    with pytest.raises(Refusal):
        take("p2", other)
    take("p1", other)
    assert why_not("p2", "ana") is not None


def test_a_capital_that_looks_like_another_letters_is_found(take: Take, why_not: WhyNot) -> None:
    take("p1", "Ηans")  # with a Greek Eta, whose small letter looks like an n
    assert why_not("p2", "hans") == "alike"
    assert why_not("p2", "Нans") == "alike"  # Cyrillic


def test_a_former_name_stays_its_persons_for_a_day_and_the_one_before_is_free(take: Take, why_not: WhyNot) -> None:
    take("p1", "Ana")
    take("p1", "Bea")
    assert why_not("p2", "Ana") == "taken"
    assert why_not("p2", "Ana", NOW + FORMER_KEPT + 1) is None
    take("p1", "Cid")
    assert why_not("p2", "Ana") is None
    assert [why_not("p2", name) for name in ("Bea", "Cid")] == ["taken", "taken"]
    take("p1", "Bea")
    take("p1", "BEA")
    assert [why_not("p2", name, NOW + 2 * DAY) for name in ("Ana", "Bea", "Cid")] == [None, "taken", None]


def test_a_new_person_who_never_comes_keeps_the_name_for_ten_minutes(log: Log, why_not: WhyNot) -> None:
    log.journal.write(partial(take_name, person="p1", name="Ana", at=NOW))
    assert why_not("p2", "Ana", NOW + NEW_KEPT) == "taken"
    assert why_not("p2", "Ana", NOW + NEW_KEPT + 1) is None
    log.journal.write(partial(take_first, person="p1", wanted=["Ana"], at=NOW + NEW_KEPT + 1))
    assert why_not("p2", "Ana", NOW + KEPT) == "taken"


def test_a_released_name_is_free_and_not_taken_back_by_a_late_note(log: Log, take: Take, why_not: WhyNot) -> None:
    take("p1", "Ana")
    log.journal.write(partial(release_names, person="p1"))
    assert why_not("p2", "Ana") is None
    log.journal.write(partial(note_seen, ids=["p1"], at=NOW))
    assert log.history.person("p1") == Known("Ana", 0)


def test_a_failed_write_changes_nothing(log: Log, take: Take, why_not: WhyNot) -> None:
    take("p1", "Ana")

    def fail(connection: Connection) -> None:
        take_name(connection, "p1", "Bea", NOW)
        raise Refusal("busy")

    with pytest.raises(Refusal):
        log.journal.write(fail)
    assert [why_not("p2", name) for name in ("Ana", "Bea")] == ["taken", None]


def test_a_look_up_costs_the_same_however_many_people_there_are(log: Log) -> None:
    """Counted in steps of SQLite's machine."""

    def steps(name: str) -> int:
        with log.database.reader.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            counted = count()
            driver.set_progress_handler(lambda: next(counted) < 0, 1)
            refusal_of(connection, name, NOW, to="nobody")
            driver.set_progress_handler(None, 0)
            return next(counted)

    def crowd(connection: Connection) -> None:
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
        for table, columns in (
            ("people", "'p' || i, 'person ' || i, 'person ' || i, 0"),
            ("names", "'person ' || i, 'p' || i, NULL"),
        ):
            connection.exec_driver_sql(f"INSERT INTO {table} {numbers} SELECT {columns} FROM n")

    steps("somebody")  # the statement is prepared
    alone = steps("somebody")
    log.journal.write(crowd)
    assert 0 < alone <= steps("somebody") <= alone + 10
    assert 0 < steps("person 77777") <= alone + 60
