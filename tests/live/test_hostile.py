"""Those who mean no good: each gets what the protocol says, leaves nothing behind, and harms nobody else."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from ..actors import NO_RATE_LIMITS, InThread, Refused, Server, Talker, eventually, frame
from ..conftest import Wire

CONTINUATION, TEXT, PING, PONG = 0x0, 0x1, 0x9, 0xA
LIMIT = 65_536  # bytes of a frame
# The threads of an application that a test made for itself.
PARTS = ("fan-out", "journal", "indexer", "heartbeat", "terminal")


@pytest.fixture(autouse=True)
def nothing_is_left_behind(app: Flask, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No thread, no client, no error in the log, when the test's clients are gone."""
    before = set(threading.enumerate())
    yield
    eventually(lambda: not app.extensions["chatapp"].hub.clients())
    eventually(lambda: not [one for one in threading.enumerate() if one not in before and one.name not in PARTS])
    assert not [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The chat under gunicorn as users start it, one for all tests of this file."""
    server = Server(tmp_path_factory.mktemp("hostile") / "data", **NO_RATE_LIMITS).start()
    yield server
    server.hang_up()
    assert server.stop() == 0
    assert "Traceback" not in server.terminal
    assert "ERROR" not in server.terminal


class Innocents:
    """Two people who chat while something else happens."""

    def __init__(self, ana: Talker, bia: Talker):
        self._ana = ana
        self._bia = bia
        self._said = 0

    def chat(self, within: float = 5) -> None:
        """A message each way; each must arrive in so many seconds."""
        for speaker, listener in ((self._ana, self._bia), (self._bia, self._ana)):
            self._said += 1
            speaker.send(f"innocent {self._said}")
            for client in (listener, speaker):
                while client.receive(within) != f"innocent {self._said}":
                    pass

    def chat_until(self, condition: Callable[[], bool], timeout: float) -> None:
        """Goes on chatting until something is true."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, "still not"
            self.chat()


@pytest.fixture
def innocents(wire: Wire) -> Innocents:
    return Innocents(wire.connect(), wire.connect())


@pytest.fixture
def handlers(app: Flask) -> Callable[[], int]:
    """How many clients are listed now."""
    return lambda: len(app.extensions["chatapp"].hub.clients())


def ends_with(client: Talker, code: int) -> None:
    assert client.closed(15) == code


# Too much in one message.


@pytest.mark.parametrize("chat", [False, True])
def test_a_frame_over_64_kib_is_closed_with_1009(
    wire: Wire, innocents: Innocents, handlers: Callable[[], int], chat: bool
) -> None:
    attacks = {
        "one frame": frame(TEXT, b" " * (LIMIT + 1)),
        "fragments": frame(TEXT, b" " * 1_000, fin=False) + frame(CONTINUATION, b" " * 1_000, fin=False) * 65,
        "fragments, the last one just too long": frame(TEXT, b" " * LIMIT, fin=False) + frame(CONTINUATION, b" "),
        "four bytes a character": frame(TEXT, "😀".encode() * (LIMIT // 4) + b" "),
        "10 MB announced, a little sent": frame(TEXT, b" " * (LIMIT + 1), announced=10_000_000),
        "exabytes announced, a little sent": frame(TEXT, b" " * (LIMIT + 1), announced=2**62),
    }
    for what, attack in attacks.items():
        client = wire.connect(chat=chat)
        InThread(lambda attack=attack, client=client: client.put(attack)).outcome()  # type: ignore[misc]
        assert (what, client.closed()) == (what, 1009)
        innocents.chat()
    eventually(lambda: handlers() == 2)  # although the attackers keep their sockets


def test_an_endless_frame_is_not_read_for_ever(wire: Wire, innocents: Innocents) -> None:
    client = wire.connect()

    def send_on() -> None:
        client.put(frame(TEXT, b" " * 2 * LIMIT, announced=2**62))
        while True:
            client.sock.sendall(bytes(LIMIT))

    sending = InThread(send_on)
    innocents.chat()
    assert client.closed() == 1009
    with pytest.raises(ConnectionError):
        sending.outcome()
    innocents.chat()


def test_exactly_64_kib_are_taken(wire: Wire) -> None:
    client = wire.connect(chat=True)
    start, end = '{"type":"ping","nonce":"full","x":"', '"}'
    full = start + "x" * (LIMIT - len(start) - len(end)) + end
    client.send(full)
    assert client.hear("pong")["nonce"] == "full"
    client.send(full.replace("xx", "xxx", 1))
    ends_with(client, 1009)


def test_a_frame_that_is_announced_and_never_comes_is_cut_off_as_silent(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    app = make_app(PING_INTERVAL=0.1, PING_TIMEOUT=0.4)
    client = make_wire(app).connect()
    client.put(frame(TEXT, b"", announced=10_000_000))
    client.sock.settimeout(10)
    while client.sock.recv(65_536):  # pings, which it cannot answer inside of its frame
        pass
    eventually(lambda: not app.extensions["chatapp"].hub.clients())


# Too many frames.


def test_floods_without_a_message_are_slowed_and_disturb_nobody(
    wire: Wire, innocents: Innocents, handlers: Callable[[], int]
) -> None:
    flooders = {
        "empty texts": frame(TEXT) * 10_000,
        "blank texts": frame(TEXT, b" ") * 10_000,
        "pings whose pongs nobody reads": frame(PING, b"x" * 125) * 10_000,
        "pongs": frame(PONG, b"x" * 125) * 10_000,
        "bad JSON": frame(TEXT, b"{") * 10_000,
        "unknown types": frame(TEXT, b'{"type":"x"}') * 10_000,
        "pings of chat.v1": frame(TEXT, b'{"type":"ping"}') * 10_000,
        "joins": frame(TEXT, b'{"type":"join","room":"general"}') * 10_000,
    }
    clients = [wire.connect(chat=number > 3) for number in range(len(flooders))]
    sending = []
    for client, flood in zip(clients, flooders.values(), strict=True):
        sending.append(InThread(lambda client=client, flood=flood: client.put(flood)))  # type: ignore[misc]
    started = time.monotonic()
    innocents.chat_until(lambda: time.monotonic() - started > 1.5, timeout=10)
    assert handlers() == 2 + len(clients)  # nobody was thrown out for it
    for client in clients:
        client.sock.shutdown(socket.SHUT_RDWR)
    for send in sending:
        try:
            send.outcome()
        except OSError:
            pass  # cut off in the middle of it
    eventually(lambda: handlers() == 2)
    innocents.chat()


def test_a_flood_is_read_at_100_frames_a_second(wire: Wire) -> None:
    client = wire.connect()
    started = time.monotonic()
    client.put(frame(TEXT) * 275)
    client.send("hello")
    assert client.receive() == "hello"
    assert time.monotonic() - started >= 0.7  # 200 at once, the others later


def test_a_text_in_endless_empty_fragments_is_closed_with_1009(
    wire: Wire, innocents: Innocents, handlers: Callable[[], int]
) -> None:
    client = wire.connect()
    # The empty ones alone would do too, but they are read slowly: 8 s until there are too many.
    client.put(
        frame(TEXT, fin=False) + frame(CONTINUATION, b"x", fin=False) * 600 + frame(CONTINUATION, fin=False) * 2_000
    )
    closing = InThread(lambda: client.closed(30))
    innocents.chat_until(lambda: not closing.is_alive(), timeout=30)
    assert closing.outcome() == 1009
    eventually(lambda: handlers() == 2)


def test_a_text_in_one_byte_fragments_is_closed_with_1009(wire: Wire, innocents: Innocents) -> None:
    client = wire.connect()
    client.put(frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"x", fin=False) * 1_100)
    ends_with(client, 1009)
    innocents.chat()


# Nonsense in chat.v1.

NONSENSE = {
    "nothing": ("", "bad-json"),
    "a blank": (" ", "bad-json"),
    "text": ("hello", "bad-json"),
    "half an object": ('{"type": "ping"', "bad-json"),
    "an object and more": ('{"type": "ping"} x', "bad-json"),
    "two objects": ('{"type": "ping"}{"type": "ping"}', "bad-json"),
    "single quotes": ("{'type': 'ping'}", "bad-json"),
    "a trailing comma": ('{"type": "ping",}', "bad-json"),
    "a byte order mark": ('\ufeff{"type": "ping"}', "bad-json"),
    "a number": ("1", "bad-json"),
    "a string": ('"ping"', "bad-json"),
    "null": ("null", "bad-json"),
    "true": ("true", "bad-json"),
    "an array": ('[{"type": "ping"}]', "bad-json"),
    "an empty object": ("{}", "bad-field"),
    "no type": ('{"room": "general"}', "bad-field"),
    "a type that is a number": ('{"type": 1}', "bad-field"),
    "a type that is null": ('{"type": null}', "bad-field"),
    "a type that is an array": ('{"type": ["ping"]}', "bad-field"),
    "a type that is an object": ('{"type": {"ping": 1}}', "bad-field"),
    "NaN": ('{"type": "join", "room": "general", "after": NaN}', "bad-json"),
    "Infinity": ('{"type": "join", "room": "general", "after": -Infinity}', "bad-json"),
    "NaN in an unknown field": ('{"type": "ping", "x": NaN}', "bad-json"),
    "a number out of range": ('{"type": "join", "room": "general", "after": 1e999}', "bad-field"),
    "a number of 10,000 digits": ('{"type": "join", "room": "general", "after": ' + "9" * 10_000 + "}", "bad-field"),
    "a lone surrogate": ('{"type": "post", "room": "general", "text": "\\ud800", "nonce": "n"}', "bad-json"),
    "a lone low surrogate": ('{"type": "post", "room": "general", "text": "\\udc00x", "nonce": "n"}', "bad-json"),
    "a surrogate as a nonce": ('{"type": "post", "room": "general", "text": "x", "nonce": "\\ud800"}', "bad-json"),
    "a surrogate as a name": ('{"type": "rename", "name": "\\ud800"}', "bad-json"),
    "a surrogate as a type": ('{"type": "\\ud800"}', "bad-json"),
    "a surrogate in an unknown field": ('{"type": "dance", "x": "\\ud800"}', "bad-json"),
    "deep brackets": ("[" * 60_000, "bad-json"),
    "deep objects": ('{"a":' * 12_000, "bad-json"),
    "deep brackets in an unknown field": ('{"type":"ping","x":' + "[" * 30_000 + "]" * 30_000 + "}", "bad-json"),
    "deep brackets as a text": ('{"type":"post","text":' + "[" * 60_000, "bad-json"),
    "deep brackets as a type": ('{"type":' + "[" * 60_000, "bad-json"),
    "control characters": ('{"type": "ping", "nonce": "\n"}', "bad-json"),
    "a strange escape": ('{"type": "ping", "nonce": "\\x41"}', "bad-json"),
    "the same field twice": ('{"type": "ping", "type": "dance"}', "unknown-type"),
    "a prototype": ('{"type": "__proto__"}', "unknown-type"),
    "a long unknown type": ('{"type": "' + "x" * 60_000 + '"}', "unknown-type"),
}


def all_are_refused(client: Talker) -> None:
    client.hear("welcome")
    for what, (said, code) in NONSENSE.items():
        client.send(said)
        error = client.hear()
        assert (what, error["type"], error.get("code")) == (what, "error", code)
        assert len(json.dumps(error)) < 1_000, what


def test_nonsense_is_answered_with_its_code_and_the_connection_lives(wire: Wire, innocents: Innocents) -> None:
    client = wire.connect(chat=True)
    all_are_refused(client)
    joined = client.join()
    assert (joined["head"], joined["events"]) == (0, [])  # nothing of it was stored
    innocents.chat()


def test_nonsense_ends_no_real_server_whose_stacks_are_small(running: Server) -> None:
    worker = running.worker()
    client = running.talk(chat=True)
    all_are_refused(client)
    assert running.worker() == worker
    for deep in ("[" * 100_000, '{"a":' * 20_000, '{"text":"x","nonce":"n","x":' + "[" * 100_000):
        connection = socket.create_connection(("127.0.0.1", running.port), timeout=10)
        with connection:
            connection.sendall(
                b"POST /api/rooms/general/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + f"Content-Length: {len(deep)}\r\nConnection: close\r\n\r\n{deep}".encode()
            )
            answer = connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 400 ")
    client.say("ping", nonce="alive")
    assert client.hear("pong")["nonce"] == "alive"


def test_brackets_in_what_people_write_are_no_depth(wire: Wire) -> None:
    client = wire.enter("Ana")
    for text in ("[" * 5_000, '{"a":' * 2_000, '\\"[{' * 2_000):
        assert client.hear("message", nonce=client.post(text))["text"] == text


# Those who do not read, or go in the middle.


def test_a_client_that_never_reads_is_closed_with_1013_and_delays_nobody(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    limit = 65_536
    app = make_app(OUTBOX_LIMIT=limit)
    wire = make_wire(app)
    stalled, ana, bia = wire.connect(), wire.connect(), wire.enter("Bia")
    hub = app.extensions["chatapp"].hub
    outbox = hub.clients()[0].outbox
    most = 0
    total = 1_000
    for number in range(total):
        ana.send(f"{number} " + "x" * 2_000)
        assert ana.receive().startswith(f"{number} ")
        assert bia.hear("message")["seq"] == number + 1
        most = max(most, outbox.waiting)
    assert outbox.closing
    assert 0 < most <= limit

    assert stalled.closed() == 1013
    heard = stalled.heard  # whole messages from the first one on, and then the reason
    assert [text.split()[0] for text in heard] == [str(number) for number in range(len(heard))]
    assert {len(text.split()[1]) for text in heard} == {2_000}
    eventually(lambda: len(hub.clients()) == 2)


def test_a_client_that_never_reads_its_own_answers_keeps_bounded_memory(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    limit = 65_536
    app = make_app(OUTBOX_LIMIT=limit)
    wire = make_wire(app)
    innocents = Innocents(wire.connect(), wire.connect())
    greedy = wire.connect(chat=True)
    outbox = app.extensions["chatapp"].hub.clients()[2].outbox
    asking = InThread(
        lambda: greedy.sock.sendall(frame(TEXT, b'{"type":"ping","nonce":"' + b"x" * 64 + b'"}') * 50_000)
    )
    started = time.monotonic()
    most = 0
    while time.monotonic() - started < 1.0:
        innocents.chat()
        most = max(most, outbox.waiting)
    assert most <= limit
    greedy.sock.shutdown(socket.SHUT_RDWR)
    with pytest.raises(OSError):
        asking.outcome()


def reset(client: Talker) -> None:
    """Ends the TCP connection with RST."""
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.sock.close()


def test_a_reset_in_the_middle_of_a_message_harms_nobody(running: Server) -> None:
    innocents = Innocents(running.talk(), running.talk())
    for chat in (False, True):
        for sent in (
            b"",
            frame(TEXT, b"hello")[:3],
            frame(TEXT, b"half a", announced=100),
            frame(TEXT, b"a fragment", fin=False),
            frame(TEXT, b"whole") * 50,
            frame(TEXT, b'{"type":"join","room":"general"}') * 50,
        ):
            victim = running.talk(chat=chat)
            victim.put(sent)
            reset(victim)
            innocents.chat()
    came = running.terminal.count("Client connected:")
    eventually(lambda: running.terminal.count("Client Disconnected:") >= came - 3)  # the two, and one before
    innocents.chat()


def test_a_crowd_that_resets_at_once_harms_nobody(running: Server) -> None:
    innocents = Innocents(running.talk(), running.talk())
    crowd = [running.talk(chat=number % 2 == 0) for number in range(40)]
    for number, client in enumerate(crowd):
        client.put(frame(TEXT, b"hello" * number)[: 2 + number])
    for client in crowd:
        reset(client)
    innocents.chat()


def test_who_keeps_the_socket_open_after_the_close_keeps_no_thread(
    wire: Wire, innocents: Innocents, handlers: Callable[[], int]
) -> None:
    before = threading.active_count()
    clients = [wire.connect() for _ in range(5)]
    for client in clients:
        client.put(frame(0x3))  # closed with 1002; the answer is never read, the socket never closed
    eventually(lambda: handlers() == 2)
    eventually(lambda: threading.active_count() == before)
    innocents.chat()


# The log.


@pytest.mark.parametrize("kind", ["gunicorn", "flask"])
def test_nobody_forges_a_line_or_speaks_to_the_terminal(make_server: Callable[..., Server], kind: str) -> None:
    server = make_server(kind).start()
    forged = "%0AFORGED line%0D%1b[2J%c2%9b31m%e2%80%a8FORGED"
    for path in (f"/chat?name={forged}", f"/chat?room={forged}", f"/chat/{forged}", f"/{forged}", f"/r/{forged}"):
        with pytest.raises(Refused) as refused:
            server.talk(path.replace(" ", "%20"))
        assert 400 <= refused.value.status < 500
    for raw in (b"GET /chat?\x1b[2J\x9bFORGED HTTP/1.1\r\nHost: x\r\n\r\n", b"\x1b[2J\nFORGED line\n\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
            sock.sendall(raw)
            assert sock.recv(65_536)
    agent = {"User_Agent": "\x1b[2J FORGED", "Origin": "http://evil\x1b[2J"}
    with pytest.raises(Refused):
        server.talk(**agent)
    talker = server.talk()
    talker.send("\x1b[2J\nFORGED line")
    talker.receive()
    eventually(lambda: "Sending message to" in server.terminal)
    shown = re.sub(r"\x1b\[\d+m", "", server.terminal)  # Werkzeug's own colours
    assert not [line for line in shown.split("\n") if line.startswith("FORGED")]
    assert not [char for char in shown if (ord(char) < 0x20 and char != "\n") or 0x7F <= ord(char) < 0xA0]
