"""Small windows: 1280 by 1024 at 400 % (WCAG 1.4.10), a phone on its side, and one with its keyboard open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.actors import Server

from .conftest import Person
from .test_looks import PHONE

SIZES = ((320, 256), (640, 360), (360, 300), (640, 200))
# What is too small for a finger or a shaking hand (WCAG 2.5.8); links in sentences may be.
SMALL_TARGETS = """() => [...document.querySelectorAll('button, select, summary, [role=menuitem], a.room, .check')]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest('.visually-hidden'))
    .map((each) => [each.id || each.className || each.textContent, each.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 24 || height < 24)
    .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)"""


def height(place: Locator) -> float:
    box = place.bounding_box()
    assert box
    return box["height"]


def test_with_seven_lines_a_preview_and_a_reply_all_is_in_reach_and_messages_are_to_be_seen(
    ana: Person, bia: Person
) -> None:
    page = ana.page
    bia.write(*(f"message {n}" for n in range(6)))
    ana.sees("message 5")
    ana.choose("message 5", "Reply")
    controls = [page.locator(f"#composer-{name}") for name in ("text", "send", "preview")]
    controls += [page.locator("#poll-open"), page.locator("#composer-about button")]
    for width, tall in SIZES:
        page.set_viewport_size({"width": width, "height": tall})
        for control in controls:
            expect(control).to_be_in_viewport(ratio=1)
        assert height(ana.log) > tall * (0.5 if tall > 250 else 0.4), (width, tall)
    ana.composer.fill("\n".join(f"line {n}" for n in range(7)))
    page.locator("#composer-preview").click()
    expect(page.locator("#preview")).to_contain_text("line 6")
    for width, tall in SIZES:
        page.set_viewport_size({"width": width, "height": tall})
        for control in controls:
            expect(control).to_be_in_viewport(ratio=1)
        assert height(ana.log) > tall * 0.2, (width, tall)
        assert height(page.locator("#preview")) >= 32, (width, tall)
        ana.composer.press_sequentially(" :ta")
        suggestions = page.locator("#completion")
        expect(suggestions).to_be_in_viewport(ratio=1)
        ana.composer.press("Escape")
        expect(suggestions).to_be_hidden()
    page.locator("#composer-send").click()
    expect(bia.texts.last).to_contain_text("line 6")


def test_at_400_percent_every_dialog_drawer_menu_and_list_can_be_used(server: Server, ana: Person, bia: Person) -> None:
    page = ana.page
    bia.write("look")
    ana.sees("look")
    page.set_viewport_size({"width": 320, "height": 256})
    assert page.evaluate(SMALL_TARGETS) == []

    def check(place: Locator, *parts: Locator) -> None:
        """It does not reach over the window's edges, and each part of it can be scrolled to."""
        expect(place).to_be_visible()
        page.evaluate("() => Promise.all(document.getAnimations().map((each) => each.finished.catch(() => null)))")
        box = place.bounding_box()
        assert box
        assert min(box["x"], box["y"]) >= 0
        assert (box["x"] + box["width"], box["y"] + box["height"]) <= (320, 256)
        for part in parts:
            part.scroll_into_view_if_needed()
            expect(part).to_be_in_viewport(ratio=1)
        assert page.evaluate(SMALL_TARGETS) == []

    for opener, dialog in (("poll-open", "poll-dialog"), ("pins-open", "pins-dialog"), ("level-open", "level-dialog")):
        page.locator(f"#{opener}").click()
        buttons = page.locator(f"#{dialog} button:visible")
        check(page.locator(f"#{dialog}"), buttons.first, buttons.last)
        page.keyboard.press("Escape")
    page.locator("#people-open").click()
    check(page.locator("#people"), page.locator("#people-close"), page.locator("#people-list li").last)
    page.keyboard.press("Escape")
    page.locator("#rooms-open").click()
    check(page.locator("#rooms"), page.locator("#rooms-close"), page.locator("#rooms-browse"), page.locator("#me"))
    page.locator("#me").click()
    settings = page.locator("#settings-dialog")
    check(settings, settings.locator(".close"), settings.locator(".forget"))
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    check(palette, palette.locator("input"), palette.locator(".palette-entry").last)
    page.keyboard.press("Escape")
    ana.message("look").focus()
    page.keyboard.press("Enter")
    menu = page.get_by_role("menu")
    check(menu, menu.get_by_role("menuitem").first, menu.get_by_role("menuitem").last)
    menu.get_by_role("menuitem", name="Another reaction").click()
    picker = page.locator("#picker")
    check(picker, picker.locator(".picker-field"), picker.locator(".picker-option").last)


def test_at_400_percent_the_other_pages_scroll_one_way_and_nothing_covers_them(
    tmp_path_factory: pytest.TempPathFactory, make_person: Callable[..., Person]
) -> None:
    server = Server(tmp_path_factory.mktemp("small") / "data", FLOW="open", LAB=1).start()
    try:
        page = make_person(server.url, viewport={"width": 320, "height": 256}).page
        for path in ("/search?q=look", "/flow", "/lab"):
            page.goto(server.url + path)
            last = page.locator("main").locator("button:visible, p:visible").last
            expect(last).to_be_visible()
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), path
            last.scroll_into_view_if_needed()
            assert covered(page) < 256 * 0.25, path
            assert page.evaluate(SMALL_TARGETS) == [], path
    finally:
        server.stop()


def covered(page: Page) -> float:
    """The height of all that stays where it is while the page scrolls."""
    total: float = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter((each) => ['fixed', 'sticky'].includes(getComputedStyle(each).position) && each.checkVisibility())
            .map((each) => each.getBoundingClientRect())
            .filter(({ width, top, bottom }) => width > 100 && bottom > 0 && top < innerHeight)
            .reduce((sum, { height }) => sum + height, 0)"""
    )
    return total


def test_a_keyboard_that_covers_the_page_leaves_the_field_above_it_and_a_zoom_changes_nothing(
    server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url, **PHONE).visit(name="Ana")
    page = ana.page
    # Chromium has no keyboard here that lies over the page, as on iOS: its visual viewport says that there is one.
    page.evaluate(
        """() => {
            Object.defineProperty(visualViewport, 'height', { value: 400, configurable: true });
            visualViewport.dispatchEvent(new Event('resize'));
        }"""
    )
    page.wait_for_function("() => document.querySelector('#composer-send').getBoundingClientRect().bottom <= 400")
    assert height(ana.log) > 200
    page.evaluate("() => { delete visualViewport.height; visualViewport.dispatchEvent(new Event('resize')); }")
    page.wait_for_function("() => document.querySelector('#composer-send').getBoundingClientRect().bottom > 650")
    page.context.new_cdp_session(page).send("Emulation.setPageScaleFactor", {"pageScaleFactor": 2})
    page.wait_for_function("() => visualViewport.scale > 1.5")
    assert page.evaluate("() => visualViewport.height") < 500
    assert page.evaluate("() => document.querySelector('.app').clientHeight") == 740
