"""One address that opens all the connections it can and leaves them half done: the others notice nothing.

The attacker comes from 127.0.0.2, the others from 127.0.0.1; the machine gives 1,024 open files, as most do.
"""

from __future__ import annotations

import os
import re
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from chatapp.log_limit import LINE_LIMIT, PER_INTERVAL
from chatapp.servers import limits
from chatapp.servers.slots import TOTAL

from ..actors import PATIENCE, ROOT, Server, Talker, eventually, read_head

BOTH = pytest.mark.parametrize("kind", ["gunicorn", "flask"])
ATTACKER = "127.0.0.2"
CONNECTIONS = 940
MANY = 200  # requests at once; a page costs some 5 ms
FILES = ("bash", "-c", 'ulimit -n 1024; exec "$@"', "bash")
UNLIMITED = 100_000  # connections of an address: what is left of the attack when it comes from many
HALF_HEAD = b"GET / HTTP/1.1\r\nHost: 127."
HALF_BODY = b"POST /api/rooms HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{"
HALF_CHUNK = b"POST /api/rooms HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"
LARGE = b"GET /static/flow.png HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PAGE = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
# A page and 115 KB, many times: more than a socket takes ahead.
PIPELINED = (LARGE + PAGE) * 40

MakeServer = Callable[..., Server]


