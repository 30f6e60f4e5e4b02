"""Syntax: code that Python's parser or its compiler refuses is an error with its place."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from literate.compile.plan import make_plan
from literate.compile.syntax import check_statements, parse_exported
from literate.diagnostics import Diagnostic
from literate.directives import Dialect, parse_cell
from literate.notebook import Cell
from literate.rules import RULES

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"

# --- the code of one cell ----------------------------------------------------------------------


def parse(
    source: str, dialect: str = Dialect.PLAIN, min_python: str = ""
) -> ast.Module | Diagnostic:
    cell = Cell(0, "id", "code", source, {})
    return parse_exported(Path("00_a.ipynb"), parse_cell(cell, dialect), min_python)


@pytest.mark.parametrize("line", ["%time x", "!ls", "?x", "x?", "x = !ls", "x = %pwd", "  %%sql"])
def test_a_magic_has_a_hint_of_its_own(line):
    problem = parse(f"#export\nx = 1\n{line}")
    assert (problem.code, problem.line) == ("syntax", 3)
    assert "magics" in problem.hint
    assert "Python" not in problem.message


def test_the_column_of_a_syntax_error_is_given():
    problem = parse("#export\nx = 1 +")
    assert (problem.line, problem.column) == (2, 8)
    assert problem.hint == RULES["syntax"].hint


def test_the_message_names_the_python_that_looked():
    message = "invalid syntax; this is Python " + RUNNING
    assert parse("#export\nx = 1 +").message == message
    assert parse("#export\nx = 1 +", min_python=RUNNING).message == message
    other = parse("#export\nx = 1 +", min_python="3.9")
    assert other.message == f"{message}, and min_python is 3.9"
    assert parse("#export\n x = 1\n  y = 2").message == "unexpected indent"
    assert parse("#export\nx = (").message == "'(' was never closed"


@pytest.mark.parametrize("settings, expected", [("min_python = 3.9", "3.9"), ("", "")])
def test_the_settings_name_the_oldest_python(make_project, settings, expected):
    project = make_project({"00_a": ["#export\nx = 1 +"]}, settings)
    assert project.min_python == expected
    (problem,) = make_plan(project).diagnostics
    assert ("min_python is 3.9" in problem.message) == bool(expected)


def test_the_directives_above_do_not_move_a_line():
    problem = parse("\n#| hide\n\n#| eval: false\n#| export\nx = (", Dialect.MARKED)
    assert problem.line == 6


def test_the_check_of_statements_ends_at_the_first_error():
    source = "_all_ = a\nfrom . import b\nfrom . import c\n_all_ = d"
    parsed = parse_cell(Cell(0, "id", "code", source, {}), Dialect.PLAIN)
    found = check_statements(Path("00_a.ipynb"), parsed, ast.parse(source))
    assert [(d.code, d.line) for d in found] == [("dynamic-all", 1), ("relative-import", 2)]


# --- a module as a whole -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, line",
    [
        ("x = 1\nreturn x", 3),
        ("yield 1", 2),
        ("x = await f()", 2),
        ("[x async for x in y]", 2),
        ("x = 1\n\nif x:\n    break", 5),
        ("while True:\n    def g():\n        continue", 4),
        ("try: x = 1\nexcept: pass\nexcept ValueError: pass", 3),
        ("a = *[1]", 2),
        ("*a, *b = [1, 2]", 2),
        ("match 1:\n    case x: pass\n    case 2: pass", 3),
        ("__debug__ = 1", 2),
        ("def f():\n    from os import *", 3),
        ("print(end='', end='')", 2),
        ("class A:\n    return 1", 3),
        ("def f(x, x): pass", 2),
        ("def f():\n    x = 1\n    global x", 4),
        ("def f():\n    nonlocal x", 3),
        ("from __future__ import braces", 2),
        ("class A:\n    def f():\n        try: pass\n        except* OSError: return", 5),
    ],
)
def test_what_only_the_compiler_refuses(make_project, code, line):
    cells = ["#export\nimport os", f"#export\n{code}", "#export\ny = 2"]
    project = make_project({"00_core": cells, "01_good": ["#export\nz = 1"]})
    plan = make_plan(project)
    (problem,) = plan.diagnostics
    assert (problem.code, problem.severity) == ("syntax", "error")
    assert (problem.path.name, problem.cell, problem.line) == ("00_core.ipynb", 1, line)
    assert plan.files == {}


def test_each_cell_that_is_refused_is_named(make_project):
    plan = make_plan(
        make_project({"00_core": ["#export\nreturn", "#export\nx = 1", "#export\nyield"]})
    )
    assert [problem.cell for problem in plan.diagnostics] == [0, 2]


def test_cells_that_do_not_fit_together(make_project):
    cells = ["#export\nx = 1", "#export\ny = 1\nglobal x", "#export\nz = 1"]
    (problem,) = make_plan(make_project({"00_core": cells})).diagnostics
    assert (problem.code, problem.cell, problem.line) == ("syntax", 1, 3)


def test_cells_that_do_not_fit_together_below_a_future_import(make_project):
    cells = ["#export\nx = 1", "#export\nfrom __future__ import annotations", "#export\nglobal x"]
    (problem,) = make_plan(make_project({"00_core": cells})).diagnostics
    assert (problem.code, problem.cell, problem.line) == ("syntax", 2, 2)


def test_a_future_import_in_a_later_cell_is_not_an_error(make_project):
    cells = ["#export\nimport os", "#export\nfrom __future__ import annotations"]
    assert make_plan(make_project({"00_core": cells})).diagnostics == []


@pytest.mark.parametrize(
    "code",
    [
        "async def f(g): await g()",
        "x = 'await'",
        "f = lambda: (await_ for await_ in [])",
        "x = 1 if 1 is 1 else 2",  # a SyntaxWarning is not an error, and not printed
        "def f():\n    return (yield)",
    ],
)
def test_what_the_compiler_accepts(make_project, code, recwarn):
    assert make_plan(make_project({"00_core": [f"#export\n{code}"]})).diagnostics == []
    assert not recwarn.list


@pytest.mark.parametrize(
    "code",
    [
        "x = " + "+".join(["1"] * 3000),
        "x = " + "-" * 3000 + "1",
        "x = str" + ".a" * 3000,
        "def f(x: " + "int|" * 3000 + "int): pass",
        "from fastcore.basics import patch\n@patch\ndef f(x: " + "int|" * 2000 + "int): pass",
        "if int: pass\n" + "elif int: pass\n" * 900,
        "if " + "+".join(["1"] * 900) + ":\n    import lib.core",
        "f = " + "lambda: " * 90 + "int",
    ],
)
def test_deeply_nested_code_is_accepted_or_an_error(make_project, code):
    for problem in make_plan(make_project({"00_core": [f"#export\n{code}"]})).diagnostics:
        assert problem.path.name == "00_core.ipynb"
