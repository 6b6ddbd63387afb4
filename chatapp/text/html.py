"""Tokens as HTML: the elements of a message are these and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import islice, takewhile

from markdown_it.token import Token

from ..characters import shows
from .languages import language
from .targets import shown as shown_address
from .targets import target

_ELEMENTS = {
    "paragraph": "p",
    "blockquote": "blockquote",
    "bullet_list": "ul",
    "list_item": "li",
    "strong": "strong",
    "em": "em",
    "s": "s",
}
Paint = Callable[[str, str], str | None]  # a piece of code and its language: HTML, or None if it stays as it is

_LONG_FORMULA = 24  # characters of LaTeX from which on it stands in a box of its own that scrolls
_LONG_NUMBERS = 100  # a list that gets there needs more room beside it


def html(tokens: Sequence[Token], paint: Paint) -> str:
    """What a text consists of as HTML."""
    return "".join(_pieces(tokens, paint))


def _pieces(tokens: Sequence[Token], paint: Paint) -> Iterator[str]:
    behind = ""  # what ends the link that is open
    for index, token in enumerate(tokens):
        match token.type:
            case "inline":
                yield from _pieces(token.children or [], paint)
            case "text" | "text_special":
                yield escape(token.content, quote=False)
            case "softbreak" | "hardbreak":
                yield "<br>"
            case "code_inline":
                yield f"<code>{escape(token.content, quote=False)}</code>"
            case "fence":
                yield _code(token, paint)
            case "formula":
                yield _formula(token)
            case "formula_block":
                yield f'<div class="formula">{token.content}</div>'
            case "mention":
                yield _mention(token)
            case "link_open":
                address = target(_label(tokens, index), str(token.attrs["href"]))
                if address is None:
                    yield _link(token) + ("" if _has_name(tokens, index) else escape(str(token.attrs["href"])))
                    behind = "</a>"
                else:  # its label names another place: the label is text, and the link says where it leads
                    behind = f' (<a href="{escape(address)}">{escape(shown_address(address), quote=False)}</a>)'
            case "link_close":
                yield behind
            case "heading_open":
                yield "<p><strong>"
            case "heading_close":
                yield "</strong></p>"
            case "ordered_list_open":
                yield _ordered_list(token)
            case "ordered_list_close":
                yield "</ol>"
            case other if not token.hidden:
                element, _, end = other.rpartition("_")
                yield f"<{'/' if end == 'close' else ''}{_ELEMENTS[element]}>"


def _mention(token: Token) -> str:
    """`info` has the ids of who is meant, with blanks between them; none: everybody."""
    people = f'class="mention" data-people="{escape(token.info)}"' if token.info else 'class="mention all"'
    return f"<span {people}>{escape(token.content, quote=False)}</span>"


def _has_name(tokens: Sequence[Token], index: int) -> bool:
    """Whether anything shows between the beginning of a link, which is there, and its end."""
    label = takewhile(lambda token: token.type != "link_close", islice(tokens, index + 1, None))
    return any(shows(token.content) for token in label)


def _label(tokens: Sequence[Token], index: int) -> str:
    """What a link says of itself, and its title. One that stands in a text as it is says nothing else."""
    if tokens[index].info == "auto":
        return ""
    label = takewhile(lambda token: token.type != "link_close", islice(tokens, index + 1, None))
    return "".join(token.content for token in label) + f" {tokens[index].attrs.get('title', '')}"


def _link(token: Token) -> str:
    return "<a" + "".join(f' {name}="{escape(str(value))}"' for name, value in token.attrs.items()) + ">"


def _code(token: Token, paint: Paint) -> str:
    """A fence. What stands behind it and is no language is the first line of the code, as many write it."""
    code = token.content.removesuffix("\n")
    info = token.info.strip()
    named = language(info)
    if info and not named:
        code = f"{info}\n{code}" if code else info
    coloured = paint(code, named) if named else None
    shown = escape(code, quote=False) if coloured is None else coloured
    return f'<pre><code class="language-{named}">{shown}</code></pre>' if named else f"<pre><code>{shown}</code></pre>"


def _formula(token: Token) -> str:
    """`content` is its MathML, `info` the LaTeX that it was, and `block` whether it stands for itself."""
    if token.block or len(token.info) >= _LONG_FORMULA:
        return f'<span class="formula">{token.content}</span>'
    return token.content


def _ordered_list(token: Token) -> str:
    start = int(token.attrs.get("start", 1))
    length = "" if start < _LONG_NUMBERS else ' class="long"'
    return "<ol" + (f' start="{start}"' if start != 1 else "") + length + ">"
