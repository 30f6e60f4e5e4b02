"""Undefined names: names that exported code uses, and that only unexported cells define."""

from __future__ import annotations

import pytest

from literate.compile.plan import make_plan


def undefined_names(make_project, cells: list[str]) -> list[tuple]:
    """Name, cell, line and column of each warning; a module `lib.other` with a name `y` exists."""
    project = make_project({"00_a": ["md:# A", *cells], "01_other": ["#export\ny = 1"]})
    found = []
    for diagnostic in make_plan(project).diagnostics:
        assert (diagnostic.code, diagnostic.severity) == ("undefined-name", "warning")
        name = diagnostic.message.split()[0]
        found.append((name, diagnostic.cell, diagnostic.line, diagnostic.column))
    return found


@pytest.mark.parametrize(
    "cells, expected",
    [
        (["import math", "#export\ndef f(): return math.pi"], [("math", 2, 2, 17)]),
        (
            ["x = 1", "#export\ndef f():\n    global y\n    y = x\n    return y"],
            [("x", 2, 4, 9)],
        ),
        (
            ["def helper(): ...\nclass K: ...", "#export\n@helper\nclass A(K): ..."],
            [("helper", 2, 2, 2), ("K", 2, 3, 9)],
        ),
        (["x = 1", "#export\ndef f():\n    def g(): return x\n    return g"], [("x", 2, 3, 21)]),
        (["x = 1", "#export\nclass A:\n    y = x"], [("x", 2, 3, 9)]),
        (["x = 1", "y = 1", "#export\nx\ny"], [("x", 3, 2, 1), ("y", 3, 3, 1)]),
    ],
)
def test_a_name_that_only_an_unexported_cell_defines(make_project, cells, expected):
    assert undefined_names(make_project, cells) == expected


@pytest.mark.parametrize(
    "cells",
    [
        ["import math", "#export\nimport math\ndef f(): return math.pi"],
        ["import math", "#exporti\nimport math", "#export\ndef f(): return math.pi"],
        ["x = 1", "#export\ndef f(x): return x\ng = [x for x in 'ab']"],
        ["x = 1", "#export\ntry: pass\nexcept Exception as x: pass"],
        ["# x", "#export\ndef f(): return x"],
        ["%time y = 1", "#export\ndef f(): return y"],
        ["print = 1\n__file__ = 2", "#export\nprint(__file__)"],
    ],
)
def test_no_false_alarm(make_project, cells):
    assert undefined_names(make_project, cells) == []


def test_a_global_statement_in_a_function_binds_the_name_in_the_module(make_project):
    cells = ["x = 1", "#export\ndef set_x():\n    global x\n    x = 2\n\ndef get(): return x"]
    assert undefined_names(make_project, cells) == []


def test_a_name_that_is_used_through_a_global_statement_is_used_in_the_module(make_project):
    cells = ["x = 1", "#export\ndef get():\n    global x\n    return x"]
    assert undefined_names(make_project, cells) == [("x", 2, 4, 12)]


@pytest.mark.parametrize(
    "cells, expected",
    [
        (["from os import *", "#export\ndef f(): return path"], []),
        (["path = 1", "#export\nfrom os import *\ndef f(): return path"], []),
        (["y = 1", "#export\nfrom lib.other import *\ndef f(): return y"], []),
        (["z = 1", "#export\nfrom lib.other import *\ndef f(): return z"], [("z", 2, 3, 17)]),
        (["z = 1", "#export\nfrom lib.gone import *\ndef f(): return z"], []),
    ],
)
def test_star_imports_count_where_their_names_are_known(make_project, cells, expected):
    assert undefined_names(make_project, cells) == expected


def test_the_message_names_the_cell_that_defines_the_name(make_project):
    project = make_project({"00_a": ["import math", "import math", "#export\nmath.pi"]})
    (problem,) = make_plan(project).diagnostics
    assert problem.message == (
        "math is defined only in cell 1 (00000000), which is not exported: a will lack it"
    )
    assert problem.hint == "export that cell too"


def test_a_name_that_is_written_differently_is_reported_at_the_first_cell(make_project):
    """In a class, Python reads `__x` as `_A__x`, so the syntax tree does not show the place."""
    cells = ["_A__x = 1", "#export\ny = 1", "#export\nclass A:\n    def f(self): return __x"]
    assert undefined_names(make_project, cells) == [("_A__x", 2, None, None)]


def test_code_that_parses_and_is_not_python_is_an_error(make_project):
    project = make_project(
        {
            "00_core": [
                "#export\nimport os",
                "#export\n\ndef f():\n    x = 1\n    global x",
                "#export\nfrom __future__ import annotations",
            ]
        }
    )
    (problem,) = make_plan(project).diagnostics
    assert (problem.code, problem.severity) == ("syntax", "error")
    assert (problem.cell, problem.line) == (1, 5)


def test_a_future_import_in_a_later_cell_is_not_an_error(make_project):
    cells = ["#export\nimport os", "#export\nfrom __future__ import annotations"]
    assert make_plan(make_project({"00_core": cells})).diagnostics == []
