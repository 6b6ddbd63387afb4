"""What a room is like, seen by several people: polls, pins, topic, archive, and the list of all rooms."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import create_engine, insert

from chatapp.log.database import sqlite_url
from chatapp.log.places import room_row
from chatapp.log.schema import rooms
from tests.actors import Server, Talker

from .conftest import Line, Person
from .test_looks import DESKTOP, PHONE, has_no_violations

SHOTS = os.environ.get("CHATAPP_TEST_SHOTS")  # a folder for pictures of what is tested
LONG = "supercalifragilisticexpialidocious" * 4 + " and what else there may be to say"


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def option(person: Person, name: str) -> Locator:
    return person.page.locator(".poll-option").filter(has=person.page.locator(".poll-name", has_text=name))


def ask(person: Person, question: str, *options: str, several: bool = False, anonymous: bool = False) -> None:
    """Composes a poll by the button, with the keyboard."""
    page = person.page
    page.locator("#poll-open").click()
    page.keyboard.type(question)
    for number, text in enumerate(options):
        if number == 0:
            page.locator(".poll-fields input").first.focus()
        page.keyboard.type(text)
        if number + 1 < len(options):
            page.keyboard.press("Enter")
    dialog = page.locator("#poll-dialog")
    dialog.get_by_label("One may choose several").set_checked(several)
    dialog.get_by_label("Anonymous").set_checked(anonymous)
    dialog.get_by_role("button", name="Ask", exact=True).click()
    expect(dialog).to_be_hidden()
    person.sees(question)


# Polls.


def test_three_people_vote_see_the_same_bars_and_the_author_closes_it(
    ana: Person, bia: Person, server: Server, make_person: Callable[..., Person]
) -> None:
    caio = make_person(server.url).visit(name="Caio")
    ask(ana, "What shall we read?", "Dom Casmurro", "Grande Sertão", "Vidas Secas")
    people = (ana, bia, caio)
    option(bia, "Grande").click()
    option(caio, "Grande").click()
    option(ana, "Vidas").click()
    for person in people:
        expect(option(person, "Grande").locator(".poll-count")).to_have_text("2")
        expect(option(person, "Vidas").locator(".poll-count")).to_have_text("1")
        expect(person.page.locator(".poll-state")).to_have_text("3 people voted")
    # Changed, and taken back.
    option(caio, "Dom").click()
    option(bia, "Grande").click()
    for person in people:
        counts = person.page.locator(".poll-count")
        expect(counts).to_have_text(["1", "0", "1"])
    expect(option(caio, "Dom")).to_have_attribute("aria-pressed", "true")
    expect(option(bia, "Grande")).to_have_attribute("aria-pressed", "false")
    expect(option(ana, "Dom")).to_have_attribute("aria-label", "Dom Casmurro, 1 vote, \u2068Caio\u2069")
    expect(bia.page.get_by_role("button", name="Close the poll")).to_be_hidden()
    ana.page.get_by_role("button", name="Close the poll").click()
    question = ana.page.get_by_role("dialog", name="Close this poll?")
    expect(question).to_contain_text("What shall we read?")
    ana.page.keyboard.press("Enter")  # one too many
    expect(question).to_be_hidden()
    expect(option(bia, "Dom")).to_have_attribute("aria-disabled", "false")
    ana.page.get_by_role("button", name="Close the poll").click()
    question.get_by_role("button", name="Close the poll").click()
    for person in people:
        expect(person.page.locator(".poll-state")).to_have_text("2 people voted · closed")
        expect(option(person, "Dom")).to_have_attribute("aria-disabled", "true")
    option(bia, "Vidas").click(force=True)
    expect(option(bia, "Vidas")).to_have_attribute("aria-pressed", "false")
    bia.page.reload()
    bia.is_connected()
    expect(bia.page.locator(".poll-count")).to_have_text(["1", "0", "1"])
    late = make_person(server.url).visit(name="Duda")  # reads it in the history
    expect(late.page.locator(".poll-state")).to_have_text("2 people voted · closed")
    expect(late.page.locator(".poll-mark").first).to_have_css("border-radius", "50%")  # one excludes others


def test_an_anonymous_poll_with_several_choices_names_nobody_and_ones_own_choice_stays(
    ana: Person, bia: Person, make_person: Callable[..., Person], server: Server
) -> None:
    tab = make_person(server.url, beside=bia).visit()
    ask(ana, "Which days?", "Monday", "Tuesday", several=True, anonymous=True)
    for day in ("Monday", "Tuesday"):
        option(bia, day).click()
        expect(option(bia, day)).to_have_attribute("aria-pressed", "true")
    for person in (ana, bia, tab):
        expect(person.page.locator(".poll-count")).to_have_text(["1", "1"])
        expect(person.page.locator(".poll-state")).to_have_text(
            "1 person voted · several choices · anonymous: hidden from the room, not from the operator"
        )
        expect(person.page.locator(".poll-mark").first).not_to_have_css("border-radius", "50%")
    expect(option(tab, "Monday")).to_have_attribute("aria-pressed", "true")
    assert "Bia" not in str(option(ana, "Monday").get_attribute("aria-label"))
    assert "Bia" not in str(option(ana, "Monday").get_attribute("data-tip"))
    bia.page.reload()
    bia.is_connected()
    expect(option(bia, "Tuesday")).to_have_attribute("aria-pressed", "true")
    expect(option(ana, "Tuesday")).to_have_attribute("aria-pressed", "false")


def test_a_poll_works_by_the_keyboard_and_waits_for_the_connection(
    server: Server, make_person: Callable[..., Person], line: Line, bia: Person
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    page = ana.page
    page.keyboard.press("Control+k")
    page.keyboard.type("ask every")
    page.keyboard.press("Enter")
    expect(page.locator("#poll-dialog")).to_be_visible()
    page.keyboard.type("Tea?")
    page.locator(".poll-fields input").first.focus()
    page.keyboard.type("Yes")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#poll-problem")).to_have_text("Give at least two options.")
    page.keyboard.type("No")
    page.keyboard.press("Enter")  # another option
    page.keyboard.press("Enter")  # which stays empty: it is asked
    bia.sees("Tea?")
    expect(bia.page.locator(".poll-name")).to_have_text(["Yes", "No"])
    expect(option(ana, "No")).to_be_enabled()  # Ana's own page has it too, and not only as what it sends
    line.cut()
    option(ana, "No").focus()
    page.keyboard.press("Space")
    expect(option(ana, "No")).to_have_attribute("aria-pressed", "true")
    expect(option(bia, "No").locator(".poll-count")).to_have_text("0")
    line.mend()
    expect(option(bia, "No").locator(".poll-count")).to_have_text("1", timeout=25_000)
    expect(option(ana, "No").locator(".poll-count")).to_have_text("1")


# Pins.


def test_a_pin_is_seen_by_all_leads_to_its_message_and_is_taken_away(ana: Person, bia: Person, bot: Talker) -> None:
    ana.write("the plan")
    ana.sees("the plan")
    for number in range(120):
        bot.hear("message", nonce=bot.post(f"line {number}\n" * 3))
    bia.page.reload()
    bia.is_connected()
    ana.scroll("0")
    ana.choose("the plan", "Pin")
    expect(ana.message("the plan").locator(".pinned")).to_be_visible()
    bia.page.locator("#pins-open").click()
    dialog = bia.page.locator("#pins-dialog")
    expect(dialog.locator(".pin-text")).to_have_text(["the plan"])
    dialog.locator(".pin-jump").click()
    expect(bia.message("the plan")).to_be_in_viewport()
    expect(bia.message("the plan").locator(".pinned")).to_be_visible()
    bia.page.locator("#pins-open").click()
    dialog.get_by_role("button", name="Unpin").click()
    expect(dialog.locator(".pins-none")).to_have_text("Nothing is pinned here yet.")
    expect(ana.message("the plan").locator(".pinned")).to_be_hidden()


# The room itself.


def test_a_room_is_renamed_described_archived_and_reopened_before_everybodys_eyes(ana: Person, bia: Person) -> None:
    bia.write("hello")
    ana.sees("hello")
    page = ana.page
    page.locator("#place-open").click()
    dialog = page.locator("#place-dialog")
    dialog.get_by_label("Name of the room").fill("Plenum <b>")
    dialog.get_by_label("Topic: what it is for").fill("Everything & <i>nothing</i>")
    dialog.get_by_role("button", name="Save").click()
    for person in (ana, bia):
        expect(person.page.locator("#room-name")).to_have_text("Plenum <b>")
        expect(person.page.locator("#room-topic")).to_have_text("Everything & <i>nothing</i>")
        expect(person.room("Plenum <b>")).to_be_visible()
    assert page.url.rstrip("/").endswith((str(ana.url), "/r/general"))
    page.locator("#place-open").click()
    dialog.get_by_label("Archived").check()
    dialog.get_by_role("button", name="Save").click()
    for person in (ana, bia):
        expect(person.page.locator("#archived")).to_be_visible()
        expect(person.composer).to_be_hidden()
    bia.page.reload()
    bia.is_connected()
    expect(bia.page.locator("#archived")).to_be_visible()
    bia.sees("hello")
    bia.page.get_by_role("button", name="Reopen it").click()
    expect(ana.composer).to_be_visible()
    ana.write("again")
    bia.sees("again")


def test_a_name_that_is_taken_is_told_where_it_was_written(ana: Person, bot: Talker, server: Server) -> None:
    server.open_room("Tea")
    ana.page.locator("#place-open").click()
    dialog = ana.page.locator("#place-dialog")
    dialog.get_by_label("Name of the room").fill("TEA")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".field-problem")).to_have_text("There is a room of that name already.")
    expect(dialog).to_be_visible()


def test_all_rooms_are_listed_with_what_happens_there_and_found_by_typing(
    ana: Person, server: Server, bot: Talker
) -> None:
    for name in ("Física", "História", "Química"):
        server.open_room(name)
    talker = server.enter("Talker", "história")
    talker.hear("message", room="história", nonce=talker.post("quem foi?", room="história"))
    page = ana.page
    page.locator("#rooms-browse").click()
    dialog = page.locator("#browse-dialog")
    names = dialog.locator(".browse-name")
    expect(names).to_have_text(["História", "Física", "general", "Química"])
    expect(dialog.locator(".browse-facts").first).to_contain_text("1 person here now · last active: Today, ")
    page.keyboard.type("fisi")
    expect(names).to_have_text(["Física"])
    expect(dialog.locator(".browse-status")).to_have_text("1 room")
    page.keyboard.press("Enter")
    expect(page.locator("#room-name")).to_have_text("Física")
    expect(dialog).to_be_hidden()


def test_the_list_of_all_rooms_says_that_there_are_more_and_finds_them(ana: Person, server: Server) -> None:
    rows = [room_row(f"room-{number}", f"Room {number}", 0) for number in range(2, 202)]
    engine = create_engine(sqlite_url(server.data / "chat.sqlite3"))
    with engine.begin() as connection:
        connection.execute(insert(rooms), rows)
    engine.dispose()
    page = ana.page
    page.locator("#rooms-browse").click()
    status = page.locator("#browse-dialog .browse-status")
    expect(status).to_have_text("100 rooms and more: type a part of a name to find others")
    page.keyboard.type("room 201")
    expect(page.locator("#browse-dialog .browse-name")).to_have_text(["Room 201"])
    expect(status).to_have_text("1 room")


# Looks.


@pytest.mark.parametrize(
    ("device", "scheme"),
    [
        ({**PHONE, "viewport": {"width": 320, "height": 640}}, "dark"),
        (DESKTOP, "light"),
    ],
    ids=["320-dark", "1280-light"],
)
def test_polls_pins_and_rooms_look_right_everywhere(
    server: Server, make_person: Callable[..., Person], scheme: str, device: dict[str, object]
) -> None:
    ana = make_person(server.url, color_scheme=scheme, reduced_motion="reduce", **device).visit(name="Ana")
    page, width = ana.page, page_width(device)
    answer = page.evaluate(
        """(topic) => fetch("/api/rooms/general", {method: "PATCH", body: JSON.stringify({topic}),
        headers: {"Content-Type": "application/json"}}).then(({ status }) => status)""",
        "Everything that concerns all of us, and nothing else, please",
    )
    assert answer == 200
    bot = server.enter("Bot")
    for number, options in enumerate(
        [["Yes", "No", "Perhaps"], [LONG, "عربي: خيار طويل", ("e" + "\u0301" * 20) * 3 + " tower"]]
    ):
        poll = {"options": options, "several": number == 1, "anonymous": number == 1}
        bot.say("post", room="general", text=f"Poll {number}?", nonce=f"p{number}", poll=poll)
        seq = bot.hear("message", nonce=f"p{number}")["seq"]
        bot.say("vote", room="general", target=seq, choices=[0], nonce=f"v{number}")
        bot.hear("voted", target=seq)
    page.locator(".poll-option").nth(1).click()
    expect(page.locator(".poll-count").nth(1)).to_have_text("1")
    page.locator(".poll-option").nth(4).click()
    expect(page.locator(".poll-count").nth(4)).to_have_text("1")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.querySelectorAll('.poll')].every((e) => e.scrollWidth <= e.clientWidth)")
    has_no_violations(ana)
    shot(page, f"poll-{width}-{scheme}")
    page.locator("#poll-open").click()
    has_no_violations(ana)
    shot(page, f"ask-{width}-{scheme}")
    page.keyboard.press("Escape")
    if width < 480:  # there the palette leads to it
        page.keyboard.press("Control+k")
        page.keyboard.type("change this room")
        page.keyboard.press("Enter")
    else:
        page.locator("#place-open").click()
    expect(page.locator("#place-dialog")).to_be_visible()
    has_no_violations(ana)
    shot(page, f"place-{width}-{scheme}")
    page.keyboard.press("Escape")
    page.locator("#pins-open").click()
    expect(page.locator(".pins-none")).to_have_text("Nothing is pinned here yet.")
    has_no_violations(ana)
    page.keyboard.press("Escape")
    if width < 768:
        page.locator("#rooms-open").click()
    page.locator("#rooms-browse").click()
    has_no_violations(ana)
    shot(page, f"browse-{width}-{scheme}")


def page_width(device: dict[str, object]) -> int:
    viewport = device["viewport"]
    assert isinstance(viewport, dict)
    return int(viewport["width"])
