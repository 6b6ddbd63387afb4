"""One line of a message, without markup: what a quote shows of it."""

from __future__ import annotations

from html.parser import HTMLParser

LENGTH = 120  # characters
HTML_MOST = 4_000  # characters of HTML that are read for it: code in colours has some 20 for each word
_LINES = {"p", "br", "li", "pre", "div", "blockquote"}  # elements that begin a new line


class _Words(HTMLParser):
    """Keeps what stands between the tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LINES:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def one_line(text: str, html: str | None) -> str:
    """The beginning of a message in one line of at most LENGTH characters."""
    if html is not None:
        reader = _Words()
        beginning = html[:HTML_MOST]
        if beginning.rfind("<") > beginning.rfind(">"):
            beginning = beginning[: beginning.rfind("<")]
        reader.feed(beginning)
        reader.close()
        text = "".join(reader.words)
    line = " ".join(text[: LENGTH * 8].split())
    return line if len(line) <= LENGTH else line[: LENGTH - 1].rstrip() + "…"
