"""Formulas: LaTeX as MathML, which browsers draw by themselves. Prices stay prices, and what is too much stays text."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from html import escape, unescape
from typing import Any
from xml.etree.ElementTree import Element

from latex2mathml.commands import FUNCTIONS, LIMIT
from latex2mathml.converter import Converter

from ..characters import shows

LATEX_MOST = 1_000  # characters of one formula
FORMULAS_MOST = 50  # in one message
DEPTH_MOST = 40  # elements in one another
ELEMENTS_MOST = 1_500  # in one formula
SIDESETS_MOST = 2  # in one formula: see Bounded
GROUPS_MOST = 2 * LATEX_MOST  # that the converter makes of a formula, unless it makes something twice

TAGS = {
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "ms",
    "mtext",
    "mspace",
    "mfrac",
    "msqrt",
    "mroot",
    "mstyle",
    "mpadded",
    "mphantom",
    "menclose",
    "msub",
    "msup",
    "msubsup",
    "munder",
    "mover",
    "munderover",
    "mmultiscripts",
    "mprescripts",
    "mtable",
    "mtr",
    "mtd",
}
_LENGTHS = {"width", "height", "depth", "lspace", "rspace", "voffset", "minsize", "maxsize", "linethickness"}
_WORDS = {
    "display",
    "displaystyle",
    "scriptlevel",
    "mathvariant",
    "mathcolor",
    "stretchy",
    "fence",
    "separator",
    "form",
    "symmetric",
    "largeop",
    "movablelimits",
    "accent",
    "accentunder",
    "columnalign",
    "columnlines",
    "columnspacing",
    "rowlines",
    "rowspacing",
    "rowalign",
    "notation",
}
ATTRIBUTES = _LENGTHS | _WORDS
_ROWS = {"math", "mrow", "msqrt", "mstyle", "mpadded", "mphantom", "mtd"}
_OVER_AND_UNDER = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
_APART = {"mo", "mspace"}  # what has its own gap, or none
_LIMITS = {name[1:] for name in LIMIT}
_FUNCTIONS = {name[1:] for name in FUNCTIONS}
_ALPHABETS = {  # `mathvariant`, and how Unicode names its letters
    "bold": ("MATHEMATICAL BOLD",),
    "bold-italic": ("MATHEMATICAL BOLD ITALIC", "MATHEMATICAL BOLD"),
    "double-struck": ("MATHEMATICAL DOUBLE-STRUCK", "DOUBLE-STRUCK"),
    "script": ("MATHEMATICAL SCRIPT", "SCRIPT"),
    "fraktur": ("MATHEMATICAL FRAKTUR", "BLACK-LETTER"),
    "sans-serif": ("MATHEMATICAL SANS-SERIF",),
    "monospace": ("MATHEMATICAL MONOSPACE",),
}
_BARS = {"|", "‖"}
_LENGTH = re.compile(r"[+-]?(?:1?\d?(?:\.\d{1,4})?(?:em|ex)|\d{0,2}(?:\.\d{1,4})?(?:pt|px|mm)|0)")
_VALUE = re.compile(r"[\w#.% -]{1,100}")

# A program for the converter rather than a formula (it would repeat itself without end), or an attribute of HTML.
_REFUSED = re.compile(
    r"\\(?:new|renew|provide|def|let|gdef|edef|xdef|Declare|class|style|href|unicode|verb|include|input)"
)
_LAST_COLUMN = re.compile(r"(?<!\\)&(?=\s*\\end\b)")  # empty; the converter would leave out the line that it ends
_MATHEMATICAL = re.compile(r"[\\^_=+\-*/<>(|∀-⋿]")


class TooMuch(Exception):
    """The converter has begun to repeat itself."""


class Bounded(Converter):
    """A converter that gives up. It makes the operator of a `\\sideset` twice, of one in that one four times, and so
    on: a line of them would take for ever, while nobody else's markup is read."""

    def __init__(self, display: str) -> None:
        super().__init__(display=display)
        self._left = GROUPS_MOST

    def _convert_group(self, *args: Any, **kwargs: Any) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooMuch
        super()._convert_group(*args, **kwargs)


