"""Who one is at a server: a name, and the cookie that keeps it, so that one is the same after every reconnection."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from http.cookies import CookieError, SimpleCookie

from .address import Address
from .fetching import fetch
from .heard import NotNow, heard
from .show import brief

GOODBYE_TIMEOUT = 2.0  # seconds for the answer to the last request
LONGEST_WAIT = 60.0  # seconds that an introduction waits for a server that refuses it for a while


class NotSo(Exception):
    """The server does not take the name; one line that says why."""


def introduce(address: Address, name: str) -> str:
    """Chooses a name at the server; gives the cookie that proves who one is.

    Raises NotSo, NotNow, OSError or HTTPException.
    """
    body = json.dumps({"name": name.encode("utf-8", "replace").decode()})
    answer = fetch(address, "POST", "/api/me", body=body, headers={"Content-Type": "application/json"})
    if answer.status == 200:
        return _cookie(answer.cookies)
    problem = heard(answer.content)
    detail = problem.detail if problem and problem.detail else f"{answer.status} {answer.reason}"
    if problem and problem.code in ("bad-name", "name-taken"):
        raise NotSo(brief(detail))
    if problem and problem.retry_after is not None:
        raise NotNow(brief(detail), problem.retry_after)
    raise HTTPException(brief(detail))


def give_back(address: Address, cookie: str) -> None:
    """Frees the name that belongs to whoever has the cookie, if there is one: nobody can come back with it. If that
    fails, the server keeps the name for 30 days."""
    if not cookie:
        return
    with suppress(OSError, HTTPException):
        headers = {"Cookie": cookie, "Origin": address.origin}
        fetch(address, "DELETE", "/api/me", headers=headers, timeout=GOODBYE_TIMEOUT)


def introduce_in_time(
    address: Address, name: str, warn: Callable[[str], None], sleep: Callable[[float], None] = time.sleep
) -> str:
    """As `introduce`, but comes again when the server says so, for LONGEST_WAIT seconds; `warn` is told each time.

    Raises NotSo, OSError or HTTPException.
    """
    left = LONGEST_WAIT
    while True:
        try:
            return introduce(address, name)
        except NotNow as refusal:
            left -= refusal.retry_after
            if left < 0:
                raise HTTPException(str(refusal)) from None
            warn(f"{refusal} Trying again.")
            sleep(refusal.retry_after)


def _cookie(given: list[str]) -> str:
    kept: SimpleCookie = SimpleCookie()
    for header in given:
        try:
            kept.load(header)
        except CookieError:
            continue
    return "; ".join(f"{name}={morsel.coded_value}" for name, morsel in kept.items())
