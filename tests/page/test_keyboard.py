"""Where the focus is: Tab comes to one message and what is in it, and nothing that vanishes takes the focus along."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.actors import Talker

from .conftest import Person
from .test_changing_rooms import configure
from .test_reading import open_new_room
from .test_rooms_as_they_are import ask, option

CODE = "```python\nprint('" + "wide " * 60 + "')\n```"
LONG = "\n".join(f"line {number} https://b.example/{number}" for number in range(40))


def test_tab_comes_from_the_log_to_the_newest_message_and_what_is_in_it_and_to_no_other(
    ana: Person, bot: Talker
) -> None:
    page = ana.page
    for text in ("see https://a.example/", CODE, LONG):
        bot.hear("message", nonce=bot.post(text))
    ask(ana, "Tea?", "Yes", "No")
    bot.hear("message", nonce=bot.post("last: https://c.example/"))
    ana.sees("last: https://c.example/")
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    ana.log.focus()
    page.keyboard.press("Tab")
    expect(ana.messages.last).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="https://c.example/")).to_be_focused()
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('.log')")
    # On another one it is that one's turn.
    ana.messages.nth(-2).focus()
    for reached in (option(ana, "Yes"), option(ana, "No"), page.get_by_role("button", name="Close the poll")):
        page.keyboard.press("Tab")
        expect(reached).to_be_focused()
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('.log')")
    ana.messages.nth(-4).focus()
    page.keyboard.press("Tab")
    expect(ana.messages.nth(-4).locator("pre")).to_be_focused()  # it scrolls
    page.keyboard.press("Tab")
    expect(ana.messages.nth(-4).locator(".code-copy")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(ana.log).to_be_focused()


def test_a_message_that_reads_differently_while_one_is_on_it_is_reached_as_before(ana: Person, bot: Talker) -> None:
    nonce = bot.post("plain")
    seq = bot.hear("message", nonce=nonce)["seq"]
    bot.hear("message", nonce=bot.post("newest"))
    ana.sees("plain", "newest")
    bot.say("edit", room="general", target=seq, text="see https://a.example/", nonce="e1")
    link = ana.page.get_by_role("link", name="https://a.example/")
    expect(link).to_have_attribute("tabindex", "-1")
    ana.messages.nth(-2).focus()
    bot.say("edit", room="general", target=seq, text="see https://b.example/", nonce="e2")
    expect(ana.page.get_by_role("link", name="https://b.example/")).to_have_attribute("tabindex", "0")


def test_the_focus_stays_on_the_page_when_the_room_is_archived_and_reopened(ana: Person, bia: Person) -> None:
    page = ana.page
    ana.composer.focus()
    configure(bia, archived=True)
    expect(page.locator("#archived")).to_be_visible()
    expect(ana.log).to_be_focused()
    page.keyboard.press("c")
    expect(ana.log).to_be_focused()
    page.get_by_role("button", name="Reopen it").focus()
    page.keyboard.press("Enter")
    expect(ana.composer).to_be_focused()
    # By oneself, with the keyboard alone.
    page.keyboard.press("Control+k")
    page.keyboard.type("archive")
    page.keyboard.press("Enter")
    expect(page.locator("#place-topic")).to_be_focused()
    page.get_by_label("Archived").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#archived")).to_be_visible()
    expect(page.locator("#place-dialog")).to_be_hidden()
    expect(ana.log).to_be_focused()


def test_who_goes_from_writing_to_an_archived_room_is_at_its_messages(ana: Person, bia: Person) -> None:
    open_new_room(ana, "Attic")
    configure(bia, archived=True)
    ana.composer.focus()
    ana.page.keyboard.press("Control+k")
    ana.page.keyboard.type("#general")
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("#archived")).to_be_visible()
    expect(ana.log).to_be_focused()
    ana.page.keyboard.press("Alt+ArrowUp")
    expect(ana.page.locator("#room-name")).to_have_text("Attic")
    expect(ana.composer).to_be_focused()


def test_who_takes_pins_away_by_keyboard_goes_from_one_to_the_next(ana: Person) -> None:
    page = ana.page
    for text in ("one", "two", "three"):
        ana.write(text)
        ana.sees(text)
        ana.choose(text, "Pin")
        expect(ana.message(text).locator(".pinned")).to_be_visible()
    page.locator("#pins-open").click()
    dialog = page.locator("#pins-dialog")
    texts = dialog.locator(".pin-text")
    expect(texts).to_have_text(["three", "two", "one"])
    dialog.get_by_role("button", name="Unpin").nth(1).focus()
    page.keyboard.press("Enter")
    expect(texts).to_have_text(["three", "one"])
    expect(dialog.get_by_role("button", name="Unpin").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(texts).to_have_text(["three"])
    expect(dialog.get_by_role("button", name="Unpin")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
