"""The live view of a real server, in a real browser, checked against what the clients themselves got."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from chatapp.live.handshake import GUID
from tests.actors import Server

from .test_flow_page import DESKTOP, Viewer, us


@pytest.fixture
def open_server(make_server: Callable[..., Server]) -> Server:
    """A server that shows everything to everybody, as for a class with a room of its own."""
    return make_server("gunicorn", FLOW="open").start()


@pytest.fixture
def viewer(open_server: Server, browser: Browser) -> Iterator[Viewer]:
    """Somebody who looks at it, connected."""
    context = browser.new_context(locale="en-US", reduced_motion="reduce", **DESKTOP)  # type: ignore[arg-type]
    viewer = Viewer(context.new_page(), open_server.url).visit()
    expect(viewer.state).to_have_text("Connected")
    yield viewer
    context.close()


def snapshot_of(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(server.get("/api/flow")[2])
    return found


def flow_rows(page: Page) -> list[list[str]]:
    return [
        row.locator("th, td").all_inner_texts() for row in page.locator("#waterfall-table tbody tr:not([hidden])").all()
    ]


def test_three_clients_and_one_message_are_what_the_picture_and_the_waterfall_show(
    open_server: Server, viewer: Viewer
) -> None:
    clients = [open_server.enter(name) for name in ("ana", "bia", "cai")]
    expect(viewer.nodes).to_have_count(3)
    clients[1].post("Hello", nonce="n1")
    assert [client.hear("message")["text"] for client in clients] == ["Hello"] * 3
    expect(viewer.falls).to_have_count(6 + 3)
    offers = flow_rows(viewer.page)[-3:]
    snapshot = snapshot_of(open_server)
    assert [name.split(" · ")[0] for name, *_ in offers] == [client["name"] for client in snapshot["clients"]]
    begins = [us(begun) for _, _, begun, _, _ in offers]
    ends = [us(begun) + us(took) for _, _, begun, took, _ in offers]
    assert begins == sorted(begins)
    for end, begun in zip(ends, begins[1:], strict=False):
        assert begun == pytest.approx(end, rel=0.02, abs=2)
    assert {outcome for *_, outcome in offers} == {"sent"}
    assert (snapshot["counters"]["messages"], snapshot["counters"]["deliveries"]) == (1, 3)


def test_the_proof_on_the_handshake_card_is_the_one_that_the_client_got(open_server: Server, viewer: Viewer) -> None:
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    open_server.talk("/chat?name=ana", Sec_WebSocket_Key=key)
    viewer.nodes.click()
    card = viewer.page.locator("#handshake-card")
    expect(card.locator(".step-key code")).to_have_text(key)
    proof = base64.b64encode(hashlib.sha1(f"{key}{GUID}".encode()).digest()).decode()
    expect(card.locator(".step-accept code")).to_have_text(proof)
    expect(card.locator(".verdict.agrees")).to_be_visible()
    expect(card).to_contain_text("GET /chat?name=ana HTTP/1.1")


def test_a_known_frame_is_shown_bit_by_bit(open_server: Server, viewer: Viewer) -> None:
    """RFC 6455, section 5.7: a single-frame masked text message that contains "Hello"."""
    talker = open_server.talk("/chat?name=ana")
    viewer.nodes.click()
    expect(viewer.page.locator("#handshake-card .step-key")).to_be_visible()  # what was asked before has been answered
    talker.put(bytes.fromhex("818537fa213d7f9f4d5158"))
    assert talker.receive() == "ana: Hello"
    viewer.frames.filter(has_text="Hello").filter(has_text="in").get_by_role("button").click()
    head = ("fin", "rsv", "opcode", "mask", "length")
    values = {name: viewer.field(name).locator("code").inner_text() for name in head}
    assert values == {"fin": "1", "rsv": "000", "opcode": "0001", "mask": "1", "length": "0000101"}
    wire = viewer.page.locator(".dump").first.locator(".byte")
    assert "".join(text[:2] for text in wire.all_inner_texts()) == "818537fa213d7f9f4d5158"


@pytest.mark.alone
def test_a_tab_that_is_closed_is_out_of_the_picture_within_a_second(open_server: Server, viewer: Viewer) -> None:
    tabs = [open_server.talk() for _ in range(3)]
    expect(viewer.nodes).to_have_count(3)
    tabs[1].vanish()
    expect(viewer.nodes).to_have_count(2, timeout=1_000)


def test_one_can_watch_oneself_chat_and_the_page_says_that_somebody_watches(server: Server, browser: Browser) -> None:
    """Both tabs in one browser, on the machine itself, with nothing but the shipped settings."""
    context = browser.new_context(locale="en-US", reduced_motion="reduce", **DESKTOP)  # type: ignore[arg-type]
    chat = context.new_page()
    chat.goto(server.url)
    chat.locator("#name-field").fill("Ana")
    chat.keyboard.press("Enter")
    expect(chat.locator("#me-status")).to_have_text("Connected")
    viewer = Viewer(context.new_page(), server.url).visit()
    expect(viewer.nodes).to_have_count(1)
    expect(chat.locator("#watched")).to_have_text(re.compile("1 person"))
    other = server.enter("bia")
    other.post("a secret of mine", nonce="n1")
    chat.locator("#composer-text").fill("my own words")
    chat.keyboard.press("Enter")
    expect(viewer.page.locator("#waterfall-facts")).to_contain_text("my own words")
    viewer.page.locator("#waterfall-flow").select_option(index=2)
    expect(viewer.page.locator("#waterfall-facts")).to_contain_text("16 characters, hidden")
    for card in ("house", "waterfall", "threads", "outboxes", "terminal"):  # the frames are those of one's own tab
        expect(viewer.page.locator(f"#{card}")).not_to_contain_text("a secret of mine")
        expect(viewer.page.locator(f"#{card}")).not_to_contain_text("bia")
    context.close()


def test_who_looks_first_and_then_chooses_a_name_sees_that_the_tab_is_theirs(server: Server, browser: Browser) -> None:
    context = browser.new_context(locale="en-US", reduced_motion="reduce", **DESKTOP)  # type: ignore[arg-type]
    viewer = Viewer(context.new_page(), server.url).visit()
    expect(viewer.state).to_have_text("Connected")
    chat = context.new_page()
    chat.goto(server.url)
    chat.locator("#name-field").fill("Ana")
    chat.keyboard.press("Enter")
    expect(viewer.nodes.locator(".label")).to_have_text("Ana (you)")
    context.close()


def test_a_restart_of_the_server_is_survived(open_server: Server, viewer: Viewer) -> None:
    open_server.talk()
    expect(viewer.nodes).to_have_count(1)
    open_server.kill()
    expect(viewer.state).not_to_have_text("Connected")
    open_server.start()
    expect(viewer.state).to_have_text("Connected", timeout=25_000)
    expect(viewer.nodes).to_have_count(0)
