"""Who asks: the person of a signed cookie, or a guest; and the language to answer in."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from flask import request, session
from msgspec.structs import replace
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from .details import LOCALES
from .limits import ACCEPTED_MOST
from .log.history import History
from .model import Person
from .networks import network
from .rooms.names import person_name
from .spelling import folded

COOKIE_DAYS = 365  # how long a browser remembers who one is


class Identity:
    """Knows people by their cookie. A guest's id hangs on address and name, so that one who comes back is the same."""

    def __init__(self, history: History, secret: Callable[[], str]):
        self._history = history
        self._secret = secret

    def member(self) -> Person | None:
        """The person of this request's cookie, under the name they chose last; None without a cookie."""
        person = session.get("id")
        if not isinstance(person, str):
            return None
        return Person(person, self._history.name(person) or str(session.get("name", "")), "member")

    def guest(self, given: str | None) -> tuple[Person, Callable[[str], str]]:
        """The guest of this request who gave that name, or none, and what gives the id for the name they end up with.

        Raises Refusal `bad-name` if it cannot be a name.
        """
        name = person_name(given) if given else f"guest-{secrets.randbelow(10_000):04}"
        address = request.remote_addr or ""
        return Person("", name), lambda chosen: self._guest_id(address, chosen)

    def caller(self) -> Person:
        """The guest of a single HTTP request: the same one for every request from that address with that name."""
        given = request.args.get("name")
        person, identify = self.guest(given)
        name = person.name
        if not given:
            number = int(self._guest_id(request.remote_addr or "", "").removeprefix("guest-"), 16)
            name = f"guest-{number % 10_000:04}"
        return Person(identify(name), name)

    def actor(self) -> Person:
        """Who asks for something to be done in a single HTTP request, and from which network."""
        return replace(self.member() or self.caller(), network=network(request.remote_addr or ""))

    def remember(self, person: str, name: str) -> None:
        """Puts the person into the signed cookie."""
        session.permanent = True
        session["id"] = person
        session["name"] = name

    def _guest_id(self, address: str, name: str) -> str:
        digest = hmac.digest(self._secret().encode(), f"{address}\0{folded(name)}".encode(), "sha256")
        return "guest-" + digest[:9].hex()


def new_id() -> str:
    """A random id for a person: 72 bits."""
    return secrets.token_hex(9)


def language() -> str:
    """One of LOCALES: what the person chose, else what their browser prefers, else English."""
    chosen = session.get("lang")
    if chosen in LOCALES:
        return str(chosen)
    given = request.headers.get("Accept-Language", "")
    if len(given) > ACCEPTED_MOST:
        given = given[:ACCEPTED_MOST].rpartition(",")[0]
    for wanted, quality in parse_accept_header(given, LanguageAccept):
        if quality and wanted.lower().startswith("pt"):
            return "pt-BR"
        if quality and wanted.lower().startswith("en"):
            return "en"
    return "en"
