"""Emoji have names, in two languages."""

from __future__ import annotations

import pytest

from chatapp.rooms.emoji import is_emoji
from chatapp.text.emoji import Emoji


@pytest.fixture(scope="module")
def emoji() -> Emoji:
    return Emoji()


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("tada", "🎉"),
        ("+1", "👍"),
        ("ThumbsUp", "👍"),
        ("heart", "❤️"),
        ("bandeira_brasil", "🇧🇷"),
        ("festa", None),
        ("", None),
    ],
)
def test_a_name_stands_for_its_emoji(emoji: Emoji, name: str, sign: str | None) -> None:
    assert emoji.named(name) == sign


def test_one_chooses_from_all_without_the_tones_of_skin(emoji: Emoji) -> None:
    listed = {sign: names for sign, *names in emoji.listed()}
    assert listed["🎉"][0] == "tada"
    assert "coração_vermelho" in listed["❤️"]
    assert "👍🏽" not in listed
    assert 1_500 < len(listed) < 2_500
    assert all(is_emoji(sign) for sign in listed)
