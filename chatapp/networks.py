"""IP addresses as text: from which network a request comes, which limits per address count by."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

IPV6_PREFIX = 64  # bits: what a provider gives one household, so one household is one sender


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """The address itself for IPv4, its /64 for IPv6; an IPv4 address mapped into IPv6 counts as IPv4.

    `address` is a peer's address as text, with or without a zone (`fe80::1%eth0`). What is no address, such as the
    empty text of a Unix socket, is given back as it is.
    """
    parsed = parsed_address(address)
    if parsed is None:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    prefix = int(parsed) >> (128 - IPV6_PREFIX) << (128 - IPV6_PREFIX)
    return f"{IPv6Address(prefix)}/{IPV6_PREFIX}"


def parsed_address(address: str) -> IPv4Address | IPv6Address | None:
    """The address without its zone; None for a text that is no IP address."""
    try:
        return ip_address(address.partition("%")[0])
    except ValueError:
        return None


def is_loopback(address: str) -> bool:
    """Whether the address is one of this machine's loopback, `::ffff:127.0.0.1` included; False for any other text."""
    parsed = parsed_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return parsed is not None and bool((mapped or parsed).is_loopback)


def is_this_machine(address: str) -> bool:
    """Whether a peer with that address runs on this machine: on the loopback, or on a Unix socket, whose text is ""."""
    return not address or is_loopback(address)
