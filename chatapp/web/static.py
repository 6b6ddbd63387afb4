"""The page's own files at `/static/…`, from memory, with an ETag made of what is in them.

A page refers to them by `/static/<version>/…`, where they never change, so that a browser keeps them for good and asks
for none of them again. The version is a hash of all files; under another one a browser gets the files of today, and
asks each time. With a version, a module `main.js` and a sheet `…-page.css` come joined with all that they import
(`joining.py`). Without a version, each file comes as it is.

Flask's way makes the ETag of a file's time and size, so two versions with both in common are one to a browser; and it
keeps the file open until the browser has read it, so a thousand browsers that do not read use up the open files.
WhiteNoise does both too, and compresses nothing but files that a command has put on the disk before.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import mimetypes
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

from flask import Flask, Response, abort, g, request, url_for
from werkzeug.security import safe_join

from .joining import joined_modules, joined_sheets

NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES)
CHECKED = "no-cache"  # a browser asks each time, and mostly hears 304
FOR_GOOD = "public, max-age=31536000, immutable"
_VERSION = re.compile("[0-9a-f]{12}")
MODULE, SHEET = "main.js", "-page.css"  # how the names of files end that come joined
_TEXTS = ("text/", "image/svg+xml", "application/manifest+json", "application/json")  # kinds that are worth compressing
_ZIPPED_FROM = 500  # bytes; fewer fit into one packet anyway


@dataclass(frozen=True, eq=False)
class _Kept:
    """A file's content, and what `stat` said before it was read."""

    version: tuple[int, ...]
    content: bytes
    etag: str  # without its quotes
    mimetype: str

    @cached_property
    def zipped(self) -> bytes | None:
        """The content compressed by gzip, once; None if that is not worth it."""
        worth = self.mimetype.startswith(_TEXTS) and len(self.content) >= _ZIPPED_FROM
        return gzip.compress(self.content, mtime=0) if worth else None


@dataclass(frozen=True, slots=True)
class _Release:
    """All files under one version, by their path."""

    version: str
    sources: dict[str, _Kept]  # as they lie in the folder
    files: dict[str, _Kept]  # as they are served


class StaticFiles:
    """Serves the files of one folder. Reads each once, and again when `stat` says that it was changed.

    Threads share what is kept: an entry is replaced as a whole, never changed.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._kept: dict[str, _Kept] = {}
        self._release = _Release("", {}, {})
        self._joining = Lock()  # only one thread makes a release

    def init_app(self, app: Flask) -> None:
        """Adds the address, under the endpoint's name that Flask uses too, and gives templates `asset(path)`."""
        app.add_url_rule("/static/<path:filename>", "static", self._serve)
        app.add_template_global(self.asset)

    def asset(self, path: str) -> str:
        """The address of a file, by its path in the folder, with the version of the files as they are now."""
        return url_for("static", filename=f"{self.present().version}/{path}")

    def present(self) -> _Release:
        """The files as they are during this request."""
        if "release" not in g:
            g.release = self.release()  # once for all that a page needs
        release: _Release = g.release
        return release

    @property
    def version(self) -> str:
        """The version that pages were given last, or would be given first. Costs nothing but the first time."""
        return self._release.version or self.release().version

    def text(self, path: str) -> str:
        """A file as it lies in the folder, by its path in it."""
        return self.present().sources[path].content.decode()

    def release(self) -> _Release:
        """The files as they are now. Costs a `stat` of each."""
        with self._joining:
            sources: dict[str, _Kept] = {}
            for folder, _, names in os.walk(self._folder):
                for name in names:
                    path = f"{folder}/{name}"
                    try:
                        sources[path[len(str(self._folder)) + 1 :]] = self._file(path)
                    except OSError:
                        continue  # removed since, or not for us to read
            if sources != self._release.sources or not self._release.version:
                known = "\n".join(f"{path} {kept.etag}" for path, kept in sorted(sources.items()))
                version = hashlib.sha256(known.encode()).hexdigest()[:12]
                self._release = _Release(version, sources, sources | _joined(sources))
            return self._release

    def _serve(self, filename: str) -> Response:
        version, _, path = filename.partition("/")
        if _VERSION.fullmatch(version):
            release = self._release if self._release.version else self.release()
            kept = release.files.get(path) or abort(404)
            caching = FOR_GOOD if version == release.version else CHECKED  # another server's, or one from before
        else:
            kept, caching = self._read_now(filename), CHECKED
        response = Response(kept.content, mimetype=kept.mimetype)
        response.set_etag(kept.etag)
        response.headers["Cache-Control"] = caching
        if kept.zipped:
            response.vary.add("Accept-Encoding")
            if request.accept_encodings["gzip"] > 0 and "Range" not in request.headers:
                response.set_data(kept.zipped)
                response.set_etag(f"{kept.etag}-gzip")
                response.content_encoding = "gzip"
        response.make_conditional(request.environ, accept_ranges=True, complete_length=len(kept.content))
        return response

    def _read_now(self, filename: str) -> _Kept:
        path = safe_join(str(self._folder), filename)
        if path is None:
            abort(404)
        try:
            return self._file(path)
        except ValueError:  # a NUL in the name
            abort(404)
        except OSError as error:
            self._kept.pop(path, None)
            if error.errno not in NO_FILE:
                raise
            abort(404)

    def _file(self, path: str) -> _Kept:
        version = _version(path)
        kept = self._kept.get(path)
        if kept is None or kept.version != version:
            kept = self._kept[path] = _kept(path, Path(path).read_bytes(), version)
        return kept


def _joined(files: dict[str, _Kept]) -> dict[str, _Kept]:
    """What comes in place of the files that come joined, and the source maps of modules."""

    def read(path: str) -> str:
        return files[path].content.decode()

    made: dict[str, str] = {}
    for path in files:
        if path.endswith(SHEET):
            made[path] = joined_sheets(path, read)
        elif os.path.basename(path) == MODULE:
            made[path], made[f"{path}.map"] = joined_modules(path, read)
    return {path: _kept(path, text.encode(), ()) for path, text in made.items()}


def _version(path: str) -> tuple[int, ...]:
    """What changes when a file is written or replaced: the time of its last change (ctime) cannot be set by hand."""
    stat = os.stat(path)
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _kept(path: str, content: bytes, version: tuple[int, ...]) -> _Kept:
    mimetype = mimetypes.guess_type(path.removesuffix(".map"))[0] or "application/octet-stream"
    return _Kept(version, content, hashlib.sha256(content).hexdigest()[:32], mimetype)
