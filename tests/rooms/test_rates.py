"""Rates: never more than the burst and what the time gave, and the wait that is told is enough."""

from __future__ import annotations

from hypothesis import assume, example, given
from hypothesis import strategies as st

from chatapp.rooms.rates import BUCKETS_LIMIT, Bucket, Buckets, Rates

from ..actors import Clock

RATES = st.floats(0.01, 1_000)
STEPS = st.lists(st.floats(0, 30), max_size=60)


@given(RATES, st.integers(1, 50), STEPS)
def test_a_bucket_never_gives_more_than_its_burst_and_what_flowed_in_since(
    rate: float, burst: int, steps: list[float]
) -> None:
    now = 1_000.0
    bucket = Bucket(rate, burst, now)
    given_at: list[float] = []
    for step in steps:
        now += step
        while bucket.take(now) == 0 and len(given_at) < 500:
            given_at.append(now)
    for first, since in enumerate(given_at):
        for last, until in enumerate(given_at[first:], first):
            assert last - first + 1 <= burst + rate * (until - since) + 1e-6


@given(RATES, st.integers(1, 50), STEPS)
def test_whoever_keeps_to_the_rate_never_waits(rate: float, burst: int, steps: list[float]) -> None:
    now = 1_000.0
    bucket = Bucket(rate, burst, now)
    for step in steps:
        now += step + 1 / rate + 1e-9
        assert bucket.take(now) == 0


@given(RATES, st.integers(1, 20), st.floats(0, 1))
@example(0.3, 1, 0.0)
def test_after_the_wait_that_was_told_there_is_a_token(rate: float, burst: int, step: float) -> None:
    now = 1_000.0
    bucket = Bucket(rate, burst, now)
    while not (wait := bucket.take(now)):
        now += step / rate / 10
    assert 0 < wait <= 1 / rate
    assume(wait > 1e-6)  # a shorter one is lost in the rounding of the clock's own figures
    assert bucket.take(now + wait * 0.9) > 0
    assert bucket.take(now + wait + 1e-6) == 0


@given(st.lists(st.floats(-5, 5), max_size=40))
def test_a_clock_read_by_another_thread_a_moment_earlier_gives_no_token_away(steps: list[float]) -> None:
    bucket = Bucket(1, 5, 1_000.0)
    taken = 0
    latest = now = 1_000.0
    for step in steps:
        now += step
        latest = max(latest, now)
        while bucket.take(now) == 0:
            taken += 1
    assert taken <= 5 + (latest - 1_000) + 1e-6


def test_each_person_has_a_bucket_of_their_own() -> None:
    rates = Rates(rate=1, burst=2, clock=Clock())
    assert [rates.take("ana") for _ in range(3)] == [0, 0, 1]
    assert rates.take("bob") == 0


def test_a_rate_of_0_is_no_limit() -> None:
    rates = Rates(rate=0, burst=1, clock=Clock())
    assert {rates.take("ana") for _ in range(1_000)} == {0}


def test_people_who_were_quiet_for_long_are_forgotten_and_nobody_else() -> None:
    clock = Clock()
    rates = Rates(rate=1, burst=2, clock=clock)
    for number in range(5_000):
        assert rates.take(f"crowd {number}") == 0
    clock.now += 10
    assert rates.take("ana") == rates.take("ana") == 0
    for number in range(5_000):
        assert rates.take(f"other crowd {number}") == 0
    assert rates.take("ana") == 1
    assert len(rates._buckets) <= 5_002


def test_however_many_owners_come_at_once_the_buckets_that_are_kept_are_bounded() -> None:
    buckets = Buckets(0.001, 10)
    for number in range(3 * BUCKETS_LIMIT):
        buckets.of(str(number), 1_000.0).take(1_000.0)
        assert len(buckets) <= BUCKETS_LIMIT


def test_a_crowd_of_new_owners_does_not_look_through_the_buckets_for_each_of_them() -> None:
    looked = 0

    class Counted(Buckets):
        def _prune(self, now: float) -> None:
            nonlocal looked
            looked += len(self)
            super()._prune(now)

    buckets = Counted(0.001, 10)
    for number in range(3 * BUCKETS_LIMIT):
        buckets.of(str(number), 1_000.0).take(1_000.0)
    assert looked < 5 * 3 * BUCKETS_LIMIT


@given(RATES, st.integers(1, 50), st.lists(st.floats(0, 500), min_size=1, max_size=60))
def test_a_debt_is_paid_within_the_time_of_one_burst(rate: float, burst: int, charges: list[float]) -> None:
    bucket = Bucket(rate, burst, 1_000.0)
    waits = [bucket.charge(1_000.0, tokens) for tokens in charges]
    assert max(waits) <= burst / rate * (1 + 1e-9)
    assert bucket.wait(1_000.0 + burst / rate + 1 / rate + 1e-6) == 0
