"""The marks of a merge that failed are told from text, and it is known whose lines they hold."""

import pytest

from literate.compile.merge_marks import is_made_of, line_of_conflict

OURS = "head\na = 1\nb = 1\nc = 3\n"
THEIRS = "head\na = 2\nb = 1\nd = 4\n"
CONFLICT = "head\n<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> side\nb = 1\nc = 3\nd = 4\n"


def test_the_first_mark_is_found():
    assert line_of_conflict(CONFLICT, [OURS]) == 2
    assert line_of_conflict(OURS, []) is None


@pytest.mark.parametrize("missing", ["<<<<<<< HEAD\n", ">>>>>>> side\n"])
def test_one_mark_alone_is_text(missing):
    assert line_of_conflict(CONFLICT.replace(missing, ""), []) is None


def test_marks_that_were_generated_are_text():
    assert line_of_conflict(CONFLICT, [CONFLICT]) is None


@pytest.mark.parametrize("style", ["", "||||||| base\nold = 0\n"])
def test_lines_of_both_sides_are_nobodys_edit(style):
    assert is_made_of(CONFLICT.replace("=======\n", f"{style}=======\n"), [OURS, THEIRS])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a = 2", "a = 'typed'"),
        ("b = 1", "b = 'typed'"),
        ("a = 1\n", "a = 1\nc = 3\n"),
        (">>>>>>> side\n", ""),
    ],
)
def test_a_line_of_neither_side_was_typed(old, new):
    assert not is_made_of(CONFLICT.replace(old, new), [OURS, THEIRS])


def test_with_one_side_nothing_is_known():
    assert not is_made_of(CONFLICT, [OURS])
