"""What may be put under a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.limits import EMOJI_LIMIT
from chatapp.rooms.emoji import is_emoji
from chatapp.spelling import whole

EMOJI = (
    *(
        "👍",
        "👍🏽",
        "❤️",
        "❤",
        "😀",
        "🎉",
        "✅",
        "⭐",
        "‼️",
        "ℹ️",
        "↔️",
        "⏰",
        "Ⓜ️",
        "▶️",
        "◾",
        "〰️",
        "㊗️",
        "©️",
        "™️",
        "🀄",
        "🆗",
        "🈁",
    ),
    *("🇧🇷", "🇺🇳", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#️⃣", "*⃣", "👩‍💻", "👩🏽‍🚀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "❤️‍🔥", "🧑🏻‍❤️‍💋‍🧑🏿", "🫨", "🪿"),
)


@pytest.mark.parametrize("emoji", EMOJI)
def test_one_emoji_is_one(emoji: str) -> None:
    assert is_emoji(emoji)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "a",
            "ok",
            "7",
            "#",
            "👍👍",
            "👍 ",
            " 👍",
            "👍\n",
            "a👍",
            "🇧",
            "🇧🇷🇧",
            "\ufe0f",
            "\u200d",
            "👩‍",
            "‍👩",
        ),
        *("<b>", "\0", "👍\0", "é", "中", "\u202e", "👍\u202e", "🏽🏽🏽", "👍🏽🏽", "👍" + "‍👍" * 20, "\U000e0067"),
        "👍\U000e0067\U000e007f",  # a text that nobody sees
        "🏴" + "\U000e0067" * 7 + "\U000e007f",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_emoji(text)


@given(st.text(max_size=40))
def test_no_text_takes_long_or_slips_through(text: str) -> None:
    if is_emoji(text):
        assert len(text) <= EMOJI_LIMIT
        assert not any(character.isalpha() and character not in "ℹⓂ" for character in text)


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("❤", "❤\ufe0f"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("👍", "👍"),
        ("👍\ufe0f", "👍"),
        ("👍\ufe0f🏽", "👍🏽"),
        ("*\u20e3", "*\ufe0f\u20e3"),
        ("❤\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("\U0001faff", "\U0001faff"),
    ],
)
def test_an_emoji_has_one_spelling(written: str, one: str) -> None:
    assert is_emoji(written)
    assert whole(written) == one


@pytest.mark.parametrize("emoji", EMOJI)
def test_the_one_spelling_is_an_emoji_too(emoji: str) -> None:
    assert is_emoji(whole(emoji))
    assert whole(whole(emoji)) == whole(emoji)
