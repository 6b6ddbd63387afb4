"""The fan-out: one thread, real sockets, and everybody's bytes in one order."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import pytest
from flask import Flask

from chatapp.live.fanout import SLICE, FanOut, _slices
from chatapp.live.hub import Client, Dialect, Hub
from chatapp.live.outbox import Outbox
from chatapp.model import Author, Change, Edited, Message, Person, Reacted, Read, Typing

from ..actors import PATIENCE, InThread, Talker, eventually
from ..conftest import Wire

LIMIT = 65_536  # bytes kept for a client


class Stage:
    """A hub, a fan-out that is not started yet, and clients with real sockets."""

    def __init__(self) -> None:
        self.hub = Hub(1_000)
        self.fanout = FanOut(self.hub)
        self._sockets: list[socket.socket] = []
        self._seqs: dict[str, int] = {}

    def seat(self, *rooms: str, dialect: Dialect = Dialect.CHAT_V1, person: str = "p") -> tuple[Client, Talker]:
        """A client in these rooms, and who sits at the other end."""
        ours, theirs = socket.socketpair()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
        self._sockets += (ours, theirs)
        outbox = Outbox(theirs, limit=LIMIT, stalled=self.fanout.stalled)
        client = Client(outbox, ("127.0.0.1", len(self._sockets)), Person(person, person), dialect, 0.0)
        outbox.evicted = lambda: self.fanout.evicted(client)
        self.hub.add(client)
        for room in rooms:
            self.hub.join(client, room)
        return client, Talker(ours)

    def message(self, text: str, room: str = "general") -> Message:
        self._seqs[room] = self._seqs.get(room, 0) + 1
        return Message(room, self._seqs[room], "2026-01-01T00:00:00.000Z", Author("a", "Ana"), text)

    def end(self) -> None:
        self.fanout.stop(PATIENCE)
        for sock in self._sockets:
            sock.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.end()


def test_each_dialect_gets_a_message_in_its_own_form(stage: Stage) -> None:
    forms = {dialect: stage.seat("general", dialect=dialect)[1] for dialect in Dialect}
    stage.fanout.start()
    stage.fanout.publish([stage.message("olá\n")])
    assert forms[Dialect.PLAIN].receive() == "olá\n"
    assert forms[Dialect.PLAIN_NAMED].receive() == "Ana: olá\n"
    assert forms[Dialect.CHAT_V1].hear() == {
        "type": "message",
        "room": "general",
        "seq": 1,
        "at": "2026-01-01T00:00:00.000Z",
        "author": {"id": "a", "name": "Ana"},
        "text": "olá\n",
    }
    chunk = forms[Dialect.LINES].sock.recv(65_536)
    size, text, end = chunk.split(b"\r\n")
    assert (int(size, 16), end) == (len(text), b"")
    assert text.endswith(b"}\n")
    assert json.loads(text)["text"] == "olá\n"


def test_what_waits_goes_out_in_one_piece_and_in_order(stage: Stage) -> None:
    """A round takes all that waits, and joins a room's frames: one system call a client."""
    client, talker = stage.seat("general", dialect=Dialect.PLAIN)
    sent: list[int] = []
    offer = client.outbox.offer

    def counting(frames: bytes) -> bool:
        sent.append(len(frames))
        return offer(frames)

    client.outbox.offer = counting  # type: ignore[method-assign]
    for number in range(50):
        stage.fanout.publish([stage.message(f"{number:02} a"), stage.message(f"{number:02} b")])
    stage.fanout.start()
    assert [talker.receive() for _ in range(100)] == [f"{number:02} {half}" for number in range(50) for half in "ab"]
    assert sent == [100 * (2 + 4)]


