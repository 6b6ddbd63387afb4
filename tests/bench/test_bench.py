"""The benchmark counts what was sent, reports what was measured, and leaves nothing running."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from ..actors import NO_RATE_LIMITS, ROOT, Server
from . import machine
from .ear import Client, Ear
from .plot import bars
from .report import Run, number, ratio, remarks, report, spread, table
from .scenarios import DELIVERIES, SCENARIOS, Measure
from .servers import ALL, PEERS
from .wire import DIALECTS, MARK, PING, Frames, own

PLAIN = DIALECTS["plain"]


class Pair:
    """A client of the load, and the server's end of its connection."""

    def __init__(self, dialect: str = "plain"):
        self.client = Client(7, 0)
        ours, self.server = socket.socketpair()
        ours.setblocking(False)
        self.server.settimeout(1)
        self.client.plug(ours)
        self.client.open = True
        self._ear = Ear(DIALECTS[dialect])

    def deliver(self, *pieces: bytes) -> None:
        """Each piece is a read of its own."""
        for piece in pieces:
            self.server.sendall(piece)
            assert self._ear.read(self.client)

    def close(self) -> None:
        self.client.sock.close()
        self.server.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A plain one."""
    pair = Pair()
    yield pair
    pair.close()


def from_server(sender: int, number: int, size: int = 128) -> bytes:
    """A message as a server sends it: without a mask."""
    raw = PLAIN.message(sender, number, size)
    head = 2 if size < 126 else 4
    return raw[:1] + bytes((raw[1] & 0x7F,)) + raw[2:head] + raw[head + 4 :]


def cuts(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """In two, at every place."""
    for place in range(1, len(raw)):
        yield raw[:place], raw[place:]


def test_a_message_split_over_two_reads_counts_once_wherever_it_is_split(pair: Pair) -> None:
    pair.client.listen_for_echoes()
    both = from_server(7, 1, 40) + from_server(3, 1, 40)
    for times, pieces in enumerate(cuts(both), start=1):
        pair.deliver(*pieces)
        assert (pair.client.count, pair.client.echoes) == (2 * times, times)


def test_numbers_are_heard_once_and_in_order_wherever_messages_are_split(pair: Pair) -> None:
    pair.client.listen_for_numbers()
    sent = [(place % 3, place) for place in range(60)]
    raw = b"".join(from_server(*message, 20) for message in sent)
    pair.deliver(*(raw[start : start + 7] for start in range(0, len(raw), 7)))
    assert pair.client.numbers == sent
    assert pair.client.count == 60


def test_many_messages_in_one_read_are_all_counted(pair: Pair) -> None:
    pair.deliver(from_server(1, 0) * 500)
    assert pair.client.count == 500


def test_a_ping_is_answered_and_nothing_in_it_is_counted_wherever_it_is_split(pair: Pair) -> None:
    pair.client.listen_for_echoes()
    content = MARK + own(7) + bytes((PING, PING))
    ping = bytes((PING, len(content))) + content
    for times, pieces in enumerate(cuts(from_server(7, 0, 30) + ping + from_server(7, 1, 30)), start=1):
        pair.deliver(*pieces)
        assert (pair.client.count, pair.client.echoes) == (2 * times, 2 * times)
        assert pair.server.recv(100) == bytes((0x8A, 0x80 | len(content))) + bytes(4) + content


def test_a_ping_of_engine_io_is_answered_once_wherever_it_is_split() -> None:
    pair = Pair("socketio")
    for pieces in cuts(from_server(7, 0, 30) + b"\x81\x012" + from_server(7, 1, 30)):
        pair.deliver(*pieces)
        assert pair.server.recv(100) == b"\x81\x81" + bytes(4) + b"3"
    pair.close()


def test_what_a_full_socket_does_not_take_is_sent_first_the_next_time(pair: Pair) -> None:
    whole = bytes(range(256)) * 16_384
    pair.client.send(whole)
    assert pair.client.unsent
    received = b""
    while len(received) < len(whole):
        received += pair.server.recv(1_048_576)
        pair.client.send(b"")
    assert received == whole


def test_a_connection_that_ends_is_noticed(pair: Pair) -> None:
    pair.server.close()
    assert not Ear(PLAIN).read(pair.client)
    assert not pair.client.open


@pytest.mark.parametrize("size", [13, 37, 137, 0x2500, 70_000])
def test_a_message_that_could_not_be_counted_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="cannot be counted"):
        PLAIN.message(1, 1, size)


def test_frames_are_cut_into_texts_wherever_they_are_split() -> None:
    long = b"x" * 70_000
    raw = b"\x81\x02ab" + b"\x89\x01p" + b"\x01\x01c" + b"\x80\x01d" + b"\x81\x7f" + len(long).to_bytes(8) + long
    for first, second in cuts(raw[:24]):
        frames = Frames()
        assert [*frames.feed(first), *frames.feed(second + raw[24:])] == [b"ab", b"cd", long]


# The report.

RUNS: list[Run] = [
    {"scenario": "fanout", "server": server, "round": turn, "faults": faults, "deliveries_per_second": value}
    for server, turn, value, faults in (
        ("chatapp", 1, 1_000_000.0, []),
        ("flask-sock", 1, 40_000.0, ["3 deliveries lost"]),
        ("chatapp", 2, 3_000_000.0, []),
        ("flask-sock", 2, 60_000.0, []),
        ("chatapp", 3, 2_000_000.0, []),
        ("flask-sock", 3, 50_000.0, []),
    )
]
FANOUT = next(scenario for scenario in SCENARIOS if scenario.name == "fanout")


def test_a_table_has_medians_extremes_and_the_ratio_to_ours() -> None:
    lines = table(FANOUT, RUNS).splitlines()
    assert lines[2].startswith("| server | deliveries/s |")
    assert lines[4].startswith("| **chatapp**, every message synced | 2,000,000 (1,000,000 to 3,000,000) |")
    assert lines[4].endswith("| 1 |")
    assert lines[5].startswith("| flask-sock, naive ⚠ | 50,000 (40,000 to 60,000) |")
    assert lines[5].endswith("| 0.025 |")


def test_a_run_with_losses_is_marked_and_listed() -> None:
    assert "- flask-sock, naive: 3 deliveries lost (1 of 3 runs)" in table(FANOUT, RUNS)


def test_faults_of_one_kind_stand_in_one_line() -> None:
    runs: list[Run] = [{"faults": [f"{lost} deliveries lost"]} for lost in (1_200, 7)]
    assert remarks([*runs, {"faults": []}]) == ["7 to 1,200 deliveries lost (2 of 3 runs)"]


def test_a_run_in_which_the_generator_was_busy_is_marked() -> None:
    assert remarks([{"faults": [], "generator_cores": 0.95}, {"faults": [], "generator_cores": 0.5}]) == [
        "the generator used more than 0.9 of a core (1 of 2 runs)"
    ]


def test_a_server_that_measured_nothing_has_its_row_all_the_same() -> None:
    failed: Run = {"scenario": "fanout", "server": "aiohttp", "round": 1, "faults": ["not started: it ended"]}
    last = table(FANOUT, [*RUNS, failed]).splitlines()[6]
    assert last == "| aiohttp, uvloop ⚠ | – | – | – | – |"
    assert spread(Measure("missing", ""), RUNS) == "–"
    assert ratio(1.0, None) == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [(5_824_123.0, "5,820,000"), (999.6, "1,000"), (123.4, "123"), (12.34, "12.3"), (0.01234, "0.0123"), (0, "0")],
)
def test_numbers_have_three_digits_that_count(value: float, text: str) -> None:
    assert number(value) == text


def test_the_report_says_what_was_left_out_and_what_the_peers_lack() -> None:
    text = report(SCENARIOS, RUNS, {"cores": "1", "commit": "abc"}, ["picows"])
    assert "- commit: abc" in text
    assert "Not installed, and left out: picows, uvloop." in text
    assert "They store nothing" in text
    assert "there is one" in text
    assert text.count("###") == 1


def test_the_plot_is_sound_svg_with_a_bar_for_each() -> None:
    drawn = ElementTree.fromstring(bars("Deliveries <1>", [("a & b", 40_000.0, False), ("ours", 2_000_000.0, True)]))
    rects = drawn.findall("{http://www.w3.org/2000/svg}rect")
    ground, longest, other = (float(rect.attrib["width"]) for rect in rects)
    assert ground > longest > other > 0


def test_every_peer_has_its_file_and_every_scenario_compares_something() -> None:
    files = {peer.file for peer in ALL.values() if peer}
    assert files == {path.name for path in PEERS.iterdir() if path.is_file()}
    for scenario in SCENARIOS:
        assert scenario.measures
        assert set(scenario.servers) <= set(ALL)
    assert DELIVERIES in FANOUT.measures


# The whole, against the real server.


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The chat as the benchmark starts it."""
    server = Server(tmp_path_factory.mktemp("bench") / "data", **NO_RATE_LIMITS)
    try:
        yield server.start()
    finally:
        server.kill()


