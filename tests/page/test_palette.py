"""The palette that goes anywhere by a part of a name, and the keyboard's shortcuts: one table for help and handlers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.actors import Server, Talker

from .conftest import Person
from .test_looks import PHONE, has_no_violations
from .test_reading import open_new_room


@pytest.fixture
def palette(ana: Person) -> Locator:
    return ana.page.locator("#palette")


def entries(palette: Locator) -> Locator:
    return palette.get_by_role("option")


def test_a_part_of_a_rooms_name_without_its_accents_leads_there(ana: Person, palette: Locator) -> None:
    open_new_room(ana, "Comunicação interna")
    open_new_room(ana, "Elsewhere")
    ana.page.keyboard.press("Control+k")
    field = palette.get_by_role("combobox")
    expect(field).to_be_focused()
    field.fill("INTERNA comunicacao")
    expect(entries(palette)).to_have_count(2)
    expect(entries(palette).first).to_contain_text("Comunicação interna")
    ana.page.keyboard.press("Enter")
    expect(palette).to_be_hidden()
    expect(ana.page.locator("#room-name")).to_have_text("Comunicação interna")
    expect(ana.composer).to_be_focused()


def test_the_palette_opens_while_one_types_and_gives_the_field_back_as_it_was(ana: Person, palette: Locator) -> None:
    ana.composer.focus()
    ana.page.keyboard.type("half a sentence")
    for key in ("Control+k", "Control+/"):
        ana.page.keyboard.press(key)
        expect(ana.page.locator("dialog:modal")).to_be_visible()
        ana.page.keyboard.press("Escape")
        expect(ana.page.locator("dialog:modal")).to_have_count(0)
        expect(ana.composer).to_be_focused()
        ana.page.keyboard.type("!")
    expect(ana.composer).to_have_value("half a sentence!!")
    ana.page.keyboard.press("Control+k")
    ana.page.keyboard.press("Control+k")
    expect(palette).to_be_hidden()


def test_the_choice_moves_with_the_arrows_and_assistive_technology_hears_which_it_is(
    ana: Person, palette: Locator
) -> None:
    open_new_room(ana, "Alpha")
    open_new_room(ana, "Alphabet")
    ana.page.keyboard.press("Control+k")
    field = palette.get_by_role("combobox", name="Room, person or command")
    field.fill("#")
    expect(entries(palette)).to_have_count(2)  # the open room is no place to go to

    def active() -> str:
        found: str = ana.page.evaluate(
            "() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"
            ".querySelector('bdi').textContent"
        )
        return found

    expect(field).to_have_attribute("aria-expanded", "true")
    first = active()
    ana.page.keyboard.press("ArrowDown")
    second = active()
    ana.page.keyboard.press("ArrowDown")
    assert active() == first
    ana.page.keyboard.press("ArrowUp")
    assert active() == second
    assert {first, second} == {"Alpha", "general"}
    expect(palette.get_by_role("status")).to_have_text("2 entries")
    field.fill("#there is none")
    expect(palette.get_by_role("status")).to_have_text("Nothing here is called that.")
    expect(field).to_have_attribute("aria-expanded", "false")
    ana.page.keyboard.press("Enter")
    expect(palette).to_be_visible()


def test_a_person_of_the_palette_is_addressed(ana: Person, bia: Person, palette: Locator) -> None:
    expect(ana.page.locator(".person-name")).to_have_text(["Ana", "Bia"])
    ana.composer.focus()
    ana.page.keyboard.type("thanks")
    ana.page.keyboard.press("Control+k")
    palette.get_by_role("combobox").fill("@bi")
    expect(entries(palette)).to_have_count(1)
    ana.page.keyboard.press("Enter")
    expect(ana.composer).to_have_value("thanks @Bia ")
    expect(ana.composer).to_be_focused()
    ana.page.keyboard.press("Control+z")
    expect(ana.composer).to_have_value("thanks")


def test_commands_are_done_by_name(ana: Person, palette: Locator) -> None:
    def do(written: str) -> None:
        ana.page.keyboard.press("Control+k")
        palette.get_by_role("combobox").fill(written)
        ana.page.keyboard.press("Enter")

    do(">colours dark")
    expect(ana.page.locator("html")).to_have_attribute("data-theme", "dark")
    do(">settings")
    expect(ana.page.locator("#settings-dialog")).to_be_visible()
    expect(ana.page.get_by_label("Dark")).to_be_checked()
    ana.page.keyboard.press("Escape")
    do("change your")
    expect(ana.page.locator("#name-field")).to_be_focused()
    ana.page.keyboard.press("Escape")
    do("new room")
    expect(ana.page.locator("#room-field")).to_be_focused()
    ana.page.keyboard.press("Escape")
    do("portugues")
    expect(ana.page.locator("html")).to_have_attribute("lang", "pt-BR")
    ana.is_connected()
    do("atalhos")
    expect(ana.page.get_by_role("dialog", name="Atalhos do teclado")).to_be_visible()


def test_names_in_the_palette_stay_text(server: Server, ana: Person, palette: Locator) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    open_new_room(ana, hostile)
    open_new_room(ana, "b" * 64)
    open_new_room(ana, "Elsewhere")
    ana.page.keyboard.press("Control+k")
    field = palette.get_by_role("combobox")
    field.fill("<img")
    expect(entries(palette).locator("bdi")).to_have_text([hostile, "Search messages for “<img”"])
    expect(palette.locator("img")).to_have_count(0)
    for written in ("((", "[", "\\", "*", "a" * 5_000, "\u202e", "$&", "constructor"):
        field.fill(written)
        expect(entries(palette).locator("bdi")).to_have_text([f"Search messages for “{written}”"])
    field.fill("###")
    expect(palette.get_by_role("status")).to_have_text("Nothing here is called that.")


def test_what_is_no_name_is_searched_for(ana: Person, palette: Locator) -> None:
    ana.write("the parabola again")
    ana.sees("the parabola again")
    ana.page.keyboard.press("Control+k")
    palette.get_by_role("combobox").fill("parabola &?#")
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("#search-field")).to_have_value("parabola &?#")
    ana.page.go_back()
    ana.is_connected()
    expect(ana.composer).to_be_focused()
    ana.page.keyboard.press("Escape")
    ana.page.keyboard.press("/")
    expect(ana.page.locator("#search-field")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_a_button_opens_it_and_a_finger_chooses(
    server: Server, make_person: Callable[..., Person], scheme: str
) -> None:
    ana = make_person(server.url, color_scheme=scheme, reduced_motion="reduce", **PHONE).visit(name="Ana")
    ana.page.locator("#rooms-open").click()
    ana.page.get_by_role("button", name="Go to…").click()
    palette = ana.page.locator("#palette")
    expect(palette.get_by_role("combobox")).to_be_focused()
    has_no_violations(ana)
    palette.get_by_role("combobox").fill("keyboard")
    entries(palette).first.tap()
    expect(ana.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    has_no_violations(ana)
    wide = ana.page.evaluate("() => [...document.querySelectorAll('dialog[open]')].map(each => each.scrollWidth)")
    assert all(width <= 360 for width in wide)


def test_every_shortcut_of_the_help_works_and_no_other_is_in_it(ana: Person, bot: Talker) -> None:
    page = ana.page
    for name in ("Alpha", "Beta"):
        open_new_room(ana, name)
    for number in range(40):
        bot.hear("message", nonce=bot.post(f"line {number}"))
    shown = page.locator("#room-name")
    field = ana.composer
    done = set()

    def row(key: str) -> None:
        done.add(key)

    row("palette")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")

    expect(shown).to_have_text("Beta")
    row("room.previous")
    page.keyboard.press("Alt+ArrowUp")
    expect(shown).to_have_text("Alpha")
    row("room.next")
    page.keyboard.press("Alt+ArrowDown")
    expect(shown).to_have_text("Beta")
    page.keyboard.press("Alt+ArrowDown")
    expect(shown).to_have_text("general")  # round the end
    page.keyboard.press("Alt+ArrowUp")
    bot.hear("message", nonce=bot.post("news"))
    expect(ana.room("general")).to_contain_text("unread")
    row("unread.next")
    page.keyboard.press("Alt+Shift+ArrowDown")
    expect(shown).to_have_text("general")
    page.keyboard.press("Alt+ArrowUp")
    bot.hear("message", nonce=bot.post("more news"))
    expect(ana.room("general")).to_contain_text("unread")
    row("unread.previous")
    page.keyboard.press("Alt+Shift+ArrowUp")
    expect(shown).to_have_text("general")
    ana.sees("more news")

    def at_end() -> bool:
        found: bool = page.evaluate(
            "() => { const log = document.querySelector('#log');"
            " return log.scrollHeight - log.clientHeight - log.scrollTop < 5; }"
        )
        return found

    expect(field).to_be_focused()
    row("page.up")
    page.keyboard.press("PageUp")
    page.wait_for_function(
        "() => { const log = document.querySelector('#log');"
        " return log.scrollHeight - log.clientHeight - log.scrollTop > 100; }"
    )
    row("page.down")
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    page.wait_for_function(
        "() => { const log = document.querySelector('#log');"
        " return log.scrollHeight - log.clientHeight - log.scrollTop < 5; }"
    )
    row("leave")
    page.keyboard.press("Escape")
    expect(ana.log).to_be_focused()
    page.keyboard.press("PageUp")
    assert not at_end()
    row("newest")
    page.keyboard.press("End")
    page.wait_for_function(
        "() => { const log = document.querySelector('#log');"
        " return log.scrollHeight - log.clientHeight - log.scrollTop < 5; }"
    )
    newest = ana.messages.last
    page.keyboard.press("Tab")
    expect(newest).to_be_focused()
    row("message.previous")
    page.keyboard.press("ArrowUp")
    expect(ana.messages.nth(-2)).to_be_focused()
    row("message.next")
    page.keyboard.press("ArrowDown")
    expect(newest).to_be_focused()
    row("message.menu")
    for key in ("Enter", "ContextMenu", "Shift+F10"):
        page.keyboard.press(key)
        expect(page.get_by_role("menu")).to_be_visible()
        page.keyboard.press("Escape")
        expect(newest).to_be_focused()
    row("write")
    page.keyboard.press("c")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    row("edit-last")
    ana.write("my last")
    ana.sees("my last")
    page.keyboard.press("ArrowUp")
    expect(field).to_have_value("my last")
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    page.keyboard.press("Escape")
    row("search")  # goes away from the page: the test of what is searched for presses it
    row("help")
    page.keyboard.press("?")
    help = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help).to_be_visible()
    listed = help.locator(".shortcut").evaluate_all("rows => rows.map(row => row.dataset.id)")
    assert set(listed) == done


def test_no_shortcut_of_one_key_fires_while_one_types_and_all_can_be_switched_off(ana: Person) -> None:
    page = ana.page
    help = page.get_by_role("dialog", name="Keyboard shortcuts")
    ana.composer.focus()
    page.keyboard.type("c / ?")
    expect(ana.composer).to_have_value("c / ?")
    expect(help).to_be_hidden()
    page.keyboard.press("Control+/")
    expect(help).to_be_visible()
    help.get_by_role("checkbox").uncheck()
    expect(help.locator("[data-id=write]")).to_have_count(0)
    expect(help.locator("[data-id=help] .keys")).to_have_text(["Ctrl/"])
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(ana.log).to_be_focused()
    page.keyboard.press("?")
    page.keyboard.press("c")
    expect(help).to_be_hidden()
    expect(ana.log).to_be_focused()
    page.reload()
    ana.is_connected()
    page.keyboard.press("Control+/")
    help.get_by_role("checkbox").check()
    expect(help.locator("[data-id=write]")).to_have_count(1)


def test_no_shortcut_works_behind_a_question(server: Server, make_person: Callable[..., Person]) -> None:
    ana = make_person(server.url)
    ana.page.goto(server.url)
    expect(ana.page.locator("#name-field")).to_be_focused()
    ana.page.keyboard.press("Control+k")
    ana.page.keyboard.press("Control+/")
    expect(ana.page.locator("#palette")).to_be_hidden()
    expect(ana.page.locator("#help-dialog")).to_be_hidden()
    expect(ana.page.locator("#name-dialog")).to_be_visible()
