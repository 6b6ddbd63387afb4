"""A GET changes nothing, whoever has a browser send it: a link and an image are no way to act for somebody."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from .conftest import Browser

# What lists its reader among the people, and is refused when another site's page asks for it.
CONNECTIONS = {"/chat", "/api/rooms/<slug>/stream", "/flow/socket"}
FROM_ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
VALUES = {
    "slug": "general",
    "seq": "1",
    "emoji": "%F0%9F%91%8D",
    "filename": "js/main.js",
    "lang": "en",
    "name": "en",
    "path": "x",
}
QUERIES = ("", "?name=Eve&text=x&nonce=n&q=x&after=0&all=1&on=1&lang=pt-BR&limit=5&topic=x&key=x&room=general")


def content(folder: Path) -> dict[str, list[Any]]:
    """All rows of the log but the index's, which follows by itself, and the time at which it was looked at last."""
    with closing(sqlite3.connect(folder / "data" / "chat.sqlite3")) as log:
        tables = [name for (name,) in log.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        # Table names come from the database itself.
        return {
            name: log.execute(f'SELECT * FROM "{name}"').fetchall()
            for name in tables
            if not name.startswith(("message_index", "documents", "meta"))
        }


@pytest.mark.parametrize("headers", [{}, FROM_ELSEWHERE], ids=["here", "elsewhere"])
def test_no_get_changes_the_log_the_people_or_who_one_is(
    make_app: Callable[..., Flask], tmp_path: Path, headers: dict[str, str]
) -> None:
    app = make_app(LAB=1, FLOW="open")
    ana = Browser(app.test_client()).named("Ana")
    ana.say("hello", "n1")
    me, rooms = ana.read("/api/me"), ana.read("/api/rooms")
    before = content(tmp_path)
    asked = 0
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or (rule.rule in CONNECTIONS and not headers):
            continue
        path = rule.rule
        for argument in rule.arguments:
            converters: Any = rule._converters
            name = converters[argument].__class__.__name__
            kind = {"PathConverter": "path:", "IntegerConverter": "int:"}.get(name, "")
            path = path.replace(f"<{kind}{argument}>", VALUES[argument])
        assert "<" not in path, path
        for query in QUERIES:
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = ana.client.open(path + query, method=method, headers=headers)
                assert answer.status_code < 500, path
                answer.close()
                asked += 1
    assert asked > 100
    assert content(tmp_path) == before
    assert ana.read("/api/me") == me
    assert ana.read("/api/rooms") == rooms
    assert ana.read("/lab/state")["running"] is False
