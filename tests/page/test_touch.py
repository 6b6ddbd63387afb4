"""A touch screen: Enter breaks the line unless the setting says otherwise, and a part of a message can be selected."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.actors import Server

from .conftest import Person
from .test_looks import PHONE


def test_on_a_phone_enter_breaks_the_line_and_the_button_sends(
    server: Server, make_person: Callable[..., Person], bia: Person
) -> None:
    ana = make_person(server.url, **PHONE).visit(name="Ana")
    expect(ana.composer).to_have_attribute("enterkeyhint", "enter")
    ana.composer.press_sequentially("first")
    ana.composer.press("Enter")
    ana.composer.press_sequentially("second")
    expect(ana.composer).to_have_value("first\nsecond")
    expect(bia.messages).to_have_count(0)
    ana.page.locator("#composer-send").tap()
    bia.sees("first\nsecond")
    ana.composer.fill("from a keyboard")
    ana.composer.press("Control+Enter")
    bia.sees("first\nsecond", "from a keyboard")
    bia.write("answer this")
    ana.sees("answer this")
    ana.page.locator("#rooms-open").tap()
    ana.page.locator("#me").tap()
    enter = ana.page.get_by_role("group", name="The Enter key, in the message field")
    expect(enter.get_by_label("Breaks the line")).to_be_checked()
    enter.get_by_label("Sends").check()
    ana.page.reload()
    ana.is_connected()
    expect(ana.composer).to_have_attribute("enterkeyhint", "send")
    ana.composer.fill("sent by Enter")
    ana.composer.press("Enter")
    bia.sees("sent by Enter")


def test_with_a_mouse_enter_sends_until_the_setting_says_otherwise(ana: Person, bia: Person) -> None:
    hint = ana.page.locator(".hint:visible")
    beside = ana.page.context.new_page()
    beside.goto(ana.url)
    expect(ana.composer).to_have_attribute("enterkeyhint", "send")
    expect(hint).to_have_text(re.compile("^Enter sends · Shift Enter breaks the line$"))
    ana.page.locator("#me").click()
    ana.page.get_by_role("group", name="The Enter key, in the message field").get_by_label("Breaks the line").check()
    expect(hint).to_have_text(re.compile("^Enter breaks the line · Ctrl Enter sends$"))
    ana.page.keyboard.press("Escape")
    for press in ("Enter", "Shift+Enter"):
        ana.composer.press_sequentially("a")
        ana.composer.press(press)
    expect(ana.composer).to_have_value("a\na\n")
    ana.composer.press("Control+Enter")
    bia.sees("a\na")
    text = beside.locator("#composer-text")  # a tab that was open already
    text.focus()
    expect(text).to_have_attribute("enterkeyhint", "enter")
    text.press_sequentially("b")
    text.press("Enter")
    expect(text).to_have_value("b\n")


def press_long(place: Locator) -> None:
    """Rests a finger at the beginning of that place, longer than it takes to open a menu, and lifts it."""
    page = place.page
    box = place.bounding_box()
    assert box
    finger = page.context.new_cdp_session(page)
    where = {"x": box["x"] + 10, "y": box["y"] + box["height"] / 2}
    finger.send("Input.synthesizeTapGesture", {**where, "duration": 1_200, "gestureSourceType": "touch"})


def test_a_finger_selects_a_part_of_a_message(server: Server, make_person: Callable[..., Person], bia: Person) -> None:
    ana = make_person(server.url, **PHONE).visit(name="Ana")
    bia.write("alpha beta gamma", "delta")
    ana.sees("alpha beta gamma", "delta")
    menu = ana.page.get_by_role("menu")
    text, other = (ana.message(words).locator(".text") for words in ("alpha beta gamma", "delta"))

    def double_click(place: Locator) -> str:
        # Chromium on Linux selects nothing for a resting finger: a mouse tells whether a text can be selected at all.
        place.dblclick(position={"x": 10, "y": 10})
        return selected(ana)

    assert double_click(text) == ""
    press_long(text)
    expect(menu).to_be_visible()
    menu.get_by_role("menuitem", name="Select text").tap()
    expect(menu).to_be_hidden()
    press_long(text)  # the browser's, which selects a word
    expect(menu).to_be_hidden()
    assert double_click(text).strip() == "alpha"
    press_long(other)
    expect(menu).to_be_visible()
    assert selected(ana) == ""
    ana.page.keyboard.press("Escape")
    assert double_click(text) == ""
    press_long(text)
    expect(menu).to_be_visible()


def test_with_a_mouse_the_menu_offers_no_selection_since_a_mouse_selects(ana: Person, bia: Person) -> None:
    bia.write("alpha beta")
    ana.sees("alpha beta")
    ana.message("alpha beta").locator(".text").dblclick(position={"x": 10, "y": 10})
    assert selected(ana).strip() == "alpha"
    entries = ana.menu("alpha beta").get_by_role("menuitem")
    assert "Copy text" in entries.all_inner_texts()
    assert "Select text" not in entries.all_inner_texts()


def selected(person: Person) -> str:
    words: str = person.page.evaluate("() => getSelection().toString()")
    return words