def test_plain_clients_hear_messages_only_each_in_its_place(stage: Stage) -> None:
    seats = [stage.seat("general", dialect=dialect) for dialect in Dialect]
    told: list[Any] = []
    for number in range(6):
        message = stage.message(str(number))
        if number % 3 == 1:
            told.append(Edited("general", message.seq, message.at, message.author, 1, "edited"))
        elif number % 3 == 2:
            told.append(Reacted("general", message.seq, message.at, message.author, 1, "👍", True))
        else:
            told.append(message)
    stage.fanout.publish(told)
    stage.fanout.start()
    heard = {client.dialect: talker for client, talker in seats}
    events = [heard[Dialect.CHAT_V1].hear() for _ in range(6)]
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6]
    assert [event["type"] for event in events[:3]] == ["message", "edited", "reacted"]
    assert [heard[Dialect.PLAIN].receive() for _ in range(2)] == ["0", "3"]
    assert [heard[Dialect.PLAIN_NAMED].receive() for _ in range(2)] == ["Ana: 0", "Ana: 3"]
    assert heard[Dialect.PLAIN].hears_nothing()
    lines = heard[Dialect.LINES].sock.recv(65_536).split(b"\r\n")[1::2]
    assert [json.loads(line)["seq"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert (stage.fanout.counts.messages, stage.fanout.counts.deliveries) == (6, 2 * 4 + 4 * 2)


def test_rooms_do_not_mix(stage: Stage) -> None:
    _, both = stage.seat("blue", "red")
    _, blue = stage.seat("blue")
    for number in range(10):
        stage.fanout.publish([stage.message(f"{number}", "red"), stage.message(f"{number}", "blue")])
    stage.fanout.start()
    assert [blue.hear()["seq"] for _ in range(10)] == list(range(1, 11))
    heard = [both.hear() for _ in range(20)]
    for room in ("blue", "red"):
        assert [event["seq"] for event in heard if event["room"] == room] == list(range(1, 11))
    assert blue.hears_nothing(0.05)


def test_ephemera_keep_their_place_between_messages(stage: Stage) -> None:
    _, talker = stage.seat("general")
    stage.fanout.publish([stage.message("one")])
    stage.fanout.publish(Typing("general", "b", "Bia"))
    stage.fanout.publish([stage.message("two")])
    stage.fanout.publish(Change("general", [Author("b", "Bia")], ["c"], 2))
    stage.fanout.publish([stage.message("three")])
    stage.fanout.start()
    assert [talker.hear() for _ in range(5)][1::2] == [
        {"type": "typing", "room": "general", "user": {"id": "b", "name": "Bia"}},
        {"type": "presence", "room": "general", "joined": [{"id": "b", "name": "Bia"}], "left": ["c"], "count": 2},
    ]
    assert [json.loads(text)["type"] for text in talker.heard] == [
        "message",
        "typing",
        "message",
        "presence",
        "message",
    ]


def test_ephemera_go_to_chat_v1_clients_of_the_room_only(stage: Stage) -> None:
    strangers = [
        stage.seat("general", dialect=Dialect.PLAIN)[1],
        stage.seat("general", dialect=Dialect.PLAIN_NAMED)[1],
        stage.seat("blue")[1],
    ]
    _, inside = stage.seat("general")
    stage.fanout.publish(Typing("general", "b", "Bia"))
    stage.fanout.publish(Change("general", [], ["c"], 2))
    stage.fanout.publish([stage.message("end"), stage.message("end", "blue")])
    stage.fanout.start()
    assert [inside.hear()["type"] for _ in range(3)] == ["typing", "presence", "message"]
    assert [stranger.receive()[-3:] for stranger in strangers[:2]] == ["end", "end"]
    assert strangers[2].hear()["type"] == "message"
    assert [len(stranger.heard) for stranger in strangers] == [1, 1, 1]


def test_a_read_marker_goes_to_that_persons_other_chat_v1_clients_only(stage: Stage) -> None:
    moved_by, moved = stage.seat("general", person="ana")
    _, tab = stage.seat(person="ana")
    _, terminal = stage.seat("general", dialect=Dialect.PLAIN, person="ana")
    _, other = stage.seat("general", person="bia")
    stage.fanout.publish(Read("ana", "general", 7, moved_by))
    stage.fanout.publish([stage.message("end")])
    stage.fanout.start()
    assert tab.hear() == {"type": "read", "room": "general", "seq": 7}
    assert moved.hear()["type"] == "message"
    assert terminal.receive() == "end"
    assert other.hear()["type"] == "message"


def test_who_joins_gets_everything_above_the_head_it_was_told(stage: Stage) -> None:
    """No gap and no repeat: the step that takes the recipients also moves the head."""
    stage.fanout.start()
    total = 300
    talkers: list[tuple[int, Talker]] = []

    def publish() -> None:
        for number in range(total):
            stage.fanout.publish([stage.message(f"{number}")])

    publishing = InThread(publish)
    while publishing.is_alive() and len(talkers) < 30:
        client, talker = stage.seat()
        talkers.append((stage.hub.join(client, "general"), talker))
    publishing.outcome()
    for head, talker in talkers:
        assert [talker.hear()["seq"] for _ in range(total - head)] == list(range(head + 1, total + 1))


def test_no_wake_up_is_lost(stage: Stage) -> None:
    _, talker = stage.seat("general", dialect=Dialect.PLAIN)
    stage.fanout.start()
    for number in range(1_000):
        stage.fanout.publish([stage.message(f"{number}")])
        assert talker.receive(5) == f"{number}"


def test_what_a_socket_does_not_take_follows_when_it_does(stage: Stage) -> None:
    client, slow = stage.seat("general", dialect=Dialect.PLAIN)
    _, quick = stage.seat("general", dialect=Dialect.PLAIN)
    stage.fanout.start()
    total = 0
    while client.outbox.waiting < LIMIT // 2:
        stage.fanout.publish([stage.message(f"{total} " + "x" * 1_000)])
        assert quick.receive().startswith(f"{total} ")
        total += 1
    for number in range(total):
        assert slow.receive() == f"{number} " + "x" * 1_000
    eventually(lambda: client.outbox.waiting == 0)
    stage.fanout.publish([stage.message("and on")])
    assert slow.receive() == "and on"


def test_who_reads_too_slowly_is_closed_with_1013_and_named_in_the_log(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    client, slow = stage.seat("general", dialect=Dialect.PLAIN)
    _, quick = stage.seat("general", dialect=Dialect.PLAIN)
    stage.fanout.start()
    number = 0
    while not client.outbox.closing:
        assert client.outbox.waiting <= LIMIT
        stage.fanout.publish([stage.message(f"{number} " + "x" * 1_000)])
        assert quick.receive().startswith(f"{number} ")
        number += 1
    assert slow.closed() == 1013
    assert [text.split()[0] for text in slow.heard] == [f"{at}" for at in range(len(slow.heard))]
    eventually(lambda: caplog.messages.count(f"Client reads too slowly, closed with 1013: {client.address}") == 1)


def test_a_client_that_is_gone_while_its_socket_is_full_stops_no_round(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    class Leaving(Outbox):
        """Its handler ends and closes the socket just when the fan-out has looked at it."""

        def flush(self) -> bool:
            self._sock.close()
            return False

    ours, theirs = socket.socketpair()
    with ours:
        _, talker = stage.seat("general", dialect=Dialect.PLAIN)
        stage.fanout.stalled(Leaving(theirs, limit=LIMIT, stalled=stage.fanout.stalled))
        stage.fanout.publish([stage.message("in the same round")])
        stage.fanout.start()
        assert talker.receive() == "in the same round"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_clients_that_left_while_they_were_stalled_are_forgotten(stage: Stage) -> None:
    stage.fanout.start()

    def stall_and_leave() -> None:
        client, talker = stage.seat("general", dialect=Dialect.PLAIN)
        stage.fanout.publish([stage.message("x" * 60_000)])
        eventually(lambda: client.outbox.waiting > 0)
        client.outbox.cut()
        stage.hub.remove(client)
        talker.vanish()

    for _ in range(20):
        stall_and_leave()
    _, living = stage.seat("general", dialect=Dialect.PLAIN)
    stage.fanout.publish([stage.message("hello")])
    assert living.receive() == "hello"
    eventually(lambda: len(stage.fanout._selector.get_map()) == 1)  # its own bell


def test_a_round_that_fails_is_not_the_last_one(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    _, talker = stage.seat("general", dialect=Dialect.PLAIN)
    stage.fanout.start()
    stage.fanout.publish([stage.message("\ud800")])  # cannot be encoded, and cannot come in either
    eventually(lambda: "The fan-out failed in a round" in caplog.messages)
    stage.fanout.publish([stage.message("hello")])
    assert talker.receive() == "hello"


def test_it_has_caught_up_when_what_was_published_is_offered_to_everybody(stage: Stage) -> None:
    client, _ = stage.seat("general")
    begun, go_on = Event(), Event()
    offer = client.outbox.offer

    def slowly(frames: bytes) -> bool:
        begun.set()
        assert go_on.wait(PATIENCE)
        return offer(frames)

    client.outbox.offer = slowly  # type: ignore[method-assign]
    stage.fanout.start()
    stage.fanout.catch_up(0.0)
    stage.fanout.publish([stage.message("hello")])
    assert begun.wait(PATIENCE)
    waiting = InThread(lambda: stage.fanout.catch_up(PATIENCE))
    stage.fanout.catch_up(0.05)
    assert waiting.is_alive()
    go_on.set()
    waiting.outcome()
    stage.fanout.catch_up(0.0)


def test_stopping_delivers_what_was_handed_over_before(stage: Stage) -> None:
    _, talker = stage.seat("general", dialect=Dialect.PLAIN)
    stage.fanout.start()
    for number in range(500):
        stage.fanout.publish([stage.message(f"{number}")])
    stage.fanout.stop(PATIENCE)
    assert "fan-out" not in [thread.name for thread in threading.enumerate()]
    assert [talker.receive() for _ in range(500)] == [f"{number}" for number in range(500)]


def test_publishing_after_the_end_raises_nothing(stage: Stage) -> None:
    stage.fanout.start()
    stage.fanout.stop(PATIENCE)
    stage.fanout.publish([stage.message("too late")])


# In the house.


def test_a_stalled_reader_delays_nobody(wire: Wire) -> None:
    wire.connect()  # never reads
    ana, bia = wire.connect(), wire.connect()
    for number in range(200):
        ana.send(f"{number} " + "x" * 9_000)
        for client in (ana, bia):
            assert client.receive(5).startswith(f"{number} ")


def test_sixteen_clients_hear_everything_of_everybody_in_one_order(wire: Wire) -> None:
    clients = [wire.enter(f"c{number}") for number in range(16)]
    each = 32

    def talk(client: Talker) -> list[tuple[int, str]]:
        for number in range(each):
            client.post(f"{number}")
        return [(event["seq"], event["author"]["name"]) for event in _messages(client, 16 * each)]

    heard = [talking.outcome(30) for talking in [InThread(lambda client=client: talk(client)) for client in clients]]  # type: ignore[misc]
    assert [seq for seq, _ in heard[0]] == list(range(1, 16 * each + 1))
    assert all(one == heard[0] for one in heard)


def _messages(client: Talker, count: int) -> Iterator[dict[str, Any]]:
    for _ in range(count):
        yield client.hear("message", timeout=20)


def test_own_posts_keep_their_order_with_many_in_flight(app: Flask, wire: Wire) -> None:
    ana, bia = wire.enter("Ana"), wire.enter("Bia")
    nonces = [ana.post(f"{number}") for number in range(300)]
    assert [event["nonce"] for event in _messages(bia, 300)] == nonces
    assert [event["nonce"] for event in _messages(ana, 300)] == nonces


def test_a_failing_recipient_is_not_its_senders_fault(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    wire = make_wire(make_app())
    ana, bia = wire.connect(), wire.connect()
    for number in range(20):
        victim = wire.connect()
        victim.vanish()
        ana.send(f"{number}")
        assert (ana.receive(), bia.receive()) == (f"{number}", f"{number}")


@pytest.mark.parametrize("sizes", [[], [10], [SLICE], [SLICE, 1], [SLICE + 1, 1], [40_000] * 9, [1] * 5])
def test_a_large_round_is_cut_between_frames_and_nothing_is_lost(sizes: list[int]) -> None:
    sent = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    slices = list(_slices(sent))
    assert b"".join(slices) == b"".join(sent)
    assert all(len(part) <= max([SLICE, *sizes]) for part in slices)
    assert len(slices) <= 1 + sum(sizes) // (SLICE // 2)


def test_a_client_that_never_reads_keeps_no_more_than_a_slice_once_it_is_evicted(stage: Stage) -> None:
    client, _ = stage.seat("general", dialect=Dialect.PLAIN)
    stage.fanout.start()
    stage.fanout.publish([stage.message("x" * 10_000) for _ in range(400)])
    stage.fanout.finish(PATIENCE)
    assert client.outbox.closing
    assert client.outbox.waiting <= SLICE + 200


def test_what_waits_is_flushed_until_the_thread_ends(stage: Stage) -> None:
    client, talker = stage.seat("general", dialect=Dialect.PLAIN)
    stage.fanout.start()
    text = "x" * 10_000
    total = 0
    while not client.outbox.waiting:
        stage.fanout.publish([stage.message(text)])
        stage.fanout.finish(PATIENCE)
        total += 1
    client.outbox.close(1001)
    for _ in range(total):
        assert talker.receive() == text
    assert talker.closed() == 1001
