"""Text that was written and not sent: it is there again, whatever happened to the page in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Dialog, Route, expect

from tests.actors import Server

from .conftest import CONNECTED, Line, Person, let_happen
from .test_looks import has_no_violations


@contextmanager
def before_the_scripts(person: Person, path: str = "/") -> Iterator[None]:
    """The page as it is before its scripts have loaded; they run at the end of the block."""
    held: list[Route] = []
    person.page.route("**/js/main.js", lambda route: held.append(route), times=1)
    person.page.goto(person.url + path, wait_until="commit")
    expect(person.composer).to_be_visible()
    yield
    let_happen(person.page, lambda: len(held) > 0)
    held[0].continue_()
    person.is_connected()


def selection(person: Person) -> list[int]:
    found: list[int] = person.composer.evaluate("field => [field.selectionStart, field.selectionEnd]")
    return found


def test_text_typed_before_the_scripts_run_stays_with_its_selection(ana: Person) -> None:
    with before_the_scripts(ana):
        ana.composer.press_sequentially("typed early")
        ana.composer.press("Shift+ArrowLeft")
        ana.page.locator("#composer-send").click(force=True)
    expect(ana.composer).to_have_value("typed early")
    assert selection(ana) == [10, 11]
    ana.composer.press_sequentially("!")
    with before_the_scripts(ana):
        ana.composer.press_sequentially("and more")
        ana.composer.press("Home")
    expect(ana.composer).to_have_value("typed earl!\n\nand more")
    assert selection(ana) == [13, 13]
    assert ana.page.url == f"{ana.url}/"
    ana.visit()
    expect(ana.composer).to_have_value("typed earl!\n\nand more")
    ana.composer.press("Enter")
    ana.sees("typed earl!\n\nand more")


def test_text_typed_before_the_scripts_run_waits_for_an_edit_or_a_name(
    server: Server, ana: Person, make_person: Callable[..., Person]
) -> None:
    ana.write("one")
    ana.sees("one")
    ana.choose("one", "Edit")
    ana.composer.fill("one, changed")
    with before_the_scripts(ana):
        ana.composer.press_sequentially("typed early")
    expect(ana.composer).to_have_value("one, changed")
    ana.composer.press("Escape")
    expect(ana.composer).to_have_value("typed early")
    new = make_person(server.url)
    held: list[Route] = []
    new.page.route("**/js/main.js", lambda route: held.append(route), times=1)
    new.page.goto(new.url, wait_until="commit")
    new.composer.press_sequentially("hello")
    new.composer.press("Enter")
    new.page.locator("#composer-send").click(force=True)
    let_happen(new.page, lambda: len(held) > 0)
    held[0].continue_()
    new.page.locator("#name-field").fill("Caio")
    new.page.keyboard.press("Enter")
    new.is_connected()
    expect(new.composer).to_have_value("hello\n")


FILL = """(name) => {
  let number = 0;
  for (let size = 2 ** 21; size >= 1; size = Math.floor(size / 2)) {
    try {
      while (true) window[name].setItem(`full.${(number += 1)}`, "x".repeat(size));
    } catch {} // full, for a value of that size
  }
}"""
UNKEPT = "This browser cannot keep what you write. Send it before you close or reload this page."
FORBID = """for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("forbidden", "SecurityError"); } });
}"""


def test_a_draft_survives_a_reload_when_storage_is_full(ana: Person) -> None:
    unkept = ana.page.locator("#unkept")
    ana.composer.fill("an older draft")
    ana.page.evaluate(FILL, "localStorage")
    ana.composer.fill("the newest draft, which is longer")
    ana.visit()
    expect(ana.composer).to_have_value("the newest draft, which is longer")
    expect(unkept).to_be_hidden()
    ana.page.evaluate(FILL, "sessionStorage")
    ana.composer.fill("there is no room for this draft anywhere, and so the person is told")
    expect(unkept).to_have_text(UNKEPT)
    ana.composer.press("Enter")
    ana.sees("there is no room for this draft anywhere, and so the person is told")
    expect(unkept).to_be_hidden()
    ana.visit()
    expect(ana.composer).to_have_value("")


def test_where_storage_is_forbidden_the_person_is_told_before_the_text_is_lost(
    server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url)
    ana.page.add_init_script(FORBID)
    ana.visit(name="Ana")
    unkept = ana.page.locator("#unkept")
    expect(unkept).to_be_hidden()
    ana.composer.press_sequentially("not kept")
    expect(unkept).to_have_text(UNKEPT)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    ana.page.on("dialog", stay)
    ana.page.evaluate("setTimeout(() => location.reload())")
    let_happen(ana.page, lambda: asked == ["beforeunload"])
    expect(ana.composer).to_have_value("not kept")
    ana.composer.press("Enter")
    ana.sees("not kept")
    expect(unkept).to_be_hidden()


def test_a_large_draft_is_kept_when_the_page_is_left_at_once(ana: Person) -> None:
    ana.composer.fill("x" * 60_000)
    ana.page.reload()
    ana.is_connected()
    expect(ana.composer).to_have_value("x" * 60_000)


def test_two_tabs_with_drafts_of_one_room_lose_neither(
    server: Server, ana: Person, make_person: Callable[..., Person]
) -> None:
    other = make_person(server.url, beside=ana)
    other.page.add_init_script("addEventListener('storage', (event) => event.stopImmediatePropagation(), true)")
    other.visit()
    other.composer.fill("written here")
    expect(ana.composer).to_have_value("written here")
    ana.composer.fill("written there")
    other.composer.press("End")
    other.composer.press_sequentially(", and more")
    both = "written there\n\nwritten here, and more"
    expect(other.composer).to_have_value(both)
    expect(ana.composer).to_have_value(both)
    ana.composer.fill("while the other one was frozen")
    other.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(other.composer).to_have_value("while the other one was frozen")
    other.composer.press("Enter")
    ana.sees("while the other one was frozen")
    expect(ana.composer).to_have_value("")


def test_what_a_lost_identity_left_unsent_is_offered_again(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    bia.write("a question")
    ana.sees("a question")
    line.cut()
    ana.write("one", "two", "three")
    ana.choose("a question", "Reply")
    ana.write("an answer")
    expect(ana.unsent).to_have_count(4)
    ana.page.context.clear_cookies()
    ana.page.reload()
    line.mend()
    ana.page.locator("#name-field").fill("Ana again")
    ana.page.keyboard.press("Enter")
    ana.is_connected()
    bar, dialog = ana.page.locator("#leftovers"), ana.page.locator("#leftovers-dialog")
    expect(bar).to_contain_text("4 texts were written here and never sent.")
    bar.get_by_role("button").click()
    entries = dialog.locator(".leftover")
    expect(entries.locator(".leftover-text")).to_have_text(["one", "two", "three", "an answer"])
    expect(entries.first.locator(".leftover-facts")).to_contain_text("general · Ana · ")
    has_no_violations(ana)
    line.cut()
    expect(ana.page.locator("#me-status")).not_to_have_text(CONNECTED)
    line.mend()
    ana.is_connected()  # and has looked for them again
    entries.last.get_by_role("button", name="Send").click()
    bia.sees("a question", "an answer")
    expect(bia.messages.last.locator(".author")).to_have_text("Ana again")
    expect(bia.messages.last.locator(".quote-text")).to_have_text("a question")
    entries.first.get_by_role("button", name="Discard").click()
    expect(entries.locator(".leftover-text")).to_have_text(["two", "three"])
    for _ in range(2):
        entries.first.get_by_role("button", name="Edit").click()
        expect(dialog).to_be_hidden()
        expect(ana.composer).to_be_focused()
        if bar.is_visible():
            bar.get_by_role("button").click()
    expect(ana.composer).to_have_value("two\n\nthree")
    expect(bar).to_be_hidden()
    ana.visit()
    expect(ana.composer).to_have_value("two\n\nthree")
    expect(bar).to_be_hidden()


def test_what_was_written_for_a_room_that_is_gone_is_offered_again(
    server: Server, ana: Person, make_person: Callable[..., Person]
) -> None:
    entry = {"nonce": "n", "room": "gone", "command": {"type": "post", "text": "unsent"}, "note": None, "at": 1}
    ana.page.evaluate(
        """async (entry) => {
            const { id: author } = await (await fetch("/api/me")).json();
            localStorage.setItem("chatapp.unsent.n", JSON.stringify({ ...entry, author, tab: "closed" }));
            localStorage.setItem("chatapp.draft.gone", "a draft");
            localStorage.setItem("chatapp.draft.general", "the draft of this room");
            const of = (text) => ({ ...entry, nonce: text, author: "another", tab: "closed" });
            const edit = { ...of("e"), command: { type: "edit", target: 1, text: "an edit" } };
            const pin = { ...of("p"), command: { type: "pin", target: 1, on: true } };
            for (const each of [edit, pin]) localStorage.setItem(`chatapp.deed.${each.nonce}`, JSON.stringify(each));
        }""",
        entry,
    )
    ana.visit()
    ana.page.locator("#leftovers button").click()
    entries = ana.page.locator(".leftover")
    expect(entries.locator(".leftover-text")).to_have_text(["unsent", "an edit", "a draft"])
    expect(entries.get_by_role("button", name="Send")).to_have_count(0)
    entries.first.get_by_role("button", name="Edit").click()
    expect(ana.composer).to_have_value("the draft of this room\n\nunsent")
    ana.page.locator("#leftovers button").click()
    entries.first.get_by_role("button", name="Discard").click()
    entries.first.get_by_role("button", name="Discard").click()
    expect(ana.page.locator("#leftovers-dialog")).to_be_hidden()
    kept = ana.page.evaluate("() => Object.keys(localStorage).filter((key) => /unsent|deed|gone/.test(key))")
    assert kept == []


def test_a_message_that_was_rejected_gives_its_text_back(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    bia.write("a question")
    ana.sees("a question")
    no = {"type": "error", "code": "too-long", "detail": "It is too long."}
    line.answers = lambda command: {**no, "nonce": command["nonce"]} if command["type"] == "post" else None
    ana.choose("a question", "Reply")
    ana.write("an answer", "more")
    expect(ana.unsent.locator(".fate-text")).to_have_text(["Not sent: It is too long."] * 2)
    ana.unsent.first.get_by_role("button", name="Edit").click()
    expect(ana.composer).to_have_value("an answer")
    expect(ana.page.locator("#composer-about")).to_contain_text("Reply to")
    ana.unsent.first.get_by_role("button", name="Edit").click()
    expect(ana.composer).to_have_value("an answer\n\nmore")
    expect(ana.unsent).to_have_count(0)
    line.answers = lambda command: None
    ana.composer.press("Enter")
    bia.sees("a question", "an answer\n\nmore")
    expect(bia.messages.last.locator(".quote-text")).to_have_text("a question")


def test_what_is_typed_before_the_scripts_run_is_looked_for(ana: Person) -> None:
    ana.write("needle", "hay")
    ana.sees("needle", "hay")
    held: list[Route] = []
    ana.page.route("**/js/search/main.js", lambda route: held.append(route), times=1)
    ana.page.goto(f"{ana.url}/search", wait_until="commit")
    field = ana.page.locator("#search-field")
    field.press_sequentially("needle")
    let_happen(ana.page, lambda: len(held) > 0)
    held[0].continue_()
    expect(ana.page.locator(".hit-text")).to_have_text(["needle"])
    expect(field).to_have_value("needle")


def test_an_edit_that_is_interrupted_keeps_its_text(ana: Person) -> None:
    ana.write("one", "two")
    ana.sees("one", "two")
    ana.choose("one", "Edit")
    ana.composer.fill("one, changed at length")
    ana.choose("one", "Edit")
    expect(ana.composer).to_have_value("one, changed at length")
    ana.choose("two", "Edit")
    expect(ana.composer).to_have_value("two")
    ana.choose("one", "Reply")
    expect(ana.composer).to_have_value("")
    ana.page.reload()
    ana.is_connected()
    ana.choose("one", "Edit")
    expect(ana.composer).to_have_value("one, changed at length")
    ana.composer.press("Enter")
    ana.sees("one, changed at length", "two")


def test_what_is_written_in_a_form_outlives_escape_and_a_reload(ana: Person) -> None:
    page = ana.page
    page.locator("#poll-open").click()
    page.locator("#poll-question").fill("Tea?")
    page.locator(".poll-fields input").last.fill("No")
    page.keyboard.press("Escape")
    page.locator("#place-open").click()
    page.locator("#place-topic").fill("a long topic")
    page.reload()
    ana.is_connected()
    page.locator("#place-open").click()
    expect(page.locator("#place-topic")).to_have_value("a long topic")
    expect(page.locator("#place-name")).to_have_value("general")
    page.locator("#place-dialog .cancel").click()
    page.locator("#place-open").click()
    expect(page.locator("#place-topic")).to_have_value("")
    page.keyboard.press("Escape")
    page.locator("#rooms-new").click()
    page.locator("#room-field").fill("Half a na")
    page.keyboard.press("Escape")
    page.locator("#rooms-new").click()
    expect(page.locator("#room-field")).to_have_value("Half a na")
    page.locator("#room-dialog .cancel").click()
    page.locator("#poll-open").click()
    expect(page.locator("#poll-question")).to_have_value("Tea?")
    assert page.locator(".poll-fields input").evaluate_all("all => all.map(({ value }) => value)") == ["", "No"]
    page.locator(".poll-fields input").first.fill("Yes")
    page.get_by_role("button", name="Ask", exact=True).click()
    ana.sees("Tea?")
    page.reload()
    ana.is_connected()
    page.locator("#poll-open").click()
    expect(page.locator("#poll-question")).to_have_value("")


def test_a_poll_that_was_rejected_goes_back_into_its_form(
    server: Server, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    no = {"type": "error", "code": "too-long", "detail": "It is too long."}
    line.answers = lambda command: {**no, "nonce": command["nonce"]} if command["type"] == "post" else None
    page = ana.page
    page.locator("#poll-open").click()
    page.locator("#poll-question").fill("Tea?")
    for index, option in enumerate(("Yes", "No")):
        page.locator(".poll-fields input").nth(index).fill(option)
    page.locator("[name=anonymous]").check()
    page.get_by_role("button", name="Ask", exact=True).click()
    ana.unsent.get_by_role("button", name="Edit").click()
    expect(page.locator("#poll-question")).to_have_value("Tea?")
    expect(page.locator("[name=anonymous]")).to_be_checked()
    expect(ana.unsent).to_have_count(0)
    line.answers = lambda command: None
    page.get_by_role("button", name="Ask", exact=True).click()
    ana.sees("Tea?")
    expect(page.locator(".poll-name")).to_have_text(["Yes", "No"])
