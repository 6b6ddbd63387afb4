"""Which texts show nothing, and which have too many marks on one letter."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.characters import shows, too_many_marks
from chatapp.limits import MARKS_LIMIT

from .hostile_texts import MARKS, UNSEEN

# Words with as many marks as a script has, among them the Tibetan, Hebrew and Thai syllables with the most.
WORDS = [
    "वर्त्स्न्य श्रीमान् कार्त्स्न्य",
    "ཧྐྵྨླྺྼྻྂ ཨོཾ་མ་ཎི་པདྨེ་ཧཱུྃ",
    "בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים",
    "بِسْمِ ٱللَّهِ ٱلرَّحْمَٰنِ ٱلرَّحِيمِ",
    "ที่นี่ ก็ ปั๊ม ผู้ใหญ่",
    unicodedata.normalize("NFD", "Nguyễn Thị Ước, ação, ǘ"),
    "ကျွန်ုပ် ဩော်",
    "1\ufe0f\u20e3 ❤\ufe0f\u200d🔥 👩🏽\u200d👩🏽\u200d👧🏽\u200d👦🏽",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "Z̷̢̛̤͓̈́͛a̸̡̹̬̎̿l̵̯̈́͝g̶͇̈́̕o̷̤̾",
    "می\u200cخواهم co\u00adoperate",
]


@pytest.mark.parametrize("text", UNSEEN)
def test_a_text_of_what_nobody_sees_shows_nothing(text: str) -> None:
    assert not shows(text)
    assert not shows(f" {text}\n{text} ")
    assert shows(f"{text}a{text}")


@pytest.mark.parametrize("text", ["a", ".", "\u0301", "\U0001f3f4", "\U0001f1e6", "\ue000", "ㅤㅤㄱ", "⠁", "0", "\u06dd"])
def test_a_text_with_a_sign_in_it_shows(text: str) -> None:
    assert shows(text)


@pytest.mark.parametrize("text", WORDS)
def test_words_of_every_script_are_no_towers(text: str) -> None:
    assert shows(text)
    assert not too_many_marks(text)
    assert not too_many_marks(text * 50)


@given(
    st.lists(
        st.sampled_from(
            ["a", "é", "語", "\u0301", "\u0301" * 7, "\u093f", "\U0001f3fd", "\u200d", "\u200d" * 30, "\u20e3"]
        )
    )
)
def test_marks_are_counted_wherever_they_stand(pieces: list[str]) -> None:
    text = "".join(pieces)
    most = run = 0
    for char in text:
        kind = unicodedata.category(char)
        run = run + 1 if kind[0] == "M" or char == "\U0001f3fd" else run if kind == "Cf" else 0
        most = max(most, run)
    assert too_many_marks(text) == (most > MARKS_LIMIT)


@pytest.mark.parametrize("mark", MARKS)
def test_as_many_marks_as_are_allowed_and_one_more(mark: str) -> None:
    for before in ("", "a", "x" * 1_000, "語" * 1_000):
        assert not too_many_marks(before + mark * MARKS_LIMIT + "a" + mark * MARKS_LIMIT)
        assert too_many_marks(before + mark * (MARKS_LIMIT + 1))
        assert too_many_marks(before + (mark + "\u200d") * (MARKS_LIMIT + 1))


@pytest.mark.parametrize(
    "text", [*MARKS, *UNSEEN, "\u0301\u0316", "a\u0301", "\u0301" + "\u200d" * 30, "e" + "\u0301" * 20]
)
def test_a_hostile_text_costs_linear_time(text: str) -> None:
    text = (text * 60_000)[:60_000]
    begun = time.thread_time()
    shows(text)
    too_many_marks(text)
    assert time.thread_time() - begun < 0.05
