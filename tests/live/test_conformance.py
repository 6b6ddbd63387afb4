"""RFC 6455 frame by frame, as the Autobahn suite asks it: over a socket pair, under gunicorn and under `flask run`."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from chatapp import create_app

from ..actors import NO_RATE_LIMITS, Server, Talker, eventually, frame
from ..conftest import Wire

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

Connect = Callable[[], Talker]


class Case(NamedTuple):
    """What a plain client sends, the texts that everyone gets, and the close code that ends it; None: it stays open.

    A client that is closed need not get its own texts before.
    """

    sent: bytes
    texts: list[str]
    code: int | None


def text(content: bytes | str, *, fin: bool = True) -> bytes:
    return frame(TEXT, content.encode() if isinstance(content, str) else content, fin=fin)


def more(content: bytes | str, *, fin: bool = False) -> bytes:
    return frame(CONTINUATION, content.encode() if isinstance(content, str) else content, fin=fin)


def close(code: int | None, reason: bytes = b"") -> bytes:
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def _cases() -> dict[str, Case]:
    cases: dict[str, Case] = {}

    for size in (1, 124, 125, 126, 127, 128, 9_999, 10_000):
        cases[f"a text of {size} bytes"] = Case(text("x" * size), ["x" * size], None)
    cases["a text of 40,000 bytes"] = Case(text("😀" * 10_000), ["😀" * 10_000], None)
    cases["two texts in one packet"] = Case(text("a") + text("b"), ["a", "b"], None)
    cases["a length of 5 in two bytes"] = Case(frame(TEXT, b"hello", length_bytes=2), [], 1002)
    cases["a length of 300 in eight bytes"] = Case(frame(TEXT, b"x" * 300, length_bytes=8), [], 1002)
    cases["a length over 2 to the 63"] = Case(frame(TEXT, announced=2**63 + 5), [], 1002)

    cases["two fragments"] = Case(text("a", fin=False) + more("b", fin=True), ["ab"], None)
    cases["empty fragments around a text"] = Case(
        text("", fin=False) + more("ab") + more("") + more("", fin=True), ["ab"], None
    )
    cases["a character split between fragments"] = Case(
        text(b"\xf0\x9f", fin=False) + more(b"\x98") + more(b"\x80", fin=True), ["😀"], None
    )
    cases["a ping between fragments"] = Case(
        text("a", fin=False) + frame(PING, b"p") + more("b", fin=True), ["ab"], None
    )
    cases["a pong between fragments"] = Case(text("a", fin=False) + frame(PONG) + more("b", fin=True), ["ab"], None)
    cases["a close between fragments"] = Case(text("a", fin=False) + close(1000), [], 1000)
    cases["a continuation of nothing"] = Case(more("a", fin=True), [], 1002)
    cases["a continuation of nothing, unfinished"] = Case(more("a"), [], 1002)
    cases["a continuation of what is finished"] = Case(text("a") + more("b", fin=True), ["a"], 1002)
    cases["a text inside a text"] = Case(text("a", fin=False) + text("b"), [], 1002)
    cases["a binary frame inside a text"] = Case(text("a", fin=False) + frame(BINARY, b"b"), [], 1002)

    cases["a binary frame"] = Case(frame(BINARY, b"hello"), [], 1003)
    cases["an empty binary frame"] = Case(frame(BINARY), [], 1003)
    cases["a binary frame in fragments"] = Case(frame(BINARY, b"a", fin=False) + more("b", fin=True), [], 1003)

    for bits in range(1, 8):
        cases[f"reserved bits {bits:03b} on a text"] = Case(frame(TEXT, b"a", reserved=bits), [], 1002)
    cases["a reserved bit on a ping"] = Case(frame(PING, reserved=1), [], 1002)
    cases["a reserved bit on a close"] = Case(frame(CLOSE, reserved=4), [], 1002)
    cases["a reserved bit behind a good text"] = Case(text("a") + frame(TEXT, b"b", reserved=4), ["a"], 1002)
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        cases[f"the reserved opcode {opcode}"] = Case(frame(opcode), [], 1002)
        cases[f"the reserved opcode {opcode} with content"] = Case(frame(opcode, b"abc"), [], 1002)

    cases["an unmasked text"] = Case(frame(TEXT, b"hello", masked=False), [], 1002)
    cases["an unmasked ping"] = Case(frame(PING, masked=False), [], 1002)
    cases["an unmasked close"] = Case(frame(CLOSE, b"\x03\xe8", masked=False), [], 1002)

    for opcode, name in ((CLOSE, "close"), (PING, "ping"), (PONG, "pong")):
        content = b"\x03\xe8" + b"x" * 124
        cases[f"a {name} of 126 bytes"] = Case(frame(opcode, content), [], 1002)
        cases[f"a {name} in fragments"] = Case(frame(opcode, b"\x03\xe8", fin=False), [], 1002)
    cases["an unsolicited pong"] = Case(frame(PONG, b"unasked") + text("a"), ["a"], None)

    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
        cases[f"a close with {code}"] = Case(close(code), [], code)
    for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535):
        cases[f"a close with {code}, which never travels"] = Case(close(code), [], 1002)
    cases["a close without a code"] = Case(close(None), [], 1005)
    cases["a close with half a code"] = Case(frame(CLOSE, b"\x03"), [], 1002)
    cases["a close with the longest reason"] = Case(close(1000, b"x" * 123), [], 1000)
    cases["a close with a reason that is no UTF-8"] = Case(close(1000, b"\xff\xfe"), [], 1007)
    cases["a text behind a close"] = Case(close(1000) + text("too late"), [], 1000)
    cases["a second close"] = Case(close(1000) + close(1001), [], 1000)
    cases["a ping behind a close"] = Case(close(1000) + frame(PING), [], 1000)
    cases["garbage behind a close"] = Case(close(1000) + b"\xff" * 100, [], 1000)

    for what, content in BAD_UTF_8.items():
        cases[f"{what}"] = Case(text(content), [], 1007)
        cases[f"{what}, in fragments"] = Case(text(content[:1], fin=False) + more(content[1:], fin=True), [], 1007)
        cases[f"{what}, behind a good fragment"] = Case(text("é", fin=False) + more(content, fin=True), [], 1007)
    cases["a character that never ends, over fragments"] = Case(
        text(b"\xe2", fin=False) + more(b"\x82") + more(b"", fin=True), [], 1007
    )

    cases["HTTP instead of frames"] = Case(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", [], 1002)
    return cases


BAD_UTF_8 = {
    "a byte that is no UTF-8": b"\xff",
    "a lone continuation byte": b"\x80abc",
    "an overlong slash": b"\xc0\xaf",
    "an overlong NUL": b"\xe0\x80\x80",
    "an encoded surrogate": b"\xed\xa0\x80",
    "a pair of encoded surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "more than U+10FFFF": b"\xf4\x90\x80\x80",
    "five bytes for a character": b"\xf8\x88\x80\x80\x80",
    "a truncated character": b"ab\xe2\x82",
    "a truncated character in the middle": b"\xe2\x82ab",
}

CASES = _cases()


@pytest.fixture(scope="module", params=["wire", "gunicorn", "flask"])
def chat(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connect]:
    """Connects plain clients: over a socket pair, under gunicorn, under `flask run`. One chat for all cases."""
    data = tmp_path_factory.mktemp("conformance") / "data"
    if request.param == "wire":
        app = create_app({"DATA": str(data), **NO_RATE_LIMITS})
        lifecycle = app.extensions["chatapp"]
        lifecycle.start()
        wire = Wire(app)
        yield wire.connect
        wire.end()
        assert lifecycle.hub.clients() == []
        lifecycle.stop()
    else:
        server = Server(data, kind=request.param, **NO_RATE_LIMITS).start()
        came = 0

        def talk() -> Talker:
            nonlocal came
            came += 1
            return server.talk()

        yield talk
        eventually(lambda: server.terminal.count("Client Disconnected: ") == came)
        assert server.stop() == 0
        assert not [line for line in server.terminal.splitlines() if "Traceback" in line or "ERROR" in line]


@pytest.fixture
def connect(chat: Connect) -> Iterator[Connect]:
    """As `chat`; the clients are gone after the test."""
    talkers: list[Talker] = []

    def talk() -> Talker:
        talkers.append(chat())
        return talkers[-1]

    yield talk
    for talker in talkers:
        talker.vanish()


def ended(client: Talker) -> int:
    """The close code; the TCP connection must end too."""
    code = client.closed()
    client.sock.settimeout(5)
    try:
        while client.sock.recv(65_536):
            pass
    except ConnectionError:
        pass
    return code


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_frames_are_answered_as_the_rfc_says(connect: Connect, case: Case, caplog: pytest.LogCaptureFixture) -> None:
    client, witness = connect(), connect()
    client.put(case.sent)
    if case.code is None:
        assert [client.receive() for _ in case.texts] == case.texts
        client.send("still open")
        assert client.receive() == "still open"
        assert [witness.receive() for _ in case.texts] == case.texts
        assert witness.receive() == "still open"
    else:
        assert ended(client) == case.code
        assert [witness.receive() for _ in case.texts] == case.texts
    witness.send("nothing else")
    assert witness.receive() == "nothing else"
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


def test_a_ping_is_answered_with_its_own_content(connect: Connect) -> None:
    client = connect()
    sent = [b"", b"x", bytes(range(125)), b"\xff\xfe", b"x" * 125]
    for content in sent:
        client.ping(content)
    client.send("end")
    assert client.receive() == "end"
    assert client.pongs == sent


def test_a_ping_between_fragments_is_answered_before_the_text_is_finished(connect: Connect) -> None:
    client = connect()
    client.put(text("a", fin=False) + frame(PING, b"now"))
    assert client.hears_nothing(0.05) or not client.heard
    eventually(lambda: client.hears_nothing(0.05) and client.pongs == [b"now"])
    client.put(more("b", fin=True))
    assert client.receive() == "ab"


def test_frames_that_come_byte_by_byte_are_the_same_frames(connect: Connect) -> None:
    client = connect()
    for byte in text("é 😀", fin=False) + frame(PING, b"p") + more(" end", fin=True) + text("x" * 130):
        client.put(bytes((byte,)))
    assert client.receive() == "é 😀 end"
    assert client.receive() == "x" * 130
    assert client.pongs == [b"p"]


def test_frames_of_the_server_are_whole_and_unmasked(connect: Connect) -> None:
    client = connect()
    for size in (125, 126, 10_000):
        client.send("x" * size)
        client.sock.settimeout(10)
        head = client.sock.recv(2)
        length = head[1]
        if length == 126:
            length = int.from_bytes(client.sock.recv(2))
        assert (head[0], length) == (0x81, size)
        rest = 0
        while rest < size:
            rest += len(client.sock.recv(size - rest))
