"""The outbox, on real sockets: one order, never blocking, bounded, and every way to end."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from threading import Barrier

import pytest
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import CloseConnection, TextMessage

from chatapp.budget import Budget
from chatapp.live.frames import text_frame
from chatapp.live.outbox import LINGER_TIMEOUT, LONGEST_PAUSE, Outbox

from ..actors import PATIENCE, Closed, InThread, Talker, eventually

LIMIT = 65_536
AT_ONCE = 1.0  # seconds; what does not block takes far less, but the machine may be busy


class Line:
    """An outbox, the far end of its socket, and how often somebody was asked to flush."""

    def __init__(self, limit: int = LIMIT, budget: Budget | None = None):
        self.far, self.near = socket.socketpair()
        # Small and equal everywhere: what the kernel takes must not decide a test.
        self.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
        self.far.settimeout(PATIENCE)
        self.stalls = 0
        self._client = Connection(ConnectionType.CLIENT)
        self._text = ""
        self.outbox = Outbox(self.near, limit=limit, stalled=self._stalled, budget=budget)

    def _stalled(self, _outbox: Outbox) -> None:
        self.stalls += 1

    def fill(self) -> int:
        """Offers frames until the socket takes no more; gives how many bytes wait."""
        while not self.outbox.waiting:
            assert self.outbox.offer(text_frame(b"x" * 1_000))
        return self.outbox.waiting

    def read(self, size: int) -> bytes:
        received = b""
        while len(received) < size:
            more = self.far.recv(size - len(received))
            if not more:
                break
            received += more
        return received

    def read_all(self) -> tuple[list[str], CloseConnection | None]:
        """All that comes, flushed as the fan-out does, to the close or until nothing waits any more."""
        texts: list[str] = []
        self.far.settimeout(0.01)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            flushed = self.outbox.flush()
            try:
                received = self.far.recv(65_536)
            except TimeoutError:
                if flushed:
                    return texts, None
                continue
            if not received:
                return texts, None
            self._client.receive_data(received)
            for event in self._client.events():
                if isinstance(event, CloseConnection):
                    return texts, event
                assert isinstance(event, TextMessage)
                self._text += event.data
                if event.message_finished:
                    texts.append(self._text)
                    self._text = ""
        raise AssertionError("no end")

    def close(self) -> None:
        self.near.close()
        self.far.close()


@pytest.fixture
def make_line() -> Iterator[Callable[..., Line]]:
    made: list[Line] = []

    def make(limit: int = LIMIT) -> Line:
        made.append(Line(limit))
        return made[-1]

    yield make
    for line in made:
        line.close()


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    return make_line()


def frames(*texts: str) -> bytes:
    return b"".join(text_frame(text.encode()) for text in texts)


def test_what_is_offered_is_sent_at_once_and_in_order(line: Line) -> None:
    for number in range(5):
        assert line.outbox.offer(frames(str(number)))
    assert line.outbox.waiting == 0
    assert line.read_all()[0] == ["0", "1", "2", "3", "4"]
    assert line.stalls == 0


def test_an_offer_to_a_stalled_client_does_not_block_and_asks_once_for_a_flush(line: Line) -> None:
    begun = time.monotonic()
    line.fill()
    for _ in range(20):
        assert line.outbox.offer(frames("more"))
    assert time.monotonic() - begun < AT_ONCE
    assert line.stalls == 1


def test_what_waited_is_sent_whole_and_in_order_when_the_socket_is_writable_again(line: Line) -> None:
    sent = 0
    while not line.outbox.waiting:
        line.outbox.offer(frames(f"{sent:01000}"))
        sent += 1
    for _ in range(20):
        line.outbox.offer(frames(f"{sent:01000}"))
        sent += 1
    texts, _ = line.read_all()
    assert texts == [f"{number:01000}" for number in range(sent)]
    assert line.outbox.waiting == 0


def test_after_a_flush_another_stall_is_told_again(line: Line) -> None:
    line.fill()
    line.read_all()
    line.fill()
    assert line.stalls == 2


def test_many_threads_may_offer_at_once_and_no_frame_is_torn(make_line: Callable[..., Line]) -> None:
    line = make_line(limit=10_000_000)
    start = Barrier(8)

    def offer(name: int) -> None:
        start.wait()
        for number in range(100):
            line.outbox.offer(frames(f"{name} {number} " + "x" * (number * 7 % 900)))

    offering = [InThread(lambda name=name: offer(name)) for name in range(8)]  # type: ignore[misc]
    reading = InThread(lambda: line.read_all()[0])
    for thread in offering:
        thread.outcome()
    texts = reading.outcome() + line.read_all()[0]
    heard = [tuple(map(int, text.split()[:2])) for text in texts]
    assert sorted(heard) == [(name, number) for name in range(8) for number in range(100)]
    for name in range(8):
        assert [number for who, number in heard if who == name] == list(range(100))


def test_over_its_limit_a_client_is_evicted_with_1013_behind_the_frames_that_were_begun(line: Line) -> None:
    told: list[bool] = []
    while not told or told[-1]:
        told.append(line.outbox.offer(frames("x" * 1_000)))
        assert len(told) < 1_000
    assert line.outbox.closing
    assert line.outbox.waiting < 2_000  # what it had been kept is gone
    assert line.outbox.offer(frames("later"))  # told once only
    texts, close = line.read_all()
    assert close is not None
    assert close.code == 1013
    assert set(texts) == {"x" * 1_000}
    assert len(texts) < len(told)


def test_a_frame_that_was_begun_is_finished_before_an_evicted_client_hears_why(line: Line) -> None:
    assert line.outbox.offer(frames("x" * LIMIT * 4))
    assert 0 < line.outbox.waiting < LIMIT * 4  # a part of it is on its way
    assert not line.outbox.offer(frames("one more"))
    texts, close = line.read_all()
    assert texts == ["x" * LIMIT * 4]
    assert close is not None
    assert close.code == 1013


def test_what_waits_never_exceeds_the_limit(line: Line) -> None:
    line.fill()
    most = 0
    while line.outbox.offer(frames("x" * 500)):
        most = max(most, line.outbox.waiting)
    assert LIMIT - 1_000 < most <= LIMIT


def test_one_buffer_larger_than_the_limit_is_taken_if_nothing_waits(line: Line) -> None:
    assert line.outbox.offer(frames("x" * LIMIT * 2))
    assert line.read_all()[0] == ["x" * LIMIT * 2]


# Hold and release.


def test_held_offers_come_behind_what_the_handler_sends(line: Line) -> None:
    line.outbox.hold()
    line.outbox.offer(frames("live 1"))
    line.outbox.send(frames("from the log"))
    line.outbox.offer(frames("live 2"))
    line.outbox.release()
    line.outbox.offer(frames("live 3"))
    assert line.read_all()[0] == ["from the log", "live 1", "live 2", "live 3"]


def test_holding_twice_loses_nothing(line: Line) -> None:
    line.outbox.hold()
    line.outbox.offer(frames("one"))
    line.outbox.hold()
    line.outbox.offer(frames("two"))
    line.outbox.release()
    line.outbox.release()
    assert line.read_all()[0] == ["one", "two"]


def test_what_is_held_counts_towards_the_limit(line: Line) -> None:
    line.outbox.hold()
    while line.outbox.offer(frames("x" * 1_000)):
        assert line.outbox.waiting <= LIMIT
    assert line.outbox.closing
    line.outbox.release()
    texts, close = line.read_all()
    assert texts == []
    assert close is not None
    assert close.code == 1013


def test_a_close_lets_go_of_what_is_held_so_that_nothing_stands_between_fragments(line: Line) -> None:
    line.outbox.hold()
    line.outbox.offer(frames("held"))
    line.outbox.close(1001, "stopping")
    texts, close = line.read_all()
    assert texts == []
    assert close is not None
    assert (close.code, close.reason) == (1001, "stopping")


# What the handler calls.


def test_a_send_waits_while_its_own_client_reads_slowly(make_line: Callable[..., Line]) -> None:
    line = make_line(limit=100_000)
    answers = [f"{number:010000}" for number in range(30)]

    def answer() -> bool:
        for text in answers:
            line.outbox.send(frames(text))
        return True

    answering = InThread(answer)
    eventually(lambda: line.outbox.waiting > 50_000)
    assert answering.is_alive()
    texts: list[str] = []
    while len(texts) < len(answers):
        texts += line.read_all()[0]  # to where nothing waits, which on a busy machine is often
    assert answering.outcome() is True
    assert texts == answers


def test_a_send_that_waits_ends_when_the_client_goes(make_line: Callable[..., Line]) -> None:
    line = make_line(limit=20_000)
    answering = InThread(lambda: [line.outbox.send(frames("x" * 10_000)) for _ in range(50)])
    eventually(lambda: line.outbox.waiting > 10_000)
    line.far.close()
    assert answering.outcome() is not None
    assert line.outbox.closing


def test_a_send_that_waits_ends_when_the_client_is_cut(make_line: Callable[..., Line]) -> None:
    line = make_line(limit=20_000)
    answering = InThread(lambda: [line.outbox.send(frames("x" * 10_000)) for _ in range(50)])
    eventually(lambda: line.outbox.waiting > 10_000)
    line.outbox.cut()
    answering.outcome()


def test_while_its_handler_waits_offers_do_not(make_line: Callable[..., Line]) -> None:
    line = make_line(limit=100_000)
    answering = InThread(lambda: line.outbox.send(frames("x" * 90_000)))
    eventually(lambda: line.outbox.waiting > 50_000)
    begun = time.monotonic()
    line.outbox.offer(frames("from others"))
    assert time.monotonic() - begun < AT_ONCE
    assert answering.is_alive()
    texts, _ = line.read_all()
    answering.outcome()
    assert [len(text) for text in texts] == [90_000, len("from others")]


def test_a_pause_ends_early_if_the_client_goes(line: Line) -> None:
    pausing = InThread(lambda: line.outbox.pause(LONGEST_PAUSE))
    begun = time.monotonic()
    line.far.close()
    pausing.outcome()
    assert time.monotonic() - begun < LONGEST_PAUSE / 2


def test_a_pause_is_as_long_as_it_should_be_and_bounded(line: Line) -> None:
    begun = time.monotonic()
    line.outbox.pause(0.05)
    assert 0.045 < time.monotonic() - begun < 0.05 + AT_ONCE
    begun = time.monotonic()
    line.outbox.pause(1_000)
    assert LONGEST_PAUSE * 0.9 < time.monotonic() - begun < LONGEST_PAUSE + AT_ONCE


# Every way to end.


def test_a_close_goes_out_behind_all_that_waits_and_nothing_behind_it(line: Line) -> None:
    waiting = line.fill()
    assert waiting
    line.outbox.close(1001, "stopping")
    line.outbox.offer(frames("too late"))
    line.outbox.send(frames("too late"))
    line.outbox.close(1011)
    texts, close = line.read_all()
    assert set(texts) == {"x" * 1_000}
    assert close is not None
    assert (close.code, close.reason) == (1001, "stopping")


def test_since_when_it_is_closing_is_known(line: Line) -> None:
    assert line.outbox.closing_since is None
    before = time.monotonic()
    line.outbox.close(1001)
    assert line.outbox.closing_since is not None
    assert before <= line.outbox.closing_since <= time.monotonic()


def test_a_cut_wakes_a_handler_that_sits_in_a_read(line: Line) -> None:
    reading = InThread(lambda: line.outbox.recv(100))
    line.outbox.cut()
    assert reading.outcome() == b""
    assert line.far.recv(100) == b""


def test_nothing_is_sent_after_a_cut_and_nothing_is_kept(line: Line) -> None:
    line.fill()
    line.outbox.cut()
    assert line.outbox.waiting == 0
    assert line.outbox.offer(frames("too late"))
    line.outbox.send(frames("too late"))
    line.outbox.release()
    line.outbox.close(1001)
    assert line.outbox.flush()
    assert line.outbox.waiting == 0


def test_a_reset_by_the_peer_raises_in_nobodys_thread() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    far = socket.create_connection(listener.getsockname())
    near, _ = listener.accept()
    outbox = Outbox(near, limit=LIMIT, stalled=lambda _outbox: None)
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()  # a reset
    assert outbox.recv(100) == b""
    eventually(lambda: outbox.offer(frames("x")) and outbox.closing)
    outbox.send(frames("x"))
    outbox.linger()
    near.close()
    listener.close()


@pytest.mark.parametrize(
    "call",
    [
        lambda outbox: outbox.offer(b"x"),
        lambda outbox: outbox.send(b"x"),
        lambda outbox: outbox.close(1001),
        lambda outbox: outbox.release(),
        lambda outbox: outbox.recv(1),
        lambda outbox: outbox.flush(),
        lambda outbox: outbox.cut(),
        lambda outbox: outbox.linger(),
        lambda outbox: outbox.fileno(),
    ],
)
def test_a_socket_that_the_server_has_closed_already_raises_nowhere(
    line: Line, call: Callable[[Outbox], object]
) -> None:
    line.near.close()
    call(line.outbox)


def test_lingering_waits_for_the_peers_answer_and_then_ends_the_connection(line: Line) -> None:
    line.outbox.close(1001, "stopping")
    lingering = InThread(line.outbox.linger)
    talker = Talker(line.far)
    with pytest.raises(Closed) as closed:
        talker.receive()  # answers the close, as a client does
    assert closed.value.code == 1001
    line.far.close()
    lingering.outcome()
    assert line.outbox.closing


def test_lingering_is_bounded_when_the_peer_neither_answers_nor_goes(line: Line) -> None:
    line.outbox.close(1001)
    begun = time.monotonic()
    line.outbox.linger()
    assert time.monotonic() - begun < LINGER_TIMEOUT + AT_ONCE


def test_lingering_is_bounded_when_the_peer_reads_nothing(line: Line) -> None:
    line.fill()
    begun = time.monotonic()
    line.outbox.linger()
    assert time.monotonic() - begun < LINGER_TIMEOUT + AT_ONCE


def test_lingering_is_bounded_when_the_peer_never_stops_talking(line: Line) -> None:
    def chatter() -> None:
        try:
            while True:
                line.far.send(b"x" * 100)
        except OSError:
            pass

    line.outbox.close(1001)
    chattering = InThread(chatter)
    begun = time.monotonic()
    line.outbox.linger()
    assert time.monotonic() - begun < LINGER_TIMEOUT + AT_ONCE
    chattering.outcome()


def test_what_is_on_its_way_is_not_lost_by_lingering(line: Line) -> None:
    waiting = line.fill()
    assert waiting
    line.outbox.close(1001, "stopping")
    lingering = InThread(line.outbox.linger)
    texts, close = line.read_all()
    assert texts
    assert close is not None
    assert close.code == 1001
    line.far.close()
    lingering.outcome()


@pytest.fixture
def shared() -> Iterator[tuple[Budget, list[Line]]]:
    """A budget of three outboxes' worth, and eight clients in it that do not read."""
    budget = Budget(3 * LIMIT)
    lines = [Line(budget=budget) for _ in range(8)]
    yield budget, lines
    for line in lines:
        line.outbox.cut()
        line.far.close()
        line.near.close()


