"""Where a chat is, and the connections to it."""

from __future__ import annotations

import re
import socket
import ssl
from http.client import HTTPConnection, HTTPSConnection
from typing import NamedTuple
from urllib.parse import urlsplit

LOCAL = "http://127.0.0.1:8000"  # where gunicorn serves by default
CONNECT_TIMEOUT = 10.0  # seconds for a connection to come about
_PREFIX = re.compile(r"(?:/[\w.~-]+)*", re.ASCII)  # as the server takes it from its proxy


class Address(NamedTuple):
    """A server: `http://host:port`, or `https://host` or `https://host/prefix` behind its proxy."""

    secure: bool
    host: str
    port: int
    prefix: str = ""  # of every path, with a slash before it and none behind it

    @classmethod
    def parse(cls, url: str) -> Address:
        """Raises ValueError, one line, for what is no address of a server."""
        wrong = f"{url!r} is no address such as {LOCAL} or https://chat.example.org"
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            port = parts.port
        except ValueError:
            raise ValueError(wrong) from None
        prefix = parts.path.rstrip("/")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or not _PREFIX.fullmatch(prefix):
            raise ValueError(wrong)
        secure = parts.scheme == "https"
        return cls(secure, parts.hostname, port or (443 if secure else 80), prefix)

    def __str__(self) -> str:
        return f"{self.origin}{self.prefix}"

    @property
    def origin(self) -> str:
        """What a request's `Origin` says."""
        return f"http{'s' * self.secure}://{self.netloc}"

    @property
    def netloc(self) -> str:
        """What a request's `Host` says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def http(self, timeout: float) -> HTTPConnection:
        """A connection for requests, not open yet."""
        if self.secure:
            return HTTPSConnection(self.host, self.port, timeout=timeout, context=ssl.create_default_context())
        return HTTPConnection(self.host, self.port, timeout=timeout)

    def connect(self) -> socket.socket:
        """An open connection. Raises OSError."""
        sock = socket.create_connection((self.host, self.port), CONNECT_TIMEOUT)
        if not self.secure:
            return sock
        try:
            return ssl.create_default_context().wrap_socket(sock, server_hostname=self.host)
        except OSError:
            sock.close()
            raise
