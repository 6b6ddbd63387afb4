"""The writes that are no events: rooms, names, read markers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from chatapp.log.people import take_name
from chatapp.log.places import Configure, rooms_called
from chatapp.log.records import add_room, move_markers
from chatapp.model import Author, Refusal, RoomState
from chatapp.rooms.names import slugs

from ..actors import standings
from .conftest import Heard, Log


def test_a_room_that_was_made_is_found_at_its_slug(log: Log) -> None:
    made = log.journal.write(lambda connection: add_room(connection, "Café", ["café"], 1_000, most=10_000))
    assert made == RoomState(2, "café", "Café", 0) == log.history.room("café")


def test_a_second_room_at_one_slug_is_refused_and_named(log: Log) -> None:
    with pytest.raises(Refusal) as refused:
        log.journal.write(lambda connection: add_room(connection, "General", ["general"], 0, most=9))
    assert (refused.value.code, refused.value.field) == ("name-taken", "name")
    assert refused.value.values == {"name": "General", "slug": "general"}


def test_rooms_whose_names_differ_and_whose_slugs_do_not_are_several(log: Log) -> None:
    for name, slug in (("C", "c"), ("C++", "c-2"), ("C#", "c-3")):
        made = log.journal.write(partial(add_room, name=name, slugs=slugs(name), at=0, most=10_000))
        assert (made.name, made.slug) == (name, slug)
    with pytest.raises(Refusal) as refused:
        log.journal.write(partial(add_room, name="c#", slugs=slugs("c#"), at=0, most=10_000))
    assert refused.value.values["slug"] == "c-3"


def test_a_slug_that_many_rooms_share_costs_each_new_one_a_bounded_number_of_look_ups(log: Log) -> None:
    names = [f"x{'!' * number}" for number in range(1, 61)]
    tried = []

    def counted(name: str) -> Iterator[str]:
        tried.append(0)
        for slug in slugs(name):
            tried[-1] += 1
            yield slug

    made = [
        log.journal.write(partial(add_room, name=name, slugs=counted(name), at=0, most=10_000)).slug for name in names
    ]
    assert made[:3] == ["x", "x-2", "x-3"]
    assert len(set(made)) == len(names)
    assert max(tried) <= 22
    assert max(map(len, made)) <= 64


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (["CAFE da manha"], ["café-da-manhã"]),
        (["café-da-manhã"], ["café-da-manhã"]),
        (["Cafe-Da-Manha"], ["café-da-manhã"]),
        (["tea", "General", "cafe"], ["general", "tea", "tea-2"]),
        (["nothing"], []),
        ([], []),
    ],
)
def test_rooms_are_found_by_name_and_slug_without_case_and_accents(
    log: Log, written: list[str], found: list[str]
) -> None:
    for name, slug in (("Café da manhã", "café-da-manhã"), ("Tea", "tea"), ("Téa", "tea-2")):
        log.journal.write(partial(add_room, name=name, slugs=[slug], at=0, most=10_000))
    with log.database.reader.connect() as connection:
        assert [room.slug for room in rooms_called(connection, written)] == found


def test_a_renamed_room_is_found_by_its_new_name_and_its_old_slug(log: Log) -> None:
    room = log.journal.write(partial(add_room, name="Tea", slugs=["tea"], at=0, most=10_000))
    heard = Heard()
    log.journal.append(Configure(room, Author("ana", "Ana"), None, heard, name="Chá"))
    heard.wait()
    with log.database.reader.connect() as connection:
        assert [rooms_called(connection, [name])[0].name for name in ("cha", "tea")] == ["Chá", "Chá"]


@pytest.mark.parametrize("other", ["Теа", "tеа", "ΤEA", "Ｔea"])
def test_a_room_whose_name_looks_like_that_of_another_is_neither_made_nor_renamed_so(log: Log, other: str) -> None:
    log.journal.write(partial(add_room, name="Tea", slugs=["tea"], at=0, most=9))
    room = log.journal.write(partial(add_room, name="Other", slugs=["other"], at=0, most=9))
    with pytest.raises(Refusal) as refused:
        log.journal.write(partial(add_room, name=other, slugs=["new"], at=0, most=9))
    like = {} if other == "Ｔea" else {"like_room": "Tea"}
    assert (refused.value.code, refused.value.values) == ("name-taken", {"name": other, "slug": "tea", **like})
    heard = Heard()
    log.journal.append(Configure(room, Author("ana", "Ana"), None, heard, name=other))
    assert heard.refusal.values["slug"] == "tea"
    heard = Heard()
    log.journal.append(Configure(room, Author("ana", "Ana"), None, heard, name="Оther"))  # its own, in Cyrillic
    heard.wait()


def test_a_name_is_replaced_by_a_later_one(log: Log) -> None:
    for name in ("Ana", "Anna", "Anna"):
        log.journal.write(partial(take_name, person="p1", name=name, at=0))
        assert log.name_of("p1") == name


def test_a_read_marker_moves_forward_never_back_never_past_the_newest_event(log: Log) -> None:
    for number in range(5):
        assert log.post(str(number)).event.seq == number + 1
    moves = [(2, 2, 2), (1, None, 2), (2, None, 2), (4, 4, 4), (99, 5, 5), (99, None, 5), (0, None, 5)]
    for seq, moved, stands in moves:
        stood = log.journal.write(partial(move_markers, wanted={("p1", 1): seq}))
        assert stood == ({} if moved is None else {("p1", 1): moved}, [])
        assert standings(log.history, "p1")[1].read == stands
