"""The search page: found while one types, led on by keys, kept in the address, harmless whatever was said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.actors import NO_RATE_LIMITS, Server
from tests.hostile_texts import LAYOUTS

from .conftest import Person, let_happen
from .test_looks import TWO_LOOKS, has_no_violations

XSS = "<img src=x onerror=alert(1)> &lt;b&gt; <mark>needle</mark>"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with something to search in."""
    server = Server(tmp_path_factory.mktemp("search") / "data", **NO_RATE_LIMITS).start()
    talker = server.enter("Mallory")
    for said in (*LAYOUTS, XSS, "Comunicação é tudo", *(f"entry {number}" for number in range(60))):
        talker.hear("message", nonce=talker.post(said))
    talker.close()
    yield server
    server.stop()


@pytest.fixture
def reader(library: Server, make_person: Callable[..., Person]) -> Page:
    """Somebody at the search page."""
    page = make_person(library.url).page
    page.goto(f"{library.url}/search")
    return page


def texts(page: Page) -> Any:
    return page.locator(".hit-text")


def test_it_is_found_while_one_types_and_the_address_leads_back_to_it(reader: Page, library: Server) -> None:
    expect(reader.locator("#search-field")).to_be_focused()
    reader.keyboard.type("comuni")
    expect(texts(reader)).to_have_text(["Comunicação é tudo"])
    expect(reader.locator(".hit mark")).to_have_text(["Comunicação"])
    expect(reader.locator("#search-status")).to_have_text("1 message")
    expect(reader).to_have_url(f"{library.url}/search?q=comuni")
    expect(reader).to_have_title("comuni · Search · chatapp")
    reader.reload()
    expect(reader.locator("#search-field")).to_have_value("comuni")
    expect(texts(reader)).to_have_count(1)
    reader.locator("#search-field").fill("tudo")
    reader.keyboard.press("Enter")
    expect(reader).to_have_url(f"{library.url}/search?q=tudo")
    reader.locator("#search-field").fill("")
    expect(texts(reader)).to_have_count(0)
    expect(reader.locator("#search-status")).to_have_text("")


def test_back_and_forward_go_through_what_was_looked_for(reader: Page) -> None:
    for line in ("tudo", "needle"):
        reader.goto(re.sub(r"\?.*", "", reader.url) + f"?q={line}")
        expect(texts(reader)).to_have_count(1)
    reader.go_back()
    expect(texts(reader)).to_have_text(["Comunicação é tudo"])
    reader.locator("#search-field").fill("é tudo")
    reader.locator("#search-field").press("Enter")
    expect(reader.locator(".hit mark")).to_have_count(2)
    reader.go_forward()
    expect(texts(reader)).to_have_count(1)


def test_a_result_is_a_link_to_the_message_and_the_keys_walk_through_them(reader: Page) -> None:
    reader.keyboard.type("entry")
    expect(texts(reader)).to_have_count(50)
    expect(texts(reader).first).to_have_text("entry 59")
    reader.keyboard.press("ArrowDown")
    reader.keyboard.press("ArrowDown")
    second = reader.locator(".hit").nth(1)
    expect(second).to_be_focused()
    assert re.fullmatch(r"/r/general/\d+#hit=entry", second.get_attribute("href") or "")
    reader.keyboard.press("ArrowUp")
    reader.keyboard.press("ArrowUp")
    expect(reader.locator("#search-field")).to_be_focused()
    reader.keyboard.press("ArrowDown")
    reader.keyboard.press("Escape")
    expect(reader.locator("#search-field")).to_be_focused()
    reader.locator(".hit").nth(40).click()
    expect(reader).to_have_url(re.compile(r"/r/general/\d+#hit=entry$"))
    expect(reader.locator(".message .text").filter(has_text=re.compile(r"^\s*entry 19\s*$"))).to_be_in_viewport()


def test_the_older_ones_come_behind_and_take_the_focus(reader: Page) -> None:
    reader.keyboard.type("entry")
    expect(reader.locator("#search-status")).to_have_text("The newest 50 messages")
    reader.get_by_role("button", name="Older ones").click()
    expect(texts(reader)).to_have_count(60)
    expect(texts(reader).last).to_have_text("entry 0")
    expect(reader.locator(".hit").nth(50)).to_be_focused()
    expect(reader.locator("#search-status")).to_have_text("60 messages")
    expect(reader.get_by_role("button", name="Older ones")).to_be_hidden()


