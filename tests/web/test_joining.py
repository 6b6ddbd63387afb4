"""Modules and sheets that are joined: what runs in which order, whose names are whose, what the source map says."""

from __future__ import annotations

import json
import re

import pytest

from chatapp.web.joining import CannotJoin, joined_modules, joined_sheets

from ..actors import ROOT

STATIC = ROOT / "static"
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def lines_told_by(source_map: str) -> dict[int, tuple[str, int]]:
    """For each line of the joined module that the map knows: the source it comes from, and the line there."""
    decoded = json.loads(source_map)
    assert decoded["version"] == 3
    told: dict[int, tuple[str, int]] = {}
    state = [0, 0, 0, 0]
    for number, segment in enumerate(decoded["mappings"].split(";")):
        value = shift = field = 0
        for char in segment:
            digit = DIGITS.index(char)
            value |= (digit & 31) << shift
            shift += 5
            if digit < 32:
                state[field] += -(value >> 1) if value & 1 else value >> 1
                value, shift, field = 0, 0, field + 1
        if segment:
            assert field == 4
            told[number] = decoded["sources"][state[1]], state[2]
    return told


def test_each_module_runs_once_after_those_it_imports() -> None:
    files = {
        "js/main.js": 'import { a } from "./a.js";\nimport { b as other } from "./sub/b.js";\na(other);\n',
        "js/a.js": 'import { b } from "./sub/b.js";\nexport function a(x) {\n  return x + b;\n}\n',
        "js/sub/b.js": "export const b = 1;\nexport async function c() {}\nexport class D {}\n",
    }
    text, _ = joined_modules("js/main.js", files.__getitem__)
    opened = [match[1] for match in re.finditer(r'^modules\["(.+)"\] = ', text, re.MULTILINE)]
    assert opened == ["js/sub/b.js", "js/a.js", "js/main.js"]
    assert 'const { b: other } = modules["js/sub/b.js"];' in text
    assert "return { b, c, D };" in text
    assert not re.search(r"^\s*(import|export)\b", text, re.MULTILINE)
    assert text.endswith("//# sourceMappingURL=main.js.map\n")


def test_lines_of_comments_are_left_out_and_no_other_line_moves() -> None:
    source = """/** Several
 * lines. */
export function a() {
  // One line, with /* a sign in it.
  const address = "https://chat.example"; // behind code, it stays
  return "/* no comment */";
}
/* One. */ const b = 1;
"""
    text, _ = joined_modules("main.js", {"main.js": source}.__getitem__)
    assert text.splitlines()[2:10] == [
        *("", "", "function a() {", ""),
        '  const address = "https://chat.example"; // behind code, it stays',
        *('  return "/* no comment */";', "}", "/* One. */ const b = 1;"),
    ]


@pytest.mark.parametrize("page", ["js/main.js", "js/flow/main.js", "js/lab/main.js", "js/search/main.js"])
def test_the_source_map_leads_from_each_line_to_the_same_line_of_a_file(page: str) -> None:
    def read(path: str) -> str:
        return (STATIC / path).read_text()

    text, source_map = joined_modules(page, read)
    lines = text.splitlines()
    told = lines_told_by(source_map)
    assert len(told) > 500
    folder = (STATIC / page).parent
    sources = {source: (folder / source).read_text().splitlines() for source, _ in told.values()}
    for number, (source, line) in told.items():
        if line == len(sources[source]):
            assert lines[number].startswith("return {")  # the line that hands over what the module exports
        elif lines[number] == "":
            assert re.match(r"\s*(/\*|\*|//|$)", sources[source][line])  # a comment, or nothing
        elif not sources[source][line].startswith(("import ", "} from")):
            assert lines[number] == sources[source][line].removeprefix("export ")


@pytest.mark.parametrize(
    "odd",
    [
        'import * as all from "./b.js";',
        'import "./b.js";',
        'import one from "./b.js";',
        "export default 1;",
        "export let changed = 1;",
        'export { b } from "./b.js";',
        'const b = await import("./b.js");',
        "const here = import.meta.url;",
        'import { self } from "./main.js";',
    ],
)
def test_what_cannot_be_joined_is_an_error(odd: str) -> None:
    with pytest.raises(CannotJoin, match=r"main\.js"):
        joined_modules("main.js", {"main.js": odd, "b.js": "export const b = 1;"}.__getitem__)


def test_a_sheet_has_its_parts_in_their_place() -> None:
    files = {
        "css/x-page.css": '/* x */\n@import "a.css";\n@import "b.css";\n',
        "css/a.css": "a {}",
        "css/b.css": "b {}",
    }
    assert joined_sheets("css/x-page.css", files.__getitem__) == "/* x */\na {}\nb {}\n"
