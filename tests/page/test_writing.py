"""Writing with help: a preview, Enter in code, emoji by their names; and the keyboard is never trapped."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.actors import Server

from .conftest import Person
from .test_looks import has_no_violations


def test_a_preview_shows_what_the_message_will_look_like_while_one_writes(ana: Person, bia: Person) -> None:
    button, panel = ana.page.locator("#composer-preview"), ana.page.locator("#preview")
    expect(panel).to_be_hidden()
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(panel).to_have_text("Nothing is written yet.")
    ana.composer.press_sequentially("**now** $x^2$ <b>")
    expect(panel.locator("strong")).to_have_text("now")
    expect(panel.locator("math")).to_have_count(1)
    shown = panel.locator(".text").inner_html()
    ana.composer.press("Enter")
    expect(bia.texts.last.locator("strong")).to_have_text("now")
    assert bia.texts.last.inner_html() == shown
    expect(panel).to_have_text("Nothing is written yet.")
    ana.composer.fill("plain <i>")
    expect(panel).to_have_text("plain <i>")
    button.click()
    expect(panel).to_be_hidden()


def test_a_preview_that_cannot_be_had_says_so_and_one_that_comes_too_soon_is_tried_again(ana: Person) -> None:
    ana.page.locator("#composer-preview").click()
    panel = ana.page.locator("#preview")
    ana.page.route("**/api/preview", lambda route: route.abort())
    ana.composer.fill("*a*")
    expect(panel).to_have_text("There is no preview without a connection.")
    problem = {"status": 429, "code": "rate-limited", "detail": "slowly"}
    ana.page.unroute("**/api/preview")
    ana.page.route("**/api/preview", lambda route: route.fulfill(status=429, json=problem), times=1)
    ana.composer.fill("*b*")
    expect(panel.locator("em")).to_have_text("b")
    ana.composer.fill("x" * 10_001)
    expect(panel).to_contain_text("10000")


def test_enter_breaks_the_line_in_a_fence_and_sends_behind_it(ana: Person, bia: Person) -> None:
    hint = ana.page.locator(".hint:visible")
    expect(hint).to_contain_text(re.compile("Enter sends"))
    for line in ("```python", "a = 1", "```"):
        ana.composer.press_sequentially(line)
        if line != "```":
            expect(hint).to_contain_text("Ctrl Enter sends")
            ana.composer.press("Enter")
    expect(ana.composer).to_have_value("```python\na = 1\n```")
    expect(bia.messages).to_have_count(0)
    ana.composer.press("Enter")
    expect(bia.texts.last.locator("pre code")).to_have_text("a = 1")
    ana.composer.fill("```\nb = 2")
    ana.composer.press("Control+Enter")
    expect(bia.texts.last.locator("pre code")).to_have_text("b = 2")


def test_an_emoji_is_completed_by_a_part_of_its_name(ana: Person) -> None:
    for written, names in ((":tad", ":tada:"), (":coracao", ":coração"), ("so :TADA", ":tada:")):
        is_completed(ana, written, names)
        ana.composer.fill("")


def is_completed(ana: Person, written: str, names: str) -> None:
    options = ana.page.locator("#completion [role=option]")
    ana.composer.press_sequentially(written)
    expect(options.first).to_contain_text(names)
    ana.composer.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(ana.composer).to_have_attribute("aria-activedescendant", "completion-0")
    expect(ana.page.locator("#completion-status")).to_contain_text("suggestion")
    has_no_violations(ana)
    sign = (options.first.text_content() or "").split()[0]
    ana.composer.press("Enter")
    expect(ana.composer).to_have_value(written[: written.index(":")] + sign + " ")
    expect(options).to_have_count(0)
    expect(ana.composer).not_to_have_attribute("aria-activedescendant", re.compile(".*"))
    ana.composer.press("Control+z")
    expect(ana.composer).to_have_value(written)


def test_suggestions_are_chosen_by_arrows_or_pointer_and_what_one_used_comes_first(ana: Person) -> None:
    options = ana.page.locator("#completion [role=option]")
    ana.composer.press_sequentially(":face")
    expect(options).to_have_count(8)
    ana.composer.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    ana.composer.press("ArrowDown")
    ana.composer.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    options.nth(3).hover()
    expect(options.nth(3)).to_have_attribute("aria-selected", "true")
    sign = (options.nth(3).text_content() or "").split()[0]
    options.nth(3).click()
    expect(ana.composer).to_have_value(f"{sign} ")
    expect(ana.composer).to_be_focused()
    ana.composer.press_sequentially(":face")
    expect(options.first).to_contain_text(sign)


def test_escape_closes_the_suggestions_until_another_word_begins_and_enter_sends(ana: Person) -> None:
    options = ana.page.locator("#completion [role=option]")
    ana.composer.press_sequentially(":tad")
    expect(options.first).to_be_visible()
    ana.composer.press("Escape")
    expect(options).to_have_count(0)
    ana.composer.press_sequentially("a")
    ana.composer.press("Enter")
    ana.sees(":tad" + "a")
    for written in ("10:30", "a:tada", "http://x", ":) ", "```\n:tad", ":nonsense_of_mine"):
        ana.composer.fill("")
        ana.composer.press_sequentially(written)
        expect(options).to_have_count(0)


def test_an_emoji_is_completed_behind_an_at_sign_that_names_nobody(ana: Person) -> None:
    options = ana.page.locator("#completion [role=option]")
    ana.composer.press_sequentially("ok @nobody :tad")
    expect(options.first).to_contain_text(":tada:")
    ana.composer.press("Escape")
    ana.composer.press_sequentially("a")
    expect(options).to_have_count(0)
    ana.composer.press("Backspace")
    expect(options).to_have_count(0)
    ana.composer.press_sequentially(" :tad")
    expect(options.first).to_contain_text(":tada:")
    ana.composer.press("Tab")
    expect(ana.composer).to_have_value("ok @nobody :tad 🎉 ")


def test_what_was_suggested_for_something_else_is_gone_while_one_waits(ana: Person) -> None:
    options = ana.page.locator("#completion [role=option]")
    ana.page.route("**/api/emoji", lambda route: None)  # the answer does not come
    ana.composer.press_sequentially("@al")
    expect(options).to_have_text([re.compile("@all")])
    ana.page.keyboard.insert_text(" :tad")
    expect(options).to_have_count(0)
    ana.composer.press("Enter")
    ana.sees("@al :tad")


@pytest.mark.parametrize(("locale", "word"), [("en-US", "@all"), ("pt-BR", "@todos")])
def test_the_word_for_everybody_is_completed_in_the_language_of_the_page(
    server: Server, bia: Person, make_person: Callable[..., Person], locale: str, word: str
) -> None:
    ana = make_person(server.url, locale=locale).visit(name="Ana")
    options = ana.page.locator("#completion [role=option]")
    ana.composer.press_sequentially(word[:3])
    expect(options).to_have_text([re.compile(word)])
    ana.composer.press("Tab")
    expect(ana.composer).to_have_value(f"{word} ")
    ana.composer.press("Enter")
    ana.page.locator("#all-dialog .primary").click()
    expect(bia.page.locator(".message.call .meant")).to_have_text(word)
    ana.composer.fill("")
    ana.composer.press_sequentially(word)
    expect(options).to_have_count(0)  # it stands there already


def test_tab_takes_a_suggestion_and_else_goes_on(ana: Person) -> None:
    ana.composer.press_sequentially(":tad")
    expect(ana.page.locator("#completion [role=option]").first).to_be_visible()
    ana.composer.press("Tab")
    expect(ana.composer).to_have_value("🎉 ")
    expect(ana.composer).to_be_focused()
    ana.composer.press("Tab")
    expect(ana.page.locator("#composer-preview")).to_be_focused()
    ana.page.keyboard.press("Shift+Tab")
    expect(ana.composer).to_be_focused()
    ana.page.keyboard.press("Shift+Tab")
    expect(ana.composer).not_to_be_focused()


def test_without_the_list_of_emoji_one_writes_on(server: Server, make_person: Callable[..., Person]) -> None:
    ana = make_person(server.url)
    ana.page.route("**/api/emoji", lambda route: route.abort())
    ana.visit(name="Ana")
    ana.composer.press_sequentially(":tada:")
    ana.composer.press("Enter")
    expect(ana.texts.last).to_have_text("🎉")
