"""Imports within the package: what they do not find, and circles."""

from __future__ import annotations

from pathlib import Path

import pytest

from literate.compile.plan import make_plan
from literate.project import Project


def write_library(project: Project, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = project.lib_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(project: Project) -> list[tuple]:
    """Rule, notebook, cell, line and column of each problem."""
    problems = make_plan(project).diagnostics
    return [(p.code, p.path.stem, p.cell, p.line, p.column) for p in problems]


# --- what an import does not find --------------------------------------------------------------


@pytest.mark.parametrize(
    "line, message",
    [
        ("from lib.core import old_name", "lib.core has no old_name"),
        ("from lib.gone import anything", "the package has no module lib.gone"),
        ("from lib.gone import *", "the package has no module lib.gone"),
        ("import lib.gone", "the package has no module lib.gone"),
        ("import os, lib.gone as g", "the package has no module lib.gone"),
        ("import lib.core.gone", "the package has no module lib.core.gone"),
        ("from lib import gone", "lib has no gone"),
        ("from lib.sub import gone", "lib.sub has no gone"),
        ("def f():\n    from lib.gone import x", "the package has no module lib.gone"),
        ("if True: import lib.gone", "the package has no module lib.gone"),
        ("try: import lib.gone\nexcept ValueError: pass", "the package has no module lib.gone"),
    ],
)
def test_an_import_that_finds_nothing(make_project, line, message):
    notebooks = {
        "00_core": ["#export\nnew_name = 1"],
        "01_app": ["md:# App", f"#export\n{line}"],
        "02_sub": ["#default_exp sub.one", "#export\ny = 1"],
    }
    problems = [
        problem
        for problem in make_plan(make_project(notebooks)).diagnostics
        if problem.code != "undefined-name"
    ]
    (problem,) = problems
    assert (problem.code, problem.severity) == ("missing-import", "warning")
    assert (problem.path.stem, problem.cell, problem.message) == ("01_app", 1, message)


@pytest.mark.parametrize(
    "line",
    [
        "from lib.core import new_name, exported_later, _private",
        "from lib.core import (\n    new_name as n,\n)",
        "from lib import core, sub",
        "import lib.sub.one, lib.sub",
        "from lib.sub import one",
        "from lib.sub.one import y",
        "from lib import __version__",
        "from lib.core import __all__",
        "from library.gone import x",
        "try: from lib.gone import x\nexcept ImportError: x = 1",
        "try: from lib.gone import x\nexcept (KeyError, ModuleNotFoundError): x = 1",
        "from contextlib import suppress\nwith suppress(ImportError): import lib.gone",
        "# from lib.gone import x",
        "'import lib.gone'",
        "from lib.hand import helper, js, join, made",
        "from lib.dynamic import whatever",
        "from lib.folder.deep import x",
        "import lib.folder",
        "import lib.fast",
    ],
)
def test_an_import_that_may_find_its_name(make_project, line):
    core = ["#export\nnew_name = 1", "#exporti\n_private = 1", "#export\nexported_later = 1"]
    notebooks = {
        "00_core": core,
        "01_app": [f"#export\n{line}"],
        "02_sub": ["#default_exp sub.one", "#export\ny = 1"],
    }
    project = make_project(notebooks)
    hand = (
        "from os.path import *\n"
        "if 1:\n    try: import json as js\n    except ImportError: js = None\n"
        "def helper(): pass\n"
        "def f():\n    global made\n    made = 1\n"
    )
    files = {
        "hand.py": hand,
        "dynamic.py": "def __getattr__(name): return name",
        "folder/deep.py": "x = 1",
        "fast.cpython-311.so": "",
    }
    write_library(project, files)
    assert make_plan(project).diagnostics == []


def test_a_similar_name_is_proposed(make_project):
    notebooks = {"00_a": ["#export\nnew_name = 1"], "01_b": ["#export\nfrom lib.a import new_nam"]}
    (problem,) = make_plan(make_project(notebooks)).diagnostics
    assert problem.hint == "did you mean new_name?"


def test_nothing_is_missed_while_a_notebook_cannot_be_read(make_project):
    project = make_project({"00_a": "{", "01_b": ["#export\nfrom lib.a import x"]})
    assert [problem.code for problem in make_plan(project).diagnostics] == ["not-json"]


def test_the_place_of_an_import_is_named(make_project):
    cells = ["#export\nimport os", "#export\n\nif os:\n    import lib.gone"]
    assert found(make_project({"00_a": cells})) == [("missing-import", "00_a", 1, 4, 5)]


# --- a module that imports itself --------------------------------------------------------------


def test_a_star_import_of_the_module_itself(make_project):
    project = make_project({"00_a": ["#export\nfrom lib.a import *\nimport os"]})
    assert found(project) == [("self-import", "00_a", 0, 2, 1)]


def test_a_star_import_of_the_module_that_another_notebook_begins(make_project):
    notebooks = {
        "00_a": ["#default_exp core", "#export\ndef a(): pass"],
        "01_b": ["#default_exp core", "#export\nfrom lib.core import *", "#export\nb = a()"],
    }
    assert found(make_project(notebooks)) == [("self-import", "01_b", 1, 2, 1)]


def test_a_hidden_star_import_of_the_module_itself_is_usual(make_project):
    assert found(make_project({"00_a": ["#export\nx = 1", "from lib.a import *"]})) == []


@pytest.mark.parametrize("is_above, expected", [(True, []), (False, ["circular-import"])])
def test_an_import_of_a_name_from_the_module_itself(make_project, is_above, expected):
    cells = ["#export\nx = 1", "#export\nfrom lib.a import x as y"]
    project = make_project({"00_a": cells if is_above else cells[::-1]})
    assert [code for code, *_ in found(project)] == expected


# --- circles -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "a, b",
    [
        ("from lib.b import y\nx = 1", "from lib.a import x\ny = 2"),
        ("from lib.b import *\nx = 1", "from lib.a import *\ny = x"),
        ("import lib.b\nx = 1", "from lib.a import x\ny = 2"),
        ("from lib import b\nx = 1", "from lib.a import x\ny = 2"),
        ("class A:\n    import lib.b\nx = 1", "if True:\n    from lib.a import x\ny = 2"),
        ("from lib.c import z\nx = 1", "from lib.a import x\ny = 2"),
    ],
)
def test_modules_that_import_each_other(make_project, a, b):
    code_c = "from lib.b import y\nz = 3"
    notebooks = {
        "00_a": [f"#export\n{a}"],
        "01_b": [f"#export\n{b}"],
        "02_c": [f"#export\n{code_c}"],
    }
    (problem,) = make_plan(make_project(notebooks)).diagnostics
    assert (problem.code, problem.severity) == ("circular-import", "warning")
    assert "lib.a" in problem.message
    assert "lib.b" in problem.message


