"""Where a link says that it leads, and where it does: `[https://good.example](https://evil.example)`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize
from urllib.parse import unquote

from linkify_it.tlds import TLDS
from markdown_it.common.normalize_url import normalizeLink

from ..characters import DEFAULT_IGNORABLE

REST_SHOWN = 60  # characters of what follows the host in an address

# Top-level domains, and those of private networks and examples (RFC 2606, 6761, 6762, 9476).
_ENDS = frozenset(TLDS) | frozenset(
    ("EXAMPLE", "TEST", "INVALID", "LOCAL", "LOCALHOST", "INTERNAL", "INTRANET", "LAN", "HOME", "CORP", "ALT", "ONION")
)
_UNSEEN = re.compile(f"[{DEFAULT_IGNORABLE}]")
# Characters that look like those of an address and stay so after NFKC.
_ALIKE = {0x3002: ".", 0x2044: "/", 0x2215: "/", 0x29F8: "/", 0x2236: ":", 0xA789: ":"}
_NAMED = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{0,30}:[/\\]+|//)?(?P<users>(?:[\w.%+:-]{1,100}@)*)"
    r"(?P<host>[^\W_][\w-]*(?:\.[\w-]+)*)(?::\d+)?(?:[/\\?#]\S*)?",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_URL = re.compile(
    r"(?P<scheme>https?://)(?:(?P<users>[^/?#]*)@)?(?P<host>\[[^\]]*\]|[^/?#:]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)


def target(label: str, url: str) -> str | None:
    """The address of a link whose label, or user name, names another host; None if they name none but its own.

    `url` is normalised. The answer is without the user name that may stand in it.
    """
    if url[:7].lower() == "mailto:":
        address = unquote(url[7:].partition("?")[0])
        others = _alike(label).lower().replace(_alike(address).lower(), " ")
        return url if any(_hosts(others, "")) else None
    found = _URL.fullmatch(url)
    if not found:
        return None
    named = [*_hosts(_alike(label), found["rest"]), *_hosts(_alike(unquote(found["users"] or "")), "")]
    own = _bare(found["host"])
    if all(_bare(_encoded(host)) == own for host in named):
        return None
    return found["scheme"] + found["host"] + found["rest"]


def shown(address: str) -> str:
    """The address as it is shown: its host is whole."""
    if address[:7].lower() == "mailto:":
        return unquote(address[7:])
    found = _URL.fullmatch(address)
    if not found or len(found["rest"]) <= REST_SHOWN:
        return address
    return address[: found.start("rest") + REST_SHOWN] + "…"


def _hosts(text: str, path: str) -> Iterator[str]:
    """The hosts that a text names, but for the name of a file that is in the path."""
    for found in _NAMED.finditer(text):
        host = found["host"]
        if (found["scheme"] or _is_host(host)) and f"/{host}" not in path:
            yield host
        yield from (user for user in re.split("[@:]", found["users"]) if _is_host(unquote(user).partition("/")[0]))


def _is_host(name: str) -> bool:
    first, _, _ = name.partition(".")
    last = name.rpartition(".")[2].upper()
    if first == name:
        return False
    return first.lower() == "www" or last in _ENDS or not last.isascii() or _NUMBERS.fullmatch(name) is not None


def _alike(text: str) -> str:
    """The text as a reader takes it for."""
    return normalize("NFKC", _UNSEEN.sub("", text)).translate(_ALIKE)


def _encoded(host: str) -> str:
    return normalizeLink(f"http://{host.lower()}").partition("://")[2].rstrip("/")


def _bare(host: str) -> str:
    return host.lower().rstrip(".").removeprefix("www.")
