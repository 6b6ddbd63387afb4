"""Rate limits over HTTP and at handshakes: refused before anything is done, with the time after which to come again."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask

from chatapp.config import Settings
from chatapp.web.operations import operations

from ..actors import Refused, eventually
from ..conftest import Wire
from .conftest import Browser, content_of, refused

DEFAULTS = {each.name: each.default for each in fields(Settings) if each.name.startswith(("RATE_", "ADDRESS_"))}
SPENT = "0.001/1"  # one, and then nothing for as long as a test takes


def rows(tmp_path: Path, table: str) -> int:
    with closing(sqlite3.connect(tmp_path / "data" / "chat.sqlite3")) as database:
        found: int = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return found


def program_of(app: Flask) -> Browser:
    return Browser(app.test_client(use_cookies=False), origin=None)


def test_a_class_of_200_that_chooses_names_posts_and_searches_at_once_is_refused_nothing(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    app = make_app(**DEFAULTS)
    seen: Counter[int] = Counter()
    for number in range(200):
        pupil = Browser(app.test_client())
        seen[pupil.post("/api/me", {"name": f"Pupil {number}"}).status_code] += 1
        answer = pupil.post("/api/rooms/general/messages", {"text": "Hello", "nonce": f"n{number}"})
        seen[answer.status_code] += 1
        seen[pupil.get("/api/search?q=hello").status_code] += 1
    assert seen == {200: 400, 201: 200}
    assert rows(tmp_path, "people") == rows(tmp_path, "events") == 200


def test_a_new_name_per_request_stores_no_more_than_the_address_may(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    app = make_app(ADDRESS_POSTS="0.001/7", ADDRESS_PEOPLE="0.001/10", ADDRESS_ROOMS="0.001/2")
    program = program_of(app)
    for number in range(30):
        program.post(f"/api/rooms/general/messages?name=bot {number}", {"text": "x", "nonce": f"n{number}"})
    assert rows(tmp_path, "events") == 7
    for number in range(30):
        Browser(app.test_client()).post("/api/me", {"name": f"Name {number}"})
    assert rows(tmp_path, "people") == 0  # the names of the guests were counted too


def test_new_people_and_renames_are_limited(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(ADDRESS_PEOPLE="0.001/5")
    ana = Browser(app.test_client()).named("Ana")
    for number in range(10):
        ana.post("/api/me", {"name": f"Ana the {number}"})
    answer = Browser(app.test_client()).post("/api/me", {"name": "Bob"})
    refused(answer, 429, "rate-limited")
    assert rows(tmp_path, "people") == 1
    assert content_of(ana.get("/api/me"))["name"] == "Ana the 3"
    assert ana.post("/api/me", {"lang": "en"}).status_code == 200


def test_rooms_are_limited_whatever_the_name(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(ADDRESS_ROOMS="0.001/3")
    people = [Browser(app.test_client()).named(f"Person {number}") for number in range(6)]
    codes = [person.post("/api/rooms", {"name": f"Room {at}"}).status_code for at, person in enumerate(people)]
    assert codes == [201, 201, 201, 429, 429, 429]
    assert rows(tmp_path, "rooms") == 1 + 3


@pytest.mark.parametrize(
    ("setting", "ask"),
    [
        ("ADDRESS_PREVIEWS", lambda you: you.post("/api/preview", {"text": "*a*"})),
        ("ADDRESS_SEARCHES", lambda you: you.get("/api/search?q=a")),
        ("ADDRESS_REQUESTS", lambda you: you.get("/api/rooms")),
        ("ADDRESS_POSTS", lambda you: you.post("/api/rooms/general/messages", {"text": "a", "nonce": "n"})),
    ],
)
def test_over_a_limit_of_its_address_a_request_is_told_when_to_come_again(
    make_app: Callable[..., Flask], setting: str, ask: Callable[[Browser], object]
) -> None:
    you = program_of(make_app(**{setting: "0.5/1"}))
    assert ask(you).status_code in (200, 201)  # type: ignore[attr-defined]
    answer = ask(you)
    problem = refused(answer, 429, "rate-limited")  # type: ignore[arg-type]
    assert 1 < problem["retry_after"] <= 3.51
    assert int(answer.headers["Retry-After"]) >= problem["retry_after"]  # type: ignore[attr-defined]
    assert "network address" in problem["detail"]


def test_over_the_limit_nothing_of_a_request_is_looked_at(make_app: Callable[..., Flask]) -> None:
    you = program_of(make_app(ADDRESS_REQUESTS=SPENT))
    you.get("/api/rooms")
    for answer in (
        you.post("/api/rooms", data="{", content_type="application/json"),
        you.get("/api/nowhere"),
        you.get("/api/search?q=" + "x" * 5_000),
        you.get("/static/nothing.js"),
    ):
        refused(answer, 429, "rate-limited")


def test_a_person_sees_a_page_that_says_so(make_app: Callable[..., Flask]) -> None:
    browser = Browser(make_app(ADDRESS_REQUESTS=SPENT).test_client(), language="pt-BR")
    browser.get("/")
    answer = browser.get("/")
    assert (answer.status_code, answer.mimetype) == (429, "text/html")
    assert "Coisas demais vêm do seu endereço de rede" in answer.text
    assert int(answer.headers["Retry-After"]) > 900
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_static_files_count_a_tenth_and_the_health_check_is_never_refused(make_app: Callable[..., Flask]) -> None:
    program = program_of(make_app(ADDRESS_REQUESTS="0.001/2"))
    assert [program.get("/static/js/main.js").status_code for _ in range(22)] == [200] * 20 + [429] * 2
    assert {program.get("/healthz").status_code for _ in range(5)} == {200}


def test_an_address_counts_by_itself_and_an_ipv6_network_as_one(make_app: Callable[..., Flask]) -> None:
    you = program_of(make_app(ADDRESS_SEARCHES=SPENT))

    def status(address: str) -> int:
        return you.client.get("/api/search?q=a", environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [status("192.0.2.1"), status("192.0.2.2"), status("::ffff:192.0.2.1")] == [200, 200, 429]
    assert [status("2001:db8::1"), status("2001:db8::2"), status("2001:db8:0:1::1")] == [200, 429, 200]


def test_a_header_of_the_clients_own_gives_no_new_address(make_app: Callable[..., Flask]) -> None:
    you = program_of(make_app(ADDRESS_SEARCHES=SPENT))
    codes = [
        you.get("/api/search?q=a", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code for number in range(3)
    ]
    assert codes == [200, 429, 429]


@pytest.mark.parametrize("path", ["/chat", "/flow/socket"])
def test_handshakes_are_limited_before_the_upgrade(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire], path: str
) -> None:
    app = make_app(ADDRESS_HANDSHAKES="0.5/1")
    wire = make_wire(app)
    wire.connect("/chat")
    with pytest.raises(Refused) as answer:
        wire.connect(path)
    assert answer.value.status == 429
    assert int(answer.value.headers["retry-after"]) >= 2


def test_a_stream_counts_as_a_handshake(make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]) -> None:
    app = make_app(ADDRESS_HANDSHAKES="0.5/1")
    make_wire(app).connect("/chat")
    answer = program_of(app).get("/api/rooms/general/stream", environ_overrides={"SERVER_PROTOCOL": "HTTP/1.1"})
    refused(answer, 429, "rate-limited")


def test_a_page_can_ask_whether_its_handshake_would_be_refused(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    app = make_app(ADDRESS_HANDSHAKES="0.5/1")
    you = program_of(app)
    assert [you.get("/chat").status_code for _ in range(3)] == [426] * 3  # to ask counts nothing
    make_wire(app).connect("/chat")
    assert int(you.get("/chat").headers["Retry-After"]) >= 2
    refused(you.get("/chat"), 429, "rate-limited")


def test_new_guests_are_limited_whatever_their_names(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    wire = make_wire(make_app(ADDRESS_PEOPLE="0.001/2"))
    wire.enter("bot").close()
    wire.enter("other")
    for name in ("third", "bot"):
        with pytest.raises(Refused) as answer:
            wire.enter(name)
        assert answer.value.status == 429


def test_a_guest_who_gets_a_number_is_one_more(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    wire = make_wire(make_app(ADDRESS_PEOPLE="0.001/2"))
    wire.enter("bot")
    wire.enter("bot")
    with pytest.raises(Refused):
        wire.enter("third")


@pytest.mark.parametrize(
    ("setting", "type", "field"),
    [
        ("ADDRESS_PEOPLE", "rename", lambda number: {"name": f"Ana {number}"}),
        ("ADDRESS_POSTS", "post", lambda number: {"room": "general", "text": "x"}),
        ("ADDRESS_POSTS", "react", lambda number: {"room": "general", "target": 1, "emoji": "👍", "on": True}),
        ("ADDRESS_POSTS", "level", lambda number: {"room": "general", "level": "none"}),
    ],
)
def test_commands_over_the_limit_are_refused_and_the_connection_goes_on(
    make_app: Callable[..., Flask],
    make_wire: Callable[[Flask], Wire],
    setting: str,
    type: str,
    field: Callable[[int], dict[str, object]],
) -> None:
    app = make_app(**{setting: "0.001/3"})
    member = app.test_client()
    assert Browser(member).post("/api/me", {"name": "Ana"}).status_code == 200
    ana = make_wire(app).connect("/chat", chat=True, client=member, Origin="http://localhost")
    ana.hear("welcome")
    ana.join()
    for number in range(5):
        ana.say(type, nonce=f"n{number}", **field(number))
    assert ana.hear("error", nonce="n4")["code"] == "rate-limited"
    ana.say("ping", nonce="p")
    assert ana.hear("pong")["nonce"] == "p"


def test_commands_that_store_nothing_wait_their_turn_and_none_is_lost(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    app = make_app(ADDRESS_COMMANDS="20/5")
    talkers = [make_wire(app).enter(name) for name in ("one", "two")]
    begun = time.monotonic()
    for talker in talkers:
        for number in range(10):
            talker.say("ping", nonce=str(number))
    for talker in talkers:
        assert [talker.hear("pong")["nonce"] for _ in range(10)] == [str(number) for number in range(10)]
    assert time.monotonic() - begun >= (20 - 5 - 2) / 20  # each of the two may go ahead by one, and wait for it later


# Processor time.

DEAR = ("$" + "\\sqrt{x^2_3}" * 80 + "$ ") * 9  # takes 50 ms to render
MOST = 60  # such texts take more than the one second that the limit below gives


def burn(program: Browser) -> int:
    """Has texts rendered until the address is refused; gives how many were."""
    for number in range(MOST):
        answer = program.post(f"/api/rooms/general/messages?name=n{number}", {"text": DEAR, "nonce": f"n{number}"})
        if answer.status_code == 429:
            return number
        assert answer.status_code == 201
    raise AssertionError("never refused")


def test_an_address_gets_no_more_processor_time_than_it_may_have(make_app: Callable[..., Flask]) -> None:
    app = make_app(ADDRESS_CPU="0.001/1")
    program = program_of(app)
    begun = time.thread_time()
    assert burn(program) > 3
    assert time.thread_time() - begun < 1.6  # the last text, and what is done before a request is known to be one
    paths = {"slug": "general", "seq": "1", "emoji": "x"}
    for operation in operations():
        if operation.rule == "/healthz":
            continue
        answer = program.client.open(operation.path.format(**paths), method=operation.method)
        assert answer.status_code == 429, operation
        assert int(answer.headers["Retry-After"]) >= 1
    for page in ("/", "/search", "/static/js/main.js"):
        assert program.get(page).status_code == 429
    assert program.get("/healthz").status_code == 200
    assert program.get("/api/rooms", environ_overrides={"REMOTE_ADDR": "192.0.2.1"}).status_code == 200


def test_commands_of_an_address_that_took_its_processor_time_wait_and_others_do_not(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire], tmp_path: Path
) -> None:
    app = make_app(ADDRESS_CPU="0.001/1")
    wire, program = make_wire(app), program_of(app)
    other = wire.connect("/chat?name=other", chat=True, environ={"REMOTE_ADDR": "192.0.2.1"})
    other.hear("welcome")
    talkers = [wire.enter(f"n{number}") for number in range(10)]
    for number in range(MOST):  # so few a talker that they fit into the socket's buffer
        talkers[number % 10].say("post", room="general", text=DEAR, nonce=f"n{number}")
    eventually(lambda: program.get("/api/me").status_code == 429)
    other.say("ping", nonce="p")
    assert other.hear("pong")["nonce"] == "p"
    assert rows(tmp_path, "events") < MOST
    with pytest.raises(Refused) as answer:
        wire.connect("/chat?name=three")
    assert answer.value.status == 429
