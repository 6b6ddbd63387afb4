"""Reading: history, the end, what is unread, and who is typing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.actors import Server, Talker

from .conftest import Line, Person, let_happen


@pytest.fixture
def long_talk(bot: Talker) -> list[str]:
    """A room in which 430 messages were said, of one to twelve lines."""
    texts = [f"number {number}" + "\nmore" * (number * 7 % 12) for number in range(430)]
    for text in texts:
        bot.post(text)
    bot.hear("message", text=texts[-1])
    return texts


def place_of_first_visible(page: Page) -> float:
    """Marks the topmost message on the screen and gives its place."""
    place: float = page.evaluate("""() => {
        const top = document.querySelector('#log').getBoundingClientRect().top;
        const messages = [...document.querySelectorAll('.message')];
        window.marked = messages.find(each => each.getBoundingClientRect().bottom > top);
        return window.marked.getBoundingClientRect().top;
    }""")
    return place


def next_frame(page: Page) -> None:
    """Lets the page do what it does after a scroll."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_history_loads_upward_without_moving_what_is_being_read(
    server: Server, long_talk: list[str], ana: Person
) -> None:
    expect(ana.messages).to_have_count(50)
    for _ in range(5):
        oldest = ana.messages.first.locator(".text").inner_text()
        ana.scroll("120")
        before = place_of_first_visible(ana.page)
        expect(ana.messages.first.locator(".text")).not_to_have_text(oldest)
        after = ana.page.evaluate("() => window.marked.isConnected && window.marked.getBoundingClientRect().top")
        assert after == pytest.approx(before, abs=1)


def test_history_that_does_not_come_holds_up_no_other_room_and_is_asked_for_again(
    server: Server, long_talk: list[str], ana: Person
) -> None:
    held: list[Route] = []
    ana.page.route("**/messages?*", lambda route: route.continue_() if held else held.append(route))
    ana.scroll("0")
    let_happen(ana.page, lambda: len(held) == 1)
    open_new_room(ana, "Elsewhere")
    ana.room("general").click()
    ana.sees(long_talk[-1])
    ana.scroll("0")
    expect(ana.messages).to_have_count(100)
    held[0].continue_()
    for _ in range(3):
        count = ana.messages.count()
        ana.scroll("0")
        ana.page.wait_for_function("count => document.querySelectorAll('.message').length > count", arg=count)
    texts = ana.all_texts()
    assert texts == long_talk[-len(texts) :]


def test_history_that_does_not_come_at_all_says_so_and_can_be_tried_again(
    server: Server, long_talk: list[str], make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url)
    ana.page.add_init_script(
        "const timeout = AbortSignal.timeout.bind(AbortSignal);"
        "AbortSignal.timeout = milliseconds => timeout(milliseconds / 10);"
    )
    ana.visit(name="Ana")
    ana.page.route("**/messages?*", lambda route: None)
    ana.scroll("0")
    expect(ana.page.get_by_text("Earlier messages could not be loaded.")).to_be_visible()
    ana.page.unroute("**/messages?*")
    ana.page.get_by_role("button", name="Try again").click()
    expect(ana.messages).to_have_count(100)
    expect(ana.page.get_by_text("Earlier messages could not be loaded.")).to_have_count(0)
    assert ana.all_texts() == long_talk[-100:]


def test_a_page_of_history_that_came_and_is_not_shown_yet_makes_nobody_ask_for_the_next_one(
    server: Server, long_talk: list[str], ana: Person
) -> None:
    asked: list[str] = []
    ana.page.on("request", lambda request: asked.append(request.url) if "/messages?" in request.url else None)
    ana.page.evaluate("""() => {
        const json = Response.prototype.json;
        // The browser tells of a scroll between the answer and the next frame.
        Response.prototype.json = async function () {
            const answer = await json.call(this);
            setTimeout(() => document.querySelector('#log').dispatchEvent(new Event('scroll')));
            return answer;
        };
        const frames = window.requestAnimationFrame;
        window.requestAnimationFrame = render => setTimeout(() => frames(render), 50);
    }""")
    ana.scroll("0")
    expect(ana.messages).to_have_count(100)
    next_frame(ana.page)
    assert len(asked) == 1


