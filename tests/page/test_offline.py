"""The page opens without the server, with its drafts and the last messages, and shows them to nobody else."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.actors import Server, Talker
from tests.proxying import nginx

from .conftest import Mistakes, Person, let_happen
from .test_upgrading import Installed, installed

__all__ = ["installed"]  # a fixture

CACHED = """async () => {
    const found = [];
    for (const name of await caches.keys()) {
        for (const { url } of await (await caches.open(name)).keys()) found.push(`${name} ${new URL(url).pathname}`);
    }
    return found.sort();
}"""


@pytest.fixture
def make_visitor(make_person: Callable[..., Person]) -> Callable[..., Person]:
    """Seats people whose browser has service workers."""

    def make(url: str, **options: Any) -> Person:
        return make_person(url, service_workers="allow", **options)

    return make


def tab(person: Person) -> Person:
    """Another tab of that browser."""
    return Person(person.page.context.new_page(), person.url, Mistakes())


def cached(page: Page) -> list[str]:
    """What the browser keeps for this host: names of caches, and the paths in each."""
    found: list[str] = page.evaluate(CACHED)
    return found


def kept(page: Page) -> list[str]:
    """The snapshots of messages among that."""
    return [each for each in cached(page) if "chatapp.messages" in each]


def settle(person: Person) -> None:
    """Waits until the page would open without the server, as it is now."""
    person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    person.page.evaluate("dispatchEvent(new Event('pagehide'))")
    let_happen(person.page, lambda: kept(person.page) != [])


def test_the_page_opens_without_the_server_with_drafts_and_messages_and_goes_on_when_it_is_back(
    server: Server, make_visitor: Callable[..., Person], bot: Talker
) -> None:
    server.open_room("Other")
    ana = make_visitor(server.url).visit("/r/other", name="Ana")
    ana.write("in the other room")
    ana.sees("in the other room")
    ana.room("general").click()
    bot.hear("message", nonce=bot.post("the **last** word"))
    ana.sees("the last word")
    ana.composer.fill("a draft")
    settle(ana)
    assert [each for each in cached(ana.page) if "/api/" in each or " /r/" in each or each.endswith(" /")] == []
    server.stop()

    away = tab(ana)
    away.page.goto(server.url)
    expect(away.texts).to_have_text(["the last word"])
    expect(away.message("the last word").locator("strong")).to_have_text("last")
    expect(away.composer).to_have_value("a draft")
    expect(away.page.locator("#me-name")).to_have_text("Ana")
    expect(away.banner).to_contain_text("No connection.")
    away.room("Other").click()
    expect(away.texts).to_have_text(["in the other room"])
    away.page.goto(f"{server.url}/r/other/1")
    expect(away.texts).to_have_text(["in the other room"])
    expect(away.page.locator("#room-name")).to_have_text("Other")
    away.page.goto(f"{server.url}/r/never-seen")
    expect(away.page.locator("#room-name")).to_have_text("never-seen")
    away.page.goto(f"{server.url}/r/general")
    away.write("written while it was away")
    expect(away.unsent).to_have_count(1)

    server.start()
    away.is_connected()
    away.sees("the last word", "written while it was away")
    away.page.reload()
    away.is_connected()
    assert away.page.evaluate("() => JSON.parse(document.querySelector('#boot').textContent).shell") is False


def test_what_is_kept_of_somebody_goes_with_them(server: Server, make_visitor: Callable[..., Person]) -> None:
    ana = make_visitor(server.url).visit(name="Ana")
    ana.write("a secret")
    ana.sees("a secret")
    settle(ana)
    other = tab(ana).visit()
    ana.page.locator("#me").click()
    ana.page.locator("#settings-dialog .forget").click()
    ana.page.locator("#forget-dialog .confirm").click()
    for person in (ana, other):
        expect(person.page.locator("#name-dialog")).to_be_visible()
        person.page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert kept(ana.page) == []

    bia = tab(ana).visit(name="Bia")
    settle(bia)
    of_bia = kept(bia.page)
    ana.page.context.clear_cookies()  # as the browser's settings do
    caio = tab(ana)
    caio.page.goto(server.url)
    expect(caio.page.locator("#name-dialog")).to_be_visible()
    let_happen(caio.page, lambda: kept(caio.page) == [])
    caio.visit(name="Caio")
    settle(caio)
    assert len(kept(caio.page)) == 1
    assert kept(caio.page) != of_bia

    ana.page.context.clear_cookies()
    tab(ana).page.goto(server.url)
    let_happen(ana.page, lambda: kept(ana.page) == [])
    server.stop()
    away = tab(ana)
    away.page.goto(server.url)
    expect(away.page.locator("#name-dialog")).to_be_visible()
    expect(away.texts).to_have_count(0)


def test_under_a_path_behind_a_proxy_the_shell_is_that_chats_own(
    make_server: Callable[..., Server], make_visitor: Callable[..., Person], tmp_path: Path
) -> None:
    server = make_server(PROXY_HOPS=1).start()
    with nginx(server, tmp_path / "nginx", prefix=True) as url:
        ana = make_visitor(url).visit(name="Ana")
        ana.write("under a path")
        ana.sees("under a path")
        ana.page.evaluate(
            "async () => { await caches.open('chatapp.shell.of-another'); await caches.open('chatapp.messages'); }"
        )
        settle(ana)
        assert all(each.startswith("/chat-app:chatapp.") and " /chat-app/" in each for each in cached(ana.page))
        server.stop()
        ana.page.reload()  # nginx answers 502
        expect(ana.texts).to_have_text(["under a path"])
        ana.page.goto(f"{url}/r/general")
        expect(ana.texts).to_have_text(["under a path"])
        server.start()
        ana.is_connected()
        ana.page.locator("#me").click()
        ana.page.locator("#settings-dialog .forget").click()
        ana.page.locator("#forget-dialog .confirm").click()
        expect(ana.page.locator("#name-dialog")).to_be_visible()
        assert ana.page.evaluate("() => caches.has('chatapp.messages')")  # of another chat of the host


@pytest.fixture
def silence() -> Iterator[Callable[[int], None]]:
    """Listens at a port and never answers, as a network does that is there in name only."""
    listeners: list[socket.socket] = []

    def listen(port: int) -> None:
        listeners.append(socket.create_server(("127.0.0.1", port), reuse_port=False))

    yield listen
    for each in listeners:
        each.close()


def test_a_server_that_does_not_answer_is_not_waited_for(
    server: Server, make_visitor: Callable[..., Person], silence: Callable[[int], None]
) -> None:
    ana = make_visitor(server.url).visit(name="Ana")
    ana.write("before the silence")
    ana.sees("before the silence")
    settle(ana)
    server.stop()
    silence(server.port)
    away = tab(ana)
    away.page.goto(server.url)
    expect(away.texts).to_have_text(["before the silence"])


def test_an_upgrade_replaces_what_is_kept_and_a_switch_removes_it(
    installed: Installed, make_visitor: Callable[..., Person]
) -> None:
    ana = make_visitor(installed.url).visit(name="Ana")
    settle(ana)
    before = {each.partition(" ")[0] for each in cached(ana.page) if "shell" in each}
    assert len(before) == 1
    installed.upgrade()
    ana.is_connected()
    tab(ana).visit()

    def shells() -> set[str]:
        return {each.partition(" ")[0] for each in cached(ana.page) if "shell" in each}

    let_happen(ana.page, lambda: len(shells()) == 1 and shells() != before)

    # What is kept is broken: the page says so, and the next load has everything from the server.
    ana.page.evaluate("""async () => {
        for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
                if (request.url.endsWith("/main.js")) await cache.put(request, new Response("const broken = ;", {
                    headers: { "Content-Type": "text/javascript" },
                }));
            }
        }
    }""")
    broken = tab(ana)
    broken.page.goto(installed.url)
    expect(broken.page.locator("#start-problem")).to_be_visible()
    broken.page.get_by_role("link", name="Reload the page").click()
    broken.is_connected()
    let_happen(broken.page, lambda: any(each.endswith("/main.js") for each in cached(broken.page)))
    assert "const broken" not in broken.page.evaluate(
        "async () => (await caches.match(document.querySelector('script[type=module]').src)).text()"
    )

    for each in ana.page.context.pages:
        each.close()
    installed.settings = {**installed.settings, "OFFLINE": 0}
    installed.restart()
    assert "registration.unregister()" in installed.get("/service-worker.js")[2].decode()
    last = tab(ana).visit()
    let_happen(last.page, lambda: cached(last.page) == [])
    assert last.page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0


def test_a_snapshot_has_at_most_so_many_messages_and_so_much_text(ana: Person) -> None:
    sizes = ana.page.evaluate("""async () => {
        const { taken } = await import("/static/js/snapshot.js");
        const room = (slug, size, count) => ({
            slug, visit: 1, loaded: true, more: false, last: count,
            messages: Array.from({ length: count }, (_, index) => ({ seq: index + 1, text: "x".repeat(size) })),
        });
        const large = ["a", "b", "c"].map((slug) => room(slug, 60_000, 60));
        const rooms = [room("few", 10, 3), room("many", 10, 500), ...large];
        const chat = {
            you: { id: "p", name: "Ana" }, epoch: "e", unread: () => 0, mentions: () => 0,
            rooms: new Map(rooms.map((each) => [each.slug, each])),
        };
        const text = taken(chat);
        return [text.length, ...JSON.parse(text).rooms.map(({ page }) => page?.messages.length ?? 0)];
    }""")
    assert sizes[0] < 1_010_000
    assert sizes[1:] == [3, 50, 12, 3, 1]


def test_a_later_visit_asks_the_server_for_three_things(
    make_server: Callable[..., Server], make_visitor: Callable[..., Person]
) -> None:
    server = make_server(arguments=("--access-logfile", "-")).start()
    ana = make_visitor(server.url).visit(name="Ana")
    settle(ana)
    before = len(server.terminal)
    later = tab(ana)
    sockets: list[str] = []
    later.page.on("websocket", lambda each: sockets.append(each.url))
    later.visit()
    later.page.wait_for_load_state("networkidle")
    asked = re.findall(r'"GET (\S+) HTTP', server.terminal[before:])
    assert sorted(asked) == ["/", "/api/rooms"]
    assert len(sockets) == 1
