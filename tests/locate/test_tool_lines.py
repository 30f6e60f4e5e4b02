"""What mypy, ruff, pyright, pytest, Python and IPython print, with their places named anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from located_project import DOUBLE_CELL, THIRD_CELL

from literate.locate.tool_lines import Rewriter

RUFF = Path(sys.executable).parent / "ruff"


def rewritten(text: str, world: str = "cell") -> str:
    rewriter = Rewriter(world)
    return "".join(rewriter.rewrite(line) for line in text.splitlines(keepends=True))


# Lines as the tools print them, {M} for the module and {C} for its cell: name -> line.
LINES = {
    "mypy": "{M}:{N}: error: Unsupported operand types  [operator]",
    "mypy's column": "{M}:{N}:18: error: Unsupported operand types  [operator]",
    "mypy's end": "{M}:{N}:18:{N}:19: error: Unsupported operand types  [operator]",
    "mypy in colour": "{M}:{N}: \x1b[1m\x1b[31merror:\x1b(B\x1b[m Unsupported",
    "pyright": '  {M}:{N}:12 - error: Operator "+" not supported (reportOperatorIssue)',
    "pyright in colour": "  {M}\x1b[39m:\x1b[33m{N}\x1b[39m:\x1b[33m12\x1b[39m - \x1b[31merror",
    "pytest, long": "{M}:{N}: TypeError",
    "pytest, short": "{M}:{N}: in double",
    "pytest in colour": "\x1b[1m\x1b[31m{M}\x1b[0m:{N}: TypeError",
    "a warning of pytest": "  {M}:{N}: DeprecationWarning: old",
    "a traceback": '  File "{M}", line {N}, in double',
    "Python 3.13": '  File \x1b[35m"{M}"\x1b[0m, line \x1b[35m{N}\x1b[0m, in \x1b[35mdouble\x1b[0m',
    "IPython": "File {M}:{N}, in double(x)",
    "IPython in colour": "File \x1b[32m{M}:{N}\x1b[39m, in \x1b[36mdouble\x1b[39m",
    "pylint": "{M}:{N}:4: W0621: Redefining name",
    "flake8": "{M}:{N}:1: E302 expected 2 blank lines",
    "in brackets": "see ({M}:{N})",
    "after words": "warning from {M}:{N}: x",
    "a link": "<{M}:{N}>",
}


@pytest.mark.parametrize("kind", ["relative", "absolute"])
@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_place_is_named_by_its_cell_and_all_else_stays(folder, line, kind):
    root = f"{folder}/" if kind == "absolute" else ""
    old = line.replace("{M}", f"{root}small/core.py").replace("{N}", "12")
    new = line.replace("{M}", f"{root}{DOUBLE_CELL}").replace("{N}", "4")
    for end in ("", "\n", "\r\n"):
        assert rewritten(old + end) == new + end


UNCHANGED = [
    "",
    "Found 2 errors in 1 file (checked 3 source files)",
    "small/core.py:4: error: a line of the compiler",
    "small/core.py:99: error: a line that does not exist",
    "small/core.py: note: In function",
    "small/core.py:x: error",
    "tests/test_core.py:1: a file written by hand",
    "nope.py:12: no such file",
    "FAILED small/core.py::test_a - TypeError",
    "a\0small/core.py\0.py:12",
    "x" * 5000 + "small/core.py:12",
    "34 | import os",
    "  12:4 F401 without a file above it",
    "::error title=x::no file",
    "::error file=nope.py,line=3::x",
    "::error file=small/core.py,line=x::x",
    "##vso[task.logissue type=error;sourcepath=nope.py;linenumber=3;]x",
    "nbs/00_core.ipynb:cell 3 (00000002):4: error: a cell",
]


@pytest.mark.parametrize("line", UNCHANGED, ids=[text[:30] for text in UNCHANGED])
def test_all_else_stays_as_it_is(folder, line):
    assert rewritten(line) == line


def test_a_line_may_have_several_places(folder):
    text = "small/core.py:12: see small/core.py:18, tests/test_core.py:1 and small/core.py:4"
    wanted = f"{DOUBLE_CELL}:4: see {THIRD_CELL}:4, tests/test_core.py:1 and small/core.py:4"
    assert rewritten(text) == wanted


def test_a_name_that_is_also_the_end_of_a_path_is_no_place(folder):
    (folder / "tests" / "small").mkdir()
    (folder / "tests" / "small" / "core.py").write_text("x = 1\n" * 20)
    assert rewritten("tests/small/core.py:12: x") == "tests/small/core.py:12: x"


def test_few_beginnings_are_tried_for_a_path(folder, monkeypatch):
    tried = []
    monkeypatch.setattr("os.path.isfile", lambda path: tried.append(path) or False)
    rewritten("a " * 1000 + "b.py:3")
    assert 0 < len(tried) < 100


def test_the_home_folder_may_be_short(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    text = "File ~/my project/small/core.py:12, in double(x)"
    assert rewritten(text) == f"File {folder}/{DOUBLE_CELL}:4, in double(x)"


def run_ruff(layout: str, color: bool = False) -> str:
    flags = ["check", "--isolated", "--no-cache", "--select", "F", "--output-format", layout]
    environment = {**os.environ, "FORCE_COLOR": "1"} if color else None
    done = subprocess.run([RUFF, *flags, "small"], capture_output=True, text=True, env=environment)
    assert "small/core.py" in done.stdout, done.stderr
    return done.stdout


@pytest.mark.parametrize("color", [False, True])
def test_the_code_below_a_place_of_ruff_has_the_numbers_of_the_cell(folder, color):
    old = run_ruff("full", color)
    new = rewritten(old)
    plain = new if not color else re.sub(r"\x1b\[[0-9;]*m", "", new)
    assert "--> nbs/00_core.ipynb:cell 2 (00000001):2:8\n" in plain
    assert "\n2 | import os\n" in plain
    assert "\n3 | import warnings\n" in plain
    assert "  | # %% ../nbs/00_core.ipynb #00000001\n" in plain  # it is in no cell
    assert "small/core.py" not in new
    assert len(new.splitlines()) == len(old.splitlines())
    assert new.count("\x1b") == old.count("\x1b")


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("layout", ["concise", "pylint", "grouped"])
def test_ruff_has_formats_of_one_line(folder, layout, color):
    old = run_ruff(layout, color)
    new = rewritten(old)
    colon = r"\x1b\[36m:\x1b\[0m" if color and layout != "pylint" else ":"
    style = r"(\x1b\[0m)?"
    found = re.findall(rf"nbs/0[01]_\w+\.ipynb:cell 2 \(00000001\){style}(?:{colon}|:)(2|3)", new)
    assert [number for _, number in found] == ["2", "3", "3"]
    for before, after in zip(old.splitlines(), new.splitlines(), strict=True):
        assert before.split()[-1:] == after.split()[-1:]


def test_a_group_ends_at_an_empty_line(folder):
    text = "small/core.py:\n  12:5 E1 x\n  99:1 E1 x\n  words\n\n  12:5 E1 x\n"
    wanted = f"small/core.py:\n  {DOUBLE_CELL}:4:5 E1 x\n  99:1 E1 x\n  words\n\n  12:5 E1 x\n"
    assert rewritten(text) == wanted


def test_the_code_below_a_place_of_ipython_has_the_numbers_of_the_cell(folder):
    text = (
        "File small/core.py:12, in double(x)\n"
        "     10 # %% ../nbs/00_core.ipynb #00000002\n"
        "     11 def double(x: int) -> int:\n"
        "---> 12     return 'a' + x\n"
        "\n"
        "---> 12 elsewhere\n"
    )
    wanted = (
        f"File {DOUBLE_CELL}:4, in double(x)\n"
        "        # %% ../nbs/00_core.ipynb #00000002\n"
        "      3 def double(x: int) -> int:\n"
        "--->  4     return 'a' + x\n"
        "\n"
        "---> 12 elsewhere\n"
    )
    assert rewritten(text) == wanted


def line_number(path: str, code: str) -> int:
    """The line of a notebook's file that holds some code."""
    lines = Path(path).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if code in line)


