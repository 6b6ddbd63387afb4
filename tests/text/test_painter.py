"""Code is coloured by a process that can be ended: no pattern keeps anybody waiting for long."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from chatapp.text.colouring import html, lexer_of
from chatapp.text.languages import LANGUAGES, language
from chatapp.text.painter import ANSWER_MOST, CODE_MOST, TURN_MOST, Painter
from chatapp.text.rendering import PAINTING_MOST, Renderer
from tests.actors import ROOT, eventually

# Pygments' lexer for C++ needs longer for this than anybody waits.
ENDLESS = " \n" * 5_000


@pytest.fixture
def painter() -> Iterator[Painter]:
    painter = Painter()
    yield painter
    painter.close()


def test_words_that_have_a_colour_get_a_class(painter: Painter) -> None:
    assert painter.paint("if x < 1: pass", "python") == (
        '<span class="k">if</span> x &lt; <span class="mi">1</span>: <span class="k">pass</span>'
    )


def test_a_last_line_is_coloured_too(painter: Painter) -> None:
    assert painter.paint("- a\n+ b", "diff") == '<span class="gd">- a</span>\n<span class="gi">+ b</span>'


@pytest.mark.parametrize("name", sorted(set(LANGUAGES.values())))
def test_every_language_has_its_lexer_and_keeps_the_code(name: str) -> None:
    code = "\n\n  x = '<a>' // \"&\" # { ( [\n\tend\n\n"
    made = html(code, lexer_of(name))
    assert made is not None
    without = made.replace("</span>", "")
    while '<span class="' in without:
        before, _, behind = without.partition('<span class="')
        without = before + behind.partition('">')[2]
    assert unescape(without) == code


def test_a_language_goes_by_many_names_and_an_unknown_one_by_none() -> None:
    assert language("JS") == "javascript"
    assert language("c++") == "cpp"
    for info in ("", "nonsense", "js title=x", '"><script>', "python\"onmouseover='"):
        assert language(info) is None


def test_code_that_keeps_a_lexer_busy_for_ever_stays_black_and_the_next_is_coloured(painter: Painter) -> None:
    begun = time.monotonic()
    assert painter.paint(ENDLESS, "cpp") is None
    assert time.monotonic() - begun < ANSWER_MOST + 2
    assert painter.paint("pass", "python") == '<span class="k">pass</span>'


def test_a_message_with_many_pieces_of_code_does_not_wait_for_others_at_each(renderer: Renderer) -> None:
    fences = "```python\npass\n```\n" * 20
    with renderer._painter._turn:  # somebody else's code is being coloured
        begun = time.monotonic()
        made = renderer.render(fences).html or ""
        assert time.monotonic() - begun < PAINTING_MOST + TURN_MOST + 2
    assert made.count("<pre>") == 20
    assert "<span" not in made
    assert '<span class="k">pass</span>' in (renderer.render(fences).html or "")


def test_code_that_is_too_long_is_not_even_tried(painter: Painter) -> None:
    assert painter.paint("x" * (CODE_MOST + 1), "python") is None


def test_the_process_ends_with_the_one_that_started_it() -> None:
    program = (
        "import os, signal; from chatapp.text.painter import Painter; painter = Painter();"
        "painter.paint('x', 'python');"
        "print(painter._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    started = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, check=False, text=True)
    assert started.returncode == -signal.SIGKILL
    eventually(lambda: not Path(f"/proc/{int(started.stdout)}/cmdline").exists())


def test_after_the_end_nothing_is_coloured(painter: Painter) -> None:
    assert painter.paint("pass", "python")
    painter.close()
    painter.close()
    assert painter.paint("pass", "python") is None
