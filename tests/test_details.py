"""The sentences: every code that is raised anywhere has one, in every language, and it formats."""

from __future__ import annotations

import ast
import re
from string import Formatter
from typing import Any

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from chatapp.details import _SENTENCES, _VARIANTS, LOCALES, TRANSLATIONS, sentence
from chatapp.model import Refusal
from chatapp.problems import STATUS
from chatapp.web.errors import _CODES

from .actors import ROOT

SOURCES = sorted((ROOT / "chatapp").rglob("*.py"))
PROTOCOL = {
    *("bad-json", "bad-field", "unknown-type", "not-joined", "no-such-room", "text-empty", "text-too-long"),
    *("rate-limited", "forbidden", "name-taken", "bad-name", "too-many-rooms", "busy"),
    *("no-such-message", "too-late", "too-many", "confirm-all", "read-only", "closed", "bad-topic", "bad-poll"),
}


def raised() -> dict[str, list[tuple[str, set[str]]]]:
    """Every code that is written into a Refusal or BadCommand, with where, and the names of its values."""
    found: dict[str, list[tuple[str, set[str]]]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id not in ("Refusal", "BadCommand") or not node.args:
                continue
            if isinstance(node.args[0], ast.Constant):
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                values = {keyword.arg or "" for keyword in node.keywords}
                found.setdefault(str(node.args[0].value), []).append((where, values))
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def example(code: str) -> Refusal:
    return Refusal(
        code,
        field="text",
        retry_after=1.5,
        count=7,
        length=9,
        n=7,
        name="Ana",
        slug="ana",
        reason="why",
        host="h",
        origin="o",
    )


def test_every_code_that_is_raised_has_a_sentence_and_no_sentence_is_left_over() -> None:
    assert {*raised(), *_CODES.values()} == set(_SENTENCES)


def test_every_code_of_the_protocol_is_raised_somewhere() -> None:
    assert set(raised()) >= PROTOCOL


def test_every_refusal_brings_what_its_sentence_has_places_for() -> None:
    for code, places in raised().items():
        for where, values in places:
            assert placeholders(_SENTENCES[code]) - {"field", "retry_after"} <= values, where
            if "{field}" in _SENTENCES[code]:
                assert "field" in values, where
            if "{retry_after}" in _SENTENCES[code]:
                assert "retry_after" in values, where


@pytest.mark.parametrize("code", sorted(_SENTENCES))
@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_is_one_in_every_language(code: str, locale: str) -> None:
    said = sentence(example(code), locale)
    assert re.fullmatch(r"[A-ZÀ-Ú].+\.", said, re.DOTALL)
    assert "{" not in said
    for value in ("text" if "{field}" in _SENTENCES[code] else "", "7" if "{n}" in _SENTENCES[code] else ""):
        assert value in said


@pytest.mark.parametrize("code", sorted(_SENTENCES))
def test_every_sentence_is_translated(code: str) -> None:
    assert sentence(example(code), "pt-BR") != sentence(example(code), "en")


@pytest.mark.parametrize(("code", "mark"), [(code, mark) for code, marks in _VARIANTS.items() for mark in marks])
def test_what_a_code_means_beside_its_first_meaning_has_a_sentence_of_its_own(code: str, mark: str) -> None:
    values: dict[str, Any] = {mark: "7", "n": 7, "retry_after": 7}
    named: dict[str, Any] = dict.fromkeys(placeholders(_VARIANTS[code][mark]) - {"n", "retry_after"}, "7")
    for refusal in (Refusal(code, field=mark, n=7, retry_after=7, **named), Refusal(code, **named | values)):
        said = [sentence(refusal, locale) for locale in LOCALES]
        assert said[0] == _VARIANTS[code][mark].format(n=7, retry_after=7, **named)
        assert said[1] != said[0]
        assert "{" not in said[1]


def test_what_people_wrote_is_not_taken_for_a_placeholder() -> None:
    said = sentence(Refusal("name-taken", field="name", name="{n} {0} %s {name}"), "en")
    assert "{n} {0} %s {name}" in said


def test_every_code_that_can_be_answered_over_http_has_a_status() -> None:
    only_chat = {"unknown-type", "not-joined", "too-many-rooms"}
    assert set(_SENTENCES) - only_chat <= set(STATUS)
    assert set(STATUS) <= set(_SENTENCES)
    assert all(400 <= status < 600 for status in STATUS.values())


def test_the_compiled_catalog_is_as_new_as_its_source() -> None:
    """A `.mo` that was forgotten would say the old sentences."""
    folder = TRANSLATIONS / "pt_BR" / "LC_MESSAGES"
    with (folder / "messages.po").open("rb") as source, (folder / "messages.mo").open("rb") as compiled:
        written = {message.id: message.string for message in read_po(source) if message.id and message.string}
        shipped = {message.id: message.string for message in read_mo(compiled) if message.id}
    assert shipped == written


def test_a_translation_has_the_places_of_its_original() -> None:
    with (TRANSLATIONS / "pt_BR" / "LC_MESSAGES" / "messages.po").open("rb") as source:
        for message in read_po(source):
            if message.id and isinstance(message.id, str) and message.string:
                pattern = r"{\w*}|%\(\w+\)s"
                assert sorted(re.findall(pattern, message.id)) == sorted(re.findall(pattern, str(message.string))), (
                    message.id
                )