def run(server: Server, **more: Any) -> Run:
    spec = {"port": server.port, "pids": machine.family(server.process.pid), "rooms": ["general"], **more}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"], input=json.dumps(spec), cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    result: Run = json.loads(done.stdout)
    return result


def stored(server: Server) -> int:
    """Messages in the log: the seq of the newest."""
    rooms = json.loads(server.get("/api/rooms")[2])["rooms"]
    return sum(room["head"] for room in rooms)


def test_a_saturated_run_counts_exactly_what_the_server_stored(target: Server) -> None:
    before = stored(target)
    result = run(target, mode="saturate", clients=20, senders=4, in_flight=3, seconds=0.5, warmup=0.1)
    assert result["faults"] == []
    assert result["sent"] == stored(target) - before > 12
    assert result["deliveries"] == 20 * result["sent"]
    assert result["deliveries_per_second"] > 0
    assert result["generator_cores"] > 0


def test_a_steady_run_hears_all_in_order(target: Server) -> None:
    result = run(target, mode="steady", clients=20, senders=4, rate=50, seconds=0.4, warmup=0.1)
    assert result["faults"] == []
    assert result["sent"] == 25
    assert result["deliveries"] == 500
    assert 0 < result["p50_ms"] <= result["p99_ms"]


def test_a_storm_brings_everybody_back_with_what_they_missed(target: Server) -> None:
    result = run(target, mode="storm", clients=21, missed=50, resume=True)
    assert result["faults"] == []
    assert result["resumed"] == 20


def test_who_is_refused_is_counted_as_not_in(make_server: Callable[..., Server]) -> None:
    server = make_server(MAX_CLIENTS=5).start()
    result = run(server, mode="connect", clients=8)
    assert result["faults"] == ["3 clients not in (HTTP/1.1 503 SERVICE UNAVAILABLE)"]
    assert result["deliveries"] == 5