def test_the_document_holds_no_more_than_300_messages_and_every_one_can_be_reached(
    server: Server, long_talk: list[str], ana: Person
) -> None:
    seen: set[str] = set()

    def look(scroll: str, until: str) -> None:
        for _ in range(400):
            assert ana.messages.count() <= 300
            seen.update(text.split("\n")[0] for text in ana.all_texts())
            if until in seen:
                return
            before = ana.page.evaluate("() => document.querySelector('.log-items').innerText.length")
            ana.scroll(scroll)
            ana.page.wait_for_function(
                """before => {
                    const log = document.querySelector('#log');
                    const length = document.querySelector('.log-items').innerText.length;
                    return length !== before || (log.scrollTop > 900 && log.scrollHeight - log.scrollTop > 2000);
                }""",
                arg=before,
            )

    look("0", until="number 0")
    assert ana.messages.first.locator(".text").inner_text() == "number 0"
    assert len(seen) == 430
    expect(ana.page.get_by_text("This is where the room begins.")).to_be_attached()
    ana.jump.click()
    ana.sees(long_talk[-1])
    expect(ana.jump).to_be_hidden()


def test_scrolling_back_down_shows_everything_up_to_the_end(server: Server, long_talk: list[str], ana: Person) -> None:
    while "number 0" not in ana.all_texts():
        ana.scroll("0")
        next_frame(ana.page)
    for _ in range(2_000):
        if ana.jump.is_hidden():
            break
        ana.scroll("log.scrollTop + 500")
        next_frame(ana.page)
    ana.sees(long_talk[-1])


@pytest.mark.parametrize(
    "meanwhile",
    [
        "document.querySelector('#composer-text').style.minHeight = '9rem'",
        "document.querySelector('.message:last-child .text').style.minHeight = '9rem'",
        """
            const frames = window.requestAnimationFrame;
            window.requestAnimationFrame = render => queueMicrotask(render);
            document.dispatchEvent(new Event('visibilitychange'));
            window.requestAnimationFrame = frames;
        """,
    ],
    ids=["the field grows", "a message grows", "it is rendered anew"],
)
def test_one_who_scrolls_is_not_taken_back_by_what_happens_before_the_next_frame(
    server: Server, long_talk: list[str], ana: Person, meanwhile: str
) -> None:
    ana.page.evaluate(f"() => {{ document.querySelector('#log').scrollTop = 0; {meanwhile} }}")
    expect(ana.messages).to_have_count(100)
    expect(ana.jump).to_be_visible()


def test_the_new_line_stays_until_one_leaves_the_room(
    server: Server, long_talk: list[str], bot: Talker, ana: Person
) -> None:
    open_new_room(ana, "Elsewhere")
    bot.post("first unread")
    expect(ana.room("general").locator(".badge")).to_have_text("1")
    ana.room("general").click()
    first_unread = ana.page.locator(".divider + .message .text")
    expect(first_unread).to_have_text("first unread")
    ana.scroll("log.scrollTop - 1500")
    expect(ana.jump).to_be_visible()
    bot.post("second unread")
    expect(ana.jump).to_have_text("1 new message")
    ana.jump.click()
    ana.sees("second unread")
    expect(first_unread).to_have_text("first unread")


def test_one_can_leave_the_end_in_small_steps(server: Server, long_talk: list[str], ana: Person) -> None:
    """Each is less than what counts as the end; something that is rendered meanwhile may undo a few of them."""
    for _ in range(60):
        ana.scroll("log.scrollTop - 30")
        next_frame(ana.page)
        if ana.jump.is_visible():
            break
    expect(ana.jump).to_be_visible()


def test_one_who_reads_further_up_stays_there_and_is_told_of_new_messages(
    server: Server, long_talk: list[str], bot: Talker, ana: Person
) -> None:
    ana.scroll("log.scrollTop - 1500")
    expect(ana.jump).to_have_text("To the newest messages")
    before = place_of_first_visible(ana.page)
    for number in range(3):
        bot.post(f"news {number}")
    expect(ana.jump).to_have_text("3 new messages")
    expect(ana.page).to_have_title("(3) general · chatapp")
    assert ana.page.evaluate("() => window.marked.getBoundingClientRect().top") == pytest.approx(before, abs=1)
    ana.jump.click()
    expect(ana.jump).to_be_hidden()
    expect(ana.page).to_have_title("general · chatapp")
    expect(ana.divider).to_have_count(1)
    expect(ana.page.locator(".divider + .message .text")).to_have_text("news 0")