def test_what_waits_is_in_the_budget_and_what_is_sent_at_once_is_not(shared: tuple[Budget, list[Line]]) -> None:
    budget, (line, *_) = shared
    line.outbox.offer(text_frame(b"at once"))
    assert budget.total == 0
    waiting = line.fill()
    assert budget.total == waiting > 0
    line.outbox.hold()
    line.outbox.offer(text_frame(b"held"))
    assert budget.total == line.outbox.waiting == waiting + 6
    line.outbox.release()
    line.outbox.send(text_frame(b"answer"))
    assert budget.total == line.outbox.waiting
    line.read_all()
    assert budget.total == 0


@pytest.mark.parametrize("end", ["cut", "evict", "close"])
def test_what_is_given_up_is_out_of_the_budget(shared: tuple[Budget, list[Line]], end: str) -> None:
    budget, (line, *_) = shared
    line.fill()
    line.outbox.hold()
    line.outbox.offer(text_frame(b"held"))
    getattr(line.outbox, end)(*([1000] if end == "close" else []))
    assert budget.total == line.outbox.waiting
    line.outbox.cut()
    assert budget.total == 0


def test_when_all_together_keep_too_much_the_fullest_is_evicted_and_the_others_stay(
    shared: tuple[Budget, list[Line]],
) -> None:
    budget, lines = shared
    for round_, line in enumerate(lines):
        line.fill()
        for _ in range(round_ * 5 + (20 if line is lines[7] else 0)):
            line.outbox.offer(text_frame(b"x" * 1_000))
        assert budget.total == sum(each.outbox.waiting for each in lines)
    while not any(line.outbox.closing for line in lines):
        assert budget.total <= budget.limit
        min(lines[:7], key=lambda line: line.outbox.waiting).outbox.offer(text_frame(b"x" * 1_000))
    assert [line.outbox.closing for line in lines] == [False] * 7 + [True]
    _, close = lines[7].read_all()
    assert close is not None
    assert close.code == 1013
    assert len(lines[6].read_all()[0]) >= 30