class Attacker:
    """Opens connections, sends the same over each, and reads nothing."""

    def __init__(self, server: Server):
        self.sockets: list[socket.socket] = []
        self._server = server

    def connect(self, sent: bytes) -> bool:
        """False if the server does not take it."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sock.settimeout(PATIENCE)
        sock.bind((ATTACKER, 0))
        self.sockets.append(sock)
        try:
            sock.connect(("127.0.0.1", self._server.port))
            sock.sendall(sent)
        except OSError:
            return False
        return True

    def crowd_in(self, sent: bytes, count: int = CONNECTIONS) -> None:
        for _ in range(count):
            self.connect(sent)

    def leave(self) -> None:
        for sock in self.sockets:
            sock.close()


@pytest.fixture
def attack() -> Iterator[Callable[[Server], Attacker]]:
    attackers: list[Attacker] = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4_096)), hard))

    def begin(server: Server) -> Attacker:
        attackers.append(Attacker(server))
        return attackers[-1]

    yield begin
    for attacker in attackers:
        attacker.leave()


Attack = Callable[[Server], Attacker]


def threads(server: Server) -> int:
    return len(os.listdir(f"/proc/{server.worker()}/task"))


def open_sockets(server: Server) -> int:
    """Without the files: the database opens some of them when it is asked first."""
    found = 0
    for file in Path(f"/proc/{server.worker()}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found += os.readlink(file).startswith("socket:")
    return found


def assert_nobody_notices(server: Server, speaker: Talker, worker: int) -> None:
    """Clients talk, the page and the API answer, new clients come in, and the process is the same."""
    nonce = speaker.post("are you there?")
    assert speaker.hear("message", nonce=nonce)["text"] == "are you there?"
    for path in ("/", "/static/js/main.js", "/api/rooms", "/healthz"):
        assert server.get(path)[0] == 200
    server.talk().close()
    assert server.worker() == worker
    assert "Traceback" not in server.terminal


@pytest.mark.parametrize("sent", [HALF_HEAD, HALF_BODY, HALF_CHUNK, LARGE, PIPELINED, b""])
def test_a_thousand_connections_that_are_left_half_done_take_no_thread_and_no_place(
    make_server: MakeServer, attack: Attack, sent: bytes
) -> None:
    server = make_server(under=FILES, MAX_CLIENTS_PER_ADDRESS=UNLIMITED).start()
    speaker, worker = server.enter("speaker"), server.worker()
    before = threads(server)
    attack(server).crowd_in(sent)
    assert_nobody_notices(server, speaker, worker)
    assert threads(server) <= before + limits.RESERVE  # the pool grows ahead of need


@BOTH
@pytest.mark.parametrize("sent", [HALF_BODY, HALF_CHUNK, LARGE * 40])
def test_requests_that_wait_for_their_client_hold_up_no_other_of_that_address(
    kind: str, make_server: MakeServer, attack: Attack, sent: bytes
) -> None:
    server = make_server(kind).start()
    attacker = attack(server)
    attacker.crowd_in(sent, TOTAL + 2)
    talkers = [server.talk() for _ in range(TOTAL + 2)]
    attacker.crowd_in(HEALTH, 1)
    assert read_head(attacker.sockets[-1])[0] == 200
    assert server.get("/healthz")[0] == 200  # the talkers' address
    for talker in talkers:
        talker.close()


def test_another_address_is_answered_before_most_of_many_requests_of_one(
    make_server: MakeServer, attack: Attack
) -> None:
    server = make_server(arguments=("--access-logfile", "-")).start()
    attacker = attack(server)
    attacker.crowd_in(b"", MANY)

    def served() -> list[str]:
        """The addresses whose requests were served, in that order."""
        return re.findall(r'^(127\.0\.0\.\d) .*"GET / HTTP/1.1" 200', server.terminal, re.MULTILINE)

    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as other:
        for sock in attacker.sockets:
            sock.sendall(PAGE)
        before = eventually(lambda: len(served()))
        other.sendall(PAGE)
        assert read_head(other)[0] == 200
    for sock in attacker.sockets:  # in the end all of them are served
        assert read_head(sock)[0] == 200
    eventually(lambda: len(served()) == MANY + 1)
    assert served().index("127.0.0.1") - before < MANY * 3 // 4  # without slots it is among the last


@BOTH
@pytest.mark.parametrize("sent", [HALF_HEAD, LARGE])
def test_an_address_gets_no_more_connections_than_its_share(
    kind: str, make_server: MakeServer, attack: Attack, sent: bytes
) -> None:
    server = make_server(kind, MAX_CLIENTS_PER_ADDRESS=20).start()
    speaker, worker = server.enter("speaker"), server.worker()
    before = open_sockets(server)
    attacker = attack(server)
    attacker.crowd_in(sent, 20 + limits.RESERVE + 40)
    line = f"Too many connections from {ATTACKER}: {20 + limits.RESERVE} at most"
    eventually(lambda: line in server.terminal)
    assert_nobody_notices(server, speaker, worker)
    assert open_sockets(server) <= before + 20 + limits.RESERVE + 5  # and those who did not notice
    assert server.terminal.count(line) == 1
    last = attacker.sockets[-1]
    with suppress(ConnectionError):  # a reset may overtake the answer
        status, headers, _ = read_head(last)
        assert (status, headers["retry-after"]) == (429, "5")
    attacker.leave()
    eventually(lambda: open_sockets(server) <= before + 5, timeout=60)
    assert attacker.connect(HALF_HEAD)


def test_behind_a_proxy_which_has_all_connections_none_is_refused(make_server: MakeServer, attack: Attack) -> None:
    server = make_server(MAX_CLIENTS_PER_ADDRESS=1, PROXY_HOPS=1).start()
    attacker = attack(server)
    attacker.crowd_in(HALF_HEAD, 2 * limits.RESERVE)
    assert server.get("/healthz")[0] == 200
    assert "Too many connections" not in server.terminal


@BOTH
def test_without_a_file_for_a_connection_the_server_serves_on_and_accepts_again(
    kind: str, make_server: MakeServer, attack: Attack
) -> None:
    server = make_server(kind).start()
    speaker, worker = server.enter("speaker"), server.worker()
    server.get("/")
    before = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    highest = max(int(number) for number in os.listdir(f"/proc/{worker}/fd"))
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (highest + 1, before[1]))
    attacker = attack(server)
    attacker.crowd_in(b"", 40)
    eventually(lambda: "No connection can be accepted for now: Too many open files" in server.terminal)
    nonce = speaker.post("still here")
    assert speaker.hear("message", nonce=nonce)["text"] == "still here"
    resource.prlimit(worker, resource.RLIMIT_NOFILE, before)
    eventually(server.answers)
    assert_nobody_notices(server, speaker, worker)
    assert server.terminal.count("No connection can be accepted") == 1


@BOTH
def test_requests_that_are_rejected_fill_no_log(kind: str, make_server: MakeServer, attack: Attack) -> None:
    server = make_server(kind).start()
    attacker = attack(server)
    long = b"\x1b[2J\xc2\x85" + b"a" * 7_000
    for sent in (
        b"GET /%s HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n" % long,
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n\r\n" % long,
        b"GET /%s HTTP/1.1\r\nHost: evil.example\r\n\r\n" % long[6:],
    ):
        attacker.crowd_in(sent, 3 * PER_INTERVAL)
    attacker.crowd_in(HEALTH, 1)
    assert read_head(attacker.sockets[-1])[0] == 200
    eventually(lambda: server.terminal.count("Rejected GET") >= PER_INTERVAL)
    assert server.terminal.count("Rejected GET") == PER_INTERVAL
    assert server.terminal.count("Invalid request") == (PER_INTERVAL if kind == "gunicorn" else 0)
    assert max(map(len, server.terminal.splitlines())) < LINE_LIMIT + 200
    assert "\x1b[2J" not in server.terminal
    assert "\x85" not in server.terminal


def test_answers_that_nobody_reads_are_given_up_in_time(
    make_server: MakeServer, attack: Attack, tmp_path: Path
) -> None:
    (tmp_path / "impatient.py").write_text(
        f"""
import runpy
globals().update(runpy.run_path({str(ROOT / "gunicorn.conf.py")!r}))
gthread.patience = type(gthread.patience)(0.5, 1_000_000)
"""
    )
    server = make_server(arguments=("-c", str(tmp_path / "impatient.py"))).start()
    before = open_sockets(server)
    attacker = attack(server)
    attacker.crowd_in(PIPELINED, 10)
    eventually(lambda: open_sockets(server) >= before + 5)
    eventually(lambda: open_sockets(server) <= before + 2)
    assert "Traceback" not in server.terminal
