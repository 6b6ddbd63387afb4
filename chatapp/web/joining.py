"""One file in place of many: a module with all that it imports, a style sheet with all that it imports.

The sources stay plain ES modules and CSS, which a browser can load as they are. It would load some ninety of them, six
at a time, each after the delay of the network; joined, it loads one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from msgspec import json

Read = Callable[[str], str]  # the text of a source file, by its path below the folder of static files

# The kinds of statements that our modules use. Any other import or export is an error.
_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) ([\w$]+))", re.MULTILINE)
_OTHERS = (re.compile(r"\n((?:import|export)\b.*)"), re.compile(r"(import(?:\.meta\b|\().*)"))
_SHEET = re.compile(r'^@import "([^"]+)";$', re.MULTILINE)

# Lines that are nothing but comments: a quarter of what is sent. No string of ours goes over several lines.
_COMMENTS = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*$", re.MULTILINE | re.DOTALL)

_VLQ = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class CannotJoin(ValueError):
    """A source file has a statement that cannot be joined, or modules import each other in a circle."""


def joined_modules(entry: str, read: Read) -> tuple[str, str]:
    """The module at path `entry` and all that it imports as one module, and its source map (JSON, revision 3).

    Each module becomes a function that is called once, after those it imports; its names stay its own. Lines stay
    lines, so that the source map, which lists the paths of the sources relative to the entry, only counts them; those
    with nothing but comments are empty.
    Raises CannotJoin.
    """
    texts: dict[str, str] = {}  # by path, in the order of execution
    _collect(entry, read, texts, ())
    lines = ["const modules = {};"]
    mappings = [""]  # one item for each line
    before = (0, 0)  # the last line that was mapped: the number of its source, and the line there
    for number, (path, text) in enumerate(texts.items()):
        lines.append(f"modules[{_quoted(path)}] = (() => {{")
        mappings.append("")
        for line, content in enumerate(text.splitlines()):
            lines.append(content)
            mappings.append("A" + _vlq(number - before[0]) + _vlq(line - before[1]) + "A")
            before = (number, line)
        lines.append("})();")
        mappings.append("")
    start = posixpath.dirname(entry)
    sources = [posixpath.relpath(path, start) for path in texts]
    lines.append(f"//# sourceMappingURL={posixpath.basename(entry)}.map")
    source_map = {"version": 3, "sources": sources, "names": [], "mappings": ";".join(mappings)}
    return "\n".join(lines) + "\n", json.encode(source_map).decode()


def _collect(path: str, read: Read, texts: dict[str, str], importers: tuple[str, ...]) -> None:
    """Adds the module and what it imports to `texts`, each as the body of a function."""
    if path in importers:
        raise CannotJoin(f"{path} imports itself by way of {importers[-1]}")
    if path in texts:
        return
    text = read(path)

    def imported(match: re.Match[str]) -> str:
        other = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[2]))
        _collect(other, read, texts, (*importers, path))
        names = match[1].replace(" as ", ": ")
        return f"const {{{names}}} = modules[{_quoted(other)}];"

    exported = ", ".join(match[1] for match in _EXPORT.finditer(text))
    text = _EXPORT.sub("", _IMPORT.sub(imported, text))
    for other in _OTHERS:
        if odd := other.search(f"\n{text}"):
            raise CannotJoin(f"{path}: {odd[1]}")
    text = _COMMENTS.sub(lambda match: "\n" * match[0].count("\n"), text)  # the lines keep their numbers
    texts[path] = f"{text.rstrip()}\nreturn {{ {exported} }};"


def _quoted(path: str) -> str:
    """The path as a string of JavaScript."""
    return json.encode(path).decode()


def _vlq(value: int) -> str:
    """A signed number in base 64, five bits a digit, the lowest first (source map revision 3)."""
    rest, digits = (value << 1) if value >= 0 else (-value << 1) | 1, ""
    while True:
        rest, low = rest >> 5, rest & 31
        digits += _VLQ[low | (32 if rest else 0)]
        if not rest:
            return digits


def joined_sheets(entry: str, read: Read) -> str:
    """The style sheet at path `entry` with the sheets that its `@import` lines name, all in one folder, in their
    place."""
    folder = posixpath.dirname(entry)
    return _SHEET.sub(lambda match: read(posixpath.join(folder, match[1])), read(entry))
