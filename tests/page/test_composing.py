"""What the field is for besides a new message: it outlives a reload, an interruption, and its message."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.actors import Server

from .conftest import Line, Person

GONE = "This message was deleted."


def about(person: Person) -> Locator:
    """The line over the field that says what it is for."""
    return person.page.locator("#composer-about")


def delete(person: Person, text: str) -> None:
    person.choose(text, "Delete")
    person.page.get_by_role("button", name="Delete").click()


def quote(person: Person, text: str) -> Locator:
    return person.message(text).locator(".quote-text")


def test_a_reply_and_an_edit_outlive_a_reload(ana: Person, bia: Person) -> None:
    ana.write("a question", "tpyo")
    bia.sees("a question", "tpyo")
    bia.choose("a question", "Reply")
    bia.composer.fill("an answer")
    bia.page.reload()
    bia.is_connected()
    expect(about(bia)).to_contain_text("Reply to \u2068Ana\u2069: a question")
    bia.composer.press("Enter")
    ana.sees("a question", "tpyo", "an answer")
    expect(quote(ana, "an answer")).to_have_text("a question")
    ana.composer.fill("half a thought")
    ana.choose("tpyo", "Edit")
    ana.composer.fill("typo")
    ana.page.goto("about:blank")
    ana.page.go_back()
    ana.is_connected()
    expect(about(ana)).to_contain_text("You are changing your message: tpyo")
    expect(ana.composer).to_have_value("typo")
    ana.composer.press("Enter")
    bia.sees("a question", "typo", "an answer")
    expect(ana.composer).to_have_value("half a thought")
    expect(about(ana)).to_be_hidden()


def test_what_is_kept_is_of_one_tab_alone_and_only_as_long_as_it_is_needed(
    server: Server, ana: Person, make_person: Callable[..., Person]
) -> None:
    ana.write("one")
    ana.sees("one")
    ana.choose("one", "Reply")
    other = make_person(server.url, beside=ana).visit()
    expect(about(ana)).to_be_visible()
    expect(about(other)).to_be_hidden()
    ana.page.keyboard.press("Escape")
    ana.page.reload()
    ana.is_connected()
    expect(about(ana)).to_be_hidden()


def test_an_edit_interrupts_a_reply_and_gives_it_back(ana: Person, bia: Person) -> None:
    ana.write("a question")
    bia.sees("a question")
    bia.write("mnie")
    bia.sees("a question", "mnie")
    bia.choose("a question", "Reply")
    bia.composer.fill("an answer")
    bia.choose("mnie", "Edit")
    bia.composer.fill("mine")
    bia.composer.press("Enter")
    expect(about(bia)).to_contain_text("Reply to")
    expect(bia.composer).to_have_value("an answer")
    bia.choose("mine", "Edit")
    bia.page.keyboard.press("Escape")
    expect(about(bia)).to_contain_text("Reply to")
    bia.composer.press("Enter")
    ana.sees("a question", "mine", "an answer")
    expect(quote(ana, "an answer")).to_have_text("a question")
    expect(about(bia)).to_be_hidden()


def test_after_a_no_to_calling_everybody_it_is_in_the_field_as_it_was(ana: Person, bia: Person) -> None:
    ana.write("a question")
    bia.sees("a question")
    dialog = bia.page.locator("#all-dialog")
    bia.choose("a question", "Reply")
    bia.write("@all an answer")
    expect(dialog).to_be_visible()
    assert "“all”" not in bia.page.content()  # how programs say yes is nothing for people
    bia.page.keyboard.press("Escape")
    expect(bia.composer).to_have_value("@all an answer")
    expect(about(bia)).to_contain_text("Reply to")
    bia.write("an answer")
    ana.sees("a question", "an answer")
    expect(quote(ana, "an answer")).to_have_text("a question")
    bia.choose("an answer", "Edit")
    bia.write("@all an answer")
    expect(dialog).to_be_visible()
    bia.page.keyboard.press("Escape")
    expect(about(bia)).to_contain_text("You are changing your message: an answer")
    expect(bia.composer).to_have_value("@all an answer")
    bia.page.keyboard.press("Escape")
    bia.sees("a question", "an answer")
    expect(bia.page.locator(".deed:visible")).to_have_count(0)


def test_a_poll_that_calls_everybody_is_not_taken_apart_by_a_no(ana: Person, bia: Person) -> None:
    bia.write("here")
    ana.sees("here")
    page = ana.page
    page.locator("#poll-open").click()
    page.keyboard.type("@all, tea?")
    fields = page.locator(".poll-fields input")
    fields.nth(0).fill("Yes")
    fields.nth(1).fill("No")
    page.locator("#poll-dialog").get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#all-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(ana.composer).to_have_value("")
    expect(ana.unsent.locator(".poll-name")).to_have_text(["Yes", "No"])
    ana.unsent.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Call 1 person").click()
    bia.sees("here", "@all, tea?")
    expect(bia.page.locator(".poll-name")).to_have_text(["Yes", "No"])


def test_nothing_on_others_screens_keeps_a_text_that_was_deleted(ana: Person, bia: Person) -> None:
    ana.write("secret one", "secret two", "secret three")
    bia.sees("secret one", "secret two", "secret three")
    ana.choose("secret one", "Edit")
    ana.write("first secret")
    bia.choose("first secret", "Versions")
    expect(bia.page.locator(".version-text")).to_have_text(["first secret", "secret one"])
    delete(ana, "first secret")
    expect(bia.page.locator("#versions-dialog")).to_be_hidden()
    bia.menu("secret two")
    delete(ana, "secret two")
    expect(bia.page.get_by_role("menu")).to_be_hidden()
    bia.choose("secret three", "Reply")
    bia.composer.fill("an answer")
    delete(ana, "secret three")
    expect(about(bia)).to_contain_text(f"Reply to \u2068Ana\u2069: {GONE}")
    expect(bia.messages.filter(has_text=GONE)).to_have_count(3)
    assert "secret" not in bia.page.content()
    assert "secret" not in bia.page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])")
    bia.composer.press("Enter")
    ana.sees(GONE, GONE, GONE, "an answer")


def test_an_edit_of_what_is_deleted_meanwhile_goes_on_as_a_draft(
    server: Server, ana: Person, make_person: Callable[..., Person]
) -> None:
    ana.write("one", "two")
    ana.sees("one", "two")
    other = make_person(server.url, beside=ana).visit()
    other.sees("one", "two")
    ana.composer.fill("half a thought")
    ana.choose("two", "Edit")
    ana.composer.fill("two, and a long explanation")
    delete(other, "two")
    expect(ana.composer).to_have_value("half a thought\n\ntwo, and a long explanation")
    expect(about(ana)).to_be_hidden()
    expect(ana.page.locator("#notice")).to_contain_text("was deleted")
    ana.composer.fill("")
    ana.choose("one", "Edit")
    delete(other, "one")
    expect(about(ana)).to_be_hidden()
    expect(ana.composer).to_have_value("")


def test_an_edit_that_comes_too_late_for_its_message_goes_on_as_a_draft(
    server: Server, ana: Person, line: Line, make_person: Callable[..., Person]
) -> None:
    other = make_person(server.url, beside=ana, line=line).visit()
    ana.write("one")
    other.sees("one")
    line.cut()
    other.choose("one", "Edit")
    other.write("one, and a long explanation")
    delete(ana, "one")
    ana.sees(GONE)
    line.mend()
    other.is_connected()
    expect(other.composer).to_have_value("one, and a long explanation")
    other.sees(GONE)
    expect(other.page.locator(".deed:visible")).to_have_count(0)


def test_what_cannot_be_changed_any_more_does_not_get_into_another_edit(
    server: Server, ana: Person, line: Line, make_person: Callable[..., Person]
) -> None:
    other = make_person(server.url, beside=ana, line=line).visit()
    ana.write("one", "two")
    other.sees("one", "two")
    line.cut()
    other.choose("one", "Edit")
    other.write("one, and a long explanation")
    other.choose("two", "Edit")
    delete(ana, "one")
    ana.sees(GONE, "two")
    line.mend()
    other.is_connected()
    expect(other.page.locator("#notice")).to_contain_text("was deleted")
    expect(other.composer).to_have_value("two")
    other.composer.press("Escape")
    expect(other.composer).to_have_value("one, and a long explanation")


def test_who_empties_a_message_is_asked_whether_to_delete_it(ana: Person, bia: Person) -> None:
    ana.write("superfluous")
    bia.sees("superfluous")
    ana.choose("superfluous", "Edit")
    ana.composer.fill(" ")
    ana.composer.press("Enter")
    expect(ana.page.get_by_role("dialog", name="Delete this message?")).to_contain_text("superfluous")
    ana.page.get_by_role("button", name="Delete").click()
    bia.sees(GONE)
    expect(about(ana)).to_be_hidden()
    expect(ana.composer).to_have_value("")
    expect(ana.page.locator("#notice-words")).to_have_text("")


def test_a_long_message_is_shown_at_its_end_where_the_cursor_is(ana: Person, bia: Person) -> None:
    ana.write("\n".join(f"line {number}" for number in range(60)))
    expect(ana.unsent).to_have_count(0)
    ana.composer.press("ArrowUp")
    expect(ana.composer).to_have_js_property("selectionStart", len(ana.composer.input_value()))
    left = ana.composer.evaluate("field => field.scrollHeight - field.clientHeight - field.scrollTop")
    assert left <= 1
