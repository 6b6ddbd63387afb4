"""What one does in a room besides posting: checked and written in the journal's order, and folded when it is read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, select

from chatapp.excerpt import LENGTH
from chatapp.log.acts import EDIT_WINDOW, EDITS_LIMIT, REACTIONS_LIMIT, TOGGLES_LIMIT, Act, Delete, Edit, React, Say
from chatapp.log.places import Configure, Pin
from chatapp.log.records import add_room
from chatapp.log.schema import events
from chatapp.model import Author, Deleted, Edited, Event, Message, Present, Quote, Reacted, Reaction, Room

from ..actors import InThread, eventually
from ..conftest import Wire
from .conftest import GENERAL, Acting, Heard, Log

ANA, BOB = Author("ana", "ana"), Author("bob", "bob")
AT = "1970-01-01T00:16:40.000Z"


class Doer(Acting):
    """Hands acts over without waiting."""

    def edit(
        self, target: int, text: str, nonce: str | None = None, *, by: Author = ANA, room: Room = GENERAL
    ) -> Heard:
        return self.do(lambda heard: Edit(room, by, nonce, heard, target, text, None))

    def delete(self, target: int, nonce: str | None = None, *, by: Author = ANA, room: Room = GENERAL) -> Heard:
        return self.do(lambda heard: Delete(room, by, nonce, heard, target))

    def react(self, target: int, emoji: str, *, on: bool = True, by: Author = ANA, nonce: str | None = None) -> Heard:
        return self.do(lambda heard: React(GENERAL, by, nonce, heard, target, emoji, on))

    def reply(self, reply_to: int, text: str, nonce: str | None = None, *, room: Room = GENERAL) -> Heard:
        return self.do(lambda heard: Say(room, BOB, nonce, heard, text, None, reply_to))


@pytest.fixture
def do(log: Log) -> Doer:
    return Doer(log)


def page(log: Log) -> list[Present]:
    return log.history.page(GENERAL, before=None, limit=50).messages


# What each does.


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (partial(Edit, target=1, text="two", html=None), partial(Edit, target=1, text="two", html=None)),
        (partial(React, target=1, emoji="👍", on=True), partial(React, target=1, emoji="👍", on=True)),
        (partial(React, target=1, emoji="👍", on=True), partial(React, target=1, emoji="🎉", on=False)),
        (partial(Pin, target=1, on=True), partial(Pin, target=1, on=True)),
        (partial(React, target=1, emoji="👍", on=True), partial(Pin, target=1, on=False)),
        (partial(Configure, topic="All of it"), partial(Configure, topic="All of it", archived=False)),
    ],
)
def test_what_changes_nothing_is_answered_and_not_stored(log: Log, first: Any, again: Any) -> None:
    log.post("one").wait()
    heard = [Heard(), Heard(), Heard()]
    log.journal.append(first(GENERAL, ANA, "n1", heard[0]))
    assert (heard[0].event.seq, heard[0].first) == (2, True)
    log.journal.append(again(GENERAL, ANA, "n2", heard[1]))
    answer = heard[1].event
    assert (answer.seq, answer.nonce, answer.author, heard[1].first) == (2, "n2", ANA, False)
    assert log.told == log.stored
    assert len(log.stored) == 2
    log.journal.append(first(GENERAL, ANA, "n1", heard[2]))
    assert heard[2].event == heard[0].event  # the same nonce is the same act still


def test_an_edit_is_an_event_of_its_own_and_the_message_reads_as_the_last_one(log: Log, do: Doer) -> None:
    first = log.post("first", "n1").event
    edits = [do.edit(1, "second  line\nthird", "n2").event, do.edit(1, "last", "n3").event]
    assert edits[0] == Edited("general", 2, AT, ANA, 1, "second  line\nthird", "n2", line="second line third")
    assert log.stored == log.told == [first, *edits]
    assert page(log) == [Present("general", 1, AT, ANA, "last", "n1", edited=AT)]
    assert [version.text for version in log.history.versions(GENERAL, 1)] == ["first", "second  line\nthird", "last"]


def test_a_deleted_message_is_a_tombstone_and_keeps_its_seq(log: Log, do: Doer) -> None:
    log.post("gone", "n1")
    do.edit(1, "gone as well").wait()
    do.react(1, "👍").wait()
    assert do.delete(1, "n2").event == Deleted("general", 4, AT, ANA, 1, "n2")
    assert page(log) == [Present("general", 1, AT, ANA, "", "n1", deleted=True)]
    assert log.history.versions(GENERAL, 1) == []
    assert [event.seq for event in log.stored] == [1, 2, 3, 4]
    assert log.stored[0] == Message("general", 1, AT, ANA, "", "n1", deleted=True)
    assert log.stored[1] == Edited("general", 2, AT, ANA, 1, "")


def test_reactions_are_in_the_order_of_their_first_use_and_can_be_taken_back(log: Log, do: Doer) -> None:
    log.post("hello")
    assert do.react(1, "👍", by=BOB, nonce="n1").event == Reacted("general", 2, AT, BOB, 1, "👍", True, "n1")
    for emoji, by, on in [
        ("🎉", ANA, True),
        ("👍", ANA, True),
        ("👍", ANA, True),
        ("❤️", ANA, True),
        ("❤️", ANA, False),
        ("❤️", ANA, False),
        ("👍", BOB, False),
        ("👍", BOB, True),
    ]:
        do.react(1, emoji, by=by, on=on)
    log.journal.probe()
    assert page(log)[0].reactions == [Reaction("👍", [ANA, BOB], 2), Reaction("🎉", [ANA], 1)]
    do.react(1, "🎉", on=False).wait()
    do.react(1, "🎉").wait()
    assert [reaction.emoji for reaction in page(log)[0].reactions] == ["👍", "🎉"]
    assert log.stored == log.told


def test_reactions_that_were_stored_in_another_spelling_are_the_same(log: Log, do: Doer) -> None:
    log.post("hello")
    do.react(1, "❤", by=BOB)
    do.react(1, "❤\ufe0f").wait()
    assert page(log)[0].reactions == [Reaction("❤\ufe0f", [BOB, ANA], 2)]
    do.react(1, "❤\ufe0f", by=BOB, on=False).wait()
    assert page(log)[0].reactions == [Reaction("❤\ufe0f", [ANA], 1)]


def test_a_reply_quotes_the_message_as_it_reads_when_it_is_read(log: Log, do: Doer) -> None:
    log.post("one\ntwo", "n1")
    told = do.reply(1, "three", "n2").event
    assert told == Message(
        "general", 2, AT, BOB, "three", "n2", reply_to=1, quote=Quote(1, Author("ana", "ana"), "one two")
    )
    assert log.stored == log.told
    do.edit(1, "changed").wait()
    assert log.stored[1].quote == page(log)[1].quote == Quote(1, ANA, "changed")
    do.delete(1).wait()
    assert log.stored[1].quote == page(log)[1].quote == Quote(1, ANA, "")
    again = do.reply(1, "three", "n2")
    assert (again.event.quote, again.first) == (Quote(1, ANA, ""), False)


def test_one_may_reply_to_a_message_that_was_deleted_meanwhile(log: Log, do: Doer) -> None:
    log.post("gone")
    do.delete(1)
    assert do.reply(1, "what I had written is not lost").event.quote == Quote(1, ANA, "")


# Order and once.


def test_acts_keep_their_place_among_the_posts_of_one_batch(log: Log, do: Doer) -> None:
    with log.held():
        heard = [
            log.post("one", "n1"),
            do.edit(1, "one!", "n2"),
            log.post("two", "n3"),
            log.post("three", "n4"),
            do.reply(3, "four", "n5"),
            do.delete(3, "n6"),
            do.react(4, "👍"),
            log.post("five", "n7"),
        ]
    with_seq = [receipt.event.seq for receipt in heard[:5]]
    assert with_seq == [1, 2, 3, 4, 5]
    assert [receipt.event.seq for receipt in heard[5:]] == [6, 7, 8]
    log.journal.probe()
    assert len(log.commits) == 1
    assert [event.seq for event in log.told] == list(range(1, 9))
    assert [message.text for message in page(log)] == ["one!", "", "three", "four", "five"]


def test_many_acts_that_wait_are_more_than_one_transaction(log: Log, do: Doer) -> None:
    """Each takes as long as dozens of posts, and who posts meanwhile must not wait for a whole class's reactions."""
    log.post("one").wait()
    with log.held():
        heard = [do.react(1, "👍", by=Author(f"p{number}", "p")) for number in range(100)]
        heard.append(log.post("two"))
    assert [receipt.event.seq for receipt in heard] == list(range(2, 103))
    assert max(map(len, log.commits)) <= 20


