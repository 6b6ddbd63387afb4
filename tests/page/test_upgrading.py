"""A page that is open while the chat is upgraded offers to load again, and loses nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.actors import NO_RATE_LIMITS, ROOT, Server, eventually

from .conftest import Person

PROGRAM = ("chatapp", "static", "templates", "wsgi.py", "gunicorn.conf.py")


class Installed(Server):
    """A chat whose files can be replaced by newer ones: a copy of ours."""

    def restart(self) -> None:
        self.stop()
        self.start()

    def upgrade(self) -> None:
        sheet = self._folder / "static" / "css" / "base.css"
        sheet.write_text(f"{sheet.read_text()}\n/* newer */\n")
        self.restart()


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    folder = tmp_path / "program"
    folder.mkdir()
    for name in PROGRAM:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    server = Installed(tmp_path / "data", folder=folder, **NO_RATE_LIMITS)
    server.start()
    yield server
    server.stop()


def test_a_page_open_across_an_upgrade_offers_to_load_again_and_keeps_what_is_written(
    installed: Installed, make_person: Callable[..., Person]
) -> None:
    ana = make_person(installed.url).visit(name="Ana")
    page = ana.page
    offer = page.locator("#upgrade")

    def after(change: Callable[[], None]) -> None:
        """Somebody writes while the server is restarted, and the page is the same afterwards."""
        page.evaluate("() => { window.same = true; }")
        ana.composer.fill("half a sentence")
        change()
        eventually(lambda: "Client connected" in installed.terminal)  # by the new server
        ana.is_connected()
        assert page.evaluate("() => window.same")
        expect(ana.composer).to_have_value("half a sentence")

    after(installed.restart)
    expect(offer).to_be_hidden()
    after(installed.upgrade)
    expect(offer).to_contain_text("There is a new version of this page. What you are writing is kept.")
    page.get_by_role("button", name="Later").click()
    expect(offer).to_be_hidden()
    expect(ana.composer).to_be_focused()
    after(installed.restart)
    expect(offer).to_be_hidden()
    after(installed.upgrade)
    page.get_by_role("button", name="Reload").click()
    page.wait_for_function("() => !window.same")
    ana.is_connected()
    expect(ana.composer).to_have_value("half a sentence")
    expect(offer).to_be_hidden()
