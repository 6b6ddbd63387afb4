"""How the page's files reach the browser: few requests, and on a second visit none."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from .conftest import Person


def asked_for(page: Page) -> list[str]:
    """A list that fills with the paths that the page asks the server for, its WebSocket included."""
    asked: list[str] = []

    def note(response: dict[str, Any]) -> None:
        if not response["fromDiskCache"]:
            asked.append(urlsplit(response["url"]).path)

    session = page.context.new_cdp_session(page)
    session.on("Network.responseReceived", lambda event: note(event["response"]))
    session.on("Network.webSocketCreated", lambda event: asked.append(urlsplit(event["url"]).path))
    session.send("Network.enable")
    return asked


def test_a_visit_takes_few_requests_and_a_later_one_three(ana: Person) -> None:
    later = ana.page.context.new_page()
    asked = asked_for(later)
    later.goto(ana.page.url)
    expect(later.locator("#me-status")).to_have_text("Connected")
    later.wait_for_load_state("networkidle")
    assert sorted(asked) == ["/", "/api/rooms", "/chat"]
    first = later.context.browser
    assert first
    context = first.new_context()
    try:
        page = context.new_page()
        asked = asked_for(page)
        page.goto(ana.page.url)
        expect(page.get_by_role("dialog")).to_be_visible()
        page.wait_for_load_state("networkidle")
        files = [path for path in asked if path.startswith("/static/")]
        assert {path.rpartition("/")[2] for path in files} >= {"main.js", "chat-page.css", "theme.js"}
        assert len(asked) <= 9
    finally:
        context.close()
