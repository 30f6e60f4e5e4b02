"""From all notebooks to all modules: which cell goes where, and what stops the work."""

import pytest
from conftest import notebook

from literate.compile.plan import make_plan
from literate.discovery import project_notebooks
from literate.project import read_project


def modules(project, *chosen) -> dict[str, list[str]]:
    plan = make_plan(project, chosen or None)
    assert not plan.has_errors, plan.diagnostics
    return {m.name: [c.parsed.code for c in m.cells] for m in plan.modules}


@pytest.mark.parametrize(
    "name, module",
    [
        ("01_matmul", "matmul"),
        ("02a_why_sqrt5", "why_sqrt5"),
        ("11_train-loop", "train_loop"),
        ("3-x", "x"),
    ],
)
def test_a_numbered_notebook_names_its_module(make_project, name, module):
    assert modules(make_project({name: ["#export\nx = 1"]})) == {module: ["x = 1"]}


def test_two_notebooks_make_one_module_in_their_order(make_project):
    project = make_project(
        {"01_b": ["#default_exp m", "#export\nb = 2"], "00_a": ["#default_exp m", "#export\na = 1"]}
    )
    assert modules(project) == {"m": ["a = 1", "b = 2"]}


def test_export_to_another_module_needs_no_order(make_project):
    project = make_project(
        {"00_a": ["#export b\nx = 1", "#export\ny = 2"], "01_b": ["#export\nz = 3"]}
    )
    assert modules(project) == {"b": ["x = 1", "z = 3"], "a": ["y = 2"]}
    assert (
        next(m for m in make_plan(project).modules if m.name == "b").notebook.name == "01_b.ipynb"
    )


def test_choosing_a_notebook_plans_its_modules_whole(make_project):
    project = make_project(
        {"00_a": ["#export b\nx = 1", "#export\ny = 2"], "01_b": ["#export\nz = 3"], "02_c": ["{"]}
    )
    (project.nbs_path / "02_c.ipynb").write_text("{ broken")
    assert modules(project, project.nbs_path / "01_b.ipynb") == {"b": ["x = 1", "z = 3"]}
    assert [d.code for d in make_plan(project).diagnostics] == ["not-json"]


def test_hidden_names_are_left_out_and_subfolders_are_not(make_project):
    project = make_project(
        {
            n: ["#default_exp a"]
            for n in ["_x", "sub/01_b", "00_c", "_s/02_d", ".ipynb_checkpoints/00_c"]
        }
    )
    assert [p.name for p in project_notebooks(project)] == ["00_c.ipynb", "01_b.ipynb"]


@pytest.mark.parametrize(
    "cells, line, code",
    [
        (["#export\nx = ("], 2, "syntax"),
        (["#export\n%time x = 1"], 2, "syntax"),
        (["%%time\n#export\nx = 1"], 1, "syntax"),
        (["#export\nfiles = !ls"], 2, "syntax"),
        (["#default_exp ../x", "#export\nx = 1"], 1, "bad-module"),
        (["#default_exp class", "#export\nx = 1"], 1, "bad-module"),
        (["#default_exp my-mod", "#export\nx = 1"], 1, "bad-module"),
        (["#export ../x\nx = 1"], 1, "bad-module"),
        (["#| export a.1b-\nx = 1"], 1, "bad-module"),
        (["#default_exp _modidx", "#export\nx = 1"], 1, "bad-module"),
        (["#export\n\nfrom .a import b"], 3, "relative-import"),
        (["#export\n\nx = await f()"], 3, "syntax"),
        (["#export\nx = " + "-" * 9999 + "1"], 2, "syntax"),
        (["#export\nx = " + "1 + " * 9999 + "1"], 2, "syntax"),
    ],
)
def test_errors_stop_everything_and_name_the_place(make_project, cells, line, code):
    project = make_project({"00_core": ["md:# Core", *cells], "01_good": ["#export\nx = 1"]})
    plan = make_plan(project)
    (problem,) = plan.diagnostics
    assert (problem.path.name, problem.cell, problem.line, problem.code, problem.severity) == (
        "00_core.ipynb",
        1,
        line,
        code,
        "error",
    )
    assert problem.hint and plan.files == {}


