"""What people wrote, as the page shows it: markup, code, formulas, long texts; and who may make elements of it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.actors import ROOT, Server, Talker
from tests.hostile_texts import MARKS, UNSEEN
from tests.test_characters import WORDS

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


# What takes long to draw.

TOWERS = ["e" + "\u0301" * 9_999, "👩" + "🏽" * 1_499, ("e" + "\u0301\u0316" * 1_000)[:2_001] * 5]
DRAWN_MOST = 2_600  # letters of other scripts than Latin in one message that is folded


def test_a_room_with_messages_that_take_long_to_draw_opens_at_once_and_shows_all_of_each_to_who_wants_it(
    server: Server, bot: Talker, make_person: Callable[..., Person]
) -> None:
    texts = [*TOWERS, "ب" * 9_999, "x\n" * 4_999 + "x", "漢字" * 4_999]
    for number in range(48):
        nonce = bot.post(f"before {number}")
    bot.hear("message", nonce=nonce)
    marked = bot.post("`a` " * 1_800)
    code = "x = 1  # " + "y" * 300 + "\n"
    nonce = bot.post(f"```python\n{code * 30}```")
    bot.hear("message", nonce=marked)
    bot.hear("message", nonce=nonce)
    with sqlite3.connect(server.data / "chat.sqlite3") as log:  # what an older server took
        for seq in range(1, 49):
            log.execute("UPDATE events SET text = ? WHERE seq = ?", (texts[seq % len(texts)], seq))
    ana = make_person(server.url)
    # The clock of the page's thread: what other programs do meanwhile does not count.
    devtools = ana.page.context.new_cdp_session(ana.page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    ana.visit(name="Ana")
    expect(ana.messages).to_have_count(50)
    drawn = ana.texts.evaluate_all("all => all.map((each) => each.textContent)")
    for text, shown in zip([texts[seq % len(texts)] for seq in range(1, 49)], drawn, strict=False):
        assert len(shown) <= DRAWN_MOST
        assert re.search("[\u0301\u0316🏽]{21}", shown) is None
        assert text.startswith(shown.rstrip("…")[:21])
        assert text.replace("\n", "").startswith(shown.replace("\n", "")[:20])
    assert drawn[48].startswith("a a a ")
    assert ana.texts.nth(48).locator("code").count() < 1_400
    assert ana.texts.nth(49).locator("pre").get_attribute("data-lines") == "\n".join(map(str, range(1, 31)))
    taken = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    assert taken["LayoutDuration"] < 3.0  # 15 s for each message of skin tones before, and 0.25 s for each of accents
    for seq in (1, 48, 49):
        message = ana.messages.nth(seq - 1)
        whole = "a " * 1_800 if seq == 49 else texts[seq % len(texts)]
        message.locator(".fold").click()
        expect(message.locator(".fold")).to_have_text("Show less")
        assert (message.locator(".text").text_content() or "").strip() == whole.strip()
        message.locator(".fold").click()
        expect(message.locator(".fold")).to_have_text("Show all")
        assert len(message.locator(".text").text_content() or "") < len(whole)


def test_of_a_message_with_very_much_markup_little_is_drawn_until_one_wants_to_see_all(
    ana: Person, bot: Talker
) -> None:
    """The kinds that took a second and more of a browser's time for 50 such messages: 6 s, 2 s, 1 s."""
    kinds = {
        "pre": ("```\nx\n```\n" * 600, 600, 20),
        "a": ("https://a.example/x " * 390, 390, 160),
        "math *": ("$" + "x_{1}^{2}+" * 20 + "x$ ", 80, 450),
    }
    for number, (selector, (text, count, most)) in enumerate(kinds.items(), 1):
        if selector == "math *":
            text, count = text * 10, count * 10
        nonce = bot.post(text)
        bot.hear("message", nonce=nonce)
        expect(ana.messages).to_have_count(number)
        message = ana.messages.last
        expect(message.locator(".fold")).to_have_text("Show all")
        assert 5 < message.locator(f".text {selector}").count() <= most, selector
        message.locator(".fold").click()
        expect(message.locator(".fold")).to_have_text("Show less")
        assert message.locator(f".text {selector}").count() >= count, selector
        message.locator(".fold").click()


def test_a_short_message_with_a_tower_has_a_button_that_shows_all_of_it(
    ana: Person, bot: Talker, server: Server
) -> None:
    nonce = bot.post("before")
    bot.hear("message", nonce=nonce)
    with sqlite3.connect(server.data / "chat.sqlite3") as log:
        log.execute("UPDATE events SET text = ?", ("e" + "\u0301" * 50,))
    ana.page.reload()
    expect(ana.texts.last).to_have_text("e" + "\u0301" * 20)
    expect(ana.texts.last).not_to_have_class(re.compile("over"))  # nothing of its one line is faded
    ana.messages.last.locator(".fold").click()
    expect(ana.texts.last).to_have_text("e" + "\u0301" * 50)


def test_a_text_that_shows_nothing_or_has_a_tower_is_not_sent_and_stays_where_it_is(ana: Person) -> None:
    send = ana.page.locator("#composer-send")
    said = ana.page.evaluate(
        """async ([unseen, marks, words]) => {
            const { shows, towers } = await import('/static/js/text.js');
            const high = (text) => text.search(towers(20)) !== -1;
            const right = (mark) => high(mark.repeat(21)) && high(`${mark}\u200d`.repeat(21)) && !high(mark.repeat(20));
            return [
                unseen.filter(shows),
                words.filter((text) => !shows(text) || high(text)),
                marks.filter((mark) => !right(mark)),
            ];
        }""",
        [UNSEEN, MARKS, WORDS],
    )
    assert said == [[], [], []]  # as the server has it
    for text in ("\u3164\u200b \u2800", "\u00ad"):
        ana.write(text)
        expect(send).to_have_attribute("aria-disabled", "true")
        expect(ana.composer).to_have_value(text)
    tower = "Z" + "\u0301\u0316" * 11 + "algo"
    ana.write(tower)
    expect(send).to_have_attribute("aria-disabled", "true")
    expect(ana.page.locator("#composer-note")).to_have_text(
        "Too many accents or other marks on one letter: at most 20 in a row"
    )
    expect(ana.composer).to_have_value(tower)
    ana.page.reload()
    expect(ana.composer).to_have_value(tower)
    expect(ana.messages).to_have_count(0)
    ana.write("Z" + "\u0301\u0316" * 10 + "algo")
    ana.sees("Z" + "\u0301\u0316" * 10 + "algo")
