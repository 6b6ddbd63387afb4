"""The journal: one order, stored before told, once, and what happens when the disk says no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Barrier, Event

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.event import listen

from chatapp.log.journal import BATCH_LIMIT
from chatapp.log.people import take_name
from chatapp.log.posts import Post
from chatapp.log.records import add_room
from chatapp.log.schema import markers, meta, people
from chatapp.log.transaction import ROWS_AT_ONCE
from chatapp.model import Author, Message, Refusal, Room

from ..actors import PATIENCE, InThread, eventually
from .conftest import GENERAL, Heard, Log


def busy(call: Callable[[], object]) -> Refusal:
    """The refusal of a call that must be refused as `busy`."""
    with pytest.raises(Refusal) as refused:
        call()
    assert refused.value.code == "busy"
    return refused.value


# One order.


def test_a_message_is_stored_as_it_was_posted_and_numbered_from_1(make_log: Callable[..., Log]) -> None:
    log = make_log(clock=lambda: 1_700_000_000.1234)
    event = log.post("olá  mundo\n", "n1").event
    assert event == Message("general", 1, "2023-11-14T22:13:20.123Z", Author("ana", "ana"), "olá  mundo\n", "n1")
    assert log.stored == log.told == [event]


def test_events_of_many_threads_are_told_in_the_order_of_their_seqs_without_a_gap(log: Log) -> None:
    def make(name: str) -> Room:
        return log.journal.write(lambda connection: add_room(connection, name, [name], 0, most=10_000))

    rooms = [GENERAL, make("a"), make("b")]
    start = Barrier(8)

    def write(author: str) -> list[Heard]:
        start.wait()
        return [log.post(str(number), author=author, room=rooms[number % 3]) for number in range(120)]

    writers = [InThread(partial(write, f"writer-{number}")) for number in range(8)]
    heard = [receipt for writer in writers for receipt in writer.outcome()]
    assert len({(receipt.event.room, receipt.event.seq) for receipt in heard}) == 8 * 120
    for room in rooms:
        told = [event for event in log.told if event.room == room.slug]
        assert [event.seq for event in told] == list(range(1, 8 * 40 + 1))
        assert told == log.history.missed(room, after=0, upto=1_000_000)
        assert log.history.room(room.slug).head == 8 * 40
        for number in range(8):
            own = [int(event.text) for event in told if event.author.id == f"writer-{number}"]
            assert own == sorted(own)


def test_what_waits_while_a_commit_runs_is_committed_together(log: Log) -> None:
    with log.held():
        heard = [log.post(str(number), f"n{number}") for number in range(200)]
        commits: list[Connection] = []
        listen(log.database.writer, "commit", commits.append)
    assert [receipt.event.seq for receipt in heard] == list(range(1, 201))
    log.journal.probe()  # behind everything
    assert len(log.commits) == 1
    assert len(commits) == 3  # the one that was held, the 200, the probe


def test_what_waits_while_the_last_ones_are_being_told_is_committed_together(make_log: Callable[..., Log]) -> None:
    told = Event()
    log = make_log(catch_up=lambda _timeout: told.wait(PATIENCE))
    heard = [log.post(str(number)) for number in range(50)]
    assert log.stored == []
    told.set()
    assert [receipt.event.seq for receipt in heard] == list(range(1, 51))
    log.close()
    assert len(log.commits) == 1


def test_more_than_one_batch_can_wait_and_keeps_its_order(log: Log) -> None:
    many = BATCH_LIMIT * 2 + 7
    with log.held():
        heard = [log.post(str(number)) for number in range(many)]
    assert [receipt.event.text for receipt in heard] == [str(number) for number in range(many)]
    assert [event.seq for event in log.told] == list(range(1, many + 1))
    assert max(len(commit) for commit in log.commits) <= BATCH_LIMIT


@pytest.mark.parametrize("size", [1, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, 2 * ROWS_AT_ONCE])
def test_a_batch_of_any_size_is_stored_as_it_was_told(log: Log, size: int) -> None:
    with log.held():
        heard = [log.post(f"text {number}", f"n{number}") for number in range(size)]
    assert [receipt.event.text for receipt in heard] == [f"text {number}" for number in range(size)]
    assert log.stored == log.told
    assert [event.seq for event in log.stored] == list(range(1, size + 1))


def test_an_event_is_on_disk_by_the_time_it_is_told(tmp_path: Path) -> None:
    readable: list[bool] = []
    log = Log(tmp_path / "chat.sqlite3", publish=lambda told: readable.append(log.stored[-len(told) :] == told))
    for number in range(5):
        assert log.post(str(number)).event.seq == number + 1
    log.close()
    assert readable == [True] * 5


# Once.


def test_a_nonce_sent_again_is_stored_once_and_its_sender_gets_the_first_event(log: Log) -> None:
    once = log.post("first", "n1").event
    again = log.post("second thought", "n1")
    assert again.event == once
    assert again.first is False
    assert log.stored == log.told == [once]


def test_a_nonce_sent_twice_in_one_batch_is_stored_once(log: Log) -> None:
    with log.held():
        heard = [log.post("hello", "n1"), log.post("hello", "n1"), log.post("other", "n2"), log.post("hello", "n1")]
    assert [receipt.event.seq for receipt in heard] == [1, 1, 2, 1]
    assert [receipt.first for receipt in heard] == [True, False, True, False]
    assert [event.seq for event in log.told] == [1, 2]


def test_a_nonce_sent_by_many_threads_at_once_is_stored_once(log: Log) -> None:
    start = Barrier(16)

    def send() -> list[Heard]:
        start.wait()
        return [log.post("hello", f"n{number}") for number in range(40)]

    heard = [receipt for sender in [InThread(send) for _ in range(16)] for receipt in sender.outcome()]
    assert Counter(receipt.event.seq for receipt in heard) == dict.fromkeys(range(1, 41), 16)
    assert sum(receipt.first is True for receipt in heard) == 40
    assert [event.seq for event in log.stored] == [event.seq for event in log.told] == list(range(1, 41))


def test_old_nonces_among_new_ones_leave_no_gap(log: Log) -> None:
    first = [log.post("a", "n1").event, log.post("b", "n2").event]
    with log.held():
        heard = [log.post(nonce, nonce) for nonce in ("n1", "n3", "n2", "n4", "n3")]
    assert [receipt.event.seq for receipt in heard] == [1, 3, 2, 4, 3]
    assert [heard[0].event, heard[2].event] == first
    assert [event.seq for event in log.stored] == [event.seq for event in log.told] == [1, 2, 3, 4]


def test_an_old_nonce_among_rows_that_are_inserted_together_leaves_no_gap(log: Log) -> None:
    first = log.post("first", f"n{ROWS_AT_ONCE}").event
    with log.held():
        heard = [log.post("again", f"n{number}") for number in range(2 * ROWS_AT_ONCE)]
    assert heard[ROWS_AT_ONCE].event == first
    assert (
        [event.seq for event in log.stored] == [event.seq for event in log.told] == list(range(1, 2 * ROWS_AT_ONCE + 1))
    )


def test_one_nonce_of_two_authors_is_two_messages(log: Log) -> None:
    with log.held():
        heard = [log.post("hello", "n1", author=author) for author in ("ana", "bob")]
    assert [receipt.event.author.id for receipt in heard] == ["ana", "bob"]
    assert [receipt.event.seq for receipt in heard] == [1, 2]


def test_a_nonce_belongs_to_the_room_where_it_was_first_used(log: Log) -> None:
    other = log.journal.write(lambda connection: add_room(connection, "other", ["other"], 0, most=10_000))
    first = log.post("hello", "n1").event
    assert log.post("hello", "n1", room=other).event == first
    assert log.history.room("other").head == 0


def test_messages_without_a_nonce_are_each_stored(log: Log) -> None:
    with log.held():
        heard = [log.post("hello") for _ in range(3)]
    assert [receipt.event.seq for receipt in heard] == [1, 2, 3]
    assert [receipt.first for receipt in heard] == [True, True, True]


def test_a_nonce_outlives_the_server(make_log: Callable[..., Log]) -> None:
    first = make_log().post("hello", "n1").event
    again = make_log().post("hello", "n1")
    assert (again.event, again.first) == (first, False)


def test_every_post_is_answered_exactly_once(log: Log) -> None:
    with log.held():
        heard = [log.post(str(number), f"n{number % 7}") for number in range(50)]
    log.journal.probe()
    assert [receipt.answers for receipt in heard] == [1] * 50


# When the disk says no.


def test_a_locked_database_refuses_as_busy_tells_nobody_and_recovers(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    with log.locked():
        refusal = log.post("hello", "n1").refusal
        assert (refusal.code, refusal.retry_after) == ("busy", 1.0)
        assert refusal.values["reason"] == "database is locked"
        busy(log.journal.probe)
    assert log.told == log.stored == []
    assert log.post("hello", "n1").event.seq == 1
    assert [record.getMessage() for record in caplog.records] == [  # each once, however many were refused
        "The log cannot be written: database is locked",
        "The log can be written again",
    ]


def test_a_full_disk_refuses_as_busy_tells_nobody_and_recovers(log: Log) -> None:
    def may_grow_to(pages: int) -> None:
        log.journal.write(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar())

    first = log.post("fits").event
    may_grow_to(1)  # SQLite takes the present size then
    with log.held():
        heard = [log.post("x" * 10_000, f"n{number}") for number in range(20)]
    assert [receipt.refusal.code for receipt in heard] == ["busy"] * 20
    assert "full" in str(heard[0].refusal.values["reason"])
    assert log.told == log.stored == [first]
    may_grow_to(100_000)
    assert [log.post("x" * 10_000, f"n{number}").event.seq for number in range(20)] == list(range(2, 22))


def test_a_disk_that_is_full_during_a_change_refuses_it_as_busy(log: Log) -> None:
    def fill(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1").scalar()
        for number in range(100):
            connection.execute(insert(people).values(id=f"p{number}", name="x" * 10_000))

    with log.held():
        change = log.change(fill)
        heard = log.post("hello")
    assert "full" in str(busy(change.outcome).values["reason"])
    assert heard.refusal.code == "busy"
    assert log.name_of("p0") is None
    log.journal.write(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 100000").scalar())
    assert log.post("hello").event.seq == 1


def test_a_commit_that_fails_at_its_very_end_tells_nobody(log: Log) -> None:
    def break_at_commit(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.execute(insert(markers).values(person_id="x", room_id=404, seq=1))

    first = log.post("before").event
    with log.held():
        change = log.change(break_at_commit)
        heard = log.post("hello", "n1")
    busy(change.outcome)
    assert heard.refusal.code == "busy"
    assert log.told == log.stored == [first]
    assert log.post("hello", "n1").event.seq == 2


def test_a_change_that_is_refused_fails_alone_and_leaves_nothing_behind(log: Log) -> None:
    def half_done(connection: Connection) -> None:
        take_name(connection, "p1", "half", 0)
        raise Refusal("name-taken")

    def doubled(connection: Connection) -> None:
        connection.execute(insert(people).values(id="p2", name="one"))
        connection.execute(insert(people).values(id="p2", name="two"))

    with log.held():
        changes = [log.change(half_done), log.change(doubled)]
        fine = log.change(lambda connection: take_name(connection, "p3", "fine", 0))
        heard = log.post("hello")
    for change, wrong in zip(changes, ("Refusal", "IntegrityError"), strict=True):
        with pytest.raises(Exception) as failed:
            change.outcome()
        assert type(failed.value).__name__ == wrong
    fine.outcome()
    assert heard.event.seq == 1
    assert [log.name_of(person) for person in ("p1", "p2", "p3")] == [None, None, "fine"]


def test_a_change_with_a_mistake_of_ours_fails_alone(log: Log) -> None:
    def mistaken(_connection: Connection) -> None:
        raise KeyError("a bug")

    with log.held():
        wrong = log.change(mistaken)
        heard = log.post("hello", "n1")
    with pytest.raises(KeyError):
        wrong.outcome()
    assert heard.event.seq == 1


def test_a_receipt_with_a_mistake_of_ours_harms_nobody_else(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Heard):
        def stored(self, event: object, *, first: bool) -> None:
            raise KeyError("a bug")

    with log.held():
        log.journal.append(Post(GENERAL, Author("ana", "ana"), "mine", None, Broken()))
        heard = log.post("yours")
    assert heard.event.seq == 2
    assert log.post("later").event.seq == 3
    assert "a bug" in caplog.text


# The bound, and the end.


def test_over_its_bound_the_queue_refuses_as_busy_and_takes_again_later(make_log: Callable[..., Log]) -> None:
    log = make_log(queue_limit=3)
    with log.held():
        heard = [log.post(str(number)) for number in range(3)]
        assert busy(lambda: log.post("too many")).retry_after == 1.0
        busy(log.journal.probe)
    assert [receipt.event.seq for receipt in heard] == [1, 2, 3]
    assert log.post("again").event.seq == 4


def test_stop_commits_what_was_accepted_and_refuses_what_comes_later(log: Log) -> None:
    with log.held():
        heard = [log.post(str(number)) for number in range(50)]
        stopping = InThread(lambda: log.journal.stop(PATIENCE))
        eventually(lambda: not log.journal._open)
        busy(lambda: log.post("late"))
    stopping.outcome()
    assert [receipt.event.seq for receipt in heard] == list(range(1, 51))
    assert log.stored == log.told
    busy(log.journal.probe)


class SlowLimit(int):
    """A limit that takes its time to be compared with: whoever posts is half-way in meanwhile."""

    def __init__(self, _limit: int):
        self.reached, self.go_on = Event(), Event()

    def __le__(self, waiting: int) -> bool:
        self.reached.set()
        assert self.go_on.wait(PATIENCE)
        return super().__le__(waiting)


def test_a_post_that_was_half_way_in_when_the_end_came_is_answered(make_log: Callable[..., Log]) -> None:
    limit = SlowLimit(10)
    log = make_log(queue_limit=limit)
    posting = InThread(lambda: log.post("hello"))
    assert limit.reached.wait(PATIENCE)
    stopping = InThread(lambda: log.journal.stop(PATIENCE))
    stopping.join(0.1)  # it would end here if it did not wait for who is half-way in
    limit.go_on.set()
    assert posting.outcome().event.seq == 1
    stopping.outcome()
    assert log.stored == log.told


def test_a_probe_writes_a_row(make_log: Callable[..., Log]) -> None:
    log = make_log(clock=lambda: 12.5)
    log.journal.probe()
    with log.database.reader.connect() as connection:
        assert connection.execute(select(meta.c.value).where(meta.c.key == "checked_at")).scalar() == "12500"


def test_nobody_waits_for_a_journal_that_has_died(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_timeout: float) -> None:
        raise SystemExit

    with log.held():
        waiting = log.post("on its way")
        monkeypatch.setattr(log.journal, "_catch_up", die)
    assert waiting.refusal.code == "busy"
    busy(lambda: log.post("too late"))
    busy(log.journal.probe)
