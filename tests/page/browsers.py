"""The browsers that the page is tried in: Chromium, and Debian's Firefox."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox") or "firefox"
CHOSEN = os.environ.get("CHATAPP_TEST_BROWSER") or CHROMIUM  # the program of a Chromium or a Firefox

# Each window of Chromium's loads a page of its own for the address bar, which costs twice what ours does. Of several
# such flags the last is heeded, so that what Playwright turns off, and we may meet, is said again.
NOT_NEEDED = [
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    *("AimEnabled", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying"),
    *("OptimizationHints", "PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning"),
]
ARGUMENTS = ["--no-sandbox", f"--disable-features={','.join(NOT_NEEDED)}"]

STARTER = Path(__file__).with_name("firefox.py")
FINE, HOVER = 2, 4
PREFERENCES: dict[str, str | float | bool] = {
    # Without a screen there is no mouse either.
    "ui.primaryPointerCapabilities": FINE | HOVER,
    "ui.allPointerCapabilities": FINE | HOVER,
    # One process for all pages, and none in advance: a page takes a third less processor time.
    "fission.autostart": False,
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
}
# Firefox reports these as errors of the page: a server that does not answer, a socket that ends with its page.
NO_CONNECTION = re.compile("Firefox can’t establish a connection|The connection to .* was interrupted")
POLICY = "Content Security Policy"


@contextmanager
def start(playwright: Playwright, program: str) -> Iterator[Browser]:
    """Starts the browser of that program, and closes it at the end."""
    if "firefox" in Path(program).name:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # on which firefox.py finds its Python
        browser = playwright.firefox.launch(
            channel="moz-firefox",
            executable_path=STARTER,
            env={**os.environ, "PATH": path, "FIREFOX": program},
            firefox_user_prefs=PREFERENCES,
        )
    else:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
    yield browser
    browser.close()


def mistake(error: Error) -> str | None:
    """What an uncaught error of the page says. None if it is about a connection: many tests break it."""
    if NO_CONNECTION.search(error.message):
        return None
    return f"{error.name}: {error.message}".replace("Content-Security-Policy", POLICY)  # as Chromium writes it
