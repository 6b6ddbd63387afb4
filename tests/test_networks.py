"""Addresses that one household can change at will are one network."""

from __future__ import annotations

import pytest

from chatapp.networks import network


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("not an address", "not an address"),
    ],
)
def test_an_ipv4_address_counts_alone_and_an_ipv6_address_by_its_64_bits(address: str, expected: str) -> None:
    assert network(address) == expected
