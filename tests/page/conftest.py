"""A real browser, the people who sit in front of it, and a line to the server that can be cut."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Locator,
    Page,
    Playwright,
    WebSocketRoute,
    expect,
    sync_playwright,
)

from tests.actors import Server, Talker, eventually
from tests.launching import Launch, warm

from .browsers import CHOSEN, POLICY, mistake, start

CONNECTED = re.compile("^(Connected|Conectado)$")

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Drives the browsers."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One browser for all tests; every person has a context, and so cookies and storage, of their own."""
    with start(playwright, CHOSEN) as browser:
        yield browser


@pytest.fixture
def launch() -> Launch:
    """What is looked at here is not how servers start."""
    return warm


class Mistakes:
    """The errors that the pages of a test reported, without those that the test made on purpose."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._forgiven: list[str] = []

    def note(self, words: str) -> None:
        self._seen.append(words)

    def forgive(self, words: str) -> None:
        """Leaves out what has these words in it, also what is reported later."""
        self._forgiven.append(words)

    def all(self) -> list[str]:
        return [seen for seen in self._seen if not any(words in seen for words in self._forgiven)]


class Person:
    """Somebody at one page (a tab); says in verbs what people do, and in nouns what they see."""

    def __init__(self, page: Page, url: str, mistakes: Mistakes, *, touch: bool = False):
        self.page = page
        self.url = url
        self.send_key = "Control+Enter" if touch else "Enter"  # on a touch screen Enter alone breaks the line
        self.touch = touch
        self.composer = page.locator("#composer-text")
        self.messages = page.locator(".message")
        self.texts = page.locator(".message .text")
        self.unsent = page.locator(".message.unsent")
        self.log = page.locator("#log")
        self.banner = page.locator("#banner")
        self.jump = page.locator("#jump")
        self.divider = page.locator(".divider")
        self._mistakes = mistakes
        page.on("pageerror", self._note_error)
        page.on("console", self._note)

    def visit(self, path: str = "/", *, name: str | None = None) -> Person:
        """Opens the page; with `name` answers the question for it, and waits to be connected."""
        self.page.goto(self.url + path)
        if name is not None:
            self.page.locator("#name-field").fill(name)
            self.page.keyboard.press("Enter")
        self.is_connected()
        return self

    def come_to_the_front(self) -> None:
        """Gives the page's window the focus, which in Firefox only one has."""
        self.page.bring_to_front()

    def leave(self, server: Server) -> None:
        """Goes away. The old page lives for a moment beside the new one, and its last word is what was read there."""
        gone = server.terminal.count("Client Disconnected")
        self.page.goto("about:blank")
        eventually(lambda: server.terminal.count("Client Disconnected") > gone)

    def is_connected(self) -> None:
        expect(self.page.locator("#me-status")).to_have_text(CONNECTED, timeout=25_000)
        expect(self.log).to_have_class(re.compile(r"^log$"))  # no longer loading

    def write(self, *texts: str) -> None:
        """Sends messages as fast as one can press the keys."""
        for text in texts:
            self.composer.fill(text)
            self.composer.press(self.send_key)

    def sees(self, *texts: str) -> None:
        """These are the newest messages, in this order, and all are stored."""
        expect(self.unsent).to_have_count(0, timeout=25_000)
        last = [self.texts.nth(-index) for index in range(len(texts), 0, -1)]
        for place, text in zip(last, texts, strict=True):
            expect(place).to_have_text(text)
        expect(self.unsent).to_have_count(0, timeout=25_000)  # the last of them may have been on its way

    def all_texts(self) -> list[str]:
        return self.texts.all_inner_texts()

    def message(self, text: str) -> Locator:
        """The message that says this."""
        return self.messages.filter(has=self.page.locator(".text").get_by_text(text, exact=True))

    def menu(self, text: str) -> Locator:
        """Opens the menu of the message that says this, with the mouse."""
        self.page.bring_to_front()  # in a tab behind another it takes seconds
        self.message(text).hover()
        self.page.locator(".tools-more").click()
        return self.page.get_by_role("menu")

    def choose(self, text: str, entry: str) -> None:
        """Chooses from the menu of the message that says this."""
        self.menu(text).get_by_role("menuitem", name=entry).click()

    def room(self, name: str) -> Locator:
        """The room's entry in the list."""
        return self.page.locator("a.room").filter(has=self.page.get_by_text(name, exact=True))

    def forgive(self, words: str) -> None:
        """A mistake of the page with these words in it was made on purpose."""
        self._mistakes.forgive(words)

    def scroll(self, top: str) -> None:
        """Puts the scroll position; `top` is JavaScript about the element `log`."""
        self.page.evaluate(f"() => {{ const log = document.querySelector('#log'); log.scrollTop = {top}; }}")

    # A refused or broken connection is what many tests are about; a policy that we break ourselves is not.
    def _note_error(self, error: Error) -> None:
        if made := mistake(error):
            self._mistakes.note(made)

    def _note(self, message: Any) -> None:
        if POLICY in message.text or "Unhandled" in message.text:
            self._mistakes.note(message.text)


