"""Emphasis and strikethrough: a sign counts at the edge of a word only. Inside words, between digits, in paths and
next to colons it stays the sign that it is.

CommonMark lets `*` begin and end inside a word, which suits documents. Chats are full of `2*3*4`, `**/*.py`, `(*_*)`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from unicodedata import category

from markdown_it.rules_inline.state_inline import Delimiter, StateInline
from markdown_it.token import Token

from ..characters import is_unspaced

SIGNS = "*_~"
_OPEN_MOST = 50  # runs of signs that one may end
_LOOK_BEHIND = 8  # signs in a row that are skipped to see what is beside them
_SKIPPED = SIGNS + "\\"

# ASCII characters before which, or after which, a word does not begin or end. `.` and `:` end one at a blank only.
_NOT_BEFORE = frozenset("/\\:@#%&.=+$<^`)]}")
_NOT_BEHIND = frozenset("\\@#%&=+$<^`([{")
_NOT_FIRST = frozenset(")]},;")
_NOT_LAST = frozenset("([{")
_SPECIAL_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Escaped(Delimiter):
    """A sign with a backslash before it. Has no part in emphasis; it is asked whether it would have one without it."""


def edges(source: str, begin: int, end: int, *, escaped: bool = False) -> tuple[bool, bool]:
    """Whether an emphasis may begin, and whether one may end, with the signs `source[begin:end]`, which are equal.

    With `escaped` the backslash before them counts as if it were not there.
    """
    sign = source[begin]
    begin -= escaped
    first, last = source[end : end + 1], source[begin - 1 : begin] if begin else ""
    if first == last and first not in _SKIPPED and category(first or " ")[0] in "PS":  # '*' and "*" and |*|
        return False, False
    may_begin = (
        bool(first) and not first.isspace() and first not in _NOT_FIRST and _may_begin_behind(source, begin, sign)
    )
    may_end = bool(last) and not last.isspace() and last not in _NOT_LAST and _may_end_before(source, end, sign, last)
    return may_begin, may_end


def _may_begin_behind(source: str, place: int, sign: str) -> bool:
    """Whether a word may begin at that place, behind what stands there."""
    limit = max(0, place - _LOOK_BEHIND)
    while place > limit and source[place - 1] in _SKIPPED:
        place -= 1
    if not place:
        return True
    char = source[place - 1]
    if char == "/" and place > 1:  # *this*/*that*
        return source[place - 2] == sign
    if char.isspace():
        return True
    if char.isascii():
        return not char.isalnum() and char not in _NOT_BEFORE and char not in SIGNS
    return _separates(char, sign)


def _may_end_before(source: str, place: int, sign: str, last: str) -> bool:
    """Whether a word that ends with the character `last` may end at that place, before what stands there."""
    limit = place + _LOOK_BEHIND
    while place < limit and source[place : place + 1] and source[place] in _SKIPPED:
        place += 1
    char = source[place : place + 1]
    if not char or char.isspace():
        return True
    if last == "/":  # **/*.py
        return False
    if char in ".:":
        behind = source[place + 1 : place + 2]
        return not (behind and (behind.isalnum() or behind in "*_/\\:"))
    if char.isascii():
        return not char.isalnum() and char not in _NOT_BEHIND and char not in SIGNS
    return _separates(char, sign)


def _separates(char: str, sign: str) -> bool:
    """Whether a word may end beside that character, which is none of ASCII's."""
    if is_unspaced(char):
        return sign != "_"  # names in programs have it inside
    kind = category(char)
    return kind[0] in "PZ" or kind in ("Cf", "So", "Sm") or char == "\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff"


