"""Writing and sending: what one writes is there at once, arrives once and in order, or says that it did not."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.actors import Server

from .conftest import Line, Person


def test_a_message_reaches_everybody(ana: Person, bia: Person) -> None:
    ana.write("Good morning")
    bia.sees("Good morning")
    ana.sees("Good morning")
    expect(bia.messages.last.locator(".author")).to_have_text("Ana")


def test_a_message_is_there_at_once_and_dimmed_until_the_server_has_it(server: Server, ana: Person) -> None:
    os.kill(server.worker(), signal.SIGSTOP)
    try:
        ana.write("Is anybody there?")
        expect(ana.unsent.locator(".text")).to_have_text(["Is anybody there?"])
        expect(ana.unsent.locator(".fate")).to_be_hidden()
    finally:
        os.kill(server.worker(), signal.SIGCONT)
    ana.sees("Is anybody there?")


def test_a_message_that_is_not_acknowledged_offers_another_try_or_to_be_discarded(server: Server, ana: Person) -> None:
    os.kill(server.worker(), signal.SIGSTOP)
    try:
        ana.write("keep this", "drop this")
        failed = ana.page.locator(".message.failed")
        expect(failed).to_have_count(2, timeout=15_000)
        expect(failed.first.locator(".fate")).to_contain_text("Not sent")
        failed.last.get_by_role("button", name="Discard").click()
        expect(ana.unsent.locator(".text")).to_have_text(["keep this"])
        failed.first.get_by_role("button", name="Try again").click()
    finally:
        os.kill(server.worker(), signal.SIGCONT)
    ana.sees("keep this")
    assert ana.all_texts() == ["keep this"]


def test_shift_enter_breaks_the_line_and_enter_sends(ana: Person, bia: Person) -> None:
    ana.composer.press_sequentially("first")
    ana.composer.press("Shift+Enter")
    ana.composer.press_sequentially("  second")
    ana.composer.press("Enter")
    bia.sees("first\n  second")
    assert bia.all_texts() == ["first\n  second"]
    expect(ana.composer).to_have_value("")


@pytest.mark.parametrize("sign", ["isComposing: true", "keyCode: 229"])
def test_enter_does_not_send_while_an_input_method_is_composing(ana: Person, sign: str) -> None:
    ana.composer.fill("にほん")
    ana.composer.evaluate(
        f"field => field.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, {sign}}}))"
    )
    expect(ana.composer).to_have_value("にほん")
    ana.composer.press("Enter")
    ana.sees("にほん")


def test_nothing_but_blank_space_is_not_sent(ana: Person) -> None:
    ana.write("  \n ", "something")
    ana.sees("something")
    assert ana.all_texts() == ["something"]


def test_the_counter_counts_as_the_server_does_and_what_is_too_long_says_so(ana: Person, bia: Person) -> None:
    note = ana.page.locator("#composer-note")
    ana.composer.fill("x" * 8_999)
    expect(note).to_be_hidden()
    ana.composer.fill("x" * 9_000)
    expect(note).to_have_text("1,000 characters left")
    ana.composer.fill("🎈" * 9_990)
    expect(note).to_have_text("10 characters left")
    ana.composer.fill("🎈" * 10_003)
    expect(note).to_have_text("Too long to send: 3 characters too many")
    ana.composer.press("Enter")
    expect(ana.unsent).to_have_count(0)
    expect(ana.composer).to_have_value("🎈" * 10_003)
    ana.write("🎈" * 10_000)
    bia.messages.last.get_by_role("button", name="Show all").click()
    bia.sees("🎈" * 10_000)


def test_links_can_be_clicked_and_markup_stays_text(ana: Person, bia: Person) -> None:
    text = '<b>see</b> (https://example.org/a_(b)?q=1), javascript:alert(1) <img src=x onerror="alert(1)">'
    ana.write(text)
    bia.sees(text)
    links = bia.texts.last.locator("a")
    expect(links).to_have_count(1)
    expect(links).to_have_attribute("href", "https://example.org/a_(b)?q=1")
    expect(links).to_have_attribute("rel", "noopener nofollow ugc")
    expect(bia.texts.last.locator("img, b")).to_have_count(0)


def test_drafts_are_kept_by_room_through_a_reload_and_the_servers_death(server: Server, ana: Person) -> None:
    ana.composer.fill("half a thought")
    server.kill()
    server.start()
    ana.visit()
    expect(ana.composer).to_have_value("half a thought")
    ana.page.locator("#rooms-new").click()
    ana.page.locator("#room-field").fill("Elsewhere")
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("#room-name")).to_have_text("Elsewhere")
    expect(ana.composer).to_have_value("")
    ana.room("general").click()
    expect(ana.composer).to_have_value("half a thought")
    ana.composer.press("Enter")
    ana.sees("half a thought")
    ana.visit()
    expect(ana.composer).to_have_value("")


def test_unsent_messages_survive_a_reload_and_go_out_once_and_in_order(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    line.cut()
    ana.write("one", "two", "three")
    expect(ana.unsent).to_have_count(3)
    ana.page.reload()
    expect(ana.unsent.locator(".text")).to_have_text(["one", "two", "three"])
    ana.write("four")
    line.mend()
    ana.sees("one", "two", "three", "four")
    bia.sees("one", "two", "three", "four")
    assert bia.all_texts() == ["one", "two", "three", "four"]
    ana.visit()
    ana.sees("one", "two", "three", "four")
    assert ana.all_texts() == ["one", "two", "three", "four"]


def test_two_tabs_of_one_person_lose_nothing_and_double_nothing(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    first = make_person(server.url, line=line).visit(name="Ana")
    second = make_person(server.url, beside=first, line=line).visit()
    line.cut()
    first.write("a1", "a2")
    second.write("b1", "b2")
    first.page.close()
    second.page.reload()
    line.mend()
    second.is_connected()
    expect(bia.texts).to_have_count(4, timeout=25_000)
    assert sorted(bia.all_texts()) == ["a1", "a2", "b1", "b2"]
    second.sees("a1", "a2", "b1", "b2")


def test_one_who_is_too_fast_is_slowed_down_and_everything_arrives_in_order(
    make_server: Callable[..., Server], make_person: Callable[..., Person]
) -> None:
    server = make_server(RATE_LIMIT=5, RATE_BURST=3).start()
    ana = make_person(server.url).visit(name="Ana")
    texts = [f"message {number}" for number in range(12)]
    ana.write(*texts)
    ana.sees(*texts)
    assert ana.all_texts() == texts


def test_a_message_that_is_too_large_for_the_way_is_refused_and_the_next_ones_go_out(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    line.answers = lambda command: 1009 if command.get("text") == "large" else None
    ana.write("large", "small")
    bia.sees("small")
    ana.is_connected()
    expect(ana.unsent).to_have_count(1)
    expect(ana.unsent.locator(".fate")).to_contain_text("Not sent: the line is too thin")
    line.answers = lambda command: None
    ana.unsent.get_by_role("button", name="Try again").click()
    bia.sees("small", "large")


def test_the_page_works_where_storage_is_forbidden(server: Server, make_person: Callable[..., Person]) -> None:
    ana = make_person(server.url)
    ana.page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name,"
        " {get() { throw new DOMException('forbidden', 'SecurityError'); }});"
    )
    ana.visit(name="Ana")
    ana.write("without any storage")
    ana.sees("without any storage")
