"""Coming back to what was said meanwhile, however much it is, and standing beside a window in which one works."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.actors import Server, Talker

from .conftest import Person, let_happen
from .test_news import notified, standing
from .test_reading import open_new_room

__all__ = ["notified"]  # a fixture

ELSEWHERE = "() => { document.hasFocus = () => false; }"
BACK = "() => { delete document.hasFocus; dispatchEvent(new Event('focus')); }"


def say(bot: Talker, count: int) -> None:
    for number in range(count):
        bot.post(f"news {number}")
    bot.hear("message", text=f"news {count - 1}")


def is_away_while_something_is_said(server: Server, person: Person, bot: Talker, count: int) -> None:
    bot.post("seen")
    person.sees("seen")
    person.leave(server)
    say(bot, count)


def begins_with_the_first(person: Person) -> None:
    """The new line stands over the first unread message, on the screen, and nothing counts as read."""
    first: Locator = person.page.locator(".divider + .message .text")
    expect(first).to_have_text("news 0")
    expect(first).to_be_in_viewport()


@pytest.mark.parametrize("count", [60, 700])
def test_one_who_comes_back_begins_with_the_first_that_was_not_read(
    server: Server, bot: Talker, ana: Person, count: int
) -> None:
    is_away_while_something_is_said(server, ana, bot, count)
    ana.visit()
    begins_with_the_first(ana)
    told = f"{min(count, 99)}{'' if count < 100 else '+'}"
    expect(ana.jump).to_contain_text(re.compile(rf"^{re.escape(told)} new messages"))
    ana.page.reload()  # nothing was read by coming
    ana.is_connected()
    begins_with_the_first(ana)
    ana.jump.click()
    expect(ana.jump).to_be_hidden()
    ana.sees(f"news {count - 1}")
    ana.page.reload()
    ana.sees(f"news {count - 1}")
    expect(ana.divider).to_have_count(0)


@pytest.mark.parametrize("count", [60, 130])
def test_one_who_comes_back_from_another_room_begins_with_the_first_too(
    server: Server, bot: Talker, ana: Person, count: int
) -> None:
    bot.post("seen")
    ana.sees("seen")
    open_new_room(ana, "Elsewhere")
    say(bot, count)
    expect(ana.room("general").locator(".badge")).to_have_text("99+" if count > 99 else str(count))
    ana.room("general").click()
    begins_with_the_first(ana)
    ana.room("Elsewhere").click()
    ana.page.reload()
    ana.is_connected()
    ana.room("general").click()
    begins_with_the_first(ana)


def test_one_reads_on_from_there_to_the_end(server: Server, bot: Talker, ana: Person) -> None:
    is_away_while_something_is_said(server, ana, bot, 130)
    ana.visit()
    begins_with_the_first(ana)
    bot.post("and one more")
    ana.page.wait_for_function("""() => {
        const log = document.querySelector("#log");
        log.scrollTop = log.scrollHeight; // comes as far as it is loaded
        return [...log.querySelectorAll(".text")].at(-1).innerText === "and one more";
    }""")
    ana.sees("news 128", "news 129", "and one more")
    expect(ana.divider).to_have_count(1)
    expect(ana.jump).to_be_hidden()


def test_when_what_was_not_read_cannot_be_had_one_begins_at_the_end(server: Server, bot: Talker, ana: Person) -> None:
    is_away_while_something_is_said(server, ana, bot, 60)
    ana.page.route(re.compile("/messages"), lambda route: route.abort())
    ana.visit()
    ana.sees("news 59")


def test_a_window_beside_the_one_in_which_one_works_is_not_looked_at(bia: Person, notified: Person) -> None:
    joao = notified
    joao.page.evaluate(ELSEWHERE)
    bia.write("João, look", "@joão please")
    expect(joao.page).to_have_title("(2) general · chatapp")
    let_happen(joao.page, lambda: standing(joao.page) == ["Bia in general (2): @joão please"])
    expect(joao.divider).to_have_count(1)
    joao.page.evaluate(BACK)
    expect(joao.page).to_have_title("general · chatapp")
    bia.write("seen at once")
    joao.sees("seen at once")
    expect(joao.page).to_have_title("general · chatapp")
