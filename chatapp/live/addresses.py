"""How many connections each address has, so that one cannot take all places."""

from __future__ import annotations

import logging
import time
from threading import Lock

from ..networks import network

LOG_EVERY = 60.0  # seconds between two lines about addresses over their limit

log = logging.getLogger(__name__)


class TooManyFromAddress(Exception):
    """The address has as many connections as it may have; the text says so to a client."""


class Addresses:
    """Counts the connections of each network (an IPv4 address, an IPv6 /64) up to a limit. Calls come from any thread.

    The empty address, that of a Unix socket, has no limit: it is a proxy's.
    """

    def __init__(self, limit: int):
        self._limit = limit
        self._lock = Lock()  # guards what follows
        self._counts: dict[str, int] = {}
        self._refused = 0  # since the last line in the log
        self._logged_at = float("-inf")  # monotonic seconds

    def enter(self, address: str) -> None:
        """One connection more. Raises TooManyFromAddress; else `leave` must follow, once."""
        name = network(address)
        with self._lock:
            count = self._counts.get(name, 0)
            if count < self._limit or not name:
                self._counts[name] = count + 1
                return
            self._refused += 1
            refused, now = self._refused, time.monotonic()
            logs = now - self._logged_at >= LOG_EVERY
            if logs:
                self._logged_at, self._refused = now, 0
        if logs:
            log.warning("Too many connections from %s: %d at most, %d refused", name, self._limit, refused)
        raise TooManyFromAddress(f"Your address has {self._limit} connections already. Close some, or try again soon.")

    def leave(self, address: str) -> None:
        """One connection less."""
        name = network(address)
        with self._lock:
            left = self._counts[name] - 1
            if left:
                self._counts[name] = left
            else:
                del self._counts[name]

    def count(self, address: str) -> int:
        """How many connections there are from an address now."""
        with self._lock:
            return self._counts.get(network(address), 0)