def test_a_refused_act_harms_no_neighbour_and_takes_no_seq(log: Log, do: Doer) -> None:
    class Mistaken(Act):
        def happen(self, connection: Connection, seq: int, at: int) -> Event:
            connection.exec_driver_sql("UPDATE people SET name = 'half done'")
            raise KeyError("a bug")

    mistaken = Heard()
    with log.held():
        before = log.post("before", "n1")
        wrong = [do.edit(9, "nothing there"), do.delete(1, by=BOB), do.react(2, "👍")]
        log.journal.append(Mistaken(GENERAL, ANA, None, mistaken))
        right = do.react(1, "👍")
        after = log.post("after", "n2")
    assert [receipt.refusal.code for receipt in wrong] == ["no-such-message", "forbidden", "no-such-message"]
    assert mistaken.refusal.code == "busy"
    assert [receipt.event.seq for receipt in (before, right, after)] == [1, 2, 3]
    assert [event.seq for event in log.told] == [1, 2, 3]
    assert [receipt.answers for receipt in (*wrong, before, right, after)] == [1] * 6


def test_an_act_sent_again_is_done_once_and_its_sender_gets_the_first_event(log: Log, do: Doer) -> None:
    log.post("one", "n1")
    once = do.edit(1, "two", "n2").event
    again = do.edit(1, "second thought", "n2")
    assert (again.event, again.first) == (once, False)
    with log.held():
        twice = [do.react(1, "👍", nonce="n3"), do.react(1, "👍", nonce="n3")]
    assert [(receipt.event.seq, receipt.first) for receipt in twice] == [(3, True), (3, False)]
    assert log.stored == log.told
    assert len(log.told) == 3


