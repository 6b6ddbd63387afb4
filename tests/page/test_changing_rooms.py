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