def test_commands_to_github_mark_lines_of_the_file(folder):
    new = rewritten(run_ruff("github"))
    number = line_number("nbs/01_more.ipynb", "y = 1")
    start = f"file={folder}/nbs/01_more.ipynb,line={number},col=5,endLine={number},endColumn=6::"
    assert start + f"{THIRD_CELL}:3:5: F841 Local variable" in new


def test_commands_to_azure_mark_lines_of_the_file(folder):
    new = rewritten(run_ruff("azure"))
    number = line_number("nbs/01_more.ipynb", "y = 1")
    assert f"sourcepath={folder}/nbs/01_more.ipynb;linenumber={number};columnnumber=5;" in new


# --- the other direction -----------------------------------------------------------------------

TO_MODULE = {
    "nbs/00_core.ipynb:cell 3 (00000002):4: TypeError: x": "small/core.py:12: TypeError: x",
    "  nbs/00_core.ipynb:cell 3:4:5 x": "  small/core.py:12:5 x",
    "nbs/00_core.ipynb:cell 3: x": "small/core.py:11: x",
    'File "nbs/00_core.ipynb:cell 3 (00000002)", line 4': 'File "small/core.py", line 12',
    "  nbs/00_core.ipynb:cell 3 (00000002):4 (small/core.py:12) in double": (
        "small/core.py:12: in double"
    ),
    "  nbs/00_core.ipynb:cell 3 (00000002):4 in double": "small/core.py:12: in double",
    "nbs/00_core.ipynb:cell 9:4: x": "nbs/00_core.ipynb:cell 9:4: x",
    "nbs/nope.ipynb:cell 3:4: x": "nbs/nope.ipynb:cell 3:4: x",
    "small/core.py:12: x": "small/core.py:12: x",
    "small/core.py:": "small/core.py:",
}


