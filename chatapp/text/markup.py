"""Markdown as people write it in a chat: what is markup and what stays text."""

from __future__ import annotations

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ..characters import UNSPACED, is_unspaced, shows
from . import emphasis
from .emoji import Emoji
from .formula_rules import FormulaRules
from .formulas import Formulas
from .links import SIGNS, link_at
from .mentions import Names, names_at

NESTING_MOST = 20  # quotes and lists in one another: the parser drops what lies deeper
TOKENS_MOST = 4_000  # in one text
STEPS_MOST = 10_000  # places of one text at which rules are asked; what people write, code too, needs 1,500

_SHORTCODE = re.compile(rf":([\w+-]{{1,64}}):(?![^\W{UNSPACED}])")
_LABEL_END = re.compile(r"\]\(\s*<?(?:https?://|mailto:)", re.IGNORECASE)
_LABEL = re.compile(rf"\[[^\[\]]{{0,500}}{_LABEL_END.pattern}", re.IGNORECASE)
_BLOCK_SIGN = re.compile(r"#{1,6}[ \t]|>(?:[ \t>\n]|$)")
_OPEN_MOST = 20  # marks
_NO_FULL_STOP = r"(?:(?<!\.)|(?<=ww\.))"  # most end a sentence, and every rule would be asked at each
_PLAIN = {"paragraph_open", "paragraph_close", "inline", "text", "softbreak"}
_VISIBLE = {"text", "text_special", "code_inline", "fence", "formula", "formula_block", "mention"}
_ESCAPABLE = frozenset("*_~`$[]>#:@")  # `\\` is none: \\server\share is what people write


class _TooMuch(Exception):
    """The parser asks its rules at too many places: the text is made to keep it busy."""


class Read:
    """What was read of a text: whom it names, which are those of the `names` that are not in code, a link or a formula;
    and what it consists of.

    `tokens` is None if it is nothing but text, or if something of it would get lost; only then `is_markup` tells them
    apart.
    """

    def __init__(self, names: Names):
        self.names = names
        self.tokens: list[Token] | None = None
        self.is_markup = False
        self.people: dict[str, None] = {}  # their ids, in the order of the text
        self.everybody = False

    def add(self, people: tuple[str, ...]) -> None:
        self.people.update(dict.fromkeys(people))
        self.everybody = self.everybody or not people


class Markup:
    """Reads texts into tokens. Not safe for threads."""

    def __init__(self, emoji: Emoji, formulas: Formulas, may_be_linked: Callable[[str], bool]):
        self._emoji = emoji
        self._formulas = FormulaRules(formulas)
        parser = MarkdownIt("zero", {"maxNesting": NESTING_MOST, "html": False})
        parser.enable(["fence", "blockquote", "list", "heading"])
        parser.enable(["newline", "escape", "backticks", "strikethrough", "emphasis", "link", "autolink", "linkify"])
        parser.core.ruler.disable(["linkify", "text_join"])  # the second hides what an escape or an emoji has changed
        parser.validateLink = may_be_linked  # type: ignore[method-assign,assignment]  # how the library is told
        parser.normalizeLinkText = _as_written  # type: ignore[method-assign]
        parser.block.ruler.at("blockquote", _quote, {"alt": ["paragraph", "blockquote", "list"]})
        parser.block.ruler.before(
            "blockquote", "formula", self._formulas.block, {"alt": ["paragraph", "blockquote", "list"]}
        )
        self._skip = parser.inline.skipToken
        parser.inline.skipToken = self._skip_counted  # type: ignore[method-assign]
        parser.inline.ruler.before("text", "limit", _limit)
        parser.inline.add_terminator_char(".")
        parser.inline.terminator_re = re.compile(parser.inline.terminator_re.pattern + _NO_FULL_STOP)
        parser.inline.ruler.at("linkify", self._bare_link)
        parser.inline.ruler.disable(["strikethrough"])  # its signs are read as those of emphasis are
        parser.inline.ruler.at("emphasis", emphasis.signs)
        parser.inline.ruler2.at("balance_pairs", emphasis.pair_signs)
        parser.inline.ruler.at("newline", _newline)
        parser.inline.ruler.before("escape", "formula", self._formulas.inline)
        parser.inline.ruler.before("escape", "emoji", self._shortcode)
        parser.inline.ruler.before("escape", "mention", _mention)
        parser.inline.ruler.at("escape", self._escape)
        self._parser = parser

    def read(self, text: str, names: Names) -> Read:
        """Reads a text in which these are names."""
        read = Read(names)
        try:
            tokens = self._parser.parse(text, {"read": read})
        except _TooMuch:
            read.is_markup = True
            return read
        every = [child for token in tokens for child in (token, *(token.children or ()))]
        read.is_markup = any(token.type not in _PLAIN for token in every)
        if read.is_markup and _keeps_all(tokens, every):
            read.tokens = tokens
        return read

    def _skip_counted(self, state: StateInline) -> None:
        """Brackets that are never closed are skipped over and over: 210,000 times in a text of 10,000."""
        _count(state)
        self._skip(state)

    # Rules, as the parser calls them: each tells whether it took something at the place where the parser stands.

    def _bare_link(self, state: StateInline, silent: bool) -> bool:
        """A link as it stands. The parser stops at its sign: what is before it was read just now."""
        if state.linkLevel or state.src[state.pos] not in SIGNS:
            return False
        link = link_at(state.src, state.pos, _open_marks(state))
        if not link or not state.pending.endswith(state.src[link.begin : state.pos]):
            return False
        url = state.md.normalizeLink(link.url)
        if not state.md.validateLink(url):
            return False
        if not silent:
            state.pending = state.pending[: link.begin - state.pos]
            token = state.push("link_open", "a", 1)
            token.attrs, token.info = {"href": url}, "auto"
            state.push("text", "", 0).content = link.text
            state.push("link_close", "a", -1)
        state.pos = link.begin + len(link.text)
        return True

    def _shortcode(self, state: StateInline, silent: bool) -> bool:
        if state.src[state.pos] != ":":
            return False
        # :+1::-1: and :+1:/:-1:
        follows_one = bool(state.tokens) and state.tokens[-1].info == "emoji" and state.pending in ("", "/")
        found = self._shortcode_at(state.src, state.pos, state.pos, follows_one=follows_one)
        if not found:
            return False
        name, sign = found
        if not silent:
            token = state.push("text_special", "", 0)
            token.content, token.info = sign, "emoji"
        state.pos += len(name) + 2
        return True

    def _shortcode_at(self, source: str, place: int, begin: int, *, follows_one: bool) -> tuple[str, str] | None:
        """The name and the emoji of the shortcode at that place. What it must not stick to is before `begin`."""
        found = _SHORTCODE.match(source, place)
        sign = self._emoji.named(found[1]) if found else None
        if not found or not sign or not (follows_one or _may_stand_behind(source, begin)):
            return None
        following = _SHORTCODE.match(source, found.end())
        if source.startswith(":", found.end()) and not (following and self._emoji.named(following[1])):
            return None  # foo::x::bar
        return found[1], sign

    def _escape(self, state: StateInline, silent: bool) -> bool:
        """A backslash before a sign that would be markup without it. Before anything else it is a backslash."""
        source, place = state.src, state.pos
        sign = source[place + 1 : place + 2]
        if source[place] != "\\" or not sign or sign not in _ESCAPABLE:
            return False
        if sign in "*_":
            return emphasis.escaped(state, silent)
        match sign:
            case "~":
                counts = emphasis.is_strike(source, place + 1)
            case "`":
                counts = source.find("`", place + 2) >= 0 or source.rfind("`", 0, place) >= 0
            case "#" | ">":
                counts = _BLOCK_SIGN.match(source, place + 1) is not None and _begins_line(source, place)
            case "[" | "]":
                counts = _is_of_link(state, place + 1)
            case ":":
                counts = self._shortcode_at(source, place + 1, place, follows_one=False) is not None
            case "$":
                counts = self._formulas.is_dollar(state, place)
            case _:
                names = state.env["read"].names
                beside = _may_stand_behind(source, place)  # not C:\@ana
                counts = beside and any(name in names for name in names_at(source, place + 1))
        if not counts:
            return False
        if not silent:
            token = state.push("text_special", "", 0)
            token.content, token.info = sign, "escape"
        state.pos += 2
        return True


