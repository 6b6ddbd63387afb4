"""`flask talk` in a real terminal against a real server: what one writes arrives once and in order, whatever breaks."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from http.client import HTTPException
from itertools import count

import pytest

from chatapp.client.address import Address
from chatapp.client.conversation import Conversation
from chatapp.client.heard import Heard
from chatapp.client.person import introduce, introduce_in_time

from ..actors import PATIENCE, ROOT, Server, eventually
from .conftest import Relay, Terminal, texts_of

Open = Callable[..., Terminal]


def answers_who(ana: Terminal, wanted: str) -> bool:
    """Asks once who is there. Who comes is told a moment after they have come, in one frame with others."""
    told = ana.shown.count("-- Ana")
    ana.enter("/who")
    eventually(lambda: ana.shown.count("-- Ana") > told)
    return wanted in ana.shown


def test_two_people_talk_and_leave(server: Server, terminal: Open) -> None:
    ana = terminal("talk", "general", "--server", server.url, "--name", "Ana")
    ana.shows("you are in general")
    bia = terminal("talk", "--server", server.url)
    bia.shows("Your name:")
    bia.press("\x15")  # Ctrl-U: away with what is proposed
    bia.enter("Bia")
    bia.shows("you are in general")
    ana.enter("hello Bia")
    bia.shows("#1 Ana: hello Bia")
    bia.enter("hello  *Ana*, olá")
    ana.shows("#2 Bia: hello  *Ana*, olá")
    eventually(lambda: answers_who(ana, "-- Ana, Bia"))
    listener = server.enter("Eva", server.open_room("Physics"))
    listener.hear("rooms")  # of which these terminals say nothing
    bia.enter("/name Beatriz")
    bia.shows("you are Beatriz now")
    bia.enter("//not a command")
    ana.shows("#3 Beatriz: /not a command")
    ana.enter("/nonsense")
    ana.shows("/name NAME")
    ana.press("\x04")  # Ctrl-D
    assert ana.ends() == 0
    bia.enter("/quit")
    assert bia.ends() == 0
    assert texts_of(server) == ["hello Bia", "hello  *Ana*, olá", "/not a command"]
    assert "physics" not in (ana.shown + bia.shown).lower()


@pytest.mark.parametrize("kind", ["gunicorn", "flask"])
def test_what_is_written_while_the_server_is_away_goes_out_once_and_in_order(
    kind: str, make_server: Callable[..., Server], terminal: Open
) -> None:
    server = make_server(kind).start()
    ana = terminal("talk", "general", "--server", server.url, "--name", "Ana")
    ana.shows("you are in general")
    ana.enter("before")
    ana.shows("#1 Ana: before")
    server.kill()
    ana.shows("trying again")
    for text in ("one", "two", "three"):
        ana.enter(text)
    server.start()
    talker = server.enter("Bia")
    talker.hear("message", nonce=talker.post("I was here first"))
    ana.shows("Ana: three", 40)
    assert [text for text in texts_of(server) if text != "I was here first"] == ["before", "one", "two", "three"]
    assert ana.shown.count("Bia (guest): I was here first") == 1
    ana.enter("after")
    ana.shows("Ana: after")
    assert "Traceback" not in ana.shown


def test_a_message_whose_acknowledgement_was_lost_is_stored_once(
    server: Server, terminal: Open, relay: Callable[[Server], Relay]
) -> None:
    line = relay(server)
    ana = terminal("talk", "general", "--server", line.url, "--name", "Ana")
    ana.shows("you are in general")
    line.deaf = True
    ana.enter("said once")
    eventually(lambda: texts_of(server) == ["said once"])
    ana.enter("and this next")
    line.cut()
    line.deaf = False
    ana.shows("#1 Ana: said once", 20)
    ana.shows("#2 Ana: and this next", 20)
    assert texts_of(server) == ["said once", "and this next"]


def test_who_writes_too_fast_is_slowed_down_and_loses_nothing(
    make_server: Callable[..., Server], terminal: Open
) -> None:
    server = make_server(RATE_LIMIT=5, RATE_BURST=1).start()
    ana = terminal("talk", "general", "--server", server.url, "--name", "Ana")
    ana.shows("you are in general")
    for number in range(6):
        ana.enter(f"quick {number}")
    ana.shows("quick 5", 20)
    eventually(lambda: texts_of(server) == [f"quick {number}" for number in range(6)])


def test_a_refused_message_is_said_to_be_refused_and_the_next_one_goes_out(
    make_server: Callable[..., Server], terminal: Open
) -> None:
    server = make_server(TEXT_LIMIT=10).start()
    ana = terminal("talk", "general", "--server", server.url, "--name", "Ana")
    ana.shows("you are in general")
    ana.enter("much longer than ten")
    ana.enter("short")
    ana.shows("too long: at most 10")
    ana.shows("#1 Ana: short")


def test_a_message_that_calls_everybody_goes_out_after_a_yes(server: Server, terminal: Open) -> None:
    server.enter("Bia")
    ana = terminal("talk", "general", "--server", server.url, "--name", "Ana")
    ana.shows("you are in general")
    ana.enter("/all")
    ana.shows("nothing waits for that")
    ana.enter("@all lunch")
    ana.shows("/all sends it nevertheless")
    ana.enter("hungry?")
    ana.shows("#1 Ana: hungry?")
    ana.enter("/all")
    ana.shows("#2 Ana: @all lunch")


def test_a_name_that_is_taken_is_asked_for_again(server: Server, terminal: Open) -> None:
    server.enter("Ana")
    other = terminal("talk", "general", "--server", server.url, "--name", "ana")
    other.shows("belongs to somebody else")
    other.press("\x15")
    other.enter("Caio")
    other.shows("you are in general")


def test_what_people_write_does_not_speak_to_the_terminal(server: Server, terminal: Open) -> None:
    ana = terminal("talk", "general", "--server", server.url, "--name", "Ana")
    ana.shows("you are in general")
    mallory = server.enter("Mallory")
    mallory.post("\x1b]0;owned\x07\x1b[31mred\r\x9b2J\u202eback\nnext line")
    ana.shows(r"#1 Mallory (guest): \x1b]0;owned\x07\x1b[31mred\x0d\x9b2J\u202eback")
    ana.shows("      next line")
    assert b"owned\x07" not in ana.raw


def test_a_room_that_there_is_not_and_a_server_that_there_is_not_end_it(server: Server, terminal: Open) -> None:
    nowhere = terminal("talk", "nowhere", "--server", server.url, "--name", "Ana")
    assert nowhere.ends() == 1
    assert "There is no room “nowhere”. There are: general" in nowhere.shown
    nobody = terminal("talk", "general", "--server", "http://127.0.0.1:9", "--name", "Ana")
    assert nobody.ends() == 1
    assert "http://127.0.0.1:9 cannot be reached" in nobody.shown


def piped(server: Server, text: bytes, room: str = "general", *options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "flask", "talk", room, "--server", server.url, "--name", "ci", *options],
        cwd=ROOT,
        input=text,
        capture_output=True,
        timeout=30,
    )


class Ears:
    """Hears what becomes of a conversation."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.over = threading.Event()

    def tell(self, line: str) -> None:
        self.heard.append(line)

    def warn(self, line: str) -> None:
        self.heard.append(line)

    def refused(self, text: str, why: Heard) -> None:
        self.heard.append(text)

    def ended(self) -> None:
        self.over.set()


