"""Editing and deleting what one wrote: by mouse, by keyboard, by a resting finger, and without a connection."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.actors import Server, Talker

from .conftest import Line, Person
from .test_looks import PHONE, has_no_violations
from .test_reading import open_new_room

GONE = "This message was deleted."


def is_deleted(person: Person, text: str = GONE) -> Locator:
    """The tombstone."""
    return person.messages.filter(has_text=text)


def rest_finger_on(place: Locator, until: Locator) -> None:
    """Puts a finger there and lifts it when that has come."""
    page = place.page
    box = place.bounding_box()
    assert box
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    finger = page.context.new_cdp_session(page)
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(until).to_be_visible()
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_one_edits_by_the_menu_and_everybody_sees_it(ana: Person, bia: Person) -> None:
    ana.write("helo", "second")
    bia.sees("helo", "second")
    ana.composer.fill("half a thought")
    ana.choose("helo", "Edit")
    expect(ana.page.locator("#composer-about")).to_contain_text("You are changing your message: helo")
    expect(ana.composer).to_be_focused()
    expect(ana.composer).to_have_value("helo")
    ana.composer.fill("hello")
    ana.composer.press("Enter")
    for person in (ana, bia):
        person.sees("hello", "second")
        expect(person.message("hello").locator(".edited")).to_be_visible()
        expect(person.message("second").locator(".edited")).to_be_hidden()
    expect(ana.page.locator("#composer-about")).to_be_hidden()
    expect(ana.composer).to_have_value("half a thought")
    bia.page.reload()
    bia.sees("hello", "second")


def test_arrow_up_in_an_empty_field_edits_the_last_and_escape_thinks_better_of_it(ana: Person, bia: Person) -> None:
    bia.write("somebody else's")
    ana.sees("somebody else's")
    ana.write("first", "second")
    bia.sees("first", "second")
    bia.write("the newest is not mine")
    ana.sees("the newest is not mine")
    ana.composer.focus()
    ana.page.keyboard.press("ArrowUp")
    expect(ana.composer).to_have_value("second")
    ana.page.keyboard.press("End")
    ana.page.keyboard.type(", changed")
    ana.page.keyboard.press("Escape")
    expect(ana.composer).to_have_value("")
    expect(ana.page.locator("#composer-about")).to_be_hidden()
    expect(ana.composer).to_be_focused()
    ana.page.keyboard.press("ArrowUp")
    ana.page.keyboard.type("!")
    ana.page.keyboard.press("Enter")
    bia.sees("first", "second!", "the newest is not mine")


def test_arrow_up_moves_the_cursor_in_what_one_writes(ana: Person) -> None:
    ana.write("said")
    ana.sees("said")
    ana.composer.fill("one")
    ana.composer.press("ArrowUp")
    expect(ana.composer).to_have_value("one")
    expect(ana.page.locator("#composer-about")).to_be_hidden()


def test_an_edit_is_kept_while_one_looks_into_another_room(server: Server, bot: Talker, ana: Person) -> None:
    ana.write("first")
    ana.sees("first")
    bot.say("join", room="general")
    ana.choose("first", "Edit")
    ana.composer.fill("first, but")
    ana.page.locator("#rooms-new").click()
    ana.page.locator("#room-field").fill("Elsewhere")
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("#room-name")).to_have_text("Elsewhere")
    expect(ana.composer).to_have_value("")
    expect(ana.page.locator("#composer-about")).to_be_hidden()
    ana.room("general").click()
    expect(ana.composer).to_have_value("first, but")
    ana.composer.press("Enter")
    ana.sees("first, but")


def test_two_edit_at_once_in_two_tabs_and_all_agree(
    server: Server, ana: Person, bia: Person, make_person: Callable[..., Person]
) -> None:
    ana.write("text")
    bia.sees("text")
    other = make_person(server.url, beside=ana).visit()
    other.sees("text")
    for person, text in ((ana, "one"), (other, "two")):
        person.choose("text", "Edit")
        person.composer.fill(text)
    ana.composer.press("Enter")
    other.composer.press("Enter")
    bia.sees("two")
    ana.sees("two")
    other.sees("two")


def test_what_was_not_changed_is_not_edited(ana: Person) -> None:
    ana.write("as it is")
    ana.sees("as it is")
    ana.choose("as it is", "Edit")
    ana.composer.press("Enter")
    expect(ana.page.locator("#composer-about")).to_be_hidden()
    expect(ana.page.locator(".edited")).to_be_hidden()


def test_edited_opens_the_earlier_versions(ana: Person, bia: Person) -> None:
    ana.write("one")
    for text in ("two", "<b>three</b>"):
        expect(ana.unsent).to_have_count(0)
        ana.composer.press("ArrowUp")
        ana.composer.fill(text)
        ana.composer.press("Enter")
        bia.sees(text)
    bia.page.locator(".edited").click()
    versions = bia.page.get_by_role("dialog", name="Versions of this message")
    expect(versions.locator(".version-text")).to_have_text(["<b>three</b>", "two", "one"])
    expect(versions.locator(".version").first).to_contain_text("now")
    has_no_violations(bia)
    bia.page.keyboard.press("Escape")
    expect(versions).to_be_hidden()
    expect(bia.page.locator(".edited")).to_be_focused()


def test_deleting_asks_first_and_leaves_a_tombstone(ana: Person, bia: Person) -> None:
    ana.write("a secret", "not one")
    bia.sees("a secret", "not one")
    ana.choose("a secret", "Delete")
    question = ana.page.get_by_role("dialog", name="Delete this message?")
    expect(question).to_contain_text("a secret")
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    has_no_violations(ana)
    ana.page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    bia.sees("a secret", "not one")
    ana.choose("a secret", "Delete")
    question.get_by_role("button", name="Delete").click()
    for person in (ana, bia):
        person.sees(GONE, "not one")
        assert "a secret" not in person.page.content()
    bia.page.reload()
    bia.sees(GONE, "not one")
    is_deleted(bia).hover()
    expect(bia.page.locator("#tools")).to_be_hidden()


def test_others_messages_can_be_neither_changed_nor_deleted(ana: Person, bia: Person) -> None:
    ana.write("mine")
    bia.sees("mine")
    menu = bia.menu("mine")
    expect(menu.get_by_role("menuitem", name="Reply")).to_be_visible()
    for entry in ("Edit", "Delete"):
        expect(menu.get_by_role("menuitem", name=re.compile(entry))).to_have_count(0)


def test_the_menu_works_by_keyboard_alone(ana: Person, bia: Person) -> None:
    bia.write("first")
    ana.sees("first")
    ana.write("second", "third")
    ana.sees("second", "third")
    page = ana.page
    ana.come_to_the_front()
    ana.log.focus()
    page.keyboard.press("Tab")
    expect(ana.message("third")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(ana.message("second")).to_be_focused()
    page.keyboard.press("Enter")
    menu = page.get_by_role("menu")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitem", name="Reply")).to_be_focused()
    page.keyboard.press("End")
    expect(menu.get_by_role("menuitem", name="Delete")).to_be_focused()
    has_no_violations(ana)
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(ana.message("second")).to_be_focused()
    page.keyboard.press("ContextMenu")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(ana.composer).to_have_value("second")
    page.keyboard.type("!")
    page.keyboard.press("Enter")
    bia.sees("second!", "third")


def test_a_finger_that_rests_opens_the_menu(server: Server, bia: Person, make_person: Callable[..., Person]) -> None:
    ana = make_person(server.url, **PHONE).visit(name="Ana on a phone")
    ana.write("from my pocket")
    bia.sees("from my pocket")
    menu = ana.page.get_by_role("menu")
    rest_finger_on(ana.message("from my pocket").locator(".text"), until=menu)
    expect(menu).to_be_in_viewport(ratio=1)
    has_no_violations(ana)
    menu.get_by_role("menuitem", name="Edit").tap()
    expect(ana.composer).to_have_value("from my pocket")
    ana.composer.fill("from my bag")
    ana.page.locator("#composer-send").tap()
    bia.sees("from my bag")
    rest_finger_on(ana.message("from my bag").locator(".text"), until=menu)
    menu.get_by_role("menuitem", name="Delete").tap()
    ana.page.get_by_role("button", name="Delete").tap()
    bia.sees(GONE)


@pytest.mark.parametrize("reload", [False, True], ids=["waiting", "through a reload"])
def test_what_was_done_offline_is_done_when_the_line_is_back(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line, reload: bool
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    ana.write("one", "two", "three")
    ana.sees("one", "two", "three")
    line.cut()
    ana.choose("one", "Edit")
    ana.composer.fill("ONE")
    ana.composer.press("Enter")
    ana.choose("ONE", "Edit")
    ana.composer.fill("Uno")
    ana.composer.press("Enter")
    ana.choose("two", "Delete")
    ana.page.get_by_role("button", name="Delete").click()
    expect(ana.message("two").locator(".deed")).to_have_text(re.compile("Being deleted|Not stored yet"))
    expect(ana.texts.first).to_have_text("Uno")
    if reload:
        ana.page.reload()
    line.mend()
    ana.is_connected()
    bia.sees("Uno", GONE, "three")
    ana.sees("Uno", GONE, "three")
    bia.page.locator(".edited:visible").click()
    expect(bia.page.locator(".version-text")).to_have_text(["Uno", "one"])


def test_a_command_whose_answer_was_lost_is_done_once(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    ana.write("one")
    bia.sees("one")
    line.loses = lambda frame: '"edited"' in frame
    ana.choose("one", "Edit")
    ana.composer.fill("two")
    ana.composer.press("Enter")
    bia.sees("two")
    line.cut()
    line.loses = lambda frame: False
    line.mend()
    ana.is_connected()
    expect(ana.message("two")).not_to_have_class(re.compile("waiting"))
    bia.page.locator(".edited").click()
    expect(bia.page.locator(".version-text")).to_have_text(["two", "one"])


def test_a_refused_edit_says_so_on_its_message_and_loses_no_text(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    ana.write("old enough")
    bia.sees("old enough")
    refusal = {"type": "error", "code": "too-late", "detail": "A message can be changed for 15 minutes."}
    line.answers = lambda command: {**refusal, "nonce": command["nonce"]} if command["type"] == "edit" else None
    ana.choose("old enough", "Edit")
    ana.composer.fill("too late")
    ana.composer.press("Enter")
    deed = ana.message("too late").locator(".deed")
    expect(deed).to_contain_text("Not changed: A message can be changed for 15 minutes.")
    has_no_violations(ana)
    line.answers = lambda command: None
    deed.get_by_role("button", name="Try again").click()
    bia.sees("too late")
    expect(deed).to_be_hidden()
    line.answers = lambda command: {**refusal, "nonce": command["nonce"]} if command["type"] == "edit" else None
    ana.choose("too late", "Edit")
    ana.composer.fill("never")
    ana.composer.press("Enter")
    ana.message("never").get_by_role("button", name="Discard").click()
    ana.sees("too late")


def test_what_is_refused_in_a_room_that_one_has_left_is_told_all_the_same(
    server: Server, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    open_new_room(ana, "Elsewhere")
    ana.room("general").click()
    ana.write("old enough")
    ana.sees("old enough")
    line.cut()
    ana.choose("old enough", "Edit")
    ana.write("too late")
    ana.room("Elsewhere").click()
    expect(ana.page.locator("#room-name")).to_have_text("Elsewhere")
    refusal = {"type": "error", "code": "too-late", "detail": "It is too late."}
    line.answers = lambda command: {**refusal, "nonce": command["nonce"]} if command["type"] == "edit" else None
    line.mend()
    expect(ana.page.locator("#notice")).to_contain_text("Not changed: It is too late.", timeout=25_000)
    ana.room("general").click()
    expect(ana.message("too late").locator(".deed")).to_contain_text("It is too late.")


def test_what_is_older_than_the_window_says_so_and_is_not_offered(server: Server, ana: Person) -> None:
    ana.write("long ago")
    ana.sees("long ago")
    server.stop()
    with sqlite3.connect(server.data / "chat.sqlite3") as log:
        assert log.execute("UPDATE events SET at = at - 17 * 60000").rowcount == 1
    server.start()
    ana.visit()
    expect(ana.menu("long ago").get_by_role("menuitem", name="Edit")).to_have_count(0)
    ana.page.keyboard.press("Escape")
    ana.composer.focus()
    ana.page.keyboard.press("ArrowUp")
    expect(ana.page.locator("#notice")).to_contain_text("older than 15 minutes")
    expect(ana.composer).to_have_value("")


@pytest.mark.parametrize("minutes", [-17, 17])
def test_a_clock_that_is_wrong_takes_nothing_away(
    server: Server, make_person: Callable[..., Person], minutes: int
) -> None:
    ana = make_person(server.url)
    ana.page.add_init_script(f"const now = Date.now; Date.now = () => now() + {minutes} * 60_000;")
    ana.visit(name="Ana")
    ana.write("just now")
    ana.sees("just now")
    ana.composer.press("ArrowUp")
    expect(ana.composer).to_have_value("just now")