def test_what_was_said_stays_text(reader: Page) -> None:
    reader.on("dialog", lambda dialog: pytest.fail("a script ran"))
    reader.keyboard.type("needle")
    expect(texts(reader)).to_have_text([XSS])
    expect(reader.locator(".hit mark")).to_have_text(["needle"])
    assert reader.locator(".hit img, .hit b").count() == 0


def test_examples_are_put_into_the_field_and_what_cannot_be_meant_is_said(reader: Page) -> None:
    reader.keyboard.type("entry")
    reader.get_by_role("button", name="has:code").click()
    expect(reader.locator("#search-field")).to_have_value("entry has:code")
    expect(reader.locator("#search-status")).to_have_text("No message is like that.")
    reader.locator("#search-field").fill("entry in:nowhere")
    expect(reader.locator("#search-notes")).to_have_text("There is no room “in:nowhere”.")
    expect(texts(reader)).to_have_count(0)
    reader.locator("#search-field").fill("entry ")
    expect(reader.locator("#search-notes")).to_be_hidden()


def test_a_search_that_does_not_work_says_so_and_can_be_tried_again(reader: Page) -> None:
    reader.route("**/api/search*", lambda route: route.abort())
    reader.keyboard.type("tudo")
    expect(reader.locator("#search-status")).to_have_text("The search did not work. Try again in a moment.")
    reader.unroute("**/api/search*")
    reader.keyboard.press("Enter")
    expect(texts(reader)).to_have_count(1)


def test_an_answer_that_comes_late_is_not_shown(reader: Page) -> None:
    held: list[Any] = []
    reader.route("**/api/search?q=tudo*", lambda route: held.append(route))
    reader.locator("#search-field").fill("tudo")
    reader.keyboard.press("Enter")
    reader.locator("#search-field").fill("needle")
    reader.keyboard.press("Enter")
    expect(texts(reader)).to_have_text([XSS])
    held[0].continue_()
    expect(reader.locator("#search-results")).not_to_have_attribute("aria-busy", "true")
    expect(texts(reader)).to_have_text([XSS])


def test_an_answer_that_comes_while_one_walks_through_the_results_gives_the_focus_to_the_field(reader: Page) -> None:
    held: list[Any] = []
    reader.keyboard.type("entry")
    expect(texts(reader)).to_have_count(50)
    reader.route(re.compile(r"q=entry\+5"), lambda route: held.append(route))
    reader.keyboard.type(" 5")
    let_happen(reader, lambda: len(held) > 0)
    reader.keyboard.press("ArrowDown")
    expect(reader.locator(".hit").first).to_be_focused()
    held[0].continue_()
    expect(texts(reader)).to_have_count(11)
    expect(reader.locator("#search-field")).to_be_focused()


def test_the_chat_leads_to_the_search(library: Server, make_person: Callable[..., Person]) -> None:
    ana = make_person(library.url).visit(name="Ana who looks")
    ana.page.get_by_role("link", name="Search messages").click()
    expect(ana.page.locator("#search-field")).to_be_focused()


@TWO_LOOKS
def test_axe_finds_nothing_in_the_search(
    library: Server, make_person: Callable[..., Person], language: str, scheme: str, device: dict[str, object]
) -> None:
    ana = make_person(library.url, locale=language, color_scheme=scheme, reduced_motion="reduce", **device)
    ana.page.goto(f"{library.url}/search")
    has_no_violations(ana)
    ana.page.goto(f"{library.url}/search?q=entry")
    expect(texts(ana.page)).to_have_count(50)
    has_no_violations(ana)
    ana.page.goto(f"{library.url}/search?q=em:nada")
    note = {"en-US": "There is no room “in:nada”.", "pt-BR": "Não há a sala “in:nada”."}[language]
    expect(ana.page.locator("#search-notes")).to_have_text(note)
    has_no_violations(ana)


@pytest.mark.parametrize("width", [320, 1280])
def test_hostile_texts_stay_within_their_hit(library: Server, make_person: Callable[..., Person], width: int) -> None:
    page = make_person(library.url, viewport={"width": width, "height": 700}).page
    page.goto(f"{library.url}/search?q=from:mallory%20-entry")
    expect(page.locator(".hit").nth(3)).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for box in page.locator(".hit").all():
        assert (box.bounding_box() or {"height": 1_000})["height"] < 300
