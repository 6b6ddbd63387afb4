"""A room that changes while people are in it, and an archived one: what the page shows then, and what it offers."""

from __future__ import annotations

from playwright.sync_api import expect

from .conftest import Person


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
