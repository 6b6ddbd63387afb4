"""The lines with the addresses to open."""

from __future__ import annotations

import socket
from typing import Any


def announce(bound: Any, look_inside: str | None) -> None:
    """Prints where people find the chat, and where its operator looks inside, at that path.

    `bound` is what `getsockname` gives for the listening socket.
    """
    if not isinstance(bound, tuple):
        print(f"chatapp: serving on {bound}, for a proxy", flush=True)
        if look_inside:
            print(f"chatapp: look inside at {look_inside} there", flush=True)
        return
    host, port = bound[:2]
    here = f"http://{_reachable(host)}:{port}"
    print(f"chatapp: open {here} in a browser", flush=True)
    if look_inside:
        print(f"chatapp: look inside at {here}{look_inside}", flush=True)


def _reachable(host: str) -> str:
    if host == "0.0.0.0":  # noqa: S104  # compared with, not bound to
        return _own_address(socket.AF_INET, "10.255.255.255", "127.0.0.1")
    if host == "::":
        return f"[{_own_address(socket.AF_INET6, 'fd00::1', '::1')}]"
    return f"[{host}]" if ":" in host else host


def _own_address(family: socket.AddressFamily, somewhere: str, otherwise: str) -> str:
    """This machine's address on its network. A UDP socket that is connected sends nothing, but knows its route."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((somewhere, 9))
        except OSError:
            return otherwise
        return str(probe.getsockname()[0])
