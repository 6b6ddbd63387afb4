"""Forget me on this device: nothing of the person stays in the browser, and every tab begins anew."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from .conftest import Mistakes, Person


def test_who_is_forgotten_leaves_nothing_in_the_browser(ana: Person) -> None:
    other = Person(ana.page.context.new_page(), ana.url, Mistakes()).visit()
    ana.write("this stays")
    ana.sees("this stays")
    ana.composer.fill("not sent yet")
    ana.page.locator("#me").click()
    ana.page.locator("#settings-dialog .forget").click()
    dialog = ana.page.locator("#forget-dialog")
    expect(dialog).to_contain_text("What you have not sent yet is lost.")
    dialog.locator(".cancel").click()
    expect(ana.composer).to_have_value("not sent yet")
    ana.page.locator("#settings-dialog .forget").click()
    dialog.locator(".confirm").click()
    for person in (ana, other):
        expect(person.page.locator("#name-dialog")).to_be_visible()
        expect(person.texts).to_have_text(["this stays"])
    kept = json.loads(ana.page.evaluate("JSON.stringify(Object.keys(localStorage))"))
    assert [key for key in kept if key.startswith(("chatapp.draft", "chatapp.unsent", "chatapp.deed"))] == []
    assert ana.page.context.cookies() == []
    expect(ana.composer).to_have_value("")
