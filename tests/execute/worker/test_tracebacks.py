"""Exceptions as data: messages, lines in cells, causes and members, and what is cut."""

from __future__ import annotations

import json
import traceback

import pytest

from literate.execute.results import Error, Frame
from literate.execute.worker import tracebacks
from literate.execute.worker.tracebacks import CellNames

NOTEBOOK = "/nbs/00_a.ipynb"


def run_cell(source: str, name: str = "a.ipynb:cell 3") -> BaseException:
    """Run code under a file name; return what it raises."""
    try:
        exec(compile(source, name, "exec"), {})
    except BaseException as error:
        return error
    raise AssertionError("it raised nothing")


def describe(source: str) -> Error:
    """The exception of a cell as data. The cell is the third of the notebook."""
    names = CellNames(NOTEBOOK)
    names.add("a.ipynb:cell 3", 2, "cafe", source)
    return names.describe(run_cell(source))


def cell_frames(error: Error) -> list[Frame]:
    """The lines that stand in a cell; the others are those of this file."""
    return [frame for frame in error.frames if frame.cell is not None]


# --- lines -------------------------------------------------------------------------------------


def test_a_line_of_a_cell_has_notebook_cell_and_function():
    error = describe("def f():\n    1/0\nf()")
    assert (error.name, error.message) == (
        "ZeroDivisionError",
        "ZeroDivisionError: division by zero",
    )
    assert cell_frames(error) == [
        Frame(NOTEBOOK, 3, "<module>", "", 2, "cafe"),
        Frame(NOTEBOOK, 2, "f", "", 2, "cafe"),
    ]


def test_a_line_of_another_file_keeps_its_file():
    error = describe("import json\njson.loads('')")
    assert error.frames[-1].file == json.decoder.__file__
    assert error.frames[-1].cell is None
    assert error.frames[-1].text  # the line itself


def test_a_line_of_a_module_is_shown_in_its_cell():
    names = CellNames(NOTEBOOK)
    names.add_module("lib/core.py", {1: 11, 2: 12}, 4, "beef")
    error = names.describe(run_cell("\n" * 11 + "1/0", "lib/core.py"))
    assert cell_frames(error) == [Frame(NOTEBOOK, 2, "<module>", "", 4, "beef")]
    error = names.describe(run_cell("1/0", "lib/core.py"))  # a line that is not exported
    assert cell_frames(error) == []


def test_below_time_the_line_counts_from_the_magic():
    names = CellNames(NOTEBOOK)
    names.add("a.ipynb:cell 3", 2, "cafe", "%%time\nx = 1\n1/0")
    error = names.describe(run_cell("x = 1\n1/0", "<timed exec>"))
    assert [frame.line for frame in cell_frames(error)] == [3]
    names.add("a.ipynb:cell 4", 3, "f00d", "x = 1")  # a cell without the magic
    error = names.describe(run_cell("x = 1\n1/0", "<timed exec>"))
    assert cell_frames(error) == []


def test_the_line_of_a_syntax_error_comes_last():
    error = describe("x = 1\ny = = 2")
    assert error.message == "SyntaxError: invalid syntax"
    assert cell_frames(error) == [Frame(NOTEBOOK, 2, "", "y = = 2", 2, "cafe")]


def test_lines_of_the_machinery_are_left_out():
    names = CellNames(NOTEBOOK)
    try:
        names.describe(None)  # it fails inside of the file of `CellNames`
    except AttributeError as raised:
        error = names.describe(raised)
    assert [frame.file for frame in error.frames] == [__file__]


DEEP = "def f(n):\n    if n == 0: 1/0\n    f(n - 1)\nf({depth})"


def test_a_deep_traceback_is_cut_in_the_middle():
    error = describe(DEEP.format(depth=200))
    assert len(error.frames) == 60
    assert error.frames[1] == Frame(NOTEBOOK, 4, "<module>", "", 2, "cafe")
    assert error.frames[-1] == Frame(NOTEBOOK, 2, "f", "", 2, "cafe")
    assert {frame.line for frame in error.frames[2:-1]} == {3}


