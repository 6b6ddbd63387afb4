"""Where a reader is: in each room, in a text that is folded, and among the results of a search."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.actors import NO_RATE_LIMITS, Server, Talker

from .conftest import Person
from .test_reading import long_talk, next_frame, open_new_room
from .test_replies import tops

__all__ = ["long_talk"]

FOLDED = "\n".join(f"line {number}" for number in range(300))


def stays(page: Page, before: dict[str, float]) -> None:
    """The same messages are on the screen, in the same places."""
    first = next(iter(before))
    page.wait_for_function(
        """([seq, top]) => {
            const found = document.querySelector(`.message[data-seq="${seq}"]`);
            return found && Math.abs(found.getBoundingClientRect().top - top) <= 2;
        }""",
        arg=[first, before[first]],
    )
    after = tops(page)
    assert after.keys() == before.keys()
    assert list(after.values()) == pytest.approx(list(before.values()), abs=2)


def test_back_in_a_room_one_is_where_one_was_also_after_a_look_at_another_page(
    server: Server, long_talk: list[str], ana: Person
) -> None:
    page = ana.page
    open_new_room(ana, "Elsewhere")
    ana.room("general").click()
    expect(ana.messages.last).to_be_in_viewport()
    ana.scroll("log.scrollHeight / 2")
    next_frame(page)
    before = tops(page)
    page.go_back()
    expect(page.locator("#room-name")).to_have_text("Elsewhere")
    page.go_forward()
    expect(page.locator("#room-name")).to_have_text("general")
    stays(page, before)
    ana.room("Elsewhere").click()
    expect(page.locator("#room-name")).to_have_text("Elsewhere")
    ana.room("general").click()
    stays(page, before)
    page.reload()
    ana.is_connected()
    stays(page, before)
    page.goto(f"{server.url}/search")
    page.go_back()
    ana.is_connected()
    stays(page, before)
    ana.jump.click()
    expect(ana.messages.last).to_be_in_viewport()
    ana.room("Elsewhere").click()
    expect(page.locator("#room-name")).to_have_text("Elsewhere")
    ana.room("general").click()
    expect(ana.messages.last).to_be_in_viewport()  # who was at the end comes back to the end


def test_a_place_far_back_is_loaded_again_and_what_is_unread_goes_first(
    server: Server, long_talk: list[str], bot: Talker, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url).visit(name="Ana")
    open_new_room(ana, "Elsewhere")
    ana.visit("/r/general/60")
    page = ana.page
    expect(page.locator('.message[data-seq="60"]')).to_be_in_viewport()
    page.wait_for_load_state("networkidle")
    page.locator("#log").hover()
    page.mouse.wheel(0, -200)
    next_frame(page)
    page.mouse.wheel(0, -10)  # a wheel's first turn is animated
    page.wait_for_function("() => document.querySelector('.message[data-seq=\"55\"]')")
    next_frame(page)
    ana.room("Elsewhere").click()
    expect(page.locator("#room-name")).to_have_text("Elsewhere")
    kept = page.evaluate("() => JSON.parse(sessionStorage.getItem('chatapp.positions'))")
    [[slug, position]] = kept
    assert (slug, position["mark"]) == ("general", 60)
    page.go_back()
    expect(page.locator("#room-name")).to_have_text("general")
    expect(page.locator('.message[data-seq="60"]')).to_have_class(re.compile("marked"))
    page.wait_for_function(
        """({ seq, top }) => {
            const found = document.querySelector(`.message[data-seq="${seq}"]`);
            const log = document.querySelector("#log").getBoundingClientRect().top;
            return found && Math.abs(found.getBoundingClientRect().top - log - top) <= 2;
        }""",
        arg=position,
    )
    ana.room("Elsewhere").click()
    expect(page.locator("#room-name")).to_have_text("Elsewhere")
    bot.post("something new")
    expect(ana.room("general").locator(".badge")).to_have_text("1")
    ana.room("general").click()
    expect(ana.message("something new")).to_be_in_viewport()
    expect(ana.divider).to_be_in_viewport()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with long texts to search in."""
    server = Server(tmp_path_factory.mktemp("positions") / "data", **NO_RATE_LIMITS).start()
    talker = server.enter("Librarian")
    texts = [
        *(f"entry {number}" for number in range(120)),
        f"{FOLDED.replace('line 77', 'https://a.example/')}\nthe parabola is here\n{FOLDED}",
        f"{'漢字です。' * 800}\nhyperbola {'漢字です。' * 100}",  # so much is not even drawn before it is unfolded
        "an ellipse in one line",
    ]
    for text in texts:
        talker.hear("message", nonce=talker.post(text))
    talker.close()
    yield server
    server.stop()


READERS = count()


@pytest.fixture
def reader(library: Server, make_person: Callable[..., Person]) -> Person:
    return make_person(library.url).visit(name=f"Reader {next(READERS)}")


