"""Where the focus is: Tab comes to one message and what is in it, and nothing that vanishes takes the focus along."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.actors import Talker

from .conftest import Person
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
