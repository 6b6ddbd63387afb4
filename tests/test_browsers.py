"""What the page needs of a browser: nothing that is newer than the versions it names, unless there is a substitute."""

from __future__ import annotations

import re
from typing import NamedTuple

from chatapp.web.browsers import OLDEST

from .actors import ROOT

STATIC = ROOT / "static"


class Convenience(NamedTuple):
    """What the page uses and can do without: its name, and the JavaScript that takes it away before the page starts."""

    name: str
    without: str


def static(owner: str, name: str) -> Convenience:
    return Convenience(f"{owner}.{name}", f"delete {owner}.{name}")


def method(owner: str, name: str) -> Convenience:
    return Convenience(f"{owner}.{name}", f"delete {owner}.prototype.{name}")


CONVENIENCES = [
    static("Intl", "Segmenter"),
    static("Intl", "ListFormat"),
    static("Map", "groupBy"),
    static("AbortSignal", "timeout"),
    static("globalThis", "BroadcastChannel"),
    static("globalThis", "ResizeObserver"),
    static("globalThis", "IntersectionObserver"),
    static("globalThis", "Highlight"),
    static("globalThis", "Notification"),
    Convenience("visualViewport", "Object.defineProperty(window, 'visualViewport', { value: undefined })"),
    static("globalThis", "AudioContext"),
    method("Array", "toReversed"),
    method("Array", "findLast"),
    method("Element", "checkVisibility"),
    method("String", "isWellFormed"),
    method("String", "toWellFormed"),
    method("HTMLElement", "showPopover"),
    method("HTMLElement", "hidePopover"),
    Convenience(
        "Storage", "for (const each of ['local', 'session']) Object.defineProperty(window, `${each}Storage`, {})"
    ),
]

# What at least one of the oldest browsers has not got.
NEWER = [
    *(r"\bclosedby\b|\.closedBy\b", r"\bCloseWatcher\b", r"\bcommandfor\b|\.commandForElement\b", r"popover=.hint"),
    *(r"\bPromise\.try\(", r"\bRegExp\.escape\(", r"\bError\.isError\(", r"\bMath\.sumPrecise\(", r"\.getOrInsert"),
    r"\bIterator\.|\.((values|keys|entries)\(\)|matchAll\([^()]*\))\.(map|filter|some|every|find|take|drop|toArray)\(",
    *(r"\bfrom(Base64|Hex)\(|\bto(Base64|Hex)\(", r"\bTemporal\.", r"\bscheduler\.(yield|postTask)\("),
    *(r"\brequestIdleCallback\(", r"\bnavigation\.(navigate|addEventListener|back|traverseTo)", r"\bnew URLPattern\("),
    *(
        r"\.moveBefore\(",
        r"\bsetHTML\(|\bnew Sanitizer\(",
        r"\bscrollend\b",
        r"@view-transition|\.startViewTransition\(",
    ),
    *(r"\bfield-sizing\b", r"\bposition-anchor\b|\banchor-name\b|\banchor\(|\bposition-area\b", r"@scope\b"),
    *(r"\binterpolate-size\b|\bcalc-size\(", r"@function\b|\bif\((?=style|media)", r"\bsibling-(index|count)\("),
    *(
        r"\bCSS\.highlights\b",
        r"\buntil-found\b",
        r"\bcontrast-color\(",
        r"\bshape\((?=from)",
        r"\btext-box(-trim|-edge)?\s*:",
        r"\breading-flow\b",
    ),
]
# Those of them that the page may use, and why.
ALLOWED = {
    r"\bCSS\.highlights\b": "without it the words that were searched for are not marked",
    r"\buntil-found\b": "without it the browser's own search finds only what is shown",
}


def uncommented(text: str) -> str:
    return re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", text, flags=re.DOTALL)


def test_the_page_needs_nothing_newer_than_the_browsers_it_names() -> None:
    files = [path for folder in ("js", "css") for path in sorted((STATIC / folder).rglob("*.*"))]
    texts = {path.name: uncommented(path.read_text()) for path in [*files, *(ROOT / "templates").glob("*.html")]}
    for pattern in NEWER:
        users = [name for name, text in texts.items() if re.search(pattern, text)]
        assert bool(users) == (pattern in ALLOWED), (pattern, users)


def test_the_first_scripts_are_written_for_browsers_that_know_no_modules() -> None:
    for name in ("start.js", "theme.js"):
        script = uncommented((STATIC / "js" / name).read_text())
        words = r"\b(?:let|const|class|async|await|import|export)\b|\bof "
        assert re.findall(rf"{words}|=>|`|\?\.|\?\?|\.\.\.|catch \{{", script) == []


def test_both_readmes_name_the_browsers() -> None:
    for name in ("README.md", "README.pt-BR.md"):
        text = (ROOT / name).read_text()
        for version in OLDEST.values():
            assert re.search(rf"(?:Edge|Firefox|Safari) {re.escape(version)}\b", text), (name, version)
