"""Keys do what people mean: lists take nothing that was meant for the text, and input methods keep their keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.actors import Server

from .conftest import Person, let_happen
from .test_looks import PHONE
from .test_reading import open_new_room

SCRIPTS = Path(__file__).parents[2] / "static" / "js"
KEYS = SCRIPTS / "keys.js"
LISTENS = re.compile(r"""["'`]key(?:down|press|up)["'`]|\bonkey(?:down|press|up)\b""")
# What listens for keys without asking which key it was: an input method takes nothing from it.
ANY_KEY = {
    "views/composer.js": 1,  # looks again where the cursor is, after a key
    "attendance.js": 1,  # notes that somebody is there
}


def options(person: Person) -> Locator:
    return person.page.locator("#completion [role=option]")


def selected(person: Person) -> Locator:
    return person.page.locator("#completion [role=option][aria-selected=true]")


class InputMethod:
    """The browser's own input method, as its developer tools drive it."""

    def __init__(self, page: Page):
        self._tools = page.context.new_cdp_session(page)

    def compose(self, text: str) -> None:
        self._tools.send(
            "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        )

    def commit(self, text: str) -> None:
        self._tools.send("Input.insertText", {"text": text})

    def press(self, key: str) -> None:
        """A key that the input method takes: pages see 229 for its code."""
        for kind in ("rawKeyDown", "keyUp"):
            event = {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": 229}
            self._tools.send("Input.dispatchKeyEvent", event)


def test_every_handler_of_keys_leaves_those_of_input_methods_out() -> None:
    """`keys.js` alone listens: what calls it cannot forget input methods."""
    listening = {
        path.relative_to(SCRIPTS).as_posix(): len(LISTENS.findall(path.read_text()))
        for path in SCRIPTS.rglob("*.js")
        if path != KEYS and LISTENS.search(path.read_text())
    }
    assert listening == ANY_KEY


# Suggestions.


def test_a_list_whose_word_the_cursor_has_left_replaces_nothing(server: Server, ana: Person) -> None:
    server.talk(f"/chat?name={quote('Bia Lima')}")
    page = ana.page
    expect(page.locator("#people-list .person")).to_have_count(2)
    ana.composer.press_sequentially(" can you look at this?")
    ana.composer.press("Home")
    ana.composer.press_sequentially("@bi")
    expect(options(ana)).to_have_text([re.compile("Bia Lima")])
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    ana.sees("@bi can you look at this?")
    for leave in ("Home", "End", "Shift+ArrowLeft", "Control+a"):
        ana.composer.press_sequentially("see @bi")
        expect(options(ana)).to_have_count(1)
        ana.composer.press("ArrowLeft")
        expect(options(ana)).to_have_count(1)  # it is still in the word
        if leave == "End":  # the end of the line, behind the word
            page.keyboard.insert_text("\n")
        ana.composer.press(leave)
        expect(options(ana)).to_have_count(0)
        ana.composer.fill("")
    ana.composer.press_sequentially("see it, @bi")
    expect(options(ana)).to_have_count(1)
    ana.composer.click(position={"x": 8, "y": 12})
    expect(options(ana)).to_have_count(0)
    ana.composer.press("Enter")
    ana.sees("see it, @bi")
    # Selected, and then the text was changed by somebody else: another tab, or a program in the page.
    ana.composer.press_sequentially("to @bi")
    ana.composer.press("ArrowDown")
    expect(selected(ana)).to_have_count(1)
    page.evaluate("() => { document.querySelector('#composer-text').value = 'to Caio'; }")
    ana.composer.press("Enter")
    ana.sees("to Caio")


def test_enter_sends_what_was_written_unless_somebody_selected_a_suggestion(server: Server, ana: Person) -> None:
    for name in ("Bia", "Bia Lima"):
        server.talk(f"/chat?name={quote(name)}")
    expect(ana.page.locator("#people-list .person")).to_have_count(3)
    literal = [
        "that was fun :-D",
        ":-P",
        ":-S",
        ":DD",
        "at :30",
        "10:30",
        "a:b:c",
        ":8080",
        "x@bi",
        "https://a.example/@Bia",
        '{"status":ok',
    ]
    suggested = ["@", "hi @bi", "so :tad", ":100"]
    for text in (*suggested, *literal):  # the names of emoji are there when the first is found
        ana.composer.press_sequentially(text)
        if text in suggested:
            expect(options(ana).first).to_be_visible()
        else:
            expect(options(ana)).to_have_count(0)
        expect(selected(ana)).to_have_count(0)
        ana.composer.press("Enter")
        expect(ana.texts.last).to_have_text(text)
        expect(options(ana)).to_have_count(0)
    # What was typed by its exact name is selected.
    for typed, taken in ((":tada", "🎉 "), ("@BIA", "@Bia ")):
        ana.composer.press_sequentially(typed)
        expect(selected(ana)).to_have_count(1)
        ana.composer.press("Enter")
        expect(ana.composer).to_have_value(taken)
        expect(options(ana)).to_have_count(0)
        ana.composer.fill("")
    # What was taken is not completed further, but again when it is changed.
    ana.composer.press_sequentially("@bia")
    ana.composer.press("Tab")
    expect(ana.composer).to_have_value("@Bia ")
    for keys, count in (("x", 0), ("Backspace", 0), ("Backspace", 0), ("Backspace", 2)):
        ana.composer.press(keys)
        expect(options(ana)).to_have_count(count)
    ana.composer.fill("")
    # Keys together with others are not the list's.
    sent = ana.messages.count()
    ana.composer.press_sequentially(":tad")
    ana.composer.press("ArrowDown")
    ana.composer.press("Shift+Enter")
    expect(ana.composer).to_have_value(":tad\n")
    ana.composer.fill("")
    ana.composer.press_sequentially(":tad")
    ana.composer.press("ArrowDown")
    ana.composer.press("Alt+Enter")
    ana.composer.press("Control+Enter")
    expect(ana.texts.last).to_have_text(":tad")
    expect(ana.messages).to_have_count(sent + 1)


def test_tab_leaves_the_field_when_there_is_nothing_to_complete(ana: Person, bia: Person) -> None:
    expect(ana.page.locator("#people-list .person")).to_have_count(2)
    ana.composer.press_sequentially("me @")
    expect(options(ana).first).to_be_visible()
    ana.composer.press("Tab")
    expect(ana.composer).not_to_be_focused()
    expect(options(ana)).to_have_count(0)
    expect(ana.composer).to_have_value("me @")
    ana.composer.press("ArrowLeft")  # to come back into the word opens nothing
    ana.composer.press("ArrowRight")
    ana.composer.press_sequentially("b")
    expect(options(ana)).to_have_count(1)
    ana.composer.press("Shift+Tab")
    expect(ana.composer).not_to_be_focused()
    expect(ana.composer).to_have_value("me @b")


def test_a_pointer_that_rests_where_the_list_opens_selects_nothing(ana: Person) -> None:
    ana.composer.press_sequentially(":face")
    expect(options(ana)).to_have_count(8)
    options(ana).nth(2).hover()
    expect(selected(ana)).to_have_count(1)
    ana.composer.press("Backspace")
    expect(options(ana)).to_have_count(8)
    expect(selected(ana)).to_have_count(0)
    ana.composer.press("Enter")
    ana.sees(":fac")


def test_suggestions_that_come_late_open_nothing_over_what_is_written_since(ana: Person) -> None:
    held: list[Route] = []
    ana.page.route("**/api/emoji", lambda route: held.append(route))
    open_new_room(ana, "Attic")
    ana.composer.fill("so :tad")  # a draft with the same text
    ana.room("general").click()
    ana.composer.press_sequentially("so :tad")
    let_happen(ana.page, lambda: len(held) > 0)
    ana.page.keyboard.press("Alt+ArrowUp")
    expect(ana.page.locator("#room-name")).to_have_text("Attic")
    expect(ana.composer).to_have_value("so :tad")
    with ana.page.expect_response("**/api/emoji"):
        held.pop().continue_()
    ana.page.unroute("**/api/emoji")
    ana.page.evaluate("() => fetch('/api/emoji').then((answer) => answer.json())")  # the first answer is read before it
    expect(options(ana)).to_have_count(0)
    ana.composer.press("Enter")
    ana.sees("so :tad")
    # The list that is open does not come along either.
    ana.room("general").click()
    ana.composer.press_sequentially("a")
    expect(options(ana).first).to_be_visible()
    ana.composer.press("ArrowDown")
    ana.page.keyboard.press("Alt+ArrowUp")
    expect(ana.page.locator("#room-name")).to_have_text("Attic")
    expect(options(ana)).to_have_count(0)


def test_escape_closes_one_layer_at_a_time(server: Server, make_person: Callable[..., Person], bia: Person) -> None:
    ana = make_person(server.url, viewport={"width": 390, "height": 780}).visit(name="Ana")
    about = ana.page.locator("#composer-about")
    ana.write("mine")
    ana.sees("mine")
    ana.composer.press("ArrowUp")
    expect(about).to_be_visible()
    ana.composer.press_sequentially(" :tad")
    expect(options(ana).first).to_be_visible()
    ana.page.keyboard.down("Escape")
    for _ in range(3):  # it is held
        ana.page.keyboard.down("Escape")
    ana.page.keyboard.up("Escape")
    expect(options(ana)).to_have_count(0)
    expect(about).to_be_visible()
    # A popover over the page, with the focus still in the field.
    ana.page.evaluate("() => document.querySelector('#menu').showPopover()")
    ana.composer.press("Escape")
    expect(ana.page.locator("#menu")).to_be_hidden()
    expect(about).to_be_visible()
    ana.composer.press("Escape")
    expect(about).to_be_hidden()
    # A question over a drawer.
    ana.page.locator("#rooms-open").click()
    ana.page.locator("#me").click()
    ana.page.locator("#settings-dialog .rename").click()
    expect(ana.page.locator("#name-dialog")).to_be_visible()
    ana.page.keyboard.press("Escape")
    expect(ana.page.locator("#name-dialog")).to_be_hidden()
    expect(ana.page.locator("#rooms")).to_have_class(re.compile("open"))
    ana.page.keyboard.press("Escape")
    expect(ana.page.locator("#rooms")).not_to_have_class(re.compile("open"))


def test_a_key_that_is_held_acts_in_one_place_only(ana: Person, bia: Person) -> None:
    keyboard = ana.page.keyboard
    open_new_room(ana, "Attic")
    ana.composer.fill("half a thought")
    ana.room("general").click()
    ana.write("hello")
    ana.sees("hello")
    keyboard.press("Control+k")
    keyboard.type("attic")
    hold(ana, "Enter")  # leads to the room, whose draft is in the field
    expect(ana.page.locator("#room-name")).to_have_text("Attic")
    expect(ana.composer).to_be_focused()
    expect(ana.composer).to_have_value("half a thought")
    expect(ana.messages).to_have_count(0)
    # Held while the page loads, as from the address bar.
    ana.log.focus()
    keyboard.down("Enter")
    ana.page.reload()
    ana.is_connected()
    expect(ana.composer).to_be_focused()
    keyboard.down("Enter")
    keyboard.up("Enter")
    expect(ana.composer).to_have_value("half a thought")
    # Taking a suggestion does not send it too.
    ana.composer.fill("")
    ana.composer.press_sequentially(":tada")
    expect(selected(ana)).to_have_count(1)
    hold(ana, "Enter")
    expect(ana.composer).to_have_value("🎉 ")
    ana.composer.fill("")
    hold(ana, "Shift+Enter")
    expect(ana.composer).to_have_value("\n\n\n")
    ana.composer.fill("")
    # The key that leads to the field writes nothing there, and the one that opens a menu takes nothing from it.
    ana.room("general").click()
    ana.log.focus()
    hold(ana, "c")
    expect(ana.composer).to_be_focused()
    expect(ana.composer).to_have_value("")
    ana.messages.last.focus()
    hold(ana, "Enter")
    expect(ana.page.get_by_role("menu")).to_be_visible()
    expect(ana.message("hello").locator(".chip:not(.reactions-add)")).to_have_count(0)
    keyboard.press("Escape")
    ana.log.focus()
    keyboard.down("/")  # leads to another page, whose field has the focus
    expect(ana.page.locator("#search-field")).to_be_focused()
    keyboard.down("/")
    keyboard.up("/")
    keyboard.type("hello")
    expect(ana.page.locator("#search-field")).to_have_value("hello")


def hold(person: Person, keys: str) -> None:
    *modifiers, key = keys.split("+")
    for each in modifiers:
        person.page.keyboard.down(each)
    for _ in range(3):
        person.page.keyboard.down(key)
    for each in (key, *modifiers):
        person.page.keyboard.up(each)


# Input methods.


@pytest.mark.parametrize("composing", [True, False], ids=["composing", "as-in-safari"])
def test_keys_of_an_input_method_do_nothing_else(ana: Person, bia: Person, composing: bool) -> None:
    """Safari ends the composition before the key: then its code alone tells whose it is."""
    method = InputMethod(ana.page)
    page = ana.page
    focused = page.locator(":focus")

    def type_and_press(text: str, *keys: str) -> None:
        if composing:
            method.compose(text)
        else:
            method.commit(text)
        for key in keys:
            method.press(key)
        if composing:
            method.commit(text)
        expect(focused).to_have_value(re.compile(f"{re.escape(text)}$"))

    # An edit, with a list over the field.
    ana.write("mine")
    ana.sees("mine")
    ana.composer.press("ArrowUp")
    ana.composer.press_sequentially(" @")
    expect(options(ana).first).to_be_visible()
    ana.composer.press("ArrowDown")
    expect(selected(ana)).to_have_count(1)
    type_and_press("ありがとう", "Enter", "Escape")
    expect(page.locator("#composer-about")).to_be_visible()
    expect(ana.composer).to_have_value("mine @ありがとう")
    ana.composer.fill(":tad")
    ana.composer.press_sequentially("a")
    expect(selected(ana)).to_have_count(1)
    for key in ("Tab", "ArrowDown", "Enter", "Escape"):
        method.press(key)
    expect(ana.composer).to_have_value(":tada")
    expect(options(ana).first).to_have_attribute("aria-selected", "true")
    ana.composer.press("Escape")
    ana.composer.press("Escape")
    expect(page.locator("#composer-about")).to_be_hidden()
    # A reply keeps what it answers.
    ana.choose("mine", "Reply")
    type_and_press("はい", "Escape", "Enter")
    expect(page.locator("#composer-about")).to_be_visible()
    ana.composer.fill("")
    ana.composer.press("Escape")
    # The dialogs: a name, a poll, the palette, all rooms, the picker.
    dialogs: dict[str, Callable[[], None]] = {
        "#room-dialog": lambda: page.locator("#rooms-new").click(),
        "#poll-dialog": lambda: page.locator("#poll-open").click(),
        "#palette": lambda: page.keyboard.press("Control+k"),
        "#browse-dialog": lambda: page.locator("#rooms-browse").click(),
        "#picker": lambda: ana.choose("mine", "Another reaction"),
    }
    for dialog, open_it in dialogs.items():
        open_it()
        expect(page.locator(f"{dialog} input:focus")).to_have_count(1)
        type_and_press("général", "Enter", "ArrowDown", "Escape")
        expect(page.locator(dialog)).to_be_visible()
        expect(page.locator(f"{dialog} input").first).to_be_focused()
        page.locator(f"{dialog} input").first.fill("")
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).to_be_hidden()
    expect(page.locator("#room-name")).to_have_text("general")
    expect(ana.message("mine").locator(".chip:not(.reactions-add)")).to_have_count(0)
    ana.sees("mine")


def test_on_a_phone_a_suggestion_is_tapped_while_the_keyboard_composes(
    server: Server, make_person: Callable[..., Person], bia: Person
) -> None:
    ana = make_person(server.url, **PHONE).visit(name="Ana")
    method = InputMethod(ana.page)
    ana.composer.tap()
    method.commit("so ")
    method.commit(":")
    method.compose("tad")  # keyboards of telephones compose each word
    expect(options(ana).first).to_be_visible()
    expect(selected(ana)).to_have_count(0)
    options(ana).filter(has_text=":tada:").tap()
    expect(ana.composer).to_have_value("so 🎉 ")
    expect(ana.composer).to_be_focused()
    method.commit("@")
    method.compose("bi")
    expect(options(ana)).to_have_count(1)
    box = ana.page.locator("#completion").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    ana.composer.tap(position={"x": 12, "y": 12})
    expect(options(ana)).to_have_count(0)
    expect(ana.composer).to_have_value("so 🎉 @bi")


# Pickers and lists.


def test_in_the_picker_arrows_are_the_fields_until_somebody_goes_to_an_emoji(ana: Person, bia: Person) -> None:
    ana.write("hello")
    ana.sees("hello")
    held: list[Route] = []
    ana.page.route("**/api/emoji", lambda route: held.append(route))
    menu = ana.menu("hello")
    ana.page.keyboard.press("c")  # a shortcut of the page behind it
    expect(menu).to_be_visible()
    menu.get_by_role("menuitem", name="Another reaction").click()
    shown = ana.page.locator("#picker [role=option]")
    field = ana.page.locator("#picker input")
    ana.page.keyboard.press("Enter")  # nothing was chosen
    expect(ana.page.locator("#picker")).to_be_visible()
    ana.page.keyboard.press("ArrowDown")
    ana.page.keyboard.press("ArrowRight")
    expect(shown.nth(1)).to_have_attribute("aria-selected", "true")
    chosen = shown.nth(1).inner_text()
    let_happen(ana.page, lambda: len(held) > 0)
    held.pop().continue_()
    expect(shown).to_have_count(240)
    expect(ana.page.locator("#picker [aria-selected=true]")).to_have_text(chosen)
    ana.page.keyboard.type("prrot")
    expect(ana.page.locator("#picker-status, .picker-none")).to_have_text("No emoji is called that.")
    ana.page.keyboard.press("Home")
    ana.page.keyboard.press("ArrowRight")
    ana.page.keyboard.type("a")
    expect(field).to_have_value("parrot")
    ana.page.keyboard.press("ArrowLeft")
    ana.page.keyboard.press("Shift+ArrowLeft")  # selects the letter before the one that was typed
    ana.page.keyboard.type("p")
    expect(field).to_have_value("parrot")
    expect(shown.first).to_have_text("🦜")
    ana.page.keyboard.press("Tab")
    for key in ("c", "/", "End", "Enter"):
        expect(ana.page.locator("#picker [role=listbox]")).to_be_focused()
        ana.page.keyboard.press(key)
    expect(bia.message("hello").locator(".chip:not(.reactions-add) .emoji")).to_have_text("🦜")


def test_enter_in_the_list_of_all_rooms_goes_where_it_was_told(ana: Person) -> None:
    for name in ("Class", "Classic"):
        open_new_room(ana, name)
    ana.room("general").click()
    page = ana.page
    dialog = page.locator("#browse-dialog")
    page.locator("#rooms-browse").click()
    page.keyboard.press("Enter")
    expect(dialog.locator("a").first).to_be_focused()
    expect(page.locator("#room-name")).to_have_text("general")
    dialog.locator("input").fill("clas")
    dialog.locator("input").press("Enter")
    expect(dialog.locator("a").first).to_be_focused()
    dialog.locator("input").fill("class")
    dialog.locator("input").press("Enter")
    expect(page.locator("#room-name")).to_have_text("Class")
    expect(dialog).to_be_hidden()
    page.locator("#rooms-browse").click()
    page.keyboard.type("ssic")
    page.keyboard.press("Enter")
    expect(page.locator("#room-name")).to_have_text("Classic")
