"""A thread without which nothing is delivered dies: the process ends, says why, and whoever supervises it starts it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from flask import Flask

from chatapp.lifecycle import Lifecycle
from chatapp.log.journal import Journal

from ..actors import PATIENCE, Closed, Server, Talker, eventually
from ..launching import warm

THREADS = ("journal", "fan-out", "heartbeat", "indexer")


class Mortal(Server):
    """The chat with `dying` in it."""

    COMMANDS = {  # noqa: RUF012  # as its parent's
        "gunicorn": (sys.executable, "-m", "gunicorn", "-k", "gthread", "tests.races.dying:app"),
        "flask": (sys.executable, "-m", "flask", "--app", "tests.races.dying", "run"),
    }

    def strike(self, thread: str) -> None:
        """Lets that thread die."""
        Path(f"{self.data}.fault").write_text(thread)


def post_until_the_end(client: Talker) -> int:
    """The close code."""
    while True:
        try:
            client.hear(nonce=client.post("is anybody there?"), timeout=0.2)
        except TimeoutError:
            pass  # whoever would answer is dead
        except BrokenPipeError:
            return client.closed()
        except Closed as closed:
            return closed.code


def replaced(server: Server, worker: int) -> bool:
    try:
        return server.worker() != worker and server.answers()
    except (IndexError, OSError):  # between the two there is none
        return False


def test_gunicorn_starts_a_new_worker_when_a_vital_thread_has_died(tmp_path: Path) -> None:
    server = Mortal(tmp_path / "data", launch=warm, RATE_LIMIT=0)
    server.start()
    try:
        for thread in THREADS:
            worker = server.worker()
            client = server.enter(f"with-{thread}")
            server.strike(thread)
            assert post_until_the_end(client) == 1001
            eventually(lambda worker=worker: replaced(server, worker), 20)  # type: ignore[misc]
            assert f"The thread {thread} has died" in server.terminal
        ana = server.enter("ana")
        assert ana.hear(nonce=ana.post("alive"))["text"] == "alive"
    finally:
        server.hang_up()
        assert server.stop() == 0


def test_flask_run_ends_with_a_status_when_a_vital_thread_has_died(tmp_path: Path) -> None:
    server = Mortal(tmp_path / "data", kind="flask", launch=warm)
    server.start()
    client = server.enter("ana")
    server.strike("journal")
    assert post_until_the_end(client) == 1001
    server.hang_up()
    assert server.process.wait(PATIENCE) == 1
    assert "The thread journal has died" in server.terminal


def test_the_health_check_knows_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a server that could not be told how to end, the chat has stopped and says so."""
    client = app.test_client()
    assert client.get("/healthz").status_code == 200

    def die(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(Journal, "_take", die)
    lifecycle: Lifecycle = app.extensions["chatapp"]
    eventually(lambda: lifecycle.stopping)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert json.loads(answer.data)["reason"] == "the thread journal has died"