@pytest.mark.parametrize(
    "a, b",
    [
        ("from lib.b import y\nx = 1", "y = 2\ndef f():\n    from lib.a import x"),
        ("import lib.b\nx = 1", "import lib.a\ny = 2"),
        ("from lib import b\nx = 1", "from lib import a\ny = 2"),
        (
            "from lib.b import y\nx = 1",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING: from lib.a import x\ny = 2",
        ),
        (
            "from lib.b import y\nx = 1",
            "y = 2\nif __name__ == '__main__':\n    from lib.a import x",
        ),
        (
            "from lib.b import y\nx = 1",
            "try: from lib.a import x\nexcept ImportError: x = None\ny = 2",
        ),
        ("x = 1\nfrom lib.b import y", "y = 2\nfrom lib.a import x"),
        ("x = 1\nimport lib.b", "from lib.a import x\ny = 2"),
    ],
)
def test_a_circle_that_works(make_project, a, b):
    project = make_project({"00_a": [f"#export\n{a}"], "01_b": [f"#export\n{b}"]})
    assert found(project) == []


def test_a_circle_through_a_module_written_by_hand(make_project):
    project = make_project({"00_a": ["#export\nfrom lib.hand import y", "#export\nx = 1"]})
    write_library(project, {"hand.py": "from .a import x\ny = 1\n"})
    assert found(project) == [("circular-import", "00_a", 0, 2, 1)]


def test_a_package_that_imports_its_modules_is_usual(make_project):
    notebooks = {"00_a": ["#export\nfrom lib.b import y\nx = 1"], "01_b": ["#export\ny = 1"]}
    project = make_project(notebooks)
    write_library(project, {"__init__.py": "from .a import *\nfrom .b import *\n"})
    assert found(project) == []


@pytest.mark.parametrize(
    "future, expected", [("from __future__ import annotations\n", []), ("", ["circular-import"])]
)
def test_a_star_import_looks_for_all_names_only_below_the_list_of_them(
    make_project, future, expected
):
    """A cell with a `__future__` import, and what it imports, stands above `__all__`."""
    notebooks = {
        "00_a": [f"#export\n{future}import lib.b", "#export\nx = 1"],
        "01_b": ["#export\nfrom lib.a import *\ny = 1"],
    }
    assert [code for code, *_ in found(make_project(notebooks))] == expected


def test_each_circle_is_reported_once(make_project):
    notebooks = {}
    for one, other in ("ab", "ba", "cd", "dc"):
        notebooks[f"00_{one}"] = [f"#export\nfrom lib.{other} import {other}\n{one} = 1"]
    assert [code for code, *_ in found(make_project(notebooks))] == ["circular-import"] * 2


# --- names of modules --------------------------------------------------------------------------


@pytest.mark.parametrize("one, two", [("a", "a.b"), ("a.b", "a"), ("a", "a/b"), ("s.a", "s.a.b.c")])
def test_a_module_beside_a_package_of_its_name(make_project, one, two):
    notebooks = {
        "00_one": [f"#default_exp {one}", "#export\nx = 1"],
        "01_two": [f"#default_exp {two}", "#export\ny = 2"],
    }
    (problem,) = make_plan(make_project(notebooks)).diagnostics
    assert (problem.code, problem.severity) == ("hidden-module", "warning")
    assert problem.message.startswith("a.py cannot be imported")


def test_a_module_beside_a_package_that_was_written_by_hand(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    write_library(project, {"a/__init__.py": ""})
    assert [code for code, *_ in found(project)] == ["hidden-module"]


def test_an_init_file_is_not_hidden(make_project):
    notebooks = {
        "00_one": ["#default_exp a.__init__", "#export\nx = 1"],
        "01_two": ["#default_exp a.b", "#export\nfrom lib.a import x"],
    }
    assert found(make_project(notebooks)) == []


def test_only_problems_of_chosen_notebooks_are_reported(make_project):
    notebooks = {"00_a": ["#export\nx = 1"], "01_b": ["#export\nfrom lib.a import y"]}
    project = make_project(notebooks)
    path = Path(project.nbs_path)
    assert make_plan(project, [path / "00_a.ipynb"]).diagnostics == []
    assert len(make_plan(project, [path / "01_b.ipynb"]).diagnostics) == 1
