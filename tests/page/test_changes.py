"""What happens to messages on the page: edits and deletions live, after an absence, across a gap, in older pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from ..actors import Server, Talker
from .conftest import Line, Person, let_happen

GONE = "This message was deleted."


def do(client: Talker, type: str, **fields: Any) -> dict[str, Any]:
    """A command in `general`, and the event that answers it."""
    nonce = f"{type}-{len(client.heard)}"
    client.say(type, room="general", nonce=nonce, **fields)
    event = client.hear(nonce=nonce)
    assert event["type"] != "error", event
    return event


def test_an_edit_and_a_deletion_are_seen_at_once(bia: Person, bot: Talker) -> None:
    for text in ("one", "two"):
        do(bot, "post", text=text)
    bia.sees("one", "two")
    do(bot, "edit", target=1, text="first")
    do(bot, "delete", target=2)
    bia.sees("first", GONE)
    edited = bia.page.locator(".message .edited")
    expect(edited.nth(0)).to_be_visible()
    expect(edited.nth(1)).to_be_hidden()
    expect(bia.messages.nth(1)).to_have_class(re.compile(r"\bdeleted\b"))


def test_who_comes_back_sees_what_happened_meanwhile_to_what_is_on_the_page(
    server: Server, make_person: Callable[..., Person], bot: Talker, line: Line
) -> None:
    bia = make_person(server.url, line=line).visit(name="Bia")
    for text in ("one", "two"):
        do(bot, "post", text=text)
    bia.sees("one", "two")
    line.cut()
    do(bot, "edit", target=1, text="first")
    do(bot, "delete", target=2)
    do(bot, "post", text="three")
    line.mend()
    bia.sees("first", GONE, "three")


def test_across_a_gap_nothing_old_is_shown(
    server: Server, make_person: Callable[..., Person], bot: Talker, line: Line
) -> None:
    bia = make_person(server.url, line=line).visit(name="Bia")
    for text in ("one", "two", "three"):
        do(bot, "post", text=text)
    bia.sees("one", "two", "three")
    line.cut()
    do(bot, "edit", target=1, text="first")
    for number in range(500):
        deed = {"target": 1 + number % 3, "emoji": "👍", "on": number % 2 == 0}
        bot.say("react", room="general", nonce=f"r{number}", **deed)
    bot.hear(nonce="r499")
    do(bot, "post", text="four")
    line.mend()
    bia.sees("four")
    bia.scroll("0")
    bia.sees("first", "two", "three", "four")


def test_older_pages_are_in_their_present_state(bia: Person, bot: Talker) -> None:
    for number in range(1, 121):
        bot.post(str(number), nonce=f"n{number}")
    bot.hear(nonce="n120")
    do(bot, "edit", target=3, text="three")
    do(bot, "delete", target=4)
    bia.page.reload()
    bia.is_connected()

    def is_at_the_beginning() -> bool:
        bia.scroll("0")
        return bia.all_texts()[0] == "1"

    let_happen(bia.page, is_at_the_beginning)
    assert bia.all_texts()[2:5] == ["three", GONE, "5"]


def test_what_happens_while_an_older_page_is_on_its_way_is_not_lost(bia: Person, bot: Talker) -> None:
    for number in range(1, 121):
        bot.post(str(number), nonce=f"n{number}")
    bia.sees("120")  # or she would begin with the first that she has not read
    bia.page.reload()
    bia.is_connected()
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    bia.page.route(re.compile("before="), hold_the_first)
    bia.scroll("0")
    let_happen(bia.page, lambda: len(held) == 1)
    answer = held[0].fetch()  # the page was read …
    oldest = answer.json()["messages"][-1]["seq"]
    do(bot, "edit", target=oldest, text="too late for the page")  # … before this
    do(bot, "post", text="behind it")
    bia.sees("behind it")
    held[0].fulfill(response=answer)
    expect(bia.page.get_by_text("too late for the page")).to_be_attached()


FOLD = """
async (steps) => {
  const { known, folded } = await import("/static/js/fold.js");
  const take = (state, event) => folded(state, event, (id) => id === "b");
  return steps.map(({ message, head, events }) => events.reduce(take, known(message, head)));
}
"""


def fold(page: Page, message: dict[str, Any], head: int, *events: dict[str, Any]) -> dict[str, Any]:
    (state,) = page.evaluate(FOLD, [{"message": message, "head": head, "events": list(events)}])
    return dict(state)


ANA, BOB = {"id": "a", "name": "Ana"}, {"id": "b", "name": "Bob"}
MESSAGE = {"type": "message", "seq": 1, "author": ANA, "text": "one"}


def reacted(seq: int, author: dict[str, str], emoji: str, *, on: bool) -> dict[str, Any]:
    return {"type": "reacted", "seq": seq, "author": author, "target": 1, "emoji": emoji, "on": on}


def test_reactions_are_folded_as_the_server_folds_them(ana: Person) -> None:
    state = fold(
        ana.page,
        MESSAGE,
        0,
        reacted(2, BOB, "👍", on=True),
        reacted(3, ANA, "🎉", on=True),
        reacted(4, ANA, "👍", on=True),
        reacted(5, ANA, "👍", on=True),
        reacted(6, ANA, "❤️", on=False),
        reacted(7, BOB, "👍", on=False),
        reacted(8, BOB, "👍", on=True),
        reacted(9, ANA, "🎉", on=False),
        reacted(10, ANA, "🎉", on=True),
    )
    assert state["reactions"] == [
        {"emoji": "👍", "count": 2, "people": [ANA, BOB], "mine": True},
        {"emoji": "🎉", "count": 1, "people": [ANA], "mine": False},
    ]


def test_of_a_crowd_only_the_first_are_named_and_all_are_counted(ana: Person) -> None:
    first = [{"id": f"p{number}", "name": f"Person {number}"} for number in range(20)]
    thumb = {"emoji": "👍", "count": 50_000, "people": first}
    present = {**MESSAGE, "reactions": [thumb]}
    events = [
        reacted(2, BOB, "👍", on=True),  # the person at the page
        reacted(3, BOB, "👍", on=True),
        reacted(4, ANA, "👍", on=True),
        reacted(5, {"id": "c", "name": "Caio"}, "👍", on=False),  # one who was only counted
        reacted(6, first[0], "👍", on=False),
    ]
    state = fold(ana.page, present, 1, *events)
    assert state["reactions"] == [{**thumb, "people": first[1:], "mine": True}]
    state = fold(ana.page, state, 6, reacted(7, BOB, "👍", on=False), reacted(8, BOB, "👍", on=False))
    assert state["reactions"] == [{**thumb, "count": 49_999, "people": first[1:], "mine": False}]
    full = {"emoji": "👍", "count": 20, "people": first}
    state = fold(ana.page, {**MESSAGE, "reactions": [full]}, 1, reacted(2, ANA, "👍", on=True))
    assert state["reactions"] == [{**full, "count": 21, "mine": False}]


def test_of_the_voters_only_the_first_are_named_too(ana: Person) -> None:
    first = [{"id": f"p{number}", "name": f"Person {number}"} for number in range(20)]
    poll = {"options": ["x", "y"], "counts": [10_000, 3], "voters": 10_003, "people": [first, [ANA]]}

    def voted(seq: int, author: dict[str, str], choices: list[int], counts: list[int]) -> dict[str, Any]:
        about = {"type": "voted", "seq": seq, "author": author, "target": 1}
        return {**about, "choices": choices, "counts": counts, "voters": 10_004}

    state = fold(
        ana.page, {**MESSAGE, "poll": poll}, 1, voted(2, BOB, [0], [10_001, 3]), voted(3, ANA, [0], [10_002, 2])
    )
    assert state["poll"] == {**poll, "counts": [10_002, 2], "voters": 10_004, "people": [first, []], "mine": [0]}


@pytest.mark.parametrize("head", [3, 4])
def test_what_a_page_of_history_knows_already_is_not_done_again(ana: Person, head: int) -> None:
    present = {
        **MESSAGE,
        "text": "three",
        "edited": "later",
        "reactions": [{"emoji": "👍", "count": 1, "people": [ANA]}],
    }
    events = [
        {"type": "edited", "seq": 2, "author": ANA, "target": 1, "text": "two", "at": "soon"},
        {"type": "edited", "seq": 3, "author": ANA, "target": 1, "text": "three", "at": "later"},
        reacted(4, ANA, "👍", on=True),
    ]
    state = fold(ana.page, present, head, *events)
    assert {**state, "upto": 0} == {**present, "upto": 0}


def test_of_a_deleted_message_nothing_is_kept_whatever_comes_first(ana: Person) -> None:
    reply = {**MESSAGE, "reply_to": 7, "quote": {"seq": 7, "author": BOB, "text": "secret"}, "html": "<b>one</b>"}
    deleted = {"type": "deleted", "seq": 5, "author": ANA, "target": 1}
    late = {"type": "edited", "seq": 4, "author": ANA, "target": 1, "text": "", "at": "x"}
    states = [
        fold(ana.page, reply, 0, reacted(2, BOB, "👍", on=True), late, deleted),
        fold(ana.page, {**reply, "text": "", "deleted": True}, 0, late, deleted),
    ]
    for state in states:
        assert state == {**MESSAGE, "text": "", "deleted": True, "reply_to": 7, "upto": 5}
        assert "secret" not in json.dumps(state)
