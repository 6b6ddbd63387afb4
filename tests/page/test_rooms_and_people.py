"""Rooms and names: making and changing rooms, being somebody, being seen."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from urllib.parse import quote

from playwright.sync_api import Route, expect

from tests.actors import Server, Talker, eventually

from .conftest import Line, Person, let_happen
from .test_reading import open_new_room


def test_a_first_visit_asks_for_a_name_and_shows_the_room_meanwhile(
    server: Server, bia: Person, make_person: Callable[..., Person]
) -> None:
    bia.write("welcome")
    ana = make_person(server.url)
    ana.page.goto(server.url)
    dialog = ana.page.get_by_role("dialog", name="What should we call you?")
    expect(dialog).to_be_visible()
    expect(ana.texts).to_have_text(["welcome"])
    ana.page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    ana.page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Write a name first.")
    ana.page.keyboard.type("Bia")
    ana.page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Bia")
    ana.page.locator("#name-field").fill("x" * 33)
    ana.page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("32")
    ana.page.locator("#name-field").fill("Ana")
    ana.page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(ana.composer).to_be_focused()
    ana.is_connected()
    expect(bia.page.locator(".person-name")).to_have_text(["Bia", "Ana"])


def test_the_question_for_a_name_comes_back_however_often_one_presses_escape(
    server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url)
    ana.page.goto(server.url)
    field = ana.page.locator("#name-field")
    expect(field).to_be_focused()
    for _ in range(5):
        ana.page.keyboard.press("Escape")
        expect(field).to_be_focused()
    field.fill("Ana")
    ana.page.keyboard.press("Enter")
    ana.is_connected()
    expect(ana.page.locator("#name-dialog")).to_be_hidden()


def test_back_after_a_reload_goes_to_the_room_of_the_address(server: Server, ana: Person) -> None:
    open_new_room(ana, "Elsewhere")
    ana.page.reload()
    ana.is_connected()
    ana.page.go_back()
    expect(ana.page.locator("#room-name")).to_have_text("general")
    ana.write("hello general")
    ana.sees("hello general")
    assert '"hello general"' in server.get("/api/rooms/general/messages")[2].decode()


def test_one_who_opens_more_rooms_than_a_connection_may_be_in_leaves_the_oldest_and_misses_nothing(
    make_server: Callable[..., Server], make_person: Callable[..., Person]
) -> None:
    server = make_server(ROOMS_LIMIT=2).start()
    ana = make_person(server.url).visit(name="Ana")
    ana.write("in general")
    ana.sees("in general")
    for name in ("One", "Two"):
        open_new_room(ana, name)
        ana.write(f"in {name}")
        ana.sees(f"in {name}")
    bot = server.enter("Bot")
    bot.hear("message", nonce=bot.post("meanwhile"))
    ana.room("general").click()
    ana.sees("in general", "meanwhile")
    bot.post("live again")
    ana.sees("in general", "meanwhile", "live again")
    ana.room("Two").click()
    ana.write("more in Two")
    ana.sees("in Two", "more in Two")


def test_a_second_enter_while_the_name_is_on_its_way_does_not_make_a_second_person(
    server: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(server.url)
    held: list[Route] = []
    ana.page.route("**/api/me", lambda route: held.append(route))
    ana.page.goto(server.url)
    ana.page.locator("#name-field").fill("Ana")
    ana.page.keyboard.press("Enter")
    ana.page.keyboard.press("Enter")
    let_happen(ana.page, lambda: len(held) > 0)
    ana.page.wait_for_timeout(200)
    assert len(held) == 1
    held[0].continue_()
    ana.is_connected()


def test_one_can_change_the_name_and_the_others_see_it(ana: Person, bia: Person) -> None:
    expect(bia.page.locator(".person-name")).to_have_text(["Bia", "Ana"])
    ana.page.locator("#me").click()
    ana.page.get_by_role("button", name="Change your name").click()
    expect(ana.page.locator("#name-field")).to_have_value("Ana")
    ana.page.locator("#name-field").fill("Ana Prado")
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("#me-name")).to_have_text("Ana Prado")
    expect(bia.page.locator(".person-name")).to_have_text(["Bia", "Ana Prado"])
    ana.write("still me")
    bia.sees("still me")
    expect(bia.messages.last.locator(".author")).to_have_text("Ana Prado")


def test_one_whose_name_was_taken_meanwhile_is_asked_once_and_beside_the_messages(
    server: Server, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    ana.page.goto("about:blank")
    everybody_has_been_away_for_long(server)
    other = eventually(lambda: somebody_called(server, "Ana"))
    assert other
    try:
        ana.visit()
        dialog = ana.page.get_by_role("dialog", name="What should we call you?")
        expect(dialog).to_be_visible()
        expect(dialog.get_by_role("alert")).to_contain_text("Ana")
        expect(ana.composer).to_be_focused()
        ana.page.keyboard.type("the page can be used all the same")
        ana.page.keyboard.press("Enter")
        ana.sees("the page can be used all the same")
        dialog.get_by_role("button", name="Cancel").click()
        expect(ana.composer).to_be_focused()
        line.cut()
        expect(ana.page.locator("#me-status")).not_to_have_text("Connected")
        line.mend()
        ana.is_connected()
        ana.write("and one is not asked again")
        ana.sees("and one is not asked again")
        expect(dialog).to_be_hidden()
        ana.visit()
        expect(dialog).to_be_visible()
        dialog.get_by_label("Your name").fill("Ana Prado")
        dialog.get_by_role("button", name="Save name").click()
        expect(dialog).to_be_hidden()
        expect(ana.page.locator("#me-name")).to_have_text("Ana Prado")
    finally:
        other.vanish()


def test_one_who_gets_another_number_behind_the_taken_name_is_not_asked_again(
    server: Server, make_person: Callable[..., Person], line: Line
) -> None:
    ana = make_person(server.url, line=line).visit(name="Ana")
    ana.page.goto("about:blank")
    everybody_has_been_away_for_long(server)
    other = eventually(lambda: somebody_called(server, "Ana"))
    assert other
    holder = None
    try:
        ana.visit()
        dialog = ana.page.get_by_role("dialog", name="What should we call you?")
        expect(dialog).to_be_visible()
        makeshift = dialog.get_by_label("Your name").input_value()
        dialog.get_by_role("button", name="Cancel").click()
        line.cut()
        holder = eventually(lambda: somebody_called(server, makeshift))
        assert holder
        line.mend()
        ana.is_connected()
        expect(ana.page.locator("#me-name")).not_to_have_text(makeshift)
        expect(dialog).to_be_hidden()
    finally:
        other.vanish()
        if holder:
            holder.vanish()


def everybody_has_been_away_for_long(server: Server) -> None:
    """Frees the names of all who are not online."""
    with closing(sqlite3.connect(server.data / "chat.sqlite3")) as database, database:
        database.execute("UPDATE people SET last_seen = 1000")


def somebody_called(server: Server, name: str) -> Talker | None:
    """A guest of exactly that name, if nobody has it any more."""
    talker = server.talk(f"/chat?name={quote(name)}", chat=True)
    if talker.hear("welcome")["you"]["name"] == name:
        return talker
    talker.vanish()
    return None


def test_of_a_crowd_some_are_listed_and_all_can_be_mentioned(
    server: Server, make_person: Callable[..., Person]
) -> None:
    server.talk("/chat?name=Lino")
    for number in range(204):
        server.talk(f"/chat?name=Guest%20{number}")
    for name in ("Zoë Lima", "Lia"):
        server.talk(f"/chat?name={quote(name)}")
    ana = make_person(server.url).visit(name="Ana")
    expect(ana.page.locator("#people-title .people-count")).to_have_text("208")
    people = ana.page.locator("#people-list .person")
    expect(people).to_have_count(200)
    expect(people.first).to_contain_text("Ana")
    expect(ana.page.locator("#people-more")).to_have_text("and 8 more people")
    ana.composer.press_sequentially("hi @lim")
    expect(ana.page.locator("#completion [role=option]")).to_have_text([re.compile("Zoë Lima")])
    ana.composer.press("Tab")
    expect(ana.composer).to_have_value("hi @Zoë Lima ")
    # Whoever is known is listed at once; the others come behind, and what was selected stays so.
    held: list[Route] = []
    ana.page.route("**/api/rooms/general/people*", lambda route: held.append(route))
    ana.composer.fill("")
    ana.composer.press_sequentially("@li")
    options = ana.page.locator("#completion [role=option]")
    expect(options).to_have_text([re.compile("Lino"), re.compile("Zoë Lima")])
    ana.composer.press("ArrowDown")
    let_happen(ana.page, lambda: len(held) > 0)
    held.pop().continue_()
    expect(options).to_have_text([re.compile("Lino"), re.compile("Zoë Lima"), re.compile("Lia")])
    ana.composer.press("Enter")
    expect(ana.composer).to_have_value("@Lino ")


def test_people_come_and_go(server: Server, ana: Person, make_person: Callable[..., Person]) -> None:
    expect(ana.page.locator(".person-name")).to_have_text(["Ana"])
    bia = make_person(server.url).visit(name="Bia")
    expect(ana.page.locator(".person-name")).to_have_text(["Ana", "Bia"])
    expect(ana.page.locator("#people-title .people-count")).to_have_text("2")
    bia.page.close()
    expect(ana.page.locator(".person-name")).to_have_text(["Ana"])


def test_a_new_room_can_be_found_by_the_others_and_invites_to_begin(ana: Person, bia: Person) -> None:
    open_new_room(ana, "Física básica 物理")
    expect(ana.page.get_by_text("Nothing has been said here yet.")).to_be_visible()
    expect(ana.composer).to_be_focused()
    ana.write("the first word")
    ana.sees("the first word")
    bia.visit()
    bia.room("Física básica 物理").click()
    bia.sees("the first word")
    bia.visit(re.sub(r"^https?://[^/]+", "", bia.page.url))
    expect(bia.page.locator("#room-name")).to_have_text("Física básica 物理")
    bia.sees("the first word")


def test_a_room_that_one_has_visited_stays_among_ones_own_even_if_nobody_has_spoken_there(ana: Person) -> None:
    open_new_room(ana, "Silence")
    ana.visit()
    expect(ana.page.locator("#rooms-mine a.room")).to_have_count(2)
    expect(ana.page.locator("#rooms-mine")).to_contain_text("Silence")


def test_making_a_room_that_exists_leads_there(ana: Person) -> None:
    ana.write("in general")
    open_new_room(ana, "Elsewhere")
    ana.page.locator("#rooms-new").click()
    ana.page.locator("#room-field").fill("GENERAL")
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("#room-name")).to_have_text("general")
    ana.sees("in general")


def test_back_and_forward_change_the_room_without_loading_the_page(ana: Person) -> None:
    ana.page.evaluate("() => { window.sameDocument = true; }")
    open_new_room(ana, "Elsewhere")
    expect(ana.page).to_have_url(re.compile("/r/elsewhere$"))
    expect(ana.page).to_have_title("Elsewhere · chatapp")
    ana.page.go_back()
    expect(ana.page.locator("#room-name")).to_have_text("general")
    expect(ana.page).to_have_title("general · chatapp")
    ana.page.go_forward()
    expect(ana.page.locator("#room-name")).to_have_text("Elsewhere")
    assert ana.page.evaluate("() => window.sameDocument")


def test_an_unknown_room_says_so_and_leads_home(server: Server, ana: Person) -> None:
    answer = ana.page.goto(server.url + "/r/nowhere")
    assert answer
    assert answer.status == 404
    ana.page.get_by_role("link", name="Go to the chat").click()
    ana.is_connected()


def test_the_language_can_be_changed_and_stays(server: Server, ana: Person) -> None:
    ana.composer.fill("half a thought")
    ana.page.locator("#me").click()
    ana.page.get_by_label("Português").click()
    expect(ana.page.locator("html")).to_have_attribute("lang", "pt-BR")
    ana.is_connected()
    expect(ana.page.get_by_role("heading", name="Suas salas")).to_be_visible()
    expect(ana.composer).to_have_value("half a thought")
    ana.visit()
    expect(ana.page.locator("html")).to_have_attribute("lang", "pt-BR")


def test_a_browser_that_speaks_portuguese_gets_portuguese(server: Server, make_person: Callable[..., Person]) -> None:
    ana = make_person(server.url, locale="pt-BR")
    ana.page.goto(server.url)
    expect(ana.page.get_by_role("heading", name="Como devemos chamar você?")).to_be_visible()


def test_a_new_or_changed_room_appears_for_everybody_without_their_asking(
    server: Server, ana: Person, bia: Person, make_person: Callable[..., Person]
) -> None:
    other = make_person(server.url, beside=ana).visit()
    asked: list[str] = []
    for person in (bia, other):
        person.page.on("request", lambda request: asked.append(request.url))
    open_new_room(ana, "Physics")
    for person in (bia, other):
        expect(person.room("Physics")).to_be_visible()
    changes = {"name": "Optics", "topic": "Light and its ways"}
    ana.page.request.patch(f"{server.url}/api/rooms/physics", data=changes, headers={"Origin": server.url})
    for person in (bia, other):
        expect(person.room("Optics")).to_be_visible()
        expect(person.room("Physics")).to_have_count(0)
    ana.page.request.patch(f"{server.url}/api/rooms/physics", data={"archived": True}, headers={"Origin": server.url})
    expect(bia.room("Optics").locator("use")).to_have_attribute("href", "#icon-archive")
    assert [url for url in asked if "/api/rooms" in url] == []
    bia.page.locator("#rooms-browse").click()
    expect(bia.page.locator(".browse-room").filter(has_text="Optics")).to_contain_text("Light and its ways")


def test_a_room_that_one_makes_in_one_tab_is_ones_own_in_the_other_too(
    server: Server, ana: Person, bia: Person, make_person: Callable[..., Person]
) -> None:
    other = make_person(server.url, beside=ana).visit()
    open_new_room(ana, "Physics")
    expect(bia.room("Physics")).to_be_visible()
    bia.room("Physics").click()
    bia.write("hello there")
    ana.sees("hello there")
    expect(other.page.locator("#rooms-mine").get_by_text("Physics", exact=True)).to_be_visible()
    ana.room("general").click()
    bia.write("and again")
    expect(other.room("Physics").locator(".badge")).to_have_text("1")
