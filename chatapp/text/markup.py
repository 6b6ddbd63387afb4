"""Markdown as people write it in a chat: what is markup and what stays text."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import category

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ..characters import shows
from .emoji import Emoji
from .formulas import FORMULAS_MOST, Formulas
from .links import SIGNS, Links
from .mentions import Names, names_at

NESTING_MOST = 20  # quotes and lists in one another: the parser drops what lies deeper
TOKENS_MOST = 4_000  # in one text
STEPS_MOST = 10_000  # places of one text at which rules are asked; what people write, code too, needs 1,500

_SHORTCODE = re.compile(r":([\w+-]{1,64}):(?!\w)")
_NO_FULL_STOP = r"(?:(?<!\.)|(?<=ww\.))"  # most end a sentence, and every rule would be asked at each
_PLAIN = {"paragraph_open", "paragraph_close", "inline", "text", "softbreak"}
_VISIBLE = {"text", "text_special", "code_inline", "fence", "formula", "formula_block", "mention"}
_PUNCTUATION = ("Pc", "Pd", "Pi", "Pf", "Po")  # but for brackets
_ESCAPABLE = frozenset("*_~`$[]>#:@")  # `\\` is none: \\server\share is what people write


class _TooMuch(Exception):
    """The parser asks its rules at too many places: the text is made to keep it busy."""


class Named:
    """Whom a text names: of the `names` that there are those that are not in code, a link or a formula."""

    def __init__(self, names: Names):
        self.names = names
        self.people: dict[str, None] = {}  # their ids, in the order of the text
        self.everybody = False

    def add(self, people: tuple[str, ...]) -> None:
        self.people.update(dict.fromkeys(people))
        self.everybody = self.everybody or not people


class Markup:
    """Reads texts into tokens. Not safe for threads."""

    def __init__(self, emoji: Emoji, formulas: Formulas, may_be_linked: Callable[[str], bool]):
        self._emoji = emoji
        self._formulas = formulas
        self._links = Links()
        parser = MarkdownIt("zero", {"maxNesting": NESTING_MOST, "html": False})
        parser.enable(["fence", "blockquote", "list", "heading"])
        parser.enable(["newline", "escape", "backticks", "strikethrough", "emphasis", "link", "autolink", "linkify"])
        parser.core.ruler.disable(["linkify", "text_join"])  # the second hides what an escape or an emoji has changed
        parser.validateLink = may_be_linked  # type: ignore[method-assign,assignment]  # how the library is told
        parser.normalizeLinkText = _as_written  # type: ignore[method-assign]
        parser.block.ruler.at("blockquote", _quote, {"alt": ["paragraph", "blockquote", "list"]})
        parser.block.ruler.before(
            "blockquote", "formula", self._formula_block, {"alt": ["paragraph", "blockquote", "list"]}
        )
        self._skip = parser.inline.skipToken
        parser.inline.skipToken = self._skip_counted  # type: ignore[method-assign]
        parser.inline.ruler.before("text", "limit", _limit)
        parser.inline.add_terminator_char(".")
        parser.inline.terminator_re = re.compile(parser.inline.terminator_re.pattern + _NO_FULL_STOP)
        parser.inline.ruler.at("linkify", self._bare_link)
        parser.inline.ruler.after("linkify", "underscore", _underscore)
        parser.inline.ruler.at("newline", _newline)
        parser.inline.ruler.before("escape", "formula", self._formula)
        parser.inline.ruler.before("escape", "emoji", self._shortcode)
        parser.inline.ruler.before("escape", "mention", _mention)
        parser.inline.ruler.at("escape", _escape)
        self._parser = parser

    def tokens(self, text: str, names: Names) -> tuple[list[Token] | None, Named]:
        """What the text consists of; None if it is nothing but text, or if something of it would get lost. And whom
        it names."""
        named = Named(names)
        return self._tokens(text, {"named": named}), named

    def _tokens(self, text: str, env: dict[str, object]) -> list[Token] | None:
        try:
            tokens = self._parser.parse(text, env)
        except _TooMuch:
            return None
        every = [child for token in tokens for child in (token, *(token.children or ()))]
        if len(every) > TOKENS_MOST or max((token.level for token in tokens), default=0) >= NESTING_MOST - 1:
            return None
        if all(token.type in _PLAIN for token in every):
            return None
        if not any(token.type == "link_open" or (token.type in _VISIBLE and shows(token.content)) for token in every):
            return None
        return tokens

    def _skip_counted(self, state: StateInline) -> None:
        """Brackets that are never closed are skipped over and over: 210,000 times in a text of 10,000."""
        _count(state)
        self._skip(state)

    # Rules, as the parser calls them: each tells whether it took something at the place where the parser stands.

    def _bare_link(self, state: StateInline, silent: bool) -> bool:
        """A link as it stands. The parser stops at its sign: what is before it was read just now."""
        if state.linkLevel or state.src[state.pos] not in SIGNS:
            return False
        link = self._links.at(state.src, state.pos)
        if not link or not state.pending.endswith(state.src[link.begin : state.pos]):
            return False
        url = state.md.normalizeLink(link.url)
        if not state.md.validateLink(url):
            return False
        if not silent:
            state.pending = state.pending[: link.begin - state.pos]
            state.push("link_open", "a", 1).attrs = {"href": url}
            state.push("text", "", 0).content = link.text
            state.push("link_close", "a", -1)
        state.pos = link.begin + len(link.text)
        return True

    def _shortcode(self, state: StateInline, silent: bool) -> bool:
        if state.src[state.pos] != ":" or (state.pos and state.src[state.pos - 1].isalnum()):
            return False
        found = _SHORTCODE.match(state.src, state.pos)
        sign = self._emoji.named(found[1]) if found else None
        if not found or not sign:
            return False
        if not silent:
            token = state.push("text_special", "", 0)
            token.content, token.info = sign, "emoji"
        state.pos = found.end()
        return True

    def _formula(self, state: StateInline, silent: bool) -> bool:
        """`$…$` with nothing blank inside its signs and blanks or punctuation beside them, or `$$…$$`."""
        source, start = state.src, state.pos
        if source[start] != "$":
            return False
        sign = "$$" if source.startswith("$$", start) else "$"
        begin = start + len(sign)
        end = source.find(sign, begin, state.posMax)
        if end <= begin:
            return False
        latex = source[begin:end]
        if sign == "$" and (
            not _may_stand_beside(source[start - 1 : start], "Ps")
            or not _may_stand_beside(source[end + 1 : end + 2], "Pe")
            or latex[0].isspace()
            or latex[-1].isspace()
            or latex[-1] in "\\("
        ):
            return False
        if not self._formulas.is_formula(latex):
            return False
        if not silent and not self._push_formula(state, latex, display=sign == "$$"):
            return False
        state.pos = end + len(sign)
        return True

    def _formula_block(self, state: StateBlock, start: int, end: int, silent: bool) -> bool:
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
            if not self._push_formula(state, latex, display=True):
                return False
            state.line = line + 1
        return True

    def _push_formula(self, state: StateInline | StateBlock, latex: str, *, display: bool) -> bool:
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


def _count(state: StateInline) -> None:
    steps = state.env["steps"] = state.env.get("steps", 0) + 1
    if steps > STEPS_MOST or len(state.tokens) > TOKENS_MOST:
        raise _TooMuch


def _limit(state: StateInline, _silent: bool) -> bool:
    """Comes first at each place, and takes nothing."""
    _count(state)
    return False


def _may_stand_beside(char: str, bracket: str) -> bool:
    """Whether a formula may begin behind that character, or end before it; in programs a dollar is beside others."""
    if not char or char.isspace() or char == "~":
        return True
    return category(char) in (*_PUNCTUATION, bracket) and char not in "/\\@#%&"


def _mention(state: StateInline, silent: bool) -> bool:
    """`@name`, if it is one of the names that there are; of several the longest."""
    named: Named = state.env["named"]
    if state.src[state.pos] != "@" or state.linkLevel or not named.names:
        return False
    name = next((name for name in names_at(state.src, state.pos) if name in named.names), None)
    if name is None:
        return False
    if not silent:
        people = named.names[name]
        named.add(people)
        token = state.push("mention", "span", 0)
        token.content, token.info = f"@{name}", " ".join(people)
    state.pos += 1 + len(name)
    return True


def _as_written(link: str) -> str:
    return link


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A quote needs a space behind its sign: `>:(` is a face."""
    behind = state.bMarks[start] + state.tShift[start] + 1
    return state.src[behind : behind + 1] in ("", " ", "\t", "\n", ">") and blockquote(state, start, end, silent)