def test_one_who_is_at_the_end_stays_at_the_end(server: Server, long_talk: list[str], bot: Talker, ana: Person) -> None:
    ana.composer.fill("some\nlines\nthat\nmake\nthe field\ngrow")
    for number in range(20):
        bot.post(f"news {number}")
    ana.sees("news 19")
    expect(ana.jump).to_be_hidden()
    expect(ana.texts.last).to_be_in_viewport()
    ana.page.set_viewport_size({"width": 700, "height": 500})
    expect(ana.jump).to_be_hidden()
    expect(ana.texts.last).to_be_in_viewport()


def test_what_is_said_meanwhile_stops_nobody_on_the_way_to_the_end(
    server: Server, long_talk: list[str], bot: Talker, ana: Person
) -> None:
    ana.page.wait_for_function("""() => {
        const log = document.querySelector("#log");
        log.scrollTop = 0;
        return document.querySelectorAll(".message").length === 300;
    }""")  # as many as the document holds: for one more, one has to go
    ana.page.wait_for_function("""() => {
        const log = document.querySelector("#log");
        log.scrollTop = log.scrollHeight;
        return document.querySelector("#jump").hidden;
    }""")
    expect(ana.messages).to_have_count(300)
    ana.scroll("log.scrollTop - 1000")
    expect(ana.jump).to_be_visible()
    ana.page.evaluate("""() => {
        const log = document.querySelector("#log");
        const from = log.scrollTop;
        log.addEventListener("scroll", () => log.scrollTop > from && (window.moving = true));
        document.querySelector("#jump").click();
    }""")
    ana.page.wait_for_function("() => window.moving")
    bot.post("meanwhile")
    ana.sees("meanwhile")
    expect(ana.jump).to_be_hidden()


def test_one_who_writes_from_further_up_is_taken_to_the_end(server: Server, long_talk: list[str], ana: Person) -> None:
    ana.scroll("log.scrollTop - 3000")
    expect(ana.jump).to_be_visible()
    ana.write("here I am")
    expect(ana.jump).to_be_hidden()
    expect(ana.texts.last).to_be_in_viewport()
    ana.sees("here I am")


def test_unread_counts_show_in_the_list_in_the_title_and_on_the_icon_until_the_room_is_read(
    server: Server, ana: Person, bia: Person
) -> None:
    open_new_room(ana, "Elsewhere")
    icon = ana.page.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", re.compile("icon.svg"))
    bia.write("one", "two")
    expect(ana.room("general").locator(".badge")).to_have_text("2")
    expect(ana.page).to_have_title("(2) Elsewhere · chatapp")
    expect(icon).to_have_attribute("href", re.compile("^data:image/png"))
    ana.come_to_the_front()
    ana.room("general").click()
    expect(ana.divider).to_have_count(1)
    expect(ana.page.locator(".divider + .message .text")).to_have_text("one")
    expect(ana.room("general").locator(".badge")).to_be_hidden()
    expect(ana.page).to_have_title("general · chatapp")
    expect(icon).to_have_attribute("href", re.compile("icon.svg"))
    bia.write("three")
    ana.sees("one", "two", "three")
    expect(ana.divider).to_have_count(1)
    ana.room("Elsewhere").click()
    ana.room("general").click()
    expect(ana.texts).to_have_count(3)
    expect(ana.divider).to_have_count(0)


def test_what_was_read_in_one_tab_is_read_in_the_other(
    server: Server, ana: Person, bia: Person, make_person: Callable[..., Person]
) -> None:
    open_new_room(ana, "Elsewhere")
    bia.write("hello")
    expect(ana.room("general").locator(".badge")).to_have_text("1")
    other = make_person(server.url, beside=ana).visit("/r/general")
    other.sees("hello")
    expect(ana.room("general").locator(".badge")).to_be_hidden()


