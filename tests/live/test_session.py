"""The sessions: what clients say and hear, over a socket pair. Plain is at greater length in test_dialects.py."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ..actors import Talker, eventually, identity_of
from ..conftest import SETTINGS, Wire, been_away_for_long, open_room


def test_three_plain_clients_all_receive_what_one_sends(wire: Wire) -> None:
    clients = [wire.connect() for _ in range(3)]
    clients[0].send("olá  mundo\n")
    assert [client.receive() for client in clients] == ["olá  mundo\n"] * 3


@pytest.fixture
def ana(wire: Wire) -> Talker:
    """A chat.v1 client in the default room."""
    return wire.enter("Ana")


@pytest.fixture
def bia(wire: Wire) -> Talker:
    """Another one."""
    return wire.enter("Bia")


def member(app: Flask, name: str) -> FlaskClient:
    """A browser whose person has chosen a name."""
    browser = app.test_client()
    answer = browser.post("/api/me", json={"name": name}, headers={"Origin": "http://localhost"})
    assert answer.status_code == 200
    return browser


def talk_twice(client: Talker, room: str = "general") -> None:
    """Posts two messages. When it hears the second one, the fan-out is through with everybody's copies of the first."""
    for _ in range(2):
        client.hear("message", nonce=client.post("hello", room))


def nothing_more(client: Talker, type: str) -> bool:
    """True if no event of that type comes before the answer to a ping."""
    client.say("ping", nonce="done")
    while True:
        event = client.hear()
        if event["type"] == "pong":
            return True
        if event["type"] == type:
            return False


# welcome