def _keeps_all(tokens: list[Token], every: list[Token]) -> bool:
    """Whether the text can be shown as these tokens: they are not too many, not too deep, and something is seen."""
    if len(every) > TOKENS_MOST or max(token.level for token in tokens) >= NESTING_MOST - 1:
        return False
    return any(token.type == "link_open" or (token.type in _VISIBLE and shows(token.content)) for token in every)


def _count(state: StateInline) -> None:
    steps = state.env["steps"] = state.env.get("steps", 0) + 1
    if steps > STEPS_MOST or len(state.tokens) > TOKENS_MOST:
        raise _TooMuch


def _limit(state: StateInline, _silent: bool) -> bool:
    """Comes first at each place, and takes nothing."""
    _count(state)
    return False


def _may_stand_behind(source: str, place: int) -> bool:
    """Whether a shortcode or a mention may begin at that place: not in a word, in a path or behind a colon."""
    char = source[place - 1 : place]
    return char not in (":", "/", "\\") and (not char.isalnum() or is_unspaced(char))


def _open_marks(state: StateInline) -> str:
    """The marks with which an emphasis has begun, as far as one looks back."""
    return "".join({chr(each.marker) for each in state.delimiters[-_OPEN_MOST:] if each.open})


def _begins_line(source: str, place: int) -> bool:
    return not source[source.rfind("\n", 0, place) + 1 : place].strip()


def _is_of_link(state: StateInline, place: int) -> bool:
    """Whether the bracket at that place would be one of `[…](https://…)`."""
    source = state.src
    if source[place] == "]":
        return _LABEL_END.match(source, place) is not None
    return _LABEL.match(source, place) is not None


def _mention(state: StateInline, silent: bool) -> bool:
    """`@name`, if it is one of the names that there are; of several the longest."""
    read: Read = state.env["read"]
    if state.src[state.pos] != "@" or state.linkLevel or not read.names or state.src[state.pos - 1 : state.pos] == "\\":
        return False
    name = next((name for name in names_at(state.src, state.pos) if name in read.names), None)
    if name is None:
        return False
    if not silent:
        people = read.names[name]
        read.add(people)
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


def _newline(state: StateInline, silent: bool) -> bool:
    """A line ends where it was ended, and the blanks before the next one stay: people paste what is indented."""
    if state.src[state.pos] != "\n":
        return False
    if not silent:
        state.push("softbreak", "br", 0)
    state.pos += 1
    return True
