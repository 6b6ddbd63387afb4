"""Words: cut and folded as SQLite's tokenizer does it, and marked where they are found."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.snippets import SNIPPET_LENGTH, Piece, Snippets
from chatapp.words import phrase, words

LATIN = st.text(st.characters(min_codepoint=1, max_codepoint=0x17F), max_size=60)


def folded(text: str) -> list[str]:
    return [word.folded for word in words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Comunicação", ["comunicacao"]),
        ("comunicac\u0327a\u0303o", ["comunicacao"]),  # the same with accents of their own
        ("c++ foo_bar don't", ["c", "foo", "bar", "don", "t"]),
        ("ação!AÇÃO", ["acao", "acao"]),
        ("Žluťoučký kůň, Việt Nam", ["zlutoucky", "kun", "viet", "nam"]),
        ("日本語 привет 42", ["日本語", "привет", "42"]),
        ("*** 🎉 \n", []),
        ("", []),
    ],
)
def test_a_text_is_cut_into_words_without_case_and_accents(text: str, expected: list[str]) -> None:
    assert folded(text) == expected


@given(LATIN)
def test_words_are_those_that_the_index_of_sqlite_has(text: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='unicode61 remove_diacritics 2')")
        connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
        connection.execute("INSERT INTO t VALUES (?)", (text,))
        found = [term for (term,) in connection.execute("SELECT term FROM v ORDER BY offset")]
    assert folded(text) == found


@given(st.text(max_size=300))
def test_a_word_says_where_it_stands(text: str) -> None:
    for word in words(text):
        assert folded(text[word.start : word.end]) == [word.folded]


def marked(text: str, *wanted: str, prefix: bool = False) -> str:
    """A snippet with its hits in brackets."""
    pieces = Snippets([phrase(each, prefix=prefix) for each in wanted], 1).cut(text)
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("é só comunicação", ["comunicacao"], "é só [comunicação]"),
        ("two words, two more words", ["two words"], "[two words], two more words"),
        ("a b c d", ["a b", "b c"], "[a b c] d"),
        ("a\n\n  b", ["b"], "a [b]"),
        ("<b>bold</b> & more", ["bold"], "<b>[bold]</b> & more"),
        ("nothing here", ["else"], "nothing here"),
        ("nothing here", [], "nothing here"),
        ("", ["x"], ""),
        ("***", ["***"], "***"),
    ],
)
def test_what_is_found_is_marked(text: str, wanted: list[str], expected: str) -> None:
    assert marked(text, *wanted) == expected


def test_a_word_that_is_still_typed_marks_the_whole_word() -> None:
    assert marked("a communication", "comm", prefix=True) == "a [communication]"
    assert marked("a communication", "comm") == "a communication"


def test_of_a_long_text_the_part_around_the_first_hit_is_shown() -> None:
    text = "before " * 200 + "the needle is here" + " after" * 200
    shown = marked(text, "needle")
    assert "the [needle] is here" in shown
    assert shown.startswith("…before ")
    assert shown.endswith("after…")
    assert len(shown) <= SNIPPET_LENGTH + 4
    assert marked("x" * 5_000, "y") == "x" * SNIPPET_LENGTH + "…"


@given(st.text(max_size=600), st.lists(st.text(max_size=10), max_size=4), st.booleans())
def test_a_snippet_is_a_part_of_the_text_in_one_line(text: str, wanted: list[str], prefix: bool) -> None:
    pieces = Snippets([phrase(each, prefix=prefix) for each in wanted], 1).cut(text)
    said = "".join(piece.text for piece in pieces)
    assert " ".join(said.split()).strip("… ") in " ".join(text.split())
    assert all(isinstance(piece, Piece) and piece.text for piece in pieces)
    assert not set(said) & set("\n\r\v\f\x1c\x85\u2028\u2029")
    assert len(said) <= SNIPPET_LENGTH + 2
