"""The two dialects side by side: plain exactly as the first version of this chat had it, and what crosses over."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from websockets.sync.client import ClientConnection, connect

from ..actors import NO_RATE_LIMITS, Closed, Refused, Server, Talker, eventually
from ..conftest import Wire, open_room

TEXTS = {
    "blanks around it": "  hello  \t",
    "newlines": "one\ntwo\r\n\n three\n",
    "a trailing newline only": "hello\n",
    "many scripts": "olá 你好 שלום नमस्ते 👩‍👩‍👧 e\u0301",
    "right to left overrides": "abc\u202edef",
    "the longest": "x" * 10_000,
    "the longest, four bytes a character": "😀" * 10_000,
    "JSON of the other dialect": '{"type": "post", "room": "general", "text": "no", "nonce": "n"}',
    "broken JSON": '{"type": ',
    "HTML": "<script>alert(1)</script> &amp; 'quoted'",
    "control characters": "\x1b[31mred\x07\x7f",
    "a noncharacter": "\ufffe\uffff",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The chat under gunicorn as users start it, one for all tests of this file."""
    server = Server(tmp_path_factory.mktemp("dialects") / "data", **NO_RATE_LIMITS, PRESENCE_LINGER=0.2).start()
    yield server
    server.hang_up()
    server.stop()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [record for record in caplog.records if record.name.startswith("chatapp")]
    return [line for record in records for line in record.getMessage().split("\n")]


# What the first version did.


def test_everyone_receives_the_text_unchanged(wire: Wire) -> None:
    clients = [wire.connect() for _ in range(3)]
    for what, text in TEXTS.items():
        clients[1].send(text)
        for client in clients:
            assert (what, client.receive()) == (what, text)


def test_a_text_in_fragments_arrives_as_one_message(wire: Wire) -> None:
    speaker, listener = wire.connect(), wire.connect()
    speaker.put(b"".join(_fragments("olá, mundo".encode(), size=3)))
    assert listener.receive() == "olá, mundo"


def _fragments(content: bytes, size: int) -> list[bytes]:
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    opcodes = [0x1, *[0x0] * (len(pieces) - 1)]
    opcodes[-1] |= 0x80
    return [
        bytes((opcode, 0x80 | len(piece))) + bytes(4) + piece for opcode, piece in zip(opcodes, pieces, strict=True)
    ]


def test_messages_arrive_in_the_order_in_which_they_were_sent(wire: Wire) -> None:
    clients = [wire.connect() for _ in range(3)]
    for number in range(200):
        clients[number % 3].send(f"{number}")
    heard = [[client.receive() for _ in range(200)] for client in clients]
    assert heard[0] == heard[1] == heard[2]
    for one in range(3):
        assert [text for text in heard[0] if int(text) % 3 == one] == [str(n) for n in range(one, 200, 3)]