def signs(state: StateInline, silent: bool) -> bool:
    """Rule of the parser for `*`, `_` and `~~`."""
    sign = state.src[state.pos]
    if silent or sign not in SIGNS:
        return False
    begin = end = state.pos
    while end < state.posMax and state.src[end] == sign:
        end += 1
    length = end - begin
    may_begin, may_end = edges(state.src, begin, end)
    if not (may_begin or may_end) or (sign == "~" and length < 2):
        state.append_pending(state.src[begin:end])
    elif sign == "~":
        if length % 2:
            state.push("text", "", 0).content = "~"
        for _ in range(length // 2):
            _push(state, Delimiter(ord("~"), 0, 0, -1, may_begin, may_end), "~~")
    else:
        for _ in range(length):
            _push(state, Delimiter(ord(sign), length, 0, -1, may_begin, may_end), sign)
    state.pos = end
    return True


def escaped(state: StateInline, silent: bool) -> bool:
    """Takes a backslash and the sign behind it, if that could be the beginning or the end of an emphasis."""
    place = state.pos + 1
    may_begin, may_end = edges(state.src, place, place + 1, escaped=True)
    if not (may_begin or may_end):
        return False
    if not silent:
        _push(state, Escaped(ord(state.src[place]), 1, 0, -1, may_begin, may_end), state.src[place - 1 : place + 1])
    state.pos += 2
    return True


def is_strike(source: str, place: int) -> bool:
    """Whether the `~` at that place, which stands behind a backslash, is one of the two of a strikethrough."""
    twice = source.startswith(("~", "\\~"), place + 1) or (place > 1 and source[place - 2] == "~")
    return twice and any(edges(source, place, place + 1, escaped=True))


def _push(state: StateInline, delimiter: Delimiter, content: str) -> None:
    state.push("text", "", 0).content = content
    delimiter.token = len(state.tokens) - 1
    state.delimiters.append(delimiter)


def pair_signs(state: StateInline) -> None:
    """Rule of the parser: finds the signs that are an emphasis, and drops the backslashes before those that would."""
    stressed = [0]
    for token in state.tokens:
        stressed.append(stressed[-1] + _can_be_stressed(token))
    inner = [meta["delimiters"] for meta in state.tokens_meta if meta and "delimiters" in meta]  # those of each link
    for delimiters in (state.delimiters, *inner):
        if any(isinstance(each, Escaped) for each in delimiters):
            _drop_backslashes(state, delimiters, stressed)
        _pair(state, delimiters, stressed)


def _drop_backslashes(state: StateInline, delimiters: list[Delimiter], stressed: list[int]) -> None:
    trial = [replace(each) for each in delimiters]
    _pair(state, trial, stressed)
    paired = {number for opener, each in enumerate(trial) if each.end >= 0 for number in (opener, each.end)}
    for number, each in enumerate(delimiters):
        if isinstance(each, Escaped) and number in paired:
            token = state.tokens[each.token]
            token.type, token.content, token.info = "text_special", token.content[1], "escape"
    delimiters[:] = [each for each in delimiters if not isinstance(each, Escaped)]


class _Run:
    """Signs in a row that may begin an emphasis: `left` of them, the last of which is at `last` among all signs."""

    def __init__(self, sign: int, length: int, last: int):
        self.sign = sign
        self.length = length
        self.left = length
        self.last = last


def _pair(state: StateInline, delimiters: list[Delimiter], stressed: list[int]) -> None:
    """Sets the `end` of each sign that begins an emphasis: to the nearest that may end it. Takes linear time."""
    opened: list[_Run] = []
    number = 0
    while number < len(delimiters):
        first = delimiters[number]
        length = 1
        while _goes_on(delimiters, number, length):
            length += 1
        taken = 0
        while first.close and taken < length:
            place = _opener_of(opened, first.marker, length)
            if place is None:
                break
            run = opened[place]
            del opened[place + 1 :]
            begin, end = delimiters[run.last].token, delimiters[number + taken].token
            if stressed[begin + 1] == stressed[end] or _is_special_name(state, run, length, begin, end):
                opened.pop()
                break
            pairs = min(run.left, length - taken, 2)
            for each in range(pairs):
                delimiters[run.last - each].end = number + taken + each
            taken += pairs
            run.left -= pairs
            run.last -= pairs
            if not run.left:
                opened.pop()
        if first.open and taken < length:
            run = _Run(first.marker, length, number + length - 1)
            run.left -= taken
            opened.append(run)
        number += length


def _goes_on(delimiters: list[Delimiter], number: int, length: int) -> bool:
    """Whether the signs in a row from `number` on are more than `length`."""
    if number + length >= len(delimiters):
        return False
    first, other = delimiters[number], delimiters[number + length]
    return (other.marker, other.token, other.open, other.close) == (
        first.marker,
        first.token + length,
        first.open,
        first.close,
    )


def _opener_of(opened: list[_Run], sign: int, length: int) -> int | None:
    """The place of the last run that `length` of the same signs may end: one does not end two, nor two one."""
    for place in range(len(opened) - 1, max(-1, len(opened) - 1 - _OPEN_MOST), -1):
        run = opened[place]
        if run.sign == sign and (sign == ord("~") or {run.length, length} != {1, 2}):
            return place
    return None


def _is_special_name(state: StateInline, run: _Run, length: int, begin: int, end: int) -> bool:
    """Whether these signs are those around a name as Python has them: `__name__`."""
    if run.sign != ord("_") or run.length != 2 or length != 2 or end - begin != 2:
        return False
    return _SPECIAL_NAME.fullmatch(state.tokens[begin + 1].content) is not None


def _can_be_stressed(token: Token) -> bool:
    """Whether anything in it is more than punctuation: `(*_*)` is a face."""
    if token.type not in ("text", "text_special"):
        return token.nesting == 0
    return any(char.isalnum() or (not char.isascii() and category(char)[0] == "S") for char in token.content)