@pytest.fixture
def make_person(browser: Browser) -> Iterator[Callable[..., Person]]:
    """Seats people: with the options of a browser context, or `beside=` somebody, in another tab of that browser."""
    contexts: list[BrowserContext] = []
    mistakes = Mistakes()

    def make(url: str, *, beside: Person | None = None, line: Line | None = None, **options: Any) -> Person:
        if beside is None:
            defaults = {"locale": "en-US", "viewport": {"width": 1280, "height": 800}}
            # A service worker is a thread of its own in each context; test_offline.py is about it.
            options = {**defaults, "service_workers": "block", **options}
            contexts.append(browser.new_context(**options))
        page = (beside.page.context if beside else contexts[-1]).new_page()
        if line:
            page.route_web_socket(re.compile("/chat"), line.connect)
        if browser.browser_type.name == "firefox":
            page.bring_to_front()  # there only one window has the focus; in Chromium each believes that it has
        touch = beside.touch if beside else bool(options.get("has_touch"))
        return Person(page, url, mistakes, touch=touch)

    yield make
    for context in contexts:
        context.close()
    assert mistakes.all() == []


@pytest.fixture
def ana(server: Server, make_person: Callable[..., Person]) -> Person:
    """Ana, in the room that everybody comes to first."""
    return make_person(server.url).visit(name="Ana")


@pytest.fixture
def bia(server: Server, make_person: Callable[..., Person]) -> Person:
    """Bia, in the same room, in another browser."""
    return make_person(server.url).visit(name="Bia")


@pytest.fixture
def bot(server: Server) -> Iterator[Talker]:
    """A program in the same room, that can talk faster than people."""
    talker = server.enter("Bot")
    yield talker
    talker.vanish()


def let_happen(page: Page, condition: Callable[[], bool]) -> None:
    """Waits for what our own handlers have to hear: they run only while a page is waited for."""
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen within 10 s")


class Line:
    """The wire between one page and the server: it can be cut, be mended, lose frames, and answer for the server."""

    def __init__(self) -> None:
        self.loses: Callable[[str], bool] = lambda frame: False
        self.answers: Callable[[dict[str, Any]], dict[str, Any] | int | None] = lambda command: None
        self.closes_with: int | None = None
        self._cut = False
        self._open: list[WebSocketRoute] = []

    def connect(self, page_side: WebSocketRoute) -> None:
        if self._cut:
            page_side.close(code=self.closes_with or 1001)
            return
        server_side = page_side.connect_to_server()

        def to_page(frame: str | bytes) -> None:
            if not self.loses(str(frame)):
                page_side.send(frame)

        def to_server(frame: str | bytes) -> None:
            answer = self.answers(json.loads(frame))  # an event or a close code; None: the server shall answer
            if answer is None:
                server_side.send(frame)
            elif isinstance(answer, int):
                page_side.close(code=answer, reason="the line is too thin")
            else:
                page_side.send(json.dumps(answer))

        server_side.on_message(to_page)
        page_side.on_message(to_server)
        self._open.append(page_side)

    def cut(self, code: int = 1001) -> None:
        """Ends the connection, and every new one, until mended."""
        self._cut, self.closes_with = True, code
        for route in self._open:
            route.close(code=code)
        self._open.clear()

    def mend(self) -> None:
        self._cut = False


@pytest.fixture
def line() -> Line:
    """A line that can be cut."""
    return Line()
