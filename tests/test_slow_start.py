"""A start that takes long gives signs of life, and says what it is doing."""

from __future__ import annotations

import threading
from threading import Event

import pytest

from chatapp.slow_start import SlowStart

from .actors import PATIENCE


class Signs:
    """Counts the signs of life; `enough` is set at the third."""

    def __init__(self) -> None:
        self.count = 0
        self.enough = Event()

    def alive(self) -> None:
        self.count += 1
        if self.count == 3:
            self.enough.set()


def test_a_long_start_is_alive_and_says_what_it_is_doing(capsys: pytest.CaptureFixture[str]) -> None:
    signs = Signs()
    with SlowStart(signs.alive, lambda: "upgrading, step 2 of 7", tick=0.01, quiet=0):
        assert signs.enough.wait(PATIENCE)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["chatapp: upgrading, step 2 of 7; 0 s so far"]


def test_an_ordinary_start_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    signs = Signs()
    with SlowStart(signs.alive, lambda: "upgrading", tick=0.01):
        assert signs.enough.wait(PATIENCE)
    with SlowStart(signs.alive, lambda: "", tick=0.01, quiet=0):
        pass
    assert capsys.readouterr().out == ""


def test_a_start_that_fails_ends_the_signs_too() -> None:
    signs = Signs()

    def fail() -> None:
        with SlowStart(signs.alive, lambda: "", tick=0.01):
            assert signs.enough.wait(PATIENCE)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert "slow-start" not in [thread.name for thread in threading.enumerate()]