def test_the_welcome_says_who_one_is_and_what_there_is(app: Flask, wire: Wire) -> None:
    blue = open_room(app, "Azul é blue")
    wire.enter("Zoe").post("one")
    client = wire.connect("/chat?name=Ana", chat=True)
    welcome = client.hear()
    assert welcome["type"] == "welcome"
    assert welcome["version"] == 1
    assert re.fullmatch(r"guest-[0-9a-f]{18}", welcome["you"].pop("id"))
    assert welcome["you"].pop("token")
    assert welcome["you"] == {"name": "Ana", "role": "guest"}
    assert blue == "azul-é-blue"
    assert [(room["slug"], room["name"]) for room in welcome["rooms"]] == [
        ("general", "general"),
        (blue, "Azul é blue"),
    ]
    assert welcome["limits"] == {
        "text": 10_000,
        "frame": 65_536,
        "rate": SETTINGS["RATE_LIMIT"],
        "burst": 10,
        "name": 32,
        "room_name": 64,
        "rooms": 100,
        "edit": 900,
        "pins": 20,
        "topic": 250,
        "option": 200,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", welcome["time"])
    apart = abs((datetime.now(UTC) - datetime.fromisoformat(welcome["time"])).total_seconds())
    assert apart < 60


def test_the_welcome_tells_each_rooms_head(wire: Wire, ana: Talker) -> None:
    for number in range(3):
        ana.hear("message", nonce=ana.post(f"{number}"))
    welcome = wire.connect(chat=True).hear("welcome")
    assert {room["slug"]: room["head"] for room in welcome["rooms"]} == {"general": 3}


def test_the_epoch_stays_while_the_log_stays(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    epochs = []
    for _ in range(2):  # the second one opens the first one's data
        wire = make_wire(make_app())
        epochs.append(wire.connect(chat=True).hear("welcome")["epoch"])
        wire.end()
    assert epochs[0] == epochs[1] != ""


def test_who_gives_no_name_is_a_guest_with_a_number(wire: Wire) -> None:
    assert re.fullmatch(r"guest-\d{4}", wire.connect(chat=True).hear("welcome")["you"]["name"])


def test_nobody_gets_events_of_a_room_before_joining_it(wire: Wire, ana: Talker) -> None:
    watcher = wire.connect(chat=True)
    watcher.hear("welcome")
    talk_twice(ana)
    assert nothing_more(watcher, "message")


# join


def test_joined_bears_head_events_members_and_nonce(wire: Wire, ana: Talker) -> None:
    first = ana.hear("message", nonce=ana.post("one"))
    second = ana.hear("message", nonce=ana.post("two"))
    bia = wire.connect("/chat?name=Bia", chat=True)
    you = bia.hear("welcome")["you"]
    joined = bia.join(nonce="here")
    members = joined.pop("members")
    assert joined == {
        "type": "joined",
        "room": "general",
        "head": 2,
        "events": [first, second],
        "gap": False,
        "count": 2,
        "nonce": "here",
        "state": {"name": "general", "topic": "", "archived": False},
    }
    assert sorted(one["name"] for one in members) == ["Ana", "Bia"]
    assert {"id": you["id"], "name": "Bia"} in members


def test_a_message_bears_all_that_the_protocol_says(ana: Talker, bia: Talker) -> None:
    nonce = ana.post("<b>hi</b>\n")
    mine, theirs = ana.hear("message"), bia.hear("message")
    assert mine == theirs
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", mine.pop("at"))
    assert re.fullmatch(r"guest-[0-9a-f]{18}", mine["author"].pop("id"))
    assert mine == {
        "type": "message",
        "room": "general",
        "seq": 1,
        "author": {"name": "Ana"},
        "text": "<b>hi</b>\n",
        "nonce": nonce,
    }


def fill(client: Talker, count: int) -> None:
    for number in range(count):
        client.post(f"{number + 1}")
    client.hear("message", seq=count, timeout=20)


def test_join_after_a_seq_gives_exactly_what_came_behind_it(wire: Wire, ana: Talker) -> None:
    fill(ana, 503)
    reader = wire.connect(chat=True)
    reader.hear("welcome")

    def resume(after: int, **fields: Any) -> tuple[list[int], bool, int]:
        joined = reader.join(after=after, **fields)
        for event in joined["events"]:
            assert event["text"] == f"{event['seq']}"
        return [event["seq"] for event in joined["events"]], joined["gap"], joined["head"]

    assert resume(0) == (list(range(4, 504)), True, 503)
    assert resume(2) == (list(range(4, 504)), True, 503)  # 501 were missed
    assert resume(3) == (list(range(4, 504)), False, 503)  # 500
    assert resume(4) == (list(range(5, 504)), False, 503)  # 499
    assert resume(502) == ([503], False, 503)
    assert resume(503) == ([], False, 503)
    assert resume(504) == (list(range(454, 504)), True, 503)  # of another log: as if nothing were known
    assert resume(2**53 - 1) == (list(range(454, 504)), True, 503)
    assert resume(493, limit=10) == (list(range(494, 504)), False, 503)
    assert resume(492, limit=10) == (list(range(494, 504)), True, 503)
    assert resume(0, limit=1) == ([503], True, 503)
    assert resume(0, limit=500) == (list(range(4, 504)), True, 503)


def test_join_without_after_gives_the_newest_events(wire: Wire, ana: Talker) -> None:
    fill(ana, 60)
    reader = wire.connect(chat=True)
    assert [event["seq"] for event in reader.join()["events"]] == list(range(11, 61))
    assert [event["seq"] for event in reader.join(limit=3)["events"]] == [58, 59, 60]
    assert [event["seq"] for event in reader.join(limit=500)["events"]] == list(range(1, 61))


def test_an_empty_room_is_joined_with_after_zero(wire: Wire) -> None:
    joined = wire.connect(chat=True).join(after=0)
    assert (joined["events"], joined["gap"], joined["head"]) == ([], False, 0)


def test_resuming_in_a_storm_has_no_gap_and_no_repeat(wire: Wire, ana: Talker, bia: Talker) -> None:
    total = 480
    for number in range(total):
        (ana, bia)[number % 2].post(f"{number}")
        if number % 120 == 119:
            late = wire.connect(chat=True)
            seqs = [event["seq"] for event in late.join(after=0)["events"]]
            while len(seqs) < number:
                seqs.append(late.hear("message")["seq"])
            assert seqs == list(range(1, len(seqs) + 1))
    for client in (ana, bia):
        assert [client.hear("message")["seq"] for _ in range(total)] == list(range(1, total + 1))


def test_joining_a_second_time_does_not_double_what_follows(wire: Wire, ana: Talker) -> None:
    ana.join(after=0)
    talk_twice(ana)
    assert nothing_more(ana, "message")


# leave, several rooms


def test_who_leaves_a_room_hears_and_says_no_more_in_it(ana: Talker, bia: Talker) -> None:
    bia.say("leave", room="general")
    bia.post("too late", nonce="late")
    error = bia.hear("error")
    assert (error["code"], error["nonce"]) == ("not-joined", "late")
    talk_twice(ana)
    assert nothing_more(bia, "message")


def test_who_left_can_come_back_and_resume(ana: Talker, bia: Talker) -> None:
    bia.say("leave", room="general")
    assert nothing_more(bia, "error")
    missed = ana.hear("message", nonce=ana.post("missed"))
    assert bia.join(after=0)["events"] == [missed]
    live = ana.hear("message", nonce=ana.post("live"))
    assert bia.hear("message") == live


def test_one_connection_is_in_several_rooms_each_with_its_own_seqs(app: Flask, wire: Wire, ana: Talker) -> None:
    blue, red = open_room(app, "Blue"), open_room(app, "Red")
    ana.join(blue)
    for room, seq in ((blue, 1), ("general", 1), (blue, 2)):
        event = ana.hear("message", nonce=ana.post("hello", room))
        assert (event["room"], event["seq"]) == (room, seq)
    other = wire.enter("Bia", red)
    talk_twice(other, red)
    assert nothing_more(ana, "message")


def test_more_rooms_than_allowed_are_too_many(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    app = make_app(ROOMS_LIMIT=2)
    blue, red = open_room(app, "Blue"), open_room(app, "Red")
    ana = make_wire(app).enter("Ana")
    ana.join(blue)
    ana.say("join", room=red, nonce="third")
    error = ana.hear("error")
    assert (error["code"], error["nonce"], error["field"]) == ("too-many-rooms", "third", "room")
    assert "2" in error["detail"]
    ana.join(blue)  # one that one is in is not one more
    ana.say("leave", room=blue)
    assert ana.join(red)["room"] == red


# post


def test_the_sender_hears_its_own_post_by_its_nonce(ana: Talker) -> None:
    assert ana.hear("message", nonce=ana.post("hello"))["text"] == "hello"


def test_a_post_sent_again_is_stored_once_and_answered_with_the_first_event(ana: Talker, bia: Talker) -> None:
    first = ana.hear("message", nonce=ana.post("hello", nonce="n1"))
    ana.post("hello, changed", nonce="n1")
    assert ana.hear("message") == first
    assert bia.hear("message") == first
    second = ana.hear("message", nonce=ana.post("next"))
    assert second["seq"] == 2
    assert bia.hear("message") == second


def test_a_post_sent_many_times_at_once_is_stored_once(wire: Wire, ana: Talker, bia: Talker) -> None:
    for _ in range(50):
        ana.post("hello", nonce="n1")
    ana.post("end", nonce="n2")
    copies = [ana.hear("message") for _ in range(51)]
    assert {(event["seq"], event["nonce"]) for event in copies} == {(1, "n1"), (2, "n2")}
    assert [bia.hear("message")["seq"] for _ in range(2)] == [1, 2]
    assert wire.connect(chat=True).join()["head"] == 2


def test_the_same_nonce_of_two_people_is_two_messages(ana: Talker, bia: Talker) -> None:
    ana.post("Ana's", nonce="same")
    assert bia.hear("message")["text"] == "Ana's"
    bia.post("Bia's", nonce="same")
    assert bia.hear("message")["text"] == "Bia's"


def test_who_comes_back_after_losing_the_connection_can_send_all_again(app: Flask, wire: Wire) -> None:
    browser = member(app, "Ana")
    ana = wire.connect(chat=True, client=browser)
    ana.join()
    first = ana.hear("message", nonce=ana.post("hello", nonce="n1"))
    ana.vanish()
    again = wire.connect(chat=True, client=browser)
    again.join(after=1)
    again.post("hello", nonce="n1")
    assert again.hear("message") == first
    assert again.hear("message", nonce=again.post("more"))["seq"] == 2


def test_text_of_the_greatest_length_goes_through(ana: Talker, bia: Talker) -> None:
    ana.say("post", room="general", text="ã" * 10_000, nonce="n")
    assert bia.hear("message")["text"] == "ã" * 10_000


# refusals


def refused(client: Talker, command: str, **fields: Any) -> dict[str, Any]:
    client.say(command, **fields)
    return client.hear("error")


def test_every_refusal_has_its_code_its_field_and_the_nonce(ana: Talker, bia: Talker) -> None:
    def check(code: str, field: str | None, command: str, **fields: Any) -> None:
        error = refused(ana, command, nonce="mine", **fields)
        assert (error["code"], error.get("field"), error.get("nonce")) == (code, field, "mine"), (command, fields)
        assert re.search(r"\w\w", error["detail"])
        assert "{" not in error["detail"]

    check("no-such-room", "room", "join", room="nowhere")
    check("no-such-room", "room", "post", room="nowhere", text="hello")
    check("no-such-room", "room", "leave", room="nowhere")
    check("no-such-room", "room", "typing", room="nowhere")
    check("no-such-room", "room", "read", room="nowhere", seq=1)
    check("bad-field", "room", "join", room="")
    check("bad-field", "room", "join", room="x" * 65)
    check("bad-field", "room", "join", room=7)
    check("bad-field", "room", "join")
    check("bad-field", "after", "join", room="general", after=-1)
    check("bad-field", "after", "join", room="general", after=1.5)
    check("bad-field", "after", "join", room="general", after="1")
    check("bad-field", "after", "join", room="general", after=2**53)
    check("bad-field", "after", "join", room="general", after=True)
    check("bad-field", "limit", "join", room="general", limit=0)
    check("bad-field", "limit", "join", room="general", limit=501)
    check("bad-field", "text", "post", room="general", text=None)
    check("bad-field", "text", "post", room="general")
    check("bad-field", "text", "post", room="general", text=["hello"])
    check("bad-field", "text", "post", room="general", text="a\0b")
    check("text-empty", "text", "post", room="general", text="")
    check("text-empty", "text", "post", room="general", text=" \n\t ")
    check("text-too-long", "text", "post", room="general", text="x" * 10_001)
    check("bad-field", "seq", "read", room="general")
    check("bad-field", "seq", "read", room="general", seq=-1)
    check("bad-name", "name", "rename", name="")
    check("bad-name", "name", "rename", name="x" * 33)
    check("bad-name", "name", "rename", name="a\u202eb")
    check("bad-name", "name", "rename", name="a\nb")
    check("bad-field", "name", "rename", name=None)
    check("name-taken", "name", "rename", name="BIA")
    check("unknown-type", "type", "dance")
    check("unknown-type", "type", "")
    check("no-such-message", "reply_to", "post", room="general", text="hello", reply_to=9)
    check("no-such-message", "target", "edit", room="general", target=9, text="hello")
    check("text-empty", "text", "edit", room="general", target=9, text=" ")
    check("text-too-long", "text", "edit", room="general", target=9, text="x" * 10_001)
    check("bad-field", "text", "edit", room="general", target=9, text="a\0b")
    check("no-such-message", "target", "delete", room="general", target=0)
    check("no-such-message", "target", "react", room="general", target=2**53 - 1, emoji="👍", on=True)
    check("bad-field", "emoji", "react", room="general", target=1, emoji="<b>", on=True)
    check("unknown-type", "type", "welcome")

    ana.hear("message", nonce=ana.post("the connection lives"))
    assert bia.hear("message")["seq"] == 1  # and nothing of all that was stored or told


def test_a_room_that_was_not_joined_takes_no_commands(app: Flask, ana: Talker) -> None:
    blue = open_room(app, "Blue")
    for command, fields in (
        ("post", {"text": "hello"}),
        ("leave", {}),
        ("typing", {}),
        ("read", {"seq": 1}),
    ):
        error = refused(ana, command, room=blue, nonce=command, **fields)
        assert (error["code"], error["field"], error["nonce"]) == ("not-joined", "room", command)


@pytest.mark.parametrize("nonce", ["", "x" * 65, 7, None, ["n"]])
def test_a_post_needs_a_nonce_of_1_to_64_characters(ana: Talker, nonce: object) -> None:
    error = refused(ana, "post", room="general", text="hello", nonce=nonce)
    assert (error["code"], error["field"]) == ("bad-field", "nonce")
    assert "nonce" not in error


def test_a_post_without_a_nonce_is_refused(ana: Talker) -> None:
    error = refused(ana, "post", room="general", text="hello")
    assert (error["code"], error["field"]) == ("bad-field", "nonce")


def test_a_nonce_may_have_64_characters_of_any_script(ana: Talker) -> None:
    nonce = "😀" * 64
    assert ana.hear("message", nonce=ana.post("hello", nonce=nonce))["nonce"] == nonce


def test_unknown_fields_are_ignored(ana: Talker, bia: Talker) -> None:
    ana.say("post", room="general", text="hello", nonce="n", html="<b>no</b>", seq=99, author={"id": "x"})
    event = bia.hear("message")
    assert (event["seq"], event["author"]["name"], "html" in event) == (1, "Ana", False)
    ana.say("ping", nonce="n2", extra=[1, {"a": None}])
    assert ana.hear("pong") == {"type": "pong", "nonce": "n2"}


def test_a_person_over_the_rate_is_refused_and_told_when_to_come_back(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    app = make_app(RATE_LIMIT=2, RATE_BURST=3)
    wire, browser = make_wire(app), member(app, "Ana")
    ana, other_tab, bia = (
        wire.connect(chat=True, client=browser),
        wire.connect(chat=True, client=browser),
        wire.enter("Bia"),
    )
    ana.join()
    other_tab.join()
    for _ in range(3):
        ana.hear("message", nonce=ana.post("hello"))
    error = refused(other_tab, "post", room="general", text="one too many", nonce="n")  # one person, one rate
    assert (error["code"], error["nonce"]) == ("rate-limited", "n")
    assert 0 < error["retry_after"] <= 0.5
    bia.hear("message", nonce=bia.post("not my rate"))
    eventually(lambda: _accepted(other_tab))


def _accepted(client: Talker) -> bool:
    nonce = client.post("again")
    while True:
        event = client.hear()
        if event.get("nonce") == nonce:
            return bool(event["type"] == "message")


def test_errors_speak_the_language_of_the_handshake(wire: Wire) -> None:
    client = wire.connect(chat=True, Accept_Language="pt-BR,pt;q=0.9,en;q=0.5")
    error = refused(client, "join", room="nowhere")
    assert error["code"] == "no-such-room"
    assert error["detail"] != refused(wire.connect(chat=True), "join", room="nowhere")["detail"]


# typing, read, rename, ping


def test_typing_is_passed_on_at_most_once_in_three_seconds(app: Flask, ana: Talker, bia: Talker) -> None:
    blue = open_room(app, "Blue")
    ana.join(blue)
    bia.join(blue)
    for _ in range(5):
        ana.say("typing", room="general")
    ana.say("typing", room=blue)  # another room, another three seconds
    ana.post("end")
    heard: list[dict[str, Any]] = []
    while not heard or heard[-1]["type"] != "message":
        heard.append(bia.hear())
    typing = [event for event in heard if event["type"] == "typing"]
    assert [event["room"] for event in typing] == ["general", blue]
    assert typing[0].keys() == {"type", "room", "user"}
    assert typing[0]["user"]["name"] == "Ana"


def test_typing_of_somebody_else_has_its_own_three_seconds(wire: Wire, ana: Talker, bia: Talker) -> None:
    cleo = wire.enter("Cleo")
    ana.say("typing", room="general")
    bia.say("typing", room="general")
    assert {cleo.hear("typing")["user"]["name"], cleo.hear("typing")["user"]["name"]} == {"Ana", "Bia"}


def test_the_read_marker_moves_forward_only_and_is_told_to_ones_own_tabs_alone(
    app: Flask, wire: Wire, bia: Talker
) -> None:
    browser = member(app, "Ana")
    ana, other_tab = wire.connect(chat=True, client=browser), wire.connect(chat=True, client=browser)
    ana.join()
    fill(ana, 5)
    ana.say("read", room="general", seq=3)
    assert other_tab.hear("read") == {"type": "read", "room": "general", "seq": 3}
    for seq in (2, 3, 99, 4, 0):
        ana.say("read", room="general", seq=seq)
    assert other_tab.hear("read") == {"type": "read", "room": "general", "seq": 5}
    talk_twice(ana)
    assert nothing_more(other_tab, "read")
    assert nothing_more(bia, "read")
    welcome = wire.connect(chat=True, client=browser).hear("welcome")
    assert welcome["rooms"][0]["read"] == 5


def test_the_welcome_of_who_was_never_there_has_no_marker(app: Flask, wire: Wire) -> None:
    welcome = wire.connect(chat=True, client=member(app, "Ana")).hear("welcome")
    assert "read" not in welcome["rooms"][0]


def test_a_rename_is_seen_by_others_with_the_same_id(wire: Wire, ana: Talker, bia: Talker) -> None:
    before = {one["name"]: one["id"] for one in wire.enter("Cleo").join()["members"]}
    ana.say("rename", name="  Ana   Maria ", nonce="n")
    own = ana.hear("presence", nonce="n")
    assert own["joined"] == [{"id": before["Ana"], "name": "Ana Maria"}]
    while {"id": before["Ana"], "name": "Ana Maria"} not in bia.hear("presence")["joined"]:
        pass
    event = ana.hear("message", nonce=ana.post("it is me"))
    assert event["author"] == {"id": before["Ana"], "name": "Ana Maria"}


def test_a_renamed_persons_old_name_is_free(wire: Wire, ana: Talker, bia: Talker) -> None:
    ana.say("rename", name="Cleo", nonce="n")
    ana.hear("presence", nonce="n")
    bia.say("rename", name="Ana", nonce="n")
    assert bia.hear("presence", nonce="n")["joined"][0]["name"] == "Ana"


def test_one_may_change_the_case_of_ones_own_name(ana: Talker) -> None:
    ana.say("rename", name="ANA", nonce="n")
    assert ana.hear("presence", nonce="n")["joined"][0]["name"] == "ANA"


def test_all_tabs_of_a_person_post_under_the_new_name(app: Flask, wire: Wire) -> None:
    browser = member(app, "Ana")
    tabs = [wire.connect(chat=True, client=browser) for _ in range(2)]
    for tab in tabs:
        tab.join()
    tabs[0].say("rename", name="Maria", nonce="n")
    tabs[0].hear("presence", nonce="n")
    assert tabs[1].hear("message", nonce=tabs[1].post("hello"))["author"]["name"] == "Maria"
    assert wire.connect(chat=True, client=browser).hear("welcome")["you"]["name"] == "Maria"


def test_ping_is_answered_with_pong_and_its_nonce(ana: Talker) -> None:
    ana.say("ping")
    assert ana.hear("pong") == {"type": "pong"}
    ana.say("ping", nonce="7")
    assert ana.hear("pong") == {"type": "pong", "nonce": "7"}


# who one is


def test_a_cookie_makes_a_person_a_member_with_one_id_on_every_connection(app: Flask, wire: Wire) -> None:
    browser = member(app, "Ana")
    you = [wire.connect(chat=True, client=browser).hear("welcome")["you"] for _ in range(2)]
    assert you[0] == you[1]
    assert (you[0]["name"], you[0]["role"]) == ("Ana", "member")
    assert you[0]["id"] == browser.get("/api/me").get_json()["id"]


def test_the_cookies_name_goes_over_the_query(app: Flask, wire: Wire) -> None:
    client = wire.connect("/chat?name=Mallory", chat=True, client=member(app, "Ana"))
    assert client.hear("welcome")["you"]["name"] == "Ana"


def test_a_member_whose_name_is_in_use_is_told_so_and_gets_a_number(app: Flask, wire: Wire, ana: Talker) -> None:
    browser = app.test_client()
    taken = browser.post("/api/me", json={"name": "ana"}, headers={"Origin": "http://localhost"})
    assert (taken.status_code, taken.get_json()["code"]) == (409, "name-taken")
    ana.close()
    eventually(lambda: _can_take(browser, "Ana"))
    been_away_for_long(app, browser)
    guest = wire.enter("Ana")  # comes first: the member is not online yet
    client = wire.connect(chat=True, client=browser)
    assert client.hear("welcome")["you"]["name"] == "Ana 2"
    error = client.hear("error")
    assert (error["code"], error["field"]) == ("name-taken", "name")
    assert guest.hear("message", nonce=guest.post("hello"))["author"]["name"] == "Ana"


def _can_take(browser: FlaskClient, name: str) -> bool:
    answer = browser.post("/api/me", json={"name": name}, headers={"Origin": "http://localhost"})
    return answer.status_code == 200


def test_a_forged_cookie_is_nobody(app: Flask, wire: Wire) -> None:
    browser = app.test_client()
    assert _can_take(browser, "Ana")
    for name in ("session", identity_of(browser).key):
        browser.set_cookie(name, "eyJpZCI6ImFkbWluIn0.AAAAAA.forged")
    assert wire.connect(chat=True, client=browser).hear("welcome")["you"]["role"] == "guest"


# promises


def test_an_event_is_on_disk_before_anybody_hears_of_it(app: Flask, wire: Wire, ana: Talker, bia: Talker) -> None:
    client = app.test_client()
    for number in range(20):
        ana.post(f"{number}")
        event = bia.hear("message")
        stored = client.get("/api/rooms/general/messages?limit=1").get_json()["messages"][0]
        assert stored["seq"] >= event["seq"]


def test_every_client_hears_the_same_events_in_the_same_order(wire: Wire) -> None:
    clients = [wire.enter(f"c{number}") for number in range(5)]
    for number in range(40):
        for client in clients:
            client.post(f"{number}")
    heard = [[client.hear("message") for _ in range(200)] for client in clients]
    assert [event["seq"] for event in heard[0]] == list(range(1, 201))
    assert all(events == heard[0] for events in heard)


def test_whoever_is_joined_misses_nothing(wire: Wire, ana: Talker) -> None:
    for number in range(30):
        late = wire.enter(f"late{number}", after=number)
        nonce = ana.post(f"{number}")
        assert late.hear("message")["nonce"] == nonce
        late.vanish()


def test_what_the_server_says_is_json_that_any_browser_takes(ana: Talker) -> None:
    ana.hear("message", nonce=ana.post("\u2028 </script> \x1b \x7f 😀"))
    for text in ana.heard:
        json.loads(text, parse_constant=pytest.fail)
