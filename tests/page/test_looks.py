"""What it is like to use: on small screens, by keyboard, with assistive technology, in the dark, under attack."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.actors import NO_RATE_LIMITS, Server
from tests.hostile_texts import LAYOUTS

from .conftest import Line, Person

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
# Each screen, scheme and language.
TWO_LOOKS = pytest.mark.parametrize(
    ("device", "scheme", "language"),
    [
        pytest.param(PHONE, "dark", "pt-BR", id="phone-dark-pt"),
        pytest.param(DESKTOP, "light", "en-US", id="desktop-light-en"),
    ],
)
# Each together with each of the others; of all three together a half.
FOUR_LOOKS = pytest.mark.parametrize(
    ("device", "scheme", "language"),
    [
        pytest.param(PHONE, "light", "en-US", id="phone-light-en"),
        pytest.param(PHONE, "dark", "pt-BR", id="phone-dark-pt"),
        pytest.param(DESKTOP, "light", "pt-BR", id="desktop-light-pt"),
        pytest.param(DESKTOP, "dark", "en-US", id="desktop-dark-en"),
    ],
)


@pytest.fixture(scope="module")
def busy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all that only look, with a room of hostile texts."""
    server = Server(tmp_path_factory.mktemp("looks") / "data", **NO_RATE_LIMITS).start()
    talker = server.enter("Mallory")
    for text in LAYOUTS:
        talker.hear("message", nonce=talker.post(text))
    talker.close()
    yield server
    server.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_is_not_sent(
    server: Server, make_person: Callable[..., Person], line: Line, scheme: str
) -> None:
    ana = make_person(server.url, line=line, color_scheme=scheme, reduced_motion="reduce").visit(name="Ana")
    line.loses = lambda frame: True
    ana.write("hello https://chat.example/")
    expect(ana.unsent).to_have_count(1)
    has_no_violations(ana)
    expect(ana.page.get_by_role("button", name="Try again")).to_be_visible(timeout=20_000)
    has_no_violations(ana)


@FOUR_LOOKS
def test_axe_finds_nothing(
    busy_server: Server, make_person: Callable[..., Person], language: str, scheme: str, device: dict[str, object]
) -> None:
    ana = make_person(busy_server.url, locale=language, color_scheme=scheme, reduced_motion="reduce", **device)
    page = ana.page
    page.goto(busy_server.url)
    expect(page.locator("#name-dialog")).to_be_visible()
    has_no_violations(ana)
    ana.visit(name=f"Ana {language} {scheme} {len(device)}")
    ana.write("hello")
    ana.sees("hello")
    has_no_violations(ana)
    ana.composer.fill("y" * 10_001)
    has_no_violations(ana)
    ana.composer.fill("")
    if device is PHONE:
        for opener, drawer in (("#people-open", "#people"), ("#rooms-open", "#rooms")):
            page.locator(opener).click()
            expect(page.locator(drawer)).to_be_in_viewport()
            has_no_violations(ana)
            page.keyboard.press("Escape")
        page.locator("#rooms-open").click()
    page.locator("#me").click()
    expect(page.locator("#settings-dialog")).to_be_visible()
    has_no_violations(ana)
    page.keyboard.press("Escape")
    if device is PHONE:
        page.keyboard.press("Escape")
    page.locator("#level-open").click()
    expect(page.locator("#level-dialog")).to_be_visible()
    has_no_violations(ana)


