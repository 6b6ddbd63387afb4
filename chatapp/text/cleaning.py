"""The sanitiser: what may be in the HTML of a message, whatever the stages before it made. Nothing else passes."""

from __future__ import annotations

import re
from html import escape

import nh3
from pygments.token import STANDARD_TYPES

from .formulas import ATTRIBUTES, TAGS
from .languages import LANGUAGES

LINK_SCHEMES = ("http", "https", "mailto")
_LINK = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)  # a scheme alone leads nowhere
_WORDS = {"p", "br", "strong", "em", "s", "code", "pre", "span", "div", "blockquote", "ul", "ol", "li", "a"}


class Cleaner:
    """Lets through what is listed here. Its parser is a browser's (html5ever), so that both read the same tree."""

    def __init__(self) -> None:
        self._cleaner = nh3.Cleaner(
            tags=_WORDS | TAGS,
            clean_content_tags={"script", "style"},
            attributes={"a": {"href", "title"}, "ol": {"start"}, "span": {"data-people"}}
            | {tag: set(ATTRIBUTES) for tag in TAGS},
            allowed_classes={
                "span": set(STANDARD_TYPES.values()) | {"formula", "mention", "all"},
                "div": {"formula"},
                "code": {f"language-{name}" for name in LANGUAGES.values()},
                "ol": {"long"},
            },
            set_tag_attribute_values={"a": {"target": "_blank"}},
            link_rel="noopener nofollow ugc",
            url_schemes=set(LINK_SCHEMES),
            url_relative="deny",
        )

    def clean(self, html: str) -> str:
        return self._cleaner.clean(html)

    def lets_through(self, url: str) -> bool:
        """Whether there can be a link to it."""
        return _LINK.match(url) is not None and " href=" in self.clean(f'<a href="{escape(url)}">')