def test_what_came_while_nobody_was_here_is_unread_at_the_next_visit(server: Server, ana: Person, bia: Person) -> None:
    ana.come_to_the_front()
    bia.write("seen")
    ana.sees("seen")
    ana.leave(server)
    bia.write("not seen")
    ana.visit()
    expect(ana.page.locator(".divider + .message .text")).to_have_text("not seen")


def test_what_is_read_goes_to_the_server_at_most_once_a_second(
    server: Server, bot: Talker, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    told: list[int] = []
    line.answers = lambda command: told.append(command["seq"]) if command["type"] == "read" else None
    start = time.monotonic()
    for number in range(20):
        bot.post(f"news {number}")
        ana.sees(f"news {number}")
    let_happen(ana.page, lambda: told[-1:] == [20])
    assert len(told) <= time.monotonic() - start + 1


def have_joined(*everybody: Person) -> None:
    """A page can be connected, and show what it read over HTTP, a moment before it is in the room: nobody is told then
    that somebody types."""
    for person in everybody:
        expect(person.page.locator("#people-list li")).to_have_count(len(everybody))


def test_typing_shows_to_the_others_and_ends_with_the_message(ana: Person, bia: Person) -> None:
    have_joined(ana, bia)
    typing = ana.page.locator("#typing-words")
    bia.composer.press_sequentially("hm")
    expect(typing).to_have_text("\u2068Bia\u2069 is typing…")
    expect(bia.page.locator("#typing-words")).to_have_text("")
    bia.composer.press("Enter")
    expect(typing).to_have_text("")


def test_typing_right_after_a_message_shows_too(ana: Person, bia: Person) -> None:
    have_joined(ana, bia)
    bia.write("first")
    bia.composer.press_sequentially("and")
    ana.sees("first")
    expect(ana.page.locator("#typing-words")).to_contain_text("is typing")


def test_typing_ends_by_itself(ana: Person, bia: Person) -> None:
    have_joined(ana, bia)
    bia.composer.press_sequentially("hm")
    expect(ana.page.locator("#typing-words")).to_contain_text("is typing")
    expect(ana.page.locator("#typing-words")).to_have_text("", timeout=8_000)


def test_messages_of_one_author_are_grouped_and_days_are_separated(ana: Person, bia: Person) -> None:
    ana.write("one", "two")
    bia.sees("one", "two")
    bia.write("three")
    ana.sees("one", "two", "three")
    expect(ana.page.locator(".message.lead .text")).to_have_text(["one", "three"])
    expect(ana.page.locator(".day")).to_have_text(["Today"])
    expect(ana.messages.first.locator("time")).to_have_attribute("title", re.compile(r"\d{4}.*\d:\d\d:\d\d"))


def test_history_is_not_read_aloud_and_new_messages_are(
    server: Server, long_talk: list[str], bot: Talker, ana: Person
) -> None:
    expect(ana.log).to_have_attribute("role", "log")
    expect(ana.log).to_have_attribute("aria-live", "polite")
    ana.page.evaluate("""() => {
        window.spoken = [];
        const log = document.querySelector('#log');
        new MutationObserver(changes => {
            if (log.getAttribute('aria-live') === 'off') return;
            for (const change of changes) for (const node of change.addedNodes) window.spoken.push(node.textContent);
        }).observe(document.querySelector('.log-items'), {childList: true});
    }""")
    oldest = ana.messages.first.locator(".text").inner_text()
    ana.scroll("0")
    expect(ana.messages.first.locator(".text")).not_to_have_text(oldest)
    assert ana.page.evaluate("window.spoken") == []
    ana.jump.click()
    expect(ana.log).to_have_attribute("aria-live", "polite")
    bot.post("this is news")
    ana.sees("this is news")
    assert len(ana.page.evaluate("window.spoken.filter(text => text.includes('this is news'))")) == 1


def open_new_room(person: Person, name: str) -> None:
    person.page.locator("#rooms-new").click()
    person.page.locator("#room-field").fill(name)
    person.page.keyboard.press("Enter")
    expect(person.page.locator("#room-name")).to_have_text(name)
    expect(person.log).to_have_class("log")
