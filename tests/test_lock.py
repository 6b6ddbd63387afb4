"""The measured lock: it is a lock, and its figures are true."""

from __future__ import annotations

from threading import Condition, Event, get_ident

from chatapp.lock import EDGES, LAST, MeasuredLock
from chatapp.tap import Tap

from .actors import InThread, eventually


def test_it_keeps_the_others_out() -> None:
    lock = MeasuredLock(Tap())
    shared = [0]

    def add() -> None:
        for _ in range(2_000):
            with lock:
                shared[0] += 1

    threads = [InThread(add) for _ in range(4)]
    for thread in threads:
        thread.outcome()
    assert shared == [8_000]
    assert lock.acquisitions == 8_000


def test_unwatched_it_counts_and_nothing_else() -> None:
    lock = MeasuredLock(Tap())
    with lock:
        assert lock.holder is None
    assert lock.acquisitions == 1
    assert list(lock.last) == []
    assert sum(lock.held) == 0


def test_watched_it_tells_who_waited_and_who_held() -> None:
    tap = Tap()
    tap.watched = 1
    lock = MeasuredLock(tap)
    inside, leave = Event(), Event()

    def hold() -> None:
        with lock:
            inside.set()
            leave.wait(10)

    def want() -> None:
        with lock:
            pass

    holder = InThread(hold)
    assert inside.wait(10)
    assert lock.holder == holder.ident
    waiting = InThread(want)
    eventually(lambda: tap.watched and not lock.acquire(blocking=False) and waiting.is_alive())
    leave.set()
    holder.outcome()
    waiting.outcome()
    newest, oldest = lock.last
    assert (oldest.what, newest.what) == ("hold", "want")
    assert oldest.thread == holder.ident != newest.thread
    asked = newest.at - newest.waited
    assert oldest.at <= asked < oldest.at + oldest.held <= newest.at
    assert lock.contended == 1
    assert lock.acquisitions == sum(lock.held) == sum(lock.waited) == 2
    assert len(lock.held) == len(EDGES) + 1


def test_it_remembers_the_last_holders_alone() -> None:
    tap = Tap()
    tap.watched = 1
    lock = MeasuredLock(tap)
    for _ in range(LAST + 5):
        with lock:
            pass
    assert len(lock.last) == LAST
    assert {one.thread for one in lock.last} == {get_ident()}


def test_a_condition_can_wait_on_it() -> None:
    tap = Tap()
    lock = MeasuredLock(tap)
    condition = Condition(lock)  # type: ignore[arg-type]  # as the hub does
    seen: list[int] = []

    def wait() -> bool:
        with condition:
            return condition.wait_for(lambda: bool(seen), 10)

    waiting = InThread(wait)
    with condition:
        tap.watched = 1  # somebody begins to watch while it is held
        seen.append(1)
        condition.notify_all()
    assert waiting.outcome()
    with condition:
        assert not condition.wait(0.01)
