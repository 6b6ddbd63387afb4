"""From which network a request comes: what limits per address count by."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

IPV6_PREFIX = 64  # bits: what a provider gives one household, so one household is one sender


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """The address itself for IPv4, its /64 for IPv6; an IPv4 address mapped into IPv6 counts as IPv4.

    `address` is a peer's address as text, with or without a zone (`fe80::1%eth0`). What is no address, such as the
    empty text of a Unix socket, is given back as it is.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    prefix = int(parsed) >> (128 - IPV6_PREFIX) << (128 - IPV6_PREFIX)
    return f"{IPv6Address(prefix)}/{IPV6_PREFIX}"