def in_view(page: Page, words: str) -> None:
    """Some text node with these words is inside the log's part of the screen, and nothing cuts it off."""
    page.wait_for_function(
        """(words) => {
            const log = document.querySelector("#log").getBoundingClientRect();
            const walker = document.createTreeWalker(document.querySelector("#log"), NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const at = walker.currentNode.data.indexOf(words);
                if (at === -1) continue;
                const range = document.createRange();
                range.setStart(walker.currentNode, at);
                range.setEnd(walker.currentNode, at + words.length);
                const box = range.getBoundingClientRect();
                const text = walker.currentNode.parentElement.closest(".text")?.getBoundingClientRect();
                const end = Math.min(log.bottom, text?.bottom ?? 0);
                if (box.height && box.top >= log.top && box.bottom <= end) return true;
            }
            return false;
        }""",
        arg=words,
    )


def test_a_search_hit_in_a_folded_text_is_shown_and_marked(library: Server, reader: Person) -> None:
    page = reader.page
    for query, words in (("parab", "parabola"), ("hyperbola", "hyperbola"), ("ellipse", "ellipse")):
        page.goto(f"{library.url}/search?q={query}")
        page.locator(".hit").click()
        reader.is_connected()
        in_view(page, words)
        marked = page.evaluate("() => [...CSS.highlights.get('hit') ?? []].map(String)")
        assert marked == [words]


def test_a_mention_in_a_folded_text_is_shown(ana: Person, bia: Person) -> None:
    bia.composer.fill(f"{FOLDED}\n@Ana, this one is yours")
    bia.composer.press("Control+Enter")
    for number in range(8):
        bia.write(f"number {number}")
    page = ana.page
    page.locator("#mentions-open").click()
    page.locator(".mention-link").click()
    in_view(page, "@Ana")


def test_words_in_an_address_may_be_anything(library: Server, reader: Person) -> None:
    for fragment in ("#hit=(", "#hit=%00&hit=%5B%5C", f"#hit={'x' * 5000}", "#hit=&hit", "#" + "hit=e&" * 500):
        reader.page.goto("about:blank")  # another fragment alone would load nothing
        reader.visit(f"/r/general/1{fragment}")
        expect(reader.page.locator('.message[data-seq="1"]')).to_be_in_viewport()


def test_the_browsers_own_find_unfolds_what_it_found(library: Server, reader: Person) -> None:
    page = reader.page
    reader.visit("/r/general/121")
    folded = page.locator('.message[data-seq="121"]')
    expect(folded.locator(".fold")).to_have_text("Show all")
    # No test can type into the browser's find. It scrolls to what it found as to any element, also in what is cut off.
    folded.locator(".text a").evaluate("(link) => link.scrollIntoView({ block: 'center' })")
    expect(folded.locator(".fold")).to_have_text("Show less")
    in_view(page, "https://a.example/")
    reader.visit("/r/general/122")
    undrawn = page.locator('.message[data-seq="122"]')
    expect(undrawn.locator(".fold")).to_have_text("Show all")
    expect(undrawn.locator(".text")).not_to_contain_text("hyperbola")
    assert undrawn.locator(".rest").evaluate("(rest) => rest.offsetHeight") == 0
    # What is hidden until it is found is uncovered by a link to it in the same way.
    page.evaluate(
        """() => {
            const pieces = [...document.querySelectorAll('.message[data-seq="122"] .rest > *')];
            pieces.find((piece) => piece.textContent.includes("hyperbola")).id = "found";
            location.hash = "found";
        }"""
    )
    expect(undrawn.locator(".fold")).to_have_text("Show less")
    expect(undrawn.locator(".rest")).to_have_count(0)


def test_back_to_the_results_of_a_search_leads_to_the_one_that_was_followed(library: Server, reader: Person) -> None:
    page = reader.page
    page.goto(f"{library.url}/search?q=entry")
    page.get_by_role("button", name="Older ones").click()
    expect(page.locator(".hit")).to_have_count(100)
    followed = page.locator(".hit").nth(80)
    followed.scroll_into_view_if_needed()
    place = followed.bounding_box()
    assert place
    followed.click()
    expect(page.locator("#room-name")).to_have_text("general")
    page.go_back()
    expect(page.locator(".hit")).to_have_count(100)
    expect(followed).to_be_focused()
    again = followed.bounding_box()
    assert again
    assert again["y"] == pytest.approx(place["y"], abs=2)
    page.locator("#search-field").fill("ellipse")
    page.keyboard.press("Enter")
    expect(page.locator(".hit")).to_have_count(1)
    page.go_back()
    page.go_forward()
    expect(page.locator(".hit")).to_have_count(1)
    page.reload()
    expect(page.locator(".hit")).to_have_count(1)