def test_a_nonce_means_what_it_was_first_used_for_whatever_it_is_sent_with_later(log: Log, do: Doer) -> None:
    with log.held():
        heard = [log.post("one", "n1"), do.edit(1, "two", "n2"), log.post("three", "n2"), do.delete(1, "n1")]
        heard.append(log.post("four", "n3"))
    assert [receipt.event.seq for receipt in heard] == [1, 2, 2, 1, 3]
    assert [receipt.first for receipt in heard] == [True, True, False, False, True]
    assert [event.seq for event in log.told] == [1, 2, 3]


def test_of_many_edits_at_once_the_last_one_in_the_log_is_what_it_reads(log: Log, do: Doer) -> None:
    log.post("first")
    start = Barrier(8)

    def edit(number: int) -> list[Heard]:
        start.wait()
        return [do.edit(1, f"{number}.{turn}") for turn in range(6)]

    editors = [InThread(partial(edit, number)) for number in range(8)]
    assert len({receipt.event.seq for editor in editors for receipt in editor.outcome()}) == 48
    assert [event.seq for event in log.told] == list(range(1, 50))
    assert page(log)[0].text == log.told[-1].text == log.stored[-1].text


# Refusals.


def test_what_is_no_message_of_that_room_cannot_be_acted_upon(log: Log, do: Doer) -> None:
    other = log.journal.write(lambda connection: add_room(connection, "other", ["other"], 0, most=10_000))
    log.post("one")
    do.react(1, "👍").wait()
    for target in (0, 2, 3, 2**53 - 1):
        for heard in (do.edit(target, "x"), do.delete(target), do.react(target, "👍"), do.reply(target, "x")):
            assert heard.refusal.code == "no-such-message"
    assert do.edit(1, "x", room=other).refusal.field == "target"
    assert do.reply(1, "x", room=other).refusal.field == "reply_to"
    assert [event.seq for event in log.told] == [1, 2]


