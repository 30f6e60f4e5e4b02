"""Coverage: what notebooks execute counts for the lines of the modules that they become."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
    subprocess.run([sys.executable, ROOT / "notebook2script.py"], check=True, capture_output=True)
    return project.lib_path / "core.py"


def measure(*options: str) -> tuple[str, dict]:
    """What the run prints, and the report of lib/core.py."""
    coverage = [sys.executable, "-m", "coverage"]
    command = [*coverage, "run", "--source=lib", *options, ROOT / "run_notebook.py"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert "Warning" not in ran.stderr
    subprocess.run([*coverage, "json", "-q", "-o", "c.json"], check=True, capture_output=True)
    return ran.stdout, json.loads(Path("c.json").read_text())["files"].get("lib/core.py", {})


@pytest.mark.parametrize("options", [(), ("--branch",)])
def test_lines_that_only_a_notebook_executes(core, options):
    out, report = measure(*options)
    lines = core.read_text().split("\n")
    missing = [lines[number - 1].strip() for number in report["missing_lines"]]
    assert [line for line in missing if not line.startswith("__all__")] == [
        "return 'yes'",
        "return 2",
    ]
    assert "nbs/00_core.ipynb:cell 6 (00000005):2: ZeroDivisionError" in out
    assert not [path for path in Path().iterdir() if path.name.startswith(".coverage.")]


def test_failures_in_exported_cells_are_shown_at_their_cells(core, make_project):
    make_project({"00_core": [*CORE[:4], "def g(): return A().used() + f(0)\ng()"]})
    out, _ = measure()
    assert "nbs/00_core.ipynb:cell 5 (00000004):1: TypeError" in out


def test_an_error_inside_an_exported_cell(core, make_project):
    make_project({"00_core": ["md:# core", "#export\ndef f(x):\n    return 1 / x", "f(0)"]})
    subprocess.run([sys.executable, ROOT / "notebook2script.py"], check=True, capture_output=True)
    out, _ = measure()
    assert "  nbs/00_core.ipynb:cell 2 (00000001):3 in f\n      return 1 / x" in out


def test_a_cell_that_was_edited_since_it_was_compiled_does_not_count(core, make_project):
    make_project({"00_core": [cell.replace("'no'", "'nope'") for cell in CORE[:4]]})
    _, report = measure()
    assert "def f(x):" in [
        core.read_text().split("\n")[number - 1] for number in report["missing_lines"]
    ]
