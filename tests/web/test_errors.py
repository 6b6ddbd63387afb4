"""What goes wrong over HTTP, in words and codes; and the headers that every answer bears."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ..actors import handshake_headers
from .conftest import PROBLEM, Browser, refused


@pytest.fixture
def broken(make_app: Callable[..., Flask]) -> FlaskClient:
    """An application with mistakes in it."""
    app = make_app()

    def mistaken() -> str:
        raise KeyError("a secret")

    app.add_url_rule("/api/mistake", "one", mistaken)
    app.add_url_rule("/mistake", "two", mistaken)

    def without_files() -> str:
        raise OSError(errno.EMFILE, "Too many open files")

    def forbidden() -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    app.add_url_rule("/api/files", "five", without_files)
    app.add_url_rule("/files", "six", without_files)
    app.add_url_rule("/api/forbidden", "seven", forbidden)
    app.add_url_rule("/api/teapot", "three", lambda: abort(418))
    app.add_url_rule("/api/gateway", "four", lambda: abort(502))
    return app.test_client()


def test_an_unknown_address_is_a_problem_for_programs_and_a_page_for_people(client: FlaskClient) -> None:
    refused(client.get("/api/nothing"), 404, "not-found")
    answer = client.get("/nothing")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is nothing at this address." in answer.text


@pytest.mark.parametrize("path", ["/api/files", "/files"])
def test_a_request_without_a_file_for_it_is_asked_to_come_again(broken: FlaskClient, path: str) -> None:
    answer = broken.get(path)
    refused(answer, 503, "busy")
    assert answer.headers["Retry-After"] == "5"


def test_any_other_failure_of_the_system_is_a_mistake_of_ours(broken: FlaskClient) -> None:
    refused(broken.get("/api/forbidden"), 500, "server-error")


@pytest.mark.parametrize("path", ["/r/nowhere", "/r/%3Cscript%3Ealert(1)", "/r/%00", "/r/" + "x" * 3_000])
def test_a_room_that_does_not_exist_is_a_page_that_says_so(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is no such room." in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/rooms"),
        ("PUT", "/api/rooms/general/messages"),
        ("POST", "/healthz"),
        ("POST", "/chat"),
        ("POST", "/"),
        ("DELETE", "/r/general"),
    ],
)
def test_a_wrong_method_is_refused_and_the_right_ones_named(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(path, method=method, headers={"Origin": "http://localhost"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    if path not in ("/", "/r/general"):
        refused(answer, 405, "method")


def test_a_mistake_of_ours_says_nothing_of_itself(broken: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    refused(broken.get("/api/mistake"), 500, "server-error")
    page = broken.get("/mistake")
    assert (page.status_code, page.mimetype) == (500, "text/html")
    assert "The server made a mistake." in page.text
    for answer in (broken.get("/api/mistake"), page):
        assert "secret" not in answer.text
        assert "KeyError" not in answer.text
    assert "a secret" in caplog.text  # but the operator can read it


def test_any_other_status_keeps_its_number(broken: FlaskClient) -> None:
    refused(broken.get("/api/teapot"), 418, "bad-request")
    refused(broken.get("/api/gateway"), 502, "server-error")


def test_a_redirect_is_one(client: FlaskClient) -> None:
    answer = client.get("/api//rooms")
    assert answer.status_code == 308
    assert answer.headers["Location"] == "http://localhost/api/rooms"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("accepted", "detail"),
    [
        (None, "There is nothing at this address."),
        ("en", "There is nothing at this address."),
        ("de, fr;q=0.5", "There is nothing at this address."),
        ("pt-BR", "Não há nada neste endereço."),
        ("pt-PT, en;q=0.5", "Não há nada neste endereço."),
        ("de, pt;q=0.9, en;q=0.8", "Não há nada neste endereço."),
        ("en-GB, pt;q=0.9", "There is nothing at this address."),
        ("pt;q=0, en", "There is nothing at this address."),
        ("*", "There is nothing at this address."),
        (";;;,q=x", "There is nothing at this address."),
    ],
)
def test_a_problem_speaks_the_readers_language(client: FlaskClient, accepted: str | None, detail: str) -> None:
    headers = {"Accept-Language": accepted} if accepted else {}
    problem = refused(client.get("/api/nothing", headers=headers), 404, "not-found")
    assert problem["detail"] == detail
    page = client.get("/nothing", headers=headers).text
    assert detail in page
    assert f'<html lang="{"pt-BR" if "Não" in detail else "en"}"' in page


def test_a_language_that_was_chosen_goes_over_the_browsers(make_browser: Callable[..., Browser]) -> None:
    browser = make_browser(language="en")
    browser.post("/api/me", {"lang": "pt-BR"})
    assert refused(browser.get("/api/nothing"), 404, "not-found")["detail"] == "Não há nada neste endereço."


HTTP_1_1 = {"SERVER_PROTOCOL": "HTTP/1.1"}


def answers(client: FlaskClient) -> dict[str, Callable[[], TestResponse]]:
    """One of every kind of answer that there is."""
    origin = {"Origin": "http://localhost"}
    return {
        "a page": lambda: client.get("/"),
        "a page's head": lambda: client.head("/"),
        "a room that does not exist": lambda: client.get("/r/nowhere"),
        "an unknown page": lambda: client.get("/nothing"),
        "a script": lambda: client.get("/static/js/main.js"),
        "a script that does not exist": lambda: client.get("/static/js/nothing.js"),
        "the rooms": lambda: client.get("/api/rooms"),
        "a post": lambda: client.post("/api/rooms/general/messages", json={"text": "x", "nonce": "n"}, headers=origin),
        "bad json": lambda: client.post("/api/rooms", data=b"{", content_type="application/json", headers=origin),
        "too large": lambda: client.post("/api/rooms", data=b"x" * 200_000, content_type="application/json"),
        "forbidden": lambda: client.post("/api/rooms", json={}, headers={"Origin": "https://evil.example"}),
        "a wrong method": lambda: client.delete("/api/rooms"),
        "options": lambda: client.options("/api/rooms"),
        "health": lambda: client.get("/healthz"),
        "chat without upgrade": lambda: client.get("/chat"),
        "a bad handshake": lambda: client.get("/chat", headers={"Upgrade": "websocket"}),
        "a foreign handshake": lambda: client.get(
            "/chat", headers=handshake_headers(Origin="https://evil.example"), environ_overrides=HTTP_1_1
        ),
        "a mistake": lambda: client.get("/api/mistake"),
        "a mistake on a page": lambda: client.get("/mistake"),
    }


def test_every_kind_of_answer_bears_the_headers_of_safety(broken: FlaskClient) -> None:
    for kind, ask in answers(broken).items():
        with ask() as answer:
            headers = answer.headers
        policy = {
            name: values
            for name, _, values in (
                part.strip().partition(" ") for part in headers["Content-Security-Policy"].split(";")
            )
        }
        assert policy["default-src"] == "'none'", kind
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'", kind
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", kind
        assert not [values for values in policy.values() if "unsafe" in values or "*" in values or "http" in values], (
            kind
        )
        assert headers["X-Content-Type-Options"] == "nosniff", kind
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer"), kind
        assert headers["X-Frame-Options"] == "DENY", kind


def test_nothing_that_bears_a_name_or_changes_is_kept_by_a_cache(browser: Browser) -> None:
    browser.named("Ana")
    for path in ("/", "/r/general", "/api/rooms", "/api/me", "/api/rooms/general/messages", "/healthz"):
        assert browser.get(path).headers["Cache-Control"] == "no-store", path


def test_chat_without_an_upgrade_says_how_to_connect(client: FlaskClient) -> None:
    answer = client.get("/chat")
    assert (answer.status_code, answer.mimetype) == (426, "text/plain")
    assert answer.headers["Upgrade"] == "websocket"
    assert "ws://localhost/chat" in answer.text
    assert len(answer.text.splitlines()) == 1


def test_a_handshake_that_is_none_is_a_problem_and_names_the_version(client: FlaskClient) -> None:
    answer = client.get("/chat", headers={"Upgrade": "websocket"})
    assert "Upgrade" in refused(answer, 400, "bad-request")["detail"]
    assert answer.headers["Sec-WebSocket-Version"] == "13"
    assert answer.mimetype == PROBLEM