def test_the_terminal_shows_a_line_for_each_coming_each_sending_and_each_going(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    clients = [wire.connect(environ={"REMOTE_PORT": str(60_001 + number)}) for number in range(3)]
    clients[0].send("hello")
    for client in clients:
        client.receive()
    eventually(lambda: len(lines(caplog)) == 6)
    for client in clients:
        client.close()
    eventually(lambda: len(lines(caplog)) == 9)
    said = lines(caplog)
    assert said[:3] == [f"Client connected: path=/chat from ('127.0.0.1', {60_001 + number})" for number in range(3)]
    assert said[3:6] == [f"Sending message to ('127.0.0.1', {port})" for port in (60_001, 60_002, 60_003)]
    assert sorted(said[6:]) == [f"Client Disconnected: ('127.0.0.1', {port})" for port in (60_001, 60_002, 60_003)]


def test_the_real_terminal_shows_the_lines_with_the_real_addresses(running: Server) -> None:
    clients = [running.talk() for _ in range(3)]
    ports = [client.sock.getsockname()[1] for client in clients]
    clients[0].send("hello")
    for client in clients:
        assert client.receive() == "hello"
        client.close()
    gone = {f"Client Disconnected: ('127.0.0.1', {port})" for port in ports}
    eventually(lambda: gone <= set(_events(running)))
    shown = set(_events(running))
    assert {f"Sending message to ('127.0.0.1', {port})" for port in ports} <= shown
    assert {f"Client connected: path=/chat from ('127.0.0.1', {port})" for port in ports} <= shown


def _events(server: Server) -> list[str]:
    """The lines of the terminal that begin with a time, without it."""
    return re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (.*)$", server.terminal, re.MULTILINE)


def test_up_to_32_recipients_get_a_line_each(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    clients = [wire.connect() for _ in range(32)]
    clients[0].send("hello")
    for client in clients:
        client.receive()
    eventually(lambda: lines(caplog).count("Sending message to ('127.0.0.1', 0)") == 32)
    assert "Sending message to 32 clients" not in lines(caplog)


def test_more_than_32_recipients_get_one_line_together(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    clients = [wire.connect() for _ in range(33)]
    for number in range(2):
        clients[0].send(f"{number}")
    for client in clients:
        assert [client.receive(), client.receive()] == ["0", "1"]
    told = ["Sending message to 33 clients"] * 2, ["Sending 2 messages to 33 clients"]
    eventually(lambda: [line for line in lines(caplog) if line.startswith("Sending")] in told)
    assert not [line for line in lines(caplog) if line.startswith("Sending message to (")]


# Names.


def test_who_gives_a_name_receives_the_author_before_the_text(wire: Wire) -> None:
    ana, bare = wire.connect("/chat?name=Ana"), wire.connect()
    ana.send("hi")
    assert ana.receive() == "Ana: hi"
    assert bare.receive() == "hi"
    bare.send("hello Ana")
    assert re.fullmatch(r"guest-\d{4}: hello Ana", ana.receive())
    assert bare.receive() == "hello Ana"


def test_an_empty_name_is_no_name(wire: Wire) -> None:
    one = wire.connect("/chat?name=")
    one.send("hi")
    assert one.receive() == "hi"


def test_a_second_client_of_the_same_name_gets_a_number(wire: Wire) -> None:
    first = wire.connect("/chat?name=Ana")
    second = wire.connect("/chat?name=Ana")
    third = wire.connect(f"/chat?name={quote('ａｎａ')}")  # the same to a reader: NFKC, case folded
    second.send("hi")
    assert first.receive() == "Ana 2: hi"
    third.send("hi")
    assert [first.receive() for _ in range(1)] == ["ａｎａ 3: hi"]


def test_a_name_is_free_again_when_its_bearer_comes_back(wire: Wire) -> None:
    wire.connect("/chat?name=Ana").close()
    again = wire.connect("/chat?name=Ana")
    again.send("back")
    assert again.receive() == "Ana: back"


@pytest.mark.parametrize("name", ["%00", "%E2%80%AE", "x" * 33, "%20", "%0A", "%1B[31m"])
def test_a_name_that_cannot_be_one_is_refused_before_the_upgrade(wire: Wire, name: str) -> None:
    with pytest.raises(Refused) as refused:
        wire.connect(f"/chat?name={name}")
    assert refused.value.status == 400
    assert b'"code":"bad-name"' in refused.value.body.replace(b" ", b"")


# What plain clients are spared, and what they are not.


def test_a_plain_client_gets_no_history(wire: Wire) -> None:
    early = wire.connect()
    early.send("before")
    assert early.receive() == "before"
    late = wire.connect()
    early.send("after")
    assert late.receive() == "after"


def test_a_plain_client_hears_of_no_comings_goings_typing_and_markers(wire: Wire) -> None:
    plain = wire.connect()
    ana = wire.enter("Ana")
    bia = wire.enter("Bia")
    ana.hear("presence", timeout=5)
    bia.say("typing", room="general")
    ana.hear("typing")
    bia.say("rename", name="Beatriz")
    ana.hear("presence")
    bia.say("read", room="general", seq=0)
    bia.close()
    while "left" not in ana.hear("presence"):
        pass
    ana.post("only this")
    assert plain.receive() == "only this"


def test_messages_of_all_sources_reach_all_dialects(wire: Wire, app: Flask) -> None:
    bare, named, chat = wire.connect(), wire.connect("/chat?name=Bo"), wire.enter("Ana")
    chat.post("from chat.v1")
    assert [bare.receive(), named.receive()] == ["from chat.v1", "Ana: from chat.v1"]
    assert chat.hear("message")["text"] == "from chat.v1"

    named.send("from plain")
    assert [bare.receive(), named.receive()] == ["from plain", "Bo: from plain"]
    event = chat.hear("message")
    assert (event["text"], event["author"]["name"], event["seq"]) == ("from plain", "Bo", 2)
    assert "nonce" not in event

    answer = app.test_client().post("/api/rooms/general/messages?name=cron", json={"text": "from HTTP", "nonce": "1"})
    assert (answer.status_code, answer.get_json()["seq"]) == (201, 3)
    assert [bare.receive(), named.receive()] == ["from HTTP", "cron: from HTTP"]
    assert chat.hear("message") == answer.get_json()


def test_a_plain_client_hears_its_own_room_only(wire: Wire, app: Flask) -> None:
    open_room(app, "Blue")
    here, there = wire.connect(), wire.connect("/chat?room=blue")
    there.send("in blue")
    here.send("in general")
    assert (here.receive(), there.receive()) == ("in general", "in blue")
    assert here.hears_nothing(0.1)
    assert there.hears_nothing(0.1)


# What a plain client does wrong.


def test_an_empty_text_is_ignored(wire: Wire) -> None:
    speaker, listener = wire.connect(), wire.connect()
    for text in ("", "   ", "\n\t\n", "hello"):
        speaker.send(text)
    assert listener.receive() == "hello"
    assert speaker.receive() == "hello"


def test_a_text_over_the_limit_closes_with_1009_and_is_not_sent(wire: Wire) -> None:
    speaker, listener = wire.connect(), wire.connect()
    speaker.send("x" * 10_001)
    with pytest.raises(Closed) as closed:
        speaker.receive()
    assert closed.value.code == 1009
    assert "10000" in closed.value.reason
    other = wire.connect()
    other.send("next")
    assert listener.receive() == "next"


def test_a_binary_frame_closes_with_1003(wire: Wire) -> None:
    speaker, listener = wire.connect(), wire.connect()
    speaker.send_bytes(b"hello")
    assert speaker.closed() == 1003
    wire.connect().send("next")
    assert listener.receive() == "next"


def test_over_its_rate_a_client_is_slowed_and_loses_nothing(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    wire = make_wire(make_app(RATE_LIMIT=40, RATE_BURST=2))
    speaker, listener = wire.connect(), wire.connect()
    sent = [f"{number}" for number in range(40)]
    started = time.monotonic()
    for text in sent:
        speaker.send(text)
    assert [listener.receive() for _ in sent] == sent
    assert time.monotonic() - started >= (len(sent) - 2) / 40 - 0.01


def test_a_slowed_client_is_not_taken_for_a_dead_one(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    settings = {"RATE_LIMIT": 20, "RATE_BURST": 1, "PING_INTERVAL": 0.1, "PING_TIMEOUT": 0.5}
    wire = make_wire(make_app(**settings))
    speaker = wire.connect()
    sent = [f"{number}" for number in range(30)]  # read at once, posted in 1.5 s
    for text in sent:
        speaker.send(text)
    assert [speaker.receive() for _ in sent] == sent


def test_a_slowed_client_that_is_gone_is_noticed_at_once(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]
) -> None:
    app = make_app(RATE_LIMIT=0.1, RATE_BURST=1)
    speaker = make_wire(app).connect()
    for number in range(3):
        speaker.send(f"{number}")
    assert speaker.receive() == "0"
    speaker.vanish()
    eventually(lambda: not app.extensions["chatapp"].hub.clients(), timeout=5)  # the next one is due in 10 s


# Python's `websockets`, as it comes.


def websocket(server: Server, path: str = "/chat") -> ClientConnection:
    return connect(f"ws://127.0.0.1:{server.port}{path}")


def test_three_clients_of_the_websockets_library_all_receive_what_one_sends(running: Server) -> None:
    with websocket(running) as one, websocket(running) as two, websocket(running, "/chat?name=Tri") as three:
        one.send("olá")
        assert (one.recv(10), two.recv(10)) == ("olá", "olá")
        heard = three.recv(10)
        assert isinstance(heard, str)
        assert re.fullmatch(r"guest-\d{4}: olá", heard)
        two.send("x" * 10_000)
        assert one.recv(10) == "x" * 10_000


def test_the_websockets_library_sees_clean_closes_both_ways(running: Server) -> None:
    with websocket(running) as client:
        client.close(1000, "bye")
        assert client.close_code == 1000
    with websocket(running) as client:
        client.send(b"binary")
        with pytest.raises(Exception, match="1003"):
            client.recv(10)
        assert client.close_code == 1003


def test_the_websockets_library_gets_its_pings_answered_and_no_compression(running: Server) -> None:
    with websocket(running) as client:
        assert client.ping(b"there?").wait(10)
        assert not client.protocol.extensions


def test_the_websockets_library_speaks_chat_v1(running: Server) -> None:
    address = f"ws://127.0.0.1:{running.port}/chat"
    with connect(address, subprotocols=["chat.v1"]) as client:  # type: ignore[list-item]  # a NewType of str
        assert client.subprotocol == "chat.v1"
        talker = str(client.recv(10))
        assert '"type":"welcome"' in talker


def test_log_lines_of_plain_clients_are_at_info(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    client: Talker = wire.connect()
    client.send("hello")
    client.receive()
    client.close()
    eventually(lambda: len(lines(caplog)) == 3)
    assert {record.levelno for record in caplog.records if record.name.startswith("chatapp")} == {logging.INFO}
