"""Attacks in all that people can write stay the text that they are, with the page's policy on and off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from chatapp.limits import NAME_LIMIT, OPTION_LIMIT, ROOM_NAME_LIMIT, TOPIC_LIMIT
from tests.actors import NO_RATE_LIMITS, Server
from tests.hostile_texts import VECTORS, short

from .conftest import Person, let_happen
from .test_overlays import settled

NAMES = short(NAME_LIMIT)
ROOMS = short(ROOM_NAME_LIMIT)
OPTIONS = short(OPTION_LIMIT)
TOPICS = short(TOPIC_LIMIT)
LANGUAGES = [line for line in short(200) if "`" not in line]

# What a message may consist of; everything else would have come from an attack.
STRANGERS = """() => [...document.querySelectorAll('.message .text :not(.code-copy, .code-copy *)')].filter((each) =>
    !each.closest('math')
        && !each.matches('p, br, strong, em, s, code, pre, span, blockquote, ul, ol, li, a, div.code, div.formula')
    || ['style', 'id', 'src', 'name'].some((name) => each.hasAttribute(name))
).map((each) => each.outerHTML)"""
# What is nowhere on the page.
INTRUDERS = """() => [...document.querySelectorAll('*')].filter((each) =>
    each.matches('iframe, object, embed, base, style, marquee, meta[http-equiv], script:not([src^="/static/"], #boot)')
    || [...each.attributes].some(({ name }) => name.startsWith('on') || name === 'srcdoc')
    || ['href', 'src', 'action', 'formaction', 'xlink:href'].some((name) =>
        /^[\\s\\0]*(javascript|vbscript|data:text)/i.test(each.getAttribute(name) ?? ''))
).map((each) => each.outerHTML)"""


@pytest.fixture(scope="module")
def attacked_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with rooms of attacks: in texts, in the languages of code, in names of people, in names of rooms."""
    server = Server(tmp_path_factory.mktemp("attacked") / "data", **NO_RATE_LIMITS, PING_INTERVAL=300, PING_TIMEOUT=600)
    server.start()  # those who only stand in the list of people answer no ping
    for room in ("languages", "names", "polls", *ROOMS):
        server.open_room(room)
    talker = server.enter("Mallory")
    talker.join("languages")
    for text in VECTORS:
        talker.hear("message", nonce=talker.post(text))
    for language in LANGUAGES:
        talker.hear("message", nonce=talker.post(f"```{language}\n{language}\n```", "languages"))
    talker.join("polls")
    for number, options in enumerate(zip(OPTIONS[::2], OPTIONS[1::2], strict=False)):
        poll = {"options": options, "anonymous": number % 2 == 0}
        talker.say("post", room="polls", text="Which?", nonce=f"poll-{number}", poll=poll)
        talker.hear("message", nonce=f"poll-{number}")
    for name in NAMES:
        talker = server.enter(quote(name), "names")
        talker.hear("message", nonce=talker.post("hello", "names"))
    yield server
    server.hang_up()
    server.stop()


@pytest.fixture(params=["on", "off"])
def ana(attacked_server: Server, make_person: Callable[..., Person], request: pytest.FixtureRequest) -> Person:
    """Ana, whose browser heeds the page's policy, or does not."""
    own = request.node.name.removeprefix("test_in_")  # a name that nobody before has, who may still be counted as here
    return make_person(attacked_server.url, bypass_csp=request.param == "off").visit(name=f"Ana {own}")


def goes_to(ana: Person, room: str, *, messages: int) -> None:
    """Opens a room and loads all of its history."""
    ana.page.goto(f"{ana.url}/r/{room}")
    ana.is_connected()

    def all_is_loaded() -> bool:
        ana.scroll("0")
        return ana.page.locator(".log-beginning").count() == 1

    let_happen(ana.page, all_is_loaded)
    expect(ana.messages).to_have_count(messages)


def is_unharmed(ana: Person) -> None:
    assert ana.page.evaluate(STRANGERS) == []
    assert ana.page.evaluate(INTRUDERS) == []
    assert ana.page.evaluate("() => window.hit") is None