def _escape(state: StateInline, silent: bool) -> bool:
    """A backslash before a sign that would be markup; before anything else it is a backslash, and in `a\\@b`."""
    if not state.src.startswith("\\", state.pos) or state.src[state.pos + 1 : state.pos + 2] not in _ESCAPABLE:
        return False
    if state.src[state.pos + 1] == "@" and state.src[state.pos - 1 : state.pos].isalnum():
        return False
    if not silent:
        token = state.push("text_special", "", 0)
        token.content, token.info = state.src[state.pos + 1], "escape"
    state.pos += 2
    return True


def _underscore(state: StateInline, silent: bool) -> bool:
    """Within a word it is no emphasis, and the words before the sign of a link are still together."""
    if state.src[state.pos] != "_" or not state.src[state.pos - 1 : state.pos].isalnum():
        return False
    if not state.src[state.pos + 1 : state.pos + 2].isalnum():
        return False
    if not silent:
        state.append_pending("_")
    state.pos += 1
    return True


def _newline(state: StateInline, silent: bool) -> bool:
    """A line ends where it was ended, and the blanks before the next one stay: people paste what is indented."""
    if state.src[state.pos] != "\n":
        return False
    if not silent:
        state.push("softbreak", "br", 0)
    state.pos += 1
    return True
