"""`flask tail`: what it shows, across a server's death, and how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from chatapp.client.address import Address
from chatapp.client.follow import Following
from chatapp.client.heard import Heard, Question, Quoted, heard
from chatapp.client.patience import LONGEST, Patience
from chatapp.client.rooms import NoSuchRoom, slug_of
from chatapp.client.show import POLLS_KEPT, Telling, resumed
from chatapp.model import Author

from ..actors import ROOT, Server, eventually
from .conftest import Terminal

Open = Callable[..., Terminal]


def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "flask", "tail", *arguments], cwd=ROOT, capture_output=True, timeout=30
    )


def test_it_shows_the_last_events_and_then_what_happens(server: Server, terminal: Open) -> None:
    ana = server.enter("Ana")
    for number in range(1, 6):
        ana.hear("message", nonce=ana.post(f"line {number}\nand more"))
    tail = terminal("tail", "general", "--server", server.url, "--last", "2")
    tail.shows("#5 Ana (guest): line 5\n      and more\n")
    assert "line 3" not in tail.shown
    ana.say("edit", room="general", target=5, text="line five", nonce="e")
    ana.say("react", room="general", target=5, emoji="👍", on=True, nonce="r")
    ana.say("delete", room="general", target=4, nonce="d")
    tail.shows("* Ana (guest) changed #5: line five")
    tail.shows("* Ana (guest) put 👍 under #5")
    tail.shows("* Ana (guest) deleted #4")
    tail.process.send_signal(signal.SIGINT)  # Ctrl-C
    assert tail.ends() == 0
    assert "Traceback" not in tail.shown


def test_a_terminal_in_latin_1_shows_an_emoji_as_an_escape(server: Server, terminal: Open) -> None:
    ana = server.enter("Ana")
    ana.hear("message", nonce=ana.post("wave 👋"))
    tail = terminal("tail", "general", "--server", server.url, environ={"PYTHONIOENCODING": "latin-1"})
    tail.shows(r"#1 Ana (guest): wave \U0001f44b")
    tail.process.send_signal(signal.SIGINT)
    assert tail.ends() == 0


@pytest.mark.parametrize("kind", ["gunicorn", "flask"])
def test_it_goes_on_where_it_was_when_the_server_comes_back(
    kind: str, make_server: Callable[..., Server], terminal: Open
) -> None:
    server = make_server(kind).start()
    tail = terminal("tail", "general", "--server", server.url, "--last", "0")
    eventually(lambda: "Client connected: path=/api/rooms/general/stream" in server.terminal)
    ana = server.enter("Ana")
    for number in range(1, 4):
        ana.hear("message", nonce=ana.post(f"line {number}"))
    tail.shows("#3 Ana (guest): line 3")
    server.kill()
    tail.shows("trying again")
    server.start()
    ana = server.enter("Ana")
    for number in range(4, 7):
        ana.hear("message", nonce=ana.post(f"line {number}"))
    tail.shows("#6 Ana (guest): line 6", 40)
    tail.shows("connected again")
    assert [tail.shown.count(f"line {number}") for number in range(1, 7)] == [1] * 6
    server.stop()
    tail.process.send_signal(signal.SIGINT)
    assert tail.ends() == 0


def test_who_begins_beyond_the_newest_is_told_and_hears_what_follows(server: Server, terminal: Open) -> None:
    ana = server.enter("Ana")
    ana.hear("message", nonce=ana.post("old"))
    tail = terminal("tail", "general", "--server", server.url, "--after", "99999")
    eventually(lambda: "Client connected: path=/api/rooms/general/stream" in server.terminal)
    ana.hear("message", nonce=ana.post("new"))
    tail.shows("#2 Ana (guest): new")
    assert "-- the newest is #1: from there on" in tail.shown
    assert "old" not in tail.shown


def test_a_log_that_went_back_is_told_and_followed_from_there(server: Server) -> None:
    """As a snapshot of the machine brings it: nothing but the numbers says so."""
    ana = server.enter("Ana")
    for number in range(3):
        ana.hear("message", nonce=ana.post(f"line {number}"))
    address = Address.parse(server.url)
    following = Following(address, "general", name="", after=None, last=10, random=lambda: 0.0, sleep=lambda _: None)
    shown = following.lines()
    assert [next(shown).partition(" ")[2] for _ in range(3)] == [f"#{n + 1} Ana (guest): line {n}" for n in range(3)]
    following._after = 1_000  # as if it had heard more
    server.stop()
    server.start()
    assert next(shown).endswith("; trying again")
    assert next(shown) == "-- connected again"
    assert next(shown) == "-- the log went back, to #3: what came after it is no more"
    ana = server.enter("Ana")
    ana.post("and on")
    assert next(shown).partition(" ")[2] == "#4 Ana (guest): and on"


def test_mistakes_end_it_with_one_line(server: Server) -> None:
    nowhere = run("nowhere", "--server", server.url)
    error = b"Error: There is no room \xe2\x80\x9cnowhere\xe2\x80\x9d. There are: general\n"
    assert (nowhere.returncode, nowhere.stdout, nowhere.stderr) == (1, b"", error)
    for wrong in ("ftp://a", "http://", "http://a:b", "http://a/b?c", "http://a/b c", "http://[::1"):
        found = run("general", "--server", wrong)
        assert found.returncode == 2
        assert b"is no address such as http://127.0.0.1:8000" in found.stderr


def test_it_ends_quietly_when_nobody_reads_any_more(server: Server) -> None:
    ana = server.enter("Ana")
    for number in range(1, 6):
        ana.hear("message", nonce=ana.post(f"line {number}"))
    command = f"{sys.executable} -m flask tail general --server {server.url} | head -n 2"
    with subprocess.Popen(["bash", "-c", command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as shell:
        assert shell.stdout
        assert len(shell.stdout.readline()) > 5
        ana.hear("message", nonce=ana.post("wakes it"))
        rest = shell.stdout.read()
    assert rest.count(b"\n") == 1
    assert b"Error" not in rest


def test_a_room_is_found_by_its_address_or_its_name(server: Server) -> None:
    for name in ("Café & Cozinha", "#1", *(f"room {number}" for number in range(10))):
        server.open_room(name)
    address = Address.parse(server.url)
    for asked in ("café-cozinha", "CAFÉ-COZINHA", "café & cozinha", "#Café & Cozinha", "#café-cozinha"):
        assert slug_of(address, asked) == "café-cozinha", asked
    assert slug_of(address, "#1") == slug_of(address, "1") == "1"
    with pytest.raises(NoSuchRoom) as refused:
        slug_of(address, "room\x1b")
    said = str(refused.value)
    assert said.startswith(r"There is no room “room\x1b”. There are: ")
    assert (said.count("room-"), said.endswith(" and 3 more")) == (7, True)


def test_a_room_of_a_server_that_is_away_is_taken_at_its_word() -> None:
    assert slug_of(Address(False, "127.0.0.1", 9), "#Pins") == "#Pins"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("chat.example:9000", Address(False, "chat.example", 9000)),
        ("https://chat.example/", Address(True, "chat.example", 443)),
        ("http://[::1]:5000", Address(False, "::1", 5000)),
    ],
)
def test_an_address_is_read_as_people_write_it(url: str, address: Address) -> None:
    assert Address.parse(url) == address
    assert Address.parse(str(address)) == address


def test_kinds_of_events_that_are_not_known_yet_are_passed_over_and_known_ones_told() -> None:
    ana = Author("a", "Ana\x1b")

    def told(**fields: Any) -> list[str]:
        event = Heard(author=ana, at="2026-11-25T21:00:00.000Z", **fields)
        return [line.partition(" ")[2] for line in Telling().lines(event)]

    assert told(type="danced", seq=3) == []
    assert told(type="pinned", target=3, on=False) == [r"* Ana\x1b unpinned #3"]
    assert told(type="configured", topic="Maths", archived=True) == [
        r"* Ana\x1b changed the room: topic “Maths”, archived"
    ]
    assert told(type="message", seq=3, deleted=True) == [r"#3 Ana\x1b deleted this"]
    assert heard("[]") is None
    assert heard(b"\xff") is None
    assert heard('{"type": "x", "seq": "three"}') is None
    assert list(Telling().lines(Heard("message", at="yesterday", text="x"))) == ["--:-- #0 Somebody: x"]


def test_a_vote_tells_how_the_poll_stands_and_so_does_its_end() -> None:
    telling = Telling()

    def told(**fields: Any) -> list[str]:
        event = Heard(author=Author("a", "Ana"), at="2026-11-25T21:00:00.000Z", **fields)
        return [line.partition(" ")[2] for line in telling.lines(event)]

    told(type="message", seq=3, text="Lunch?", poll=Question(["Yes", "No"]))
    assert told(type="closed", target=3) == ["* Ana closed the poll #3"]  # nobody has voted
    assert told(type="voted", target=3, counts=[3, 1]) == ["* Ana voted in #3: Yes 3, No 1"]
    assert told(type="voted", target=2, counts=[0, 1]) == ["* Ana voted in #2: 1) 0, 2) 1"]  # not seen
    assert told(type="closed", target=3) == ["* Ana closed the poll #3: Yes 3, No 1"]
    for seq in range(10, 10 + POLLS_KEPT):
        told(type="message", seq=seq, text="?", poll=Question(["a", "b"]))
    assert told(type="closed", target=3) == ["* Ana closed the poll #3"]  # too long ago
    assert told(type="message", seq=500, poll=Question(["Yes", "No"], [2, 0]), text="Tea?") == [
        "#500 Ana: Tea?",
        "     1) Yes",
        "     2) No",
    ]


def test_a_guest_is_marked_in_old_messages_and_quotes_too() -> None:
    guest, member = Author("guest-0123456789abcdef01", "Ana"), Author("0123456789abcdef01", "Ana")
    quoting = Heard("message", author=member, at="x", seq=2, text="no", quote=Quoted(1, guest, "I am Ana"))
    assert list(Telling().lines(quoting)) == ["--:-- #2 Ana: > Ana (guest): I am Ana", "      no"]
    assert list(Telling().lines(Heard("message", author=guest, at="x", seq=1, text="hi"))) == [
        "--:-- #1 Ana (guest): hi"
    ]


def test_what_is_said_when_a_room_is_followed_again() -> None:
    assert resumed(Heard("joined", head=5)) == "-- connected again"
    assert resumed(Heard("joined", head=5, gap=True)) == "-- more was said meanwhile"
    assert resumed(Heard("joined", head=5, gap=True, reset=True)).startswith("-- the log went back, to #5")


def test_one_waits_longer_each_time_and_never_too_long() -> None:
    patience = Patience(lambda: 1.0)
    waits = [patience.wait() for _ in range(100)]
    assert waits[:4] == [0.5, 1.0, 2.0, 4.0]
    assert waits[-1] == LONGEST
    assert patience.wait(at_least=30.0) == 30.0
    patience.rewarded()
    assert patience.wait() == 0.5


def test_a_server_that_limits_our_address_is_asked_again_after_the_time_that_it_tells(
    make_server: Callable[..., Server],
) -> None:
    class Slept(Exception):
        """Ends the test where it would wait."""

    def sleep(seconds: float) -> None:
        raise Slept(seconds)

    server = make_server(ADDRESS_HANDSHAKES="0.1/1").start()
    server.talk()
    following = Following(
        Address.parse(server.url), "general", name="", after=None, last=1, random=lambda: 0.0, sleep=sleep
    )
    lines = following.lines()
    assert next(lines).startswith("-- Too much comes from your network address at once. Wait ")
    with pytest.raises(Slept) as slept:
        next(lines)
    assert 8 < slept.value.args[0] <= 11.6