def test_in_texts(ana: Person) -> None:
    goes_to(ana, "general", messages=len(VECTORS))
    is_unharmed(ana)
    shown = ana.page.evaluate("() => [...document.querySelectorAll('.message .text')].map((each) => each.innerHTML)")
    for text, html in zip(VECTORS, shown, strict=True):
        assert "hit" not in text or "hit" in html or text.startswith("$")  # LaTeX has words that are not shown


def test_in_the_languages_of_code(ana: Person) -> None:
    goes_to(ana, "languages", messages=len(LANGUAGES))
    is_unharmed(ana)
    shown = ana.page.evaluate("() => [...document.querySelectorAll('.message pre')].map((each) => each.textContent)")
    assert shown == [f"{language}\n{language}" for language in LANGUAGES]


def test_in_names(ana: Person) -> None:
    assert len(NAMES) >= 100
    goes_to(ana, "names", messages=len(NAMES))
    is_unharmed(ana)
    for shown in (ana.page.locator(".message .author"), ana.page.locator("#people-list .person-name")):
        assert set(NAMES) <= set(shown.all_text_contents())
    ana.page.keyboard.press("Control+k")
    ana.page.keyboard.type(f"@{NAMES[0]}")
    expect(ana.page.get_by_role("option", name=NAMES[0], exact=False).first).to_be_visible()
    is_unharmed(ana)


def test_in_names_of_rooms(ana: Person) -> None:
    assert len(ROOMS) >= 100
    names = ana.page.locator(".room-list .room-name")
    let_happen(ana.page, lambda: len(set(ROOMS) & set(names.all_text_contents())) > 90)  # the server told a hundred
    ana.page.locator("#rooms-browse").click()
    listed = ana.page.locator("dialog[open]")
    for name in ROOMS[90:]:
        listed.get_by_role("searchbox").fill(name)
        expect(listed.get_by_text(name, exact=True).first).to_be_visible()
    is_unharmed(ana)
    ana.page.keyboard.press("Escape")
    ana.page.keyboard.press("Escape")
    for name in ROOMS[:3]:
        ana.room(name).click()
        expect(ana.page.locator("#room-name")).to_have_text(name)
        expect(ana.page).to_have_title(f"{name} · chatapp")
    is_unharmed(ana)
    ana.page.reload()
    ana.is_connected()
    expect(ana.page.locator("#room-name")).to_have_text(ROOMS[2])
    is_unharmed(ana)


def test_in_the_options_of_polls(ana: Person) -> None:
    assert len(OPTIONS) >= 100
    goes_to(ana, "polls", messages=len(OPTIONS) // 2)
    count = ana.page.locator(".poll-count").last
    before = int(count.text_content() or "")  # somebody else may have voted: the server is the same for both policies
    ana.page.locator(".poll-option").last.click()
    expect(count).to_have_text(str(before + 1))
    is_unharmed(ana)
    shown = ana.page.locator(".poll-name").all_text_contents()
    assert shown == [" ".join(option.split()) for option in OPTIONS[: len(shown)]]


def lists_topics(person: Person, wanted: set[str]) -> bool:
    """Whether all these topics stand in the list of all rooms."""
    return wanted <= set(person.page.locator(".browse-topic").all_text_contents())


def test_in_topics(ana: Person) -> None:
    assert len(TOPICS) >= 100
    for topics in (TOPICS[:90], TOPICS[90:]):  # the page is told of a hundred rooms at once
        ana.page.evaluate(
            """async (topics) => {
                const { Api } = await import("/static/js/api.js");
                const api = new Api();
                const rooms = (await api.rooms()).rooms.slice(4);
                await Promise.all(rooms.map(({ slug }, index) => api.configure(slug, { topic: topics[index] ?? "" })));
                await api.configure("general", { topic: topics.at(-1) });
            }""",
            topics,
        )
        expect(ana.page.locator("#room-topic")).to_have_text(" ".join(topics[-1].split()))
        is_unharmed(ana)
        ana.page.locator("#rooms-browse").click()
        let_happen(ana.page, partial(lists_topics, ana, {" ".join(topic.split()) for topic in topics}))
        is_unharmed(ana)
        ana.page.keyboard.press("Escape")
        settled(ana.page)  # a reload before would be cancelled by that step
    ana.page.reload()
    ana.is_connected()
    expect(ana.page.locator("#room-topic")).to_have_text(" ".join(TOPICS[-1].split()))
    is_unharmed(ana)
