"""Avatars: what stands in them is a whole character of the name, whatever it is made of."""

from __future__ import annotations

from unicodedata import normalize
from urllib.parse import quote

from playwright.sync_api import expect

from ..actors import Server
from .conftest import Person

INITIALS = {
    "Ana Prado": "AP",
    "ana": "A",
    "Jean-Luc Picard": "JP",
    "E\u0301va": "E\u0301",
    "\U0001f1e7\U0001f1f7 Bia": "\U0001f1e7\U0001f1f7B",  # the flag of Brazil
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f": (  # of Scotland, with tags
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    ),
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 Lee": (  # a family of four
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466L"
    ),
    "\U0001f44b\U0001f3fd": "\U0001f44b\U0001f3fd",  # a hand with a skin tone
    "❤\ufe0f": "❤\ufe0f",
    "1\ufe0f\u20e3": "1\ufe0f\u20e3",  # a keycap
    "한국": "한",
    "\u1112\u1161\u11abx": "\u1112\u1161\u11ab",  # a syllable of Hangul in its three letters
    "क्षमा": "क्ष",  # two consonants that are joined
    "हिना": "हि",
    "สมชาย": "ส",
    "---": "-",
    "x" + "\u0301" * 9: "X" + "\u0301" * 3,
}


def test_an_avatar_shows_whole_characters(server: Server, ana: Person) -> None:
    asked = "async ([names, how]) => { const { initials } = await import('/static/js/text.js');"
    with_segmenter, without = (
        ana.page.evaluate(f"{asked} return names.map((name) => initials(name, ...how)); }}", [list(INITIALS), how])
        for how in ([], [None])
    )
    assert dict(zip(INITIALS, with_segmenter, strict=True)) == INITIALS
    assert dict(zip(INITIALS, without, strict=True)) == INITIALS
    shown = [name for name in INITIALS if name not in ("ana", "---") and "\u0301\u0301" not in name]
    bots = [server.enter(quote(name)) for name in shown]
    avatars = ana.page.locator("#people-list .avatar")
    expect(avatars).to_have_count(len(bots) + 1)
    assert set(avatars.all_inner_texts()) >= {normalize("NFC", INITIALS[name]) for name in shown}
