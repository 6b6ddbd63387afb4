"""Markup becomes elements, everything else stays the text that it is, and nothing is let through or lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from html.parser import HTMLParser
from threading import Thread, stack_size

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it.rules_inline import StateInline

from chatapp.log.documents import has_link
from chatapp.servers.limits import STACK
from chatapp.text.emoji import Emoji
from chatapp.text.markup import STEPS_MOST
from chatapp.text.rendering import HTML_MOST, TEXT_MOST, Renderer
from tests.actors import InThread
from tests.hostile_texts import LAYOUTS, VECTORS

Html = Callable[[str], str | None]

LINK = ' target="_blank" rel="noopener nofollow ugc"'
SECONDS = 0.5  # of the processor's time for the worst text: on a quiet machine a tenth of it


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "it costs $5 and $6",
        "R$5 e R$10, US$3-$4, between $5 and 10$ or $a or b$",
        "$HOME/$USER and ${x}",
        "echo $A/$B/$C",
        "sed 's/^$/x/;s/$/y/' and s/$/y/;s/$/z/",
        "cp $(pwd)/$(ls) ${A}-${B}-$1",
        "^(a)$|^(b)$ or ^$|^\\s+$",
        'between "$" - "$"',
        "snake_case_name and 2 * 3 * 4",
        "def f(x):\n    return x * 2",
        "at 10:30:45, :nonsense: or a:tada:b",
        ">:( #hashtag +1 -1 3.5 1) ",
        "C:\\temp\\new \\\\server\\share",
        "<b>&amp;</b> <!-- -->",
        "README.md example.py main.rs example.org //a.b ftp://a.b",
        "www. www.example xwww.example.org x.www.example.org www..org ww.example.org",
        "git@github.com:a/b.git root@host.example/x //ana@b.example joão@b.example a.@b.example ana@b ana@1.2",
        "@b.example x@y.1 ana@-b.example ana@b..example",
        "[a](<https://a.example:99999/>)",
        "https://1.2.3.4.5/ https://a.example:99999/",
        "***",
        "-",
        "> ",
        "```\n```",
        "[a]: b",
        "~5 ~6",
        "https://",
        "**\u200b**",
        "*\u2060* ~~\u00ad~~",
        "`\u2800`",
        "```\n\u3164\n```",
        "$\\text{\u200b}$",
        "> \u200b\n- \ufeff",
    ],
)
def test_what_is_no_markup_stays_text(html: Html, text: str) -> None:
    assert html(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*a* **b** ~~c~~ `d*`", "<p><em>a</em> <strong>b</strong> <s>c</s> <code>d*</code></p>"),
        ("*a* <b>&amp;", "<p><em>a</em> &lt;b&gt;&amp;amp;</p>"),
        ("*a*\n  b\n\nc", "<p><em>a</em><br>  b</p><p>c</p>"),
        ("> a\n> b\n\nc", "<blockquote><p>a<br>b</p></blockquote><p>c</p>"),
        ("- a\n- b\n  - c", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("7. a", '<ol start="7"><li>a</li></ol>'),
        ("2024. a", '<ol start="2024" class="long"><li>a</li></ol>'),
        ("# a\n## b", "<p><strong>a</strong></p><p><strong>b</strong></p>"),
        ("\\*a\\* \\:tada:", "<p>*a* :tada:</p>"),
        (":tada: :+1: :THUMBSUP: :coração_vermelho:", "<p>🎉 👍 👍 ❤️</p>"),
        ("`:tada:`", "<p><code>:tada:</code></p>"),
        ("see https://a.example/b_(c)_d?e=f&g.", f'<p>see <a href="https://a.example/b_(c)_d?e=f&amp;g"{LINK}>'),
        (
            "**https://a.example/**",
            f'<p><strong><a href="https://a.example/"{LINK}>https://a.example/</a></strong></p>',
        ),
        ("<https://a.example/>", f'<p><a href="https://a.example/"{LINK}>https://a.example/</a></p>'),
        ("[*a*](https://b.example/)", f'<p><a href="https://b.example/"{LINK}><em>a</em></a></p>'),
        ('[a](https://b.example/ "c")', f'<p><a href="https://b.example/" title="c"{LINK}>a</a></p>'),
        ("[](https://b.example/)", f'<p><a href="https://b.example/"{LINK}>https://b.example/</a></p>'),
        ("[\u200b](https://b.example/)", f'<p><a href="https://b.example/"{LINK}>https://b.example/\u200b</a></p>'),
        ("[**\u3164**](https://b.example/)", f'<p><a href="https://b.example/"{LINK}>https://b.example/<strong>'),
        ("https://a.example/*b*", f'<p><a href="https://a.example/*b*"{LINK}>https://a.example/*b*</a></p>'),
        (
            "*https://a.example/*b**",
            f'<p><em><a href="https://a.example/*b*"{LINK}>https://a.example/*b*</a></em></p>',
        ),
        ("(www.a.example).", f'<p>(<a href="https://www.a.example"{LINK}>www.a.example</a>).</p>'),
        ("Www.a.example/b_c?d", f'<p><a href="https://Www.a.example/b_c?d"{LINK}>Www.a.example/b_c?d</a></p>'),
        ("**www.a.example**", f'<p><strong><a href="https://www.a.example"{LINK}>www.a.example</a></strong></p>'),
        ("to b_c.d+e@f-g.example.", f'<p>to <a href="mailto:b_c.d+e@f-g.example"{LINK}>b_c.d+e@f-g.example</a>.</p>'),
        ("e-mail:a@b.example: so", f'<p>e-mail:<a href="mailto:a@b.example"{LINK}>a@b.example</a>: so</p>'),
        ("_a@b.example_", f'<p><em><a href="mailto:a@b.example"{LINK}>a@b.example</a></em></p>'),
        ("<a@b.example>", f'<p><a href="mailto:a@b.example"{LINK}>a@b.example</a></p>'),
        ("[a](<http://b c>)", f'<p>[a](&lt;<a href="http://b"{LINK}>http://b</a> c&gt;)</p>'),
        ("`www.a.example a@b.example`", "<p><code>www.a.example a@b.example</code></p>"),
        ("[a](mailto:b@c.example)", f'<p><a href="mailto:b@c.example"{LINK}>a</a></p>'),
        ("![a](https://b.example/c.png)", f'<p>!<a href="https://b.example/c.png"{LINK}>a</a></p>'),
        ("```\n<a>\n\n  b\n```", "<pre><code>&lt;a&gt;\n\n  b</code></pre>"),
        ("```first = line\na\n```", "<pre><code>first = line\na</code></pre>"),
        ("~~~\na", "<pre><code>a</code></pre>"),
    ],
)
def test_markup_becomes_elements(html: Html, text: str, expected: str) -> None:
    made = html(text)
    assert made is not None
    assert made.startswith(expected)


@pytest.mark.parametrize("text", ["[" * 10_000, "> " * 21, "`a` " * 4_000, "*a* " * 6_000])
def test_a_text_that_is_too_much_for_markup_has_links_all_the_same(html: Html, text: str) -> None:
    written = f"{text}\n\n<i> www.a.example, https://b.example/?c&d"
    made = html(written)
    assert made is not None
    elements = Elements(made)
    assert [attributes["href"] for tag, attributes in elements.found if tag == "a"] == [
        "https://www.a.example",
        "https://b.example/?c&d",
    ]
    assert elements.text == written.replace("\n", "")
    assert made.count("<br>") == 2


def test_of_very_many_links_the_first_are_links_and_all_are_shown(html: Html) -> None:
    text = "https://a.example/b " * 800
    made = html(text)
    assert made is not None
    assert len(made) <= HTML_MOST
    assert 200 < made.count("<a ") < 800
    assert Elements(made).text == text


@pytest.mark.parametrize("text", ["https://a.example", "www.a.example", "a@b.example"])
def test_a_link_is_found_by_those_who_look_for_one(html: Html, text: str) -> None:
    assert has_link(text, html(text))


def test_known_languages_are_coloured(html: Html) -> None:
    assert html("```py\nif x: # y\n```") == (
        '<pre><code class="language-python"><span class="k">if</span> x: <span class="c1"># y</span></code></pre>'
    )
    assert 'class="language-cpp"><span class="' in (html("```C++\nint x;\n```") or "")


class Elements(HTMLParser):
    """What a browser would see: elements with their attributes, and the text between them."""

    def __init__(self, made: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(made)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def is_harmless(made: str) -> None:
    for tag, attributes in Elements(made).found:
        assert tag not in (
            "script",
            "style",
            "img",
            "svg",
            "iframe",
            "form",
            "input",
            "object",
            "embed",
            "base",
            "meta",
        )
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "id", "src", "name")]
        assert attributes.get("href", "https:").startswith(("https:", "http:", "mailto:"))


@pytest.mark.parametrize("text", [*VECTORS, *LAYOUTS])
def test_a_hostile_text_is_harmless_and_none_of_its_words_are_lost(html: Html, text: str) -> None:
    for written in (text, f"*a*\n\n{text}\n\n*b*", f"> *a* {text}", f"- *a*\n- {text}"):
        made = html(written)
        if made is not None:
            is_harmless(made)
            assert "hit" not in text or "hit" in made or text.startswith("$")  # LaTeX has words that are not shown


@given(st.text(st.sampled_from("*_`~$[]()<>!#:\\- \n\t1.|&;'\"/abhtps{}^=+é\u202e\u0301😀\x00"), max_size=80))
def test_whatever_is_written_it_is_rendered_or_stays_text(html: Html, text: str) -> None:
    made = html(text)
    if made is not None:
        is_harmless(made)
        letters = sorted(character for character in text if character in "é😀")
        assert sorted(character for character in Elements(made).text if character in "é😀") == letters


HOSTILE = {
    **{sign: (sign * 10_000)[:10_000] for sign in ("[", "*", "$", ">", "_", "`", "~", "(", "!", "<", "\\", ":", "\n")},
    **{
        unit: (unit * 10_000)[:10_000]
        for unit in (
            "://",
            "http://a.b/[",
            "www.a.b ",
            "www.",
            "a@b.cd ",
            "a@",
            "a.",
            "[a](",
            "![",
            "*a*[",
            "**a*",
            "`a``",
            "\\*a ",
            "\\*a\\* ",
            "\\$a$ ",
            "\\$",
            "\\`",
            "\\[a",
            "\\# ",
            "*\\",
            "*_",
            "_a_ ",
            "*.*a* ",
            ":x:",
            ":x: ",
            "@a.b",
            "http://1.2.3.4.5/",
            "https://a.b/(",
            "https://a.b/([{",
            "https://a.b@c.d ",
            "https://a.b，",
            "谢https://a.b谢",
            "[a.b](http://c.d) ",
            "[//a@](http://c.d)",
            "$a$",
            "> - ",
            "- ",
            "-\n",
            "1.\n",
        )
    },
    "lists": "\n".join("  " * depth + "- x" for depth in range(1_000)),
    "lists in a line": "- " * 1_000 + "x",
    "quotes in a line": "> " * 1_000 + "x",
    "brackets": "[" * 5_000 + "]" * 5_000,
    "links in links": "[" * 1_000 + "a" + "](http://b)" * 800,
    "braces": "$" + "{" * 450 + "x" + "}" * 450 + "$",
    "roots": "$" + "\\sqrt" * 150 + " x$",
    "macros": "$\\newcommand{\\a}{xxxxxx}\\newcommand{\\b}{\\a\\a\\a\\a\\a}\\newcommand{\\c}{\\b\\b\\b\\b\\b}\\c$",
    "itself": "$\\def\\a{\\a\\a}\\a$",
    "formulas": "$x^2$ " * 1_600,
    "long formulas": ("$" + "x_1^2+" * 150 + "y$ ") * 10,
    "operators twice": "$" + "\\sideset{a}{b}" * 16 + "x$",
    "many operators twice": ("$" + "\\sideset{a}{b}{" * 2 + "x+" * 60 + "}}$ ") * 60,
    "formulas without an end": "$$a\n" * 2_500,
    "left": "$" + "\\left(" * 150 + "$",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_nothing_takes_long_or_grows_without_bound(renderer: Renderer, text: str) -> None:
    def render() -> tuple[str | None, float]:
        begun = time.thread_time()
        return renderer.render(text).html, time.thread_time() - begun

    before = stack_size(STACK)  # as the server's threads have
    reader = InThread(render)
    stack_size(before)
    made, took = reader.outcome()
    assert took < SECONDS
    assert made is None or len(made) <= HTML_MOST


@pytest.mark.parametrize("text", ["[", "[[", "![", "[`", " *a"])
def test_a_text_that_would_keep_the_parser_busy_is_given_up_and_stays_text(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    places: list[int] = []
    skip = renderer._markup._skip

    def counted(state: StateInline) -> None:
        places.append(state.pos)
        skip(state)

    monkeypatch.setattr(renderer._markup, "_skip", counted)
    assert renderer.render((text * 10_000)[:10_000]).html is None
    assert len(places) <= STEPS_MOST  # 210,000 without a limit
    assert renderer.render("[*a*](https://b.example/)").html is not None  # the next text is read as ever


def test_what_lies_too_deep_for_the_parser_is_not_left_out_but_shown_as_text(html: Html) -> None:
    assert html("> " * 8 + "x") is not None
    assert html("> " * 21 + "x") is None
    assert html("\n".join("  " * depth + "- x" for depth in range(30))) is None


def test_code_whose_colours_are_too_many_bytes_stays_black_and_what_is_too_long_at_all_stays_text(html: Html) -> None:
    code = "1+" * 4_900
    black = html(f"```py\n{code}\n```")
    assert black == f'<pre><code class="language-python">{code}</code></pre>'
    assert html("*a* " + "x" * TEXT_MOST) is None
    assert html("`a` " * 4_000) is None


def test_threads_do_not_disturb_each_other() -> None:
    renderer = Renderer(Emoji())
    texts = ["*a* https://b.example/", "$x^2$ **c**", "- d\n- :tada:", "> `e`", "~~f~~ [g](https://h.example/)"]
    expected = [renderer.render(text) for text in texts]
    wrong: list[str] = []

    def render(begin: int) -> None:
        for number in range(begin, begin + 40):
            text = texts[number % len(texts)]
            if renderer.render(text) != expected[number % len(texts)]:
                wrong.append(text)

    threads = [Thread(target=render, args=(begin,), name="reader", daemon=True) for begin in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    renderer.close()
    assert wrong == []


def test_a_plain_text_costs_next_to_nothing(renderer: Renderer) -> None:
    text = "See you at 10:30, it costs $5. I'm fine, and how are you?"
    begun = time.thread_time()
    for _ in range(10_000):
        renderer.render(text)
    assert (time.thread_time() - begun) / 10_000 < 20e-6  # on a quiet machine it is one or two