def test_who_talks_on_after_the_end_does_no_harm(server: Server) -> None:
    address, ears = Address.parse(server.url), Ears()
    nonces = map(str, count())
    conversation = Conversation(
        address,
        "nowhere",
        "Ana",
        introduce(address, "Ana"),
        listener=ears,
        new_nonce=lambda: next(nonces),
        random=lambda: 1.0,
    )
    conversation.start()
    assert ears.over.wait(PATIENCE)
    eventually(lambda: "conversation" not in [thread.name for thread in threading.enumerate()])
    conversation.say("one")
    conversation.rename("Bia")
    conversation.stop(PATIENCE)
    assert (ears.heard, conversation.wait_sent(PATIENCE)) == (["There is no such room."], 1)


def test_a_program_finds_a_room_by_its_name(server: Server) -> None:
    server.open_room("The Pins")
    assert piped(server, b"one\n", "#the pins").returncode == 0
    assert texts_of(server, "the-pins") == ["one"]
    nowhere = piped(server, b"one\n", "nowhere")
    assert (nowhere.returncode, nowhere.stdout) == (1, b"")
    assert nowhere.stderr.decode().startswith("Error: There is no room “nowhere”. There are: ")


def test_a_program_has_its_name_again_as_soon_as_it_has_left(make_server: Callable[..., Server]) -> None:
    server = make_server(PRESENCE_LINGER=60).start()
    for text in (b"one\n", b"two\n"):
        said = piped(server, text)
        assert (said.returncode, said.stderr) == (0, b"")
    assert texts_of(server) == ["one", "two"]


def test_a_program_hears_which_of_its_lines_were_refused(make_server: Callable[..., Server]) -> None:
    server = make_server(TEXT_LIMIT=10).start()
    server.enter("Bia")
    said = piped(server, b"first\n" + b"long " * 40 + b"\n@all now\nlast\n")
    assert (said.returncode, said.stdout) == (1, b"")
    long, call = said.stderr.decode().splitlines()
    assert long.startswith("chatapp: refused, “long long ")
    assert long.endswith("…”: The message is too long: at most 10 characters.")
    assert call.startswith("chatapp: refused, “@all now”: It calls everybody")
    assert texts_of(server) == ["first", "last"]


def test_a_program_may_call_everybody_if_it_was_started_so(server: Server) -> None:
    server.enter("Bia")
    said = piped(server, b"@all now\n", "general", "--all")
    assert (said.returncode, said.stderr) == (0, b"")
    assert texts_of(server) == ["@all now"]


def test_a_program_is_not_told_what_others_said(server: Server) -> None:
    ana = server.enter("Ana")
    ana.hear("message", nonce=ana.post("long ago"))
    assert piped(server, b"one\n").stdout == b""


def test_what_is_piped_into_it_is_said_line_by_line(server: Server) -> None:
    said = piped(server, b"build 71\n\ncaf\xc3\xa9 \xff broken\nis green\n")
    assert (said.returncode, said.stderr) == (0, b"")
    assert texts_of(server) == ["build 71", "café ? broken", "is green"]


def test_a_name_is_chosen_again_when_a_limited_address_may_and_not_for_ever(make_server: Callable[..., Server]) -> None:
    server = make_server(ADDRESS_PEOPLE="0.02/1").start()  # one in 50 s
    address = Address.parse(server.url)
    warned: list[str] = []
    slept: list[float] = []
    assert introduce_in_time(address, "Ana", warned.append, slept.append)
    with pytest.raises(HTTPException, match="network address"):
        introduce_in_time(address, "Bia", warned.append, slept.append)
    assert [40 < seconds < 52 for seconds in slept] == [True]  # the second time would be after more than a minute
    assert [line.endswith(" seconds. Trying again.") for line in warned] == [True]
