"""The page's own files at `/static/…`, from memory, with an ETag made of what is in them.

Flask's way makes the ETag of a file's time and size, so two versions with both in common are one to a browser; and it
keeps the file open until the browser has read it, so a thousand browsers that do not read use up the open files.
"""

from __future__ import annotations

import errno
import hashlib
import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, request
from werkzeug.security import safe_join

NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES)
CACHE_CONTROL = "no-cache"  # a browser asks each time, and mostly hears 304


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file's content, and what `stat` said before it was read."""

    version: tuple[int, ...]
    content: bytes
    etag: str  # without its quotes
    mimetype: str


class StaticFiles:
    """Serves the files of one folder. Reads each once, and again when `stat` says that it was changed.

    Threads share what is kept: an entry is replaced as a whole, never changed.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._kept: dict[str, _Kept] = {}

    def init_app(self, app: Flask) -> None:
        """Adds the addresses, under the endpoint's name that Flask uses too."""
        app.add_url_rule("/static/<path:filename>", "static", self._serve)

    def _serve(self, filename: str) -> Response:
        kept = self._file(filename)
        response = Response(kept.content, mimetype=kept.mimetype)
        response.set_etag(kept.etag)
        response.headers["Cache-Control"] = CACHE_CONTROL
        response.make_conditional(request.environ, accept_ranges=True, complete_length=len(kept.content))
        return response

    def _file(self, filename: str) -> _Kept:
        path = safe_join(str(self._folder), filename)
        if path is None:
            abort(404)
        try:
            version = _version(path)
            kept = self._kept.get(path)
            if kept is None or kept.version != version:
                kept = self._kept[path] = _read(path, version)
        except ValueError:  # a NUL in the name
            abort(404)
        except OSError as error:
            self._kept.pop(path, None)
            if error.errno not in NO_FILE:
                raise
            abort(404)
        return kept


def _version(path: str) -> tuple[int, ...]:
    """What changes when a file is written or replaced: the time of its last change (ctime) cannot be set by hand."""
    stat = os.stat(path)
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _read(path: str, version: tuple[int, ...]) -> _Kept:
    content = Path(path).read_bytes()
    mimetype = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return _Kept(version, content, hashlib.sha256(content).hexdigest()[:32], mimetype)
