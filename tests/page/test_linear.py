"""No function of the page that takes a text, and no regular expression, takes a time that grows with its square."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.actors import ROOT

from .conftest import Person
from .test_field_cost import milliseconds, processor

LENGTH = 40_000
MOST_MS = 500  # for all the texts together, which takes some 50; one that takes quadratic time costs more than 1,000
LITERAL = re.compile(
    r"(?:^|[=(,:!&|?{;\[]|return|=>)\s*/(?![/*])((?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)/([dgimsuvy]*)(?=\s*[.,;)\]}])",
    re.MULTILINE,
)
RUNS = [
    *r"a1_*-.:/\@#()[]<`~",
    *(" ", "\n", " \n", "\t ", "```\n", "{a", "a{", "http://", "https://a.", "a@", " @a", ":a"),
    *(
        "é",
        "\u05d0",
        "\u202e",
        "\u2028",
        "\u200d",
        "\u0301",
        "\u0301\u200d",
        "\u0301\u0323",
        "\u0915\u094d",
        "👍🏽",
        "🇧🇷",
        "\u1100",
    ),
]
HOSTILE = [f"{first}{run * (LENGTH // len(run))}{last}" for run in RUNS for first in ("", "a") for last in ("", "b")]

# What the page's functions do with a text that somebody wrote or pasted.
CALLS = {
    "text.js": [
        *(
            "codePoints(text)",
            "trimmed(text)",
            "shows(text)",
            "openFence(text)",
            "initials(text)",
            "hue(text)",
            "folded(text)",
        ),
        *("text.search(towers(20))", "initials(text, null)"),
    ],
    "address.js": ["placeOf(`/r/${text}`)", "addressOf(text.toWellFormed())"],
}


@pytest.fixture
def cost(ana: Person) -> Callable[[str], float]:
    """What it costs the page to evaluate an expression for each hostile text, in milliseconds of processor time."""
    ana.page.evaluate("(texts) => { window.texts = texts; }", HOSTILE)
    session = processor(ana.page)

    def measure(expression: str) -> float:
        before = milliseconds(session)
        # In a task of its own: what the tools evaluate at once is not counted.
        run = f"setTimeout(async () => {{ {expression} done(); }})"
        ana.page.evaluate(f"new Promise((done) => {run})")
        return milliseconds(session) - before

    return measure


def test_every_regular_expression_takes_linear_time(cost: Callable[[str], float]) -> None:
    files = [*(ROOT / "static" / "js").rglob("*.js")]
    found = {match.groups() for path in files for match in LITERAL.finditer(path.read_text())}
    assert len(found) > 30
    slow = {}
    for source, flags in found:
        flags = re.sub("[gy]", "", flags) + "g"
        took = cost(f"for (const text of texts) text.replace(/{source}/{flags}, '');")
        if took > MOST_MS:
            slow[source] = took
    assert slow == {}
    assert cost("for (const text of texts) text.normalize('NFKD');") > MOST_MS  # it would be found


def test_every_function_that_takes_a_text_takes_linear_time(cost: Callable[[str], float]) -> None:
    slow = {}
    for module, calls in CALLS.items():
        for call in calls:
            name = re.sub(r"\W.*", "", call.removeprefix("text.search("))
            load = f"const {{ {name} }} = await import('/static/js/{module}');"
            took = cost(f"{load} for (const text of texts) {call};")
            if took > MOST_MS:
                slow[call] = took
    assert slow == {}
