"""Who asks: people by their cookie, guests by their connection or its token."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, request, session
from itsdangerous import URLSafeTimedSerializer

from chatapp.identity import TOKEN_LIFETIME_S, Identity, language, new_id
from chatapp.model import Person, Refusal
from chatapp.rooms.names import person_name


class Kept:
    """The names that are known, in the place of the registry."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def member(self, person: str, remembered: str) -> Person:
        return Person(person, self.names.get(person, remembered), "member")


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def online() -> set[str]:
    """The ids of the people who are online."""
    return set()


@pytest.fixture
def make_identity(kept: Kept, online: set[str]) -> Callable[[str], Identity]:
    def make(secret: str) -> Identity:
        # All that it asks of the registry is a member.
        return Identity(kept, secret=lambda: secret, is_online=online.__contains__)  # type: ignore[arg-type]

    return make


@pytest.fixture
def identity(make_identity: Callable[[str], Identity]) -> Identity:
    return make_identity("secret")


@pytest.fixture
def asking() -> Callable[..., Any]:
    """A request, with or without a cookie."""
    app = Flask(__name__)
    app.secret_key = "x"

    @contextmanager
    def ask(path: str = "/", *, address: str = "192.0.2.1", languages: str = "", **cookie: object) -> Iterator[None]:
        headers = {"Accept-Language": languages} if languages else {}
        with app.test_request_context(path, headers=headers, environ_overrides={"REMOTE_ADDR": address}):
            session.update(cookie)
            yield

    return ask


def test_without_a_cookie_there_is_no_member(identity: Identity, asking: Callable[..., Any]) -> None:
    with asking():
        assert identity.member() is None
    with asking(lang="pt-BR"):
        assert identity.member() is None


def test_a_member_bears_the_name_they_chose_last(identity: Identity, kept: Kept, asking: Callable[..., Any]) -> None:
    with asking(id="p1", name="Ana"):
        assert identity.member() == Person("p1", "Ana", "member")
        kept.names["p1"] = "Zoe"  # on another device
        assert identity.member() == Person("p1", "Zoe", "member")


def test_who_had_everybodys_name_before_it_was_reserved_keeps_it(
    identity: Identity, kept: Kept, asking: Callable[..., Any]
) -> None:
    kept.names["p1"] = "All"
    with asking(id="p1", name="All"):
        assert identity.member() == Person("p1", "All", "member")


@pytest.mark.parametrize("person", [7, None, ["p1"], {"p1": 1}])
def test_a_cookie_of_another_shape_is_nobodys(identity: Identity, asking: Callable[..., Any], person: object) -> None:
    with asking(id=person, name="Ana"):
        assert identity.member() is None


def test_remembering_makes_a_member(identity: Identity, asking: Callable[..., Any]) -> None:
    with asking():
        identity.remember("p1", "Ana")
        assert identity.member() == Person("p1", "Ana", "member")
        assert session.permanent


def test_a_guest_without_a_name_gets_one_with_four_digits(identity: Identity, asking: Callable[..., Any]) -> None:
    with asking():
        for person in (identity.guest(None), identity.poster()):
            assert re.fullmatch(r"guest-\d{4}", person.name)
            assert person_name(person.name) == person.name
            assert person.role == "guest"
            assert re.fullmatch(r"guest-[0-9a-f]{18}", person.id)


def test_every_connection_of_a_guest_is_somebody_else_unless_it_brings_the_token_of_an_earlier_one(
    identity: Identity, asking: Callable[..., Any]
) -> None:
    with asking("/chat?name=ana"):
        ana, other = identity.guest("ana"), identity.guest("ana")
        token = identity.token_of(ana)
        assert re.fullmatch(r"[\w.-]+", token), "it has to be a subprotocol's name"
    with asking("/chat?name=bob", address="192.0.2.9"):
        assert identity.guest("bob", token) == Person(ana.id, "bob")
        assert len({ana.id, other.id, identity.guest("ana").id}) == 3


@pytest.mark.parametrize("forge", [lambda token: "A" + token, lambda token: token + "A", lambda _: "x.y.z"])
def test_a_forged_token_makes_a_new_guest(
    identity: Identity, asking: Callable[..., Any], forge: Callable[[str], str]
) -> None:
    with asking():
        ana = identity.guest("ana")
        forged = forge(identity.token_of(ana))
        for token in (forged, "", "x" * 10_000, ana.id):
            assert identity.guest("ana", token).id != ana.id


