"""Polls under a finger, and the form that makes one."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.actors import Server

from .conftest import Person
from .test_looks import PHONE
from .test_rooms_as_they_are import ask, option


def test_a_finger_hits_what_closes_a_poll(server: Server, make_person: Callable[..., Person]) -> None:
    ana = make_person(server.url, **PHONE).visit(name="Ana")
    ask(ana, "Tea?", "Yes", "No")
    ana.page.get_by_role("button", name="Close the poll").tap()
    box = ana.page.locator(".poll-close").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    ana.page.get_by_role("dialog", name="Close this poll?").get_by_role("button", name="Keep it open").tap()
    expect(option(ana, "Yes")).to_have_attribute("aria-disabled", "false")
