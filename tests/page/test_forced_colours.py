"""Forced colours, where backgrounds and shadows go: what they say is said by borders, outlines and system colours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.actors import Server

from .conftest import Person
from .test_rooms_as_they_are import ask

# What is left of an element's looks: its own colours, its border and its outline.
LOOK = """(each, pseudo) => {
    const style = getComputedStyle(each, pseudo);
    return [style.backgroundColor, style.color, style.borderBottomColor, style.borderBottomWidth,
        style.borderInlineStartWidth, style.outlineStyle, style.outlineWidth, style.textDecorationLine];
}"""


def look(place: Locator) -> list[str]:
    found: list[str] = place.evaluate(LOOK)
    return found


def border(place: Locator) -> float:
    width: str = place.evaluate("(each) => getComputedStyle(each).borderBottomWidth")
    return float(width.removesuffix("px"))


def outlined(place: Locator) -> bool:
    style: str = place.evaluate("(each) => getComputedStyle(each).outlineStyle")
    return style != "none"


def colour(page: Page, name: str) -> str:
    """A system colour as the browser computes it."""
    found: str = page.evaluate(
        """(name) => {
            const probe = document.body.appendChild(document.createElement('i'));
            probe.style.backgroundColor = name;
            const { backgroundColor } = getComputedStyle(probe);
            probe.remove();
            return backgroundColor;
        }""",
        name,
    )
    return found


def test_bars_marks_and_choices_can_be_told_apart(
    server: Server, make_person: Callable[..., Person], bia: Person
) -> None:
    ana = make_person(server.url, forced_colors="active", reduced_motion="reduce").visit(name="Ana")
    page = ana.page
    highlight = colour(page, "Highlight")
    bia.write("plain", "@Ana look")
    ana.sees("plain", "@Ana look")
    ask(ana, "Where to?", "Pizza", "Sushi")
    page.locator(".poll-option").first.click()
    expect(page.locator(".poll-count").first).to_have_text("1")
    bars = page.locator(".poll-bar")
    assert bars.first.evaluate("(bar) => getComputedStyle(bar).backgroundColor") == highlight
    box = bars.first.bounding_box()
    assert box
    assert box["height"] >= 4
    assert look(page.locator(".poll-option").first) != look(page.locator(".poll-option").last)
    assert look(ana.message("plain")) != look(page.locator(".message.call"))
    assert outlined(page.locator(".mention.meant"))
    assert border(page.locator(".message .avatar").first) > 0
    assert border(page.locator("#composer-send")) > 0
    dot = page.locator("#me .dot")
    assert dot.evaluate("(each) => getComputedStyle(each).borderBottomColor") == highlight
    assert outlined(page.locator(".room[aria-current]"))
    preview = page.locator("#composer-preview")
    before = look(preview)
    preview.click()
    page.mouse.move(0, 0)
    assert look(preview) != before
    page.keyboard.press("Control+k")
    assert outlined(page.locator(".palette-entry[aria-selected=true]"))
    assert not outlined(page.locator(".palette-entry[aria-selected=false]").first)
    assert outlined(page.locator(".palette-head"))  # the field's focus
    page.keyboard.press("Escape")
    for opener, chosen, other in (
        ("#me", ".segment:has(:checked)", ".segment:not(:has(:checked))"),
        ("#level-open", ".level:has(:checked)", ".level:not(:has(:checked))"),
    ):
        page.locator(opener).click()
        assert look(page.locator(f"{chosen}:visible").first) != look(page.locator(f"{other}:visible").first)
        page.keyboard.press("Escape")
    page.locator("#composer-send").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_switches_and_bars_of_the_other_pages_can_be_told_apart(
    tmp_path_factory: pytest.TempPathFactory, make_person: Callable[..., Person]
) -> None:
    server = Server(tmp_path_factory.mktemp("forced") / "data", FLOW="open", LAB=1).start()
    try:
        page = make_person(server.url, forced_colors="active", reduced_motion="reduce").page
        page.goto(f"{server.url}/lab")
        switch = page.locator(".lab-switch").first
        off, knob = look(switch), look(switch.locator(".lab-knob"))
        switch.click()
        expect(switch).to_have_attribute("aria-checked", "true")
        page.mouse.move(0, 0)
        assert look(switch) != off
        assert look(switch.locator(".lab-knob")) != knob
        page.goto(f"{server.url}/flow")
        for bar in ("level-bar", "fall-bar"):  # a client's outbox, and a stage on a message's way
            page.locator("main").evaluate(
                "(main, bar) => main.append(Object.assign(document.createElement('span'), { className: bar }))", bar
            )
            filled = page.locator(f".{bar}").last
            shown: str = filled.evaluate("(bar) => getComputedStyle(bar, '::before').backgroundColor")
            assert shown == colour(page, "Highlight")
            assert border(filled) > 0
    finally:
        server.stop()


def test_more_contrast_makes_lines_as_clear_as_the_text_and_soft_words_clearer(
    server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url, reduced_motion="reduce").visit(name="Ana")
    page = ana.page
    page.locator("#rooms-new").focus()
    soft = page.locator("#composer-preview")
    before = soft.evaluate("(each) => getComputedStyle(each).color")
    page.emulate_media(contrast="more")
    expect(page.locator("#composer")).to_have_css("border-bottom-color", "rgb(0, 0, 0)")
    expect(page.locator("body")).to_have_css("color", "rgb(0, 0, 0)")
    expect(soft).not_to_have_css("color", before)
    found = Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    assert [node["html"] for each in found for node in each["nodes"]] == []
