"""The search over HTTP: what comes back, page by page, in the reader's language and zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date
from typing import Any

import pytest
from flask import Flask

from chatapp.query import Note, parse
from chatapp.web.search_strings import examples, note, search_strings

from .conftest import Browser, refused


@pytest.fixture
def ana(browser: Browser) -> Browser:
    return browser.named("Ana")


def look(browser: Browser, line: str, **query: Any) -> Any:
    answer = browser.get("/api/search", query_string={"q": line, **query})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_a_hit_has_all_that_leads_to_the_message(ana: Browser) -> None:
    ana.post("/api/rooms", {"name": "Café"})
    said = ana.say("A <b>Comunicação</b> é tudo", "n1", "café")
    found = look(ana, "comunicacao")
    assert found == {
        "results": [
            {
                "room": "café",
                "name": "Café",
                "seq": said["seq"],
                "at": said["at"],
                "author": said["author"],
                "snippet": [{"text": "A <b>"}, {"text": "Comunicação", "hit": True}, {"text": "</b> é tudo"}],
            }
        ],
        "next": None,
        "notes": [],
    }


def test_fifty_at_a_time_the_newest_first(ana: Browser) -> None:
    for number in range(60):
        ana.say(f"word {number}", f"n{number}")
    first = look(ana, "word")
    assert [hit["seq"] for hit in first["results"]] == list(range(60, 10, -1))
    second = look(ana, "word", before=first["next"])
    assert [hit["seq"] for hit in second["results"]] == list(range(10, 0, -1))
    assert second["next"] is None


def test_anybody_may_search_who_may_read(ana: Browser, program: Browser) -> None:
    ana.say("for everybody", "n1")
    assert len(look(program, "everybody")["results"]) == 1


def test_what_is_edited_and_deleted_over_http_is_found_accordingly(ana: Browser) -> None:
    seq = ana.say("the old text", "n1")["seq"]
    assert (
        ana.client.patch(
            f"/api/rooms/general/messages/{seq}",
            json={"text": "the new text", "nonce": "n2"},
            headers={"Origin": "http://localhost"},
        ).status_code
        == 200
    )
    assert not look(ana, "old")["results"]
    assert len(look(ana, "new")["results"]) == 1
    assert (
        ana.client.delete(f"/api/rooms/general/messages/{seq}", headers={"Origin": "http://localhost"}).status_code
        == 200
    )
    assert not look(ana, "text")["results"]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "There is no room “in:nowhere”."), ("pt", "Não há a sala “in:nowhere”.")]
)
def test_a_note_is_in_the_readers_language(make_browser: Callable[..., Browser], language: str, said: str) -> None:
    found = look(make_browser(language=language), "hello in:nowhere")
    assert found["notes"] == [{"term": "in:nowhere", "code": "no-such-room", "detail": said}]


@pytest.mark.parametrize(
    "zone", ["", "America/Sao_Paulo", "UTC", "Nowhere", "../../etc/passwd", "America", "a" * 64, "\0", "/"]
)
def test_any_zone_is_one(ana: Browser, zone: str) -> None:
    ana.say("hello", "n1")
    assert len(look(ana, "hello after:2020 -before:yesterday", zone=zone)["results"]) == 1


def test_every_sentence_of_the_search_is_translated(app: Flask) -> None:
    def said(language: str) -> list[str]:
        with app.test_request_context(headers={"Accept-Language": language}):
            notes = [note(Note("{term}", code)) for code in ("no-such-room", "bad-day", "bad-content", "too-many")]
            return [*search_strings().values(), *notes, *(each.does for each in examples())]

    for english, portuguese in zip(said("en"), said("pt-BR"), strict=True):
        assert english != portuguese
        assert re.findall(r"{\w+}", english) == re.findall(r"{\w+}", portuguese)


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_every_example_of_the_page_is_understood(app: Flask, language: str) -> None:
    with app.test_request_context(headers={"Accept-Language": language}):
        terms = [each.term for each in examples()]
    for term in terms:
        query = parse(f"{term} ", UTC, date(2026, 1, 1))
        assert not query.notes
        assert not query.empty
        assert not [each for each in query.phrases if ":" in each.text], term


def test_what_is_no_query_is_refused(browser: Browser) -> None:
    long = refused(browser.get("/api/search", query_string={"q": "x" * 501}), 400, "bad-field", "q")
    assert long["detail"] == "The query is too long: at most 500 characters."
    for before in ("x", "-1", "1.5", "9" * 30):
        refused(browser.get("/api/search", query_string={"q": "x", "before": before}), 400, "bad-field", "before")
    assert look(browser, "") == {"results": [], "next": None, "notes": []}
    assert browser.get("/api/search").get_json()["results"] == []


def test_bytes_that_are_no_text_are_safe(ana: Browser) -> None:
    ana.say("harmless", "n1")
    for raw in ("%ff%fe", "%00", "%ed%a0%80", "a%00b", "%F0%9F"):
        assert ana.get(f"/api/search?q={raw}").status_code == 200


def test_a_log_that_cannot_be_written_is_said_to_be_busy_only_if_something_is_missing_in_the_index(
    ana: Browser, locked: Callable[[], Any]
) -> None:
    ana.say("hello", "n1")
    assert len(look(ana, "hello")["results"]) == 1
    with locked():
        assert len(look(ana, "hello")["results"]) == 1
