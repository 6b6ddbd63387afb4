"""Places per address: who shares one, and what is written into the log."""

from __future__ import annotations

import time

import pytest

from chatapp.live.addresses import LOG_EVERY, Addresses, TooManyFromAddress


def test_the_addresses_of_one_ipv6_network_share_their_places_and_ipv4_addresses_do_not() -> None:
    addresses = Addresses(1)
    addresses.enter("192.0.2.1")
    addresses.enter("192.0.2.2")
    addresses.enter("2001:db8::1")
    for taken in ("192.0.2.1", "::ffff:192.0.2.1", "2001:db8::2"):
        with pytest.raises(TooManyFromAddress):
            addresses.enter(taken)
    addresses.enter("2001:db8:0:1::1")


def test_what_comes_over_a_unix_socket_is_a_proxys_and_has_no_limit() -> None:
    addresses = Addresses(1)
    for _ in range(10):
        addresses.enter("")
    assert addresses.count("") == 10


def test_an_address_without_connections_is_forgotten() -> None:
    addresses = Addresses(2)
    for number in range(1_000):
        addresses.enter(f"10.0.{number // 250}.{number % 250}")
        addresses.leave(f"10.0.{number // 250}.{number % 250}")
    assert addresses._counts == {}


def test_a_flood_of_refused_connections_is_one_line_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    addresses = Addresses(1)
    addresses.enter("192.0.2.1")

    def flood() -> None:
        for _ in range(100):
            with pytest.raises(TooManyFromAddress):
                addresses.enter("192.0.2.1")

    flood()
    assert caplog.messages == ["Too many connections from 192.0.2.1: 1 at most, 1 refused"]
    now += LOG_EVERY
    flood()
    assert caplog.messages[1:] == ["Too many connections from 192.0.2.1: 1 at most, 100 refused"]
