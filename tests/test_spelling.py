"""Spelling: a word with one typing error is recognized, and no other word is."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from literate.spelling import nearest

LETTERS = "abcdefghijklmnopqrstuvwxyz_"


def typing_errors(word: str) -> Iterator[str]:
    """Every word that one typing error makes of a word, and the word itself."""
    for position in range(len(word) + 1):
        before, after = word[:position], word[position:]
        yield before + after[1:]
        yield before + after[:2][::-1] + after[2:]
        for letter in LETTERS:
            yield before + letter + after
            yield before + letter + after[1:]


WITH_ONE_ERROR = set(typing_errors("export")) - {"export"}


@given(st.text("abcdefexport", max_size=9))
def test_a_word_is_near_if_one_typing_error_makes_it(word):
    is_near = nearest(word, frozenset({"export"})) == "export"
    assert is_near == (word in WITH_ONE_ERROR)


def test_each_typing_error_is_recognized():
    assert {nearest(word, frozenset({"export"})) for word in WITH_ONE_ERROR} == {"export"}


def test_a_known_word_means_itself():
    assert nearest("exports", frozenset({"export", "exports"})) is None


def test_words_of_fewer_than_four_letters_are_too_similar():
    assert nearest("abd", frozenset({"abc"})) is None
    assert nearest("abce", frozenset({"abcd"})) == "abcd"


def test_among_several_words_the_first_in_the_alphabet_is_proposed():
    assert nearest("exportx", frozenset({"exports", "exporti", "export"})) == "export"
