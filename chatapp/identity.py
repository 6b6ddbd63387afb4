"""Who asks: the person of a signed cookie, or a guest; and the language to answer in."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable

from flask import request, session
from itsdangerous import BadData, URLSafeTimedSerializer
from msgspec.structs import replace
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from .details import LOCALES
from .guests import GUEST
from .limits import ACCEPTED_MOST
from .model import Person, Refusal
from .networks import network
from .rooms.names import person_name
from .rooms.registry import NameRegistry
from .spelling import folded

COOKIE_DAYS = 365  # how long a browser remembers who one is
TOKEN_LIFETIME_S = 86_400  # from the welcome that gives the token; it works longer while its guest counts as online
TOKEN_LIMIT = 200  # characters; a token has some 75


class Identity:
    """Knows people by their cookie. Who has none is a guest, and a new one with each connection."""

    def __init__(self, registry: NameRegistry, *, secret: Callable[[], str], is_online: Callable[[str], bool]):
        """`is_online` says whether the person with that id has a connection, or had one a moment ago."""
        self._registry = registry
        self._secret = secret
        self._is_online = is_online

    def member(self) -> Person | None:
        """The person of this request's cookie, under the name they chose last; None without a cookie."""
        person = session.get("id")
        if not isinstance(person, str):
            return None
        return self._registry.member(person, str(session.get("name", "")))

    def need_member(self) -> Person:
        """As `member`. Raises Refusal `forbidden` without a cookie: nobody could tell two guests apart who send single
        requests from one address."""
        member = self.member()
        if member is None:
            raise Refusal("forbidden", guest=True)
        return _from_here(member)

    def member_or_poster(self) -> Person:
        """Who posts with this request, and from which network."""
        return _from_here(self.member() or self.poster())

    def guest(self, given: str | None, token: str | None = None) -> Person:
        """The guest of one connection, under the given name. It is a new person, unless the connection continues an
        earlier one: it brings the token that `token_of` made for that one.

        Raises Refusal `bad-name` if it cannot be a name.
        """
        name = person_name(given) if given else f"guest-{secrets.randbelow(10_000):04}"
        return Person(self._guest_of(token) or GUEST + new_id(), name)

    def token_of(self, guest: Person) -> str:
        """A signed token with which the next connection continues this guest's."""
        return self._tokens().dumps(guest.id)

    def _guest_of(self, token: str | None) -> str | None:
        """The id of the guest to whom the token was given. None if there is no token, or it is forged or expired."""
        if not token or len(token) > TOKEN_LIMIT:
            return None
        try:
            guest, signed_at = self._tokens().loads(token, return_timestamp=True)
        except BadData:
            return None
        # The age is not left to `loads`: it rejects a token that was signed while the clock was ahead.
        expired = time.time() - signed_at.timestamp() > TOKEN_LIFETIME_S
        return None if expired and not self._is_online(guest) else str(guest)

    def _tokens(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret(), salt="guest")

    def poster(self) -> Person:
        """The guest of a single HTTP request: somebody else than the guests of connections, and the same one for every
        request from that address under that name, so that a nonce is stored once. All that they may do is post."""
        given, address = request.args.get("name"), request.remote_addr or ""
        name = person_name(given) if given else f"guest-{self._digest(address, '') % 10_000:04}"
        return Person(f"{GUEST}{self._digest(address, name):018x}", name)

    def remember(self, person: str, name: str) -> None:
        """Puts the person into the signed cookie."""
        session.permanent = True
        session["id"] = person
        session["name"] = name

    def _digest(self, address: str, name: str) -> int:
        """72 bits that nobody can work out without the secret."""
        digest = hmac.digest(self._secret().encode(), f"{address}\0{folded(name)}".encode(), "sha256")
        return int.from_bytes(digest[:9])


def _from_here(person: Person) -> Person:
    return replace(person, network=network(request.remote_addr or ""))


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
