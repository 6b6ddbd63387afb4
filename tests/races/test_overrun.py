"""Overrun: fewer files than clients, slow readers of every kind, churn and bad handshakes; the others chat on."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from chatapp.config import Settings
from chatapp.servers.limits import OTHER_FILES, RESERVE

from ..actors import Closed, InThread, Refused, Server, Talker, eventually, frame, handshake_headers, read_head

BOTH = pytest.mark.parametrize("kind", ["gunicorn", "flask"])
FILES = 300  # open files that the small machine gives
THREADS = 150  # threads that it gives
PONG = 0xA

MakeServer = Callable[..., Server]


@pytest.fixture
def speaker(server: Server) -> Talker:
    return server.enter("speaker")


def talks(speaker: Talker, text: str = "are you there?") -> None:
    """One message goes round."""
    nonce = speaker.post(text)
    assert speaker.hear("message", nonce=nonce)["text"] == text


@BOTH
def test_out_of_open_files_new_clients_are_refused_and_a_freed_place_is_taken(
    kind: str, make_server: MakeServer
) -> None:
    server = make_server(kind, under=("bash", "-c", f'ulimit -n {FILES}; exec "$@"', "bash")).start()
    speaker = server.enter("speaker")
    inside: list[Talker] = []

    def crowd_in() -> None:
        while len(inside) < FILES:
            inside.append(server.talk())

    with pytest.raises(Refused) as refused:
        crowd_in()
    assert (refused.value.status, refused.value.headers["retry-after"]) == (503, "5")
    assert len(inside) == FILES - OTHER_FILES - 2 * RESERVE - 1
    talks(speaker)
    assert [client.receive() for client in inside] == ["are you there?"] * len(inside)
    for path in ("/", "/api/rooms", "/healthz"):
        assert server.get(path, timeout=2)[0] == 200
    for client in inside[:5]:
        client.close()

    def comes_in() -> bool:
        try:
            inside.append(server.talk())
        except Refused:
            return False
        return True

    for _ in range(5):
        eventually(comes_in)
    talks(speaker, "still here")


def _few_threads() -> tuple[str, ...]:
    """What a server is started under that is to get THREADS of them.

    The kernel counts a user's, and of root takes any number: root becomes a user that nobody is, who may yet read what
    root may.
    """
    few = ("bash", "-c", 'ulimit -u "$0"; exec "$@"')
    user = os.geteuid()
    if user == 0:
        return (
            "setpriv",
            "--reuid=61234",
            "--inh-caps=+dac_override",
            "--ambient-caps=+dac_override",
            *few,
            str(THREADS),
        )
    return (*few, str(THREADS + _threads_of(user)))


def _threads_of(user: int) -> int:
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == user:
                count += len(list((process / "task").iterdir()))
        except OSError:
            pass  # ended meanwhile
    return count


@BOTH
def test_out_of_threads_new_clients_are_refused_and_a_freed_place_is_taken(kind: str, make_server: MakeServer) -> None:
    server = make_server(kind, under=_few_threads()).start()
    speaker = server.enter("speaker")
    inside: list[Talker] = []

    def comes_in() -> bool:
        try:
            inside.append(server.talk())
        except (Refused, Closed, OSError):
            return False
        return True

    for _ in range(THREADS):
        if not comes_in():
            break
    assert THREADS // 3 < len(inside) < THREADS
    talks(speaker)
    assert [client.receive() for client in inside] == ["are you there?"] * len(inside)
    if kind == "gunicorn":
        for path in ("/", "/api/rooms", "/healthz"):
            assert server.get(path, timeout=2)[0] == 200
    for client in inside[RESERVE // 4 :]:  # the server has become smaller: it keeps RESERVE of its threads for HTTP
        client.close()
    for _ in range(5):
        eventually(comes_in)
    talks(speaker, "still here")


def _reads_slowly(client: Talker, ended: Event) -> None:
    """1 KB/s, as over the worst of lines."""
    client.sock.settimeout(None)
    while not ended.wait(0.1) and client.sock.recv(100):
        pass


def _pongs_and_never_reads(client: Talker, ended: Event) -> None:
    try:
        while not ended.wait(0.05):
            client.put(frame(PONG))
    except OSError:
        pass  # cut off at last


def _sends_a_byte_a_while(client: Talker, ended: Event) -> None:
    try:
        for byte in frame(0x1, b"x" * 1_000):
            if ended.wait(0.1):
                return
            client.put(bytes([byte]))
    except OSError:
        pass  # the same


@pytest.mark.parametrize("behaves", [_reads_slowly, _pongs_and_never_reads, _sends_a_byte_a_while])
def test_a_client_that_is_slow_in_its_way_delays_nobody_and_keeps_bounded_memory(
    server: Server, speaker: Talker, behaves: Callable[[Talker, Event], None]
) -> None:
    slow = server.talk(receive_buffer=2_048)
    ended = Event()
    living = InThread(lambda: behaves(slow, ended))
    before = resident(server)
    for number in range(400):  # 3.6 MB: more than the kernel and the outbox keep for one
        speaker.post("x" * 9_000, nonce=str(number))
        if number % 20 == 19:
            speaker.hear("message", timeout=2, nonce=str(number))
    assert resident(server) - before < 24_000
    if behaves is not _sends_a_byte_a_while:  # that one's kernel takes nothing either, but it may read later
        eventually(lambda: "Client reads too slowly, closed with 1013" in server.terminal)
    ended.set()
    slow.sock.shutdown(socket.SHUT_RDWR)
    living.outcome()
    talks(speaker)


def resident(server: Server) -> int:
    """Memory of the process that serves, in KiB."""
    with open(f"/proc/{server.worker()}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def test_a_peer_that_vanished_is_found_within_a_minute() -> None:
    assert Settings().PING_TIMEOUT < 60
    assert Settings().PING_INTERVAL < Settings().PING_TIMEOUT


def test_churn_of_a_hundred_is_told_at_most_five_times_a_second(make_server: MakeServer) -> None:
    server = make_server(PRESENCE_LINGER=0).start()
    watcher = server.enter("watcher")
    ended = Event()

    def come_and_go(name: str) -> None:
        while not ended.is_set():
            server.enter(name).close()

    churning = [InThread(lambda n=n: come_and_go(f"guest{n}")) for n in range(100)]  # type: ignore[misc]
    begun = time.monotonic()
    changes = 0
    while (elapsed := time.monotonic() - begun) < 3:
        watcher.hear("presence")
        changes += 1
    ended.set()
    assert changes <= 5 * elapsed + 1
    for thread in churning:
        thread.outcome(30)
    talks(watcher)


def _wrong_handshakes() -> Iterator[bytes]:
    good = {"Host": "chat", **handshake_headers()}
    wrong = [
        {**good, "Sec-WebSocket-Key": "short"},
        {**good, "Sec-WebSocket-Version": "12"},
        {**good, "Origin": "https://elsewhere.example"},
        {**good, "Sec-WebSocket-Protocol": "mqtt"},
    ]
    while True:
        for headers in wrong:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            yield f"GET /chat HTTP/1.1\r\n{lines}\r\n".encode()


@BOTH
def test_six_hundred_failed_handshakes_disturb_nobody_and_leave_nothing(kind: str, make_server: MakeServer) -> None:
    server = make_server(kind).start()
    speaker = server.enter("speaker")
    files = open_files(server)
    statuses: dict[int, int] = {}
    for number, request in zip(range(600), _wrong_handshakes(), strict=False):
        with closing(socket.create_connection(("127.0.0.1", server.port), 10)) as sock:
            sock.sendall(request)
            status, _, _ = read_head(sock)
            statuses[status] = statuses.get(status, 0) + 1
        if number % 100 == 99:
            talks(speaker)
    assert statuses == {400: 450, 403: 150}
    eventually(lambda: open_files(server) < files + 50)  # the database may open some of its own
    assert "Traceback" not in server.terminal


def open_files(server: Server) -> int:
    return len(os.listdir(f"/proc/{server.worker()}/fd"))
