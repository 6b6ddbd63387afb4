"""Whom messages mean, and how people stand in rooms: written with the message, read by the person."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import func, insert, select

from chatapp.log.acts import Act, Call, Delete, Edit, Say
from chatapp.log.calls import FOLLOWERS_COUNTED
from chatapp.log.posts import Mark
from chatapp.log.records import add_room, move_markers
from chatapp.log.schema import markers, mentions
from chatapp.log.standings import COUNTED_AT_MOST, save_level
from chatapp.model import Author, Message, Present, Refusal, Room, Standing

from ..actors import standings
from .conftest import GENERAL, Heard, Log
from .cost import Cost

ANA, BOB = Author("ana", "ana"), Author("bob", "bob")


def do(log: Log, act: Act) -> Heard:
    heard = act.receipt
    assert isinstance(heard, Heard)
    log.journal.append(act)
    return heard


def say(log: Log, text: str, call: Call, *, room: Room = GENERAL, nonce: str | None = None) -> Heard:
    return do(log, Say(room, ANA, nonce, Heard(), text, None, None, call))


def edit(log: Log, target: int, text: str, call: Call) -> Heard:
    return do(log, Edit(GENERAL, ANA, None, Heard(), target, text, None, call))


def read(log: Log, person: str, seq: int, room: Room = GENERAL) -> None:
    log.journal.write(lambda connection: move_markers(connection, {(person, room.id): seq}))


def called(log: Log, person: str) -> list[tuple[str, int]]:
    return [(message.room, message.seq) for _, message in log.history.calls(person, before=None, limit=100)]


def test_a_message_is_in_the_list_of_those_whom_it_means(log: Log) -> None:
    call = Call(("bob", "zoe"))
    told = say(log, "@bob and @zoe", call, nonce="n1").event
    assert told == Message("general", 1, told.at, ANA, "@bob and @zoe", "n1", mentions=("bob", "zoe"))
    assert set(call.reached) == {"bob", "zoe"}
    assert log.stored == log.told == [told]
    [(_, message)] = log.history.calls("bob", before=None, limit=5)
    assert message == Present("general", 1, told.at, ANA, told.text, "n1", mentions=("bob", "zoe"))
    assert called(log, "zoe") == [("general", 1)]
    assert called(log, "ana") == []


def test_the_list_is_read_a_page_at_a_time_over_all_rooms(log: Log) -> None:
    other = log.journal.write(lambda connection: add_room(connection, "Other", ["other"], 0, most=10_000))
    for number in range(1, 6):
        say(log, f"@bob {number}", Call(("bob",)), room=other if number % 2 else GENERAL)
    log.journal.probe()
    first = log.history.calls("bob", before=None, limit=2)
    then = log.history.calls("bob", before=first[-1][0], limit=10)
    assert [message.text for _, message in [*first, *then]] == [f"@bob {number}" for number in (5, 4, 3, 2, 1)]


def test_an_edit_changes_whom_a_message_means(log: Log) -> None:
    say(log, "@bob", Call(("bob",))).wait()
    call = Call(("bob", "zoe"))
    assert edit(log, 1, "@bob @zoe", call).event.mentions == ("bob", "zoe")
    assert call.reached == ["zoe"]
    edit(log, 1, "@zoe", Call(("zoe",))).wait()
    assert (called(log, "bob"), called(log, "zoe")) == ([], [("general", 1)])
    [(_, message)] = log.history.calls("zoe", before=None, limit=5)
    assert (message.text, message.mentions) == ("@zoe", ("zoe",))
    edit(log, 1, "nobody", Call()).wait()
    assert (called(log, "zoe"), log.stored[-1].mentions) == ([], ())


def test_a_deleted_message_means_nobody(log: Log) -> None:
    say(log, "@bob", Call(("bob",))).wait()
    do(log, Delete(GENERAL, ANA, None, Heard(), 1)).wait()
    assert called(log, "bob") == []
    assert log.stored[0] == Message("general", 1, log.stored[0].at, ANA, "", deleted=True)


def test_everybody_is_who_has_been_in_the_room_and_who_is_there_and_has_to_be_confirmed(log: Log) -> None:
    log.post("hello").wait()
    for person in ("ana", "bob", "zoe"):
        read(log, person, 1)
    refused = say(log, "@all", Call(everybody=True, present=("guest",))).refusal
    assert (refused.code, refused.field, refused.count) == ("confirm-all", "all", 3)
    assert [event.seq for event in log.stored] == [1]
    call = Call(everybody=True, confirmed=True, present=("guest",), online=("ana", "bob", "guest"))
    told = say(log, "@all", call).event
    assert (told.seq, told.all, told.mentions) == (2, True, ())
    assert set(call.reached) == {"bob", "guest"}
    assert [called(log, person) for person in ("bob", "zoe", "guest", "ana")] == [[("general", 2)]] * 3 + [[]]
    assert [standings(log.history, person)[1].mentions for person in ("bob", "zoe", "guest", "ana")] == [1, 1, 1, 0]


def test_a_call_of_everybody_is_one_row_however_many_follow_the_room(log: Log) -> None:
    rows = [{"person_id": f"p{number}", "room_id": 1, "seq": 0} for number in range(50_000)]
    log.journal.write(lambda connection: connection.execute(insert(markers), rows))
    refused = say(log, "@all", Call(everybody=True)).refusal
    assert (refused.code, refused.count) == ("confirm-all", FOLLOWERS_COUNTED)
    with Cost(log.database.writer) as cost:
        for number in range(1, 4):
            said = say(log, f"@p7 and @all {number}", Call(("p7",), everybody=True, confirmed=True))
            assert said.event.seq == number
    assert cost.rows < 500
    counted = select(func.count()).select_from(mentions)
    assert log.journal.write(lambda connection: connection.execute(counted).scalar_one()) == 3 * 2
    assert standings(log.history, "p49999") == standings(log.history, "p7") == {1: Standing(0, 3, 3)}
    read(log, "p49999", 2)
    assert standings(log.history, "p49999") == {1: Standing(2, 1, 1)}
    for person in ("p49999", "p7"):
        with Cost(log.database.reader) as cost:
            first = log.history.calls(person, before=None, limit=2)
        assert cost.rows < 500
        then = log.history.calls(person, before=first[-1][0], limit=2)
        assert [message.seq for _, message in (*first, *then)] == [3, 2, 1]
    do(log, Delete(GENERAL, ANA, None, Heard(), 3)).wait()
    assert called(log, "p7") == called(log, "p49999") == [("general", 2), ("general", 1)]
    assert standings(log.history, "p49999") == {1: Standing(2)}


def test_who_follows_a_room_is_found_among_any_number_of_people(log: Log) -> None:
    for person in ("p3", "p1999", "elsewhere"):
        read(log, person, 0)
    people = {f"p{number}" for number in range(2_000)}
    assert log.history.following(GENERAL, people) == {"p3", "p1999"}


def test_an_edit_of_what_called_everybody_asks_nothing_and_calls_nobody_anew(log: Log) -> None:
    say(log, "@all helo", Call(everybody=True, confirmed=True, present=("bob",))).wait()
    call = Call(everybody=True, present=("bob", "late"))
    assert edit(log, 1, "@all hello", call).event.all is True
    assert call.reached == []
    assert (called(log, "bob"), called(log, "late")) == ([("general", 1)], [])
    log.post("plain").wait()
    assert edit(log, 3, "@all", Call(everybody=True, present=("bob",))).refusal.code == "confirm-all"
    edit(log, 1, "hello", Call()).wait()
    assert called(log, "bob") == []


def test_what_is_sent_twice_calls_once(log: Log) -> None:
    first, second = Call(("bob",)), Call(("bob",))
    say(log, "@bob", first, nonce="n1").wait()
    again = say(log, "@bob", second, nonce="n1")
    assert (again.event.seq, again.first, second.reached) == (1, False, [])
    assert len(called(log, "bob")) == 1


def test_a_call_shares_the_fate_of_its_message(log: Log) -> None:
    with log.held():
        refused = do(log, Say(GENERAL, ANA, None, Heard(), "@bob", None, 99, Call(("bob",))))
        stored = say(log, "@zoe", Call(("zoe",)))
    assert (refused.refusal.code, stored.event.seq) == ("no-such-message", 1)
    assert (called(log, "bob"), called(log, "zoe")) == ([], [("general", 1)])


def test_a_person_stands_where_they_have_read_and_what_came_since_is_counted(log: Log) -> None:
    log.post("one").wait()
    assert standings(log.history, "bob") == {}
    read(log, "bob", 1)
    say(log, "@bob", Call(("bob",))).wait()
    log.post("three").wait()
    log.post("own", author="bob").wait()
    assert standings(log.history, "bob") == {1: Standing(1, 2, 1)}
    do(log, Delete(GENERAL, ANA, None, Heard(), 3)).wait()
    edit(log, 1, "uno", Call()).wait()
    assert standings(log.history, "bob") == {1: Standing(1, 1, 1)}
    read(log, "bob", 6)
    assert standings(log.history, "bob") == {1: Standing(6)}


def test_a_mention_counts_where_one_has_never_been(log: Log) -> None:
    say(log, "@bob", Call(("bob",))).wait()
    assert standings(log.history, "bob") == {1: Standing(None, 0, 1)}


def test_nobody_counts_further_than_to_a_hundred(log: Log) -> None:
    read(log, "bob", 0)
    with log.held():
        for _ in range(COUNTED_AT_MOST + 20):
            say(log, "@bob", Call(("bob",)))
    log.journal.probe()
    assert standings(log.history, "bob") == {1: Standing(0, COUNTED_AT_MOST, COUNTED_AT_MOST)}


@pytest.mark.parametrize("levels", [["mentions"], ["none", "mentions"], ["mentions", "all"], ["all"]])
def test_a_level_is_a_persons_own_and_the_last_one_holds(log: Log, levels: list[str]) -> None:
    for level in levels:
        log.journal.write(partial(save_level, person="bob", room_id=1, level=level))
    assert standings(log.history, "bob").get(1, Standing()).level == levels[-1]
    assert standings(log.history, "ana") == {}


def test_a_marker_of_two_devices_goes_forward_only(log: Log) -> None:
    moved: list[int] = []
    for _ in range(3):
        log.post("x").wait()

    def never(refused: Refusal) -> None:
        raise AssertionError(refused.code)

    for seq in (2, 1, 3, 2):
        log.journal.mark(Mark("bob", 1, seq, moved.append, never))
        log.journal.probe()
    assert moved == [2, 3]
    assert standings(log.history, "bob")[1].read == 3
