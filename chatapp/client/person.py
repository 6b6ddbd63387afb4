"""Who one is at a server: a name, and the cookie that keeps it, so that one is the same after every reconnection."""

from __future__ import annotations

import json
from http.client import HTTPException
from http.cookies import CookieError, SimpleCookie

from ..terminal import escaped
from .address import Address
from .heard import heard

TIMEOUT = 15.0  # seconds for an answer


class NotSo(Exception):
    """The server does not take the name; one line that says why."""


def introduce(address: Address, name: str) -> str:
    """Chooses a name at the server; gives the cookie that proves who one is. Raises NotSo, OSError or HTTPException."""
    connection = address.http(TIMEOUT)
    try:
        body = json.dumps({"name": name.encode("utf-8", "replace").decode()})
        connection.request("POST", "/api/me", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status == 200:
        return _cookie(answer.headers.get_all("Set-Cookie", []))
    problem = heard(content)
    detail = problem.detail if problem and problem.detail else f"{answer.status} {answer.reason}"
    if problem and problem.code in ("bad-name", "name-taken"):
        raise NotSo(escaped(detail))
    raise HTTPException(escaped(detail))


def _cookie(given: list[str]) -> str:
    kept: SimpleCookie = SimpleCookie()
    for header in given:
        try:
            kept.load(header)
        except CookieError:
            continue
    return "; ".join(f"{name}={morsel.coded_value}" for name, morsel in kept.items())
