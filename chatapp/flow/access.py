"""Who may look inside: whoever sits at this machine, or has the key that the server prints when it starts."""

from __future__ import annotations

import hmac
import secrets

from flask import Request

from ..networks import is_loopback
from ..origins import parsed_host
from ..web.cookies import cookie_name
from .viewer import Viewer

COOKIE = "flow"  # the purpose of the cookie with the key
KEY_BYTES = 16
PROXYS_HEADERS = ("Forwarded", "Via", "X-Forwarded", "X-Real", "X-Client", "X-Cluster", "True-Client", "Cf-", "Fly-")


class Access:
    """Decides by the setting FLOW. The key is a new one at each start, as Jupyter's is."""

    def __init__(self, mode: str, *, behind_proxy: bool):
        self.mode = mode
        self._behind_proxy = behind_proxy  # then everybody seems to sit at this machine
        self.key = secrets.token_urlsafe(KEY_BYTES)
        self._salt = secrets.token_bytes(KEY_BYTES)

    @property
    def path(self) -> str | None:
        """Where the operator looks inside; None if nobody may. The page hands in the key of the fragment."""
        if self.mode == "off":
            return None
        return "/flow" if self.mode == "open" else f"/flow#key={self.key}"

    def allows(self, request: Request) -> bool:
        """Whether who sent this request may look inside."""
        if self.mode in ("off", "open"):
            return self.mode == "open"
        return self.has_key(request) or (self.mode == "local" and self._is_here(request))

    def is_operator(self, request: Request) -> bool:
        """Whether who sent this request has the key or sits at this machine, whatever the mode allows."""
        return self.has_key(request) or self._is_here(request)

    def _is_here(self, request: Request) -> bool:
        return not self._behind_proxy and _is_local(request)

    def has_key(self, request: Request) -> bool:
        """Whether the request bears the key: in a cookie, or as `Authorization: Bearer`. In the address it would be
        written to the logs of servers and proxies."""
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.is_key(request.cookies.get(cookie_name(COOKIE), "")) or self.is_key(bearer)

    def is_key(self, given: str) -> bool:
        """Whether that is the key; the time it takes tells nothing."""
        return hmac.compare_digest(self.key.encode(), given.encode())

    def viewer(self, person: str | None) -> Viewer:
        """How somebody with that id in the chat, or none, sees things."""
        return Viewer(person, self.mode, self._salt)


def _is_local(request: Request) -> bool:
    """From this machine, to a name of this machine. What came through a proxy came from somewhere else; and a page of
    another site that had its name point here asks for that name (DNS rebinding)."""
    through = any(name.title().startswith(PROXYS_HEADERS) for name, _ in request.headers)
    # nginx, where nobody configured otherwise, adds no such header and asks for 127.0.0.1, but speaks HTTP/1.0.
    through = through or request.environ.get("SERVER_PROTOCOL") != "HTTP/1.1"
    host = parsed_host(request.environ.get("HTTP_HOST", ""))
    return not through and host is not None and host.is_local and is_loopback(request.remote_addr or "")
