"""Rate limits per address: a class behind one address meets none of them, and a new name evades none."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

import pytest

from chatapp import cpu_time
from chatapp.config import Rate, Settings, load
from chatapp.model import Person, Refusal
from chatapp.rooms.ratelimits import GUESTS_KEPT, REPORTS, RETRY_SPREAD, Limit, RateLimits
from chatapp.web.limiting import STATIC

from ..actors import Clock

HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"
CLASS = 200
STATIC_FILES, OTHER_REQUESTS = 96, 10  # of one visit to the page


@pytest.fixture
def clock() -> Clock:
    return Clock()


def made(clock: Clock, **settings: object) -> RateLimits:
    return RateLimits(load(settings), clock=clock)


def passed(call: Callable[[], object]) -> bool:
    try:
        call()
    except Refusal as refusal:
        if refusal.code != "rate-limited" or not refusal.retry_after:
            raise
        return False
    return True


def member(number: int, network: str = HERE) -> Person:
    return Person(f"p{number}", f"Pupil {number}", "member", network)


def test_a_class_of_200_behind_one_address_is_refused_nothing(clock: Clock) -> None:
    limits = made(clock)
    for number in range(CLASS):  # all of them in the same instant: the clock stands still
        for _ in range(STATIC_FILES):
            limits.requests.take(HERE, tokens=STATIC)
        for _ in range(OTHER_REQUESTS):
            limits.requests.take(HERE)
        you = member(number)
        limits.people.take(HERE, you.id)  # chooses a name
        limits.handshakes.take(HERE)
        for _ in range(10):  # joins five rooms, and says what was read there
            assert limits.commands.charge(HERE) == 0
        limits.posts.take(HERE, you.id)
        limits.previews.take(HERE, you.id)
        limits.searches.take(HERE)


def test_such_a_class_may_open_the_page_twice(clock: Clock) -> None:
    limits = made(clock)
    for _ in range(2):
        for _ in range(CLASS):
            limits.requests.take(HERE, tokens=STATIC_FILES * STATIC + OTHER_REQUESTS)
            limits.handshakes.take(HERE)


def test_a_lesson_of_messages_from_such_a_class_is_not_slowed_down(clock: Clock) -> None:
    limits = made(clock)
    for _ in range(60):  # a message per pupil every 5 s, all of a turn at once
        for number in range(CLASS):
            limits.posts.take(HERE, f"p{number}")
        clock.now += 5


# Seconds of processor time of one pupil on the reference machine under load: the page and its files 0.09, its requests
# 0.03, the handshake and five joins 0.02, a search 0.02.
PUPIL_CPU = 0.16


def test_the_processor_time_of_such_a_class_is_not_limited(clock: Clock) -> None:
    limits = made(clock)
    for _ in range(CLASS):
        limits.cpu.check(HERE)
        limits.cpu.begin()
        cpu_time.add(PUPIL_CPU)
        assert limits.cpu.charge(HERE) == 0
        limits.cpu.end(HERE)


def test_an_address_gets_a_quarter_of_a_core_for_long_whatever_one_piece_of_work_costs(clock: Clock) -> None:
    limits = made(clock)
    rate = Settings().ADDRESS_CPU
    spent, seconds = 0.0, 1_000
    for _ in range(seconds):
        if passed(lambda: limits.cpu.check(HERE)):
            limits.cpu.begin()
            cpu_time.add(0.7)
            limits.cpu.end(HERE)
            spent += 0.7
        clock.now += 1
    assert rate.burst + rate.per_second * seconds - 1 < spent < rate.burst + rate.per_second * seconds + 2
    assert passed(lambda: limits.cpu.check(ELSEWHERE))


def test_an_address_in_debt_waits_until_it_is_paid(clock: Clock) -> None:
    limits = made(clock, ADDRESS_CPU="0.25/2")
    limits.cpu.begin()
    cpu_time.add(3)
    wait = limits.cpu.charge(HERE)
    assert wait == pytest.approx(4, abs=0.1)
    with pytest.raises(Refusal) as refused:
        limits.cpu.check(HERE)
    assert refused.value.retry_after
    assert wait + RETRY_SPREAD[0] <= refused.value.retry_after + 0.1 <= wait + RETRY_SPREAD[1] + 0.2
    clock.now += wait
    limits.cpu.check(HERE)


def test_work_below_the_least_is_charged_with_what_follows(clock: Clock) -> None:
    limits = made(clock, ADDRESS_CPU="0.25/1")
    limits.cpu.begin()
    for _ in range(4):
        cpu_time.add(0.6)
        assert limits.cpu.charge(HERE, least=3) == 0
    cpu_time.add(0.6)
    assert limits.cpu.charge(HERE, least=3) == pytest.approx(4, abs=0.2)  # 3 s of which 1 is no debt, and 1 at most is


def test_a_thread_that_works_for_nobody_charges_nobody(clock: Clock) -> None:
    limits = made(clock, ADDRESS_CPU="0.25/1")
    limits.cpu.begin()
    limits.cpu.end(HERE)
    cpu_time.add(100)
    assert limits.cpu.charge(HERE) == 0
    limits.cpu.end(HERE)
    limits.cpu.check(HERE)


def guest(number: int) -> Person:
    return Person(f"guest-{number}", f"Name {number}", "guest", HERE)


@pytest.mark.parametrize(
    ("attack", "setting"),
    [
        (lambda limits, number: limits.posts.take(HERE, f"guest-{number}"), "ADDRESS_POSTS"),
        (lambda limits, number: limits.meet(guest(number)), "ADDRESS_PEOPLE"),
        (lambda limits, number: limits.people.take(HERE, f"p{number}"), "ADDRESS_PEOPLE"),
        (lambda limits, number: limits.rooms.take(HERE, f"guest-{number}"), "ADDRESS_ROOMS"),
        (lambda limits, number: limits.previews.take(HERE, f"guest-{number}"), "ADDRESS_PREVIEWS"),
        (lambda limits, number: limits.mentions_of_all.take(HERE, f"guest-{number}"), "ADDRESS_MENTIONS_OF_ALL"),
        (lambda limits, _number: limits.searches.take(HERE), "ADDRESS_SEARCHES"),
        (lambda limits, _number: limits.handshakes.take(HERE), "ADDRESS_HANDSHAKES"),
        (lambda limits, _number: limits.requests.take(HERE), "ADDRESS_REQUESTS"),
    ],
)
def test_a_new_name_per_request_gets_no_more_through_than_the_address_may(
    clock: Clock, attack: Callable[[RateLimits, int], None], setting: str
) -> None:
    limits = made(clock)
    rate: Rate = getattr(Settings(), setting)
    seconds, each = 20, 400
    through = 0
    for number in range(seconds * each):
        through += passed(lambda number=number: attack(limits, number))  # type: ignore[misc]
        clock.now += 1 / each
    assert through <= rate.burst + rate.per_second * seconds + 1
    assert through >= min(rate.burst, seconds * each)


def test_commands_that_store_nothing_wait_and_never_longer_than_a_burst_takes(clock: Clock) -> None:
    limits = made(clock)
    rate = Settings().ADDRESS_COMMANDS
    waits = [limits.commands.charge(HERE, 21) for _ in range(10_000)]
    assert waits[0] == 0
    assert max(waits) == rate.burst / rate.per_second
    assert limits.commands.charge(ELSEWHERE) == 0


def test_one_address_is_not_limited_for_another(clock: Clock) -> None:
    limits = made(clock, ADDRESS_POSTS="1/2")
    assert [passed(lambda: limits.posts.take(HERE, "p1")) for _ in range(3)] == [True, True, False]
    assert passed(lambda: limits.posts.take(ELSEWHERE, "p2"))


def test_a_person_who_is_too_fast_takes_nothing_from_their_neighbours(clock: Clock) -> None:
    limits = made(clock, RATE_LIMIT=1, RATE_BURST=2, ADDRESS_POSTS="1/5")
    assert Counter(passed(lambda: limits.posts.take(HERE, "flood")) for _ in range(100)) == {True: 2, False: 98}
    neighbours = [passed(lambda who=who: limits.posts.take(HERE, who)) for who in "abcd"]  # type: ignore[misc]
    assert neighbours == [True, True, True, False]


def test_a_person_whose_address_is_limited_loses_no_token_of_their_own(clock: Clock) -> None:
    limits = made(clock, RATE_LIMIT=0.001, RATE_BURST=1, ADDRESS_POSTS="1/1")
    limits.posts.take(HERE, "p1")
    assert not passed(lambda: limits.posts.take(HERE, "p2"))
    assert passed(lambda: limits.posts.take(ELSEWHERE, "p2"))


def test_0_is_no_limit(clock: Clock) -> None:
    limits = made(clock, RATE_LIMIT=0, ADDRESS_POSTS=0, ADDRESS_COMMANDS=0, ADDRESS_HANDSHAKES=0, ADDRESS_CPU=0)
    for _ in range(1_000):
        limits.posts.take(HERE, "p1")
        limits.handshakes.take(HERE)
        limits.handshakes.check(HERE)
        assert limits.commands.charge(HERE, 1_000) == 0
        limits.cpu.begin()
        cpu_time.add(100)
        assert limits.cpu.charge(HERE) == 0
        limits.cpu.check(HERE)


def test_people_behind_a_limited_address_are_not_told_to_come_back_all_at_once(clock: Clock) -> None:
    limits = made(clock, ADDRESS_POSTS="50/1")
    limits.posts.take(HERE, "p0")
    told = set()
    for number in range(100):
        with pytest.raises(Refusal) as refused:
            limits.posts.take(HERE, f"p{number}")
        assert refused.value.retry_after
        told.add(refused.value.retry_after)
    assert 1 / 50 + RETRY_SPREAD[0] <= min(told) < max(told) <= 1 / 50 + RETRY_SPREAD[1] + 0.001
    assert len(told) > 50


def test_to_check_counts_nothing_and_says_what_taking_would_say(clock: Clock) -> None:
    limits = made(clock, ADDRESS_HANDSHAKES="1/1")
    for _ in range(5):
        limits.handshakes.check(HERE)
    limits.handshakes.take(HERE)
    assert not passed(lambda: limits.handshakes.check(HERE))
    clock.now += 1
    assert passed(lambda: limits.handshakes.check(HERE))
    assert passed(lambda: limits.handshakes.take(HERE))


def test_a_guest_who_was_here_before_is_no_new_identity(clock: Clock) -> None:
    limits = made(clock, ADDRESS_PEOPLE="0.001/2")
    for number in (1, 2, 1, 2):
        limits.meet(guest(number))
    assert not passed(lambda: limits.meet(guest(3)))
    assert passed(lambda: limits.meet(guest(1)))
    assert passed(lambda: limits.meet(Person("guest-3", "Name 3", "guest", ELSEWHERE)))


def test_a_new_connection_under_a_known_name_is_a_new_identity(clock: Clock) -> None:
    limits = made(clock, ADDRESS_PEOPLE="0.001/2")
    same_name = [Person(f"guest-{number}", "ci", "guest", HERE) for number in range(3)]
    assert [passed(lambda one=one: limits.meet(one)) for one in same_name] == [True, True, False]  # type: ignore[misc]


def test_the_guests_that_count_as_known_are_bounded(clock: Clock) -> None:
    limits = made(clock, ADDRESS_PEOPLE=0)
    for number in range(GUESTS_KEPT + 100):
        limits.meet(guest(number))
    assert len(limits._guests) == GUESTS_KEPT


def test_the_log_names_a_limited_address_once_a_minute_and_its_setting(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    limits = made(clock, ADDRESS_POSTS="1/1", RATE_LIMIT=0)
    with caplog.at_level(logging.WARNING):
        for _ in range(1_000):
            passed(lambda: limits.posts.take(HERE, "p1"))
        assert [record.getMessage() for record in caplog.records] == [
            f"{HERE} is limited by CHATAPP_ADDRESS_POSTS=1/1; if that is a proxy, set CHATAPP_PROXY_HOPS"
        ]
        clock.now += 60
        for _ in range(1_000):
            passed(lambda: limits.posts.take(HERE, "p1"))
        assert len(caplog.records) == 2


def test_many_limited_addresses_do_not_flood_the_log(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    limits = made(clock, ADDRESS_POSTS="0.001/1", RATE_LIMIT=0)
    with caplog.at_level(logging.WARNING):
        for number in range(1_000):
            for _ in range(2):
                passed(lambda number=number: limits.posts.take(f"2001:db8:{number:x}::/64"))  # type: ignore[misc]
    assert len(caplog.records) == REPORTS.burst


def test_nothing_is_reported_while_a_lock_is_held(clock: Clock) -> None:
    def report(_name: str, _rate: Rate, network: str) -> None:
        limit.check(ELSEWHERE)  # would wait for ever
        reported.append(network)

    reported: list[str] = []
    limit = Limit("ADDRESS_POSTS", Rate(1, 1), clock=clock, report=report)
    limit.take(HERE)
    assert not passed(lambda: limit.take(HERE))
    assert not passed(lambda: limit.check(HERE))
    assert limit.charge(HERE, 5) > 0
    assert reported == [HERE] * 3
