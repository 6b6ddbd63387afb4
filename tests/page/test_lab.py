"""The laboratory's page: a switch shows its bug in the figure and takes it away again; for every eye and every hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.actors import Server

from .conftest import Person
from .test_looks import TWO_LOOKS, has_no_violations

SLOW = 30_000  # ms until a figure says it: some need five seconds on a machine with nothing else to do


@pytest.fixture(scope="module")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One chat with a laboratory for all that look at it."""
    server = Server(tmp_path_factory.mktemp("lab") / "data", LAB=1).start()
    yield server
    server.stop()


@pytest.fixture
def make_visitor(lab_server: Server, make_person: Callable[..., Person]) -> Callable[..., Person]:
    """Somebody at the laboratory, which began anew before they came."""

    def make(**options: object) -> Person:
        assert lab_server.post("/lab/reset", {})[0] == 200
        person = make_person(lab_server.url, **options)
        person.page.goto(lab_server.url + "/lab")
        expect(person.page.locator("[data-number='1'][data-state=reading]")).to_be_attached(timeout=SLOW)
        return person

    return make


def card(page: Page, bug: str) -> Locator:
    return page.locator(f"[data-bug={bug}]")


def judged(card: Locator, verdict: str) -> None:
    expect(card).to_have_attribute("data-verdict", verdict, timeout=SLOW)


@pytest.mark.parametrize(
    ("name", "bug"),
    [
        ("Sending under the lock", "under_lock"),
        ("A list without a lock", "bare_list"),
        ("Two writers on one socket", "two_writers"),
        ("No heartbeat", "no_heartbeat"),
        ("No resume", "no_resume"),
        ("Encoded for each client anew", "encode_each"),
        ("A system call for each message", "call_each"),
    ],
)
def test_a_switch_shows_its_bug_and_takes_it_away_again(
    make_visitor: Callable[..., Person], name: str, bug: str
) -> None:
    page = make_visitor().page
    switch, shown = page.get_by_role("switch", name=name), card(page, bug)
    judged(shown, "good")
    before = shown.locator(".lab-figure").inner_text()
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    judged(shown, "bad")
    expect(shown.locator(".lab-verdict")).to_have_text("It happens")
    assert shown.locator(".lab-figure").inner_text() != before
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    judged(shown, "good")


def test_what_is_done_to_a_client_shows_on_its_tile_and_is_undone(make_visitor: Callable[..., Person]) -> None:
    page = make_visitor().page
    ana = page.locator("[data-number='1']")
    for act, state in (("Freeze", "frozen"), ("Slow", "slow"), ("Cut", "cut")):
        button = ana.get_by_role("button", name=act)
        button.click()
        expect(ana.locator(".lab-state")).to_have_text(state)
        expect(button).to_have_attribute("aria-pressed", "true")
    ana.get_by_role("button", name="Back").click()
    expect(ana.locator(".lab-state")).to_have_text("reading", timeout=SLOW)
    ana.get_by_role("button", name="Freeze").click()
    expect(ana.locator(".lab-state")).to_have_text("frozen")
    ana.get_by_role("button", name="Freeze").click()  # a second press takes it back
    expect(ana.locator(".lab-state")).to_have_text("reading", timeout=SLOW)


def test_everything_can_be_done_with_the_keyboard(make_visitor: Callable[..., Person]) -> None:
    page = make_visitor().page
    switch = page.get_by_role("switch", name="No resume")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(switch).to_be_focused()
    page.keyboard.press("Enter")
    expect(switch).to_have_attribute("aria-checked", "false")
    button = page.locator("[data-number='1']").get_by_role("button", name="Freeze")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_be_focused()


def test_it_begins_when_it_is_asked_to_and_begins_anew(lab_server: Server, make_person: Callable[..., Person]) -> None:
    page = make_person(lab_server.url).page
    page.goto(lab_server.url + "/lab")
    page.locator("#lab-run").click()
    expect(page.locator("#lab-run")).to_have_text("Begin anew")
    expect(page.locator("#lab-status")).to_contain_text("It runs.")
    page.get_by_role("switch", name="No resume").click()
    expect(page.get_by_role("switch", checked=True)).to_have_count(1)
    page.locator("#lab-run").click()
    expect(page.get_by_role("switch", checked=True)).to_have_count(0)
    expect(page.locator("[data-number='1'][data-state=reading]")).to_be_attached(timeout=SLOW)


@TWO_LOOKS
def test_axe_finds_nothing(
    make_visitor: Callable[..., Person], language: str, scheme: str, device: dict[str, object]
) -> None:
    visitor = make_visitor(locale=language, color_scheme=scheme, reduced_motion="reduce", **device)
    page = visitor.page
    has_no_violations(visitor)
    page.locator("[data-bug=two_writers] .lab-switch").click()
    page.locator("[data-number='1'] [data-do=freeze]").click()
    judged(card(page, "two_writers"), "bad")
    has_no_violations(visitor)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_it_does_not_run(
    make_server: Callable[..., Server], make_person: Callable[..., Person], scheme: str
) -> None:
    server = make_server(LAB=1).start()
    visitor = make_person(server.url, color_scheme=scheme, reduced_motion="reduce")
    visitor.page.goto(server.url + "/lab")
    expect(visitor.page.locator("#lab-run")).to_have_text("Start the laboratory")
    has_no_violations(visitor)


@pytest.mark.parametrize("language", ["en-US", "pt-BR"])
def test_nothing_is_wider_than_the_screen(make_visitor: Callable[..., Person], language: str) -> None:
    page = make_visitor(locale=language).page
    for width in (320, 360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        wider = page.evaluate("""() => {
            const root = document.documentElement;
            const out = [...document.querySelectorAll('main *')].filter((each) =>
                each.getBoundingClientRect().right > root.clientWidth + 0.5 && !each.closest('svg, .visually-hidden'));
            return [root.scrollWidth > root.clientWidth, ...out.map((each) => each.className)];
        }""")
        assert wider == [False], width
