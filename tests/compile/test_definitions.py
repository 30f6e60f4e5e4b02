"""Modules that several notebooks make: names that are defined twice, and copies."""

from __future__ import annotations

import pytest

from literate.compile.plan import make_plan


def found(make_project, one: str, two: str) -> list[tuple]:
    """Rule, notebook, cell and line of each problem; both notebooks make the module `core`."""
    notebooks = {
        "00_a": ["#default_exp core", f"#export\n{one}"],
        "01_b": ["#default_exp core", f"#export\n{two}"],
    }
    problems = make_plan(make_project(notebooks)).diagnostics
    return [(problem.code, problem.path.stem, problem.cell, problem.line) for problem in problems]


@pytest.mark.parametrize(
    "one, two",
    [
        ("def f(): return 1", "def f(): return 2"),
        ("def f(): return 1", "def f(): return 1"),
        ("class A: pass", "class A(int): pass"),
        ("x = 1", "x = 2"),
        ("def f(): return 1", "f = 2"),
    ],
)
def test_a_name_that_two_notebooks_define(make_project, one, two):
    assert found(make_project, one, two) == [("defined-twice", "01_b", 1, 2)]


@pytest.mark.parametrize(
    "one, two",
    [
        ("import os\ndef a(): return os", "import os\ndef b(): return os"),
        ("class A: pass", "class A(A): pass"),
        ("x = 1", "x = x + 1"),
        ("x = [1]", "x += [2]"),
        ("x = 1", "x = 1"),
        ("_x = 1", "_x = 2"),
        (
            "from functools import singledispatch\n@singledispatch\ndef f(x): pass",
            "@f.register\ndef _(x: int): pass",
        ),
        (
            "from fastcore.basics import patch\n@patch\ndef f(self: int): pass",
            "from fastcore.basics import patch\n@patch\ndef f(self: str): pass",
        ),
        (
            "from typing import overload\n@overload\ndef f(x: int): ...",
            "def f(x): pass\n",
        ),
    ],
)
def test_notebooks_that_share_a_module(make_project, one, two):
    assert found(make_project, one, two) == []


def test_a_second_definition_in_one_notebook_tells_a_story(make_project):
    cells = ["#export\ndef f(): return 1", "#export\ndef f(): return 2"]
    assert make_plan(make_project({"00_a": cells})).diagnostics == []


# --- modules that no `default_exp` names -------------------------------------------------------


def test_two_notebooks_that_imply_one_module(make_project):
    notebooks = {"x/00_core": ["#export\na = 1"], "y/00_core": ["#export\nb = 1"]}
    (problem,) = make_plan(make_project(notebooks)).diagnostics
    assert (problem.code, problem.path.parent.name) == ("same-module", "y")
    assert problem.message == "nbs/x/00_core.ipynb makes the module core too"


def test_a_copy_makes_a_module_of_its_own(make_project):
    notebooks = {"00_core": ["#export\na = 1"], "00_core-Copy1": ["#export\na = 1"]}
    (problem,) = make_plan(make_project(notebooks)).diagnostics
    assert (problem.code, problem.path.stem) == ("same-module", "00_core-Copy1")
    assert "makes the module core_Copy1" in problem.message


@pytest.mark.parametrize(
    "notebooks",
    [
        {"x/00_core": ["#default_exp core", "#export\na = 1"], "y/00_core": ["#export\nb = 1"]},
        {"x/00_core": ["#export\na = 1"], "y/00_core": ["#export other\nb = 1"]},
        {"x/00_core": ["#export\na = 1"], "y/00_core": ["b = 1"]},
        {"00_a": ["#export\na = 1"], "01_b": ["#export a\nb = 1"]},
        {"00_a-Copy1": ["#export\na = 1"]},
        {"00_a": ["#export\na = 1"], "00_a-Copy1": ["a = 1"]},
    ],
)
def test_a_module_that_is_meant(make_project, notebooks):
    assert make_plan(make_project(notebooks)).diagnostics == []
