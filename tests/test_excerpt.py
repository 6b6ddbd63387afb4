"""One line of a message, as a quote shows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.excerpt import LENGTH, one_line


@pytest.mark.parametrize(
    ("text", "html", "line"),
    [
        ("hello", None, "hello"),
        (" two  lines \n\t of it ", None, "two lines of it"),
        ("<b>&amp; as typed", None, "<b>&amp; as typed"),
        ("x" * LENGTH, None, "x" * LENGTH),
        ("x" * (LENGTH + 1), None, "x" * (LENGTH - 1) + "…"),
        ("x" * (LENGTH - 2) + " yz", None, "x" * (LENGTH - 2) + "…"),
        ("**bold** & more", "<p><strong>bold</strong> &amp; more</p>", "bold & more"),
        ("1 > 0", '<p title="a > b">1 &gt; 0</p>', "1 > 0"),
        ("", None, ""),
        ("*a*\nb\n\nc", "<p><em>a</em><br>b</p><p>c</p>", "a b c"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>", "a b"),
        ("x", "<p>y</p>" + "<p>" * 1_000 + '<a href="' + "z" * 5_000 + '">z</a>', "y z"),
        ("[x](…)", '<p><a href="http://' + "z" * 5_000 + '">x</a></p>', "x"),
        ("$\\quad$", '<math display="inline"><mspace width="1em"></mspace></math>', "$\\quad$"),
        ("so $x^2$", '<p>so <math display="inline"><msup><mi>x</mi><mn>2</mn></msup></math></p>', "so $x^2$"),
        ("$$\n\\frac{1}{2}\n$$", '<div class="formula"><math><mfrac>…</mfrac></math></div>', "$$ \\frac{1}{2} $$"),
        ("`<math>`", "<p><code>&lt;math&gt;</code></p>", "<math>"),
        ("\n" * 1_000 + "x", None, "x"),
        ("x", "<pre>" + "\n" * 5_000 + "x</pre>", "x"),
        ("&" * 200, "<p><em>" + "&amp;" * 200 + "</em></p>", "&" * (LENGTH - 1) + "…"),
    ],
)
def test_a_line_is_the_beginning_without_markup_and_line_breaks(text: str, html: str | None, line: str) -> None:
    assert one_line(text, html) == line


@given(st.text(min_size=1, max_size=300).filter(lambda text: not text.isspace()), st.text(max_size=300))
def test_only_what_was_deleted_is_quoted_as_nothing(text: str, html: str) -> None:
    assert one_line(text, html)
    assert one_line(text, None)


@given(st.text(max_size=3_000), st.none() | st.text(max_size=3_000))
def test_whatever_was_written_a_line_is_one_and_short(text: str, html: str | None) -> None:
    line = one_line(text, html)
    assert len(line) <= LENGTH
    assert not set(line) & set("\n\r\v\f\x1c\x85\u2028\u2029")