@pytest.mark.parametrize(
    "cells, code",
    [
        (["#default_exp a", "#default_exp b", "#export\nx = 1"], "two-default-exp"),
        (["#exprot\nx = 1"], "unknown-directive"),
        (["x = 1\n#export\n"], "misplaced-directive"),
        (["#default_exp core.py", "#export\nx = 1"], "bad-module"),
        (["#default_exp steps/01_clean", "#export\nx = 1"], "bad-module"),
        (["#export\nnames = ['x']\n_all_ = names"], "dynamic-all"),
        (["#export\n_all_ = [*names, 'x']"], "dynamic-all"),
    ],
)
def test_warnings_stop_only_a_strict_project(make_project, cells, code):
    assert [
        (d.code, d.severity) for d in make_plan(make_project({"00_core": cells})).diagnostics
    ] == [(code, "warning")]
    strict = make_plan(make_project({"00_core": cells}, "strict = True"))
    assert [(d.code, d.severity) for d in strict.diagnostics] == [
        (code, "error")
    ] and strict.files == {}


def test_a_module_whose_name_begins_with_a_digit_is_written_all_the_same(make_project):
    project = make_project({"00_a": ["#| default_exp steps/01_clean", "#| export\nx = 1"]})
    assert project.lib_path / "steps" / "01_clean.py" in make_plan(project).files


def test_one_problem_is_said_once(make_project):
    assert [
        d.code
        for d in make_plan(make_project({"00_a": ["#| export # a remark\nx = 1"]})).diagnostics
    ] == ["bad-module"]


def test_nbdev_1_words_at_the_head_of_a_cell(make_project):
    cells = [
        "# default_cls_lvl 3\n# default_exp core",
        "#hide-input\n# export\nx = 1",
        "# Export\n#slow\ny = 2",
        "# collapse the table\n#export\nz = 3",
    ]
    plan = make_plan(make_project({"00_a": cells}))
    assert [m.name for m in plan.modules] == ["core"] and plan.modules[0].public == ["x", "y"]
    assert [d.code for d in plan.diagnostics] == ["misplaced-directive"]


def test_an_unnumbered_notebook_needs_a_module(make_project):
    (problem,) = make_plan(make_project({"index": ["#export\nx = 1"]})).diagnostics
    assert problem.code == "no-module" and "default_exp" in problem.hint
    assert make_plan(make_project({"index": ["x = 1"]})).diagnostics == []


def test_all_problems_are_told_at_once_from_top_to_bottom(make_project):
    project = make_project(
        {"01_b": ["#export\n(", "#export\n)"], "00_a": "{", "02_c": ["#export\nx = 1"]}
    )
    assert [(d.path.name, d.cell) for d in make_plan(project).diagnostics] == [
        ("00_a.ipynb", None),
        ("01_b.ipynb", 0),
        ("01_b.ipynb", 1),
    ]


def test_a_file_that_nobody_generated_is_not_replaced(make_project):
    project = make_project({"00_core": ["#export\nx = 1"]})
    project.lib_path.mkdir()
    (project.lib_path / "core.py").write_text("precious = 1\n")
    assert [d.code for d in make_plan(project).diagnostics] == ["not-generated"]


def test_init_files_and_version(make_project):
    project = make_project({"00_a": ["#default_exp sub.deep.a", "#export\nx = 1"]}, "version = 1.2")
    files = {
        p.relative_to(project.lib_path).as_posix(): t for p, t in make_plan(project).files.items()
    }
    assert (
        files["__init__.py"] == '__version__ = "1.2"\n'
        and files["sub/__init__.py"] == files["sub/deep/__init__.py"] == ""
    )
    (project.lib_path).mkdir()
    (project.lib_path / "__init__.py").write_text('"""Mine."""\n__version__ = "1.0"\nimport os\n')
    assert (
        make_plan(project).files[project.lib_path / "__init__.py"]
        == '"""Mine."""\n__version__ = "1.2"\nimport os\n'
    )


