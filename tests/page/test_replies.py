"""Answers, the way to what they answer and back, and addresses of messages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.actors import Server, Talker
from tests.hostile_texts import LAYOUTS

from .conftest import Line, Person, let_happen
from .test_looks import PHONE, has_no_violations
from .test_reading import long_talk, next_frame, open_new_room, place_of_first_visible

__all__ = ["long_talk"]  # a fixture

MARKED = re.compile(r"\bmarked\b")


def tops(page: Page) -> dict[str, float]:
    """Where each message on the screen stands."""
    found: dict[str, float] = page.evaluate("""() => {
        const log = document.querySelector('#log').getBoundingClientRect();
        const messages = [...document.querySelectorAll(".message[data-seq]")];
        const all = messages.map(each => [each, each.getBoundingClientRect()]);
        const shown = all.filter(([, box]) => box.bottom > log.top && box.top < log.bottom);
        return Object.fromEntries(shown.map(([each, box]) => [each.dataset.seq, box.top]));
    }""")
    return found


def test_a_reply_quotes_one_line_and_leads_to_the_original(ana: Person, bia: Person) -> None:
    ana.write("shall we meet\nat noon?", "and bring cake")
    bia.sees("shall we meet\nat noon?", "and bring cake")
    bia.messages.first.hover()
    bia.page.locator(".tools-reply").click()
    expect(bia.composer).to_be_focused()
    expect(bia.page.locator("#composer-about")).to_contain_text("Reply to \u2068Ana\u2069: shall we meet")
    has_no_violations(bia)
    bia.write("yes")
    expect(bia.page.locator("#composer-about")).to_be_hidden()
    for person in (ana, bia):
        person.sees("shall we meet\nat noon?", "and bring cake", "yes")
        expect(person.message("yes").locator(".quote-author")).to_have_text("Ana")
        expect(person.message("yes").locator(".quote-text")).to_have_text("shall we meet at noon?")
    ana.message("yes").locator(".quote").click()
    expect(ana.messages.first).to_have_class(MARKED)
    expect(ana.messages.first).to_be_focused()
    has_no_violations(ana)


def test_a_quote_follows_what_becomes_of_its_message(ana: Person, bia: Person) -> None:
    ana.write("one")
    bia.sees("one")
    bia.choose("one", "Reply")
    bia.write("answer")
    ana.sees("one", "answer")
    ana.choose("one", "Edit")
    ana.composer.fill("uno")
    ana.composer.press("Enter")
    expect(bia.message("answer").locator(".quote-text")).to_have_text("uno")
    ana.choose("uno", "Delete")
    ana.page.get_by_role("button", name="Delete").click()
    expect(bia.message("answer").locator(".quote-text")).to_have_text("a message that was deleted")
    bia.page.reload()
    expect(bia.message("answer").locator(".quote-text")).to_have_text("a message that was deleted")


def test_escape_leaves_the_answer_and_keeps_the_draft(ana: Person, bia: Person) -> None:
    bia.write("question")
    ana.sees("question")
    ana.composer.fill("half")
    ana.choose("question", "Reply")
    ana.page.keyboard.press("End")
    ana.page.keyboard.type(" a thought")
    ana.page.keyboard.press("Escape")
    expect(ana.page.locator("#composer-about")).to_be_hidden()
    expect(ana.composer).to_have_value("half a thought")
    ana.page.keyboard.press("Enter")
    ana.sees("question", "half a thought")
    expect(ana.page.locator(".quote:visible")).to_have_count(0)


def test_an_answer_written_offline_goes_out_as_one(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    bia.write("question")
    ana.sees("question")
    line.cut()
    ana.choose("question", "Reply")
    ana.write("answer")
    expect(ana.unsent.locator(".quote-text")).to_have_text("question")
    ana.page.reload()
    line.mend()
    ana.is_connected()
    bia.sees("question", "answer")
    expect(bia.message("answer").locator(".quote-text")).to_have_text("question")


def test_history_is_loaded_around_the_original_and_there_is_a_way_back(
    server: Server, long_talk: list[str], bot: Talker, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url, reduced_motion="reduce").visit(name="Ana")
    bot.say("post", room="general", text="an answer", nonce="answer", reply_to=20)
    ana.sees("an answer")
    ana.message("an answer").locator(".quote").click()
    original = ana.page.locator('.message[data-seq="20"]')
    expect(original).to_have_class(MARKED)
    expect(original).to_be_in_viewport()
    expect(original.locator(".text")).to_contain_text("number 19")
    assert "an answer" not in ana.all_texts()
    expect(ana.jump).to_be_visible()
    has_no_violations(ana)
    ana.page.get_by_role("button", name="Back to where you were").click()
    expect(ana.message("an answer")).to_be_in_viewport()
    expect(ana.page.locator("#back")).to_be_hidden()
    expect(ana.jump).to_be_hidden()


def test_the_way_back_leads_to_the_place_where_one_read(
    server: Server, long_talk: list[str], bot: Talker, ana: Person
) -> None:
    bot.say("post", room="general", text="an answer", nonce="answer", reply_to=20)
    for number in range(40):
        bot.post(f"later {number}")
    bot.hear("message", text="later 39")
    ana.sees("later 39")
    ana.message("an answer").scroll_into_view_if_needed()
    next_frame(ana.page)
    before = tops(ana.page)
    ana.message("an answer").locator(".quote").click()
    expect(ana.page.locator('.message[data-seq="20"]')).to_have_class(MARKED)
    ana.page.locator("#back").click()
    expect(ana.message("an answer")).to_be_in_viewport()
    after = tops(ana.page)
    assert after.keys() == before.keys()
    assert list(after.values()) == pytest.approx(list(before.values()), abs=2)


@pytest.fixture
def from_elsewhere(server: Server, long_talk: list[str], bot: Talker, make_person: Callable[..., Person]) -> Person:
    """Ana, who came from another room, and sees an answer to message 20."""
    ana = make_person(server.url, reduced_motion="reduce").visit(name="Ana")
    open_new_room(ana, "Elsewhere")
    ana.room("general").click()
    bot.say("post", room="general", text="an answer", nonce="answer", reply_to=20)
    ana.sees("an answer")
    return ana


def test_the_browsers_own_back_leads_there_too(bot: Talker, from_elsewhere: Person) -> None:
    ana = from_elsewhere
    bot.say("post", room="general", text="another", nonce="another", reply_to=40)
    ana.sees("an answer", "another")
    ana.message("another").locator(".quote").click()
    expect(ana.page.locator('.message[data-seq="40"]')).to_have_class(MARKED)
    ana.page.go_back()
    expect(ana.message("another")).to_be_in_viewport()
    expect(ana.page.locator("#back")).to_be_hidden()
    expect(ana.page.locator("#room-name")).to_have_text("general")
    ana.message("an answer").locator(".quote").click()
    expect(ana.page.locator('.message[data-seq="20"]')).to_have_class(MARKED)
    ana.page.locator("#back").click()
    expect(ana.message("an answer")).to_be_in_viewport()
    ana.page.go_back()
    expect(ana.page.locator("#room-name")).to_have_text("Elsewhere")


def test_a_link_to_the_room_where_one_is_leaves_the_way_back(server: Server, bot: Talker, ana: Person) -> None:
    bot.post(f"see {server.url}/r/general")
    for number in range(40):
        bot.post(f"number {number}")
    bot.say("post", room="general", text="an answer", nonce="answer", reply_to=1)
    ana.sees("an answer")
    ana.message("an answer").locator(".quote").click()
    original = ana.page.locator('.message[data-seq="1"]')
    expect(original).to_have_class(MARKED)
    original.get_by_role("link", name="/r/general").click()
    expect(original).to_be_in_viewport()
    ana.page.locator("#back").click()
    expect(ana.message("an answer")).to_be_in_viewport()


def test_who_came_back_by_themselves_need_not_go_back_for_it(from_elsewhere: Person) -> None:
    ana = from_elsewhere
    for _ in range(2):  # the second time there is a step already
        ana.message("an answer").locator(".quote").click()
        expect(ana.page.locator('.message[data-seq="20"]')).to_have_class(MARKED)
        ana.jump.click()
        expect(ana.message("an answer")).to_be_in_viewport()
        expect(ana.page.locator("#back")).to_be_hidden()
    ana.page.go_back()
    expect(ana.page.locator("#room-name")).to_have_text("Elsewhere")
    ana.page.go_forward()
    expect(ana.page.locator("#room-name")).to_have_text("general")


def test_from_an_address_of_a_message_the_browser_goes_back_to_it(
    server: Server, long_talk: list[str], bot: Talker, make_person: Callable[..., Person]
) -> None:
    bot.say("post", room="general", text="an answer", nonce="answer", reply_to=20)
    bot.hear("message", nonce="answer")
    ana = make_person(server.url, reduced_motion="reduce").visit("/r/general/431", name="Ana")
    ana.message("an answer").locator(".quote").click()
    expect(ana.page.locator('.message[data-seq="20"]')).to_have_class(MARKED)
    ana.jump.click()
    expect(ana.page).to_have_url(re.compile("/r/general$"))
    ana.scroll("0")
    ana.page.go_back()
    expect(ana.page).to_have_url(re.compile("/r/general/431$"))
    expect(ana.page.locator('.message[data-seq="431"]')).to_have_class(MARKED)
    expect(ana.page.locator('.message[data-seq="431"]')).to_be_in_viewport()


def test_an_address_opens_the_page_around_its_message_and_marks_it(
    server: Server, long_talk: list[str], make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url).visit("/r/general/200", name="Ana")
    marked = ana.page.locator('.message[data-seq="200"]')
    expect(marked).to_have_class(MARKED)
    expect(marked).to_have_attribute("aria-current", "true")
    expect(marked).to_be_in_viewport()
    expect(ana.jump).to_be_visible()
    before = tops(ana.page)
    ana.page.wait_for_load_state("networkidle")
    next_frame(ana.page)
    assert tops(ana.page) == before
    ana.jump.click()
    ana.sees(long_talk[-1])
    expect(ana.page).to_have_url(re.compile("/r/general$"))


def test_from_there_one_reads_on_in_both_directions_until_it_is_one_history_again(
    server: Server, long_talk: list[str], bot: Talker, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url).visit("/r/general/200", name="Ana")
    expect(ana.page.locator('.message[data-seq="200"]')).to_have_class(MARKED)
    bot.post("news")
    bot.hear("message", text="news")
    for scroll, until in (("log.scrollTop - 700", "number 0"), ("log.scrollTop + 700", "news")):
        for _ in range(1_000):
            if until in [text.split("\n")[0] for text in ana.all_texts()]:
                break
            before = place_of_first_visible(ana.page)
            ana.scroll(scroll)
            next_frame(ana.page)
            moved = ana.page.evaluate("() => window.marked.isConnected && window.marked.getBoundingClientRect().top")
            # What is read goes as far as one scrolls, never a page further.
            assert moved is False or abs(moved - before) <= 702
        texts = ana.all_texts()
        assert until in [text.split("\n")[0] for text in texts]
    texts = ana.all_texts()
    assert texts == [*long_talk, "news"][-len(texts) :]
    assert ana.messages.count() <= 300
    bot.post("and more")
    ana.jump.click()
    ana.sees("news", "and more")
    expect(ana.jump).to_be_hidden()


def test_what_happens_to_a_message_is_seen_by_those_who_read_around_it(
    server: Server, long_talk: list[str], bot: Talker, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url).visit("/r/general/200", name="Ana")
    marked = ana.page.locator('.message[data-seq="200"]')
    expect(marked).to_have_class(MARKED)
    bot.say("react", room="general", target=200, emoji="🎉", on=True, nonce="r")
    expect(marked.locator(".chip[aria-pressed]")).to_have_count(1)
    bot.say("edit", room="general", target=201, text="changed", nonce="e")
    expect(ana.message("changed")).to_be_visible()


def test_an_address_of_no_message_says_so_and_shows_the_newest(
    server: Server, make_person: Callable[..., Person], bot: Talker
) -> None:
    bot.post("hello")
    bot.hear("message", text="hello")
    ana = make_person(server.url).visit("/r/general/431", name="Ana")
    notice = ana.page.locator("#notice")
    expect(notice).to_contain_text("There is no message")
    has_no_violations(ana)
    ana.sees("hello")
    ana.write("so I write here")
    ana.sees("hello", "so I write here")
    for seq in ("99999999999999999999999", "0"):
        ana.visit(f"/r/general/{seq}")
        expect(notice).to_contain_text("There is no message")
        ana.sees("hello", "so I write here")


def test_an_address_of_an_event_that_is_no_message_says_so(server: Server, ana: Person, bot: Talker) -> None:
    bot.post("hello")
    bot.hear("message", text="hello")
    bot.say("react", room="general", target=1, emoji="🎉", on=True, nonce="r")
    bot.hear("reacted")
    ana.visit("/r/general/2")
    expect(ana.page.locator("#notice")).to_contain_text("There is no message 2 in")
    ana.sees("hello")


def test_the_menu_copies_the_address_of_a_message(server: Server, ana: Person, bia: Person) -> None:
    ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ana.write("one", "two")
    ana.sees("one", "two")
    ana.choose("two", "Copy link")
    expect(ana.page.locator("#notice")).to_contain_text("The link is copied.")
    address = ana.page.evaluate("() => navigator.clipboard.readText()")
    assert address == f"{server.url}/r/general/2"
    bia.page.goto(address)
    expect(bia.message("two")).to_have_class(MARKED)


def test_an_address_is_copied_where_the_browser_has_no_clipboard(server: Server, ana: Person) -> None:
    ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ana.write("one")
    ana.sees("one")
    ana.page.evaluate("""() => {
        window.copies = navigator.clipboard;
        Object.defineProperty(navigator, 'clipboard', {get: () => undefined, configurable: true});
    }""")
    ana.choose("one", "Copy link")
    expect(ana.page.locator("#notice")).to_contain_text("The link is copied.")
    assert ana.page.evaluate("() => window.copies.readText()") == f"{server.url}/r/general/1"


def test_an_address_in_a_message_is_gone_to_in_place_and_the_browsers_back_returns(
    server: Server, long_talk: list[str], bot: Talker, ana: Person
) -> None:
    ana.page.locator("#rooms-new").click()
    ana.page.locator("#room-field").fill("Elsewhere")
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("#room-name")).to_have_text("Elsewhere")
    ana.write(f"see {server.url}/r/general/50")
    expect(ana.unsent).to_have_count(0)
    ana.texts.last.locator("a").click()
    expect(ana.page.locator("#room-name")).to_have_text("general")
    expect(ana.page.locator('.message[data-seq="50"]')).to_have_class(MARKED)
    expect(ana.page).to_have_url(f"{server.url}/r/general/50")
    ana.page.go_back()
    expect(ana.page.locator("#room-name")).to_have_text("Elsewhere")
    ana.page.go_forward()
    expect(ana.page.locator('.message[data-seq="50"]')).to_have_class(MARKED)


def test_history_that_does_not_come_around_a_message_says_so_and_holds_up_nothing(
    server: Server, long_talk: list[str], bot: Talker, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url).visit(name="Ana")
    bot.say("post", room="general", text="an answer", nonce="answer", reply_to=20)
    ana.sees("an answer")
    held: list[Route] = []
    ana.page.route(re.compile("around="), lambda route: held.append(route))
    ana.message("an answer").locator(".quote").click()
    let_happen(ana.page, lambda: len(held) == 1)
    ana.write("meanwhile")
    ana.sees("an answer", "meanwhile")
    held[0].abort()
    expect(ana.page.locator("#notice")).to_contain_text("cannot be reached")
    ana.sees("an answer", "meanwhile")


@pytest.mark.parametrize("width", [320, 1280])
def test_hostile_quotes_and_many_reactions_stay_within_their_box(
    server: Server, bot: Talker, make_person: Callable[..., Person], width: int
) -> None:
    for number, text in enumerate(LAYOUTS, start=1):
        bot.say("post", room="general", text=text, nonce=f"m{number}")
        bot.say("post", room="general", text="an answer", nonce=f"a{number}", reply_to=2 * number - 1)
        bot.hear("message", nonce=f"a{number}")
    for number in range(20):
        bot.say("react", room="general", target=2, emoji=chr(0x1F400 + number), on=True, nonce=f"r{number}")
    ana = make_person(server.url, viewport={"width": width, "height": 700}).visit(name="Ana")
    expect(ana.page.locator(".chip[aria-pressed]")).to_have_count(20)
    wider = ana.page.evaluate("""() => {
        const log = document.querySelector('#log');
        const right = log.getBoundingClientRect().left + log.clientWidth;
        const parts = [...document.querySelectorAll('.quote, .quote-text, .reactions, .chip')];
        return [document.documentElement, log].filter(each => each.scrollWidth > each.clientWidth)
            .concat(parts.filter(each => each.getBoundingClientRect().right > right)).map(each => each.className);
    }""")
    assert wider == []
    for quote in ana.page.locator(".quote").all():
        box = quote.bounding_box()
        assert box is None or box["height"] < 40
    ana.message("an answer").first.hover()
    expect(ana.page.locator("#tools")).to_be_in_viewport(ratio=1)


def test_on_a_phone_one_goes_there_and_back_too(
    server: Server, long_talk: list[str], bot: Talker, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url, reduced_motion="reduce", **PHONE).visit(name="Ana on a phone")
    bot.say("post", room="general", text="an answer", nonce="answer", reply_to=20)
    ana.sees("an answer")
    ana.message("an answer").locator(".quote").tap()
    expect(ana.page.locator('.message[data-seq="20"]')).to_be_in_viewport()
    has_no_violations(ana)
    ana.page.locator("#back").tap()
    expect(ana.message("an answer")).to_be_in_viewport()
