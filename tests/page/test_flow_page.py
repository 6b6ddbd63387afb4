"""The page `/flow`, without the server that it shows: a recording is played in it, or a test speaks for the server."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, render_template, request
from flask_babel import Babel
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, WebSocketRoute, expect
from werkzeug.serving import make_server

from chatapp.details import LOCALES, TRANSLATIONS
from chatapp.web.browsers import OLDEST
from chatapp.web.errors import HEADERS
from chatapp.web.flow_strings import flow_strings
from chatapp.web.static import StaticFiles
from tests.actors import ROOT

from .conftest import let_happen

RECORDING = Path(__file__).parent / "recordings" / "three_clients.jsonl"
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Screens on which everything has its place at once: what cannot be seen is not drawn.
DESKTOP = {"viewport": {"width": 1280, "height": 5_000}}
PHONE = {"viewport": {"width": 360, "height": 9_000}, "has_touch": True, "is_mobile": True}
BEFORE_THE_CLOSE = 6_000  # ms of the recording: all three are there, the message has gone through


def told(kind: str) -> list[dict[str, Any]]:
    """The recording's texts of one type."""
    texts = [json.loads(line) for line in RECORDING.read_text().splitlines()]
    return [text for text in texts if text["type"] == kind]


HELLO = next(flow for text in told("flows") for flow in text["flows"] if flow["text"] == "Hello")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The page under the chat's own headers, on a server that has nothing else."""
    app = Flask(__name__, root_path=str(ROOT), static_folder=None)
    StaticFiles(ROOT / "static").init_app(app)
    app.jinja_env.globals["browsers"] = OLDEST
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, locale_selector=lambda: request.args.get("lang", "en").replace("-", "_"))

    @app.get("/flow")
    def flow() -> str:
        locale = request.args.get("lang", "en")
        boot = {
            "locale": locale,
            "locales": [{"code": code, "name": name} for code, name in LOCALES.items()],
            "strings": flow_strings(),
            "replay": "live" not in request.args,
        }
        return render_template("flow.html", boot=boot, locale=locale)

    app.add_url_rule("/", "pages.home", lambda: "")

    @app.post("/flow/key")
    @app.get("/api/flow")
    def refused() -> tuple[str, int]:
        return "", 403

    @app.after_request
    def safe(response: Any) -> Any:
        response.headers.update(HEADERS)
        return response

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="flow page", daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Viewer:
    """Somebody who looks at the flow."""

    def __init__(self, page: Page, url: str):
        self.page = page
        self.url = url
        self.nodes = page.locator(".node")
        self.dots = page.locator(".dot-of-message")
        self.falls = page.locator("#waterfall-table tbody tr:not([hidden])")
        self.frames = page.locator("#frames-table tbody tr:not([hidden])")
        self.inspector = page.locator("#inspector")
        self.state = page.locator("#state-words")

    def visit(self, query: str = "") -> Viewer:
        self.page.goto(f"{self.url}/flow?{query}")
        return self

    def opens(self, file: Any = RECORDING) -> Viewer:
        """Opens a recording, which begins to play, and stops it."""
        self.page.locator("#open-file").set_input_files(file)
        expect(self.page.locator("#replay")).to_be_visible()
        self.page.locator("#replay-play").click()
        expect(self.page.locator("#replay-play")).to_have_attribute("data-playing", "false")
        return self

    def goes_to(self, ms: int) -> Viewer:
        """Scrubs to a moment of the recording."""
        self.page.locator("#replay-place").evaluate(
            "(place, ms) => { place.value = ms; place.dispatchEvent(new Event('input')); }", str(ms)
        )
        return self

    def field(self, name: str) -> Locator:
        return self.page.locator(f".field-card[data-field={name}]")


@pytest.fixture
def make_viewer(browser: Browser, url: str) -> Iterator[Callable[..., Viewer]]:
    """Seats a viewer, with the options of a browser context. The page must make no mistake."""
    contexts: list[BrowserContext] = []
    mistakes: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security" in message.text or "not of flow.v1" in message.text:
            mistakes.append(message.text)

    def make(**options: Any) -> Viewer:
        options = {"locale": "en-US", "reduced_motion": "reduce", **DESKTOP, **options}
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: mistakes.append(f"{error.name}: {error.message}"))
        page.on("console", note)
        return Viewer(page, url)

    yield make
    for context in contexts:
        context.close()
    assert mistakes == []