def has_no_violations(person: Person) -> None:
    person.page.evaluate("() => Promise.all(document.getAnimations().map(each => each.finished.catch(() => null)))")
    found = Axe().run(person.page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_hostile_texts_stay_within_their_box(busy_server: Server, make_person: Callable[..., Person]) -> None:
    ana = make_person(busy_server.url).visit(name="Ana")
    expect(ana.texts.filter(has_text="tower")).to_have_count(1)
    for width in (320, 360, 768, 1280):
        ana.page.set_viewport_size({"width": width, "height": 700})
        ana.page.wait_for_function("""() => [document.documentElement, document.querySelector('#log')]
            .every(each => each.scrollWidth <= each.clientWidth)""")  # once the panels have slid to their places
        tower = ana.messages.filter(has_text="tower").bounding_box()
        assert tower
        assert tower["height"] < 120


def test_on_a_phone_rooms_and_people_are_drawers_that_give_the_focus_back(
    busy_server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(busy_server.url, **PHONE).visit(name="Ana on a phone")
    page = ana.page
    for opener, drawer in (("#rooms-open", "#rooms"), ("#people-open", "#people")):
        expect(page.locator(drawer)).not_to_be_in_viewport()
        page.locator(opener).click()
        expect(page.locator(drawer)).to_be_in_viewport()
        expect(page.locator(f"{drawer} :focus")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator(drawer)).not_to_be_in_viewport()
        expect(page.locator(opener)).to_be_focused()
        page.locator(opener).click()
        page.locator("#backdrop").click(position={"x": 350 if drawer == "#rooms" else 10, "y": 400})
        expect(page.locator(drawer)).not_to_be_in_viewport()
    page.locator("#rooms-open").click()
    ana.room("general").click()
    expect(page.locator("#rooms")).not_to_be_in_viewport()


def test_everything_can_be_done_with_the_keyboard(busy_server: Server, make_person: Callable[..., Person]) -> None:
    ana = make_person(busy_server.url).visit(name="Ana at the keys")
    page = ana.page
    page.reload()
    ana.is_connected()
    page.locator(".skip").focus()  # the first thing that Tab reaches
    reached = ["skip"]
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.id || document.activeElement.className"))
        assert page.evaluate(
            "() => getComputedStyle(document.activeElement).outlineStyle !== 'none'"
            " || document.activeElement.id === 'composer-text'"
        )
        if reached[-1] == "composer-send":
            break
    for place in ("skip", "rooms-new", "me", "log", "composer-text", "composer-send"):
        assert place in reached
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(ana.composer).to_be_focused()
    page.keyboard.type("written without a mouse")
    page.keyboard.press("Enter")
    ana.sees("written without a mouse")
    page.locator("#rooms-new").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Made by keys")
    page.keyboard.press("Enter")
    expect(page.locator("#room-name")).to_have_text("Made by keys")
    page.locator("#me").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#settings-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#settings-dialog")).to_be_hidden()
    expect(page.locator("#me")).to_be_focused()


def test_the_colours_follow_the_system_until_one_chooses(
    busy_server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(busy_server.url, color_scheme="dark").visit(name="Ana in the dark")
    page = ana.page

    def ground() -> str:
        colour: str = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
        return colour

    dark = ground()
    page.emulate_media(color_scheme="light")
    light = ground()
    assert dark != light
    page.locator("#me").click()
    page.get_by_label("Dark").check()
    assert ground() == dark
    page.reload()
    assert ground() == dark
    ana.is_connected()
    page.locator("#me").click()
    page.get_by_label("System").check()
    assert ground() == light


def test_at_twice_the_size_everything_is_still_there(busy_server: Server, make_person: Callable[..., Person]) -> None:
    # 200 % on a screen of 1280 by 800 leaves the page 640 by 400 of its own pixels.
    ana = make_person(busy_server.url, viewport={"width": 640, "height": 400}, device_scale_factor=2)
    ana.visit(name="Ana enlarged")
    for place in (ana.composer, ana.page.locator("#rooms-open"), ana.page.locator("#people-open"), ana.log):
        expect(place).to_be_in_viewport()
    height = ana.log.bounding_box()
    assert height
    assert height["height"] > 150


def test_names_of_icons_and_buttons_are_in_the_language_of_the_page(
    busy_server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(busy_server.url, locale="pt-BR").visit(name="Ana em casa")
    expect(ana.page.get_by_role("button", name="Enviar")).to_be_visible()
    expect(ana.page.get_by_role("log", name=re.compile("Mensagens em"))).to_be_visible()
