"""While somebody looks inside, the chat says so to everybody in it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.actors import Server

from .conftest import Person


def test_everybody_sees_that_somebody_looks_inside_for_as_long_as_it_lasts(server: Server, ana: Person) -> None:
    notice = ana.page.locator("#watched")
    expect(notice).to_be_hidden()
    watcher = server.talk("/flow/socket", Sec_WebSocket_Protocol="flow.v1")
    expect(notice).to_be_visible()
    expect(notice).to_have_text(re.compile("1 person is looking inside this chat"))
    second = server.talk("/flow/socket", Sec_WebSocket_Protocol="flow.v1")
    expect(notice).to_have_text(re.compile("2 people are looking inside this chat"))
    ana.page.reload()
    ana.is_connected()
    expect(notice).to_have_text(re.compile("2 people"))
    watcher.close()
    second.close()
    expect(notice).to_be_hidden()
