"""Whatever people do, and however often their lines break: in the end all pages show what is in the database.

The real modules of the page, several people, a real server. A new command is a rule here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from playwright.sync_api import Page

from chatapp.log.database import Database, sqlite_url
from chatapp.log.history import History

from ..actors import Server, all_rooms, eventually
from .conftest import Person

CLIENT = (Path(__file__).with_name("client.js")).read_text()
NAMES = ("Ana", "Bia", "Caio")
GAP = 501  # events that are more than one answer to a join holds

WHO = st.integers(0, len(NAMES) - 1)
BEFORE = 56  # messages from before: the first of them are in no answer to a join, and have to be asked for
TARGETS = st.integers(3, 5) | st.integers(BEFORE - 1, BEFORE + 3)  # few, so that much happens to each; some are none
TEXTS = st.sampled_from(["one", "two  words", "olá\n**mundo**", "<b>three</b>", "@Ana and @Bia, look", "x" * 300])
EMOJI = st.sampled_from(["👍", "🎉", "❤️"])


class Agreement(RuleBasedStateMachine):
    """Several people in a room of their own; each has a page, of which only the state counts."""

    server: Server
    pages: list[Page]
    history: History

    @initialize()
    def come_in(self) -> None:
        number = len(all_rooms(self.history))
        self.slug = self.server.open_room(f"room {number}")
        self.storms = 0
        for who in range(len(NAMES)):
            self.come_anew(who)
        for who, page in enumerate(self.pages):
            texts = [f"from before: {number}" for number in range(who, BEFORE, len(NAMES))]
            page.evaluate("(texts) => texts.forEach((text) => window.client.post(text, null))", texts)
        self.agree()
        for who in range(len(NAMES)):
            self.come_anew(who)

    # What people do.

    @rule(who=WHO, text=TEXTS, reply_to=st.none() | TARGETS)
    def post(self, who: int, text: str, reply_to: int | None) -> None:
        self.call(who, "post", text, reply_to)

    @rule(who=WHO, seq=TARGETS, text=TEXTS)
    def edit(self, who: int, seq: int, text: str) -> None:
        self.call(who, "do", "edit", seq, text)

    @rule(who=WHO, seq=TARGETS)
    def delete(self, who: int, seq: int) -> None:
        self.call(who, "do", "delete", seq)

    @rule(who=WHO, seq=TARGETS, emoji=EMOJI, on=st.booleans())
    def react(self, who: int, seq: int, emoji: str, on: bool) -> None:
        self.call(who, "do", "react", seq, emoji, on)

    @rule(who=WHO, several=st.booleans(), anonymous=st.booleans())
    def ask(self, who: int, several: bool, anonymous: bool) -> None:
        poll = {"options": ["yes", "no", "perhaps"], "several": several, "anonymous": anonymous}
        self.call(who, "post", "Which?", None, poll)

    @rule(who=WHO, seq=TARGETS, choices=st.lists(st.integers(0, 3), max_size=2))
    def vote(self, who: int, seq: int, choices: list[int]) -> None:
        self.call(who, "do", "vote", seq, choices)

    @rule(who=WHO, seq=TARGETS)
    def close(self, who: int, seq: int) -> None:
        self.call(who, "do", "close", seq)

    @rule(who=WHO, seq=TARGETS, on=st.booleans())
    def pin(self, who: int, seq: int, on: bool) -> None:
        self.call(who, "do", "pin", seq, on)

    @rule(who=WHO, topic=TEXTS)
    def say_what_the_room_is_for(self, who: int, topic: str) -> None:
        self.call(who, "configure", {"topic": topic[:200]})

    @rule(who=WHO)
    def archive_and_reopen(self, who: int) -> None:
        for archived in (True, False):
            self.call(who, "configure", {"archived": archived})

    @rule(text=TEXTS)
    def a_program_posts(self, text: str) -> None:
        nonce = hashlib.sha256(f"{self.slug} {text}".encode()).hexdigest()  # the same text once more is a repetition
        assert self.server.post(f"/api/rooms/{self.slug}/messages", {"text": text, "nonce": nonce[:32]})[0] == 201

    @rule(who=WHO)
    def ask_for_older_messages(self, who: int) -> None:
        self.call(who, "askOlder")

    @rule(who=WHO)
    def take_older_messages(self, who: int) -> None:
        self.call(who, "takeOlder")

    # What happens to them.

    @rule(who=WHO, what=st.sampled_from(["deaf", "mute", "down"]))
    def lose(self, who: int, what: str) -> None:
        self.call(who, "lose", what)

    @rule(who=WHO)
    def mend(self, who: int) -> None:
        self.call(who, "mend")

    @rule(who=WHO)
    def come_anew(self, who: int) -> None:
        self.pages[who].evaluate(CLIENT, self.slug)

    @precondition(lambda self: self.storms == 0)
    @rule()
    def more_happens_than_one_answer_holds(self) -> None:
        self.storms += 1
        bot = self.server.enter("Bot", self.slug)
        bot.hear("message", nonce=bot.post("the storm", self.slug))
        for number in range(GAP):
            # On messages of which none is a target: one person does not do so much to a single one.
            deed = {"target": 6 + number // 20, "emoji": "🐢", "on": number % 2 == 0}
            bot.say("react", room=self.slug, nonce=f"{self.slug} {number}", **deed)
        bot.hear(nonce=f"{self.slug} {GAP - 1}", timeout=60)
        bot.close()

    # What counts.

    @rule()
    def agree(self) -> None:
        """Everybody's line is mended and all is answered: then every page's state is the database's."""
        for who in range(len(NAMES)):
            self.call(who, "mend")
        for who in range(len(NAMES)):
            eventually(lambda who=who: self.call(who, "state")["settled"])  # type: ignore[misc]
        room = self.history.room(self.slug)
        stored = self.stored()
        for who in range(len(NAMES)):
            eventually(lambda who=who: self.call(who, "state")["last"] == room.head)  # type: ignore[misc]
            self.take_older_messages(who)  # as they were when they were asked for
            state = self.call(who, "state")
            expected = [message for message in stored if message["seq"] >= state["oldest"]]
            assert [plainly(message) for message in state["messages"]] == expected
            assert state["place"] == [room.name, room.topic, room.archived]

    def teardown(self) -> None:
        self.agree()
        for who in range(len(NAMES)):
            self.call(who, "leave")

    def call(self, who: int, name: str, *fields: object) -> Any:
        return self.pages[who].evaluate("([name, fields]) => window.client[name](...fields)", [name, list(fields)])

    def stored(self) -> list[dict[str, Any]]:
        """All messages of the room as they are, read from the database."""
        found: list[Any] = []
        before, more = None, True
        room = self.history.room(self.slug)
        while more:
            page = self.history.page(room, before=before, limit=200)
            found = page.messages + found
            before, more = (page.messages[0].seq if page.messages else None), page.more
        return [plainly(msgspec.json.decode(msgspec.json.encode(message))) for message in found]


