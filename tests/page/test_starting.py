"""A page that does not start says so and why. A browser without a convenience starts it all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from chatapp.web.browsers import OLDEST
from tests.actors import NO_RATE_LIMITS, Server
from tests.test_browsers import CONVENIENCES

from .conftest import Person

PAGES = {"/": "js/main.js", "/search": "search/main.js", "/flow": "flow/main.js", "/lab": "lab/main.js"}


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server, with all pages, for all that only look."""
    server = Server(tmp_path_factory.mktemp("starting") / "data", FLOW="open", LAB="1", **NO_RATE_LIMITS).start()
    yield server
    server.stop()


@pytest.fixture
def page(open_server: Server, make_person: Callable[..., Person]) -> Page:
    return make_person(open_server.url).page


def refuse(route: Route) -> None:
    route.abort()


def hang(route: Route) -> None:
    """The file never comes."""


def answer_with(page: Page, script: str) -> None:
    """The page gets this in place of its module."""
    page.route("**/js/main.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))


def problem(page: Page) -> Any:
    return page.get_by_role("alert").filter(has_text="This page did not load completely")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_whose_module_fails_to_load_says_so_and_which_browsers_work(
    open_server: Server, page: Page, path: str
) -> None:
    page.route(f"**/{PAGES[path]}", refuse)
    page.goto(open_server.url + path)
    expect(problem(page)).to_be_visible()
    expect(problem(page)).to_contain_text("A part of it could not be loaded.")
    expect(problem(page)).to_contain_text(PAGES[path])
    for version in OLDEST.values():
        expect(problem(page)).to_contain_text(f"from {version}")
    found = Axe().run(page, context="#start-problem", options={"resultTypes": ["violations"]})
    assert found.response["violations"] == []
    page.unroute_all()
    page.get_by_role("link", name="Reload the page").click()
    expect(page.locator("html[data-started]")).to_be_attached()
    expect(problem(page)).to_be_hidden()


def test_what_was_written_into_a_page_that_did_not_start_is_there_after_the_reload(
    open_server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(open_server.url).visit(name="Ana")
    ana.page.route("**/js/main.js", refuse)
    for _ in range(2):
        ana.page.reload()
        expect(problem(ana.page)).to_be_visible()
        ana.composer.press_sequentially("I had written this. ")
    ana.page.unroute_all()
    ana.page.get_by_role("link", name="Reload the page").click()
    ana.is_connected()
    expect(ana.composer).to_have_value("I had written this. " * 2)
    ana.composer.press("Enter")
    ana.sees("I had written this. I had written this.")


def test_a_module_with_an_error_or_an_unknown_syntax_says_what_it_was(
    open_server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(open_server.url)
    page = ana.page
    for script, said in (
        ("Missing.thing();", "Missing is not defined"),
        ("const a = ;", "Unexpected token"),
    ):
        answer_with(page, script)
        page.goto(open_server.url)
        expect(problem(page)).to_contain_text("An error stopped it while it started.")
        expect(problem(page)).to_contain_text(said)
        ana.forgive(said)
        page.unroute_all()


def test_a_page_that_waits_too_long_says_so_and_starts_when_everything_has_come(
    open_server: Server, page: Page
) -> None:
    held: list[Route] = []
    page.clock.install()
    page.route("**/js/main.js", lambda route: held.append(route))
    page.goto(open_server.url, wait_until="commit")
    expect(page.locator("#composer-text")).to_be_visible()
    expect(problem(page)).to_be_hidden()
    page.clock.run_for(11_000)
    expect(problem(page)).to_contain_text("It takes unusually long.")
    held[0].continue_()
    expect(page.locator("#name-dialog")).to_be_visible()
    expect(problem(page)).to_be_hidden()


def test_a_style_sheet_that_does_not_come_keeps_the_chat_from_nobody(open_server: Server, page: Page) -> None:
    page.clock.install()
    page.route("**/chat-page.css", hang)
    page.goto(open_server.url, wait_until="commit")
    page.wait_for_function("() => document.readyState === 'interactive'")
    page.clock.run_for(11_000)
    expect(page.locator("#name-dialog")).to_be_visible()
    expect(problem(page)).to_contain_text("It takes unusually long.")
    page.unroute_all()
    page.route("**/chat-page.css", refuse)
    page.goto(open_server.url)
    expect(problem(page)).to_contain_text("chat-page.css")
    expect(page.locator("html[data-started]")).to_be_attached()


def test_the_page_says_it_without_its_first_script_too(open_server: Server, page: Page) -> None:
    page.route("**/js/*.js", refuse)
    page.goto(open_server.url)
    wait = "document.querySelector('#start-problem').getAnimations().map(({ effect }) => effect.getTiming().delay)"
    assert page.evaluate(wait) == [12_000]
    expect(problem(page)).to_be_hidden()
    page.evaluate("document.querySelector('#start-problem').getAnimations()[0].finish()")
    expect(problem(page)).to_contain_text("It takes unusually long.")


def test_a_browser_without_modules_is_told_that_it_is_too_old(open_server: Server, page: Page) -> None:
    page.add_init_script("delete HTMLScriptElement.prototype.noModule")
    answer_with(page, "")  # of a script that it does not know it runs nothing
    page.goto(open_server.url)
    expect(problem(page)).to_contain_text("This browser is too old for it.")


@pytest.mark.parametrize("path", ["/", "/search", "/flow", "/lab"])
def test_pages_start_without_any_of_the_conveniences(
    open_server: Server, make_person: Callable[..., Person], path: str
) -> None:
    ana = make_person(open_server.url)
    ana.page.add_init_script("".join(f"{each.without};" for each in CONVENIENCES))
    if path == "/":
        ana.visit(name="Ana without all")
        ana.write("hello", "and **more**")
        ana.sees("hello", "and more")
    else:
        ana.page.goto(open_server.url + path)
    expect(ana.page.locator("html[data-started]")).to_be_attached()
    expect(problem(ana.page)).to_be_hidden()
