"""The pages: what the server puts into them before any script runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask

from chatapp.limits import MARKS_LIMIT
from chatapp.web.strings import page_strings

from .conftest import Browser


class Tags(HTMLParser):
    """The tags of a page with their attributes, and the text of its JSON."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self._in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.scripts.append(data)


def boot(page: str) -> dict[str, Any]:
    [content] = Tags(page).scripts
    found: dict[str, Any] = json.loads(content)
    return found


def test_the_page_opens_in_general(browser: Browser) -> None:
    answer = browser.get("/")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert boot(answer.text)["room"] == {"slug": "general", "name": "general", "topic": "", "archived": False}


def test_a_rooms_address_opens_the_page_there(browser: Browser) -> None:
    browser.named("Ana").post("/api/rooms", {"name": "Café & <Bar>"})
    answer = browser.get("/r/café-bar")
    shown = {"slug": "café-bar", "name": "Café & <Bar>", "topic": "", "archived": False}
    assert boot(answer.text)["room"] == shown
    assert "<title>Café &amp; &lt;Bar&gt;" in answer.text


def test_a_message_has_an_address_whether_it_is_there_or_not(browser: Browser) -> None:
    assert boot(browser.get("/r/general").text)["seq"] is None
    for seq in (1, 10**30):
        assert boot(browser.get(f"/r/general/{seq}").text)["seq"] == seq
    for path in ("/r/nothing/1", "/r/general/one", "/r/general/-1", "/r/general/1/2"):
        assert browser.get(path).status_code == 404, path


def test_nothing_that_people_write_can_leave_its_place_in_the_page(browser: Browser) -> None:
    browser.named("Ana").post("/api/rooms", {"name": "</script><img src=x>"})
    browser.named("</script><b>'\"&")
    page = browser.get("/r/script-img-src-x").text
    assert boot(page)["you"]["name"] == "</script><b>'\"&"
    assert boot(page)["room"]["name"] == "</script><img src=x>"
    assert ("img", {"src": "x"}) not in Tags(page).found
    assert "b" not in {tag for tag, _ in Tags(page).found}


@pytest.mark.parametrize("path", ["/", "/search", "/nothing"])
def test_a_page_needs_no_inline_script_or_style_and_nothing_from_elsewhere(browser: Browser, path: str) -> None:
    tags = Tags(browser.get(path).text)
    for tag, attributes in tags.found:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "script":
            assert attributes.get("type") == "application/json" or attributes["src"].startswith("/static/")
        for name in ("src", "href"):
            assert re.match(r"(/(?!/)|#|data:image/|$)", attributes.get(name, "")), (tag, attributes)


def test_everything_a_page_refers_to_exists(browser: Browser) -> None:
    for path in ("/", "/search", "/nothing"):
        tags = Tags(browser.get(path).text).found
        addresses = {attributes.get("src") or attributes.get("href", "") for _, attributes in tags}
        files = {address for address in addresses if address.startswith("/static/")}
        assert files
        for address in files:
            with browser.get(address) as answer:
                assert answer.status_code == 200, address


def test_a_stranger_is_nobody_and_a_member_is_who_they_are(browser: Browser) -> None:
    assert boot(browser.get("/").text)["you"] is None
    browser.named("Ana")
    assert boot(browser.get("/").text)["you"] == browser.get("/api/me").json


def test_the_page_knows_the_limits_that_the_server_keeps(make_app: Callable[..., Flask]) -> None:
    settings = {"TEXT_LIMIT": 123, "FRAME_LIMIT": 4_096, "RATE_LIMIT": 2, "RATE_BURST": 7, "ROOMS_LIMIT": 9}
    browser = Browser(make_app(**settings).test_client())
    assert boot(browser.get("/").text)["limits"] == {
        "text": 123,
        "marks": MARKS_LIMIT,
        "frame": 4_096,
        "rate": 2,
        "burst": 7,
        "rooms": 9,
        "name": 32,
        "room_name": 64,
        "pins": 20,
        "topic": 250,
        "option": 200,
        "options": 10,
        "edit": 900,
    }


@pytest.mark.parametrize(("language", "locale"), [("en", "en"), ("pt", "pt-BR"), ("fr", "en")])
def test_the_page_speaks_the_readers_language(make_browser: Callable[..., Browser], language: str, locale: str) -> None:
    page = make_browser(language=language).get("/").text
    assert f'<html lang="{locale}"' in page
    assert boot(page)["locale"] == locale
    assert {"code": "pt-BR", "name": "Português (Brasil)"} in boot(page)["locales"]


def test_every_sentence_of_the_scripts_is_translated(app: Flask) -> None:
    def said(language: str) -> dict[str, str]:
        with app.test_request_context(headers={"Accept-Language": language}):
            return page_strings()

    english, portuguese = said("en"), said("pt-BR")
    same = {key for key in english if english[key] == portuguese[key]}
    assert same <= {"connection.offline", "connection.waiting"}, "not translated"  # "Offline" is a word of both
    for key, text in english.items():
        placeholders = re.findall(r"{\w+}", text)
        assert sorted(placeholders) == sorted(re.findall(r"{\w+}", portuguese[key])), key


def test_each_visit_makes_the_cookie_last_longer(browser: Browser) -> None:
    assert "Set-Cookie" not in browser.get("/").headers
    browser.named("Ana")
    assert "Set-Cookie" in browser.get("/").headers
