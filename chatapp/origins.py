"""Which hosts the chat answers to, and which sites' pages may use it (RFC 6454): for HTTP and WebSocket alike.

An attacker's page can have its own name resolve to this machine (DNS rebinding): then its Origin equals the Host of its
requests, and both are the attacker's. So a host counts only if no stranger can own it.
"""

from __future__ import annotations

import logging
import re
import socket
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flask import request

from .networks import is_loopback, parsed_address

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(?::(?P<port>[0-9]{1,5}))?", re.ASCII)
_HOSTS_FILE = Path("/etc/hosts")
SHOWN = 100  # characters of a client's header in a log line

log = logging.getLogger(__name__)


class Host(NamedTuple):
    """A host as an address or a `Host` header names it, in lower case and without a dot at the end; an IPv6 address
    has no brackets."""

    name: str
    port: int | None

    @property
    def is_local(self) -> bool:
        """Whether the name always leads to the machine of who uses it."""
        return self.name == "localhost" or self.name.endswith(".localhost") or is_loopback(self.name)


def parsed_host(text: str) -> Host | None:
    """The host of `text`, such as `chat.example:8000` or `[::1]`; None if that is no host."""
    match = _HOST.fullmatch(text.strip().lower())
    if match is None:
        return None
    port = int(match["port"]) if match["port"] else None
    name = match["name"].removesuffix(".") if match["name"] else match["v6"]
    if (port and port > 65_535) or not name:
        return None
    if match["v6"]:
        address = parsed_address(name)
        return Host(str(address), port) if address else None
    return Host(name, port)


def asked_host() -> Host | None:
    """The host that this request asks for. Werkzeug's `request.host` is empty for a name with `_`."""
    return parsed_host(request.environ.get("HTTP_HOST", ""))


def accepted_host(host: Host, listed: tuple[str, ...]) -> bool:
    """Whether the chat answers to that host: one that no stranger can own, this machine's, or a listed origin's."""
    name = host.name
    return (
        "." not in name
        or name.endswith((".localhost", ".local"))
        or parsed_address(name) is not None
        or name in _machine_names()
        or name in _hosts_of(listed)
    )


def is_navigation() -> bool:
    """Whether the browser goes to this address by itself (a link, a bookmark), as it says."""
    return request.method in ("GET", "HEAD") and request.headers.get("Sec-Fetch-Mode") == "navigate"


def is_foreign(listed: tuple[str, ...]) -> bool:
    """Whether a page of another site had the browser send this request, as the browser says (Sec-Fetch-Site).

    Programs and browsers from before 2023 do not say it, nor do others over plain http to another machine.
    """
    if request.headers.get("Sec-Fetch-Site") not in ("cross-site", "same-site"):
        return False
    given = _normal(request.headers.get("Origin", ""))
    return given is None or given not in _origins_of(listed)


def allowed_origin(listed: tuple[str, ...]) -> bool:
    """Whether this request's `Origin`, if it has one, is this site's own or a listed one. One that is not is logged."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    given, host = _normal(origin), asked_host()
    if given is not None:
        if given in _origins_of(listed):
            return True
        own = (request.scheme, host.name, host.port or _DEFAULT_PORTS.get(request.scheme)) if host else None
        if host and given == own and accepted_host(host, listed):
            return True
    log_rejected(f"Origin {origin[:SHOWN]} is neither {request.scheme}://{_asked()} nor in CHATAPP_ORIGINS")
    return False


def log_rejected(why: str) -> None:
    """One line for the operator about a request that was turned away."""
    log.warning("Rejected %s %s from %s: %s", request.method, request.path[:SHOWN], request.remote_addr, why)


def _asked() -> str:
    return str(request.environ.get("HTTP_HOST", ""))[:SHOWN]


def _normal(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin; None if it is none, such as `null`."""
    scheme, _, rest = origin.strip().lower().partition("://")
    host = parsed_host(rest)
    if host is None or scheme not in _DEFAULT_PORTS:
        return None
    return scheme, host.name, host.port or _DEFAULT_PORTS[scheme]


@cache
def _origins_of(listed: tuple[str, ...]) -> frozenset[tuple[str, str, int] | None]:
    return frozenset(map(_normal, listed))


@cache
def _hosts_of(listed: tuple[str, ...]) -> frozenset[str]:
    return frozenset(origin[1] for origin in _origins_of(listed) if origin)


@cache
def _machine_names() -> frozenset[str]:
    """This machine's name, and what /etc/hosts puts beside it. DNS is not asked: it may take seconds to fail."""
    own = socket.gethostname().lower().removesuffix(".")
    names = {own}
    try:
        lines = _HOSTS_FILE.read_text(errors="replace").lower().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _address, *beside = line.partition("#")[0].split() or [""]
        if own in beside or own in (name.partition(".")[0] for name in beside):
            names.update(name.removesuffix(".") for name in beside)
    return frozenset(names)
