"""Reactions: chosen from a picker, toggled on their chips, and who put them there."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.actors import Server, Talker

from .conftest import Line, Person
from .test_editing import rest_finger_on
from .test_looks import PHONE, has_no_violations


def chips(person: Person) -> Locator:
    """The reactions, without the button that adds another."""
    return person.page.locator(".chip[aria-pressed]")


def picker(person: Person) -> Locator:
    return person.page.get_by_role("dialog", name="Choose a reaction")


def options(person: Person) -> Locator:
    return picker(person).get_by_role("option")


def test_a_reaction_is_toggled_and_tells_who_gave_it(ana: Person, bia: Person) -> None:
    ana.write("cake at noon")
    bia.sees("cake at noon")
    bia.message("cake at noon").hover()
    bia.page.get_by_role("button", name="React with 👍").click()
    expect(chips(bia)).to_have_attribute("aria-pressed", "true")
    expect(chips(ana)).to_have_attribute("aria-pressed", "false")
    expect(chips(ana).locator(".chip-count")).to_have_text("1")
    chips(ana).hover()
    tip = ana.page.locator("#tip")
    expect(tip).to_have_text("👍 \u2068Bia\u2069")
    chips(ana).click()
    expect(chips(bia).locator(".chip-count")).to_have_text("2")
    expect(chips(bia)).to_have_attribute("aria-label", "👍 you and \u2068Ana\u2069 (2)")
    has_no_violations(bia)
    bia.page.reload()
    expect(chips(bia).locator(".chip-count")).to_have_text("2")
    chips(ana).click()
    chips(bia).click()
    for person in (ana, bia):
        expect(chips(person)).to_have_count(0)


def test_who_reacted_is_told_by_keyboard_too(ana: Person, bia: Person) -> None:
    ana.write("first", "second")
    bia.sees("first", "second")
    bia.message("second").hover()
    bia.page.locator("#tools").get_by_role("button", name="❤️").click()
    expect(chips(ana)).to_have_count(1)
    ana.log.focus()
    ana.page.keyboard.press("Tab")
    expect(ana.message("second")).to_be_focused()
    ana.page.keyboard.press("Tab")
    expect(chips(ana)).to_be_focused()
    expect(ana.page.locator("#tip")).to_have_text("❤️ \u2068Bia\u2069")
    ana.page.keyboard.press("Enter")
    expect(chips(bia).locator(".chip-count")).to_have_text("2")
    expect(chips(ana)).to_be_focused()
    ana.page.keyboard.press("Tab")
    ana.page.keyboard.press("Enter")
    expect(picker(ana).get_by_role("combobox")).to_be_focused()
    ana.page.keyboard.press("Escape")
    expect(ana.message("second").locator(".reactions-add")).to_be_focused()


def test_taking_back_the_last_reaction_of_a_kind_by_keyboard_keeps_the_focus_nearby(ana: Person, bot: Talker) -> None:
    bot.post("hello")
    ana.sees("hello")
    for nonce, sign in enumerate("👍🎉😢"):
        bot.say("react", room="general", target=1, emoji=sign, on=True, nonce=f"r{nonce}")
    expect(chips(ana)).to_have_count(3)
    chips(ana).first.focus()
    bot.say("react", room="general", target=1, emoji="👍", on=False, nonce="r3")
    expect(chips(ana)).to_have_count(2)
    expect(chips(ana).first).to_be_focused()  # the next one
    ana.page.keyboard.press("Tab")
    bot.say("react", room="general", target=1, emoji="😢", on=False, nonce="r4")
    expect(chips(ana)).to_have_count(1)
    expect(ana.page.locator(".reactions-add")).to_be_focused()
    ana.page.keyboard.press("Shift+Tab")
    ana.page.keyboard.press("Enter")
    expect(chips(ana)).to_have_attribute("aria-pressed", "true")
    bot.say("react", room="general", target=1, emoji="🎉", on=False, nonce="r5")
    expect(chips(ana).locator(".chip-count")).to_have_text("1")
    ana.page.keyboard.press("Enter")
    expect(chips(ana)).to_have_count(0)
    expect(ana.message("hello")).to_be_focused()


def test_the_search_finds_names_in_both_languages(ana: Person, bia: Person) -> None:
    ana.write("hello")
    bia.sees("hello")
    ana.message("hello").hover()
    ana.page.locator(".tools-pick").click()
    field = picker(ana).get_by_role("combobox")
    expect(field).to_be_focused()
    found = {"party popper": "🎉", "CORACAO vermelho": "❤️", "tada": "🎉", "🦜": "🦜", "cone de festa": "🎉"}
    for query, sign in found.items():
        field.fill(query)
        expect(options(ana).first).to_have_text(sign)
        expect(options(ana).first).to_have_attribute("aria-selected", "true")
    has_no_violations(ana)
    ana.page.keyboard.press("Enter")
    expect(picker(ana)).to_be_hidden()
    expect(chips(bia).locator(".emoji")).to_have_text("🎉")
    expect(ana.composer).to_be_focused()


def test_the_picker_and_the_completion_of_what_one_writes_have_one_order(ana: Person) -> None:
    ana.write("hello")
    ana.sees("hello")
    suggested = ana.page.locator("#completion [role=option]")
    for query in ("coracao", "heart", "face"):
        ana.composer.press_sequentially(f":{query}")
        expect(suggested).to_have_count(8)
        signs = [text.split()[0] for text in suggested.all_text_contents()]
        ana.composer.fill("")
        ana.choose("hello", "Another reaction")
        picker(ana).get_by_role("combobox").fill(query)
        expect(options(ana).first).to_have_text(signs[0])
        assert options(ana).all_text_contents()[:8] == signs
        ana.page.keyboard.press("Escape")


def test_the_often_used_ones_come_first_and_all_can_be_reached_by_the_arrows(ana: Person) -> None:
    ana.write("hello")
    ana.sees("hello")
    for _ in range(2):
        ana.choose("hello", "Another reaction")
        picker(ana).get_by_role("combobox").fill("parrot")
        expect(options(ana).first).to_have_text("🦜")
        options(ana).first.click()
        expect(picker(ana)).to_be_hidden()
    ana.choose("hello", "Another reaction")
    expect(options(ana).first).to_have_text("🦜")
    expect(options(ana)).to_have_count(240)
    ana.page.keyboard.press("ArrowDown")
    expect(options(ana).first).to_have_attribute("aria-selected", "true")
    ana.page.keyboard.press("ArrowRight")
    expect(options(ana).nth(1)).to_have_attribute("aria-selected", "true")
    for _ in range(40):
        ana.page.keyboard.press("ArrowDown")
    assert options(ana).count() > 240
    expect(picker(ana).locator("[aria-selected=true]")).to_be_in_viewport()
    picker(ana).get_by_role("combobox").fill("nothing is called that")
    expect(picker(ana).get_by_role("status")).to_have_text("No emoji is called that.")
    ana.page.keyboard.press("Enter")
    expect(picker(ana)).to_be_visible()


def test_twenty_kinds_fit_under_a_message_and_the_next_one_says_so(ana: Person, bot: Talker) -> None:
    ana.write("popular")
    ana.sees("popular")
    for number in range(20):
        bot.say("react", room="general", target=1, emoji=chr(0x1F400 + number), on=True, nonce=f"r{number}")
    expect(chips(ana)).to_have_count(20)
    ana.choose("popular", "React with 👍")
    deed = ana.message("popular").locator(".deed")
    expect(deed).to_contain_text("👍 not changed: This message has 20 different reactions already.")
    expect(chips(ana)).to_have_count(20)
    has_no_violations(ana)
    deed.get_by_role("button", name="Discard").click()
    expect(deed).to_be_hidden()
    chips(ana).first.click()
    expect(chips(ana).first.locator(".chip-count")).to_have_text("2")


def test_reactions_given_offline_arrive_once_and_the_last_wish_counts(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    bia.write("hello")
    ana.sees("hello")
    line.cut()
    ana.choose("hello", "React with 👍")
    ana.choose("hello", "React with ❤️")
    expect(chips(ana)).to_have_count(2)
    chips(ana).last.click()
    expect(chips(ana)).to_have_count(1)
    ana.page.reload()
    line.mend()
    ana.is_connected()
    expect(chips(bia).locator(".emoji")).to_have_text(["👍"])
    expect(chips(ana).locator(".emoji")).to_have_text(["👍"])
    expect(ana.message("hello").locator(".deed")).to_be_hidden()


def test_on_a_phone_the_picker_is_a_sheet_and_no_keyboard_covers_it(
    server: Server, ana: Person, make_person: Callable[..., Person]
) -> None:
    ana.write("hello")
    bia = make_person(server.url, reduced_motion="reduce", **PHONE).visit(name="Bia on a phone")
    bia.sees("hello")
    ana.choose("hello", "React with 👍")
    expect(chips(bia)).to_have_count(1)
    bia.page.get_by_role("button", name="Another reaction").tap()
    box = picker(bia).bounding_box()
    assert box
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 360, 740)
    expect(picker(bia).get_by_role("listbox")).to_be_focused()
    expect(options(bia)).to_have_count(240)
    has_no_violations(bia)
    options(bia).nth(3).tap()
    expect(chips(ana)).to_have_count(2)


def test_a_finger_that_rests_on_a_reaction_is_told_who_gave_it_and_a_tap_toggles_it(
    server: Server, bot: Talker, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url, **PHONE).visit(name="Ana")
    bot.post("hello")
    ana.sees("hello")
    bot.say("react", room="general", target=1, emoji="👍", on=True, nonce="r1")
    tip = ana.page.locator("#tip")
    rest_finger_on(chips(ana), until=tip)
    expect(tip).to_have_text("👍 \u2068Bot\u2069 (guest)")
    ana.texts.first.tap()
    expect(tip).to_be_hidden()
    chips(ana).tap()
    expect(chips(ana)).to_have_attribute("aria-pressed", "true")
    expect(chips(ana).locator(".chip-count")).to_have_text("2")
    expect(tip).to_be_hidden()
    rest_finger_on(chips(ana), until=tip)
    expect(tip).to_have_text("👍 you and \u2068Bot\u2069 (guest)")  # still there with the finger lifted
    expect(tip).to_be_visible()


def test_the_picker_shows_the_usual_ones_when_the_others_cannot_be_loaded(ana: Person, bia: Person) -> None:
    ana.page.route(re.compile("/api/emoji"), lambda route: route.abort())
    ana.write("hello")
    ana.sees("hello")
    ana.choose("hello", "Another reaction")
    expect(picker(ana).get_by_role("status")).to_have_text("The other emoji could not be loaded.")
    options(ana).first.click()
    expect(chips(bia)).to_have_count(1)
    ana.page.unroute(re.compile("/api/emoji"))
    ana.choose("hello", "Another reaction")
    expect(options(ana)).to_have_count(240)
