"""What opens over the page, and the browser's Back, which closes the topmost of it and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.actors import Server, Talker

from .conftest import Person
from .test_looks import PHONE
from .test_reading import open_new_room


def settled(page: Page, over: int = 0) -> None:
    """Waits until the history has as many steps over the place as overlays are open."""
    page.wait_for_function("over => history.state.over === over", arg=over)


def room_is(person: Person, name: str) -> None:
    expect(person.page.locator("#room-name")).to_have_text(name)


@pytest.fixture
def phone(server: Server, make_person: Callable[..., Person]) -> Person:
    """Ana on a phone, who came from the first room to another one."""
    ana = make_person(server.url, **PHONE).visit(name="Ana")
    ana.page.locator("#rooms-open").tap()
    open_new_room(ana, "Elsewhere")
    settled(ana.page)
    return ana


@pytest.fixture
def traveller(ana: Person) -> Person:
    """Ana, who came from the first room to another one."""
    open_new_room(ana, "Elsewhere")
    settled(ana.page)
    return ana


def test_back_closes_a_drawer_and_only_then_changes_the_room(phone: Person) -> None:
    page = phone.page
    entries = page.evaluate("() => history.length")
    for opener, drawer in (("#people-open", "#people"), ("#rooms-open", "#rooms")):
        page.locator(opener).tap()
        expect(page.locator(drawer)).to_have_class(re.compile("open"))
        page.go_back()
        expect(page.locator(drawer)).not_to_have_class(re.compile("open"))
        room_is(phone, "Elsewhere")
    page.locator("#people-open").tap()
    page.locator("#people-close").tap()  # closing it in another way takes its step away
    settled(page)
    assert page.evaluate("() => history.length") <= entries + 1
    page.go_back()
    room_is(phone, "general")
    page.locator("#rooms-open").tap()
    page.locator("a.room", has_text="Elsewhere").tap()  # the room takes the place of the drawer's step
    room_is(phone, "Elsewhere")
    page.go_back()
    room_is(phone, "general")
    expect(page.locator("#rooms")).not_to_have_class(re.compile("open"))


OPENED_BY_BUTTON = {
    "#settings-dialog": "#me",
    "#level-dialog": "#level-open",
    "#mentions-dialog": "#mentions-open",
    "#poll-dialog": "#poll-open",
    "#pins-dialog": "#pins-open",
    "#place-dialog": "#place-open",
    "#browse-dialog": "#rooms-browse",
    "#room-dialog": "#rooms-new",
    "#palette": "#palette-open",
}


def test_back_closes_every_dialog_menu_and_picker_one_step_each(traveller: Person) -> None:
    ana, page = traveller, traveller.page
    ana.write("a message")
    ana.sees("a message")

    def closes(overlay: Locator) -> None:
        expect(overlay).to_be_visible()
        page.go_back()
        expect(overlay).to_be_hidden()
        settled(page)
        room_is(ana, "Elsewhere")

    for dialog, opener in OPENED_BY_BUTTON.items():
        page.locator(opener).click()
        closes(page.locator(dialog))
    page.locator("#log").press("?")
    closes(page.locator("#help-dialog"))
    closes(ana.menu("a message"))
    ana.message("a message").hover()
    page.locator(".tools-pick").click()
    closes(page.locator("#picker"))
    ana.choose("a message", "Delete")
    closes(page.locator("#delete-dialog"))
    ana.choose("a message", "Edit")
    expect(page.locator("#composer-about")).to_be_visible()
    ana.composer.fill("another message")
    closes(page.locator("#composer-about"))
    ana.choose("a message", "Edit")
    expect(ana.composer).to_have_value("another message")  # a slip of the finger loses no text
    page.keyboard.press("Escape")
    settled(page)
    page.go_back()
    room_is(ana, "general")


def test_of_several_overlays_back_closes_the_topmost_first(traveller: Person) -> None:
    ana, page = traveller, traveller.page
    ana.write("a message")
    ana.choose("a message", "Edit")
    page.locator("#me").click()
    page.get_by_role("button", name="Forget me on this device").click()
    settled(page, 3)
    page.go_back()
    expect(page.locator("#forget-dialog")).to_be_hidden()
    expect(page.locator("#settings-dialog")).to_be_visible()
    page.go_back()
    expect(page.locator("#settings-dialog")).to_be_hidden()
    expect(page.locator("#composer-about")).to_be_visible()
    page.locator("#me").click()
    page.get_by_role("button", name="Forget me on this device").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    settled(page, 1)
    page.go_back()
    expect(page.locator("#composer-about")).to_be_hidden()
    room_is(ana, "Elsewhere")
    page.go_back()
    room_is(ana, "general")


def test_what_follows_an_overlay_at_once_takes_over_its_step(traveller: Person) -> None:
    page = traveller.page
    entries = page.evaluate("() => history.length")
    for _ in range(5):  # faster than the browser goes back
        page.evaluate(
            """async () => {
                for (let round = 0; round < 4; round += 1) {
                    document.querySelector("#palette-open").click();
                    document.querySelector("#palette").close();
                    if (round % 2) await new Promise((resolve) => setTimeout(resolve));
                }
            }"""
        )
    settled(page)
    page.locator("#me").click()
    page.get_by_role("button", name="Change your name").click()
    expect(page.locator("#settings-dialog")).to_be_hidden()
    settled(page, 1)
    page.keyboard.press("Escape")
    settled(page)
    assert page.evaluate("() => history.length") <= entries + 1
    page.go_back()
    room_is(traveller, "general")
    page.keyboard.press("Control+k")
    page.keyboard.type("elsewhere")
    page.keyboard.press("Enter")
    room_is(traveller, "Elsewhere")
    page.keyboard.press("Control+k")  # at the moment when another room opens
    room_is(traveller, "Elsewhere")
    page.keyboard.press("Control+k")
    settled(page)
    page.go_back()
    room_is(traveller, "general")


def test_forward_and_a_reload_leave_no_dead_steps(traveller: Person) -> None:
    ana, page = traveller, traveller.page
    page.locator("#pins-open").click()
    expect(page.locator("#pins-dialog")).to_be_visible()
    page.go_back()
    expect(page.locator("#pins-dialog")).to_be_hidden()
    page.go_forward()  # what was closed stays closed
    settled(page)
    expect(page.locator("#pins-dialog")).to_be_hidden()
    page.locator("#pins-open").click()
    settled(page, 1)
    page.reload()
    ana.is_connected()
    settled(page)
    room_is(ana, "Elsewhere")
    page.go_back()
    room_is(ana, "general")
    page.go_forward()
    room_is(ana, "Elsewhere")


def test_a_link_in_a_drawer_leaves_no_step_of_the_drawer(phone: Person) -> None:
    page = phone.page
    page.locator("#rooms-open").tap()
    settled(page, 1)
    page.locator(".side-search").tap()
    expect(page).to_have_url(re.compile("/search$"))
    page.go_back()
    phone.is_connected()
    room_is(phone, "Elsewhere")
    settled(page)
    page.go_back()
    room_is(phone, "general")


def test_a_poll_that_was_begun_in_one_room_is_asked_there_and_nowhere_else(traveller: Person) -> None:
    ana, page = traveller, traveller.page
    form = page.locator("#poll-dialog")

    def write(question: str, *options: str) -> None:
        page.locator("#poll-open").click()
        page.locator("#poll-question").fill(question)
        for number, option in enumerate(options):
            if number >= form.locator(".poll-fields input").count():
                form.locator(".poll-add").click()
            form.locator(".poll-fields input").nth(number).fill(option)

    write("Tea here?", "Yes", "No", "Perhaps")
    page.reload()
    ana.is_connected()
    page.locator("#poll-open").click()
    expect(page.locator("#poll-question")).to_have_value("Tea here?")
    settled(page, 1)
    page.evaluate("() => history.go(-2)")  # as somebody does who holds the button down
    room_is(ana, "general")
    expect(form).to_be_hidden()
    write("Coffee here?", "Yes", "No")
    form.get_by_role("button", name="Ask", exact=True).click()
    ana.sees("Coffee here?")
    ana.room("Elsewhere").click()
    room_is(ana, "Elsewhere")
    expect(ana.messages).to_have_count(0)
    page.locator("#poll-open").click()
    expect(page.locator("#poll-question")).to_have_value("Tea here?")
    expect(form.locator(".poll-fields input")).to_have_count(3)
    form.get_by_role("button", name="Ask", exact=True).click()
    ana.sees("Tea here?")
    expect(ana.messages).to_have_count(1)


def test_what_is_open_in_a_room_is_closed_when_a_notification_leads_to_another(
    server: Server, traveller: Person, bot: Talker
) -> None:
    ana, page = traveller, traveller.page
    bot.post("@Ana look")
    ana.write("a message")
    ana.sees("a message")
    expect(page.locator("#mentions-open .call-badge")).to_have_text("1")
    for opener, overlay in (("#place-open", "#place-dialog"), ("#level-open", "#level-dialog")):
        page.locator(opener).click()
        expect(page.locator(overlay)).to_be_visible()
        # The link of a room does what a notification does, and it can be pressed while a dialog covers it.
        page.evaluate("""() => document.querySelector('a.room[data-slug="general"]').click()""")
        room_is(ana, "general")
        expect(page.locator(overlay)).to_be_hidden()
        page.go_back()
        room_is(ana, "Elsewhere")
        settled(page)
    ana.message("a message").hover()
    page.locator(".tools-pick").click()
    page.locator("#picker input").fill("tada")
    page.evaluate("""() => document.querySelector('a.room[data-slug="general"]').click()""")
    room_is(ana, "general")
    expect(page.locator("#picker")).to_be_hidden()
    expect(page.locator(".chip:visible")).to_have_count(0)


def test_the_question_for_a_name_is_not_closed_by_back(server: Server, make_person: Callable[..., Person]) -> None:
    ana = make_person(server.url)
    ana.page.goto(server.url + "/search")
    ana.page.goto(server.url)
    expect(ana.page.locator("#name-dialog")).to_be_visible()
    settled(ana.page)
    ana.page.go_back()
    expect(ana.page).to_have_url(re.compile("/search$"))


def test_an_edit_stays_while_one_looks_up_another_message_of_the_room(traveller: Person, bot: Talker) -> None:
    ana, page = traveller, traveller.page
    ana.room("general").click()
    bot.post("the first one")
    for number in range(40):
        bot.post(f"number {number}")
    ana.sees("number 39")
    ana.write("mine")
    ana.sees("mine")
    bot.say("post", room="general", text="an answer", nonce="answer", reply_to=1)
    ana.sees("an answer")
    ana.choose("mine", "Edit")
    ana.composer.fill("mine, changed")
    settled(page, 1)
    ana.message("an answer").locator(".quote").click()
    expect(page.locator('.message[data-seq="1"]')).to_be_in_viewport()
    expect(ana.composer).to_have_value("mine, changed")
    settled(page, 1)
    page.locator("#back").click()  # leads back to the place, and leaves the edit
    expect(ana.message("an answer")).to_be_in_viewport()
    expect(ana.composer).to_have_value("mine, changed")
    settled(page, 1)
    page.go_back()
    expect(page.locator("#composer-about")).to_be_hidden()
    page.go_back()
    room_is(ana, "Elsewhere")


def test_the_link_to_the_message_field_leads_there_also_at_the_address_of_a_message(
    server: Server, ana: Person
) -> None:
    ana.write("a message")
    ana.sees("a message")
    ana.visit("/r/general/1")
    expect(ana.page.locator('.message[data-seq="1"]')).to_be_focused()
    ana.page.locator(".skip").focus()
    ana.page.keyboard.press("Enter")
    expect(ana.page).to_have_url(re.compile("#composer-text$"))
    settled(ana.page)
    expect(ana.composer).to_be_focused()
