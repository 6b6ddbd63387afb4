"""The sentences of the page `/flow`: in both languages, short, and true to the code that they name."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from chatapp.flow.threads import _DOING, _KINDS
from chatapp.web.flow_lessons import lessons
from chatapp.web.flow_strings import flow_strings
from tests.actors import ROOT

# Words that both languages have, or that are names.
SAME = {
    *("field.fin", "field.mask", "field.opcode", "field.rsv"),
    *("kind.fan-out", "kind.handler", "kind.terminal", "station.fanout"),
    *("fact.thread", "figure.session.one", "figure.session.other"),
}


def said(app: Flask, language: str) -> dict[str, str]:
    with app.test_request_context(headers={"Accept-Language": language}):
        return flow_strings()


def test_every_sentence_is_translated_with_its_places(app: Flask) -> None:
    english, portuguese = said(app, "en"), said(app, "pt-BR")
    assert {key for key in english if english[key] == portuguese[key]} == SAME
    for key, text in english.items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", portuguese[key])), key


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_an_explanation_is_two_to_four_sentences(app: Flask, language: str) -> None:
    with app.test_request_context(headers={"Accept-Language": language}):
        explained = {key: text for key, text in lessons().items() if key.startswith("about.")}
    assert len(explained) == 36
    for key, text in explained.items():
        sentences = re.split(r"(?<=[.)])\s+(?=[A-ZÀ-Ú“])|; |: ", re.sub(r" \([^)]*(RFC|\.py)[^)]*\)", "", text))
        assert 2 <= len(sentences) <= 6, (key, sentences)
        assert len(text) <= 480, key


def test_what_the_explanations_name_exists(app: Flask) -> None:
    for language in ("en", "pt-BR"):
        for key, text in said(app, language).items():
            for folder, name, sibling in re.findall(r"(chatapp/(?:\w+/)*)(\w+\.py)(?: (?:and|e) (\w+\.py))?", text):
                assert (ROOT / folder / name).is_file(), key
                assert not sibling or (ROOT / folder / sibling).is_file(), key
            for name, path in re.findall(r"\((?:[^()]*; )?(\w+) (?:in|em) (chatapp/[\w/]+\.py)\)", text):
                assert f"def {name}(" in (ROOT / path).read_text(), key


def test_whatever_the_scripts_say_has_its_sentence(app: Flask) -> None:
    known = said(app, "en")
    scripts = sorted((ROOT / "static" / "js" / "flow").rglob("*.js"))
    uses = [
        (script.name, call, key)
        for script in scripts
        for call, key in re.findall(r'strings\.(say|count)\(\s*"([\w.-]+)"', script.read_text())
    ]
    assert len(uses) > 40
    for script, call, key in uses:
        assert (key if call == "say" else f"{key}.other") in known, (script, key)


def test_whatever_a_thread_is_or_does_has_its_sentence(app: Flask) -> None:
    known = said(app, "en")
    assert {f"doing.{doing}" for doing in {*_DOING.values(), "idle", "running", "in other code"}} <= set(known)
    assert {f"kind.{kind}" for kind in {*_KINDS.values(), "lab", "other", "all"}} <= set(known)


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_the_tour_says_what_becomes_of_a_thread_under_either_server(app: Flask, language: str) -> None:
    last = said(app, language)["guide.10.text"]
    assert re.search(r"gunicorn.* pool .*flask run", last)