@pytest.mark.parametrize(("old", "new"), TO_MODULE.items())
def test_cells_are_named_by_their_modules(folder, old, new):
    assert rewritten(old, "module") == new


def test_a_cell_in_no_module_is_named_by_its_line_in_the_file(folder):
    number = line_number("nbs/00_core.ipynb", "assert double")
    text = "nbs/00_core.ipynb:cell 4 (00000003):1: AssertionError"
    for world in ("module", "file"):
        assert rewritten(text, world) == f"nbs/00_core.ipynb:{number}: AssertionError"


def test_all_places_can_be_lines_of_files(folder):
    number = line_number("nbs/00_core.ipynb", "'a' + x")
    for place in ("small/core.py:12:5:12:6", "nbs/00_core.ipynb:cell 3 (00000002):4:5"):
        assert rewritten(f"{place}: x", "file").startswith(f"nbs/00_core.ipynb:{number}:5")


def test_a_line_may_name_both_sides(folder):
    number = line_number("nbs/00_core.ipynb", "'a' + x")
    frame = "  nbs/00_core.ipynb:cell 3 (00000002):4 (small/core.py:12) in double"
    assert rewritten(frame, "file") == f"nbs/00_core.ipynb:{number}: in double"
    both = "small/core.py:12: as in nbs/00_core.ipynb:cell 3 (00000002):4: and small/core.py:18: x"
    more = line_number("nbs/01_more.ipynb", "return 3")
    assert rewritten(both, "file") == (
        f"nbs/00_core.ipynb:{number}: as in nbs/00_core.ipynb:{number}: and "
        f"nbs/01_more.ipynb:{more}: x"
    )
