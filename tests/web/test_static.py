"""The page's own files: what makes a browser load one again, and what is no file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from chatapp.web.static import StaticFiles

from ..actors import ROOT, Server

SAME_TIME = 1_700_000_000_000_000_000  # ns


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    return made


@pytest.fixture
def browser(folder: Path) -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    StaticFiles(folder).init_app(app)
    return app.test_client()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    os.utime(path, ns=(SAME_TIME, SAME_TIME))


def replace(path: Path, content: bytes) -> None:
    other = path.with_suffix(".new")
    write(other, content)
    other.rename(path)


@pytest.mark.parametrize("change", [write, replace])
def test_a_file_of_equal_size_and_time_with_other_content_is_loaded_again(
    folder: Path, browser: FlaskClient, change: Callable[[Path, bytes], None]
) -> None:
    file = folder / "page.js"
    write(file, b"let a = 1;")
    first = browser.get("/static/page.js")
    assert (first.status_code, first.data, first.mimetype) == (200, b"let a = 1;", "text/javascript")
    assert first.headers["Cache-Control"] == "no-cache"
    asked = {"If-None-Match": first.headers["ETag"]}
    unchanged = browser.get("/static/page.js", headers=asked)
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    change(file, b"let a = 2;")
    changed = browser.get("/static/page.js", headers=asked)
    assert (changed.status_code, changed.data) == (200, b"let a = 2;")
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_an_answer_depends_on_content_alone_never_on_a_time(folder: Path, browser: FlaskClient) -> None:
    """`If-Modified-Since` would bring the fault back: a file that is put back keeps its old time."""
    write(folder / "page.js", b"let a = 1;")
    answer = browser.get("/static/page.js")
    assert "Last-Modified" not in answer.headers
    later = browser.get("/static/page.js", headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"})
    assert (later.status_code, later.data) == (200, b"let a = 1;")


def test_two_servers_with_the_same_files_give_the_same_etags(folder: Path, browser: FlaskClient) -> None:
    (folder / "one.css").write_bytes(b"same")
    (folder / "two.css").write_bytes(b"same")
    assert browser.get("/static/one.css").headers["ETag"] == browser.get("/static/two.css").headers["ETag"]


def test_a_part_of_a_file_can_be_asked_for(folder: Path, browser: FlaskClient) -> None:
    write(folder / "page.js", b"let a = 1;")
    part = browser.get("/static/page.js", headers={"Range": "bytes=4-6"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"a =", "bytes 4-6/10")


@pytest.mark.parametrize(
    "path", ["nothing.js", "sub", "../secret.txt", "%2e%2e/secret.txt", "page.js/more", "a%00b", "x" * 300, ""]
)
def test_what_is_no_file_of_the_folder_is_not_found(folder: Path, browser: FlaskClient, path: str) -> None:
    (folder / "sub").mkdir()
    write(folder / "page.js", b"let a = 1;")
    (folder.parent / "secret.txt").write_text("secret")
    assert browser.get(f"/static/{path}").status_code == 404


def test_a_file_that_was_removed_is_gone(folder: Path, browser: FlaskClient) -> None:
    write(folder / "page.js", b"let a = 1;")
    assert browser.get("/static/page.js").status_code == 200
    (folder / "page.js").unlink()
    assert browser.get("/static/page.js").status_code == 404


def test_every_file_of_the_page_comes_whole(server: Server) -> None:
    files = [path for path in sorted((ROOT / "static").rglob("*")) if path.is_file()]
    assert len(files) > 20
    for file in files:
        status, headers, content = server.get(f"/static/{file.relative_to(ROOT / 'static')}")
        assert (status, content) == (200, file.read_bytes()), file
        assert int(headers["content-length"]) == len(content)
    assert "Traceback" not in server.terminal
