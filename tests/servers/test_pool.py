"""The warm pool: threads that are there before they are needed, and what happens when there are no more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from threading import Barrier, Event

import pytest

from chatapp.servers.pool import WARM, WarmPool

from ..actors import PATIENCE, eventually

MakePool = Callable[..., WarmPool]


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    """Makes pools; all are shut down at the end."""
    made: list[WarmPool] = []

    def make(limit: int, shrunk: Callable[[int], None] = lambda limit: None) -> WarmPool:
        made.append(WarmPool(limit, shrunk=shrunk))
        return made[-1]

    yield make
    for pool in made:
        pool.shutdown()


def handlers() -> int:
    """How many threads of pools there are."""
    return sum(thread.name.startswith("handler-") for thread in threading.enumerate())


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    """Every test begins and ends without a thread of a pool."""
    eventually(lambda: handlers() == 0)
    yield
    eventually(lambda: handlers() == 0)


class Guests:
    """Tasks that come in, are counted, and stay until they are let go."""

    def __init__(self, pool: WarmPool, count: int):
        self.inside = 0
        self._lock = threading.Lock()
        self._go = Event()
        self.futures = [pool.submit(self._stay, number) for number in range(count)]

    def _stay(self, number: int) -> int:
        with self._lock:
            self.inside += 1
        assert self._go.wait(PATIENCE)
        return number

    def leave(self) -> list[int]:
        self._go.set()
        return [future.result(PATIENCE) for future in self.futures]


def test_results_and_exceptions_travel_to_who_waits_for_them(make_pool: MakePool) -> None:
    pool = make_pool(4)
    assert pool.submit(lambda a, *, b: a + b, 1, b=2).result(PATIENCE) == 3
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result(PATIENCE)
    with pytest.raises(SystemExit):  # gunicorn's own abort is one: it must not end the thread
        pool.submit(lambda: exec("raise SystemExit(3)")).result(PATIENCE)
    assert pool.submit(threading.get_ident).result(PATIENCE) != threading.get_ident()


def test_a_callback_hears_of_the_end_whether_it_was_set_before_or_after(make_pool: MakePool) -> None:
    told: list[int] = []
    guests = Guests(make_pool(4), 1)
    guests.futures[0].add_done_callback(lambda future: told.append(future.result()))
    guests.leave()
    eventually(lambda: told == [0])
    guests.futures[0].add_done_callback(lambda future: told.append(future.result()))
    assert told == [0, 0]


def test_threads_wait_before_there_is_work(make_pool: MakePool) -> None:
    make_pool(1_000)
    assert handlers() == WARM


def test_the_pool_grows_until_everybody_has_a_thread(make_pool: MakePool) -> None:
    guests = Guests(make_pool(1_000), 200)
    eventually(lambda: guests.inside == 200)
    assert guests.leave() == list(range(200))


def test_there_are_never_more_threads_than_the_limit_and_what_is_over_it_waits(make_pool: MakePool) -> None:
    guests = Guests(make_pool(40), 60)
    eventually(lambda: guests.inside == 40)
    assert handlers() == 40
    assert not any(future.done() for future in guests.futures)
    assert guests.leave() == list(range(60))
    assert handlers() == 40


def test_a_task_that_was_cancelled_while_it_waited_is_not_run(make_pool: MakePool) -> None:
    pool = make_pool(1)
    first = Guests(pool, 1)
    eventually(lambda: first.inside == 1)
    second = Guests(pool, 1)
    assert second.futures[0].cancel()
    first.leave()
    assert pool.submit(lambda: "the thread goes on").result(PATIENCE) == "the thread goes on"
    assert second.inside == 0


def test_five_hundred_tasks_at_once_run_at_once(make_pool: MakePool) -> None:
    everybody = Barrier(501)
    pool = make_pool(600)
    futures = [pool.submit(everybody.wait, PATIENCE) for _ in range(500)]
    everybody.wait(PATIENCE)  # only when all 500 are inside at the same time
    assert len({future.result(PATIENCE) for future in futures}) == 500


def test_ten_thousand_short_tasks_from_four_threads_all_run_once(make_pool: MakePool) -> None:
    pool = make_pool(64)
    done: list[int] = []
    senders = [
        threading.Thread(target=lambda first=first: [pool.submit(done.append, first + n) for n in range(2_500)])
        for first in range(0, 10_000, 2_500)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(PATIENCE)
    eventually(lambda: len(done) == 10_000)
    assert sorted(done) == list(range(10_000))


class StingyMachine:
    """Gives so many threads of pools and no more, as `ulimit -u` does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, threads: int):
        self._left = threads
        self._start = threading.Thread.start
        monkeypatch.setattr(threading.Thread, "start", lambda thread: self._give(thread))

    def _give(self, thread: threading.Thread) -> None:
        if thread.name.startswith("handler-"):
            if not self._left:
                raise RuntimeError("can't start new thread")
            self._left -= 1
        self._start(thread)


def test_a_machine_without_more_threads_lowers_the_limit_and_the_pool_goes_on(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    StingyMachine(monkeypatch, WARM + 8)
    lowered: list[int] = []
    pool = make_pool(1_000, lowered.append)
    assert lowered == []
    guests = Guests(pool, 100)
    eventually(lambda: lowered)
    eventually(lambda: guests.inside == WARM + 8)
    assert guests.leave() == list(range(100))
    assert pool.submit(lambda: 7).result(PATIENCE) == 7
    assert lowered == [WARM + 8]
    assert [record.getMessage() for record in caplog.records] == [
        f"The machine gives no more threads: {WARM + 8} clients at most"
    ]


def test_a_machine_that_is_short_from_the_start_is_told_before_the_first_client(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    StingyMachine(monkeypatch, 5)
    lowered: list[int] = []
    pool = make_pool(1_000, lowered.append)
    assert lowered == [5]
    assert Guests(pool, 9).leave() == list(range(9))


def test_a_shut_pool_lets_the_busy_finish_and_sends_the_idle_home(make_pool: MakePool) -> None:
    pool = make_pool(50)
    guests = Guests(pool, 3)
    eventually(lambda: guests.inside == 3)
    pool.shutdown(wait=False)
    eventually(lambda: handlers() == 3)
    assert guests.leave() == [0, 1, 2]