def test_somebody_elses_message_is_theirs(log: Log, do: Doer) -> None:
    log.post("mine")
    for heard in (do.edit(1, "yours", by=BOB), do.delete(1, by=BOB)):
        assert (heard.refusal.code, heard.refusal.field) == ("forbidden", "target")


def test_a_deleted_message_takes_nothing_more(log: Log, do: Doer) -> None:
    log.post("gone")
    do.delete(1).wait()
    for heard in (do.edit(1, "back"), do.delete(1), do.react(1, "👍"), do.react(1, "👍", on=False)):
        assert heard.refusal.code == "no-such-message"
    assert page(log)[0].text == ""


def test_a_message_can_be_edited_for_15_minutes_and_deleted_always(make_log: Callable[..., Log]) -> None:
    now = [1_000.0]
    log = make_log(clock=lambda: now[0])
    do = Doer(log)
    log.post("first").wait()
    now[0] += EDIT_WINDOW
    do.edit(1, "in time").wait()
    now[0] += 0.001
    refusal = do.edit(1, "too late").refusal
    assert (refusal.code, refusal.values) == ("too-late", {"n": 15})
    now[0] -= 2 * EDIT_WINDOW + 1  # the clock was ahead, and is put back: nobody knows how old the message is
    assert do.edit(1, "for ever").refusal.code == "too-late"
    assert page(log)[0].text == "in time"
    assert do.delete(1).event.seq == 3


def test_a_message_has_20_kinds_of_reactions_and_any_number_of_each(log: Log, do: Doer) -> None:
    log.post("popular")
    kinds = [chr(0x1F600 + number) for number in range(REACTIONS_LIMIT + 1)]
    for emoji in kinds[:REACTIONS_LIMIT]:
        do.react(1, emoji)
    refusal = do.react(1, kinds[-1]).refusal
    assert (refusal.code, refusal.values) == ("too-many", {"n": REACTIONS_LIMIT})
    do.react(1, kinds[0], by=BOB).wait()
    do.react(1, kinds[-1], on=False).wait()
    do.react(1, kinds[1], on=False)
    assert do.react(1, kinds[-1]).event.emoji == kinds[-1]
    assert len(page(log)[0].reactions) == REACTIONS_LIMIT


def test_a_message_is_edited_and_reacted_to_a_limited_number_of_times_by_one_person(log: Log, do: Doer) -> None:
    log.post("mine")
    with log.held():
        edits = [do.edit(1, str(number)) for number in range(EDITS_LIMIT + 1)]
        toggles = [do.react(1, "👍", on=number % 2 == 0) for number in range(TOGGLES_LIMIT + 1)]
        bobs = do.react(1, "🎉", by=BOB)
    assert (edits[-1].refusal.code, edits[-1].refusal.values) == ("too-many", {"n": EDITS_LIMIT, "edits": True})
    assert (toggles[-1].refusal.code, toggles[-1].refusal.values) == (
        "too-many",
        {"n": TOGGLES_LIMIT, "reactions": True},
    )
    bobs.wait()
    assert len(log.told) == 1 + EDITS_LIMIT + TOGGLES_LIMIT + 1
    (message,) = page(log)
    assert (message.text, message.reactions) == (str(EDITS_LIMIT - 1), [Reaction("🎉", [BOB], 1)])
    assert len(log.history.versions(GENERAL, 1)) == 1 + EDITS_LIMIT
    assert do.reply(1, "how it reads now").event.quote == Quote(1, ANA, str(EDITS_LIMIT - 1))


