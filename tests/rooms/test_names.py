"""Names of people and rooms: what may be one, which are the same, and the slug."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chatapp.details import LOCALES, sentence
from chatapp.limits import NAME_LIMIT, ROOM_NAME_LIMIT, SLUG_LIMIT
from chatapp.model import Refusal
from chatapp.rooms.names import numbered, person_name, poll_options, room_name, slug
from chatapp.spelling import folded, skeletons

# Any text that can come over the wire, with what is special in names more often than chance would have it.
SPECIAL = (
    "\u200c\u200d\u0301\u0345\ufe0f\u20e3\u3164\u2800\u00df\u0130\u03c2\u1e9e\ufb01\u212b\u00a0 -/.#%\U0001f468ａ①ǆ"
)
TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(SPECIAL)), max_size=80)


def is_name(text: str) -> bool:
    """Whether a person may be called so."""
    try:
        return bool(person_name(text))
    except Refusal:
        return False


def is_room_name(text: str) -> bool:
    try:
        return bool(room_name(text))
    except Refusal:
        return False


@given(TEXTS)
def test_any_text_is_a_normal_name_or_refused_as_bad_name(text: str) -> None:
    for check, limit in ((person_name, NAME_LIMIT), (room_name, ROOM_NAME_LIMIT)):
        refused: Refusal | None = None
        try:
            name = check(text)
        except Refusal as refusal:
            refused = refusal
        if refused:
            assert (refused.code, refused.field, refused.values["n"]) == ("bad-name", "name", limit)
            continue
        assert unicodedata.is_normalized("NFC", name)
        assert 1 <= len(name) <= limit
        assert name == " ".join(name.split())
        assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name)
        assert check(name) == name


@given(TEXTS)
@example("a\u200d\u0301")
@example("\u0345\u0301")
@example("ΐ")
def test_folding_again_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(TEXTS)
def test_case_width_and_composition_make_no_other_name(text: str) -> None:
    same = {text.casefold(), *(unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD"))}
    assert {folded(other) for other in same} == {folded(text)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana", "aNA"),
        ("Ana", "Ａｎａ"),
        ("Zoë", "Zoe\u0308"),
        ("Zoë", "Zoe\u200d\u0308"),
        ("STRASSE", "straße"),
        ("ana", "a\u200dn\u200ca"),
        ("ana", "ana\ufe0f"),
        ("ana", "ana\U000e0100"),
        ("ana", "a\u034fna"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ],
)
def test_two_names_that_look_the_same_are_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_two_names_that_look_different_are_different() -> None:
    names = ["ana", "anna", "aña", "ána", "an a", "أنا", "アナ", "❤", "❤❤"]
    assert len({folded(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\u3000", "\u200d", "\u0301", "\ufe0f", "\u200bana", "\ufeff"),
        *("\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "ana\u3164"),
        *("a\nb", "a\0", "\u202eana", "a\u2066b", "a\u2028b", "\ud800", "\ue000", "a\u0301\u0302\u0303\u0304\u0305"),
    ],
)
def test_an_invisible_or_deceiving_name_is_refused(text: str) -> None:
    assert not is_name(text)
    assert not is_room_name(text)


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "7",
        "Zoë",
        "O'Neil",
        "اَحمد",
        "می\u200cخواهم",
        "शर्मा",
        "👩\u200d💻",
        "❤\ufe0f",
        "!",
        "李",
        "한글",
        "ไทย",
        "1\ufe0f\u20e3",
        "র\u200d\u09cdয",  # Bengali, with a joiner before the virama
        "क\u094d\u200dष",
        "🇧🇷 Ana",
        "👨\u200d👩\u200d👧\u200d👦",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    ],
)
def test_names_of_any_language_are_taken_as_they_are(name: str) -> None:
    assert person_name(name) == room_name(name) == name


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a\u00adb",
            "a\u200db",
            "ana\u200c",
            "\u200cana",
            "a\u034fna",
            "a\u061cb",
            "a\u180eb",
            "a\u2060b",
            "a\u17b4b",
        ),
        *("ana\ufe0f", "1\ufe0f", "\u2764\ufe0e", "\u845b\U000e0100", "ana\U000e0061", "\U0001d173a"),
        "🏴\U000e0078\U000e0078\U000e007f",  # tags that spell no flag
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074",  # and no end
    ],
)
def test_what_shows_nothing_is_only_taken_where_an_emoji_or_a_script_needs_it(text: str) -> None:
    assert not is_name(text)
    assert not is_room_name(text)
    with pytest.raises(Refusal):
        poll_options(["yes", text])


@pytest.mark.parametrize(
    ("one", "other"),
    [("ana", "аnа"), ("ana", "ана".replace("н", "n")), ("Maria", "Μаriа"), ("Karen", "Кaren"), ("мария", "Мaрия")],
)
def test_a_name_in_letters_that_look_like_anothers_has_a_key_in_common_with_it(one: str, other: str) -> None:
    assert folded(one) != folded(other)
    assert any(ours == theirs for ours, theirs in zip(skeletons(one), skeletons(other), strict=True))


def test_names_that_differ_in_accents_or_in_ascii_alone_imitate_nobody() -> None:
    names = ["ana", "ána", "anna", "m", "rn", "l", "1", "|", "0", "o", "modern", "rnodem", "Олег", "Oleg", "李", "季"]
    assert len({skeletons(name).small for name in names}) == len(names)


@given(TEXTS)
def test_names_that_are_the_same_have_the_same_key(text: str) -> None:
    assert skeletons(text).small == skeletons(folded(text)).small


@pytest.mark.parametrize(
    "name", ["admin", "[Admin]", "Аdmin", "ADМIN", "ádmin", "System", "SISTEMA", "Todo mundo", "here!"]
)
def test_nobody_and_no_room_takes_a_name_that_would_be_taken_for_the_chats_own(name: str) -> None:
    for check in (person_name, room_name):
        with pytest.raises(Refusal) as refused:
            check(name)
        assert (refused.value.code, refused.value.field) == ("bad-name", "name")
        for locale in LOCALES:
            assert f"“{name}”" in sentence(refused.value, locale)


def test_a_name_may_contain_a_system_name() -> None:
    assert person_name("Adminha") == "Adminha"
    assert room_name("Server room") == "Server room"


def test_options_of_a_poll_that_look_the_same_are_refused_and_those_that_differ_in_case_are_not() -> None:
    with pytest.raises(Refusal):
        poll_options(["COCA", "СОСА"])
    assert poll_options(["a", "A", "1", "l", "Todos"]) == ["a", "A", "1", "l", "Todos"]


@pytest.mark.parametrize("name", ["all", "All", " ALL\u3000", "Ａｌｌ", "áll", "todos", "Todos"])
def test_nobody_takes_a_name_that_everybody_goes_by(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        person_name(name)
    assert (refused.value.code, refused.value.field) == ("bad-name", "name")
    for locale in LOCALES:
        assert f"“{' '.join(name.split())}”" in sentence(refused.value, locale)
    assert not is_room_name(name)


def test_a_name_may_begin_like_everybodys() -> None:
    assert person_name("Allan") == "Allan"
    assert person_name("All Todos") == "All Todos"


def test_blanks_around_and_between_are_folded() -> None:
    assert person_name("  Ana\u00a0 \u3000Maria ") == "Ana Maria"


def test_a_name_is_counted_in_characters_after_normalisation() -> None:
    assert person_name("e\u0301" * NAME_LIMIT) == "é" * NAME_LIMIT
    assert not is_name("é" * (NAME_LIMIT + 1))
    assert room_name("é" * ROOM_NAME_LIMIT)
    assert not is_room_name("é" * (ROOM_NAME_LIMIT + 1))


@given(TEXTS, st.integers(2, 10**6))
def test_a_numbered_name_is_a_name_that_ends_in_the_number(text: str, number: int) -> None:
    assume(is_name(text))
    name = numbered(person_name(text), number)
    assert person_name(name) == name
    assert name.endswith(f" {number}")


@given(TEXTS)
@example("❤\ufe0f")
@example("1\ufe0f\u20e3")
@example("❤\u0301")
@example("--")
@example("x" * 63 + " y")
@example("../..")
def test_a_slug_is_short_lower_case_letters_and_digits_between_single_hyphens(text: str) -> None:
    assume(is_room_name(text))
    found = slug(room_name(text))
    assert 1 <= len(found) <= SLUG_LIMIT
    assert {unicodedata.category(char)[0] for char in found.replace("-", "")} <= set("LMN")
    assert any(unicodedata.category(char)[0] in "LN" for char in found)
    assert unicodedata.is_normalized("NFC", found)
    assert found == found.strip("-")
    assert "--" not in found


@given(TEXTS)
def test_the_slug_of_a_slug_is_itself(text: str) -> None:
    assume(is_room_name(text))
    found = slug(room_name(text))
    assert slug(found) == found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("General", "general"),
        ("Café da Manhã!", "café-da-manhã"),
        ("3º B", "3o-b"),
        ("  a -- b  ", "a-b"),
        ("C++ / C#", "c-c"),
        ("数学 ①", "数学-1"),
    ],
)
def test_a_slug_is_readable(name: str, expected: str) -> None:
    assert slug(room_name(name)) == expected


def test_a_room_named_by_an_emoji_has_an_address_one_can_see() -> None:
    found = {slug(room_name(name)) for name in ("❤\ufe0f", "👩\u200d💻", "🎉")}
    assert len(found) == 3
    assert all(address.startswith("room-") and len(address) == 11 for address in found)
