"""The lines with the addresses to open."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any


def announce(bound: Sequence[Any], look_inside: str | None, prefix: str = "") -> None:
    """Prints where people find the chat, and where its operator looks inside, at that path.

    `bound` is what `getsockname` gives for each listening socket: at least one. `prefix` is the path that every
    address of the chat begins with, such as `/chat-app`.
    """
    urls = [url + prefix for one in bound for url in _urls(one)]
    for url in urls:
        print(f"chatapp: open {url} in a browser", flush=True)
    for path in [one for one in bound if not isinstance(one, tuple)]:
        print(f"chatapp: serving on {path}, for a proxy", flush=True)
    if look_inside:
        print(f"chatapp: look inside at {urls[0] + look_inside if urls else look_inside + ' there'}", flush=True)


def _urls(bound: Any) -> list[str]:
    """The addresses at which a browser reaches that socket, the one that most can use first; none for a Unix socket."""
    if not isinstance(bound, tuple):
        return []
    host, port = bound[:2]
    return [f"http://{f'[{name}]' if ':' in name else name}:{port}" for name in _reachable(host)]


def _reachable(host: str) -> list[str]:
    ipv4 = _own_address(socket.AF_INET, "10.255.255.255")
    if host == "0.0.0.0":  # noqa: S104  # compared with, not bound to
        return [ipv4 or "127.0.0.1"]
    if host == "::":  # takes IPv4 too, where the system lets a socket have both
        ipv6 = _own_address(socket.AF_INET6, "fd00::1")
        if not _has_both():
            return [ipv6 or "::1"]
        return [name for name in (ipv4, ipv6) if name] or ["127.0.0.1"]
    return [host]


def _has_both() -> bool:
    """Whether a socket bound to `::` takes IPv4 connections, as this system sets it up."""
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
        return not probe.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


def _own_address(family: socket.AddressFamily, somewhere: str) -> str | None:
    """This machine's address on its network, None without one. A UDP socket that is connected sends nothing, but knows
    its route."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((somewhere, 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])
