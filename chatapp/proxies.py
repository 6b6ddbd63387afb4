"""What a reverse proxy says about a request: the client's address, the scheme and the path prefix."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

from .networks import is_this_machine, parsed_address

PREFIX_LIMIT = 256  # characters of X-Forwarded-Prefix
_SCHEMES = {"https": "https", "wss": "https", "http": "http", "ws": "http"}  # Traefik says wss for a WebSocket
# Two slashes at the beginning would make every address of the page one of another site.
_PREFIX = re.compile(r"(?:/[\w.~-]+)+", re.ASCII)
_ADDRESS_AND_PORT = re.compile(r"\[([^\]]+)\](?::(\d{1,5}))?|([\d.]+):(\d{1,5})", re.ASCII)

log = logging.getLogger(__name__)

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Proxies:
    """WSGI middleware around the application: puts what the operator's proxies say into the environ.

    `hops` is how many proxies a request passes. With 0 neither X-Forwarded-For nor X-Forwarded-Prefix counts, and the
    first request that has X-Forwarded-For is logged. X-Forwarded-Host never counts: nginx passes on what a client
    sends, and the host decides which site's pages may use the chat.
    """

    def __init__(self, app: WSGI, *, hops: int):
        self._app = app
        self._hops = hops
        self._fixed = ProxyFix(_checked(app), x_for=hops, x_proto=0, x_prefix=hops)
        self._warned = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("REMOTE_ADDR") == "<local>":  # Werkzeug's word for a Unix socket
            environ["REMOTE_ADDR"] = ""
        address = environ.get("REMOTE_ADDR", "")
        # A proxy on this machine may name the scheme without the setting: a false one harms only the client itself.
        if self._hops or is_this_machine(address):
            _use_forwarded_scheme(environ)
        if self._hops:
            return self._fixed(environ, start_response)
        if not self._warned and "HTTP_X_FORWARDED_FOR" in environ:
            self._warned = True  # two threads at the same moment write two lines, which is no harm
            log.warning(
                "A request came through a proxy (X-Forwarded-For): set CHATAPP_PROXY_HOPS=1,"
                " or all people behind that proxy count as one address"
            )
        environ["REMOTE_ADDR"] = _plain(address)
        return self._app(environ, start_response)


def _use_forwarded_scheme(environ: dict[str, Any]) -> None:
    """Takes the first value of X-Forwarded-Proto: what the browser spoke to the outermost proxy."""
    first = environ.get("HTTP_X_FORWARDED_PROTO", "").partition(",")[0].strip().lower()
    environ["wsgi.url_scheme"] = _SCHEMES.get(first, environ["wsgi.url_scheme"])


def _checked(app: WSGI) -> WSGI:
    """Behind ProxyFix, which takes any text: keeps the proxy's own address and no prefix in place of malformed ones."""

    def checked(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        before = environ["werkzeug.proxy_fix.orig"]
        given, peer = environ.get("REMOTE_ADDR", ""), before["REMOTE_ADDR"] or ""
        if given != peer and (named := address_and_port(given)):
            peer, environ["REMOTE_PORT"] = named  # the port that was there is the proxy's
        environ["REMOTE_ADDR"] = _plain(peer)
        prefix = environ.get("SCRIPT_NAME", "").rstrip("/")
        if prefix != (before["SCRIPT_NAME"] or "") and not (len(prefix) <= PREFIX_LIMIT and _PREFIX.fullmatch(prefix)):
            prefix = before["SCRIPT_NAME"] or ""
        environ["SCRIPT_NAME"] = prefix
        return app(environ, start_response)

    return checked


def address_and_port(entry: str) -> tuple[str, str] | None:
    """What an entry of X-Forwarded-For names; the port is "" if it has none, as usual. None for a malformed one."""
    port = ""
    if match := _ADDRESS_AND_PORT.fullmatch(entry):  # Azure and some others append the client's port
        entry, port = match[1] or match[3], match[2] or match[4] or ""
    return (entry, port) if parsed_address(entry) else None


def _plain(address: str) -> str:
    """An IPv4 address that a socket for IPv6 shows as `::ffff:192.0.2.1` as IPv4; anything else as it is."""
    mapped = getattr(parsed_address(address), "ipv4_mapped", None)
    return str(mapped) if mapped else address
