"""The cookie by which a browser is the same person again: nobody else's, and not lost without a reason."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask
from itsdangerous import TimestampSigner

from ..actors import Closed, identity_of
from ..conftest import Wire
from .conftest import HERE, Browser, content_of, refused

DAY = 86_400


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock by which cookies are signed so many seconds ahead, or back."""

    def set_ahead(seconds: float) -> None:
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: int(time.time() + seconds))

    return set_ahead


def test_the_cookie_is_for_this_site_and_out_of_reach_for_scripts(browser: Browser) -> None:
    answer = browser.post("/api/me", {"name": "Ana"})
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Secure" not in cookie
    assert f"Max-Age={365 * DAY}" in cookie


def test_over_https_the_cookie_goes_over_nothing_else(make_app: Callable[..., Flask]) -> None:
    app = make_app(PROXY_HOPS=1)
    headers = {"Origin": "https://localhost", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/chat-app"}
    answer = app.test_client().post("/api/me", json={"name": "Ana"}, headers=headers)
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-chatapp_id_")
    # What a browser asks of a name that begins so.
    assert {"Secure", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_two_chats_on_one_host_keep_their_cookies_apart(make_app: Callable[..., Flask]) -> None:
    names = []
    for name, key in (("Ana", "one" * 11), ("Bia", "two" * 11)):
        browser = Browser(make_app(SECRET_KEY=key).test_client()).named(name)
        names.append(identity_of(browser.client).key)
    assert names[0] != names[1]


def test_a_cookie_from_before_is_replaced_and_its_person_stays(make_app: Callable[..., Flask]) -> None:
    former = Browser(make_app(SESSION_COOKIE_NAME="session_").test_client()).named("Ana")
    kept = former.client.get_cookie("session_")
    assert kept is not None
    you = former.read("/api/me")
    browser = make_app().test_client()
    browser.set_cookie("session", kept.value)
    assert content_of(browser.get("/api/me")) == you
    assert browser.get_cookie("session") is None
    assert identity_of(browser).value
    assert content_of(browser.get("/api/me")) == you


def test_a_cookie_of_another_program_on_the_host_is_left_alone(app: Flask) -> None:
    browser = Browser(app.test_client())
    browser.client.set_cookie("session", "another.program.cookie")
    browser.named("Ana")
    assert browser.read("/api/me")["name"] == "Ana"
    left = browser.client.get_cookie("session")
    assert left is not None
    assert left.value == "another.program.cookie"


def test_a_chat_that_moves_to_https_knows_its_people(make_app: Callable[..., Flask]) -> None:
    browser = make_app(PROXY_HOPS=1).test_client()
    you = content_of(browser.post("/api/me", json={"name": "Ana"}, headers={"Origin": HERE}))
    secure = {"X-Forwarded-Proto": "https"}
    answer = browser.get("/api/me", headers=secure)
    assert content_of(answer) == you
    set_cookies = answer.headers.getlist("Set-Cookie")
    assert [cookie.partition("=")[0].startswith("__Host-") for cookie in set_cookies] == [False, True]
    assert "Max-Age=0" in set_cookies[0]


@pytest.mark.parametrize("name", ["myname", "__Secure-mine"])
def test_the_operators_own_name_and_secure_count(make_app: Callable[..., Flask], name: str) -> None:
    app = make_app(SESSION_COOKIE_NAME=name, SESSION_COOKIE_SECURE=True)
    answer = app.test_client().post("/api/me", json={"name": "Ana"}, headers={"Origin": HERE})
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.partition("=")[0] == (name if name.startswith("__") else f"__Host-{name}")
    assert "Secure" in cookie.split("; ")


def another_signature(value: str) -> str:
    """The first character of the signature: of the last one some bits count for nothing."""
    content, dot, signature = value.rpartition(".")
    return content + dot + ("B" if signature[0] == "A" else "A") + signature[1:]


@pytest.mark.parametrize("forge", [another_signature, lambda _: "x", lambda _: "", lambda _: "x" * 4_000])
def test_a_forged_cookie_is_nobodys(browser: Browser, forge: Callable[[str], str]) -> None:
    browser.named("Ana")
    kept = identity_of(browser.client)
    for name in (kept.key, "session"):
        browser.client.set_cookie(name, forge(kept.value))
    refused(browser.get("/api/me"), 404, "no-name")


@pytest.mark.parametrize(
    ("before", "status"),
    [("session=x; " * 7, 200), ("session=x; " * 8, 404), ("a=b; " * 1_600, 200), ("a=b; " * 1_700, 404)],
)
def test_of_many_cookies_few_are_looked_at(browser: Browser, before: str, status: int) -> None:
    """56 KB of them cost 60 ms a request."""
    browser.named("Ana")
    kept = identity_of(browser.client)
    header = f"{before}session={kept.value}; a=b"
    stranger = browser.client.application.test_client(use_cookies=False)
    assert stranger.get("/api/me", headers={"Cookie": header}).status_code == status


def test_a_cookie_signed_with_another_key_is_nobodys(make_app: Callable[..., Flask]) -> None:
    browser = Browser(make_app(SECRET_KEY="one" * 11).test_client()).named("Ana")
    kept = identity_of(browser.client)
    other = make_app(SECRET_KEY="another" * 5).test_client()
    for name in (kept.key, "session"):
        other.set_cookie(name, kept.value)
    refused(other.get("/api/me"), 404, "no-name")


def test_a_cookie_outlives_the_server(make_app: Callable[..., Flask]) -> None:
    browser = Browser(make_app().test_client()).named("Ana")
    before = browser.read("/api/me")
    kept = identity_of(browser.client)
    again = make_app().test_client()
    again.set_cookie(kept.key, kept.value)
    assert content_of(again.get("/api/me")) == before


@pytest.mark.parametrize("ahead", [3_600, 30 * DAY, 20 * 365 * DAY, -50 * 365 * DAY])
def test_a_clock_that_was_wrong_costs_nobody_their_identity(
    browser: Browser, clock: Callable[[float], None], ahead: float
) -> None:
    clock(ahead)
    browser.named("Ana")
    you = browser.read("/api/me")
    clock(0)
    assert browser.read("/api/me") == you


def test_a_cookie_that_nobody_used_for_a_year_is_over(browser: Browser, clock: Callable[[float], None]) -> None:
    clock(-366 * DAY)
    browser.named("Ana")
    refused(browser.get("/api/me"), 404, "no-name")


# Forget me on this device.


def test_who_is_forgotten_is_a_stranger_and_their_connections_end(app: Flask, wire: Wire) -> None:
    browser = Browser(app.test_client()).named("Ana")
    other = Browser(app.test_client()).named("Bia")
    pages = [wire.connect(chat=True, client=browser.client, Origin=HERE) for _ in range(2)]
    bystander = wire.connect(chat=True, client=other.client, Origin=HERE)
    for page in (*pages, bystander):
        page.hear("welcome")
    answer = browser.client.delete("/api/me", headers={"Origin": HERE})
    assert (answer.status_code, content_of(answer)) == (200, {})
    assert browser.client._cookies == {}
    answer.close()
    for page in pages:
        with pytest.raises(Closed) as closed:
            page.receive()
        assert closed.value.code == 1001
    refused(browser.get("/api/me"), 404, "no-name")
    bystander.say("ping")
    bystander.hear("pong")


def test_nobody_is_forgotten_at_another_sites_wish(browser: Browser) -> None:
    browser.named("Ana")
    for headers in ({}, {"Origin": "https://evil.example"}):
        refused(browser.client.delete("/api/me", headers=headers), 403, "forbidden")
    assert browser.read("/api/me")["name"] == "Ana"


def test_a_stranger_can_be_forgotten_too(browser: Browser) -> None:
    assert content_of(browser.client.delete("/api/me", headers={"Origin": HERE})) == {}
