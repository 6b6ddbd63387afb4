"""An answer and its reader: one that reads, one that reads slowly, one that does not, and one that is gone."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatapp.budget import Budget
from chatapp.servers.answering import DEFAULT_PATIENCE, AnsweringSocket, Patience

from ..actors import PATIENCE, InThread

ANSWER = bytes(range(256)) * 4_000  # a megabyte: more than the kernel takes
IMPATIENT = Patience(0.2, 1_000_000)

Make = Callable[..., tuple[AnsweringSocket, socket.socket]]


@pytest.fixture
def budget() -> Budget:
    return Budget(1 << 30)


@pytest.fixture
def make(budget: Budget) -> Iterator[Make]:
    """Makes a server's socket and the client's end of it."""
    made: list[socket.socket] = []

    def make(unsent_limit: int = 0, patience: Patience = DEFAULT_PATIENCE) -> tuple[AnsweringSocket, socket.socket]:
        far, near = socket.socketpair()
        far.settimeout(PATIENCE)
        made.extend((far, AnsweringSocket(near, budget=budget, unsent_limit=unsent_limit, patience=patience)))
        made[-1].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
        return made[-1], far  # type: ignore[return-value]

    yield make
    for sock in made:
        sock.close()


def read(sock: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size and (more := sock.recv(min(65_536, size - len(received)))):
        received += more
    return received


def test_an_answer_comes_whole_and_in_order_to_a_reader(make: Make, budget: Budget) -> None:
    near, far = make()

    def answer() -> None:
        near.sendall(ANSWER[:10])
        near.sendall(ANSWER[10:])

    answering = InThread(answer)
    assert read(far, len(ANSWER)) == ANSWER
    answering.outcome()
    assert (near.unsent, budget.total) == (0, 0)


def test_a_file_comes_whole_and_in_part(make: Make, tmp_path: Path) -> None:
    near, far = make()
    (tmp_path / "file").write_bytes(ANSWER)
    with (tmp_path / "file").open("rb") as file:
        sending = InThread(lambda: (near.sendfile(file), near.sendfile(file, 100, 70_000)))
        assert read(far, len(ANSWER) + 70_000) == ANSWER + ANSWER[100:70_100]
        assert sending.outcome() == (len(ANSWER), 70_000)


def test_what_the_reader_does_not_take_waits_in_the_budget_and_the_handler_goes_on(make: Make, budget: Budget) -> None:
    near, far = make(unsent_limit=len(ANSWER))
    near.sendall(ANSWER)  # returns, with nobody reading
    assert budget.total == near.unsent > len(ANSWER) // 2
    assert not near.push()
    received = b""
    while not near.push():
        received += far.recv(65_536)
    assert received + read(far, len(ANSWER) - len(received)) == ANSWER
    assert budget.total == 0


def test_a_handler_that_makes_more_than_may_wait_waits_for_the_reader(make: Make) -> None:
    near, far = make(unsent_limit=100_000)

    def make_much() -> None:
        for _ in range(20):
            near.sendall(ANSWER[:50_000])

    making = InThread(make_much)
    assert read(far, 900_000) == ANSWER[:50_000] * 18
    making.outcome()
    assert near.unsent <= 100_000


def test_a_reader_that_does_not_read_is_given_up_in_time(make: Make) -> None:
    near, far = make(patience=IMPATIENT)
    with pytest.raises(BrokenPipeError):
        near.sendall(ANSWER)
    assert near.unsent == 0
    with pytest.raises(BrokenPipeError):
        near.sendall(b"more")
    while far.recv(65_536):
        pass


def test_a_reader_that_takes_a_byte_a_while_is_given_up_too(make: Make) -> None:
    near, far = make(patience=IMPATIENT)
    sending = InThread(lambda: near.sendall(ANSWER))
    while sending.is_alive():
        far.recv(1)
    with pytest.raises(BrokenPipeError):
        sending.outcome()


def test_the_time_of_an_answer_grows_with_what_the_reader_took_and_begins_anew(make: Make) -> None:
    near, far = make(unsent_limit=len(ANSWER))
    near.sendall(ANSWER)
    before = near.deadline
    far.recv(65_536)
    near.push()
    assert near.deadline > before
    read(far, 4_096)
    near.begin()
    assert near._since is None


@pytest.mark.parametrize("end", ["cut", "evict", "close"])
def test_what_is_given_up_is_out_of_the_budget(make: Make, budget: Budget, end: str) -> None:
    near, _ = make(unsent_limit=len(ANSWER))
    told: list[str] = []
    near.closed = lambda: told.append("closed")
    near.sendall(ANSWER)
    getattr(near, end)()
    assert (near.unsent, budget.total) == (0, 0)
    near.close()
    near.close()
    assert told == ["closed"]


def test_over_the_budget_the_fullest_is_cut_and_its_handler_wakes(make: Make, budget: Budget) -> None:
    budget.limit = 1_500_000
    full, _ = make()
    waiting = InThread(lambda: full.sendall(ANSWER))
    while not budget.total:
        assert waiting.is_alive()
    other, _ = make(unsent_limit=len(ANSWER))
    other.sendall(ANSWER[:700_000])
    with pytest.raises(BrokenPipeError):
        waiting.outcome()
    assert other.unsent


def test_a_peer_that_is_gone_is_an_error_at_once(make: Make, budget: Budget) -> None:
    near, far = make(unsent_limit=len(ANSWER))
    near.sendall(ANSWER)
    far.close()
    with pytest.raises(ConnectionError):
        near.push()
    assert budget.total == 0
