"""Whom a text names: accents left out, names with blanks, namesakes, people who are here and who have been here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count

import pytest

from chatapp.log.people import KEPT, NOTED, take_name
from chatapp.model import Person
from chatapp.rooms.directory import NAMESAKES_MOST, Directory
from chatapp.rooms.presence import Presence

from ..log.conftest import Log

Known = Callable[..., None]


@pytest.fixture
def presence() -> Presence:
    return Presence(linger=0, clock=lambda: 1.0)


@pytest.fixture
def directory(log: Log, presence: Presence) -> Directory:
    return Directory(log.history, presence)


@pytest.fixture
def known(log: Log) -> Known:
    """Puts people into the log, by id and name: so long one after the other that a name is free again."""
    times = count(step=KEPT + NOTED + 1)

    def write(**names: str) -> None:
        for person, name in names.items():
            log.journal.write(partial(take_name, person=person, name=name, at=next(times)))

    return write


def test_people_are_found_by_their_names_as_a_reader_reads_them(directory: Directory, known: Known) -> None:
    known(p1="João Prado", p2="João", p3="Zoë-K")
    assert directory.names_in("hi @joao prado and @ZOE-K, @JOÃO") == {
        "joao prado": ("p1",),
        "joao": ("p2",),
        "ZOE-K": ("p3",),
        "JOÃO": ("p2",),
    }
    assert directory.names_in("@Joa\u0303o") == {"Joa\u0303o": ("p2",)}
    assert directory.names_in("@nobody, joao@example.org") == {}


def test_who_bears_the_name_as_written_goes_before_those_with_accents(directory: Directory, known: Known) -> None:
    known(p1="Jose", p2="José", p3="Josè")
    assert directory.names_in("@jose @José") == {"jose": ("p1",), "José": ("p2",)}
    known(p1="Other")
    assert directory.names_in("@jose") == {"jose": ("p2", "p3")}


def test_all_namesakes_are_meant_whoever_is_online(directory: Directory, known: Known, presence: Presence) -> None:
    known(p1="Ana", p2="Ana", p3="Aná")
    presence.connect(Person("p2", "Ana", "member"))
    presence.connect(Person("guest-1", "Aná"))
    assert set(directory.names_in("@Ana")["Ana"]) == {"p1", "p2"}
    assert set(directory.names_in("@aná")["aná"]) == {"p3", "guest-1"}
    assert set(directory.names_in("@anà")["anà"]) == {"p1", "p2", "p3", "guest-1"}


def test_a_crowd_of_namesakes_is_not_mentioned_as_a_whole(directory: Directory, known: Known) -> None:
    known(**{f"p{number}": "Ana" for number in range(NAMESAKES_MOST + 1)})
    assert len(directory.names_in("@Ana")["Ana"]) == NAMESAKES_MOST


def test_a_guest_is_found_while_online_under_the_present_name(directory: Directory, presence: Presence) -> None:
    presence.connect(Person("guest-1", "Gíl"))
    assert directory.names_in("@gil") == {"gil": ("guest-1",)}
    with presence.renaming("guest-1", "Bob"):
        assert directory.names_in("@gil @bob") == {"gil": ("guest-1",)}
    assert directory.names_in("@gil @bob") == {"bob": ("guest-1",)}
    presence.disconnect("guest-1")
    presence.changes()
    assert directory.names_in("@gil @bob") == {}


def test_everybody_has_a_name_that_nobody_can_take(directory: Directory, known: Known) -> None:
    known(p1="All", p2="All Saints")
    assert directory.names_in("@ALL Saints @todos") == {"ALL": (), "ALL Saints": ("p2",), "todos": ()}
