"""Text from files and settings that reaches a terminal or a CI service."""

from __future__ import annotations

import pytest

from literate.printable import printable, printable_lines


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", ""),
        ("nbs/01_é.ipynb: \U0001f600", "nbs/01_é.ipynb: \U0001f600"),
        ("a\xa0b\ue0b0", "a\xa0b\ue0b0"),  # a blank and a symbol that no program obeys
        ("\x1b[2J\x07", r"\x1b[2J\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("\u2028\u200b\ufeff\udcff", r"\u2028\u200b\ufeff\udcff"),
    ],
)
def test_characters_that_a_terminal_obeys_are_escaped(text, expected):
    assert printable(text) == expected
    assert printable(expected) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("::error::x", r"\x3a:error::x"),
        ("  ::error::x", r"  \x3a:error::x"),
        ("a.py::test", "a.py::test"),
        ("a ##[error]x", r"a \x23#[error]x"),
        ("##vso[task.complete]", r"\x23#vso[task.complete]"),
        ("## a title", "## a title"),
    ],
)
def test_nothing_looks_like_a_command_to_a_ci_service(text, expected):
    assert printable(text) == expected


def test_of_several_lines_the_line_ends_and_tabs_stay():
    text = "+x\t= 1\r\n ::error::\x1b\n\n"
    assert printable_lines(text) == "+x\t= 1\\r\n \\x3a:error::\\x1b\n\n"
