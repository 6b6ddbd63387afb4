"""Paper: all that is loaded, without controls, dark on white, with whole texts and the addresses of links."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.actors import NO_RATE_LIMITS, Server

from .conftest import Person
from .test_rooms_as_they_are import ask

LOADED = 310  # more than stand in the document at a time
FENCE = "```python\nprint('" + "very long " * 30 + "')\n```"
LONG = "\n".join(f"line {n}" for n in range(60)) + "\nthe last line"


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def show_as_printed(page: Page) -> None:
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")


def show_as_before(page: Page) -> None:
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="null")


def test_all_loaded_messages_are_printed_and_the_reader_stays_where_they_were(
    make_server: Callable[..., Server], make_person: Callable[..., Person]
) -> None:
    server = make_server(**NO_RATE_LIMITS).start()
    bot = server.enter("Bot")
    ana = make_person(server.url).visit(name="Ana")
    page = ana.page
    for n in range(LOADED):
        bot.post(f"number {n}")
    bot.hear("message", nonce=bot.post("the newest"))
    ana.sees("the newest")
    assert ana.messages.count() < LOADED
    for wanted in ("log.scrollHeight", "log.scrollHeight - 2000"):  # at the end, and reading
        ana.scroll(wanted)
        page.wait_for_function("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        before = page.evaluate("() => document.querySelector('#log').scrollTop")
        shown = ana.messages.count()
        assert pages(page.pdf(format="A4")) >= 5
        page.wait_for_function(f"() => Math.abs(document.querySelector('#log').scrollTop - {before}) <= 2")
        assert ana.messages.count() == shown
        show_as_printed(page)
        assert ana.messages.count() == LOADED + 1
        assert page.evaluate("() => document.querySelector('#log').clientHeight") > 5_000
        show_as_before(page)
        page.wait_for_function(f"() => Math.abs(document.querySelector('#log').scrollTop - {before}) <= 2")
    bot.vanish()


def test_a_print_is_dark_on_white_without_controls_and_with_all_that_paper_cannot_unfold(
    server: Server, make_person: Callable[..., Person], bia: Person
) -> None:
    ana = make_person(server.url, color_scheme="dark").visit(name="Ana")
    page = ana.page
    ask(ana, "Where to?", "Pizza", "Sushi")
    page.locator(".poll-option").first.click()
    expect(page.locator(".poll-count").first).to_have_text("1")
    texts = [
        "the [docs](https://docs.example.org/guide) and https://plain.example/a",
        FENCE,
        LONG,
        "x" * 9_000 + "\u4e00" * 900,
    ]
    for text in texts:
        bia.composer.fill(text)
        bia.composer.press("Enter")
    expect(ana.messages).to_have_count(5)
    bia.page.locator("#composer-text").fill("")
    bia.write("@Ana look")
    ana.sees("@Ana look")
    expect(page.locator(".message.call")).to_have_count(1)
    show_as_printed(page)
    for gone in (
        "#composer",
        "#rooms",
        "#people",
        ".tools",
        ".fold",
        ".code-copy",
        "#level-open",
        ".poll-close",
        ".avatar",
    ):
        assert page.locator(f"{gone}:visible").count() == 0, gone
    assert page.locator("#room-name").is_visible()
    assert page.locator(".author:visible").count() >= 2
    assert page.locator(".message time").evaluate_all(
        "(all) => all.every((each) => getComputedStyle(each).opacity === '1')"
    )
    # Colours: each text is dark, and behind it is nothing or white.
    dark = """(all) => {
        const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
        return all.map((each) => {
            context.fillStyle = getComputedStyle(each).color;
            context.fillRect(0, 0, 1, 1);
            return Math.max(...context.getImageData(0, 0, 1, 1).data.slice(0, 3));
        });
    }"""
    assert (
        max(page.locator(".message .text, .author, .poll-name, .poll-count, .code code, .code span").evaluate_all(dark))
        < 180
    )
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    # Links: an address where the text says none.
    after = "(link) => getComputedStyle(link, '::after').content"
    assert "https://docs.example.org/guide" in page.get_by_role("link", name="docs").evaluate(after)
    assert page.get_by_role("link", name="https://plain.example/a").evaluate(after) == "none"
    # Texts and code: nothing is folded, cut or outside of the sheet.
    whole = """(all) => all.map((each) => [each.textContent.slice(0, 20), each.scrollHeight - each.clientHeight,
        each.scrollWidth - each.clientWidth]).filter(([, down, right]) => down > 1 || right > 1)"""
    assert page.locator(".message .text, .code pre").evaluate_all(whole) == []
    expect(ana.texts.filter(has_text="the last line")).to_be_visible()
    assert "\u4e00" * 900 in (ana.texts.filter(has_text="xxxxxxxx").text_content() or "")
    # Polls: the bar has a border, and its colour is printed.
    bar = page.locator(".poll-bar").first
    assert bar.evaluate("(each) => getComputedStyle(each).printColorAdjust") == "exact"
    assert bar.evaluate("(each) => each.offsetWidth / each.parentElement.offsetWidth") > 0.95
    show_as_before(page)
    assert page.locator("[data-address]").count() == 0
    expect(page.locator("#composer")).to_be_visible()


def test_search_results_are_printed_whole_with_their_addresses(ana: Person, bia: Person) -> None:
    bia.write(*(f"pancakes {n}" for n in range(3)))
    ana.sees("pancakes 0", "pancakes 1", "pancakes 2")
    page = ana.page
    page.goto(f"{ana.url}/search?q=pancakes")
    expect(page.locator(".hit")).to_have_count(3)
    show_as_printed(page)
    assert page.locator(".search-help:visible, .search-go:visible, .search-head:visible").count() == 0
    assert page.locator("#search-field").input_value() == "pancakes"
    shown = page.locator(".hit").first.evaluate("(hit) => getComputedStyle(hit, '::after').content")
    assert "/r/general/" in shown
