"""The seven bugs: each shows while it is on, and is gone when it is off again."""

from __future__ import annotations

import time
from collections.abc import Callable

from chatapp.lab.bugs import Act, Bug

from ..actors import eventually
from .conftest import LONG, Bench


def test_with_every_bug_off_nobody_loses_anything_whatever_befalls_them(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    bench.lab.reset()
    bench.all_read()
    seen: set[str] = set()

    def long_enough() -> bool:
        seen.update(client.state for client in bench.state.clients)
        return min(client.delivered for client in bench.state.clients) > 140 and {"asleep", "away"} <= seen

    eventually(long_enough, LONG)
    assert (bench.total("missing"), bench.total("doubled"), bench.total("broken")) == (0, 0, 0)


def test_a_frozen_client_freezes_everybody_while_sending_happens_under_the_lock(bench: Bench) -> None:
    bench.on(Bug.NO_HEARTBEAT)  # else the frozen one may be struck off before its socket is full
    bench.on(Bug.UNDER_LOCK)
    bench.do(Act.FREEZE, 1)
    bench.soon(lambda: bench.figure(Bug.UNDER_LOCK, "silence") > 2_000)
    stopped_at = bench.client(2).delivered
    bench.soon(lambda: bench.figure(Bug.UNDER_LOCK, "silence") > 3_000)
    assert bench.client(2).delivered == stopped_at
    bench.off(Bug.UNDER_LOCK)
    bench.read_more(60)
    assert bench.client(1).state == "frozen"
    bench.soon(lambda: bench.figure(Bug.UNDER_LOCK, "silence") < 900)


def test_a_tab_that_sleeps_shows_all_the_time_while_sending_happens_under_the_lock(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench()
    bench.lab.reset()
    bench.all_read()
    bench.on(Bug.UNDER_LOCK)
    bench.soon(lambda: bench.figure(Bug.UNDER_LOCK, "silence") > 900)
    assert min(silences(bench, 8.0)) > 900
    bench.off(Bug.UNDER_LOCK)
    bench.soon(lambda: bench.figure(Bug.UNDER_LOCK, "silence") < 900)
    assert max(silences(bench, 6.0)) < 900


def test_a_client_that_does_not_read_is_no_silence_of_the_servers(bench: Bench) -> None:
    for act in (Act.FREEZE, Act.SLOW):
        bench.do(act, 1)
        bench.read_more(40)  # two seconds
        bench.do(Act.BACK, 1)
        bench.read_more(5, number=1)
        assert max(silences(bench, 0.5)) < 900


def silences(bench: Bench, seconds: float) -> list[float]:
    """What the figure shows, looked at for so long."""
    shown = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        shown.append(bench.figure(Bug.UNDER_LOCK, "silence"))
        time.sleep(0.1)
    return shown


def test_a_client_that_thaws_lets_everybody_go_on_and_has_lost_nothing(bench: Bench) -> None:
    bench.on(Bug.NO_HEARTBEAT)
    bench.on(Bug.UNDER_LOCK)
    bench.do(Act.FREEZE, 1)
    bench.soon(lambda: bench.figure(Bug.UNDER_LOCK, "silence") > 2_000)
    bench.do(Act.BACK, 1)
    bench.read_more(20)
    bench.read_more(20, number=1)
    assert (bench.total("missing"), bench.total("broken")) == (0, 0)


def test_two_threads_that_change_a_bare_list_lose_and_double_members(bench: Bench) -> None:
    bench.on(Bug.BARE_LIST)
    bench.soon(lambda: bench.figure(Bug.BARE_LIST, "missing") > 0)
    bench.soon(lambda: bench.figure(Bug.BARE_LIST, "doubled") > 0)
    bench.off(Bug.BARE_LIST)
    bench.soon(lambda: bench.figure(Bug.BARE_LIST, "wrong") == 0)
    bench.read_more(30)  # some rounds more
    assert bench.figure(Bug.BARE_LIST, "wrong") == 0


def test_two_writers_on_one_socket_break_frames(bench: Bench) -> None:
    bench.read_more(100)  # long texts among them
    assert bench.total("broken") == 0
    bench.on(Bug.TWO_WRITERS)
    bench.soon(lambda: bench.figure(Bug.TWO_WRITERS, "broken") > 0)
    bench.off(Bug.TWO_WRITERS)
    bench.soon(lambda: bench.figure(Bug.TWO_WRITERS, "broken") == 0)
    broken = bench.total("broken")
    bench.read_more(100)
    assert bench.total("broken") == broken > 0
    assert bench.total("missing") == 0  # who came back got the rest


def test_without_a_heartbeat_a_dead_client_stays_in_the_list(bench: Bench) -> None:
    bench.on(Bug.NO_HEARTBEAT)
    bench.do(Act.CUT, 1)
    bench.soon(lambda: bench.figure(Bug.NO_HEARTBEAT, "dead") == 1)
    bench.soon(lambda: bench.figure(Bug.NO_HEARTBEAT, "oldest") > 5)
    bench.off(Bug.NO_HEARTBEAT)
    bench.soon(lambda: bench.figure(Bug.NO_HEARTBEAT, "dead") == 0)
    bench.do(Act.CUT, 2)
    bench.soon(lambda: bench.figure(Bug.NO_HEARTBEAT, "dead") == 1)
    bench.soon(lambda: bench.figure(Bug.NO_HEARTBEAT, "dead") == 0)
    assert [bench.client(number).state for number in (1, 2, 3)] == ["cut", "cut", "reading"]


def test_without_a_resume_what_is_said_meanwhile_is_lost(bench: Bench) -> None:
    def be_away() -> None:
        bench.do(Act.CUT, 1)
        bench.soon(lambda: bench.client(1).state == "cut")
        bench.read_more(30)
        bench.do(Act.BACK, 1)
        bench.read_more(10, number=1)

    be_away()
    assert bench.total("missing") == 0
    bench.on(Bug.NO_RESUME)
    be_away()
    lost = bench.client(1).missing
    assert lost > 10
    bench.off(Bug.NO_RESUME)
    be_away()
    assert bench.total("missing") == lost
    bench.soon(lambda: bench.figure(Bug.NO_RESUME, "lost") == 0)


def test_encoding_for_each_client_anew_costs_as_many_times_as_there_are_clients(bench: Bench) -> None:
    bench.soon(lambda: bench.figure(Bug.ENCODE_EACH, "encodings") == 1)
    once = bench.figure(Bug.ENCODE_EACH, "cpu")
    assert once > 0
    bench.on(Bug.ENCODE_EACH)
    bench.soon(lambda: bench.figure(Bug.ENCODE_EACH, "encodings") == 8)
    bench.soon(lambda: bench.figure(Bug.ENCODE_EACH, "cpu") > 2 * once)
    each = bench.figure(Bug.ENCODE_EACH, "cpu")
    bench.off(Bug.ENCODE_EACH)
    bench.soon(lambda: bench.figure(Bug.ENCODE_EACH, "encodings") == 1)
    bench.soon(lambda: bench.figure(Bug.ENCODE_EACH, "cpu") < each / 2)


def test_a_system_call_for_each_message_makes_more_than_twice_as_many(bench: Bench) -> None:
    def calls() -> float:
        return bench.figure(Bug.CALL_EACH, "calls") if bench.figure(Bug.CALL_EACH, "deliveries") > 100 else 0.0

    bench.soon(lambda: 0 < calls() < 0.5)
    bench.on(Bug.CALL_EACH)
    bench.soon(lambda: calls() > 1)
    bench.off(Bug.CALL_EACH)
    bench.soon(lambda: 0 < calls() < 0.5)


def test_a_slow_client_harms_itself_alone(bench: Bench) -> None:
    bench.do(Act.SLOW, 1)
    bench.soon(lambda: bench.client(1).waiting > 10_000)
    assert bench.client(1).state == "slow"
    bench.soon(lambda: bench.client(1).delay_max > 2_000 and bench.client(2).delay_max < 1_000)
    bench.do(Act.BACK, 1)
    bench.soon(lambda: bench.client(1).waiting == 0 and bench.client(1).delay_max < 1_000)
    assert (bench.total("missing"), bench.total("broken")) == (0, 0)


def test_all_bugs_at_once_are_gone_when_all_are_off(bench: Bench) -> None:
    for bug in Bug:
        bench.on(bug)
    for number, act in ((1, Act.FREEZE), (2, Act.SLOW), (3, Act.CUT)):
        bench.do(act, number)
    bench.soon(lambda: bench.figure(Bug.UNDER_LOCK, "silence") > 2_000)
    for bug in Bug:
        bench.off(bug)
    for number in (1, 2, 3):
        bench.do(Act.BACK, number)
    bench.all_read()
    bench.soon(lambda: bench.figure(Bug.NO_HEARTBEAT, "dead") == bench.figure(Bug.BARE_LIST, "wrong") == 0)
    bench.soon(lambda: bench.figure(Bug.TWO_WRITERS, "broken") == bench.figure(Bug.NO_RESUME, "lost") == 0)
    lost = bench.total("missing")
    for number in range(1, 9):
        bench.read_more(20, number)
    assert bench.total("missing") == lost
