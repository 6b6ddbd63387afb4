"""What a key costs, however much text stands in the field: processor time of the page's main thread."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import CDPSession, Page, expect

from .conftest import Person

OURS_MS = 25  # of the 50 that a key may cost, with a megabyte in the field, the browser takes half by itself
KEYS = 4
BARE = "textarea"
TEXTS = {
    "blanks": "a" + " " * 100_000 + "b",
    "empty lines": "a" + "\n" * 50_000 + "b",
    "words": ("lorem ipsum dolor sit amet " * 38_000)[:1_000_000],
    "fences": "```\n" + "~" * 100_000 + "\n" * 10_000,
    "unseen": "\u200b" * 100_000,
}


def processor(page: Page) -> CDPSession:
    """A session of Chromium's tools that counts the processor time of the page's main thread."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    return session


def milliseconds(session: CDPSession) -> float:
    """Processor time of all tasks until now."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1000 * float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def costs(page: Page, selector: str, text: str) -> tuple[float, float]:
    """What it costs to put that text into the field, and what a key costs then, in milliseconds."""
    session = processor(page)
    times = [milliseconds(session)]
    page.bring_to_front()
    page.locator(selector).focus()
    if selector == BARE:
        page.locator(selector).evaluate("(field, text) => { field.value = text; }", text)
    else:
        page.keyboard.insert_text(text)  # as a paste does
    for key in [None] + ["y"] * KEYS:
        if key:
            page.keyboard.press(key)
        page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
        times.append(milliseconds(session))
    session.detach()
    steps = [after - before for before, after in pairwise(times)]
    return steps[0], min(steps[1:])


@pytest.mark.parametrize("name", TEXTS)
def test_a_key_costs_little_however_much_is_written(ana: Person, name: str) -> None:
    bare = ana.page.context.new_page()
    bare.set_content(
        "<textarea dir=ltr spellcheck=false style='font: 16px/24px sans-serif; width: 600px; height: 200px'>"
    )
    put, key = costs(ana.page, "#composer-text", TEXTS[name])
    bare_put, bare_key = costs(bare, BARE, TEXTS[name])
    print(name, round(put), round(key), round(bare_put), round(bare_key))
    if name == "words":
        expect(ana.page.locator("#composer-note")).to_have_text("Too long to send: 990,004 characters too many")
        ana.visit()
        assert ana.composer.evaluate("field => [field.value.length, field.dir]") == [1_000_004, "ltr"]
    assert key < 1.5 * bare_key + OURS_MS
    assert put < 2 * bare_put + 200
