"""The pytest plugin: real sessions, each in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import PATIENCE, is_alive, wait_for

ROOT = Path(__file__).parents[1]

GREEN = ["x = 1", "assert x == 1"]
RED = ["print('seen')", "def f(): 1/0\nf()"]


def session_command(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command and the environment of a session with this plugin, and with no other one."""
    command = [sys.executable, "-m", "pytest", "-p", "literate.pytest_plugin", *arguments]
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # other plugins take time
        "PYTHONPATH": str(ROOT),
    }
    return command, environment


@pytest.fixture
def run_pytest(make_project) -> Callable[..., tuple[int, str]]:
    """`run_pytest("nbs", a=cells)`: the exit code and the output of a session in a new project."""

    def run(*arguments: str, **notebooks: list[str] | str) -> tuple[int, str]:
        if notebooks:
            make_project(notebooks)
        command, environment = session_command(*arguments)
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, env=environment
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_nothing_is_collected_unasked(run_pytest):
    assert run_pytest("nbs", nb_green=GREEN)[0] == 5


def test_each_notebook_is_a_test(run_pytest):
    code, out = run_pytest(
        *("nbs", "--notebooks", "-rsf"),
        a_green=GREEN,
        b_red=RED,
        c_skipped=["#| eval: false\n1"],
        d_broken="{",
        _hidden=RED,
    )
    assert code == 1
    assert "2 failed, 1 passed, 1 skipped" in out
    assert "nbs/b_red.ipynb:cell 2 (00000001):1: ZeroDivisionError: division by zero" in out
    assert ">   1 | def f(): 1/0\n    2 | f()\n" in out
    assert "FAILED nbs/b_red.ipynb::notebook - cell 2" in out
    assert "no cell of it is to run" in out
    assert "literate/pytest_plugin.py" not in out


def test_a_hidden_notebook_runs_if_it_is_named(run_pytest):
    code, out = run_pytest("nbs/_hidden.ipynb", "--notebooks", _hidden=GREEN)
    assert code == 0
    assert "1 passed in" in out


def test_asked_for_in_the_configuration(run_pytest, make_project):
    project = make_project({"a": ["while True: pass"]})
    configuration = project.root / "pytest.ini"
    asked = "[pytest]\nnotebooks = true\ntestpaths = nbs\n"
    configuration.write_text(f"{asked}notebook_cell_timeout = 1\n")
    code, out = run_pytest()
    assert code == 1
    assert "1 failed in" in out
    assert "Timeout: the cell was still running after 1 s" in out
    configuration.write_text(f"{asked}notebook_cell_timeout = 600\n")
    code, out = run_pytest(a=GREEN)
    assert code == 0
    assert "1 passed in" in out


def test_an_option_counts_more_than_the_configuration(run_pytest, make_project):
    cells = ["#| slow\nassert False, 'the slow cell ran'", "1"]
    make_project({"a": cells}, "tst_flags = slow")
    arguments = ("nbs", "--notebooks", "-o", "notebook_flags=slow")
    code, out = run_pytest(*arguments)
    assert code == 1
    assert "the slow cell ran" in out
    assert run_pytest(*arguments, "--notebook-flags=other")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--notebook-timeout=-1"], "notebook_timeout takes numbers from 0, not -1"),
        (
            ["-o", "notebook_workers=many"],
            "notebook_workers = many in the configuration is not a number",
        ),
    ],
)
def test_bad_usage(run_pytest, arguments, message):
    code, out = run_pytest("nbs", "--notebooks", *arguments, a=GREEN)
    assert code == 4
    assert message in out
    assert "Traceback" not in out


def test_the_help_shows_the_settings(run_pytest, make_project):
    make_project({})
    code, out = run_pytest("--help")
    assert code == 0
    text = " ".join(out.split())
    assert (
        "--notebook-timeout=TIMEOUT seconds that a notebook may take; 0 means no limit "
        "(default: 600)"
    ) in text
    assert "notebook_flags (string): test flags whose cells run too" in text


