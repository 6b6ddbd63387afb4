"""Formulas in a text, as rules of the parser: `$…$` and `$$…$$`."""

from __future__ import annotations

from unicodedata import category

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from .formulas import FORMULAS_MOST, Formulas

_PUNCTUATION = ("Pc", "Pd", "Pi", "Pf", "Po")  # but for brackets


class FormulaRules:
    """Each rule tells whether it took something at the place where the parser stands."""

    def __init__(self, formulas: Formulas):
        self._formulas = formulas

    def inline(self, state: StateInline, silent: bool) -> bool:
        """`$…$` with nothing blank inside its signs and blanks or punctuation beside them, or `$$…$$`."""
        if state.src[state.pos] != "$":
            return False
        found = self._at(state, state.pos, state.pos)
        if not found:
            return False
        latex, end, display = found
        if not silent and not self._push(state, latex, display=display):
            return False
        state.pos = end
        return True

    def _at(self, state: StateInline, start: int, beside: int) -> tuple[str, int, bool] | None:
        """The LaTeX of the formula that begins at `start`, its end, and whether it stands for itself. What it must not
        stick to is before `beside`; if that is a backslash, one before the last sign counts as little."""
        source = state.src
        sign = "$$" if source.startswith("$$", start) else "$"
        begin = start + len(sign)
        end = source.find(sign, begin, state.posMax)
        if end <= begin:
            return None
        latex = source[begin:end]
        if beside < start:
            latex = latex.removesuffix("\\")
        if sign == "$" and (
            not _may_stand_beside(source[beside - 1 : beside], "Ps")
            or not _may_stand_beside(source[end + 1 : end + 2], "Pe")
            or latex[:1].isspace()
            or latex[-1:].isspace()
            or latex[-1:] in ("\\", "(")
        ):
            return None
        return (latex, end + len(sign), sign == "$$") if latex and self._formulas.is_formula(latex) else None

    def is_dollar(self, state: StateInline, place: int) -> bool:
        """Whether a formula would begin or end behind the backslash at that place, were it not there."""
        if state.env.get("dollar") == (state.src, place):
            return True
        found = self._at(state, place + 1, place)
        if found and state.src[found[1] - 2] == "\\":
            state.env["dollar"] = (state.src, found[1] - 2)
        return found is not None

    def block(self, state: StateBlock, start: int, end: int, silent: bool) -> bool:
        """Lines from one that begins with `$$` to one that ends with it."""
        begin = state.bMarks[start] + state.tShift[start]
        if not state.src.startswith("$$", begin):
            return False
        for line in range(start, end):
            if line > start and (state.isEmpty(line) or state.sCount[line] < state.blkIndent):
                return False
            closing = state.src.find("$$", max(begin + 2, state.bMarks[line]), state.eMarks[line])
            if closing >= 0:  # the next ones end it or nothing does: else each of many lines is searched to the end
                break
        else:
            return False
        if state.src[closing + 2 : state.eMarks[line]].strip():
            return False
        first = state.src[begin + 2 : min(closing, state.eMarks[start])]
        rest = state.getLines(start + 1, line + 1, state.sCount[start], False)
        latex = f"{first}\n{rest[: rest.rindex('$$')]}" if line > start else first
        if not self._formulas.is_formula(latex):
            return False
        if not silent:
            if not self._push(state, latex, display=True):
                return False
            state.line = line + 1
        return True

    def _push(self, state: StateInline | StateBlock, latex: str, *, display: bool) -> bool:
        count = state.env.setdefault("formulas", 0)
        if count >= FORMULAS_MOST:
            return False
        state.env["formulas"] = count + 1
        html = self._formulas.html(latex, display=display)
        if html is None:
            return False
        token = state.push("formula_block" if isinstance(state, StateBlock) else "formula", "math", 0)
        token.content, token.info, token.block = html, latex, display
        return True


def _may_stand_beside(char: str, bracket: str) -> bool:
    """Whether a formula may begin behind that character, or end before it; in programs a dollar is beside others."""
    if not char or char.isspace() or char == "~":
        return True
    return category(char) in (*_PUNCTUATION, bracket) and char not in "/\\@#%&"
