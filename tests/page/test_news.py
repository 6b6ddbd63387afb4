"""Mentions, unread counts and notifications: two or three people, and several tabs of one of them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.actors import Server, Talker

from .conftest import Line, Person, let_happen
from .test_looks import PHONE, has_no_violations

# The browser's notifications cannot be seen by a test: they are made as ever, and written down. `standing` holds those
# that stand there, by their tags; one that takes another's place does not close it.
SPY = """
    window.shown = [];
    window.standing = new Map();
    window.Notification = class extends Notification {
      constructor(title, options) {
        super(title, options);
        window.shown.push(`${title}: ${options.body}`);
        window.standing.set(options.tag, `${title}: ${options.body}`);
      }
      close() {
        window.standing.delete(this.tag);
        super.close();
      }
    };
"""
LOOK_AWAY = """() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.hasFocus = () => false;
    document.dispatchEvent(new Event("visibilitychange"));
}"""
LOOK_AGAIN = """() => {
    delete document.visibilityState;
    delete document.hasFocus;
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def enter_new_room(person: Person, name: str) -> None:
    person.page.locator("#rooms-new").click()
    person.page.locator("#room-field").fill(name)
    person.page.keyboard.press("Enter")
    expect(person.page.locator("#room-name")).to_have_text(name)
    expect(person.log).to_have_class(re.compile(r"^log$"))


def calls(person: Person, room: str) -> object:
    return person.room(room).locator(".call-badge")


def choose_level(person: Person, level: str) -> None:
    person.page.locator("#level-open").click()
    person.page.locator(f"#level-dialog input[value={level}]").check()
    person.page.keyboard.press("Escape")


def shown(page: Page) -> list[str]:
    found: list[str] = page.evaluate("window.shown")
    return found


def standing(page: Page) -> list[str]:
    """The notifications of this page that nobody has closed and none has replaced."""
    found: list[str] = page.evaluate("[...window.standing.values()]")
    return found


@pytest.fixture
def notified(server: Server, make_person: Callable[..., Person], line: Line) -> Person:
    """João, who has switched notifications on, and whose line can be cut."""
    joao = make_person(server.url, line=line)
    joao.page.context.grant_permissions(["notifications"])
    joao.page.context.add_init_script(SPY)
    joao.visit(name="João")
    joao.page.locator("#me").click()
    joao.page.get_by_label("Show a notification").check()
    expect(joao.page.get_by_label("Show a notification")).to_be_checked()
    joao.page.keyboard.press("Escape")
    return joao


# Mentions.


def test_a_mention_stands_out_for_the_one_meant_and_is_marked_for_the_others(
    server: Server, ana: Person, bia: Person, make_person: Callable[..., Person]
) -> None:
    zoe = make_person(server.url).visit(name="Zoë")
    ana.write("hi @zoe, **you** too @Bia")
    for person, mine in ((bia, "@Bia"), (zoe, "@zoe")):
        expect(person.page.locator(".message.call .mention.meant")).to_have_text(mine)
        expect(person.page.locator(".mention")).to_have_count(2)
    expect(ana.page.locator(".mention")).to_have_count(2)
    expect(ana.page.locator(".message.call, .meant")).to_have_count(0)


def test_a_name_is_completed_without_its_accents_and_who_spoke_last_comes_first(
    server: Server, ana: Person, make_person: Callable[..., Person]
) -> None:
    for name in ("João Prado", "Joana", "Bia"):
        make_person(server.url).visit(name=name).write(f"I am {name}")
    expect(ana.texts).to_have_count(3)
    options = ana.page.locator("#completion [role=option]")
    ana.composer.press_sequentially("hi @")
    expect(options).to_have_text([re.compile("Bia"), re.compile("Joana"), re.compile("João Prado"), re.compile("@all")])
    ana.composer.press_sequentially("joao p")
    expect(options).to_have_text([re.compile("João Prado")])
    ana.composer.press("Tab")
    expect(ana.composer).to_have_value("hi @João Prado ")
    ana.composer.press("Enter")
    expect(ana.page.locator(".mention")).to_have_text("@João Prado")


def test_everybody_is_called_after_a_question_that_says_how_many(server: Server, ana: Person, bia: Person) -> None:
    bia.write("here")
    ana.sees("here")
    dialog = ana.page.locator("#all-dialog")
    ana.write("@all the class begins")
    expect(dialog).to_contain_text("1 person")
    ana.page.keyboard.press("Escape")
    expect(ana.composer).to_have_value("@all the class begins")
    expect(ana.unsent).to_have_count(0)
    ana.composer.press("Enter")
    dialog.get_by_role("button", name="Call 1 person").click()
    bia.sees("here", "@all the class begins")
    expect(bia.page.locator(".message.call .meant")).to_have_text("@all")
    ana.sees("here", "@all the class begins")


def test_ones_mentions_are_listed_and_lead_to_their_room(server: Server, ana: Person, bia: Person) -> None:
    enter_new_room(ana, "Physics")
    ana.write("**look** at this, @bia")
    ana.sees("look at this, @bia")
    opener = bia.page.locator("#mentions-open")
    expect(opener.locator(".call-badge")).to_have_text("1")
    opener.click()
    entry = bia.page.locator(".mention-link")
    expect(entry).to_contain_text("look at this, @bia")
    expect(entry).to_contain_text("#Physics")
    has_no_violations(bia)
    entry.click()
    bia.sees("look at this, @bia")
    expect(opener.locator(".call-badge")).to_be_hidden()


def test_a_mention_where_one_has_never_been_is_counted_at_once(server: Server, ana: Person, bia: Person) -> None:
    enter_new_room(ana, "Physics")
    ana.write("nothing for you", "@bia, come in")
    expect(bia.room("Physics").locator(".call-badge")).to_have_text("@1")
    expect(bia.page).to_have_title("(1) general · chatapp")
    bia.room("Physics").click()
    bia.sees("nothing for you", "@bia, come in")
    expect(bia.room("Physics").locator(".call-badge")).to_be_hidden()
    expect(bia.page).to_have_title("Physics · chatapp")


# Counts and levels.


def test_reactions_and_edits_are_no_unread_messages(server: Server, ana: Person, bia: Person, bot: Talker) -> None:
    ana.write("one")
    bia.sees("one")
    ana.sees("one")
    bia.leave(server)
    for number in range(5):
        bot.say("react", room="general", target=1, emoji="👍", on=number % 2 == 0, nonce=f"r{number}")
    bot.say("post", room="general", text="two @bia", nonce="p1")
    bot.hear("message", nonce="p1")
    bia.page.goto(f"{server.url}/r/general")
    bia.is_connected()
    expect(bia.page.locator(".divider + .message .text")).to_have_text("two @bia")


def test_the_server_counts_what_is_unread_in_a_room_that_is_not_loaded_yet(
    server: Server, ana: Person, bia: Person, bot: Talker
) -> None:
    ana.write("seen")
    bia.sees("seen")
    enter_new_room(bia, "Elsewhere")
    bia.leave(server)
    for number in range(70):
        bot.post(f"{number} @bia" if number % 10 == 0 else str(number))
    bot.hear("message", text="69")
    bia.page.goto(f"{server.url}/r/elsewhere")
    bia.is_connected()
    expect(bia.room("general").locator(".badge")).to_have_text("70")
    expect(bia.room("general").locator(".call-badge")).to_have_text("@7")


def test_a_level_says_what_counts_and_is_the_same_in_every_tab(
    server: Server, ana: Person, bia: Person, make_person: Callable[..., Person]
) -> None:
    other = make_person(server.url, beside=bia).visit()
    choose_level(bia, "mentions")
    expect(other.page.locator("#level-open")).to_have_attribute("aria-label", re.compile("mentions only"))
    for person in (bia, other):
        enter_new_room(person, "Elsewhere") if person is bia else person.page.goto(f"{server.url}/r/elsewhere")
    other.is_connected()
    ana.write("for everybody", "for @bia")
    expect(bia.room("general").locator(".call-badge")).to_have_text("@1")
    expect(bia.room("general").locator(".badge")).to_be_hidden()
    expect(bia.page).to_have_title("(1) Elsewhere · chatapp")
    other.room("general").click()
    choose_level(other, "none")
    other.room("Elsewhere").click()
    ana.write("again for @bia")
    expect(bia.room("general")).to_have_class(re.compile("quiet"))
    expect(bia.room("general").locator(".call-badge")).to_be_hidden()
    expect(bia.page).to_have_title("Elsewhere · chatapp")
    expect(bia.page.locator("#mentions-open .call-badge")).to_have_text("1")


def test_on_a_phone_the_menu_button_tells_what_is_new_in_other_rooms(
    server: Server, bot: Talker, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url, **PHONE).visit(name="Ana")
    opener, badge = ana.page.locator("#rooms-open"), ana.page.locator("#rooms-open .opener-badge")
    bot.post("seen at once")
    ana.sees("seen at once")
    expect(opener).to_have_accessible_name("Rooms")
    expect(badge).to_be_hidden()
    opener.click()
    enter_new_room(ana, "Elsewhere")
    bot.post("somebody says something")
    expect(opener).to_have_accessible_name("Rooms 1 unread message")
    expect(badge).to_be_visible()
    expect(badge).to_have_text("")
    bot.post("@ana look")
    expect(opener).to_have_accessible_name("Rooms 1 mention of you, 2 unread messages")
    expect(badge).to_have_text("1")
    has_no_violations(ana)
    opener.click()
    ana.room("general").click()
    expect(opener).to_have_accessible_name("Rooms")
    choose_level(ana, "none")
    opener.click()
    ana.room("Elsewhere").click()
    bot.post("again for @ana")
    expect(ana.page.locator("#mentions-open .call-badge")).to_have_text("1")
    expect(badge).to_be_hidden()


# Notifications.


def test_one_who_looks_away_is_notified_once_by_one_of_the_tabs(
    server: Server, ana: Person, notified: Person, make_person: Callable[..., Person]
) -> None:
    tabs = [notified, *(make_person(server.url, beside=notified).visit() for _ in range(2))]
    for tab in tabs:
        tab.page.evaluate(LOOK_AWAY)

    def all_shown() -> list[str]:
        return [each for tab in tabs for each in shown(tab.page)]

    for text in ("first", "second", "third"):
        ana.write(text)
        let_happen(notified.page, lambda text=text: any(text in each for each in all_shown()))  # type: ignore[misc]
    assert sorted(all_shown()) == ["Ana in general (2): second", "Ana in general (3): third", "Ana in general: first"]
    assert len({tag for tab in tabs for tag in tab.page.evaluate("[...window.standing.keys()]")}) == 1


def test_what_one_looks_at_in_any_tab_is_not_notified(
    server: Server, ana: Person, notified: Person, make_person: Callable[..., Person]
) -> None:
    other = make_person(server.url, beside=notified).visit()
    notified.page.evaluate(LOOK_AWAY)
    ana.write("seen in the other tab")
    other.sees("seen in the other tab")
    other.page.evaluate(LOOK_AWAY)
    ana.write("seen in none")
    let_happen(notified.page, lambda: len(shown(notified.page) + shown(other.page)) > 0)
    assert shown(notified.page) + shown(other.page) == ["Ana in general: seen in none"]


def test_a_level_says_what_is_notified_and_a_mention_elsewhere_is(
    server: Server, ana: Person, notified: Person
) -> None:
    choose_level(notified, "mentions")
    expect(notified.page.locator("#level-open")).to_have_attribute("aria-label", re.compile("mentions only"))
    notified.page.evaluate(LOOK_AWAY)
    ana.write("for nobody", "for @joao")
    let_happen(notified.page, lambda: len(shown(notified.page)) > 0)
    enter_new_room(ana, "Physics")
    ana.write("hello", "@joao, come in")
    let_happen(notified.page, lambda: len(shown(notified.page)) > 1)
    assert shown(notified.page) == ["Ana in general: for @joao", "Ana in Physics: @joao, come in"]


def test_where_there_can_be_no_notifications_the_settings_say_why(
    server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url)
    ana.page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    ana.visit(name="Ana")
    ana.page.locator("#me").click()
    expect(ana.page.get_by_label("Show a notification")).to_be_disabled()
    expect(ana.page.locator("#alerts-note")).to_contain_text("https only")


def test_a_sound_is_off_until_it_is_wanted_and_then_made_once(server: Server, ana: Person, bia: Person) -> None:
    bia.page.evaluate("""() => {
        window.tones = 0;
        const start = OscillatorNode.prototype.start;
        OscillatorNode.prototype.start = function (...given) { window.tones += 1; return start.apply(this, given); };
    }""")
    bia.page.evaluate(LOOK_AWAY)
    ana.write("silent")
    bia.sees("silent")
    bia.page.evaluate(LOOK_AGAIN)
    bia.page.locator("#me").click()
    bia.page.get_by_label("Play a sound").check()
    assert bia.page.evaluate("window.tones") == 2
    bia.page.keyboard.press("Escape")
    bia.page.wait_for_timeout(2_100)  # two chimes are as far apart
    bia.page.evaluate(LOOK_AWAY)
    ana.write("one", "two", "three")
    let_happen(bia.page, lambda: bia.page.evaluate("window.tones") == 4)
    bia.sees("silent", "one", "two", "three")
    assert bia.page.evaluate("window.tones") == 4
