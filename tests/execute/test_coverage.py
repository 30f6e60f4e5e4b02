"""Coverage: what notebooks execute counts for the lines of the modules that they become."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import write_files
from coverage import CoverageData

from literate.execute.coverage import collect, exported_lines, settings
from literate.execute.selection import plan_notebook

ROOT = Path(__file__).parents[2]
CORE = [
    "md:# core",
    "#export\nimport json",
    "#export\ndef f(x):\n    if x:\n        return 'yes'\n    return 'no'",
    "#export\n# a comment\n\nclass A:\n    def used(self): return (\n        1)\n"
    "    def unused(self):\n        return 2",
    "assert f(0) == 'no'\nassert A().used() == 1",
    "def fails():\n    f(1 / 0)\nfails()",
]


@pytest.fixture
def core(make_project):
    """A compiled project whose one notebook fails in its last cell; its module."""
    project = make_project({"00_core": CORE})
    compile_all()
    return project.lib_path / "core.py"


def compile_all() -> None:
    subprocess.run([sys.executable, ROOT / "notebook2script.py"], check=True, capture_output=True)


def measure(*options: str) -> tuple[str, dict]:
    """What the run prints, and the report about lib/core.py."""
    coverage = [sys.executable, "-m", "coverage"]
    command = [*coverage, "run", "--source=lib", *options, ROOT / "run_notebook.py"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert "Warning" not in ran.stderr
    subprocess.run([*coverage, "json", "-q", "-o", "c.json"], check=True, capture_output=True)
    files = json.loads(Path("c.json").read_text())["files"]
    return ran.stdout, files.get("lib/core.py", {})


def missing_lines(module: Path, report: dict) -> list[str]:
    """The lines of the module that were not executed."""
    lines = module.read_text().split("\n")
    return [lines[number - 1].strip() for number in report["missing_lines"]]


@pytest.mark.parametrize("options", [(), ("--branch",)])
def test_lines_that_only_a_notebook_executes(core, options):
    out, report = measure(*options)
    missing = [line for line in missing_lines(core, report) if not line.startswith("__all__")]
    assert missing == ["return 'yes'", "return 2"]
    assert "nbs/00_core.ipynb:cell 6 (00000005):2: ZeroDivisionError" in out
    assert not [path for path in Path().iterdir() if path.name.startswith(".coverage.")]


def test_failures_in_exported_cells_are_shown_at_their_cells(core, make_project):
    make_project({"00_core": [*CORE[:4], "def g(): return A().used() + f(0)\ng()"]})
    out, _ = measure()
    assert "nbs/00_core.ipynb:cell 5 (00000004):1: TypeError" in out


def test_an_error_inside_an_exported_cell(core, make_project):
    make_project({"00_core": ["md:# core", "#export\ndef f(x):\n    return 1 / x", "f(0)"]})
    compile_all()
    out, _ = measure()
    assert "  nbs/00_core.ipynb:cell 2 (00000001):3 in f\n      return 1 / x" in out


def test_a_cell_that_was_edited_since_it_was_compiled_does_not_count(core, make_project):
    make_project({"00_core": [cell.replace("'no'", "'nope'") for cell in CORE[:4]]})
    _, report = measure()
    assert "def f(x):" in missing_lines(core, report)


def exported_lines_of(project) -> dict[int, tuple[str, dict[int, int]]]:
    plan = plan_notebook(project, project.nbs_path / "00_core.ipynb")
    return exported_lines(project, plan)


def test_where_exported_cells_stand_in_their_module(core, make_project):
    project = make_project({"00_core": CORE})
    module_lines = core.read_text().split("\n")
    found = exported_lines_of(project)
    assert list(found) == [1, 2, 3]
    for index, (module, lines) in found.items():
        assert module == str(core)
        cell_lines = CORE[index].split("\n")
        for in_cell, in_module in lines.items():
            assert cell_lines[in_cell - 1] == module_lines[in_module - 1]


def test_a_cell_that_was_edited_has_no_lines_in_the_module(core, make_project):
    edited = [cell.replace("'no'", "'nope'") for cell in CORE]
    assert list(exported_lines_of(make_project({"00_core": edited}))) == [1, 3]


def test_an_import_from_the_own_package_may_be_relative_in_the_module(make_project):
    project = make_project({"00_core": ["#export\nfrom lib.other import x\ny = 1"]})
    compile_all()
    assert "from .other import x" in (project.lib_path / "core.py").read_text()
    ((_, lines),) = exported_lines_of(project).values()
    assert list(lines) == [2, 3]


def test_without_coverage_nothing_is_measured(monkeypatch):
    monkeypatch.delitem(sys.modules, "coverage", raising=False)
    assert settings() is None
    collect(None)


@pytest.mark.parametrize("options", [[], ["--context=ci"], ["--branch"]])
def test_the_context_of_a_line_is_the_notebook_that_ran_it(make_project, options):
    project = make_project({"a": ["from lib.core import f\nf(2)"], "b": ["import lib.core"]})
    write_files(project.lib_path, {"__init__.py": "", "core.py": "def f(x):\n    return x\n"})
    measure(*options)
    data = CoverageData()
    data.read()
    (module,) = [name for name in data.measured_files() if name.endswith("core.py")]
    contexts = data.contexts_by_lineno(module)
    static = "ci|" if "--context=ci" in options else ""
    assert sorted(contexts[1]) == [f"{static}nbs/a.ipynb", f"{static}nbs/b.ipynb"]
    assert contexts[2] == [f"{static}nbs/a.ipynb"]
