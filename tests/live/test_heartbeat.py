"""The heartbeat: the silent are pinged, the dead are ended, and the date has no say in it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask

from chatapp.live.frames import ping_frame
from chatapp.live.heartbeat import Heartbeat
from chatapp.live.hub import Client

from ..actors import Closed, Talker, eventually, frame
from ..conftest import Wire

INTERVAL, TIMEOUT = 0.1, 1.0
PONG = 0xA


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """An application that pings ten times a second."""
    return make_app(PING_INTERVAL=INTERVAL, PING_TIMEOUT=TIMEOUT)


@pytest.fixture
def listed(app: Flask) -> Callable[[], list[Client]]:
    """The clients on the list."""
    clients: Callable[[], list[Client]] = app.extensions["chatapp"].hub.clients
    return clients


def listen(client: Talker, seconds: float) -> None:
    """Reads, and so answers pings, for a while."""
    assert client.hears_nothing(seconds)


def test_a_silent_client_that_answers_no_ping_is_cut_off(wire: Wire, listed: Callable[[], list[Client]]) -> None:
    started = time.monotonic()
    client = wire.connect()
    eventually(lambda: not listed(), timeout=5)
    assert TIMEOUT < time.monotonic() - started < 4
    client.sock.settimeout(1)
    received = b""
    while more := client.sock.recv(1_024):  # up to the end of the connection
        received += more
    assert received == ping_frame() * (len(received) // 2)
    assert 1 <= len(received) // 2 <= 2 + TIMEOUT / INTERVAL


def test_a_silent_client_that_answers_pings_stays(wire: Wire, listed: Callable[[], list[Client]]) -> None:
    client = wire.connect()
    listen(client, 4 * TIMEOUT)
    assert client.pings >= 4
    client.send("still here")
    assert client.receive() == "still here"
    assert len(listed()) == 1


def test_a_client_that_talks_is_not_pinged(wire: Wire) -> None:
    client = wire.connect()
    for number in range(30):
        client.send(f"{number}")
        assert client.receive() == f"{number}"
        assert client.hears_nothing(0.02)
    assert client.pings <= 2  # none, on a machine that is not busy with something else


def test_any_bytes_are_a_sign_of_life(wire: Wire, listed: Callable[[], list[Client]]) -> None:
    client = wire.connect()
    for _ in range(12):
        client.put(frame(PONG, b"unasked"))
        assert len(listed()) == 1
        client.sock.settimeout(0.05)
        try:
            client.sock.recv(1_024)
        except TimeoutError:
            pass
    assert len(listed()) == 1


def test_a_dead_client_disturbs_no_living_one(wire: Wire, listed: Callable[[], list[Client]]) -> None:
    living = wire.connect()
    for _ in range(3):
        wire.connect()
    while len(listed()) > 1:
        living.send("hello")
        assert living.receive() == "hello"
        assert living.hears_nothing(0.02)
    living.send("on")
    assert living.receive() == "on"


def test_a_dead_client_leaves_its_rooms(wire: Wire) -> None:
    ana = wire.enter("Ana")
    bia = wire.connect("/chat?name=Bia", chat=True)
    bia_id = bia.hear("welcome")["you"]["id"]
    bia.join()  # and never reads again
    while bia_id not in ana.hear("presence")["left"]:
        pass


def test_one_line_in_the_log_says_who_was_cut_off(
    wire: Wire, listed: Callable[[], list[Client]], caplog: pytest.LogCaptureFixture
) -> None:
    wire.connect(environ={"REMOTE_PORT": "60004"})
    eventually(lambda: not listed())
    said = [record.getMessage() for record in caplog.records]
    assert said.count("Client is silent, cut off: ('127.0.0.1', 60004)") == 1
    eventually(lambda: caplog.messages.count("Client Disconnected: ('127.0.0.1', 60004)") == 1)


def test_a_changed_date_cuts_nobody_off_and_keeps_nobody(
    wire: Wire, listed: Callable[[], list[Client]], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering, dead = wire.connect(), wire.connect()
    real = time.time
    for hours in (-1, 1, 0):
        monkeypatch.setattr(time, "time", lambda hours=hours: real() + hours * 3_600)
        listen(answering, TIMEOUT)
    eventually(lambda: len(listed()) == 1)
    answering.send("still here")
    assert answering.receive() == "still here"
    with pytest.raises(Closed):
        dead.receive()


def test_the_heartbeat_has_one_thread_and_stops(app: Flask) -> None:
    import threading

    named = [thread for thread in threading.enumerate() if thread.name == "heartbeat"]
    assert len(named) == 1
    app.extensions["chatapp"].stop()
    assert not named[0].is_alive()


def test_a_beat_that_fails_is_not_the_last_one(
    wire: Wire, listed: Callable[[], list[Client]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(self: Heartbeat, client: Client, now: float) -> None:
        raise RuntimeError("a bug of ours")

    with monkeypatch.context() as patched:
        patched.setattr(Heartbeat, "_look_after", failing)
        wire.connect()
        eventually(lambda: "The heartbeat missed a beat" in caplog.messages)
        assert len(listed()) == 1
    eventually(lambda: not listed())
