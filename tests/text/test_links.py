"""What a link is, where it ends, and that its words do not lie about where it leads."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

Html = Callable[[str], str | None]

_LINK = re.compile('<a href="([^"]*)"[^>]*>(.*?)</a>')


def links(made: str | None) -> list[tuple[str, str]]:
    """The words of each link and its address."""
    return [(unescape(words), unescape(address)) for address, words in _LINK.findall(made or "")]


def text_of(made: str) -> str:
    return unescape(re.sub("<[^>]*>", "", made))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Before punctuation that needs no blank.
        *(
            (f"https://a.example/b{sign}谢谢", ["https://a.example/b"])
            for sign in "，。、；：！？）」』】》〉〕］｝”—…｜　"
        ),
        *((f"{sign}https://a.example/b", ["https://a.example/b"]) for sign in "（「『【《“看"),
        (
            "请看https://a.example/b。www.a.example，ana@b.example、",
            ["https://a.example/b", "www.a.example", "ana@b.example"],
        ),
        ("见www.a.example）写ana@b.example谢谢", ["www.a.example", "ana@b.example"]),
        ("https://a.example谢谢 https://a.example，谢谢", ["https://a.example", "https://a.example"]),
        ("https://a.example/b（官网）", ["https://a.example/b"]),
        ("https://a.example/b، https://a.example/b؟ https://a.example/b।", ["https://a.example/b"] * 3),
        # With other letters than Latin ones.
        (
            "https://ja.wikipedia.org/wiki/東京タワー_(曖昧さ回避)。",
            ["https://ja.wikipedia.org/wiki/東京タワー_(曖昧さ回避)"],
        ),
        ("https://ja.wikipedia.org/wiki/ジョン・レノン", ["https://ja.wikipedia.org/wiki/ジョン・レノン"]),
        ("https://例え.jp/パス、です", ["https://例え.jp/パス"]),
        ("https://пример.рф/путь?а=б#в.", ["https://пример.рф/путь?а=б#в"]),
        ("https://उदाहरण.भारत/हिन्दी।", ["https://उदाहरण.भारत/हिन्दी"]),
        ("https://fr.wikipedia.org/wiki/L’Aquila", ["https://fr.wikipedia.org/wiki/L’Aquila"]),
        # Brackets and what ends a sentence.
        (
            "(https://a.example/b_(c)) https://a.example/b_(c_(d)).",
            ["https://a.example/b_(c)", "https://a.example/b_(c_(d))"],
        ),
        ("[https://a.example/?b[]=1] {https://a.example/{c}}", ["https://a.example/?b[]=1", "https://a.example/{c}"]),
        ("https://a.example/b(c https://a.example/b)c", ["https://a.example/b", "https://a.example/b"]),
        (
            "https://a.example/b?! https://a.example/b... https://a.example/b,c;d",
            ["https://a.example/b"] * 2 + ["https://a.example/b,c;d"],
        ),
        ("\"https://a.example/b\",'https://a.example/b' `x` «https://a.example/b»", ["https://a.example/b"] * 3),
        ('{"a":"https://a.example/b","c":1} https:\\/\\/a.example/b', ["https://a.example/b"]),
        ("_https://a.example/b_ **https://a.example/b** ~~https://a.example/b~~", ["https://a.example/b"] * 3),
        ("https://a.example/__init__ https://a.example/*", ["https://a.example/__init__", "https://a.example/*"]),
        ("https://a.example/b…https://a.example/c", ["https://a.example/b", "https://a.example/c"]),
        # Hosts.
        (
            "http://localhost:8000/x http://[::1]:8000/ http://my_host/x",
            ["http://localhost:8000/x", "http://[::1]:8000/", "http://my_host/x"],
        ),
        ("https://user:secret@intranet.example/x", ["https://user:secret@intranet.example/x"]),
        # None.
        ("https://, http://x:123456/ xhttps://a.example 2https://a.example https://a.example:99999/", []),
    ],
)
def test_a_link_ends_where_its_address_ends(html: Html, text: str, expected: list[str]) -> None:
    assert [words for words, _ in links(html(text))] == expected


HIDDEN = "https://evil.example/x"


@pytest.mark.parametrize(
    "label",
    [
        "https://good.example",
        "http://good.example/path?a=b",
        "HTTPS://GOOD.EXAMPLE",
        "good.example",
        "www.good.example",
        "ftp://good.example",
        "//good.example",
        "see (https://good.example), please",
        "**https://good.example**",
        "`good.example`",
        "https://intranet/",
        "10.0.0.1",
        "ana@good.example",
        "https://good.example:443",
        "https://evil.example@good.example",
        "https://good.example@evil.example",
        "https://evil.example.good.example",
        "https://good.example/?https://evil.example",
        # Alike to the eye.
        "ｈｔｔｐｓ：／／ｇｏｏｄ．ｅｘａｍｐｌｅ",
        "good。example",
        "https:∕∕good.example",
        "go\u200bod.example",
        "good\u2024example",
        "https://еvil.example/x",
        "еvil.exаmple",
    ],
)
def test_a_label_that_names_another_host_is_no_link_and_the_target_is_shown(html: Html, label: str) -> None:
    made = html(f"[{label}]({HIDDEN}) after")
    assert made is not None
    assert links(made) == [(HIDDEN, HIDDEN)]
    assert text_of(made) == f"{label.strip('*`')} ({HIDDEN}) after"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[here](https://evil.example/x)", "here"),
        ("[evil.example](https://evil.example/x)", "evil.example"),
        ("[www.evil.example](https://evil.example/x)", "www.evil.example"),
        ("[https://EVIL.example/](https://evil.example/x)", "https://EVIL.example/"),
        ("[x.html](https://evil.example/docs/x.html)", "x.html"),
        ("[README.md](https://evil.example/README.md)", "README.md"),
        ("[Node.js 1.2.3, e.g.](https://evil.example/x)", "Node.js 1.2.3, e.g."),
        ("[https://bücher.example](https://xn--bcher-kva.example/x)", "https://bücher.example"),
        ("[https://a.example/?b=https://c.example](https://a.example/)", "https://a.example/?b=https://c.example"),
        ("[ana@b.example](mailto:ana@b.example?subject=a)", "ana@b.example"),
        ("[mail to ana.me@b.example](mailto:ana.me@b.example)", "mail to ana.me@b.example"),
    ],
)
def test_a_label_that_names_its_own_host_or_none_is_a_link(html: Html, text: str, words: str) -> None:
    assert [found for found, _ in links(html(text))] == [words]


@pytest.mark.parametrize(
    ("text", "shown", "address"),
    [
        ("https://good.example@evil.example/x", "https://evil.example/x", "https://evil.example/x"),
        ("https://www.good.example:443@evil.example", "https://evil.example", "https://evil.example"),
        ("https://good.example%2Flogin@evil.example", "https://evil.example", "https://evil.example"),
        ("<https://good.example@evil.example>", "https://evil.example", "https://evil.example"),
        ("[here](https://good.example@evil.example)", "https://evil.example", "https://evil.example"),
        ("[bob@a.example](mailto:eve@a.example)", "eve@a.example", "mailto:eve@a.example"),
        ("[https://a.example](mailto:eve@b.example)", "eve@b.example", "mailto:eve@b.example"),
        ('[here](https://evil.example "https://good.example")', "https://evil.example", "https://evil.example"),
        (
            f"[a.example](https://b.example/{'c' * 200})",
            f"https://b.example/{'c' * 59}…",
            f"https://b.example/{'c' * 200}",
        ),
    ],
)
def test_what_leads_elsewhere_than_it_says_shows_where(html: Html, text: str, shown: str, address: str) -> None:
    assert links(html(text)) == [(shown, address)]


HOSTS = ["good.example", "evil.example", "good.example.evil.example", "intranet", "例え.jp", "10.0.0.1", "gооd.example"]


@given(
    st.sampled_from(["", "https://", "http://", "//"]),
    st.sampled_from(HOSTS),
    st.sampled_from(HOSTS),
    st.sampled_from(["", "/a", "?b=c", ":8080"]),
)
def test_whatever_hosts_there_are_a_link_never_reads_as_another(
    html: Html, scheme: str, said: str, host: str, rest: str
) -> None:
    made = links(html(f"[{scheme}{said}{rest}](https://{host}/)"))
    own = links(html(f"https://{host}/"))[0][1]
    if said == host:
        assert made == [(f"{scheme}{said}{rest}", own)]
    elif scheme or said != "intranet":
        assert made == [(own, own)]


@given(
    st.sampled_from(["https://a.example/", "https://例え.jp/путь", "http://localhost:1/?", "www.a.example/#"]),
    st.text(st.sampled_from("ab東()[]{}.,!?'\"*_~、」）…’<>|\\ "), max_size=20),
)
def test_a_link_is_what_a_reader_takes_for_one_and_nothing_is_lost(html: Html, address: str, rest: str) -> None:
    made = html(f"x {address}a{rest}")
    assert made is not None
    found = links(made)
    assert found
    words = found[0][0]
    assert words.startswith(f"{address}a")
    assert not re.search("[\\s<>\"\\\\、」）]|[.,!?'…’|]$", words)
    for one, other in ("()", "[]", "{}"):
        assert words.count(one) == words.count(other)
    assert sum(text_of(made).count(sign) for sign in "ab東()[]{}.,!?") == sum(
        f"x {address}a{rest}".count(sign) for sign in "ab東()[]{}.,!?"
    )
