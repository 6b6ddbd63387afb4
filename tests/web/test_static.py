"""The page's own files: what makes a browser load one again, and what is no file."""

from __future__ import annotations

import gzip
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
def files(folder: Path) -> StaticFiles:
    return StaticFiles(folder)


@pytest.fixture
def browser(files: StaticFiles) -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    files.init_app(app)
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


def test_a_file_under_its_version_is_kept_for_good_and_under_another_one_never(
    folder: Path, files: StaticFiles, browser: FlaskClient
) -> None:
    write(folder / "page.js", b"let a = 1;")
    old = files.release().version
    assert files.release().version == old
    first = browser.get(f"/static/{old}/page.js")
    assert (first.data, first.headers["Cache-Control"]) == (b"let a = 1;", "public, max-age=31536000, immutable")
    write(folder / "page.js", b"let a = 2;")
    # Until a page refers to the new version, the old one is whole: a page never gets files of two versions.
    assert browser.get(f"/static/{old}/page.js").data == b"let a = 1;"
    new = files.release().version
    assert new != old
    assert browser.get(f"/static/{new}/page.js").data == b"let a = 2;"
    other = browser.get(f"/static/{old}/page.js")  # of a page from before, or of a server with other files
    assert (other.data, other.headers["Cache-Control"]) == (b"let a = 2;", "no-cache")
    assert browser.get(f"/static/{new}/nothing.js").status_code == 404
    write(folder / "page.js", b"let a = 1;")
    assert files.release().version == old


def test_a_server_that_has_shown_no_page_yet_knows_its_version(folder: Path, browser: FlaskClient) -> None:
    write(folder / "page.js", b"let a = 1;")
    version = StaticFiles(folder).release().version
    assert browser.get(f"/static/{version}/page.js").headers["Cache-Control"].endswith("immutable")


def test_a_version_tells_the_files_apart_by_name_and_content(folder: Path, files: StaticFiles) -> None:
    versions = {files.release().version}
    for name, content in (("a.js", b"1"), ("a.js", b"2"), ("b.js", b"2")):
        (folder / name).write_bytes(content)
        versions.add(files.release().version)
    (folder / "a.js").unlink()
    assert len(versions | {files.release().version}) == 5


def test_a_text_comes_compressed_to_who_takes_it(folder: Path, files: StaticFiles, browser: FlaskClient) -> None:
    content = b"let a = 1;\n" * 200
    (folder / "page.js").write_bytes(content)
    (folder / "tiny.js").write_bytes(b"1")
    (folder / "picture.png").write_bytes(content)
    for prefix in ("/static", f"/static/{files.release().version}"):
        packed = browser.get(f"{prefix}/page.js", headers={"Accept-Encoding": "br;q=1, gzip;q=0.5"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == content
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(content) / 10
        for accepted in ("identity", "gzip;q=0", ""):
            plain = browser.get(f"{prefix}/page.js", headers={"Accept-Encoding": accepted})
            assert ("Content-Encoding" not in plain.headers, plain.data) == (True, content)
            assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
            assert plain.headers["ETag"] != packed.headers["ETag"]
        again = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
        assert browser.get(f"{prefix}/page.js", headers=again).status_code == 304
        part = browser.get(f"{prefix}/page.js", headers={"Accept-Encoding": "gzip", "Range": "bytes=4-6"})
        assert (part.status_code, part.data) == (206, b"a =")
        for other in ("tiny.js", "picture.png"):
            answer = browser.get(f"{prefix}/{other}", headers={"Accept-Encoding": "gzip"})
            assert not {"Content-Encoding", "Vary"} & set(answer.headers.keys())


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
