"""Polls under a finger, and the form that makes one."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.actors import Server

from .conftest import Person
from .test_editing import rest_finger_on
from .test_looks import PHONE
from .test_rooms_as_they_are import ask, option


def test_a_resting_finger_is_told_who_voted_and_votes_for_nothing_and_a_tap_votes(
    server: Server, make_person: Callable[..., Person], bia: Person
) -> None:
    ana = make_person(server.url, **PHONE).visit(name="Ana")
    ask(bia, "What with?", "Milk", "Sugar", several=True)
    option(bia, "Milk").click()
    votes = option(ana, "Milk").locator(".poll-count")
    expect(votes).to_have_text("1")
    rest_finger_on(option(ana, "Milk"), until=ana.page.locator("#tip"))
    expect(ana.page.locator("#tip")).to_have_text("1 vote: \u2068Bia\u2069")
    option(ana, "Sugar").tap()
    expect(option(bia, "Sugar").locator(".poll-count")).to_have_text("1")
    expect(votes).to_have_text("1")
    expect(option(ana, "Milk")).to_have_attribute("aria-pressed", "false")


def test_what_is_said_of_an_option_goes_when_it_is_pressed_and_is_right_afterwards(ana: Person) -> None:
    ask(ana, "Tea?", "Yes", "No")
    tip = ana.page.locator("#tip")
    option(ana, "Yes").hover()
    expect(tip).to_have_text("0 votes")
    expect(tip).to_be_visible()
    option(ana, "Yes").click()
    expect(option(ana, "Yes")).to_have_attribute("aria-pressed", "true")
    expect(tip).to_be_hidden()
    option(ana, "No").hover()
    option(ana, "Yes").hover()
    expect(tip).to_have_text("1 vote: \u2068Ana\u2069")


def test_a_finger_hits_what_closes_a_poll(server: Server, make_person: Callable[..., Person]) -> None:
    ana = make_person(server.url, **PHONE).visit(name="Ana")
    ask(ana, "Tea?", "Yes", "No")
    ana.page.get_by_role("button", name="Close the poll").tap()
    box = ana.page.locator(".poll-close").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    ana.page.get_by_role("dialog", name="Close this poll?").get_by_role("button", name="Keep it open").tap()
    expect(option(ana, "Yes")).to_have_attribute("aria-disabled", "false")


def test_enter_leads_from_the_question_to_the_options_and_escape_loses_nothing_that_was_written(ana: Person) -> None:
    page = ana.page
    dialog = page.locator("#poll-dialog")
    question, first = page.locator("#poll-question"), page.locator(".poll-fields input").first
    page.locator("#poll-open").click()
    page.keyboard.type("Tea?")
    page.keyboard.press("Enter")
    expect(first).to_be_focused()
    expect(page.locator("#poll-problem")).to_have_text("")
    page.keyboard.type("Yes")
    dialog.get_by_label("Anonymous").check()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.locator("#poll-open").click()
    expect(question).to_be_focused()
    expect(question).to_have_value("Tea?")
    expect(first).to_have_value("Yes")
    expect(dialog.get_by_label("Anonymous")).to_be_checked()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("No")
    dialog.get_by_role("button", name="Ask", exact=True).click()
    ana.sees("Tea?")
    for close in ("Escape", "Cancel"):
        page.locator("#poll-open").click()
        expect(question).to_have_value("")  # it was asked, and then it was not wanted
        expect(page.locator(".poll-fields input")).to_have_count(2)
        expect(dialog.get_by_label("Anonymous")).not_to_be_checked()
        if close == "Escape":
            page.keyboard.press("Escape")
        else:
            page.keyboard.type("Coffee?")
            dialog.get_by_role("button", name="Cancel").click()
    page.locator("#poll-open").click()
    expect(question).to_have_value("")


def test_none_is_said_in_words_or_in_the_plural(
    server: Server, make_person: Callable[..., Person], bia: Person
) -> None:
    ana = make_person(server.url, locale="pt-BR").visit(name="Ana")
    ask(bia, "Tea?", "Yes", "No")
    expect(bia.page.locator(".poll-state")).to_have_text("Nobody has voted")
    expect(ana.page.locator(".poll-state")).to_have_text("Ninguém votou")
    expect(option(ana, "Yes")).to_have_attribute("aria-label", "Yes, 0 votos")
    option(bia, "Yes").click()
    expect(ana.page.locator(".poll-state")).to_have_text("1 pessoa votou")
    server.open_room("Attic")
    ana.page.locator("#rooms-browse").click()
    attic = ana.page.locator(".browse-room").filter(has_text="Attic")
    expect(attic.locator(".browse-facts")).to_contain_text("Ninguém aqui agora")
