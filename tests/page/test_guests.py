"""Guests are marked as guests wherever their names stand: any free name may be theirs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.actors import Server

from .conftest import Line, Person, let_happen
from .test_overlays import settled

PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "pt-BR"}
DESKTOP = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", "locale": "en-US"}


@pytest.mark.parametrize(
    ("device", "word"), [pytest.param(DESKTOP, "guest", id="desktop"), pytest.param(PHONE, "convidado", id="phone")]
)
def test_a_guest_is_marked_wherever_the_name_stands(
    server: Server, make_person: Callable[..., Person], device: dict[str, object], word: str
) -> None:
    ana = make_person(server.url, **device).visit(name="Ana Prado")
    guest = server.enter("Ana")
    guest.hear("message", nonce=guest.post("I am Ana, really"))
    ana.write("No, I am")
    ana.sees("I am Ana, really", "No, I am")
    guest.say("post", room="general", text="Who is?", nonce="r1", reply_to=1)
    guest.say("react", room="general", target=2, emoji="👍", on=True, nonce="r2")
    ana.sees("Who is?")
    page = ana.page

    def marks(root: Locator) -> Locator:
        return root.locator(".guest").filter(visible=True)

    for text, count in (("I am Ana, really", 1), ("No, I am", 0), ("Who is?", 2)):
        expect(marks(ana.message(text))).to_have_text([word] * count)
    expect(ana.message("No, I am").locator(".chip").first).to_have_attribute("data-tip", f"👍 \u2068Ana\u2069 ({word})")
    ana.composer.press_sequentially("@an")
    expect(page.get_by_role("option").first).to_have_text(f"AAna {word}")
    ana.composer.fill("")
    page.reload()
    ana.is_connected()
    expect(marks(ana.message("I am Ana, really"))).to_have_text(word)
    if page.locator("#people-open").is_visible():
        page.locator("#people-open").click()
    entries = page.locator("li.person")
    expect(entries).to_have_count(2)
    expect(marks(entries.filter(has_text="Prado"))).to_have_count(0)
    expect(marks(entries.filter(has_not_text="Prado"))).to_have_text(word)


def test_a_guest_is_marked_among_pins_mentions_and_what_is_found(
    server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url, viewport={"width": 1280, "height": 800}).visit(name="Ana Prado")
    guest = server.enter("Ana")
    guest.hear("message", nonce=guest.post("@Ana Prado hello"))
    ana.sees("@Ana Prado hello")
    ana.choose("@Ana Prado hello", "Pin")
    page = ana.page
    page.locator("#mentions-open").click()
    expect(page.locator(".mention-link .byline .guest")).to_have_text("guest")
    page.keyboard.press("Escape")
    page.locator("#pins-open").click()
    expect(page.locator(".pin .guest")).to_have_text("guest")
    page.keyboard.press("Escape")
    settled(page)  # that step would cancel a visit of another page
    page.goto(f"{server.url}/search?q=hello")
    expect(page.locator(".hit .guest")).to_have_text("guest")


def test_a_page_without_cookies_stores_a_repeated_message_once(
    server: Server, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line)
    ana.page.route("**/api/me", lambda route: route.fulfill(status=200, json={"id": "x", "name": "Ana"}))
    ana.visit(name="Ana")

    def stored() -> list[str]:
        page = json.loads(server.get("/api/rooms/general/messages")[2])
        return [message["author"]["id"] for message in page["messages"]]

    ana.write("hello")
    ana.sees("hello")
    line.loses = lambda frame: True
    ana.write("again")
    let_happen(ana.page, lambda: len(stored()) == 2)
    line.loses = lambda frame: False
    line.cut()
    line.mend()
    ana.sees("hello", "again")
    ana.write("and again")
    ana.sees("hello", "again", "and again")
    assert len(stored()) == 3
    assert len(set(stored())) == 1
