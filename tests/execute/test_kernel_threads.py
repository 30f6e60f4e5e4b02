"""Notebooks in Jupyter kernels, as on Windows: what works there, and what is refused in time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATIENCE, notebook, settings_text, tagged, write_files

from literate.diagnostics import UserError
from literate.execute import kernel_threads
from literate.execute.kernel_threads import check_kernels
from literate.execute.results import NO_REASON

ROOT = Path(__file__).parents[2]
DOOR = Path(__file__).with_name("without_server.py")


def run(*arguments: str, timeout: float = PATIENCE) -> tuple[int, str, str]:
    """A command as on Windows: its exit code, and what it printed to stdout and stderr."""
    command = [sys.executable, DOOR, ROOT, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    return done.returncode, done.stdout, done.stderr


PRINTS = "import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7"
NOTEBOOKS = {
    "00_ok": [PRINTS, "import os, beside\nassert os.environ['IN_TEST']", "#| eval: false\n1/0"],
    "01_fails": ["def f():\n    return 1 / 0", "f()", "open('ran', 'w')"],
    "02_raises": ["#| raises: LookupError\n{}['a']", "#| raises: ValueError\n1/0"],
    "03_dies": ["1", "import os\nos._exit(3)"],
    "04_parameters": [tagged("x = 1", "parameters"), "assert x == 5"],
    "05_hangs": ["#| timeout: 1\nimport time\ntime.sleep(9000)"],
    "06_skips": ["1", "import pytest\npytest.skip('no data\\nhere')", "1/0"],
    "07_skips": ["import unittest\nraise unittest.SkipTest", "1/0"],
    "08_must_skip": ["#| raises: SkipTest\nimport unittest\nraise unittest.SkipTest", "1"],
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The notebooks of the report of one run, by name."""
    root = tmp_path_factory.mktemp("windows")
    files = {f"nbs/{name}.ipynb": notebook(*cells) for name, cells in NOTEBOOKS.items()}
    write_files(root, {**files, "settings.ini": settings_text(), "nbs/beside.py": ""})
    options = ("--param", "x=5", "--workers", "2")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        code, out, err = run("test", "--json", "r.json", *options)
    assert code == 1, out + err
    assert err == ""
    notebooks = json.loads((root / "r.json").read_text())["notebooks"]
    return {Path(notebook["path"]).stem: notebook for notebook in notebooks}


def cells(report, name: str) -> list[tuple[str, str | None]]:
    """The outcome of each cell of a notebook, and the name of its error."""
    found = []
    for cell in report[name]["cells"]:
        error = cell["error"]
        found.append((cell["outcome"], error["name"] if error else None))
    return found


def test_a_notebook_passes(report):
    assert report["00_ok"]["outcome"] == "passed"
    assert cells(report, "00_ok") == [("passed", None), ("passed", None), ("skipped", None)]
    outputs = report["00_ok"]["cells"][0]["outputs"]
    texts = {output.get("name", "result"): output.get("text") for output in outputs}
    assert texts == {"stdout": "out\n", "stderr": "err\n", "result": None}
    (result,) = [output for output in outputs if "data" in output]
    assert result["data"] == {"text/plain": "42"}


def test_a_failure_is_found_at_its_line(report):
    assert cells(report, "01_fails") == [("passed", None), ("failed", "ZeroDivisionError")]
    places = [(frame["cell"], frame["line"]) for frame in frames(report, "01_fails", 1)]
    assert places == [(1, 1), (0, 2)]


def frames(report, name: str, cell: int) -> list[dict]:
    return report[name]["cells"][cell]["error"]["frames"]


def test_an_exception_that_has_to_come(report):
    assert cells(report, "02_raises") == [("passed", "KeyError"), ("failed", "ZeroDivisionError")]


def test_a_kernel_that_dies(report):
    assert cells(report, "03_dies") == [("passed", None), ("failed", "Died")]


def test_parameters(report):
    assert report["04_parameters"]["outcome"] == "passed"


def test_a_notebook_that_skips_itself(report):
    skips = report["06_skips"]
    assert (skips["outcome"], skips["reason"]) == ("skipped", "no data here")
    assert cells(report, "06_skips") == [("passed", None), ("skipped", None)]
    assert (report["07_skips"]["outcome"], report["07_skips"]["reason"]) == ("skipped", NO_REASON)
    assert cells(report, "08_must_skip") == [("passed", "SkipTest"), ("passed", None)]


def test_a_time_limit(report):
    assert cells(report, "05_hangs") == [("failed", "Timeout")]


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["--max-memory=1G", "--strict"])
def test_what_only_a_server_can_do_is_refused(make_project, flag):
    make_project({"00_a": ["1"]})
    code, out, err = run("test", flag)
    assert (code, out) == (1, "")
    assert "works on Linux and macOS" in err
    assert err.count("\n") == 1


def test_the_other_command_works(make_project):
    project = make_project({"00_a": ["#|default_exp core", "#|export\nx = 1"]})
    assert run("export")[0] == 0
    assert "x = 1" in (project.lib_path / "core.py").read_text()


def test_without_jupyter_the_run_is_refused(monkeypatch):
    check_kernels()
    monkeypatch.setattr(kernel_threads, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install nbclient ipykernel"):
        check_kernels()