@pytest.fixture
def viewer(make_viewer: Callable[..., Viewer]) -> Viewer:
    """A viewer of the recording, at a moment at which everybody is there."""
    return make_viewer().visit().opens().goes_to(BEFORE_THE_CLOSE)


class Teller:
    """Speaks for the server: says what it is told to say, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.connections = 0
        self._route: WebSocketRoute | None = None

    def connect(self, route: WebSocketRoute) -> None:
        self._route = route
        self.connections += 1
        route.on_message(lambda text: self.asked.append(json.loads(text)))

    @property
    def connected(self) -> bool:
        return self._route is not None

    def hangs_up(self) -> None:
        assert self._route
        self._route.close(code=1001)
        self._route = None

    def says(self, *texts: dict[str, Any]) -> None:
        assert self._route
        for text in texts:
            self._route.send(json.dumps({name: value for name, value in text.items() if name != "came"}))


@pytest.fixture
def live(make_viewer: Callable[..., Viewer]) -> tuple[Viewer, Teller]:
    """A viewer who is connected, to a server that has said hello and who is there."""
    viewer, teller = make_viewer(), Teller()
    viewer.page.route_web_socket(re.compile("/flow/socket"), teller.connect)
    viewer.visit("live=1")
    let_happen(viewer.page, lambda: teller.connected)
    teller.says(told("hello")[0], told("snapshot")[0])
    expect(viewer.state).to_have_text("Connected")
    return viewer, teller


def us(time: str) -> float:
    """The microseconds that "84 µs" or "1.24 ms" stands for."""
    number, unit = time.split(" ")
    return float(number) * {"µs": 1, "ms": 1_000, "s": 1_000_000}[unit]


# The recording.


def test_the_picture_shows_every_client_and_loses_who_leaves(viewer: Viewer) -> None:
    expect(viewer.nodes).to_have_count(3)
    expect(viewer.nodes.locator(".label")).to_have_text([re.compile("^Ana"), re.compile("^Bia"), re.compile("^Caio")])
    viewer.goes_to(9_000)
    expect(viewer.nodes).to_have_count(2)
    viewer.goes_to(BEFORE_THE_CLOSE)
    expect(viewer.nodes).to_have_count(3)


def test_the_waterfall_lists_the_offers_in_their_order_with_their_times(viewer: Viewer) -> None:
    expect(viewer.falls).to_have_count(6 + 3)
    rows = [row.locator("th, td").all_inner_texts() for row in viewer.falls.all()]
    offers = rows[-3:]
    assert [name.split(" · ")[0] for name, *_ in offers] == ["Ana", "Bia", "Caio"]
    before = HELLO["encoded"]
    for (_, _, begins, takes, outcome), (_, returned, _, said) in zip(offers, HELLO["offers"], strict=True):
        assert us(begins) == pytest.approx(before - HELLO["received"], rel=0.01)
        assert us(takes) == pytest.approx(returned - before, rel=0.01)
        assert outcome == said
        before = returned
    assert ["slowest" in name for name, *_ in offers] == [False, True, False]
    stations = ["received", "parsed", "queued", "taken", "committed", "told", "encoded"]
    for (_, _, _, takes, _), start, end in zip(rows, stations, stations[1:], strict=False):
        assert us(takes) == pytest.approx(HELLO[end] - HELLO[start], rel=0.01)


def test_the_slowest_of_many_offers_is_always_listed_and_the_rest_is_counted(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    ends = [HELLO["encoded"] + 10 * number + 500 * (number >= 180) for number in range(1, 201)]
    offers = [[number, end, 173, "sent"] for number, end in enumerate(ends, 1)]
    flow = {**HELLO, "recipients": 200, "offers": offers, "unlisted": 50, "finished": ends[-1]}
    teller.says({"type": "flows", "flows": [flow]})
    expect(viewer.falls).to_have_count(6 + 61)
    expect(viewer.falls.last).to_contain_text("client 180 · slowest")
    expect(viewer.page.locator("#waterfall-more")).to_have_text("and 189 more recipients")
    teller.says({"type": "flows", "flows": [{**flow, "id": 60, "unlisted": None}]})
    expect(viewer.page.locator("#waterfall-more")).to_have_text("and 139 more recipients")


def test_the_handshake_is_proven_before_ones_eyes(viewer: Viewer) -> None:
    [handshake] = told("handshake")
    card = viewer.page.locator("#handshake-card")
    key = card.locator(".step-key code").inner_text()
    assert key == handshake["key"]
    digest = hashlib.sha1(f"{key}{GUID}".encode()).digest()
    expect(card.locator(".step-sha1 .is-digest")).to_have_text(digest.hex(" "))
    expect(card.locator(".step-accept code")).to_have_text(base64.b64encode(digest).decode())
    expect(card.locator(".verdict.agrees")).to_be_visible()


def test_a_wrong_proof_is_seen(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    [handshake] = told("handshake")
    teller.says({**handshake, "client": 1, "accept": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="})
    expect(viewer.page.locator(".verdict.differs")).to_be_visible()


def test_the_bits_of_a_frame_are_right(viewer: Viewer) -> None:
    """RFC 6455, section 5.7: a single-frame masked text message that contains "Hello"."""
    expect(viewer.frames).to_have_count(4)
    viewer.frames.filter(has_text="Hello").filter(has_text="in").get_by_role("button").click()
    head = ("fin", "rsv", "opcode", "mask", "length")
    values = {name: viewer.field(name).locator("code").inner_text() for name in head}
    assert values == {"fin": "1", "rsv": "000", "opcode": "0001", "mask": "1", "length": "0000101"}
    wire = viewer.page.locator(".dump").first.locator(".byte")
    assert " ".join(text[:2] for text in wire.all_inner_texts()) == "81 85 37 fa 21 3d 7f 9f 4d 51 58"
    clear = viewer.page.locator(".dump").last.locator(".byte .character")
    assert "".join(clear.all_inner_texts()) == "Hello"
    bits = viewer.page.locator(".bit").all_inner_texts()
    assert "".join(bits) == f"{0x81:08b}{0x85:08b}"


def test_what_belongs_together_lights_up_together(viewer: Viewer) -> None:
    expect(viewer.frames).to_have_count(4)
    viewer.frames.filter(has_text="Hello").filter(has_text="in").get_by_role("button").click()
    viewer.field("opcode").focus()
    assert viewer.page.locator(".bit.lit").all_inner_texts() == list("0001")
    expect(viewer.page.locator(".byte.lit")).to_have_text(re.compile("^81"))
    viewer.page.locator(".byte[data-field=payload]").nth(4).hover()
    lit = viewer.page.locator(".byte.lit")
    expect(lit).to_have_count(3)
    key, masked, clear = (int(text[:2], 16) for text in lit.all_inner_texts())
    assert key ^ masked == clear == ord("o")


def test_a_field_that_is_pressed_says_what_it_is_for(viewer: Viewer) -> None:
    expect(viewer.frames).to_have_count(4)
    said = set()
    for name in ("fin", "rsv", "opcode", "mask", "length", "masking"):
        viewer.field(name).press("Enter")
        said.add(viewer.page.locator(".lesson").inner_text())
    assert len(said) == 6
    assert all(re.search("RFC 6455, sections? 5", text) for text in said)


def test_ping_pong_and_close_are_seen_too(viewer: Viewer) -> None:
    viewer.goes_to(9_000)
    viewer.page.locator("#frames-client").select_option("3")
    expect(viewer.frames.locator("th")).to_have_text(["close", "close", "pong", "ping", "text", "text"])
    expect(viewer.frames.first).to_contain_text("1000")
    viewer.frames.nth(1).get_by_role("button").click()
    expect(viewer.field("opcode").locator("code")).to_have_text("1000")
    expect(viewer.field("unmasked")).to_contain_text("1000")


def test_the_round_trip_says_who_measured_it_and_a_pings_own_is_beside_it(viewer: Viewer) -> None:
    viewer.page.locator("#frames-client").select_option("1")
    facts = viewer.page.locator("#frames .facts")
    expect(facts).to_contain_text(re.compile("as TCP measures it.*412 µs"))
    expect(viewer.page.locator("#frames-pong")).to_be_hidden()
    viewer.page.locator("#frames-client").select_option("3")
    expect(facts).to_contain_text(re.compile("From a ping to its pong.*438 µs"))


def test_threads_lock_outboxes_and_lines_are_the_snapshots(viewer: Viewer) -> None:
    snapshot = next(text for text in reversed(told("snapshot")) if text["came"] <= BEFORE_THE_CLOSE)
    threads = viewer.page.locator("#threads-table tbody tr:not([hidden])")
    expect(threads.locator("th")).to_have_text([each["name"] for each in snapshot["threads"]])
    for name in ("waited", "held"):
        numbers = [f"{number:,}" for number in snapshot["lock"][name]]
        expect(viewer.page.locator(f"#lock-{name} table td")).to_have_text(numbers)
    expect(viewer.page.locator("#lock-last tbody tr:not([hidden])")).to_have_count(len(snapshot["lock"]["last"]))
    expect(viewer.page.locator("#outboxes-table tbody tr:not([hidden])")).to_have_count(3)
    lines = [line["text"] for text in told("lines") if text["came"] <= BEFORE_THE_CLOSE for line in text["lines"]]
    expect(viewer.page.locator("#terminal-lines code")).to_have_text(lines)


def test_a_line_of_the_terminal_leads_to_its_message(viewer: Viewer) -> None:
    viewer.page.locator("#terminal-lines").get_by_role("button", name="message 58").first.click()
    expect(viewer.page.locator("#waterfall-title")).to_be_focused()
    expect(viewer.page.locator("#waterfall-flow")).to_have_value("58")
    expect(viewer.page.locator("#waterfall-facts")).to_contain_text("24 characters, hidden")
    expect(viewer.falls).to_have_count(4 + 3)  # over HTTP nothing was read from a socket


def test_what_is_saved_is_what_was_opened(viewer: Viewer, tmp_path: Path) -> None:
    with viewer.page.expect_download() as download:
        viewer.page.locator("#save").click()
    saved = tmp_path / "saved.jsonl"
    download.value.save_as(saved)
    assert saved.read_text() == RECORDING.read_text()
    viewer.opens(saved).goes_to(BEFORE_THE_CLOSE)
    expect(viewer.nodes).to_have_count(3)
    expect(viewer.falls).to_have_count(9)


def test_a_file_that_is_no_recording_says_where(viewer: Viewer, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    lines = RECORDING.read_text().splitlines()
    broken.write_text("\n".join([*lines[:3], '{"type":"snapshot","came":5}', *lines[3:]]))
    viewer.page.locator("#open-file").set_input_files(broken)
    expect(viewer.page.locator("#problem")).to_contain_text("line 4")
    expect(viewer.nodes).to_have_count(3)


def test_what_a_file_says_is_only_text(viewer: Viewer, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.jsonl"
    attack = "<img src=x onerror=alert(1)>"
    recording = RECORDING.read_text().replace('"Hello"', json.dumps(attack)).replace('"Ana"', json.dumps(attack))
    hostile.write_text(recording)
    viewer.opens(hostile).goes_to(BEFORE_THE_CLOSE)
    expect(viewer.page.locator("#waterfall-facts")).to_contain_text(attack)
    expect(viewer.page.locator("img")).to_have_count(1)  # the chat's own sign


# The dots.


def test_a_message_goes_step_by_step_and_tells_what_it_waits_for(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    teller.says({"type": "flows", "flows": [HELLO]})
    expect(viewer.dots).to_have_count(1)
    step = viewer.page.locator("#step")
    for place in ("read and parsed", "checked by the room", "waits for the journal", "written to disk"):
        step.click()
        viewer.dots.press("Enter")
        expect(viewer.inspector.locator("h3")).to_contain_text(place)
        viewer.inspector.get_by_role("button", name="Let it go on").click()
    viewer.dots.press("Enter")
    expect(viewer.inspector).to_contain_text("“Hello”")
    expect(viewer.inspector).to_contain_text("journal")
    stopped = viewer.dots.get_attribute("transform")
    step.click()
    assert viewer.dots.get_attribute("transform") == stopped
    viewer.inspector.get_by_role("button", name="Let it go on").click()
    for _ in range(4):  # the bus, the fan-out, the outboxes, the clients
        expect(viewer.dots).to_have_count(1)
        step.click()
    expect(viewer.dots).to_have_count(0)


def test_a_message_travels_by_itself_and_arrives(make_viewer: Callable[..., Viewer]) -> None:
    viewer, teller = make_viewer(reduced_motion="no-preference"), Teller()
    viewer.page.route_web_socket(re.compile("/flow/socket"), teller.connect)
    viewer.visit("live=1")
    let_happen(viewer.page, lambda: teller.connected)
    teller.says(told("hello")[0], told("snapshot")[0])
    expect(viewer.nodes).to_have_count(3)
    viewer.page.locator("#slow").evaluate("slow => { slow.value = 0; slow.dispatchEvent(new Event('input')); }")
    teller.says({"type": "flows", "flows": [HELLO]})
    expect(viewer.dots).to_have_count(1)
    expect(viewer.page.locator(".copy[visibility=visible]")).to_have_count(3)
    expect(viewer.dots).to_have_count(0)


def test_no_more_dots_than_can_be_followed_the_rest_is_counted(make_viewer: Callable[..., Viewer]) -> None:
    viewer, teller = make_viewer(reduced_motion="no-preference"), Teller()
    viewer.page.route_web_socket(re.compile("/flow/socket"), teller.connect)
    viewer.visit("live=1")
    let_happen(viewer.page, lambda: teller.connected)
    teller.says(told("hello")[0], told("snapshot")[0])
    expect(viewer.nodes).to_have_count(3)
    teller.says({"type": "flows", "flows": [{**HELLO, "id": 100 + number} for number in range(60)]})
    expect(viewer.dots).to_have_count(40)
    expect(viewer.page.locator("#house-counts")).to_contain_text("20 were not drawn")


def test_many_clients_are_drawn_as_groups(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    snapshot = told("snapshot")[0]
    some = snapshot["clients"][0]
    clients = [{**some, "id": n, "rooms": ["physics"] if n % 3 else ["art"]} for n in range(1, 301)]
    teller.says({**snapshot, "clients": clients, "clients_total": 300})
    expect(viewer.nodes).to_have_count(2)
    expect(viewer.nodes.locator(".letters")).to_have_text(["200", "100"])


def test_a_group_says_how_many_its_room_has_wherever_they_are_drawn(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    snapshot = told("snapshot")[0]
    some = snapshot["clients"][0]
    clients = [{**some, "id": n, "rooms": [["physics", "art"], ["art"], []][n % 3]} for n in range(1, 301)]
    rooms = [{"slug": "physics", "clients": 100, "head": 1}, {"slug": "art", "clients": 200, "head": 1}]
    teller.says({**snapshot, "clients": clients, "clients_total": 300, "rooms": rooms})
    expect(viewer.page.locator(".node.many")).to_have_count(3)
    groups = sorted(group.get_attribute("aria-label") or "" for group in viewer.nodes.all())
    assert groups == ["#art: 200 clients", "#physics: 100 clients", "no room: 100 clients"]


def test_the_session_counts_the_threads_that_have_a_client(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    figure = viewer.page.locator(".station.session .figure")
    snapshot = told("snapshot")[0]
    idle = {**snapshot["threads"][-1], "client": None, "doing": "idle"}
    threads = [*snapshot["threads"], *({**idle, "id": 5_000 + n} for n in range(32))]
    busy = {**snapshot, "threads": threads, "threads_total": len(threads), "kinds": {"handler": 35}, "watchers": 7}
    teller.says(busy)
    expect(viewer.page.locator("#state-more")).to_contain_text("7 people watch")
    expect(figure).to_have_text("3 threads")
    teller.says({**busy, "clients_total": 600, "threads_total": 640})
    expect(figure).to_have_text("600 threads")


def test_a_section_is_drawn_when_one_can_see_it(make_viewer: Callable[..., Viewer]) -> None:
    viewer = make_viewer(viewport={"width": 1280, "height": 600}).visit().opens().goes_to(BEFORE_THE_CLOSE)
    expect(viewer.nodes).to_have_count(3)
    lines = viewer.page.locator("#terminal-lines li")
    expect(lines).to_have_count(0)
    viewer.page.locator("#terminal").scroll_into_view_if_needed()
    expect(lines).to_have_count(7)


# The connection.


def test_the_server_is_asked_for_the_client_that_is_chosen(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    viewer.nodes.nth(1).click()
    expected = [{"type": "watch", "client": 2}, {"type": "handshake", "client": 2}]
    let_happen(viewer.page, lambda: teller.asked[-2:] == expected)
    expect(viewer.page.locator("#frames-client")).to_have_value("2")


def test_who_disconnects_leaves_the_picture_at_once(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    expect(viewer.nodes).to_have_count(3)
    teller.says({"type": "happened", "kind": "disconnected", "client": 2, "t": 0})
    expect(viewer.nodes.locator(".label")).to_have_text([re.compile("^Ana"), re.compile("^Caio")], timeout=1_000)


def test_an_eviction_is_shown_as_it_happens(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    teller.says({"type": "happened", "kind": "evicted", "client": 2, "t": 0})
    expect(viewer.page.locator("#outboxes-evictions")).to_contain_text("Bia read too slowly")


def test_dropped_notes_are_counted(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    snapshot = told("snapshot")[0]
    teller.says({**snapshot, "counters": {**snapshot["counters"], "dropped": 1_234}})
    expect(viewer.page.locator("#state-more")).to_contain_text("1,234 notes were dropped")


def test_messages_that_were_not_told_are_counted(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    counts = viewer.page.locator("#house-counts")
    snapshot = told("snapshot")[0]

    def says(**more: int) -> None:
        teller.says({**snapshot, "counters": {**snapshot["counters"], "messages": 7_000, **more}})

    says(messages_told=40, messages_seen=1_250)
    expect(counts).to_contain_text("began. 40 of 1,250 messages told in full since you look.")
    says(messages_told=1_250, messages_seen=1_250)
    expect(counts).to_have_text("7,000 messages since the server began.")
    says()
    expect(counts).to_have_text("7,000 messages since the server began.")


def test_a_live_session_is_saved_and_plays_the_same(live: tuple[Viewer, Teller], tmp_path: Path) -> None:
    viewer, teller = live
    texts = [text for kind in ("handshake", "flows", "frames", "lines") for text in told(kind)]
    teller.says(*texts)
    expect(viewer.falls).to_have_count(9)
    with viewer.page.expect_download() as download:
        viewer.page.locator("#save").click()
    saved = tmp_path / "live.jsonl"
    download.value.save_as(saved)
    lines = [json.loads(line) for line in saved.read_text().splitlines()]
    came = [line.pop("came") for line in lines]
    assert came == sorted(came)
    said = [told("hello")[0], told("snapshot")[0], *texts]
    assert lines == [{name: value for name, value in text.items() if name != "came"} for text in said]
    viewer.page.locator("#open-file").set_input_files(saved)
    expect(viewer.state).to_have_text("Playing a recording")
    expect(viewer.falls).to_have_count(9)
    expect(viewer.nodes).to_have_count(3)


def test_who_leaves_is_chosen_no_more_but_ones_own_client_is(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    chosen = viewer.page.locator("#frames-client")
    snapshot = told("snapshot")[0]
    viewer.nodes.nth(1).click()
    expect(chosen).to_have_value("2")
    clients = [client for client in snapshot["clients"] if client["id"] != 2]
    teller.says({**snapshot, "clients": clients, "clients_total": 2})
    expect(chosen).to_have_value("1")
    let_happen(viewer.page, lambda: {"type": "watch", "client": 1} in teller.asked[-2:])


def test_a_lost_connection_is_opened_again_and_asked_anew(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    viewer.nodes.nth(2).click()
    teller.hangs_up()
    expect(viewer.state).not_to_have_text("Connected")
    let_happen(viewer.page, lambda: teller.connected)
    teller.asked.clear()
    snapshot = told("snapshot")[0]
    teller.says(told("hello")[0], {**snapshot, "clients": [], "clients_total": 0})
    let_happen(viewer.page, lambda: {"type": "watch", "client": None} in teller.asked)
    expect(viewer.page.locator("#frames-client")).to_have_value("")
    teller.says(snapshot)
    let_happen(viewer.page, lambda: {"type": "watch", "client": 1} in teller.asked)
    assert {"type": "watch", "client": 3} not in teller.asked  # perhaps somebody else's number now
    expect(viewer.nodes).to_have_count(3)


def test_a_paused_picture_stands_still_and_catches_up(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    lines = viewer.page.locator("#terminal-lines li")
    say = told("lines")[0]
    teller.says(say)
    expect(lines).to_have_count(1)
    viewer.page.locator("#pause").click()
    teller.says(say, {**told("snapshot")[0], "watchers": 7})
    expect(viewer.page.locator("#state-more")).to_contain_text("7 people watch")  # so it has been heard
    # As many frames as a section has to wait at most, twice over.
    viewer.page.evaluate("""() => new Promise(done => {
        let frames = 0;
        const count = () => (frames += 1) < 30 ? requestAnimationFrame(count) : done();
        count();
    })""")
    expect(lines).to_have_count(1)
    viewer.page.locator("#pause").click()
    expect(lines).to_have_count(2)


def test_who_may_not_look_is_told_so(make_viewer: Callable[..., Viewer]) -> None:
    viewer = make_viewer()
    viewer.page.route_web_socket(re.compile("/flow/socket"), lambda route: route.close(code=1011))
    viewer.visit("live=1")
    expect(viewer.state).to_contain_text("Not allowed")


CONNECTED = {"type": "happened", "kind": "connected", "client": 1, "t": 0}
TURN_TO = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.mark.parametrize("what", ["connects", "turns to the page"])
def test_who_chooses_a_name_while_they_look_is_recognized(live: tuple[Viewer, Teller], what: str) -> None:
    viewer, teller = live
    asked: list[str] = []
    name: list[dict[str, str]] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json=name[0]) if name else route.fulfill(status=401, json={"code": "no-name"})

    def happens() -> None:
        already = len(asked)
        if what == "connects":
            teller.says(CONNECTED)
        else:
            viewer.page.evaluate(TURN_TO)
        let_happen(viewer.page, lambda: len(asked) > already)

    viewer.page.route("**/api/me", answer)
    nobody = {**told("hello")[0], "you": None}
    teller.says(nobody, told("snapshot")[0])
    happens()
    assert teller.connections == 1
    name.append({"id": "p1", "name": "Ana"})
    happens()
    let_happen(viewer.page, lambda: teller.connections == 2)
    teller.says(nobody, told("snapshot")[0])  # even if the server does not see it: once is enough
    expect(viewer.state).to_have_text("Connected")
    happens()
    name[0] = {"id": "p2", "name": "Ana"}
    happens()
    let_happen(viewer.page, lambda: teller.connections == 3)
    teller.says(told("hello")[0], told("snapshot")[0], CONNECTED)
    viewer.page.evaluate(TURN_TO)
    viewer.page.wait_for_timeout(1_000)
    assert (len(asked), teller.connections) == (4, 3)


def test_the_key_of_the_address_is_in_no_request(make_viewer: Callable[..., Viewer]) -> None:
    viewer, addresses = make_viewer(), list[str]()
    viewer.page.on("request", lambda request: addresses.append(request.url))

    def connect(route: WebSocketRoute) -> None:
        addresses.append(route.url)
        route.close(code=1011)

    viewer.page.route_web_socket(re.compile("/flow/socket"), connect)
    viewer.visit("live=1#key=wrong")
    expect(viewer.state).to_contain_text("Not allowed")
    assert [address for address in addresses if "wrong" in address.partition("#")[0]] == []


# The guide.


def test_the_guide_has_ten_steps_and_notices_what_happens(live: tuple[Viewer, Teller]) -> None:
    viewer, teller = live
    page = viewer.page
    page.locator("#guide-open").click()
    title, count, fate = (page.locator(f"#guide-{name}") for name in ("title", "count", "fate"))
    happenings: dict[int, dict[str, Any]] = {
        2: {"type": "happened", "kind": "connected", "client": 9, "t": 0},
        5: {"type": "flows", "flows": [HELLO]},
        10: {"type": "happened", "kind": "disconnected", "client": 9, "t": 0},
    }
    titles = []
    for number in range(1, 11):
        expect(count).to_have_text(f"Step {number} of 10")
        expect(page.locator(".pointed-at")).to_have_count(1)
        titles.append(title.inner_text())
        if number in happenings:
            expect(fate).to_contain_text("Waiting")
            teller.says(happenings[number])
            expect(fate).to_contain_text("There it was")
        page.locator("#guide-next").press("Enter")
    assert len(set(titles)) == 10
    expect(page.locator("#guide")).to_be_hidden()
    expect(page.locator("#guide-open")).to_be_focused()


def test_the_address_opens_the_guide_and_escape_closes_it(make_viewer: Callable[..., Viewer]) -> None:
    viewer = make_viewer().visit("guide=1&lang=pt-BR")
    expect(viewer.page.locator("#guide-title")).to_have_text("A casa")
    viewer.page.keyboard.press("Escape")
    expect(viewer.page.locator("#guide")).to_be_hidden()


# What it is like to use.


def test_every_station_explains_itself_by_keyboard(viewer: Viewer) -> None:
    stations = viewer.page.locator(".station")
    expect(stations).to_have_count(7)
    stations.first.focus()
    said = set()
    for _ in range(7):
        viewer.page.keyboard.press("Enter")
        said.add(viewer.inspector.inner_text())
        viewer.page.keyboard.press("ArrowRight")
    assert len(said) == 7
    assert all(".py" in text for text in said)
    stations.nth(2).focus()
    heard = "() => addEventListener('keydown', (event) => (window.kept = event.defaultPrevented))"
    viewer.page.evaluate(heard)
    viewer.page.keyboard.press("Alt+ArrowLeft")  # the browser's Back
    assert viewer.page.evaluate("window.kept") is False
    expect(stations.nth(2)).to_be_focused()


@pytest.mark.parametrize(
    ("device", "scheme", "language"),
    [(PHONE, "light", "en"), (DESKTOP, "dark", "pt-BR")],
    ids=["phone-light-en", "desktop-dark-pt"],
)
def test_axe_finds_nothing(
    make_viewer: Callable[..., Viewer], language: str, scheme: str, device: dict[str, Any]
) -> None:
    viewer = make_viewer(color_scheme=scheme, **device).visit(f"lang={language}&guide=1")
    viewer.opens().goes_to(BEFORE_THE_CLOSE)
    expect(viewer.frames).to_have_count(4)
    for button in viewer.page.locator("button[data-about]").all():
        button.click()
    viewer.page.locator(".station").first.press("Enter")
    found = Axe().run(viewer.page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize("projector", [False, True])
def test_nothing_is_wider_than_the_screen(make_viewer: Callable[..., Viewer], projector: bool) -> None:
    viewer = make_viewer(viewport={"width": 1_280, "height": 9_000}).visit().opens().goes_to(BEFORE_THE_CLOSE)
    if projector:
        viewer.page.locator("#projector").click()
    for button in viewer.page.locator(".about-button").all():
        button.click()
    expect(viewer.frames).to_have_count(4)
    for width in (320, 360, 768, 1_280):
        viewer.page.set_viewport_size({"width": width, "height": 9_000})
        assert viewer.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_the_projector_makes_everything_bigger_and_stays(viewer: Viewer) -> None:
    title = viewer.page.locator("#house-title")
    expect(title).to_have_css("font-size", "17px")
    viewer.page.locator("#projector").click()
    expect(title).to_have_css("font-size", "23.375px")
    viewer.visit()
    expect(title).to_have_css("font-size", "23.375px")
    viewer.page.locator("#projector").click()
    expect(title).to_have_css("font-size", "17px")


BUSY = """([hello, snapshot, flow, frame]) => {
    let id = 1_000;
    window.WebSocket = class {
        readyState = 1;
        constructor() {
            const say = text => this.onmessage({data: JSON.stringify(text)});
            setTimeout(() => { say(hello); say(snapshot); }, 0);
            setInterval(() => {
                for (const client of snapshot.clients) client.waiting = (client.id * 7919 + id) % 90_000;
                for (const thread of snapshot.threads) thread.for_us += 500_000;
                say(snapshot);
            }, 500);
            setInterval(() => {
                const flows = Array.from({length: 20}, () => ({...flow, id: id++}));
                say({type: 'flows', flows});
                say({type: 'frames', client: 1, frames: flows.map(() => ({...frame})), dropped: 0});
                say({type: 'lines', lines: flows.map(({id}) => ({t: 0, text: 'Sending', flow: id, client: null}))});
            }, 100);
        }
        send() {}
        close() {}
    };
}"""


def test_of_five_hundred_clients_at_two_hundred_messages_a_second_the_page_shows_what_one_can_follow(
    make_viewer: Callable[..., Viewer],
) -> None:
    snapshot = told("snapshot")[5]
    rooms = [["general"], ["physics"], ["art"]]
    clients = [{**snapshot["clients"][0], "id": n, "rooms": rooms[n % 3]} for n in range(1, 501)]
    threads = [{**snapshot["threads"][-1], "id": 5_000 + n, "client": n} for n in range(1, 501)]
    busy = {**snapshot, "clients": clients, "clients_total": 500, "threads": threads, "threads_total": 520}
    offers = [[n, HELLO["encoded"] + 5 * n, 173, "sent"] for n in range(1, 501, 3)]
    flow = {**HELLO, "recipients": len(offers), "offers": offers, "finished": offers[-1][1]}
    frame = told("frames")[0]["frames"][0]
    viewer = make_viewer(reduced_motion="no-preference")
    viewer.page.add_init_script(f"({BUSY})({json.dumps([told('hello')[0], busy, flow, frame])})")
    viewer.visit("live=1")
    expect(viewer.dots).to_have_count(40)
    expect(viewer.page.locator("#threads-table tbody tr:not([hidden])")).to_have_count(100)
    expect(viewer.page.locator("#threads-more")).to_contain_text("420")
    expect(viewer.frames).to_have_count(60)
    expect(viewer.dots).to_have_count(40)
