"""Which requests may run: a few of each address and not many in all, in order, and none waits behind a blocked one."""

from __future__ import annotations

import pytest

from chatapp.servers.slots import OVERDUE, Slots, client_network, forwarded_for

from ..actors import Clock

ANA, BEN = "192.0.2.1", "192.0.2.2"


def test_of_an_address_a_few_run_and_the_others_follow_in_their_order() -> None:
    slots = Slots[int](2, 10)
    assert [slots.acquire(ANA, number) for number in range(5)] == [True, True, False, False, False]
    assert slots.acquire(BEN, 9)
    assert [slots.release(number) for number in (1, 0, 2, 3, 4)] == [[2], [3], [4], [], []]
    assert slots.acquire(ANA, 5)


def test_of_all_addresses_not_many_run_and_each_has_its_turn() -> None:
    slots = Slots[str](2, 3)
    for address in "abc":
        for number in range(4):
            slots.acquire(address, f"{address}{number}")
    begun = ["a0", "a1", "b0"]
    order = []
    while begun:
        order.append(begun.pop(0))
        begun += slots.release(order[-1])
    assert order == ["a0", "a1", "b0", "b1", "c0", "a2", "c1", "b2", "a3", "c2", "b3", "c3"]


def test_the_empty_address_is_limited_by_the_total_alone() -> None:
    slots = Slots[int](1, 4)
    assert [slots.acquire("", number) for number in range(5)] == [True] * 4 + [False]


def test_a_second_release_does_nothing() -> None:
    slots = Slots[int](1, 4)
    assert slots.acquire(ANA, 1)
    assert not slots.acquire(ANA, 2)
    assert not slots.acquire(ANA, 3)
    assert slots.release(1) == [2]
    assert slots.release(1) == []
    assert slots.release(2) == [3]


def test_requests_that_run_for_long_hold_up_the_others_for_a_bounded_time() -> None:
    clock = Clock()
    slots = Slots[int](2, 2, clock)
    assert slots.acquire(ANA, 1)
    clock.now += 1
    assert slots.acquire(ANA, 2)
    assert not slots.acquire(ANA, 3)
    assert not slots.acquire(BEN, 4)
    assert slots.release_overdue() == []
    clock.now += OVERDUE - 1
    assert slots.release_overdue() == [4]
    clock.now += 1
    assert slots.release_overdue() == [3]
    assert slots.release(1) == []  # they end after all
    assert slots.release(2) == []


def test_nothing_is_kept_of_requests_that_are_through() -> None:
    slots = Slots[int](1, 2)
    requests = {number: f"192.0.2.{number % 3}" for number in range(12)}
    running = [number for number, address in requests.items() if slots.acquire(address, number)]
    while running:
        running += slots.release(running.pop())
    assert [slots._running, slots._counts, slots._waiting, slots._next] == [{}] * 4


@pytest.mark.parametrize(
    ("given", "hops", "network"),
    [
        ("192.0.2.1", 0, "10.0.0.9"),
        ("192.0.2.1", 1, "192.0.2.1"),
        ("203.0.113.9, 192.0.2.1", 1, "192.0.2.1"),
        ("203.0.113.9, 192.0.2.1 , 198.51.100.1", 2, "192.0.2.1"),
        ("2001:db8:1:2:3::4", 1, "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3::4]:4711", 1, "2001:db8:1:2::/64"),
        ("192.0.2.1:4711", 1, "192.0.2.1"),
        ("192.0.2.1", 2, "10.0.0.9"),
        ("", 1, "10.0.0.9"),
        ("nonsense", 1, "10.0.0.9"),
        ("a" * 9_000, 1, "10.0.0.9"),
    ],
)
def test_the_client_is_the_one_whom_the_outermost_proxy_of_the_operator_names(
    given: str, hops: int, network: str
) -> None:
    assert client_network("10.0.0.9", given, hops) == network


def test_several_lines_of_x_forwarded_for_are_one_list_and_other_text_is_none() -> None:
    head = b"GET / HTTP/1.1\r\nX-Forwarded-For: a\r\nX-Other: X-Forwarded-For: b\r\nx-FORWARDED-for:c\r\n\r\n"
    assert forwarded_for(head) == " a,c"
    assert forwarded_for(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == ""
