"""Losing the server and finding it again: nothing is lost, nothing is doubled, and the page says what happens."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from chatapp.backup import back_up, restore
from chatapp.config import Settings
from tests.actors import Server, Talker

from .conftest import Line, Person, let_happen
from .test_reading import open_new_room


def test_three_people_lose_nothing_when_the_server_is_killed(
    server: Server, ana: Person, bia: Person, make_person: Callable[..., Person]
) -> None:
    caio = make_person(server.url).visit(name="Caio")
    ana.write("before")
    for person in (ana, bia, caio):
        person.sees("before")
    server.kill()
    ana.write("while it was dead 1", "while it was dead 2")
    expect(ana.unsent).to_have_count(2)
    server.start()
    for person in (ana, bia, caio):
        person.is_connected()
        person.sees("before", "while it was dead 1", "while it was dead 2")
        assert person.all_texts() == ["before", "while it was dead 1", "while it was dead 2"]
    bia.write("after")
    for person in (ana, bia, caio):
        person.sees("after")


def test_the_banner_waits_three_seconds_counts_down_and_can_be_hurried(
    server: Server, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line)
    ana.page.add_init_script(
        "Math.random = () => 0.99"
    )  # the longest pauses: else the next try may come before a click
    ana.page.clock.install()
    ana.page.clock.resume()
    ana.visit(name="Ana")
    line.cut()
    expect(ana.page.locator("#me-status")).not_to_have_text("Connected")
    expect(ana.banner).to_be_hidden()
    expect(ana.banner).to_be_visible()
    expect(ana.banner).to_contain_text("No connection. Your messages are kept and go out later.")
    countdown = ana.page.locator("#banner-countdown")
    expect(countdown).to_have_text(re.compile(r"Next try in ([4-9]|\d\d) s\."), timeout=60_000)
    line.mend()
    ana.page.locator("#banner-try").click()
    ana.is_connected()
    expect(ana.banner).to_be_hidden()


def test_one_whose_browser_says_offline_is_told_after_three_seconds_too(
    server: Server, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line)
    ana.page.clock.install()
    ana.page.clock.resume()
    ana.visit(name="Ana")
    line.loses = lambda frame: True  # the network is away, and no socket says so
    ana.page.evaluate("() => dispatchEvent(new Event('offline'))")
    ana.page.clock.run_for(2_000)
    expect(ana.banner).to_be_hidden()
    ana.page.clock.run_for(1_500)
    expect(ana.banner).to_be_visible(timeout=1_500)


def test_what_was_missed_is_there_after_coming_back(
    server: Server, bot: Talker, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    bot.post("seen live")
    ana.sees("seen live")
    line.cut()
    for number in range(30):
        bot.post(f"missed {number}")
        bot.hear("message", text=f"missed {number}")
    line.mend()
    ana.is_connected()
    ana.sees(*(f"missed {number}" for number in range(30)))
    assert ana.all_texts() == ["seen live", *(f"missed {number}" for number in range(30))]


def test_after_missing_more_than_the_server_sends_at_once_history_fills_the_rest(
    server: Server, bot: Talker, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    bot.post("seen live")
    ana.sees("seen live")
    line.cut()
    for number in range(520):
        bot.post(f"missed {number}")
    bot.hear("message", text="missed 519")
    line.mend()
    ana.is_connected()
    expect(ana.page.locator(".divider + .message .text")).to_have_text("missed 0")
    ana.jump.click()
    ana.sees("missed 519")
    for number in (519, 480, 400, 250, 100, 20, 0):
        place = ana.texts.get_by_text(f"missed {number}", exact=True)
        ana.page.wait_for_function(
            """text => {
                const found = [...document.querySelectorAll('.message .text')].some(each => each.textContent === text);
                if (!found) document.querySelector('#log').scrollTop = 0;
                return found;
            }""",
            arg=f"missed {number}",
        )
        expect(place).to_have_count(1)
    ana.page.wait_for_function(
        """() => {
            document.querySelector('#log').scrollTop = 0;
            return document.querySelector('.message .text').textContent === 'seen live';
        }"""
    )


def test_a_lost_frame_is_noticed_and_fetched(
    server: Server, bot: Talker, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    bot.post("first")
    ana.sees("first")
    line.loses = lambda frame: '"message"' in frame and "lost" in frame and json.loads(frame)["type"] == "message"
    bot.post("lost")
    bot.hear("message", text="lost")
    bot.post("third")
    ana.sees("first", "lost", "third")
    assert ana.all_texts() == ["first", "lost", "third"]


def test_an_acknowledgement_that_was_lost_does_not_double_the_message(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    line.loses = lambda frame: "only once" in frame
    ana.write("only once")
    bia.sees("only once")
    expect(ana.unsent).to_have_count(1)
    line.cut()
    line.loses = lambda frame: False
    line.mend()
    ana.is_connected()
    ana.sees("only once")
    bia.write("next")
    ana.sees("only once", "next")
    assert bia.all_texts() == ["only once", "next"]


def test_one_who_was_removed_does_not_come_back_and_is_told(
    server: Server, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    line.cut(code=1008)
    expect(ana.banner).to_contain_text("The connection was ended")
    expect(ana.page.locator("#banner-try")).to_be_hidden()
    line.mend()
    ana.page.evaluate("dispatchEvent(new Event('online'))")
    expect(ana.page.locator("#me-status")).to_have_text("Not connected")


def test_a_room_that_cannot_be_joined_for_the_moment_is_joined_a_little_later(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    refused: list[dict[str, Any]] = []

    def busy(command: dict[str, Any]) -> dict[str, Any] | None:
        if command["type"] != "join" or len(refused) == 2:
            return None
        refused.append(command)
        hint = {"retry_after": 0.2} if len(refused) == 1 else {}
        return {"type": "error", "code": "busy", "detail": "Busy.", "nonce": command["nonce"], **hint}

    line.answers = busy
    line.cut()
    ana.write("kept meanwhile")
    bia.write("missed meanwhile")
    line.mend()
    bia.sees("missed meanwhile", "kept meanwhile")
    ana.sees("missed meanwhile", "kept meanwhile")
    assert len(refused) == 2


def test_a_room_that_could_not_be_joined_again_is_joined_when_it_is_opened(
    server: Server, bot: Talker, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    refused: list[dict[str, Any]] = []

    def full(command: dict[str, Any]) -> dict[str, Any] | None:
        if command["type"] != "join" or command["room"] != "general" or refused:
            return None
        refused.append(command)
        return {"type": "error", "code": "too-many-rooms", "detail": "Too many.", "nonce": command["nonce"]}

    line.loses = lambda frame: "lost" in frame
    line.answers = full
    bot.post("lost")
    bot.hear("message", text="lost")
    bot.post("second")
    let_happen(ana.page, lambda: len(refused) == 1)
    line.loses = lambda frame: False
    open_new_room(ana, "Elsewhere")
    ana.room("general").click()
    ana.sees("lost", "second")


def test_a_dead_connection_is_noticed_by_its_silence(
    server: Server, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line)
    ana.page.clock.install()
    ana.visit(name="Ana")
    line.loses = lambda frame: True
    ana.page.clock.fast_forward(26_000)
    expect(ana.page.locator("#me-status")).to_have_text("Connected")
    ana.page.clock.fast_forward(11_000)
    expect(ana.page.locator("#me-status")).not_to_have_text("Connected")
    line.loses = lambda frame: False
    ana.page.clock.fast_forward(20_000)
    ana.is_connected()


def test_one_can_read_while_the_server_takes_no_more_connections(
    server: Server, bia: Person, make_person: Callable[..., Person], line: Line
) -> None:
    bia.write("still to be read")
    ana = make_person(server.url, line=line).visit(name="Ana")
    ana.page.close()
    line.cut(code=1013)
    late = make_person(server.url, beside=ana, line=line)
    late.page.goto(server.url)
    expect(late.texts).to_have_text(["still to be read"])
    late.write("kept for later")
    line.mend()
    late.sees("still to be read", "kept for later")


def test_one_whom_the_server_no_longer_knows_is_asked_for_a_name_again(server: Server, ana: Person) -> None:
    ana.write("of the old server")
    ana.sees("of the old server")
    ana.composer.fill("half a thought")
    server.kill()
    shutil.rmtree(server.data)
    server.start()
    expect(ana.page.locator("#name-dialog")).to_be_visible(timeout=25_000)
    ana.page.locator("#name-field").fill("Ana")
    ana.page.keyboard.press("Enter")
    ana.is_connected()
    expect(ana.texts).to_have_count(0)
    expect(ana.composer).to_have_value("half a thought")


def test_a_log_that_was_replaced_is_read_from_its_beginning(server: Server, ana: Person) -> None:
    ana.write("of the old log", "also old")
    ana.sees("of the old log", "also old")
    server.kill()
    for file in server.data.glob("*.sqlite*"):
        file.unlink()
    server.start()
    ana.is_connected()
    expect(ana.texts).to_have_count(0)
    ana.write("of the new log")
    ana.sees("of the new log")


def test_a_restored_backup_is_followed_and_nothing_unsent_is_lost(server: Server, ana: Person, tmp_path: Path) -> None:
    settings, copy = Settings(DATA=str(server.data)), tmp_path / "copy"
    ana.write("kept")
    ana.sees("kept")
    back_up(settings, "", copy, force=False, key=False, report=lambda *_: None)
    server.open_room("made later")
    ana.write("lost 1", "lost 2")
    ana.sees("kept", "lost 1", "lost 2")
    ana.composer.fill("half a thought")
    server.stop()
    restore(settings, "", copy, key=False, report=lambda *_: None)
    ana.write("written meanwhile")
    ana.composer.fill("half a thought")
    server.start()
    ana.is_connected()
    ana.sees("kept", "written meanwhile")
    assert ana.all_texts() == ["kept", "written meanwhile"]
    bot = server.enter("Bot")
    bot.hear(nonce=bot.post("and on"))
    ana.sees("kept", "written meanwhile", "and on")
    bot.vanish()
    expect(ana.room("made later")).to_have_count(0)
    expect(ana.composer).to_have_value("half a thought")


def test_a_room_that_went_back_is_read_anew(
    server: Server, bot: Talker, make_person: Callable[..., Person], line: Line
) -> None:
    """As after a snapshot of the machine: nothing but the numbers says so."""
    ana = make_person(server.url, line=line).visit(name="Ana")
    for text in ("one", "two", "three"):
        bot.hear(nonce=bot.post(text))
    ana.sees("one", "two", "three")
    head = 3

    def later(command: dict[str, Any]) -> dict[str, Any] | None:
        if command["type"] != "join" or command.get("after") != head:
            return None
        events = [
            {"type": "message", "room": "general", "seq": 1, "at": "2026-01-01T00:00:00.000Z", "text": "one"}
            | {"author": {"id": "b", "name": "Bot"}, "nonce": None}
        ]
        answer = {"type": "joined", "room": "general", "head": 1, "events": events, "gap": True, "reset": True}
        return {**answer, "members": [], "nonce": command["nonce"]}

    line.answers = later
    line.cut()
    line.mend()
    expect(ana.texts).to_have_count(1, timeout=25_000)
    ana.sees("one")
    marker = """async () => {
        const { Room } = await import("/static/js/room.js");
        const room = new Room({ slug: "s", name: "s" });
        room.begin({ head: 9, events: [], gap: false });
        room.markRead(9);
        room.begin({ head: 2, events: [], gap: true, reset: true });
        return [room.read, room.last, room.head];
    }"""
    assert ana.page.evaluate(marker) == [2, 2, 2]


def test_one_whose_browser_forbids_cookies_can_take_part_under_the_chosen_name(
    server: Server, bia: Person, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url)
    ana.page.context.route("**/api/me", lambda route: route.fulfill(json={"id": "nobody", "name": "Ana"}))
    ana.visit(name="Ana")
    ana.write("without cookies")
    ana.sees("without cookies")
    bia.sees("without cookies")
    expect(bia.messages.last.locator(".author")).to_have_text("Ana")


def test_a_page_whose_address_is_limited_stays_away_as_long_as_it_is_told(
    server: Server, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line)
    ana.page.clock.install()
    ana.page.clock.resume()
    ana.visit(name="Ana")
    refusal = {"status": 429, "code": "rate-limited", "detail": "slowly", "retry_after": 0.1}
    ana.page.route("**/api/rooms", lambda route: route.fulfill(status=429, json=refusal), times=1)
    rooms = ana.page.evaluate("async () => (await new (await import('/static/js/api.js')).Api().rooms()).rooms.length")
    assert rooms == 1  # a request that was refused is tried again
    limited = {"status": 429, "headers": {"Retry-After": "60"}, "body": "{}"}
    ana.page.route("**/chat", lambda route: route.fulfill(**limited))
    line.cut(code=1006)
    countdown = ana.page.locator("#banner-countdown")
    expect(countdown).to_have_text(re.compile(r"Next try in (5\d|6\d|7[0-5]) s\."), timeout=20_000)
    line.mend()
    ana.page.unroute("**/chat")
    ana.page.clock.fast_forward(76_000)
    ana.is_connected()