def test_the_size_of_what_was_missed_counts_quotes_and_lines(log: Log, do: Doer) -> None:
    log.post("x" * 200)
    do.react(1, "👍")
    do.edit(1, "xyz")
    do.reply(1, "y").wait()
    assert log.history.size(GENERAL, after=2, upto=4) == 3 + LENGTH + 1 + LENGTH
    assert log.history.size(GENERAL, after=0, upto=1) == 200


def test_a_kind_that_all_have_taken_back_makes_room_and_one_that_somebody_kept_does_not(log: Log, do: Doer) -> None:
    log.post("popular")
    kinds = [chr(0x1F600 + number) for number in range(REACTIONS_LIMIT)]
    for by in (ANA, BOB):
        for on in (True, False, True, True):
            for emoji in kinds:
                do.react(1, emoji, by=by, on=on)
    for emoji in kinds[1:]:
        do.react(1, emoji, on=False)
    assert do.react(1, "🎉").refusal.code == "too-many"
    do.react(1, kinds[0], on=False).wait()
    assert do.react(1, "🎉").refusal.code == "too-many"
    do.react(1, kinds[0], by=BOB, on=False).wait()
    assert do.react(1, "🎉").event.emoji == "🎉"


def test_a_locked_database_refuses_acts_as_busy_and_tells_nobody(log: Log, do: Doer) -> None:
    log.post("one").wait()
    with log.locked():
        assert do.edit(1, "two").refusal.code == "busy"
    assert len(log.told) == len(log.stored) == 1
    assert do.edit(1, "two").event.seq == 2


# What is deleted is gone.


def test_a_deleted_text_is_in_no_row_and_in_no_page_of_the_file(log: Log, do: Doer) -> None:
    secret = "Grüße, 9f3a61 "
    texts = [f"{secret}{number} " * (1 + number % 7 * 60) for number in range(60)]
    for number, text in enumerate(texts):
        log.post(f"before {number} " * 20)
        seq = log.post(text).event.seq
        do.reply(seq, "an answer")
        do.edit(seq, f"{text} again")
        do.react(seq, "👍")
        do.delete(seq)
        log.post(f"after {number} " * 20)
    log.journal.probe()
    assert secret not in str(log.stored)
    with closing(sqlite3.connect(log.path)) as raw:
        tables = raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'message_index'"
        ).fetchall()
        assert secret not in str([raw.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in tables])
    assert secret.encode() in log.path.with_name(log.path.name + "-wal").read_bytes()
    assert log.journal.empty_wal()
    for file in (log.path, log.path.with_name(log.path.name + "-wal")):
        assert secret.encode() not in file.read_bytes()
    do.reply(1, "and it goes on").wait()
    log.close()  # what waits in the write-ahead log goes into the file, and the write-ahead log goes
    assert not log.path.with_name(log.path.name + "-wal").exists()
    assert secret.encode() not in log.path.read_bytes()


def test_the_write_ahead_log_is_emptied_a_moment_after_something_was_deleted(app: Flask, wire: Wire) -> None:
    secret = "9f3a61 in no file"
    folder = Path(app.config["DATA"])

    def found() -> list[str]:
        return [path.name for path in folder.glob("chat.sqlite3*") if secret.encode() in path.read_bytes()]

    ana = wire.enter("Ana")
    ana.hear(nonce=ana.post(secret))
    assert found()
    ana.say("delete", room="general", target=1, nonce="d")
    ana.hear("deleted")
    eventually(lambda: not found())
    assert ana.hear("message", nonce=ana.post("it goes on"))["seq"] == 3


def test_who_reads_for_long_keeps_the_write_ahead_log_and_stops_nobody(log: Log) -> None:
    log.post("one").wait()
    with log.database.reader.connect() as connection:
        assert connection.execute(select(events.c.text)).all()
        log.post("two").wait()
        assert not log.journal.empty_wal()
        log.post("three").wait()
        assert len(connection.execute(select(events.c.text)).all()) == 1
    assert log.journal.empty_wal()
    assert [event.text for event in log.stored] == ["one", "two", "three"]
