"""Under a path of another site, behind nginx, every part of the page finds its server."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.actors import Server
from tests.proxying import nginx

from .conftest import Person


def test_the_page_works_under_a_path(
    make_server: Callable[..., Server], make_person: Callable[..., Person], tmp_path: Path
) -> None:
    server = make_server(PROXY_HOPS=1).start()
    with nginx(server, tmp_path / "nginx", prefix=True) as url:
        ana = make_person(url).visit(name="Ana")
        ana.write("**under** a path")
        ana.sees("under a path")
        page = ana.page
        # Another chat under the same host keeps its drafts and settings in the same storage.
        page.evaluate("""() => {
            localStorage.setItem("chatapp.draft.general", "of another chat");
            localStorage.setItem("chatapp.theme", "dark");
        }""")
        page.goto(f"{url}/r/general/1")
        ana.is_connected()
        expect(ana.composer).to_have_value("")
        expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
        ana.composer.fill("a draft of this one")
        page.locator("input[name=theme][value=light]").evaluate("choice => choice.click()")
        page.reload()
        ana.is_connected()
        expect(ana.composer).to_have_value("a draft of this one")
        expect(page.locator("html")).to_have_attribute("data-theme", "light")
        assert page.evaluate("Object.keys(localStorage).filter((key) => !key.startsWith('/chat-app:')).sort()") == [
            "chatapp.draft.general",
            "chatapp.theme",
        ]
        ana.composer.fill("")
        expect(ana.texts).to_have_text(["under a path"])
        # Rooms by their links, and the way back.
        server.open_room("Other")
        page.reload()
        page.locator("#rooms-others a").click()
        expect(page).to_have_url(f"{url}/r/other")
        page.go_back()
        expect(page).to_have_url(f"{url}/r/general/1")
        page.locator(".side-search").click()
        expect(page).to_have_url(f"{url}/search")
        expect(page.locator("#search-help")).to_have_attribute("open", "")  # its script has begun
        page.keyboard.type("under")
        expect(page).to_have_url(f"{url}/search?q=under")
        page.locator("a.hit").click()
        expect(page).to_have_url(f"{url}/r/general/1#hit=under")
        # The printed key opens the view of the inside, and leaves the address.
        found = re.search(r"/flow(#key=\S+)", server.terminal)
        assert found
        page.goto(f"{url}/flow{found[1]}")
        expect(page.locator("#state-words")).to_have_text("Connected")
        expect(page).to_have_url(f"{url}/flow")
        log = (tmp_path / "nginx" / "access.log").read_text()
        assert "POST /chat-app/flow/key" in log
        assert found[1].partition("=")[2] not in log
