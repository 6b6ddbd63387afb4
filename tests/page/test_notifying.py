"""Notifications of what a page could not hear when it was said, of several tabs, and of somebody who is away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.actors import Server, Talker

from .conftest import Line, Person, let_happen
from .test_news import LOOK_AGAIN, LOOK_AWAY, SPY, choose_level, enter_new_room, notified, shown, standing

__all__ = ["notified"]  # a fixture

ALMOST = 4 * 60_000 + 50_000  # ms
AWAY = 5 * 60_000


def stands(person: Person, *wanted: str) -> None:
    """Exactly these notifications stand there."""
    try:
        let_happen(person.page, lambda: sorted(standing(person.page)) == sorted(wanted))
    except AssertionError:
        assert sorted(standing(person.page)) == sorted(wanted), shown(person.page)


def say(talker: Talker, *texts: str, room: str = "general") -> None:
    """Says that, in a room that the talker enters first, and waits until it is stored."""
    talker.join(room)
    for text in texts:
        talker.hear("message", nonce=talker.post(text, room))


@pytest.fixture
def in_three_rooms(notified: Person) -> Person:
    """João, in general, Physics and Chemistry, who looks away."""
    for name in ("Physics", "Chemistry"):
        enter_new_room(notified, name)
    notified.room("general").click()
    notified.page.evaluate(LOOK_AWAY)
    return notified


def lose(person: Person, line: Line) -> None:
    line.cut()
    expect(person.banner).to_be_visible()


def come_back(person: Person, line: Line) -> None:
    line.mend()
    person.page.evaluate("dispatchEvent(new Event('online'))")
    expect(person.banner).to_be_hidden()


def test_after_a_gap_mentions_are_notified_one_by_one_and_the_rest_as_one(
    in_three_rooms: Person, line: Line, bot: Talker
) -> None:
    joao = in_three_rooms
    say(bot, "heard at once")
    stands(joao, "Bot (guest) in general: heard at once")
    lose(joao, line)
    say(bot, "first for @joão", "for nobody", "second for @joão")
    say(bot, "one", "two", "three", room="physics")
    say(bot, "four", room="chemistry")
    come_back(joao, line)
    general = "Bot (guest) in general (4): second for @joão"
    stands(joao, general, "Chemistry and Physics: 4 unread messages")
    assert shown(joao.page)[1:3] == ["Bot (guest) in general (4): first for @joão", general]
    assert len(shown(joao.page)) == 4
    say(bot, "five", room="physics")
    stands(joao, general, "Chemistry and Physics: 4 unread messages", "Bot (guest) in Physics (4): five")
    joao.visit("/r/physics")  # what came before a page is opened is no news to it
    joao.sees("one", "two", "three", "five")
    say(bot, "six", room="chemistry")
    stands(joao, "Bot (guest) in Chemistry (2): six")
    assert len(shown(joao.page)) == 1


def test_a_notification_goes_when_its_room_is_read_here_or_elsewhere(
    server: Server, in_three_rooms: Person, line: Line, bot: Talker, make_person: Callable[..., Person]
) -> None:
    joao = in_three_rooms
    lose(joao, line)
    say(bot, "one")
    say(bot, "two", room="physics")
    say(bot, "three", room="chemistry")
    come_back(joao, line)
    stands(joao, "Chemistry, general, and Physics: 3 unread messages")
    other = make_person(server.url, beside=joao).visit("/r/physics")
    other.sees("two")
    other.room("Chemistry").click()
    other.sees("three")
    stands(joao, "Chemistry, general, and Physics: 3 unread messages")
    lose(joao, line)  # the tabs need no server to tell each other
    other.room("general").click()
    other.sees("one")
    stands(joao)
    come_back(joao, line)
    joao.page.evaluate(LOOK_AGAIN)
    enter_new_room(joao, "Lab")
    joao.page.evaluate(LOOK_AWAY)
    other.leave(server)
    say(bot, "for @joão", room="lab")
    stands(joao, "Bot (guest) in Lab: for @joão")
    joao.page.evaluate(LOOK_AGAIN)
    stands(joao)


def test_many_mentions_are_notified_up_to_five_and_those_read_elsewhere_or_unwanted_not_at_all(
    server: Server, in_three_rooms: Person, line: Line, bot: Talker, make_person: Callable[..., Person]
) -> None:
    joao = in_three_rooms
    lab = server.open_room("Lab")
    choose_level(joao, "mentions")
    other = make_person(server.url, beside=joao).visit()
    lose(joao, line)
    say(bot, "read elsewhere, @joão", "and this")
    other.sees("read elsewhere, @joão", "and this")
    other.leave(server)
    say(bot, *(f"@joão {number}" for number in range(7)), "not wanted", room="general")
    say(bot, "nothing for anybody", "@joão, come in", room=lab)
    come_back(joao, line)
    general, elsewhere = "Bot (guest) in general (7): @joão 6", "Bot (guest) in Lab: @joão, come in"
    stands(joao, general, elsewhere)
    assert shown(joao.page) == [*(f"Bot (guest) in general (7): @joão {n}" for n in range(3, 7)), elsewhere]


def test_two_tabs_that_come_back_one_after_the_other_notify_once(
    server: Server, notified: Person, line: Line, bot: Talker, make_person: Callable[..., Person]
) -> None:
    second = Line()
    other = make_person(server.url, beside=notified, line=second).visit()
    for person in (notified, other):
        person.page.evaluate(LOOK_AWAY)
    lose(notified, line)
    lose(other, second)
    say(bot, "for @joão", "for nobody")
    come_back(notified, line)
    stands(notified, "Bot (guest) in general (2): for @joão")
    come_back(other, second)
    say(bot, "said to both")
    let_happen(notified.page, lambda: len(shown(notified.page) + shown(other.page)) == 2)
    assert (shown(notified.page) + shown(other.page))[-1] == "Bot (guest) in general (3): said to both"


def test_what_waited_for_a_frozen_page_is_notified_as_one(in_three_rooms: Person, line: Line, bot: Talker) -> None:
    joao = in_three_rooms
    passed: list[str] = []

    def note(frame: str) -> bool:
        passed.append(frame)
        return False

    line.loses = note
    joao.page.clock.install()
    joao.page.clock.pause_at(joao.page.evaluate("Date.now()") + 60_000)  # no timer fires
    joao.page.evaluate("document.dispatchEvent(new Event('resume'))")
    say(bot, "one", "two")
    say(bot, "three", room="physics")
    let_happen(joao.page, lambda: any('"three"' in frame for frame in passed))
    joao.page.clock.resume()
    stands(joao, "general and Physics: 3 unread messages")
    assert len(shown(joao.page)) == 1


def test_one_who_has_touched_nothing_for_five_minutes_is_away_until_they_do(
    server: Server, ana: Person, make_person: Callable[..., Person]
) -> None:
    joao = make_person(server.url)
    joao.page.clock.install()
    joao.page.context.grant_permissions(["notifications"])
    joao.page.add_init_script(SPY)
    joao.page.add_init_script("localStorage.setItem('chatapp.notify', 'on')")
    joao.visit(name="João")
    joao.page.bring_to_front()
    title = "general · chatapp"

    def is_away(text: str, come_back: Callable[[], object]) -> None:
        """Before five minutes have passed what comes is read, then it is not, until they come back."""
        joao.page.clock.fast_forward(ALMOST)
        joao.is_connected()
        ana.write(f"{text} early")
        joao.sees(f"{text} early")
        expect(joao.page).to_have_title(title)
        joao.page.clock.fast_forward(AWAY - ALMOST)
        joao.is_connected()
        ana.write(text)
        stands(joao, f"Ana in general: {text}")
        expect(joao.page).to_have_title(f"(1) {title}")
        assert joao.page.evaluate("document.hasFocus()")
        expect(joao.divider).to_have_count(1)
        come_back()
        stands(joao)
        expect(joao.page).to_have_title(title)

    mouse, keyboard = joao.page.mouse, joao.page.keyboard
    is_away("keyboard", lambda: keyboard.press("Shift"))
    is_away("pointer", lambda: mouse.move(333, 222))
    is_away("wheel", lambda: mouse.wheel(0, 10))
    is_away("window", lambda: joao.page.evaluate("dispatchEvent(new Event('focus'))"))
    # Neither what the page scrolls by itself nor a screen that wakes up is somebody who comes back.
    joao.page.clock.fast_forward(AWAY)
    joao.is_connected()
    ana.write(*(f"line {number}" for number in range(9)), "last")
    joao.sees("last")
    joao.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    stands(joao, "Ana in general (10): last")
    expect(joao.page).to_have_title(f"(10) {title}")
