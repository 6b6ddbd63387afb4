"""What people wrote, as the page shows it: markup, code, formulas, long texts; and who may make elements of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.actors import ROOT, Server, Talker

from .conftest import Person
from .test_reading import next_frame


def test_only_one_place_of_the_page_takes_html() -> None:
    taking = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|createContextualFragment|document\.write|srcdoc"
    )
    found = {path.name for path in (ROOT / "static" / "js").rglob("*.js") if taking.search(path.read_text())}
    assert found == {"rich.js"}


def test_the_browser_lets_no_other_place_take_html(ana: Person) -> None:
    refused = ana.page.evaluate(
        """() => {
            const names = [];
            try { document.createElement('p').innerHTML = '<b>x</b>' } catch (error) { names.push(error.name) }
            try { trustedTypes.createPolicy('another', {}) } catch (error) { names.push(error.name) }
            return names;
        }"""
    )
    assert refused == ["TypeError", "TypeError"]
    ana.forgive("Content Security Policy")


def test_markup_is_shown_as_what_it_means(ana: Person, bia: Person) -> None:
    ana.write("**Good** *morning* ~~night~~ `x` https://a.example/ :tada: it costs $5 and $6")
    text = bia.texts.last
    expect(text).to_have_text("Good morning night x https://a.example/ 🎉 it costs $5 and $6")
    for element, words in (("strong", "Good"), ("em", "morning"), ("s", "night"), ("code", "x")):
        expect(text.locator(element)).to_have_text(words)
    expect(text.locator("a")).to_have_attribute("rel", "noopener nofollow ugc")
    expect(ana.texts.last.locator("strong")).to_have_text("Good")
    bia.page.reload()
    expect(text.locator("strong")).to_have_text("Good")


def test_formulas_are_drawn(ana: Person) -> None:
    ana.write("so $x^2$ and $$\\frac{a}{b}$$")
    expect(ana.texts.last.locator("math")).to_have_count(2)
    assert ana.texts.last.locator("mfrac").evaluate("each => each.getBoundingClientRect().height") > 20


def test_the_cells_of_a_matrix_stand_apart_between_brackets_as_high_as_it_is(ana: Person) -> None:
    ana.write("$$\\left(\\begin{matrix} 1 & 2 \\\\ 3 & 4 \\end{matrix}\\right)$$")
    one, two, three = (box(ana.texts.last.locator("mn").nth(index)) for index in range(3))
    assert two["x"] > one["x"] + 1.5 * one["width"]
    assert three["y"] > one["y"] + one["height"]
    bracket, table = (box(ana.texts.last.locator(each).first) for each in ("mo", "mtable"))
    assert bracket["height"] > 0.8 * table["height"]


def test_lines_that_are_aligned_meet_at_their_signs(ana: Person) -> None:
    ana.write("$$\\begin{align*} a &= b \\\\ c + d + e &= f \\end{align*}$$")
    signs = ana.texts.last.locator("[columnalign=left] mo")
    assert box(signs.first)["x"] == pytest.approx(box(signs.last)["x"], abs=1)
    names = ana.texts.last.locator("[columnalign=right] mi:last-child")
    first, last = box(names.first), box(names.last)
    assert first["x"] + first["width"] == pytest.approx(last["x"] + last["width"], abs=1)


def box(place: Locator) -> FloatRect:
    """Where it is drawn."""
    found = place.bounding_box()
    assert found
    return found


def test_code_has_colours_numbers_and_can_be_copied_and_scrolled(ana: Person) -> None:
    ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = "def answer():\n    return 42  # " + "and more " * 40
    ana.write(f"```python\n{code.rstrip()}\n```")
    pre = ana.texts.last.locator("pre")
    expect(pre.locator(".k").first).to_have_text("def")
    colours = pre.evaluate("each => [each.querySelector('.k'), each].map((part) => getComputedStyle(part).color)")
    assert colours[0] != colours[1]
    assert "1" in pre.evaluate("each => getComputedStyle(each, '::before').content")
    expect(pre).to_have_attribute("tabindex", "0")
    pre.focus()
    ana.page.keyboard.press("ArrowRight")
    ana.page.wait_for_function("() => document.querySelector('.message pre').scrollLeft > 0")
    ana.page.get_by_role("button", name="Copy the code").click()
    expect(ana.page.get_by_role("button", name="Copied")).to_be_visible()
    assert ana.page.evaluate("() => navigator.clipboard.readText()") == code.rstrip()


def test_code_can_be_copied_where_the_page_is_not_secure(ana: Person) -> None:
    ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ana.page.evaluate("() => Object.defineProperty(navigator.clipboard, 'writeText', { value: undefined })")
    ana.write("```\nby hand\n```")
    ana.page.get_by_role("button", name="Copy the code").click()
    expect(ana.page.get_by_role("button", name="Copied")).to_be_visible()
    assert ana.page.evaluate("() => navigator.clipboard.readText()") == "by hand"


def test_over_twenty_lines_a_text_is_folded_until_one_wants_to_see_all(ana: Person) -> None:
    ana.write("\n".join(f"line {number}" for number in range(1, 21)))
    fold = ana.messages.last.locator(".fold")
    ana.sees(" ".join(f"line {number}" for number in range(1, 21)))
    expect(fold).to_be_hidden()
    ana.write("\n".join(f"line {number}" for number in range(1, 31)) + " https://a.example/")
    expect(ana.unsent).to_have_count(0)
    expect(fold).to_have_text("Show all")
    expect(fold).to_have_attribute("aria-expanded", "false")
    folded = ana.texts.last.evaluate("each => each.clientHeight")
    fold.click()
    expect(fold).to_have_text("Show less")
    expect(fold).to_have_attribute("aria-expanded", "true")
    assert ana.texts.last.evaluate("each => each.clientHeight") > folded * 1.4
    fold.click()
    expect(fold).to_have_text("Show all")
    ana.page.keyboard.press("Shift+Tab")  # nobody's focus is in what is not shown
    expect(ana.texts.last.locator("a")).to_be_focused()
    expect(fold).to_have_text("Show less")


def top_of(what: Locator) -> float:
    box = what.bounding_box()
    assert box
    return box["y"]


def test_what_one_folds_or_unfolds_leaves_one_where_one_is(ana: Person, bot: Talker) -> None:
    bot.post("before\n" * 40 + "-")
    bot.post("line\n" * 400 + "-")
    bot.post("after\n" * 40 + "-")
    expect(ana.messages).to_have_count(3)
    text, fold = ana.texts.nth(1), ana.messages.nth(1).locator(".fold")
    ana.scroll("document.querySelectorAll('.message')[1].offsetTop")
    top = top_of(text)
    fold.click()
    expect(fold).to_have_text("Show less")
    assert top_of(text) == pytest.approx(top, abs=2)
    fold.scroll_into_view_if_needed()
    top = top_of(fold)
    fold.click()
    expect(fold).to_have_text("Show all")
    next_frame(ana.page)
    assert top_of(fold) == pytest.approx(top, abs=2)


def test_who_unfolds_the_last_message_reads_on_where_it_was_cut(ana: Person) -> None:
    ana.write("line\n" * 400 + "https://a.example/")
    expect(ana.unsent).to_have_count(0)
    fold = ana.messages.last.locator(".fold")
    top = top_of(ana.texts.last)
    fold.click()
    expect(fold).to_have_text("Show less")
    expect(ana.jump).to_be_visible()
    assert top_of(ana.texts.last) == pytest.approx(top, abs=2)
    fold.click()
    expect(fold).to_have_text("Show all")
    ana.page.keyboard.press("Shift+Tab")  # to what is not shown, which then is
    expect(ana.texts.last.locator("a")).to_be_focused()
    expect(ana.texts.last.locator("a")).to_be_in_viewport()


def test_copying_code_out_of_a_folded_message_leaves_it_folded(ana: Person) -> None:
    ana.write("```\ncode\n```\n" + "line\n" * 40 + "-")
    expect(ana.unsent).to_have_count(0)
    fold = ana.messages.last.locator(".fold")
    expect(fold).to_have_text("Show all")
    ana.page.get_by_role("button", name="Copy the code").click()
    expect(ana.page.locator(".code-copy:focus")).to_have_count(1)
    expect(fold).to_have_text("Show all")


def test_a_long_text_of_few_lines_is_folded_where_the_screen_is_narrow(
    server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url, viewport={"width": 320, "height": 700}).visit(name="Ana")
    ana.write("word " * 200)
    fold = ana.messages.last.locator(".fold")
    expect(fold).to_have_text("Show all")
    ana.page.set_viewport_size({"width": 1280, "height": 800})
    expect(fold).to_be_hidden()


def test_an_override_of_the_writing_direction_ends_with_what_it_stands_in(ana: Person) -> None:
    ana.write("**\u202eabc** behind")
    strong = ana.texts.last.locator("strong")
    expect(strong).to_have_css("unicode-bidi", "isolate")
    assert strong.evaluate(
        """(each) => {
            const range = document.createRange();
            range.selectNodeContents(each.nextSibling);
            return range.getBoundingClientRect().left >= each.getBoundingClientRect().right;
        }"""
    )
