"""Signs that were meant as they stand stay as they stand: markup begins and ends at the edges of words."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

Html = Callable[[str], str | None]


@pytest.mark.parametrize(
    "text",
    [
        # Faces.
        r"¯\_(ツ)_/¯",
        r"¯\_(ツ)_/¯ or ¯\_(ツ)_/¯",
        r"¯\\_(ツ)_/¯",
        "(*_*) *_* *-* (*^_^*) ^_^ -_- >_< T_T (._.)",
        # Paths and patterns.
        r"C:\_temp\#new\~old",
        r"C:\*.*, D:\_x\_y\* and \\server\_share\*",
        r"C:\$Recycle.Bin\`a C:\:x: D:\@Ana \>x \[a-z\]\(b\) \$HOME",
        "**/*.py, src/**/*.js, *.txt, *.md, /usr/*/lib/*, ~/x~, ~/a~b/c~",
        "*.* and .*foo.* and ^.*$",
        "/*comment*/ and // **x",
        "*/5 * * * *",
        # Programs.
        "__init__.py, __init__, __main__.py; if __name__ == '__main__': print(__file__)",
        "snake_case, _private and a_b_c, foo_(x)_bar, MAX_[SIZE]_S",
        "f(*args, **kwargs), def g(*, a, **b), print(*a, *b, sep='')",
        "char *a, **b; *p++ = *q++;",
        "int* c, int* d = a * *c;",
        "SELECT *, a.*, COUNT(*), SUM(*) FROM t WHERE b LIKE '*' OR c = '*'",
        "std::vector, foo::x::bar, ::x::, a::b, :x::bar, A::100::B",
        "/users/:id/posts, C:/:x:/y, key:x:value",
        # Numbers.
        "2*3*4 = 24",
        "2 * 3 * 4, 5*(3+2)*4, (a+b)*(c+d)*(e+f), a*b*c, 2**3**4",
        "10:30:45, 10:100:45, 1_000_000, $5 and $6, #1",
        "5~~10~~15",
        # Words.
        "un*frigging*believable, foo~~bar~~baz",
    ],
)
def test_what_was_meant_literally_stays_as_it_was_written(html: Html, text: str) -> None:
    for line in (text, *text.split(", ")):
        assert html(line) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "**Note**: *a*, _b_; (~~c~~) “*d*” *e*!",
            "<strong>Note</strong>: <em>a</em>, <em>b</em>; (<s>c</s>) “<em>d</em>” <em>e</em>!",
        ),
        ("*this*/*that* and **/usr/bin**", "<em>this</em>/<em>that</em> and <strong>/usr/bin</strong>"),
        ("**Docker**-Container's", "<strong>Docker</strong>-Container's"),
        ("*a*b*", "<em>a*b</em>"),
        ("_a_b_", "<em>a_b</em>"),
        (
            "***a*** **_b_** *c **d** e*",
            "<em><strong>a</strong></em> <strong><em>b</em></strong> <em>c <strong>d</strong> e</em>",
        ),
        ("__two words__ __Bold__", "<strong>two words</strong> <strong>Bold</strong>"),
        ("**.env** and **😀**", "<strong>.env</strong> and <strong>😀</strong>"),
        # Scripts without blanks between words.
        ("这是**重要**的，*是*。", "这是<strong>重要</strong>的，<em>是</em>。"),
        ("**「引用」**は**重要**です", "<strong>「引用」</strong>は<strong>重要</strong>です"),
        ("**중요**는", "<strong>중요</strong>는"),
        ("变量_名_字 **重要**", "变量_名_字 <strong>重要</strong>"),
        ("谢谢:tada:谢谢", "谢谢🎉谢谢"),
        # Shortcodes beside one another.
        (":tada::tada: :+1:/:-1:", "🎉🎉 👍/👎"),
        # A backslash before what would be markup without it.
        (r"\*a\* \_b\_ \~~c~~ \~\~d\~\~ \`e\` \:tada:", "*a* _b_ ~~c~~ ~~d~~ `e` :tada:"),
        (r"*a\* b* and \**c**", "<em>a* b</em> and **c**"),
        (r"\$x^2\$ but \$5", r"$x^2$ but \$5"),
        ("\\# a\n\\> b", "# a<br>&gt; b"),
        # One that stays beside markup.
        (r"¯\_(ツ)_/¯ *so* C:\_temp", r"¯\_(ツ)_/¯ <em>so</em> C:\_temp"),
    ],
)
def test_markup_at_the_edges_of_words_is_markup(html: Html, text: str, expected: str) -> None:
    assert html(text) == f"<p>{expected}</p>"


PIECES = [
    "*",
    "**",
    "_",
    "__",
    "~~",
    "~",
    "\\",
    "/",
    ".",
    ":",
    "(",
    ")",
    "2",
    "ab",
    "x",
    " ",
    "é",
    "、",
    "谢",
    "'",
    "-",
    ":x:",
]


@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
def test_no_sign_is_lost_but_those_that_are_markup(html: Html, text: str) -> None:
    """Every sign that is not shown is an element, an emoji, or the backslash before a sign that is shown."""
    text = f"a {text}"  # no list and no heading
    made = html(text)
    if made is None:
        return
    shown = unescape(re.sub("<[^>]*>", "", made)).replace("❌", ":x:")
    tags = re.findall(r"<(strong|em|s)>", made)
    signs = sum({"strong": 4, "em": 2, "s": 4}[tag] for tag in tags)
    lost = len("".join(text.split())) - len("".join(shown.split()))
    assert signs <= lost <= signs + text.count("\\")
    assert [char for char in shown if char in "2abxé、谢().'/"] == [char for char in text if char in "2abxé、谢().'/"]


@given(st.text(st.sampled_from("*_~\\:. "), max_size=30))
def test_signs_around_nothing_are_no_emphasis(html: Html, text: str) -> None:
    assert not re.search("<(?:em|strong|s)>", html(text) or "")


@given(
    st.sampled_from(["*", "**", "_", "__", "~~", ":x:"]),
    st.sampled_from(["ab", "2", "x1", "Ana"]),
    st.sampled_from(["ab", "2", "x1", "Ana"]),
    st.sampled_from(["ab", "2", "x1", "Ana"]),
)
def test_signs_inside_words_and_between_digits_stay(html: Html, sign: str, one: str, two: str, three: str) -> None:
    assert html(f"{one}{sign}{two}{sign}{three}") is None
