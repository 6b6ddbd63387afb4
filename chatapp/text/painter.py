"""Has code coloured by a process of its own.

A lexer is patterns written by many people, and for some of them one can make a few kilobytes on which they need for
ever, with the interpreter's lock held: in this process everybody would wait. In its own it is ended, and the code stays
black.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock

from .. import cpu_time

CODE_MOST = 10_000  # characters of one piece of code that are coloured
TURN_MOST = 1.5  # seconds to wait for others' code; one's own preview is such another
ANSWER_MOST = 3.0  # seconds to wait for an answer; the process gives itself half a second, but the machine may be busy

UNANSWERED_COST = 1.0  # seconds of processor time until it is ended, and until the next one is ready

_PROGRAM = Path(__file__).resolve().parent / "colouring.py"
_RUN = "import runpy, sys; runpy.run_path(sys.argv[1])['serve']()"


class Painter:
    """Owns the process that colours. It is started when there is something to colour, and again after it was ended."""

    def __init__(self) -> None:
        self._turn = Lock()  # held by who asks: guards the process and its pipes
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def paint(self, code: str, language: str) -> str | None:
        """The code as HTML with Pygments' classes; None if that takes too long, or cannot be had."""
        if len(code) > CODE_MOST or not self._turn.acquire(timeout=TURN_MOST):
            return None
        try:
            return None if self._closed else self._ask(json.dumps([language, code]).encode() + b"\n")
        except OSError:  # it cannot be started, or was ended while we wrote
            self._end()
            return None
        finally:
            self._turn.release()

    def close(self) -> None:
        """Ends the process; from here on nothing is coloured."""
        with self._turn:
            self._closed = True
            self._end()

    def _ask(self, line: bytes) -> str | None:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603  # a program of ours; what people wrote goes through a pipe
                [sys.executable, "-I", "-c", _RUN, str(_PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        asked, said = self._process.stdin, self._process.stdout
        if asked is None or said is None:  # never: both are pipes
            return None
        asked.write(line)
        answer = self._answer(said.fileno())
        if answer is None:
            cpu_time.add(UNANSWERED_COST)
            self._end()
            return None
        coloured: str | None
        coloured, seconds = json.loads(answer)
        cpu_time.add(seconds)
        return coloured

    def _answer(self, pipe: int) -> bytes | None:
        """One line of it; None if it was ended, or says nothing in time."""
        ready = select.poll()
        ready.register(pipe, select.POLLIN)
        deadline = time.monotonic() + ANSWER_MOST
        said = bytearray()
        while not said.endswith(b"\n"):
            if not ready.poll(max(0.0, deadline - time.monotonic()) * 1000):
                return None
            more = os.read(pipe, 65_536)
            if not more:
                return None
            said += more
        return bytes(said)

    def _end(self) -> None:
        if self._process is None:
            return
        with self._process as process:  # closes the pipes and waits for it
            process.kill()
        self._process = None