def plainly(message: dict[str, Any]) -> dict[str, Any]:
    """A message's present state without the nonce, which only its author is shown, and without what is not there."""
    kept = {key: value for key, value in message.items() if key not in ("nonce", "upto")}
    if kept.get("poll"):
        # What a reader chose in an anonymous one is shown to them alone.
        kept["poll"] = {key: value for key, value in kept["poll"].items() if value and key != "mine"}
    if kept.get("reactions"):
        kept["reactions"] = [{key: each[key] for key in ("emoji", "count", "people")} for each in kept["reactions"]]
    return {key: value for key, value in kept.items() if value not in (None, [], False)}


@pytest.fixture
def pages(server: Server, make_person: Callable[..., Person]) -> list[Page]:
    """A page without a document of ours for each of them, with their cookie."""
    found = []
    for name in NAMES:
        person = make_person(server.url)
        person.page.goto(f"{server.url}/healthz")
        person.page.evaluate("async (name) => (await import('/static/js/api.js')).post('/api/me', { name })", name)
        found.append(person.page)
    return found


@pytest.fixture
def history(server: Server) -> Iterator[History]:
    """The server's own database."""
    database = Database(sqlite_url(server.data / "chat.sqlite3"), busy_timeout=5)
    yield History(database)
    database.close()


@pytest.mark.timeout(400)  # seconds, on a machine that has much else to do; else it takes 30
def test_in_the_end_every_page_shows_what_is_in_the_database(
    server: Server, pages: list[Page], history: History
) -> None:
    here = type("Here", (Agreement,), {"server": server, "pages": pages, "history": history})
    run_state_machine_as_test(here, settings=settings(max_examples=10, stateful_step_count=30, deadline=None))
