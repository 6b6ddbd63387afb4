"""What the page needs to open without the server: a service worker, and the shell that it keeps.

The shell is the page of nobody, in no room; the page's scripts fill it with what they kept themselves. The address of
the worker names what it keeps: a browser installs another one when that changed, and otherwise asks for nothing.
CHATAPP_OFFLINE=0 takes it back: pages remove the worker, and whoever still has it gets one that removes itself.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256

from flask import Blueprint, Response, make_response, render_template, request, url_for
from msgspec import json

from ..config import Settings
from ..identity import language
from .boot import boot
from .static import CHECKED, FOR_GOOD, StaticFiles
from .zipping import zipped

_FILES = re.compile(r'(?:src|href)="([^"]*/static/[0-9a-f]{12}/[^"]+)"')
_REMOVAL = """\
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(registration.unregister()));
"""


class Offline:
    """The worker and the shell, by language; each is made once for a version of the files."""

    def __init__(self, settings: Settings, files: StaticFiles):
        self._settings = settings
        self._files = files

        @lru_cache(maxsize=16)  # languages, and prefixes of proxies; of former versions nobody asks any more
        def shell(locale: str, prefix: str, version: str) -> tuple[str, str]:
            made = render_template("index.html", boot=boot(settings, version=version), locale=locale)
            return made, sha256(made.encode()).hexdigest()[:12]

        self._shell_of = shell

    def blueprint(self) -> Blueprint:
        """`/service-worker.js` and `/shell`."""
        blueprint = Blueprint("offline", __name__)

        @blueprint.get("/service-worker.js")
        def worker() -> Response:
            response = make_response(self._worker() if self._settings.OFFLINE else _REMOVAL)
            response.mimetype = "text/javascript"
            current = self._settings.OFFLINE and request.args.get("v") == self._shell()[1]
            response.headers["Cache-Control"] = FOR_GOOD if current else CHECKED
            return response

        @blueprint.get("/shell")
        def shell() -> Response:
            response = make_response(self._shell()[0])
            response.headers["Cache-Control"] = CHECKED
            return zipped(response)

        return blueprint

    def address(self) -> str | None:
        """The worker's address for this request's language; None if there shall be none."""
        return url_for("offline.worker", v=self._shell()[1]) if self._settings.OFFLINE else None

    def _shell(self) -> tuple[str, str]:
        """The shell, and its version."""
        return self._shell_of(language(), request.script_root, self._files.present().version)

    def _worker(self) -> str:
        shell, version = self._shell()
        known = {
            "VERSION": version,
            "PREFIX": request.script_root,
            "SHELL": url_for("offline.shell"),
            "FILES": sorted(set(_FILES.findall(shell))),
        }
        lines = [f"const {name} = {json.encode(value).decode()};\n" for name, value in known.items()]
        return "".join(lines) + self._files.text("js/worker.js")