class Formulas:
    """Makes MathML of LaTeX."""

    def is_formula(self, latex: str) -> bool:
        """Does this look like one, or rather like the words between two prices?"""
        if not latex.strip() or len(latex) > LATEX_MOST or latex[0] in ").,;:!?\"'":
            return False
        return bool(_MATHEMATICAL.search(latex)) or not any(space in latex.strip() for space in " \n")

    def html(self, latex: str, *, display: bool) -> str | None:
        """The `<math>` element; None if it cannot be made, would be too much, or would show nothing."""
        if _REFUSED.search(latex) or len(latex) > LATEX_MOST or latex.count(r"\sideset") > SIDESETS_MOST:
            return None
        try:
            tree = Bounded("block" if display else "inline").convert_to_element(_LAST_COLUMN.sub("&{}", latex))
        except Exception:  # noqa: BLE001  # what broken LaTeX raises is whatever the converter trips over
            return None
        for element in list(tree.iter()):
            _mend(element)
        made: list[str] = []
        return "".join(made) if _write(tree, made, 1) and _is_seen(tree) else None


def _mend(element: Element) -> None:
    """What the converter leaves to browsers that know all of MathML, for those that draw its Core."""
    if element.tag == "menclose":
        element.tag = "mrow"  # the style sheet draws what `notation` says
    elif element.tag in ("mi", "mn") and (names := _ALPHABETS.get(element.get("mathvariant", ""))):
        element.text = "".join(_in_alphabet(char, names) for char in unescape(element.text or ""))
    elif element.tag == "mpadded" and element.get("width", "").startswith("+"):
        element.attrib.clear()  # a width is a length there: what is moved by the others would lie on what is beside it
    elif element.tag in _OVER_AND_UNDER and _has_limits(element[0]):
        element.tag = _OVER_AND_UNDER[element.tag]
        element[0].set("movablelimits", "true")
    elif element.tag in _ROWS:
        for place in range(len(element) - 1, 0, -1):
            _mend_between(element, place)


def _mend_between(row: Element, place: int) -> None:
    """Bars beside a matrix are its brackets; beside the name of a function there is a gap, unless a sign is there."""
    before, behind = row[place - 1], row[place]
    for bar, form, other in ((before, "prefix", behind), (behind, "postfix", before)):
        if other.tag == "mtable" and unescape(bar.text or "") in _BARS:
            bar.attrib.update(form=form, fence="true", stretchy="true")
    if (_is_function(before) or _is_function(behind)) and not {before.tag, behind.tag} & _APART:
        row.insert(place, Element("mspace", width="0.167em"))


def _in_alphabet(char: str, names: tuple[str, ...]) -> str:
    """The same letter or digit in the alphabet of these names; some have their place outside of Unicode's block."""
    letter = unicodedata.name(char, "").removeprefix("LATIN ").removeprefix("GREEK ").replace("LETTER ", "")
    for alphabet in names:
        with suppress(KeyError):
            return unicodedata.lookup(f"{alphabet} {letter}")
    return char


def _has_limits(base: Element) -> bool:
    return base.tag == "mo" and (base.text in _LIMITS or base.get("movablelimits") == "true")


def _is_function(element: Element) -> bool:
    name = element[0] if element.tag in _OVER_AND_UNDER else element
    return name.tag == "mi" and name.text in _FUNCTIONS


def _write(element: Element, made: list[str], depth: int) -> bool:
    """Writes an element, of the tags and attributes that are known; False if there is too much of it.

    The converter's own way to write it takes escapes back, so that `\\text{<b>}` would be a tag.
    """
    if depth > DEPTH_MOST or len(made) > 3 * ELEMENTS_MOST or element.tag not in TAGS:
        return False
    attributes = "".join(
        f' {name}="{escape(value)}"' for name, value in element.attrib.items() if _is_harmless(name, value)
    )
    made.append(f"<{element.tag}{attributes}>")
    if element.text:
        made.append(escape(unescape(element.text), quote=False))
    if not all(_write(child, made, depth + 1) for child in element):
        return False
    made.append(f"</{element.tag}>")
    return True


def _is_harmless(name: str, value: str) -> bool:
    """Of lengths only those that stay near: a space of a thousand em would push everything out of its place."""
    if name in _LENGTHS:
        return bool(_LENGTH.fullmatch(value))
    return name in _WORDS and bool(_VALUE.fullmatch(value))


def _is_seen(element: Element) -> bool:
    """Does anything of it show? Spaces do not; what is a phantom takes its room only."""
    if element.tag == "mphantom":
        return False
    return shows(unescape(element.text or "")) or any(_is_seen(child) for child in element)
