"""The HTTP interface: rooms, history, posting, one's own name, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ..actors import InThread, eventually
from ..conftest import Wire
from .conftest import HERE, Browser, content_of, refused

GENERAL = "/api/rooms/general/messages"
MESSAGE = {"text": "hello", "nonce": "n1"}


# Rooms.


def test_general_exists_from_the_start(browser: Browser) -> None:
    answer = browser.get("/api/rooms")
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    general = {"slug": "general", "name": "general", "head": 0, "people": 0}
    assert answer.json == {"rooms": [{**general, "topic": "", "archived": False, "last_at": None}], "next": None}


def test_a_room_is_made_and_listed_at_its_address(browser: Browser) -> None:
    made = browser.named("Ana").post("/api/rooms", {"name": "Café da Manhã"})
    assert made.status_code == 201
    assert made.json == {"slug": "café-da-manhã", "name": "Café da Manhã", "head": 0}
    said = browser.say("bom dia", "n1", room="café-da-manhã")
    listed = {"head": 1, "people": 0, "topic": "", "archived": False, "last_at": said["at"], "read": 0}
    assert browser.read("/api/rooms")["rooms"][1] == {**content_of(made), **listed}


def test_rooms_say_how_many_people_are_there(browser: Browser, wire: Wire) -> None:
    wire.enter("ana")
    wire.enter("bob")
    assert browser.read("/api/rooms")["rooms"][0]["people"] == 2


def test_people_of_a_room_are_told_page_by_page_or_found_by_name(browser: Browser, wire: Wire) -> None:
    for name in ("Ana", "João Prado", "Bia"):
        wire.enter(name).join()
    first = browser.read("/api/rooms/general/people?limit=2")
    then = browser.read(f"/api/rooms/general/people?limit=2&after={first['next']}")
    people = [*first["people"], *then["people"]]
    assert sorted(one["name"] for one in people) == ["Ana", "Bia", "João Prado"]
    assert [len(first["people"]), first["count"], then["count"], then["next"]] == [2, 3, 3, None]
    found = browser.read("/api/rooms/general/people?q=prado")
    assert ([one["name"] for one in found["people"]], found["count"], found["next"]) == (["João Prado"], 3, None)
    assert browser.read("/api/rooms/general/people?after=~&q=prado")["people"] == []
    refused(browser.get("/api/rooms/general/people?limit=201"), 400, "bad-field", "limit")
    refused(browser.get("/api/rooms/nowhere/people"), 404, "no-such-room", "room")


def test_a_room_that_exists_is_refused_and_its_address_told(browser: Browser) -> None:
    problem = refused(browser.named("Ana").post("/api/rooms", {"name": "GENERAL"}), 409, "name-taken", "name")
    assert problem["slug"] == "general"


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb", "\u202eabc", "\u200d"])
def test_a_room_without_a_proper_name_is_refused(browser: Browser, name: str) -> None:
    problem = refused(browser.named("Ana").post("/api/rooms", {"name": name}), 400, "bad-name", "name")
    assert "64" in problem["detail"]
    assert len(browser.read("/api/rooms")["rooms"]) == 1


# History.


def test_history_comes_in_pages_oldest_first(browser: Browser) -> None:
    for number in range(1, 8):
        browser.say(str(number), f"n{number}")
    assert browser.read(GENERAL)["more"] is False
    newest = browser.read(f"{GENERAL}?limit=3")
    assert ([message["seq"] for message in newest["messages"]], newest["more"]) == ([5, 6, 7], True)
    middle = browser.read(f"{GENERAL}?limit=3&before=5")
    assert ([message["seq"] for message in middle["messages"]], middle["more"]) == ([2, 3, 4], True)
    oldest = browser.read(f"{GENERAL}?limit=3&before=2")
    assert ([message["text"] for message in oldest["messages"]], oldest["more"]) == (["1"], False)


def test_a_page_of_history_has_50_messages_if_nothing_else_is_asked(browser: Browser) -> None:
    for number in range(51):
        browser.say(str(number), f"n{number}")
    page = browser.read(GENERAL)
    assert ([message["seq"] for message in page["messages"]], page["more"]) == (list(range(2, 52)), True)


def test_an_empty_room_has_an_empty_page(browser: Browser) -> None:
    assert browser.read(GENERAL) == {"messages": [], "more": False, "newer": False, "head": 0}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *((f"limit={value}", "limit") for value in ("0", "201", "-1", "x", "", "1.5", "1e9", "9" * 5_000)),
        *((f"before={value}", "before") for value in ("-1", "x", "", "9007199254740992", "null", "%00", "9" * 5_000)),
    ],
)
def test_a_query_that_cannot_be_used_is_refused(browser: Browser, query: str, field: str) -> None:
    refused(browser.get(f"{GENERAL}?{query}"), 400, "bad-field", field)


def test_a_nonce_is_shown_to_its_author_only(make_browser: Callable[..., Browser]) -> None:
    ana, bob = make_browser().named("Ana"), make_browser().named("Bob")
    ana.say("hello", "anas-nonce")
    [own] = ana.read(GENERAL)["messages"]
    [others] = bob.read(GENERAL)["messages"]
    [strangers] = make_browser().read(GENERAL)["messages"]
    assert own["nonce"] == "anas-nonce"
    assert {**own, "nonce": None} == {**others, "nonce": None} == {**strangers, "nonce": None}
    assert "nonce" not in others
    assert "nonce" not in strangers


# Posting.


def test_a_post_is_answered_with_its_event_after_it_is_on_disk(
    make_app: Callable[..., Flask], make_browser: Callable[..., Browser]
) -> None:
    ana = make_browser().named("Ana")
    event = ana.say("olá\n<b>", "n1")
    assert event["type"] == "message"
    assert (event["room"], event["seq"], event["text"], event["nonce"]) == ("general", 1, "olá\n<b>", "n1")
    assert event["author"] == {"id": ana.read("/api/me")["id"], "name": "Ana"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["at"])
    again = Browser(make_app().test_client())
    assert again.read(GENERAL)["messages"] == [{key: event[key] for key in event if key != "nonce"}]


def test_a_post_sent_again_is_stored_once(browser: Browser) -> None:
    browser.named("Ana")
    first = browser.say("hello", "n1")
    assert browser.say("hello again", "n1") == first
    assert len(browser.read(GENERAL)["messages"]) == 1


def test_everybody_hears_what_a_program_posts(program: Browser, wire: Wire) -> None:
    ana, plain = wire.enter("ana"), wire.connect()
    event = program.say("backup done", "n1")
    assert re.fullmatch(r"guest-\d{4}", event["author"]["name"])
    assert ana.hear("message") == event
    assert plain.receive() == "backup done"


def test_a_program_is_the_same_guest_every_time_and_another_under_another_name(program: Browser) -> None:
    first, second = program.say("a", "n1"), program.say("b", "n2")
    assert first["author"] == second["author"]
    assert program.say("a", "n1") == first
    named = content_of(program.post(f"{GENERAL}?name=cron", {"text": "c", "nonce": "n1"}))
    assert named["author"]["name"] == "cron"
    assert named["author"]["id"] != first["author"]["id"]
    assert named["seq"] == 3


def test_a_program_cannot_speak_under_the_name_of_someone_who_is_online(
    program: Browser, make_browser: Callable[..., Browser], wire: Wire
) -> None:
    ana = make_browser().named("Ana")
    wire.connect(chat=True, client=ana.client).hear("welcome")
    event = content_of(program.post(f"{GENERAL}?name=ana", MESSAGE))
    assert event["author"]["name"] == "ana 2"


def test_a_program_with_an_impossible_name_is_refused(program: Browser) -> None:
    refused(program.post(f"{GENERAL}?name=%00", MESSAGE), 400, "bad-name", "name")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"text": "", "nonce": "n1"}, "text-empty", "text"),
        ({"text": " \n", "nonce": "n1"}, "text-empty", "text"),
        ({"text": "x" * 10_001, "nonce": "n1"}, "text-too-long", "text"),
        ({"text": "a\0b", "nonce": "n1"}, "bad-field", "text"),
        ({"text": 7, "nonce": "n1"}, "bad-field", "text"),
        ({"nonce": "n1"}, "bad-field", "text"),
        ({"text": "hello"}, "bad-field", "nonce"),
        ({"text": "hello", "nonce": ""}, "bad-field", "nonce"),
        ({"text": "hello", "nonce": "n" * 65}, "bad-field", "nonce"),
        ({"text": "hello", "nonce": None}, "bad-field", "nonce"),
        ([], "bad-field", None),
        (7, "bad-field", None),
        ("hello", "bad-field", None),
    ],
)
def test_a_message_that_is_none_is_refused(browser: Browser, body: object, code: str, field: str | None) -> None:
    refused(browser.post(GENERAL, body), 400, code, field)
    assert browser.read(GENERAL)["messages"] == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"hello",
        b'{"text":"x","nonce":"n1"} x',
        b'{"text":NaN,"nonce":"n1"}',
        b'{"text":"\xff","nonce":"n1"}',
        b'{"text":"\\ud800","nonce":"n1"}',
        b"[" * 100_000,
        b'{"text":' * 10_000,
        b'{"x":' + b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_json_is_refused(browser: Browser, content: bytes) -> None:
    refused(browser.post(GENERAL, data=content, content_type="application/json"), 400, "bad-json")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
@pytest.mark.parametrize("path", [GENERAL, "/api/rooms", "/api/me"])
def test_only_json_is_taken(browser: Browser, path: str, kind: str) -> None:
    """A form on another site can send the other kinds without asking the browser first."""
    answer = browser.post(path, data=b'{"text":"x","nonce":"n","name":"x"}', content_type=kind)
    refused(answer, 400, "bad-json")


def test_the_greatest_message_fits_even_with_every_character_escaped(browser: Browser) -> None:
    escaped = b'{"nonce":"n1","text":"' + b"\\ud83d\\ude00" * 10_000 + b'"}'
    answer = browser.post(GENERAL, data=escaped, content_type="application/json")
    assert answer.status_code == 201
    assert content_of(answer)["text"] == "😀" * 10_000


@pytest.mark.parametrize("path", [GENERAL, "/api/rooms", "/api/me"])
def test_a_huge_body_is_refused(browser: Browser, path: str) -> None:
    answer = browser.post(path, data=b"x" * 200_000, content_type="application/json")
    refused(answer, 413, "too-large")


@pytest.mark.parametrize("slug", ["nowhere", "GENERAL", "general ", "%00", "x" * 5_000, "%FF", ".."])
def test_an_unknown_room_is_refused(browser: Browser, slug: str) -> None:
    for answer in (browser.get(f"/api/rooms/{slug}/messages"), browser.post(f"/api/rooms/{slug}/messages", MESSAGE)):
        assert answer.status_code == 404
        assert content_of(answer)["code"] in ("no-such-room", "not-found")


def test_over_the_rate_one_is_told_how_long_to_wait(make_app: Callable[..., Flask]) -> None:
    browser = Browser(make_app(RATE_LIMIT=0.5, RATE_BURST=2).test_client())
    for number in range(2):
        browser.say("hello", f"n{number}")
    answer = browser.post(GENERAL, {"text": "hello", "nonce": "n2"})
    problem = refused(answer, 429, "rate-limited")
    assert 1 < problem["retry_after"] <= 2
    assert answer.headers["Retry-After"] == "2"
    assert str(problem["retry_after"]) in problem["detail"]


def test_retry_after_is_never_less_than_the_wait(make_app: Callable[..., Flask]) -> None:
    browser = Browser(make_app(RATE_LIMIT=0.71, RATE_BURST=1).test_client())  # 1.4 s: rounded it would be 1
    browser.say("hello", "n0")
    answer = browser.post(GENERAL, MESSAGE)
    assert int(answer.headers["Retry-After"]) >= refused(answer, 429, "rate-limited")["retry_after"]


# Oneself.


def test_one_has_no_name_until_one_has_chosen_it(browser: Browser) -> None:
    refused(browser.get("/api/me"), 404, "no-name")
    chosen = browser.post("/api/me", {"name": " Zoe\u0308 "})
    assert chosen.status_code == 200
    assert chosen.json == browser.read("/api/me")
    assert content_of(chosen)["name"] == "Zoë"
    assert re.fullmatch(r"[0-9a-f]{18}", content_of(chosen)["id"])


def test_another_name_is_the_same_person(browser: Browser) -> None:
    browser.named("Ana")
    before = browser.read("/api/me")
    browser.named("Anna")
    assert browser.read("/api/me") == {"id": before["id"], "name": "Anna"}


def test_a_name_of_someone_online_is_refused(make_browser: Callable[..., Browser], wire: Wire) -> None:
    ana, other = make_browser().named("Ana"), make_browser()
    wire.connect(chat=True, client=ana.client).hear("welcome")
    problem = refused(other.post("/api/me", {"name": "ANA"}), 409, "name-taken", "name")
    assert "ANA" in problem["detail"]
    refused(other.get("/api/me"), 404, "no-name")
    assert content_of(ana.post("/api/me", {"name": "ANA"}))["name"] == "ANA"


def test_a_new_name_reaches_ones_open_connection(make_browser: Callable[..., Browser], wire: Wire) -> None:
    ana = make_browser().named("Ana")
    tab = wire.connect(chat=True, client=ana.client)
    tab.join()
    tab.hear("presence")
    ana.named("Zoe")
    assert tab.hear("presence")["joined"] == [ana.read("/api/me")]
    tab.post("hello")
    assert tab.hear("message")["author"]["name"] == "Zoe"


@pytest.mark.parametrize("name", ["", " ", "x" * 33, "a\nb", "\u202ea", "\u200b"])
def test_an_impossible_name_is_refused(browser: Browser, name: str) -> None:
    problem = refused(browser.post("/api/me", {"name": name}), 400, "bad-name", "name")
    assert "32" in problem["detail"]
    assert browser.client._cookies == {}


@pytest.mark.parametrize(
    ("body", "field"), [({"name": 7}, "name"), ({"lang": 7}, "lang"), ({"lang": "xx"}, "lang"), ({"lang": ""}, "lang")]
)
def test_a_field_that_cannot_be_used_is_named(browser: Browser, body: object, field: str) -> None:
    refused(browser.post("/api/me", body), 400, "bad-field", field)


def test_one_may_choose_a_language_without_a_name(make_browser: Callable[..., Browser]) -> None:
    browser = make_browser(language="en")
    assert browser.post("/api/me", {"lang": "pt-BR"}).json == {}
    assert browser.read("/api/me")["detail"] == "Você ainda não escolheu um nome."
    browser.post("/api/me", {"lang": "en"})
    assert browser.read("/api/me")["detail"] == "You have not chosen a name yet."


def test_nothing_to_change_changes_nothing(browser: Browser) -> None:
    browser.named("Ana")
    assert browser.post("/api/me", {}).json == browser.read("/api/me")


# Where a change may come from.

CHANGES: list[tuple[str, dict[str, Any], int]] = [
    (GENERAL, MESSAGE, 201),
    ("/api/rooms", {"name": "Another"}, 201),
    ("/api/me", {"name": "Zoe"}, 200),
]
FOREIGN = [
    "https://evil.example",
    "null",
    "http://localhost.evil.example",
    "http://evil.example/http://localhost",
    "http://localhost:81",
    "https://localhost",
    "http://localhost@evil.example",
    "http://",
    "",
    "file://",
    "localhost",
    "http://localhost, http://evil.example",
]


@pytest.mark.parametrize(("path", "body", "status"), CHANGES)
@pytest.mark.parametrize("origin", [HERE, "HTTP://LOCALHOST", "http://localhost:80"])
def test_a_change_from_this_sites_own_page_is_done(
    make_browser: Callable[..., Browser], path: str, body: object, status: int, origin: str
) -> None:
    browser = make_browser().named("Ana")
    assert browser.post(path, body, headers={"Origin": origin}).status_code == status


@pytest.mark.parametrize(("path", "body", "_status"), CHANGES)
@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("known", [True, False])
def test_a_change_from_another_sites_page_is_forbidden(
    make_browser: Callable[..., Browser], path: str, body: object, _status: int, origin: str, known: bool
) -> None:
    browser = make_browser().named("Ana") if known else make_browser()
    refused(browser.post(path, body, headers={"Origin": origin}), 403, "forbidden")
    assert browser.read(GENERAL)["messages"] == []


@pytest.mark.parametrize(("path", "body", "_status"), CHANGES)
def test_a_change_with_a_cookie_and_no_origin_is_forbidden(
    make_browser: Callable[..., Browser], path: str, body: object, _status: int
) -> None:
    ana = make_browser().named("Ana")
    refused(Browser(ana.client, origin=None).post(path, body), 403, "forbidden")


@pytest.mark.parametrize(("path", "body", "status"), CHANGES)
def test_a_change_without_cookie_and_origin_is_a_guests(program: Browser, path: str, body: object, status: int) -> None:
    allowed = path != "/api/rooms"  # a guest posts, or becomes a member
    assert program.post(path, body).status_code == (status if allowed else 403)


@pytest.mark.parametrize(
    ("listed", "origin"),
    [
        ("https://chat.example", "https://chat.example"),
        ("https://a.example, https://chat.example/", "https://chat.example"),
        ("https://CHAT.example", "https://chat.example"),
        ("https://chat.example:443", "https://chat.example"),
        ("http://chat.example:8080", "http://chat.example:8080"),
    ],
)
def test_a_change_from_a_listed_site_is_done(make_app: Callable[..., Flask], listed: str, origin: str) -> None:
    browser = Browser(make_app(ORIGINS=listed).test_client(), origin=origin)
    assert browser.post(GENERAL, MESSAGE).status_code == 201
    refused(browser.post(GENERAL, MESSAGE, headers={"Origin": "https://evil.example"}), 403, "forbidden")


def test_no_other_site_may_read_an_answer(browser: Browser) -> None:
    for answer in (
        browser.get("/api/rooms", headers={"Origin": "https://evil.example"}),
        browser.client.options(GENERAL, headers={"Origin": "https://evil.example"}),
    ):
        assert not [name for name in answer.headers.keys() if name.lower().startswith("access-control")]  # noqa: SIM118


# Whether the server is well.


def test_a_healthy_server_says_so(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_while_the_log_cannot_be_written_the_server_says_so_and_why_and_takes_no_change(
    make_app: Callable[..., Flask], locked: Callable[[], AbstractContextManager[None]]
) -> None:
    browser = Browser(make_app(BUSY_TIMEOUT=0.1).test_client()).named("Ana")
    with locked():
        for answer in (
            browser.get("/healthz"),
            browser.post(GENERAL, MESSAGE),
            browser.post("/api/rooms", {"name": "Another"}),
            browser.post("/api/me", {"name": "Zoe"}),
        ):
            problem = refused(answer, 503, "busy")
            # Why is the operator's matter: it may name hosts and files.
            assert problem.get("reason") == ("database is locked" if answer.request.path == "/healthz" else None)
            assert problem["retry_after"] == 1
            assert answer.headers["Retry-After"] == "1"
        assert browser.read(GENERAL)["messages"] == []
        assert browser.read("/api/me")["name"] == "Ana"
    eventually(lambda: browser.get("/healthz").status_code == 200)
    assert browser.say("hello", "n1")["seq"] == 1
    assert [room["slug"] for room in browser.read("/api/rooms")["rooms"]] == ["general"]


def test_a_post_during_a_short_lock_waits_and_is_stored(
    make_app: Callable[..., Flask], locked: Callable[[], AbstractContextManager[None]]
) -> None:
    app = make_app(BUSY_TIMEOUT=5)
    with locked():
        posting = InThread(lambda: Browser(app.test_client()).say("hello", "n1"))
        other = Browser(app.test_client())
        assert eventually(lambda: posting.is_alive())
        assert other.read(GENERAL)["messages"] == []
        assert posting.is_alive()
    assert posting.outcome()["seq"] == 1


def test_a_stopped_server_takes_nothing(app: Flask, browser: Browser) -> None:
    app.extensions["chatapp"].stop()
    refused(browser.get("/healthz"), 503, "busy")
    refused(browser.post(GENERAL, MESSAGE), 503, "busy")
