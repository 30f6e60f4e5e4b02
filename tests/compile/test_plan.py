"""Planning: which cell goes into which module, and what is read again after a change."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import notebook, rewrite

from literate.compile import compile_project
from literate.compile.cache import CompileCache
from literate.compile.plan import gc_paused, make_plan
from literate.compile.snapshot import Snapshot
from literate.discovery import project_notebooks
from literate.project import Project
from literate.records import replace


def modules(project: Project, *chosen: Path) -> dict[str, list[str]]:
    """The code of the cells of each planned module."""
    plan = make_plan(project, chosen or None)
    assert not plan.has_errors, plan.diagnostics
    return {module.name: [item.parsed.code for item in module.cells] for module in plan.modules}


def codes(project: Project, **options: object) -> list[str]:
    """The rules of all diagnostics."""
    return [diagnostic.code for diagnostic in make_plan(project, **options).diagnostics]


# --- which cell goes where ---------------------------------------------------------------------


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


def test_an_unnumbered_notebook_needs_default_exp_only_if_it_exports(make_project):
    (problem,) = make_plan(make_project({"index": ["#export\nx = 1"]})).diagnostics
    assert problem.code == "no-module"
    assert "default_exp" in problem.hint
    assert make_plan(make_project({"index": ["x = 1"]})).diagnostics == []


def test_a_missing_module_is_reported_once(make_project):
    project = make_project({"index": ["#export\nx = 1", "#export\ny = 1"]})
    assert codes(project) == ["no-module"]


def test_the_last_default_exp_counts(make_project):
    project = make_project({"00_a": ["#default_exp b", "#default_exp c", "#export\nx = 1"]})
    assert modules(project) == {"c": ["x = 1"]}


def test_a_refused_default_exp_is_the_only_problem(make_project):
    project = make_project({"00_a": ["#default_exp ../b", "#export\nx = (", "#export c\ny = 1"]})
    assert codes(project) == ["bad-module"]


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


def test_the_notebook_that_owns_a_module_is_the_file_to_edit(make_project):
    project = make_project(
        {
            "00_a": ["md:# A\n> Of a.", "#export b\nx = 1"],
            "01_b": ["md:# B\n> Of b.", "#export\nz = 3"],
            "02_b": ["md:# C\n> Of c.", "#default_exp b", "#export\nw = 3"],
        }
    )
    (module,) = make_plan(project).modules
    assert module.notebook.name == "01_b.ipynb"
    assert module.docstring == "Of b."
    assert [path.name for path in module.notebooks] == ["00_a.ipynb", "01_b.ipynb", "02_b.ipynb"]


def test_a_module_in_a_folder_may_be_written_with_slashes(make_project):
    project = make_project({"00_a": ["#default_exp sub/a", "#export\nx = 1"]})
    (module,) = make_plan(project).modules
    assert module.name == "sub.a"
    assert module.path == project.lib_path / "sub" / "a.py"


def test_a_module_whose_name_begins_with_a_digit_is_written(make_project):
    project = make_project({"00_a": ["#| default_exp steps/01_clean", "#| export\nx = 1"]})
    assert project.lib_path / "steps" / "01_clean.py" in make_plan(project).files


def test_names_of_private_cells_do_not_go_into_all(make_project):
    project = make_project({"00_a": ["#export\nx = 1", "#exporti\ny = 1"]})
    (module,) = make_plan(project).modules
    assert module.public == ["x"]


def test_nbdev_1_words_at_the_head_of_a_cell(make_project):
    cells = [
        "# default_cls_lvl 3\n# default_exp core",
        "#hide-input\n# export\nx = 1",
        "# Export\n#slow\ny = 2",
        "# collapse the table\n#export\nz = 3",
    ]
    plan = make_plan(make_project({"00_a": cells}))
    (module,) = plan.modules
    assert module.name == "core"
    assert module.public == ["x", "y"]
    assert [d.code for d in plan.diagnostics] == ["misplaced-directive"]


def test_nbdev_3_switches_an_export_off_by_false(make_nbdev3_project):
    cells = ["#| default_exp a", "#| export: false\nx = 1", "#| export\ny = 1"]
    assert modules(make_nbdev3_project({"00_a": cells})) == {"a": ["y = 1"]}


def test_black_formats_the_modules(make_project):
    project = make_project({"00_a": ["#export\ndef f( a,b ): return {'a':a,\n'b':b}"]})
    formatted = 'def f(a, b):\n    return {"a": a, "b": b}'
    assert modules(replace(project, black_formatting=True)) == {"a": [formatted]}


def test_black_formats_the_code_that_it_can_format(make_project, monkeypatch):
    def format_str(code: str, mode: object) -> str:
        if "y" in code:
            raise ValueError("this cannot be formatted")
        return code.replace("=", " = ") + "\n"

    black = SimpleNamespace(format_str=format_str, Mode=object)
    monkeypatch.setitem(sys.modules, "black", black)
    project = make_project({"00_a": ["#export\nx=1", "#export\ny=1"]})
    assert modules(replace(project, black_formatting=True)) == {"a": ["x = 1", "y=1"]}


# --- which notebooks are planned ---------------------------------------------------------------


def test_hidden_names_are_left_out_and_subfolders_are_not(make_project):
    names = ["_x", "sub/01_b", "00_c", "_s/02_d", ".ipynb_checkpoints/00_c"]
    project = make_project({name: ["#default_exp a"] for name in names})
    assert [path.name for path in project_notebooks(project)] == ["00_c.ipynb", "01_b.ipynb"]


def test_choosing_a_notebook_plans_its_modules_whole(make_project):
    project = make_project(
        {"00_a": ["#export b\nx = 1", "#export\ny = 2"], "01_b": ["#export\nz = 3"], "02_c": ["{"]}
    )
    (project.nbs_path / "02_c.ipynb").write_text("{ broken")
    assert modules(project, project.nbs_path / "01_b.ipynb") == {"b": ["x = 1", "z = 3"]}
    assert codes(project) == ["not-json"]


def test_names_are_checked_in_the_chosen_notebooks_only(make_project):
    left_behind = ["import math", "#export\nmath.pi"]
    project = make_project({"00_a": left_behind, "01_b": left_behind})
    chosen = [project.nbs_path / "01_b.ipynb"]
    (problem,) = make_plan(project, chosen).diagnostics
    assert (problem.code, problem.path) == ("undefined-name", chosen[0])


def test_a_notebook_outside_nbs_path_can_be_named(make_project, tmp_path):
    project = make_project({"00_a": ["#export\nx = 1"]})
    outside = tmp_path / "09_out.ipynb"
    outside.write_text(notebook("#export\ny = 2"))
    assert modules(project, outside) == {"out": ["y = 2"]}
    assert modules(project, outside, outside) == {"out": ["y = 2"]}


# --- what stops the work -----------------------------------------------------------------------


def test_all_problems_are_reported_at_once_from_top_to_bottom(make_project):
    project = make_project(
        {"01_b": ["#export\n(", "#export\n)"], "00_a": "{", "02_c": ["#export\nx = 1"]}
    )
    plan = make_plan(project)
    assert [(d.path.name, d.cell) for d in plan.diagnostics] == [
        ("00_a.ipynb", None),
        ("01_b.ipynb", 0),
        ("01_b.ipynb", 1),
    ]
    assert plan.files == {}


def test_a_problem_is_reported_once(make_project):
    assert codes(make_project({"00_a": ["#| export # a remark\nx = 1"]})) == ["bad-module"]


def test_the_argument_strict_overrides_the_settings(make_project):
    cells = {"00_a": ["#exprot\nx = 1"]}
    assert make_plan(make_project(cells), strict=True).has_errors
    assert not make_plan(make_project(cells, "strict = True"), strict=False).has_errors


def test_an_orphan_is_not_reported_if_it_will_be_pruned(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]})
    compile_project(project)
    (project.nbs_path / "01_b.ipynb").unlink()
    orphan = project.lib_path / "b.py"
    assert make_plan(project).orphans == make_plan(project, prune=True).orphans == [orphan]
    assert codes(project) == ["orphan"]
    assert codes(project, prune=True) == []


def test_with_an_error_no_module_is_called_an_orphan(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]})
    compile_project(project)
    (project.nbs_path / "01_b.ipynb").write_text("{ broken")
    plan = make_plan(project)
    assert plan.orphans == []
    assert [d.code for d in plan.diagnostics] == ["not-json"]


# --- what is read again after a change ---------------------------------------------------------


def test_a_module_is_checked_again_if_a_module_changes_that_it_star_imports(make_project):
    importer = ["y = 0", "#export\nfrom lib.a import *\ndef f(): return y"]
    project = make_project({"00_a": ["#export\ny = 1"], "01_b": importer})
    plan, _ = compile_project(project)
    assert plan.diagnostics == []
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\nw = 1"))
    plan, _ = compile_project(project)
    assert [(d.code, d.path.name) for d in plan.diagnostics] == [("undefined-name", "01_b.ipynb")]
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\ny = 12"))
    plan, _ = compile_project(project)
    assert plan.diagnostics == []


def test_the_star_import_of_a_module_that_is_gone_is_noticed(make_project):
    importer = ["y = 0", "#export\nfrom lib.a import *\ndef f(): return y"]
    project = make_project({"00_a": ["#export\nw = 1"], "01_b": importer})
    plan, _ = compile_project(project)
    assert [d.code for d in plan.diagnostics] == ["undefined-name"]
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export c\nw = 1"))
    plan, _ = compile_project(project, prune=True)
    assert [d.code for d in plan.diagnostics] == ["missing-import"]


def test_unchanged_modules_are_kept_with_their_problems(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#exprot", "#export\ny = 1"]})
    compile_project(project)
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\nx = 22"))
    plan = make_plan(project, memory=CompileCache.load(Snapshot(project)))
    assert [module.name for module in plan.modules] == ["a"]
    assert [module.name for module in plan.kept] == ["b"]
    assert [d.code for d in plan.diagnostics] == ["unknown-directive"]


def test_imports_of_kept_modules_are_checked_again(make_project):
    importer = ["#export\nfrom lib.a import x"]
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": importer, "02_c": importer})
    compile_project(project)
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\nrenamed = 1"))
    for _ in range(2):
        plan, _ = compile_project(project)
        assert "b" in [module.name for module in plan.kept]
        found = [(d.code, d.path.name, d.cell, d.line) for d in plan.diagnostics]
        assert found == [
            ("missing-import", "01_b.ipynb", 0, 2),
            ("missing-import", "02_c.ipynb", 0, 2),
        ]
        rewrite(project.nbs_path / "02_c.ipynb", notebook(*importer, "# changed"))
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\nx = 1"))
    plan, _ = compile_project(project)
    assert plan.diagnostics == []


def test_a_circle_with_a_kept_module_is_found(make_project):
    project = make_project({"00_a": ["#export\ny = 1"], "01_b": ["#export\nfrom lib.a import y"]})
    compile_project(project)
    rewrite(
        project.nbs_path / "00_a.ipynb", notebook("#export\nimport lib.b\ny = lib.b", "# changed")
    )
    plan, _ = compile_project(project)
    assert [module.name for module in plan.kept] == ["b"]
    assert [(d.code, d.path.name) for d in plan.diagnostics] == [("circular-import", "01_b.ipynb")]


def test_a_notebook_is_read_again_that_shares_a_new_module_with_a_changed_one(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]})
    compile_project(project)
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export b\nx = 1"))
    plan = make_plan(project, memory=CompileCache.load(Snapshot(project)), prune=True)
    assert [module.name for module in plan.modules] == ["b"]
    assert plan.modules[0].public == ["x", "y"]


@pytest.mark.parametrize("is_enabled", [True, False])
def test_garbage_collection_is_as_before_afterwards(is_enabled):
    was_enabled = gc.isenabled()
    try:
        gc.enable() if is_enabled else gc.disable()
        with pytest.raises(KeyError), gc_paused():
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() == is_enabled
    finally:
        gc.enable() if was_enabled else gc.disable()