def test_a_client_whose_own_offer_is_too_much_for_all_is_not_evicted_by_it_unless_it_is_the_fullest(
    shared: tuple[Budget, list[Line]],
) -> None:
    budget, lines = shared
    for line in lines[1:4]:
        line.fill()
        while budget.total < budget.limit and line.outbox.waiting < LIMIT - 2_000:
            line.outbox.offer(text_frame(b"x" * 1_000))
    lines[0].fill()
    while not any(line.outbox.closing for line in lines):
        lines[0].outbox.send(text_frame(b"x" * 1_000))
    assert not lines[0].outbox.closing


def test_an_answer_in_pieces_waits_for_the_client_to_read_before_the_next_is_made(line: Line) -> None:
    made = 0

    def answer() -> None:
        nonlocal made
        for _ in range(50):
            made += 1
            line.outbox.send(text_frame(b"x" * 4_000), down_to=8_000)

    answering = InThread(answer)
    eventually(lambda: line.outbox.waiting > 8_000)
    stopped_at = made
    assert stopped_at < 20
    assert line.outbox.waiting <= 8_000 + 4_100
    assert len(line.read_all()[0]) >= stopped_at
    line.far.settimeout(PATIENCE)
    eventually(lambda: bool(line.read_all()) and not answering.is_alive())
    assert made == 50
