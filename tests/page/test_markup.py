"""The page shows what the server made of a text, and decides nothing about markup and links by itself."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.actors import ROOT, Talker

from .conftest import Person

TEXTS = [
    r"¯\_(ツ)_/¯",
    r"C:\_temp\#new\~old",
    "2*3*4 = 24",
    "__init__.py",
    "foo::x::bar",
    "https://example.com/b，谢谢",
    "[https://good.example](https://evil.example)",
    "[" * 2_000 + " https://a.example/b",
]


def shown(place: Locator) -> str:
    """What is drawn, without what the keyboard needs."""
    return re.sub(' (?:tabindex|data-lines)="[^"]*"', "", place.inner_html())


def test_the_preview_and_the_message_are_one_and_the_same(ana: Person) -> None:
    ana.page.locator("#composer-preview").click()
    preview = ana.page.locator("#preview .text")
    texts = {
        r"¯\_(ツ)_/¯ *a*": "¯\\_(ツ)_/¯ a",
        TEXTS[5]: TEXTS[5],
        TEXTS[6]: "https://good.example (https://evil.example)",
    }
    for text, words in texts.items():
        ana.composer.fill(text)
        expect(preview).to_have_text(words)
        previewed = shown(preview)
        ana.composer.press("Enter")
        ana.sees(words)
        expect(ana.texts.last).to_have_class(re.compile("rich"))
        assert shown(ana.texts.last) == previewed


def test_the_page_finds_no_links_of_its_own() -> None:
    for path in (ROOT / "static" / "js").rglob("*.js"):
        assert not re.search(r"https\?:|www\\\.", path.read_text()), path


def test_what_is_meant_literally_is_shown_so_and_a_link_says_where_it_leads(ana: Person, bot: Talker) -> None:
    for text in TEXTS[:5]:
        bot.post(text)
    expect(ana.messages).to_have_count(5)
    assert ana.all_texts() == TEXTS[:5]
    ana.write(TEXTS[5])
    ana.sees(TEXTS[5])
    expect(ana.texts.last.locator("a")).to_have_text("https://example.com/b")
    ana.write(TEXTS[6])
    ana.sees("https://good.example (https://evil.example)")
    expect(ana.texts.last.locator("a")).to_have_text("https://evil.example")
    ana.write(TEXTS[-1])
    ana.sees(TEXTS[-1])
    expect(ana.texts.last.locator("a")).to_have_attribute("href", "https://a.example/b")
