"""The budget of all outboxes: what it counts, whom it evicts, and that it ends."""

from __future__ import annotations

from chatapp.budget import SETTLED, Budget

from .actors import InThread


class Reader:
    """Holds bytes; when it is evicted the part that is half sent stays, if it has one."""

    def __init__(self, budget: Budget, *, begun: int = 0):
        self.ended: list[str] = []
        self._budget = budget
        self._begun = begun

    def keep(self, size: int) -> None:
        self._budget.keep(self, size)

    def evict(self) -> None:
        self.ended.append("evicted")
        self.keep(self._begun)

    def cut(self) -> None:
        self.ended.append("cut")
        self.keep(0)


def test_over_the_limit_the_fullest_go_first_until_there_is_some_room() -> None:
    budget = Budget(1_000)
    readers = [Reader(budget) for _ in range(4)]
    for reader, size in zip(readers, (300, 400, 200, 100), strict=True):
        reader.keep(size)
    budget.relieve()
    assert [reader.ended for reader in readers] == [[], [], [], []]
    readers[3].keep(101)
    budget.relieve()
    assert [reader.ended for reader in readers] == [[], ["evicted"], [], []]
    assert budget.total == 601


def test_who_keeps_half_a_frame_when_evicted_is_cut_if_that_is_too_much() -> None:
    budget = Budget(1_000)
    readers = [Reader(budget, begun=400) for _ in range(3)]
    for reader in readers:
        reader.keep(500)
    budget.relieve()
    assert budget.total <= 1_000 * SETTLED
    assert [reader.ended for reader in readers] == [["evicted", "cut"], ["evicted"], ["evicted"]]


def test_what_a_reader_keeps_is_counted_once_and_then_forgotten() -> None:
    budget = Budget(1_000)
    reader = Reader(budget)
    for size in (10, 500, 20, 0, 0):
        reader.keep(size)
        assert budget.total == size
    assert budget._kept == {}


def test_threads_that_come_and_go_leave_an_exact_total() -> None:
    budget = Budget(10_000)
    readers = [Reader(budget) for _ in range(8)]

    def busy(reader: Reader) -> None:
        for size in range(2_000):
            reader.keep(size)
            budget.relieve()

    for thread in [InThread(lambda reader=reader: busy(reader)) for reader in readers]:  # type: ignore[misc]
        thread.outcome(60)
    for reader in readers:
        reader.keep(0)
    assert budget.total == 0
    assert any(reader.ended for reader in readers)
