"""LaTeX becomes MathML; what is none, or too much, stays what was written."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from chatapp.text.formulas import FORMULAS_MOST, Bounded, TooMuch

Html = Callable[[str], str | None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so $x^2$!", '<p>so <math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>!</p>'),
        ("$n$", '<p><math display="inline"><mrow><mi>n</mi></mrow></math></p>'),
        ("$$x$$", '<div class="formula"><math display="block"><mrow><mi>x</mi></mrow></math></div>'),
        ("$$\nx\n$$", '<div class="formula"><math display="block"><mrow><mi>x</mi></mrow></math></div>'),
        ("$$x$$ so", '<p><span class="formula"><math display="block"><mrow><mi>x</mi></mrow></math></span> so</p>'),
        (
            "> $$\n> x\n> $$",
            '<blockquote><div class="formula"><math display="block"><mrow><mi>x</mi></mrow></math></div></blockquote>',
        ),
    ],
)
def test_a_formula_becomes_mathml(html: Html, text: str, expected: str) -> None:
    assert html(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "($x^2$)",
        "the $x$-axis, the $n$-th",
        "**$x^2$** _$x^2$_ ~~$x^2$~~",
        "\"$x^2$\", '$x$' „$x$“ «$x$»",
        "$x$, $y$,$z$; $w$: so! $x$? $x$…",
        "–$x$–",
        "[$x$](https://a.example/)",
        "（$x$），$y$。",
        "$x$\n$y$",
    ],
)
def test_beside_one_may_stand_punctuation(html: Html, text: str) -> None:
    assert "$" not in (html(text) or "$")


def test_a_long_one_stands_in_a_box_that_scrolls(html: Html) -> None:
    assert (html("a $" + "x+" * 20 + "y$ b") or "").startswith('<p>a <span class="formula"><math display="inline">')


def test_no_other_markup_is_found_in_a_formula(html: Html) -> None:
    made = html("$a_1 * b_2 * c$ and\n\n$$\na\n- b\n> c\n$$") or ""
    assert "<em>" not in made
    assert "<ul>" not in made
    assert "<blockquote>" not in made


@pytest.mark.parametrize(
    "text",
    [
        r"$\frac$",
        r"$x_a_b$",
        r"$\left( x$",
        r"$\sideset{a}{b}\sideset{a}{b}\sideset{a}{b}\sum$",
        r"$\newcommand{\a}{b}\a$",
        r"$\href{https://a.example}{x}$",
        "$" + "x+" * 501 + "$",
        "$$\nx\n\ny\n$$",
        "$ x^2 $",
        "a$x^2$",
        "$x^2$5",
        "$x$/$y$",
        "$x$=$y$",
        "=$x$",
        "$x^2$a",
    ],
)
def test_what_cannot_be_one_stays_text(html: Html, text: str) -> None:
    assert "<math" not in (html(text) or "")


@pytest.mark.parametrize(
    "latex",
    [r"\quad", r"\hspace{3em}", r"\phantom{secret}", r"\text{ }", r"\rule{1em}{1em}", r"\begin{matrix}\end{matrix}"],
)
def test_of_what_would_show_nothing_one_sees_the_latex(html: Html, latex: str) -> None:
    assert "<math" not in (html(f"${latex}$") or "")
    assert "<math" not in (html(f"$${latex}$$") or "")
    assert "<math" in (html(f"$x{latex}$") or "")


def test_a_sign_of_columns_before_the_end_loses_no_line(html: Html) -> None:
    for end in ("&", "& ", "{}", ""):
        assert (html(f"$$\\begin{{matrix}}a&b\\\\c&d{end}\\end{{matrix}}$$") or "").count("<mtr>") == 2
    assert html(r"$$\begin{matrix}a&b&\end{matrix}$$")


GAP = '<mspace width="0.167em"></mspace>'


@pytest.mark.parametrize(
    ("latex", "mathml"),
    [
        (r"\lim_n x", '<munder><mo movablelimits="true">lim</mo><mi>n</mi></munder><mi>x</mi>'),
        (r"\sup^n_k", '<munderover><mo movablelimits="true">sup</mo><mi>k</mi><mi>n</mi></munderover>'),
        (r"\det_n", '<munder><mo movablelimits="true">det</mo><mi>n</mi></munder>'),
        (r"2\sin x", f"<mn>2</mn>{GAP}<mi>sin</mi>{GAP}<mi>x</mi>"),
        (r"\ln^2 \cos x", f"<msup><mi>ln</mi><mn>2</mn></msup>{GAP}<mi>cos</mi>{GAP}<mi>x</mi>"),
        (r"-\tan(x)", '<mo>-</mo><mi>tan</mi><mo stretchy="false">(</mo><mi>x</mi><mo stretchy="false">)</mo>'),
        (r"x^{\sin}", "<msup><mi>x</mi><mrow><mi>sin</mi></mrow></msup>"),
        (r"\boxed{x}", '<mrow notation="box"><mrow><mi>x</mi></mrow></mrow>'),
        (r"\cancel{x}", '<mrow notation="updiagonalstrike"><mrow><mi>x</mi></mrow></mrow>'),
    ],
)
def test_it_is_such_as_browsers_draw(html: Html, latex: str, mathml: str) -> None:
    assert f"<mrow>{mathml}</mrow></math>" in (html(f"${latex}$") or "").replace("\u2212", "-")


@pytest.mark.parametrize(
    ("latex", "letters"),
    [
        (r"\mathbb{NRx}", "ℕℝ𝕩"),
        (r"\mathbf{Av1}", "𝐀𝐯𝟏"),
        (r"\mathcal{LB}", "ℒℬ"),
        (r"\mathfrak{gC}", "𝔤ℭ"),
        (r"\mathsf{A}\mathtt{b}", "𝖠𝚋"),
        (r"\boldsymbol{\alpha}", "𝜶"),
        (r"\mathbf{é+}", "é+"),
        (r"\mathbb{\alpha}", "α"),
        (r"\mathrm{d}", "d"),
    ],
)
def test_letters_of_another_alphabet_are_letters_of_their_own(html: Html, latex: str, letters: str) -> None:
    assert re.sub("<.*?>", "", html(f"${latex}$") or "") == letters


def test_the_bars_of_a_determinant_are_brackets(html: Html) -> None:
    made = html(r"$a\begin{vmatrix}1\end{vmatrix}|x|$") or ""
    assert '<mo form="prefix" fence="true" stretchy="true">|</mo><mtable>' in made
    assert '</mtable><mo form="postfix" fence="true" stretchy="true">|</mo><mo>|</mo>' in made.replace(
        ' stretchy="false"', ""
    )


def test_a_space_of_a_thousand_em_is_left_out(html: Html) -> None:
    made = html(r"$a\rule{9999em}{2em}\hspace{1em}\hspace{-99999px}b$") or ""
    assert "9999" not in made
    assert 'height="2em"' in made
    assert 'width="1em"' in made


def test_more_than_a_message_needs_stay_text(html: Html) -> None:
    made = html("$x$ " * (FORMULAS_MOST + 1)) or ""
    assert made.count("<math") == FORMULAS_MOST
    assert made.endswith("$x$</p>")


def test_a_converter_that_repeats_itself_is_stopped() -> None:
    with pytest.raises(TooMuch):
        Bounded("inline").convert_to_element("\\sideset{a}{b}" * 60 + "x")