def test_a_token_of_another_secret_makes_a_new_guest(
    identity: Identity, make_identity: Callable[[str], Identity], asking: Callable[..., Any]
) -> None:
    with asking():
        ana = identity.guest("ana")
        assert make_identity("another").guest("ana", identity.token_of(ana)).id != ana.id


def test_a_token_expires_unless_its_guest_is_still_online(
    identity: Identity, online: set[str], asking: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with asking():
        ana = identity.guest("ana")
        token, now = identity.token_of(ana), time.time()

        def is_same(age: float) -> bool:
            monkeypatch.setattr(time, "time", lambda: now + age)
            return identity.guest("ana", token).id == ana.id

        assert is_same(TOKEN_LIFETIME_S - 10)
        assert not is_same(TOKEN_LIFETIME_S + 10)
        assert is_same(-30 * 86_400), "the clock was ahead and was set back"
        online.add(ana.id)
        assert is_same(TOKEN_LIFETIME_S + 10), "a connection lasts longer than a day, and may break then"


def test_the_token_of_the_cookie_is_no_guests(identity: Identity, asking: Callable[..., Any]) -> None:
    """What the same secret signed for another purpose names nobody."""
    for salt in ("cookie-session", "itsdangerous", ""):
        token = URLSafeTimedSerializer("secret", salt=salt).dumps("guest-0123456789abcdef01")
        with asking():
            assert identity.guest("ana", token).id != "guest-0123456789abcdef01"


def test_who_posts_with_a_request_is_the_same_from_one_address_under_one_name_and_nobody_else(
    identity: Identity, asking: Callable[..., Any]
) -> None:
    ids = {}
    for address in ("192.0.2.1", "192.0.2.2", "::1"):
        for name in ("ana", "bob"):
            with asking(f"/chat?name={name}", address=address):
                ids[address, name] = identity.poster().id
    assert len(set(ids.values())) == 6
    with asking("/chat?name=ANA", address="192.0.2.1"):
        assert identity.poster().id == ids["192.0.2.1", "ana"]


def test_a_request_without_a_cookie_is_no_members(identity: Identity, asking: Callable[..., Any]) -> None:
    with asking("/?name=ana"), pytest.raises(Refusal) as refused:
        identity.need_member()
    assert (refused.value.code, refused.value.values) == ("forbidden", {"guest": True})
    with asking(id="p1", name="Ana"):
        ana = Person("p1", "Ana", "member", network="192.0.2.1")
        assert identity.need_member() == identity.member_or_poster() == ana


def test_an_id_cannot_be_worked_out_without_the_secret(
    make_identity: Callable[[str], Identity], asking: Callable[..., Any]
) -> None:
    with asking("/chat?name=ana"):
        one, other = (make_identity(secret).poster().id for secret in ("a", "b"))
    assert one != other


def test_an_address_and_a_name_do_not_run_together(identity: Identity, asking: Callable[..., Any]) -> None:
    with asking("/chat?name=11", address="192.0.2.1"):
        one = identity.poster().id
    with asking("/chat?name=1", address="192.0.2.11"):
        assert identity.poster().id != one


@pytest.mark.parametrize("name", ["%00", "%20", "x" * 33, "%E2%80%AEana"])
def test_a_guest_with_an_impossible_name_is_refused(identity: Identity, asking: Callable[..., Any], name: str) -> None:
    with asking(f"/chat?name={name}"):
        with pytest.raises(Refusal) as refused:
            identity.guest(request.args["name"])
        assert refused.value.code == "bad-name"
        with pytest.raises(Refusal) as refused:
            identity.poster()
        assert refused.value.code == "bad-name"


def test_no_id_comes_twice() -> None:
    assert len({new_id() for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize(
    ("languages", "chosen", "expected"),
    [
        ("", None, "en"),
        ("pt-BR,pt;q=0.9,en;q=0.8", None, "pt-BR"),
        ("pt", None, "pt-BR"),
        ("de,en;q=0.5,pt;q=0.4", None, "en"),
        ("de", None, "en"),
        ("pt", "en", "en"),
        ("en", "pt-BR", "pt-BR"),
        ("pt", "xx", "pt-BR"),
        ("en", 7, "en"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_browsers_else_english(
    asking: Callable[..., Any], languages: str, chosen: object, expected: str
) -> None:
    cookie = {} if chosen is None else {"lang": chosen}
    with asking(languages=languages, **cookie):
        assert language() == expected