# A line of this file, one at the top of the cell, and one for each call of the function.
@pytest.mark.parametrize(("calls", "kept"), [(57, 59), (58, 60), (59, 60), (500, 60)])
def test_60_lines_of_a_traceback_are_kept(calls, kept):
    assert len(describe(DEEP.format(depth=calls - 1)).frames) == kept


# --- messages ----------------------------------------------------------------------------------


def test_a_long_message_is_cut_and_says_so():
    error = describe("raise ValueError('x' * 1_000_000)")
    assert error.message.endswith("xxx\n[cut here: 1,000,013 characters]")
    assert len(error.message) < 21_000


def test_a_lone_surrogate_is_written_out():
    assert describe(r"raise ValueError('\ud800')").message == r"ValueError: \ud800"


def test_an_exception_of_ipython_has_its_short_name():
    source = "from IPython.core.error import UsageError\nraise UsageError('no such magic')"
    assert describe(source).message == "UsageError: no such magic"


# --- causes and members ------------------------------------------------------------------------


def related(error: Error) -> list[tuple[str, str]]:
    return [(relation, other.message) for relation, other in error.related]


RAISES_FROM = """
try:
    raise KeyError('first')
except KeyError as error:
    raise ValueError('second') {cause}
"""


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        ("", [("context", "KeyError: 'first'")]),
        ("from error", [("cause", "KeyError: 'first'")]),
        ("from TypeError('other')", [("cause", "TypeError: other")]),
        ("from None", []),
    ],
)
def test_cause_and_context(cause, expected):
    assert related(describe(RAISES_FROM.format(cause=cause))) == expected


def test_members_of_a_group():
    error = describe("raise ExceptionGroup('many', [ValueError(1), KeyError(2)])")
    assert related(error) == [("member", "ValueError: 1"), ("member", "KeyError: 2")]


def test_of_a_wide_group_20_members_are_described():
    error = describe("raise ExceptionGroup('g', [ValueError(n) for n in range(1021)])")
    messages = [message for _, message in related(error)]
    assert messages[:20] == [f"ValueError: {number}" for number in range(20)]
    assert messages[20:] == ["... and 1,001 more"]
    error = describe("raise ExceptionGroup('g', [ValueError(n) for n in range(20)])")
    assert related(error)[-1] == ("member", "ValueError: 19")


CHAIN = """
error = None
for number in range({length}):
    following = ValueError(number)
    following.__cause__ = error
    error = following
raise error
"""


def test_of_a_long_chain_20_causes_are_described():
    error = describe(CHAIN.format(length=100))
    messages = []
    while error.related:
        ((_, error),) = error.related
        messages.append(error.message)
    assert messages == [f"ValueError: {number}" for number in range(98, 78, -1)]


# --- when the standard library cannot help -----------------------------------------------------


def test_an_exception_is_described_without_a_patched_library(monkeypatch):
    monkeypatch.setattr(traceback, "TracebackException", None)
    error = describe("def f():\n    1/0\nf()")
    assert error.message == "ZeroDivisionError: division by zero"
    assert [frame.line for frame in cell_frames(error)] == [3, 2]
    assert len(describe(DEEP.format(depth=200)).frames) == 60


def test_an_exception_is_described_if_its_message_fails(monkeypatch):
    monkeypatch.setattr(traceback, "TracebackException", None)
    source = """
class Bad(Exception):
    def __str__(self): raise KeyError
raise Bad
"""
    assert describe(source).message == "Bad: <its message cannot be had>"


def test_the_limits_are_those_of_the_tests_above():
    assert tracebacks._MAX_FRAMES == 60
    assert tracebacks._MAX_DEPTH == tracebacks._MAX_MEMBERS == 20
