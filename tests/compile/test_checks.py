"""The checks: errors stop the work, warnings only a strict project, and each names its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import notebook

from literate.compile.directive_checks import check_directives
from literate.compile.plan import CompilePlan, make_plan
from literate.diagnostics import Diagnostic
from literate.directives import Dialect, parse_cell
from literate.notebook import Cell
from literate.project import Project


def only_problem(plan: CompilePlan) -> Diagnostic:
    (problem,) = plan.diagnostics
    return problem


# --- errors and warnings in notebooks ----------------------------------------------------------

ERRORS = [
    (["#export\nx = ("], 2, "syntax"),
    (["#export\n%time x = 1"], 2, "syntax"),
    (["%%time\n#export\nx = 1"], 1, "syntax"),
    (["#export\nfiles = !ls"], 2, "syntax"),
    (["#export\nprint?"], 2, "syntax"),
    (["#export\n\nx = await f()"], 3, "syntax"),
    (["#export\nx = 1\nasync with x: pass"], 3, "syntax"),
    (["#export\nx = " + "-" * 9999 + "1"], 2, "syntax"),
    (["#export\nx = " + "1 + " * 9999 + "1"], 2, "syntax"),
    (["#default_exp ../x", "#export\nx = 1"], 1, "bad-module"),
    (["#default_exp class", "#export\nx = 1"], 1, "bad-module"),
    (["#default_exp my-mod", "#export\nx = 1"], 1, "bad-module"),
    (["#default_exp _modidx", "#export\nx = 1"], 1, "bad-module"),
    (["#default_exp " + "x" * 300, "#export\nx = 1"], 1, "bad-module"),
    (["#default_exp " + "x/" * 2000 + "y", "#export\nx = 1"], 1, "bad-module"),
    (["#export ../x\nx = 1"], 1, "bad-module"),
    (["#| export a.1b-\nx = 1"], 1, "bad-module"),
    (["#export\n\nfrom .a import b"], 3, "relative-import"),
    (["#export\nfrom . import b\nfrom .. import c"], 2, "relative-import"),
]


@pytest.mark.parametrize("cells, line, code", ERRORS)
def test_errors_stop_everything_and_name_the_place(make_project, cells, line, code):
    plan = make_plan(make_project({"00_core": ["md:# Core", *cells], "01_b": ["#export\nx = 1"]}))
    problem = only_problem(plan)
    assert (problem.code, problem.severity) == (code, "error")
    assert (problem.path.name, problem.cell, problem.line) == ("00_core.ipynb", 1, line)
    assert problem.hint
    assert plan.files == {}


WARNINGS = [
    (["#default_exp a", "#default_exp b", "#export\nx = 1"], 0, 1, "two-default-exp"),
    (["#exprot\nx = 1"], 0, 1, "unknown-directive"),
    (["x = 1\n#export\n"], 0, 2, "misplaced-directive"),
    (["#default_exp core.py", "#export\nx = 1"], 0, 1, "bad-module"),
    (["#default_exp steps/01_clean", "#export\nx = 1"], 0, 1, "bad-module"),
    (["#default_exp 01_clean", "#export\nx = 1"], 0, 1, "bad-module"),
    (["#export\nnames = ['x']\n_all_ = names"], 0, 3, "dynamic-all"),
    (["#export\n_all_ = [*dir(), 'x']"], 0, 2, "dynamic-all"),
]


@pytest.mark.parametrize("cells, cell, line, code", WARNINGS)
def test_warnings_stop_only_a_strict_project(make_project, cells, cell, line, code):
    plan = make_plan(make_project({"00_core": cells}))
    problem = only_problem(plan)
    assert (problem.code, problem.severity) == (code, "warning")
    assert (problem.cell, problem.line) == (cell, line)
    assert plan.files
    strict = make_plan(make_project({"00_core": cells}, "strict = True"))
    problem = only_problem(strict)
    assert (problem.code, problem.severity) == (code, "error")
    assert strict.files == {}


def test_a_missing_folder_for_notebooks_is_reported(make_project):
    problem = only_problem(make_plan(make_project({})))
    assert (problem.code, problem.severity) == ("no-notebooks", "warning")


def test_a_folder_without_notebooks_is_not_a_problem(make_project):
    project = make_project({"00_a": ["x = 1"]})
    (project.nbs_path / "00_a.ipynb").unlink()
    assert make_plan(project).diagnostics == []


@pytest.mark.parametrize(
    "cell, line", [("md:`<<<<<<< HEAD`", 1), ("x = 1\n<<<<<<< HEAD\ny\n=======", 2)]
)
def test_both_sides_of_a_merge_are_not_compiled(make_project, cell, line):
    plan = make_plan(make_project({"00_a": ["#export\ny = 1", cell]}))
    problem = only_problem(plan)
    assert (problem.code, problem.severity) == ("merge-conflict", "error")
    assert (problem.cell, problem.line) == (1, line)


SPAN = '<span style="color:red"><b>{}</b></span>'


@pytest.mark.parametrize(
    "marker",
    [
        SPAN.format("<<<<<<< local"),
        SPAN.format("<<<<<<< local <CELL DELETED>"),
        SPAN.format("======="),
        SPAN.format(">>>>>>> remote <modified: >"),
        "`=======`",
        "`>>>>>>> other`",
        "<<<<<<< HEAD",
        ">>>>>>> other\n",
    ],
)
def test_a_marker_in_a_cell_of_its_own_is_a_conflict(make_project, marker):
    cells = ["#export\nx = 1", f"md:{marker}", "#export\nx = 2"]
    problem = only_problem(make_plan(make_project({"00_a": cells})))
    assert (problem.code, problem.cell, problem.line) == ("merge-conflict", 1, 1)


@pytest.mark.parametrize(
    "cell",
    [
        "s = '''\n<<<<<<< \n'''",
        "s = '''\n<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> other\n'''",
        "x <<<<<<< y",
        "md: <<<<<<< HEAD",
        "md:A conflict looks like\n<<<<<<< HEAD\nx\n=======\n",
        "md:```\n<<<<<<< HEAD\nmine\n=======\ntheirs\n>>>>>>> other\n```",
        "md:git writes `<<<<<<< HEAD` and `>>>>>>> branch`",
        "md:Title\n=======",
        "md:=======",
        "# =======\nx = 1",
    ],
)
def test_prose_about_merges_is_not_a_conflict(make_project, cell):
    assert make_plan(make_project({"00_a": ["#export\ny = 1", cell]})).diagnostics == []


# --- other languages ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}},
        {"language_info": {"name": "julia"}},
    ],
)
@pytest.mark.parametrize("source", ["#| export\nx <- 1", "#export\nx = 1", "#default_exp other"])
def test_a_notebook_in_another_language_is_left_out(make_project, metadata, source):
    other = notebook("md:# Other", source, "%%%", **metadata)
    project = make_project({"00_a": ["#export\nx = 1"], "01_other": other})
    plan = make_plan(project, strict=True)
    problem = only_problem(plan)
    assert (problem.code, problem.severity) == ("other-language", "remark")
    assert (problem.path.stem, problem.cell, problem.line) == ("01_other", 1, 1)
    assert [module.name for module in plan.modules] == ["a"]


def test_a_notebook_in_another_language_without_directives_needs_no_remark(make_project):
    other = notebook("x <- 1", language_info={"name": "R"})
    project = make_project({"00_a": ["#export\nx = 1"], "01_other": other})
    assert make_plan(project).diagnostics == []


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"name": "xpython", "display_name": "Xeus"}},
        {"kernelspec": {"name": "x", "display_name": "x", "language": "Python"}},
        {"language_info": {"name": "python", "version": "3.11"}},
        {"language_info": {"name": "ipython"}},
        {"kernelspec": {"name": "x", "display_name": "x", "language": "python3"}},
    ],
)
def test_a_python_notebook_may_have_any_kernel(make_project, metadata):
    plan = make_plan(make_project({"00_a": notebook("#export\nx = 1", **metadata)}))
    assert plan.diagnostics == []
    assert [module.name for module in plan.modules] == ["a"]


@pytest.mark.parametrize("name", ["00_two\nlines", "00_\udcff", "sub\r/00_a"])
def test_a_path_that_no_marker_could_contain_is_an_error(make_project, name):
    problem = only_problem(make_plan(make_project({name: ["#export\nx = 1", "#export\ny = 1"]})))
    assert problem.code == "bad-module"
    assert make_plan(make_project({name: ["x = 1"]})).diagnostics == []


def test_an_unprintable_folder_above_the_project_is_not_a_problem(make_project, tmp_path):
    project = make_project({"00_a": ["#export\nx = 1"]})
    odd = tmp_path / "two\nlines"
    odd.mkdir()
    paths = {"root": odd, "nbs_path": odd / "nbs", "lib_path": odd / "lib"}
    os.rename(project.nbs_path, odd / "nbs")
    moved = Project(**{**vars(project), **paths})
    assert make_plan(moved).diagnostics == []


# --- directives; tests/test_directives.py has more of them ------------------------------------


def directive_problems(source: str, dialect: str, metadata: dict | None = None) -> list[tuple]:
    """Line, rule and message of everything that is wrong with the directives of a cell."""
    parsed = parse_cell(Cell(0, "id", "code", source, metadata or {}), dialect)
    found = check_directives(Path("00_a.ipynb"), [parsed], dialect, frozenset())
    return [(problem.line, problem.code, problem.message) for problem in found]


@pytest.mark.parametrize("dialect", [Dialect.MARKED, Dialect.MARKED_3])
def test_an_unknown_word_behind_a_bar(dialect):
    expected = (2, "unknown-directive", "#| exprot is not a directive")
    assert directive_problems("\n#| exprot\nx = 1", dialect) == [expected]


def test_options_of_nbdev_3_are_not_directives():
    metadata = {"nbdev": {"odd": ""}}
    for source in ("#| odd: 1\nx", "#|odd:1\nx", "#| export: b\nx", "#| odd :\nx"):
        assert directive_problems(source, Dialect.MARKED_3, metadata) == []


def test_only_compiler_directives_must_not_be_options_in_nbdev_2():
    assert directive_problems("#| odd: 1\nx", Dialect.MARKED) == []
    expected = (1, "unknown-directive", "#| export: ... is an option, not a directive")
    assert directive_problems("#| export: b\nx", Dialect.MARKED) == [expected]


@pytest.mark.parametrize(
    "source, dialect, expected",
    [
        ("x = 1\n  #export", Dialect.PLAIN, [(2, "misplaced-directive")]),
        ("x = 1\n#EXPORT a", Dialect.PLAIN, [(2, "misplaced-directive")]),
        ("x = 1\n#| export", Dialect.MARKED, [(2, "misplaced-directive")]),
        ("x = 1\n#| Export", Dialect.MARKED, [(2, "misplaced-directive")]),
        ("x = (\n#| export", Dialect.MARKED, [(2, "misplaced-directive")]),
        ("x = 1\n#export", Dialect.MARKED, [(2, "mixed-dialects")]),
        ("#export\nx = 1", Dialect.MARKED, [(1, "mixed-dialects")]),
        ("x = 1\n# export a", Dialect.PLAIN, []),
        ("x = 1\n#export it!", Dialect.PLAIN, []),
        ("x = 1\n#export: a", Dialect.PLAIN, []),
        ("x = 1\n# the export", Dialect.PLAIN, []),
        ("x = '''\n#export\n'''", Dialect.PLAIN, []),
    ],
)
def test_a_directive_without_effect(source, dialect, expected):
    found = directive_problems(source, dialect)
    assert [(line, code) for line, code, _ in found] == expected


@pytest.mark.parametrize(
    "source, expected",
    [
        ("#exprot\nx = 1", ["#exprot is not a directive"]),
        ("%%time\n#Exprot a\nx = 1", ["#Exprot is not a directive"]),
        ("#exprot the table\nx = 1", []),
        ("#exprot 1.2\nx = 1", []),
        ("x = 1\n#exprot", []),
    ],
)
def test_a_misspelled_plain_directive(source, expected):
    found = directive_problems(source, Dialect.PLAIN)
    assert [message for _, _, message in found] == expected


def test_directives_of_other_cells_than_code_are_not_checked():
    parsed = parse_cell(Cell(0, "id", "markdown", "#| exprot", {}), Dialect.MARKED)
    assert check_directives(Path("a"), [parsed], Dialect.MARKED, frozenset()) == []


# --- the files of modules ----------------------------------------------------------------------


@pytest.fixture
def project(make_project) -> Project:
    made = make_project({"00_core": ["#export\nx = 1"]})
    made.lib_path.mkdir()
    return made


def test_a_file_that_was_written_by_hand_is_not_replaced(project):
    (project.lib_path / "core.py").write_text("precious = 1\n")
    problem = only_problem(make_plan(project))
    assert (problem.code, problem.path.name, problem.cell) == ("not-generated", "00_core.ipynb", 0)
    assert make_plan(project, force=True).diagnostics == []


@pytest.mark.parametrize(
    "text", ["", "\n \n", "'''D'''\n\n# AUTOGENERATED! DO NOT EDIT! File to edit: x"]
)
def test_an_empty_or_generated_file_is_replaced(project, text):
    (project.lib_path / "core.py").write_text(text)
    assert make_plan(project).diagnostics == []


def test_an_init_file_may_be_a_module(make_project):
    project = make_project({"00_core": ["#default_exp __init__", "#export\nx = 1"]})
    project.lib_path.mkdir()
    init = project.lib_path / "__init__.py"
    init.write_text('__version__ = "0.0.1"\n')
    assert make_plan(project).diagnostics == []
    init.write_text("mine = 1\n")
    assert only_problem(make_plan(project)).code == "not-generated"
    assert make_plan(project, force=True).diagnostics == []


def test_a_module_that_is_not_text_is_replaced_only_when_forced(project):
    (project.lib_path / "core.py").write_bytes(b"# \xfcber")
    problem = only_problem(make_plan(project))
    assert (problem.code, problem.path.name) == ("not-utf8", "core.py")
    assert "--force" in problem.hint
    assert make_plan(project, force=True).diagnostics == []


def test_a_module_that_cannot_be_read_is_named(project):
    (project.lib_path / "core.py").mkdir()
    problem = only_problem(make_plan(project, force=True))
    assert (problem.code, problem.path.name) == ("unreadable", "core.py")
