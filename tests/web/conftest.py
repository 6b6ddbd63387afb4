"""People at the HTTP interface: with a cookie, without one, from elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HERE = "http://localhost"  # what the test client's requests are sent to
PROBLEM = "application/problem+json"


def content_of(answer: TestResponse) -> Any:
    """An answer's JSON; mypy knows no more of it than we."""
    return answer.get_json()


class Browser:
    """A browser with a page of ours open: it keeps cookies and sends an Origin with what it posts."""

    def __init__(self, client: FlaskClient, *, language: str = "en", origin: str | None = HERE):
        self.client = client
        self._headers = {"Accept-Language": language}
        self._origin = {"Origin": origin} if origin else {}

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, headers={**self._headers, **options.pop("headers", {})}, **options)

    def post(self, path: str, body: object = None, **options: Any) -> TestResponse:
        headers = {**self._headers, **self._origin, **options.pop("headers", {})}
        content = {} if "data" in options else {"json": body}
        return self.client.post(path, headers=headers, **content, **options)

    def named(self, name: str) -> Browser:
        """Has chosen a name."""
        assert self.post("/api/me", {"name": name}).status_code == 200
        return self

    def say(self, text: str, nonce: str, room: str = "general") -> Any:
        answer = self.post(f"/api/rooms/{room}/messages", {"text": text, "nonce": nonce})
        assert answer.status_code == 201, answer.text
        return content_of(answer)

    def read(self, path: str) -> Any:
        """The JSON at an address."""
        answer = self.get(path)
        assert answer.mimetype in ("application/json", PROBLEM)
        return content_of(answer)


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def make_browser(app: Flask) -> Callable[..., Browser]:
    return lambda **options: Browser(app.test_client(), **options)


@pytest.fixture
def program(app: Flask) -> Browser:
    """curl, a cron job: no cookie, no Origin."""
    return Browser(app.test_client(use_cookies=False), origin=None)


@pytest.fixture
def locked(tmp_path: Path) -> Callable[[], AbstractContextManager[None]]:
    """Another program writes to the database, and does not end."""

    @contextmanager
    def lock() -> Iterator[None]:
        with closing(sqlite3.connect(tmp_path / "data" / "chat.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    return lock


def refused(answer: TestResponse, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    """The problem document, after a look at all that must be in every one of them (RFC 9457)."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == PROBLEM
    problem: dict[str, Any] = content_of(answer)
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["code"] == code
    assert problem.get("field") == field
    return problem