def test_index(make_project):
    project = make_project(
        {
            "sub/01_autograd": [
                "#export\ndef f(): ...\nclass C:\n    def m(self): ...\n@patch\ndef p(self: A | B): ...\n@patch_to(D)\ndef q(self): ...\n@patch\ndef r(self): ..."
            ]
        }
    )
    names: dict = {}
    exec(make_plan(project).files[project.lib_path / "_modidx.py"], names)
    found = names["d"]["syms"]["lib.autograd"]
    assert set(found) == {f"lib.autograd.{s}" for s in ["f", "C", "C.m", "A.p", "B.p", "D.q", "r"]}
    assert found["lib.autograd.C.m"] == ("sub/autograd.html#c.m", "lib/autograd.py")


def test_a_notebook_outside_nbs_path_can_be_named(make_project, tmp_path):
    project = make_project({"00_a": ["#export\nx = 1"]})
    (tmp_path / "09_out.ipynb").write_text(notebook("#export\ny = 2"))
    assert modules(project, tmp_path / "09_out.ipynb") == {"out": ["y = 2"]}


@pytest.mark.parametrize(
    "cells, expected",
    [
        (["import math", "#export\ndef f(): return math.pi"], [("undefined-name", 2, 2, 17)]),
        (
            ["x = 1", "#export\ndef f():\n    global y\n    y = x\n    return y"],
            [("undefined-name", 2, 4, 9)],
        ),
        (
            ["def helper(): ...\nclass K: ...", "#export\n@helper\nclass A(K): ..."],
            [("undefined-name", 2, 3, 9), ("undefined-name", 2, 2, 2)],
        ),
        (["import math", "#export\nimport math\ndef f(): return math.pi"], []),
        (["import math", "#exporti\nimport math", "#export\ndef f(): return math.pi"], []),
        (
            [
                "x = 1",
                "#export\ndef f(x): return x\ng = [x for x in 'ab']\ntry: pass\nexcept E as x: pass",
            ],
            [],
        ),
        (["from os import *", "#export\ndef f(): return path"], []),
        (["path = 1", "#export\nfrom os import *\ndef f(): return path"], []),
        (["y = 1", "#export\nfrom lib.other import *\ndef f(): return y"], []),
        (
            ["z = 1", "#export\nfrom lib.other import *\ndef f(): return z"],
            [("undefined-name", 2, 3, 17)],
        ),
        (["%time y = 1", "#export\ndef f(): return y"], []),
        (["print = 1\n__file__ = 2", "#export\nprint(__file__)"], []),
    ],
)
def test_names_left_behind(make_project, cells, expected):
    project = make_project({"00_a": ["md:# A", *cells], "01_other": ["#export\ny = 1"]})
    found = make_plan(project).diagnostics
    assert sorted((d.code, d.cell, d.line, d.column) for d in found) == sorted(expected)


@pytest.mark.parametrize("cell", ["md:`<<<<<<< HEAD`", "x = 1\n<<<<<<< HEAD\ny"])
def test_both_sides_of_a_merge_are_not_compiled(make_project, cell):
    (problem,) = make_plan(make_project({"00_a": ["#export\ny = 1", cell]})).diagnostics
    assert (problem.code, problem.cell, problem.severity) == ("merge-conflict", 1, "error")


def test_nbdev_3_switches_an_export_off_by_false(make_project):
    project = make_project(
        {"00_a": ["#| default_exp a", "#| export: false\nx = 1", "#| export\ny = 1"]}
    )
    (project.root / "settings.ini").unlink()
    (project.root / "pyproject.toml").write_text('[project]\nname = "lib"\n[tool.nbdev]\n')
    assert modules(read_project(project.root / "pyproject.toml")) == {"a": ["y = 1"]}


def test_what_parses_and_still_is_no_python_is_an_error(make_project):
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
    assert (problem.code, problem.cell, problem.line) == ("syntax", 1, 5)


@pytest.mark.parametrize("name", ["00_two\nlines", "00_\udcff", "sub\r/00_a"])
def test_a_path_that_no_marker_could_hold_is_an_error(make_project, name):
    (problem,) = make_plan(make_project({name: ["#export\nx = 1"]})).diagnostics
    assert (
        problem.code == "bad-module"
        and make_plan(make_project({name: ["x = 1"]})).diagnostics == []
    )
