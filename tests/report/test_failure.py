"""The text of a failure."""

from __future__ import annotations

import os

import pytest

from literate.execute import FAILED, CellResult, Error, Frame, NotebookResult
from literate.execute.results import DIED, TIMEOUT
from literate.report.failure import describe_failure, legible, strip_ansi


def failing(source: str, error: Error, **fields: object) -> NotebookResult:
    """The result of a notebook whose only cell failed."""
    cell = CellResult(0, "id", source, FAILED, error=error, **fields)
    return NotebookResult("a.ipynb", FAILED, (cell,), total=2, seconds=1.25)


def error_at(line: int, message: str = "ValueError: x", name: str = "ValueError") -> Error:
    """An error in a line of the cell."""
    return Error(name, message, (Frame("a.ipynb", line, "<module>", "", 0, "id"),))


def described(result: NotebookResult) -> str:
    return "\n".join(text for _, text in describe_failure(result))


def printed(text: str) -> dict:
    return {"output_type": "stream", "name": "stdout", "text": text}


def numbered(word: str, count: int) -> str:
    """Lines such as `line 1`."""
    return "\n".join(f"{word} {number}" for number in range(1, count + 1))


def test_a_long_cell_is_shown_around_its_line():
    text = described(failing(numbered("x", 100), error_at(50)))
    assert "\n>  50 | x 50\n" in text
    assert "\n   38 | x 38\n" in text
    assert "x 37" not in text
    assert "\n   62 | x 62\n        ... 38 more lines" in text


def test_the_beginning_of_a_long_cell_is_shown_where_the_line_is_unknown():
    text = described(failing(numbered("x", 100), Error("E", "E: x")))
    assert "\n    1 | x 1\n" in text
    assert ">" not in text
    assert "... 75 more lines" in text


def test_codes_for_the_terminal_are_taken_out():
    output = printed("\x1b[31mred\x1b[0m\r\n10%\r100%\n\x07bell\tx")
    text = described(failing("1", error_at(1), outputs=(output,)))
    assert "  red\n  100%\n  bell" in text
    assert not set(text) & {"\x1b", "\r", "\x07"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;file\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("1%\r2%\r3%", "3%"),
        ("a\r\nb\r", "a\nb"),
        ("\ta", "    a"),
    ],
)
def test_strip_ansi(text, shown):
    assert strip_ansi(text) == shown


def test_legible():
    assert legible("a\tb\né\x00\x85\ud800\uffff😀") == "a\tb\né\ufffd\ufffd\ufffd\ufffd😀"


def test_only_the_end_of_a_long_output_is_shown():
    text = described(failing("1", error_at(1), outputs=(printed(numbered("line", 1000)),)))
    assert "stdout:\n  ... 960 lines before\n  line 961\n" in text
    assert text.endswith("line 1000")


def test_the_text_of_a_displayed_object_is_shown():
    output = {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "an object"}}
    text = described(failing("1", error_at(1), outputs=(output,)))
    assert text.endswith("displayed:\n  an object")


def test_only_the_beginning_of_a_long_message_is_shown():
    text = described(failing("1", error_at(1, numbered("line", 1000))))
    assert text.startswith("a.ipynb:cell 1 (id):1: line 1\nline 2\n")
    assert "\nline 60\n... 940 more lines\n" in text


def test_the_reason_of_a_notebook_is_shown_with_its_path_once():
    reason = "a.ipynb:1: error: it is broken\nmore"
    result = NotebookResult("a.ipynb", FAILED, reason=reason)
    assert described(result) == "a.ipynb:1: error: it is broken\n  more"
    result = NotebookResult("a.ipynb", FAILED, reason="it is broken")
    assert described(result) == "a.ipynb: it is broken"


OTHER_CELL = Frame("a.ipynb", 7, "f", "g()", 4, "other")
LIBRARY = Frame(os.__file__, 3, "h", "1/0")


def test_a_traceback_ends_with_the_exception():
    error = Error("E", "E: x\nmore", (*error_at(1).frames, OTHER_CELL, LIBRARY))
    text = described(failing("f()", error))
    assert "  a.ipynb:cell 1 (id):1\n  a.ipynb:cell 5 (other):7 in f\n      g()\n" in text
    assert text.endswith(":3 in h\nE: x")  # the code of libraries is not shown


@pytest.mark.parametrize("name", [TIMEOUT, DIED])
def test_the_traceback_of_an_end_by_force_is_not_that_of_an_exception(name):
    error = Error(name, "it was ended", (*error_at(1).frames, OTHER_CELL))
    text = described(failing("f()", error))
    assert text.endswith("in f\n      g()")


def test_a_traceback_of_the_marked_line_alone_is_left_out():
    assert described(failing("f()", error_at(1))).endswith(">   1 | f()")


def test_related_errors_are_told():
    deeper = Error("A", "A: deep\nmore")
    cause = Error("KeyError", "KeyError: 1", (OTHER_CELL,), related=(("context", deeper),))
    error = Error("ValueError", "ValueError: x", related=(("cause", cause),))
    assert described(failing("f()", error)).endswith(
        "\ncaused by\n"
        "  a.ipynb:cell 5 (other):7 in f\n"
        "      g()\n"
        "KeyError: 1\n"
        "  raised while handling A: deep"
    )