def test_a_notebook_in_a_folder_without_settings(run_pytest, make_project):
    project = make_project({"a": GREEN, "b": ["from root import x\n1 / x"]})
    (project.root / "settings.ini").unlink()
    (project.root / "root.py").write_text("x = 0\n")
    code, out = run_pytest("nbs", "--notebooks")
    assert code == 1
    assert "1 failed, 1 passed" in out
    assert "ZeroDivisionError" in out  # the module beside pytest's configuration was found
    assert not (project.root / ".literate").exists()


def test_settings_that_cannot_be_used(run_pytest, make_project):
    project = make_project({"a": GREEN})
    (project.root / "settings.ini").write_text("no section\n")
    code, out = run_pytest("nbs", "--notebooks")
    assert code == 2
    assert "settings.ini" in out
    assert "Traceback" not in out


def test_k_x_and_last_failed(run_pytest):
    notebooks = {"a_red": RED, "b_red": RED, "c_green": GREEN}
    _, out = run_pytest("nbs", "--notebooks", "-k", "green", **notebooks)
    assert "1 passed, 2 deselected" in out
    code, out = run_pytest("nbs", "--notebooks", "-x")
    assert code == 1
    assert "1 failed" in out
    assert "passed" not in out
    run_pytest("nbs", "--notebooks")
    _, out = run_pytest("nbs", "--notebooks", "--lf")
    assert "2 failed in" in out


def test_among_other_tests_and_with_junit(run_pytest, make_project):
    project = make_project({"a": ["import time\ntime.sleep(0.3)"], "b": RED})
    (project.root / "test_it.py").write_text("def test_it(): pass\n")
    code, out = run_pytest("--notebooks", "--junitxml=j.xml", ".")
    assert code == 1
    assert "1 failed, 2 passed" in out
    report = ElementTree.parse(project.root / "j.xml")
    cases = {case.get("classname"): case for case in report.iter("testcase")}
    assert float(cases["nbs.a.ipynb"].get("time")) >= 0.3  # the seconds are the notebook's
    assert "ZeroDivisionError" in cases["nbs.b.ipynb"].find("failure").get("message")


def test_on_several_workers_of_xdist_and_measured(run_pytest, make_project):
    core = ["md:# core", "#export\ndef f(x):\n    if x:\n        return 1\n    return 2", "f(0)"]
    project = make_project({"00_core": core, "01_red": RED, "02_green": GREEN})
    subprocess.run([sys.executable, ROOT / "notebook2script.py"], check=True, capture_output=True)
    xdist = ("-p", "xdist", "-n", "2")
    coverage = ("-p", "pytest_cov", "--cov=lib", "--cov-report=term-missing")
    code, out = run_pytest("nbs", "--notebooks", *xdist, *coverage)
    assert code == 1
    assert "1 failed, 2 passed" in out
    assert "nbs/01_red.ipynb:cell 2 (00000001):1: ZeroDivisionError" in out
    assert "FAILED nbs/01_red.ipynb::notebook - cell 2" in out
    source = (project.root / "lib" / "core.py").read_text().split("\n")
    missing = [source[number - 1].strip() for number in missing_lines(out, "lib/core.py")]
    assert [line for line in missing if not line.startswith("__all__")] == ["return 1"]
    assert not list(project.root.glob(".coverage.*"))


def missing_lines(out: str, file: str) -> list[int]:
    """The lines that did not run, by the table of coverage."""
    (row,) = [line for line in out.splitlines() if line.startswith(file)]
    return [int(word.strip(",")) for word in row.split()[4:]]


PID = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(9000)"


def test_ctrl_c_ends_the_notebooks(make_project):
    project = make_project({"a": [PID]})
    command, environment = session_command("nbs", "--notebooks")
    session = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    )
    file = project.nbs_path / "pid"

    def has_begun_or_ended() -> bool:
        if session.poll() is not None:
            return True
        return file.exists() and file.read_text() != ""

    assert wait_for(has_begun_or_ended)
    session.send_signal(signal.SIGINT)
    session.communicate(timeout=PATIENCE)
    assert session.returncode == 2
    assert not is_alive(int(file.read_text()))
