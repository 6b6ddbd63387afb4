"""Where `@name` may stand, and what it becomes."""

from __future__ import annotations

import pytest

from chatapp.text.mentions import NAME_MOST, SIGNS_MOST, names_at, names_in
from chatapp.text.rendering import TEXT_MOST, Rendered, Renderer

NAMES = {"Ana": ("p1",), "ana": ("p1",), "Ana Prado": ("p2", "p3"), "C++": ("p4",), "all": ()}
ANA = '<span class="mention" data-people="p1">@Ana</span>'


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Ana", ["Ana"]),
        ("hi @Ana Prado, and", ["Ana Prado, and", "Ana Prado,", "Ana Prado", "Ana"]),
        ("(@Ana)", ["Ana)", "Ana"]),
        ("@C++x", ["C++x", "C++", "C+", "C"]),
        ("@ana_b-c", ["ana_b-c", "ana_b-", "ana_b"]),
        ("@Ana\nPrado", ["Ana"]),
        ("@Joa\u0303o", ["Joa\u0303o"]),
        ("ana@example", []),
        ("_@Ana_", []),
        ("\\@Ana", ["Ana"]),
        ("a\\@Ana", []),
        ("谢谢@Ana你好", ["Ana你好", "Ana"]),
        ("@小明你好", ["小明你好"]),
        ("@", []),
    ],
)
def test_a_name_is_whole_words_behind_the_sign(text: str, names: list[str]) -> None:
    assert list(names_at(text, text.index("@"))) == names


def test_a_text_full_of_signs_is_looked_at_for_a_while_only() -> None:
    assert len(names_in("@a b" * 10_000)) <= SIGNS_MOST * NAME_MOST
    assert names_in("nobody") == set()
    assert names_in("@a @b") == {"a @b", "a @", "a", "b"}


@pytest.mark.parametrize(
    ("text", "people", "html"),
    [
        ("hi @Ana", ["p1"], f"<p>hi {ANA}</p>"),
        ("@Ana", ["p1"], f"<p>{ANA}</p>"),
        ("@Anabel", [], None),
        ("@Bob", [], None),
        ("**@Ana**", ["p1"], f"<p><strong>{ANA}</strong></p>"),
        ("> @Ana", ["p1"], f"<blockquote><p>{ANA}</p></blockquote>"),
        ("@Ana Prado!", ["p2", "p3"], '<p><span class="mention" data-people="p2 p3">@Ana Prado</span>!</p>'),
        ("@Ana, @ana", ["p1"], f'<p>{ANA}, <span class="mention" data-people="p1">@ana</span></p>'),
        ("<b> @Ana", ["p1"], f"<p>&lt;b&gt; {ANA}</p>"),
        ("`@Ana`", [], "<p><code>@Ana</code></p>"),
        ("```\n@Ana\n```", [], "<pre><code>@Ana</code></pre>"),
        ("mail ana@Ana", [], None),
    ],
)
def test_a_mention_is_marked_and_code_holds_none(
    renderer: Renderer, text: str, people: list[str], html: str | None
) -> None:
    assert renderer.render(text, NAMES) == Rendered(html, tuple(people), everybody=False)


def test_behind_a_backslash_nobody_is_mentioned(renderer: Renderer) -> None:
    made = renderer.render(r"\@Ana and \@all, @Ana", NAMES)
    assert made == Rendered(f"<p>@Ana and @all, {ANA}</p>", ("p1",), everybody=False)
    assert renderer.render(r"\@all", NAMES) == Rendered("<p>@all</p>")
    assert renderer.render(r"\@Bob and C:\@Ana", NAMES) == Rendered(None)  # nobody would be
    assert renderer.render(r"a\b\@Ana", NAMES) == Rendered(None)  # in a path it is a backslash


def test_a_link_holds_no_mention(renderer: Renderer) -> None:
    for text in ("[@Ana](https://example.org)", "https://example.org/@Ana", "<https://example.org/@all>"):
        made = renderer.render(text, NAMES)
        assert (made.mentions, made.everybody) == ((), False)
        assert "mention" not in (made.html or "")


def test_an_address_of_mail_holds_no_mention(renderer: Renderer) -> None:
    made = renderer.render("@Ana ana@Ana.example", NAMES)
    assert made.mentions == ("p1",)
    assert (made.html or "").startswith(f'<p>{ANA} <a href="mailto:ana@Ana.example"')


def test_everybody_is_called_by_a_name_of_their_own(renderer: Renderer) -> None:
    made = renderer.render("@all: **now**", NAMES)
    assert made == Rendered('<p><span class="mention all">@all</span>: <strong>now</strong></p>', (), everybody=True)
    assert renderer.render("`@all`", NAMES).everybody is False


def test_without_names_a_sign_is_text(renderer: Renderer) -> None:
    assert renderer.render("@Ana @all") == Rendered(None)


def test_an_id_cannot_leave_its_attribute(renderer: Renderer) -> None:
    made = renderer.render("@x", {"x": ('"><script>alert(1)</script>',)})
    assert made.html is not None
    assert "<script" not in made.html.replace('="&quot;><script', "")


def test_what_is_too_long_to_be_rendered_calls_nobody(renderer: Renderer) -> None:
    assert renderer.render("@Ana " + "x" * TEXT_MOST, NAMES) == Rendered(None)


def test_how_much_may_be_a_name_is_bounded_however_many_signs_there_are() -> None:
    signs = [chr(0x3300 + number) for number in range(88)]  # each ends a word, and folds into several letters
    text = "".join("@" + "".join(signs[(first * second) % 88] for second in range(1, 120)) for first in range(1, 200))
    found = names_in(text)
    assert 32 < len(found) <= SIGNS_MOST * 32
    assert max(map(len, found)) == 32
    apart = "e\u0301" * 32  # as long as a name may be, with its accents apart
    assert f"{apart}" in names_in(f"@{apart}!")
    assert names_in("@" + "\u1112\u1161\u11ab" * 21) >= {"\u1112\u1161\u11ab" * 21}
