"""A room that changes while people are in it, and an archived one: what the page shows then, and what it offers."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.actors import Server

from .conftest import Person
from .test_looks import PHONE
from .test_reading import open_new_room
from .test_rooms_as_they_are import ask, option


def configure(person: Person, slug: str = "general", **changed: object) -> None:
    """Changes a room as another page of that person's would."""
    status = person.page.evaluate(
        """([slug, changed]) => fetch(`/api/rooms/${slug}`, {method: "PATCH", body: JSON.stringify(changed),
        headers: {"Content-Type": "application/json"}}).then(({ status }) => status)""",
        [slug, changed],
    )
    assert status == 200


def test_who_saves_the_form_takes_back_nothing_that_somebody_else_changed_meanwhile(ana: Person, bia: Person) -> None:
    page = ana.page
    page.locator("#place-open").click()
    dialog = page.locator("#place-dialog")
    configure(bia, topic="Tea and cake", archived=True)
    expect(page.locator("#room-topic")).to_have_text("Tea and cake")
    dialog.get_by_label("Name of the room").fill("Kitchen")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#room-name")).to_have_text("Kitchen")
    expect(page.locator("#room-topic")).to_have_text("Tea and cake")
    expect(page.locator("#archived")).to_be_visible()


def test_a_room_that_is_renamed_is_called_so_everywhere(ana: Person, bia: Person) -> None:
    beginning = ana.page.locator(".log .room-name")
    expect(beginning).to_have_text("general")
    for name in ("Kitchen", "Garden"):  # nothing has been said there yet, and then something has
        configure(bia, name=name)
        expect(beginning).to_have_text(name)
        expect(ana.log).to_have_attribute("aria-label", f"Messages in {name}")
        expect(ana.composer).to_have_attribute("aria-label", f"Message to {name}")
        expect(ana.composer).to_have_attribute("placeholder", f"Message to {name}")
        expect(ana.page).to_have_title(f"{name} · chatapp")
        bia.write(f"it is the {name}")
        ana.sees(f"it is the {name}")


def test_an_archived_room_offers_nothing_that_it_would_refuse(ana: Person, bia: Person) -> None:
    page = ana.page
    ask(ana, "Tea?", "Yes", "No")
    ana.write("done")
    bia.message("done").hover()
    bia.page.get_by_role("button", name="React with").first.click()
    chip = ana.message("done").locator(".chip[aria-pressed]")
    chip.click()
    expect(chip).to_contain_text("2")
    ana.choose("done", "Pin")
    expect(ana.message("done").locator(".pinned")).to_be_visible()
    bia.message("done").hover()
    configure(bia, archived=True)
    expect(page.locator("#archived")).to_be_visible()
    for entry in (["Copy text", "Copy link", "Delete…"], ["Copy text", "Copy link"]):
        person = ana if len(entry) == 3 else bia
        expect(person.menu("done").get_by_role("menuitem")).to_have_text(entry)
        person.page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar").get_by_role("button")).to_have_count(1)
    expect(option(ana, "Yes")).to_have_attribute("aria-disabled", "true")
    option(ana, "Yes").click(force=True)
    expect(page.get_by_role("button", name="Close the poll")).to_be_hidden()
    expect(chip).to_have_attribute("aria-disabled", "true")
    chip.click(force=True)
    expect(page.locator(".reactions-add").last).to_be_hidden()
    page.locator("#pins-open").click()
    expect(page.locator("#pins-dialog .pin-text")).to_have_text(["done"])
    expect(page.get_by_role("button", name="Unpin")).to_be_hidden()
    page.keyboard.press("Escape")
    ana.choose("done", "Delete")
    page.locator("#delete-dialog .confirm").click()
    expect(bia.page.locator(".message.deleted")).to_have_count(1)
    configure(bia, archived=False)
    expect(option(ana, "Yes")).to_have_attribute("aria-disabled", "false")
    expect(option(ana, "Yes").locator(".poll-count")).to_have_text("0")
    expect(page.get_by_role("button", name="Close the poll")).to_be_visible()


def test_archived_rooms_come_last_are_marked_and_are_stepped_over(ana: Person) -> None:
    page = ana.page
    for name in ("Attic", "Beach", "Hall"):
        open_new_room(ana, name)
    configure(ana, "attic", archived=True)
    names = page.locator("#rooms-mine .room-name")
    expect(names).to_have_text(["Beach", "general", "Hall", "Attic"])
    expect(page.get_by_role("link", name="Attic archived")).to_be_visible()
    expect(ana.room("Attic").locator("use")).to_have_attribute("href", "#icon-archive")
    for name in ("Beach", "general", "Hall"):
        page.keyboard.press("Alt+ArrowDown")
        expect(page.locator("#room-name")).to_have_text(name)
    page.keyboard.press("Control+k")
    page.keyboard.type("#")
    expect(page.locator(".palette-name")).to_have_text(["general", "Beach", "Attic"])
    expect(page.locator(".palette-entry").last).to_contain_text("archived")
    page.keyboard.type("archived")
    page.keyboard.press("Enter")
    expect(page.locator("#room-name")).to_have_text("Attic")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#room-name")).to_have_text("Hall")
    configure(ana, "attic", archived=False)
    expect(names).to_have_text(["Attic", "Beach", "general", "Hall"])


def test_a_long_topic_is_read_whole_by_a_tap(server: Server, make_person: Callable[..., Person], bia: Person) -> None:
    ana = make_person(server.url, **PHONE).visit(name="Ana")
    topic = "Everything that concerns the kitchen, the garden and the cellar, and nothing else, please"
    configure(bia, topic=topic)
    place = ana.page.locator("#room-topic")
    expect(place).to_have_text(topic)

    def is_whole() -> bool:
        found: bool = place.evaluate("(topic) => topic.scrollWidth <= topic.clientWidth")
        return found

    assert not is_whole()
    place.tap()
    assert is_whole()
    assert ana.page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(ana.page.locator("#place-dialog")).to_be_hidden()
    place.tap()
    assert not is_whole()
