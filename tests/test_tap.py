"""The tap: notes in their order, bounded, with gaps that can be counted."""

from __future__ import annotations

from chatapp.flow.assembler import Assembler
from chatapp.tap import RING, SAMPLES, Tap


def test_notes_come_out_in_their_order_once() -> None:
    tap = Tap()
    for n in range(5):
        tap.note("received", n)
    assert [note.about for note in tap.take()] == [0, 1, 2, 3, 4]
    assert tap.take() == []


def test_over_the_ring_the_oldest_are_dropped_and_counted() -> None:
    tap, assembler = Tap(), Assembler()
    tap.note("received")
    assert assembler.tell(tap.take()).dropped == 0
    for _ in range(RING + 7):
        tap.note("received")
    notes = tap.take()
    assert len(notes) == RING
    assert assembler.tell(notes).dropped == 7


def test_unwatched_no_round_is_sampled_and_of_very_many_watched_ones_not_every_one() -> None:
    tap = Tap()
    assert not tap.sample()
    tap.watched = 1
    assert [tap.sample() for _ in range(SAMPLES)] == [True] * SAMPLES
    assert not all(tap.sample() for _ in range(SAMPLES))  # so many more come too soon
