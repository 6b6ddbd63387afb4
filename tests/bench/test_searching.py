"""The benchmark of the search: a small log is built, upgraded, asked and written to, and leaves nothing behind."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest

from chatapp.log.database import Database, sqlite_url

from ..actors import Server
from . import searching
from .library import messages, vocabulary


def test_the_log_is_the_same_each_time_and_its_words_as_frequent_as_in_a_language() -> None:
    words = vocabulary(random.Random(1))
    rows = [list(islice(messages(2_000, words, random.Random(2)), 2_000)) for _ in range(2)]
    assert rows[0] == rows[1]
    said = [word for row in rows[0] for word in row["text"].split()]
    assert said.count(words[0]) > 2 * said.count(words[10]) > 8 * said.count(words[1_000])
    assert [row["at"] for row in rows[0]] == sorted(row["at"] for row in rows[0])


def test_it_asks_all_its_questions_and_compares_the_commits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "COMMITS", {1: 3, 20: 2})
    data = tmp_path / "data"
    data.mkdir()
    url = sqlite_url(data / "chat.sqlite3")
    database = Database(url, busy_timeout=5)
    words = searching.build(database, 300)
    database.close()
    server = Server(data).start()
    try:
        assert len(searching.ask(server, words, 1)) == len(searching.questions(words))
    finally:
        server.stop()
    database = Database(url, busy_timeout=5)
    searching.cost(database, rounds=1)
    database.close()
    said = capsys.readouterr().out
    assert "indexed by the upgrade in" in said
    assert "| the commonest word | 50+ |" in said
    assert "| a word that nobody used | 0 |" in said
    for group in (1, 20):
        for how in ("none", "behind", "within"):
            assert f"| {group} | {how} |" in said
