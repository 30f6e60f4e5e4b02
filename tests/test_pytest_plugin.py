"""The pytest plugin: real sessions, in processes of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import PATIENCE, is_alive, wait_for

ROOT = Path(__file__).parents[1]


@pytest.fixture
def run_pytest(make_project):
    """`run_pytest(*arguments, **notebooks)`: the last lines and the exit code of a session in a new project."""

    def run(*arguments: str, **notebooks: list) -> tuple[int, str]:
        if notebooks:
            make_project(notebooks)
        command = [sys.executable, "-m", "pytest", "-p", "literate.pytest_plugin", *arguments]
        environment = {
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(ROOT),
        }  # others take time
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, env=environment
        )
        return done.returncode, done.stdout + done.stderr

    return run


GREEN, RED = ["x = 1", "assert x == 1"], ["print('seen')", "def f(): 1/0\nf()"]


def test_nothing_is_collected_unasked(run_pytest):
    assert run_pytest("nbs", nb_green=GREEN)[0] == 5


def test_each_notebook_is_a_test(run_pytest):
    notebooks = {
        "a_green": GREEN,
        "b_red": RED,
        "c_skipped": ["#| eval: false\n1"],
        "d_broken": "{",
        "_hidden": RED,
    }
    code, out = run_pytest("nbs", "--notebooks", "-rsf", **notebooks)
    assert code == 1 and "2 failed, 1 passed, 1 skipped" in out
    assert "nbs/b_red.ipynb:cell 2 (00000001):1: ZeroDivisionError: division by zero" in out
    assert ">   1 | def f(): 1/0\n    2 | f()\n" in out
    assert "FAILED nbs/b_red.ipynb::notebook - cell 2" in out and "no cell of it is to run" in out
    assert "literate/pytest_plugin.py" not in out


def test_asked_for_in_the_configuration(run_pytest, make_project):
    project = make_project({"a": ["while True: pass"]})
    asked = "[pytest]\nnotebooks = true\ntestpaths = nbs\n"
    (project.root / "pytest.ini").write_text(f"{asked}notebook_cell_timeout = 1\n")
    code, out = run_pytest()
    assert code == 1 and "1 failed in" in out
    assert "Timeout: the cell was still running after 1 s" in out
    (project.root / "pytest.ini").write_text(f"{asked}notebook_cell_timeout = 600\n")
    code, out = run_pytest(a=GREEN)
    assert code == 0 and "1 passed in" in out


@pytest.mark.parametrize(
    "arguments, message",
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
    assert code == 4 and message in out and "Traceback" not in out


def test_a_notebook_outside_of_a_project(run_pytest, make_project):
    project = make_project({"a": GREEN})
    (project.root / "settings.ini").unlink()
    code, out = run_pytest("nbs", "--notebooks")
    assert code == 2 and "no settings.ini" in out and "Traceback" not in out


def test_k_x_and_last_failed(run_pytest):
    notebooks = {"a_red": RED, "b_red": RED, "c_green": GREEN}
    assert (
        "1 passed, 2 deselected" in run_pytest("nbs", "--notebooks", "-k", "green", **notebooks)[1]
    )
    code, out = run_pytest("nbs", "--notebooks", "-x")
    assert code == 1 and "1 failed" in out and "passed" not in out
    run_pytest("nbs", "--notebooks")
    assert "2 failed in" in run_pytest("nbs", "--notebooks", "--lf")[1]


def test_among_other_tests_and_with_junit(run_pytest, make_project):
    project = make_project({"a": ["import time\ntime.sleep(0.3)"], "b": RED})
    (project.root / "test_it.py").write_text("def test_it(): pass\n")
    code, out = run_pytest("--notebooks", "--junitxml=j.xml", ".")
    assert code == 1 and "1 failed, 2 passed" in out
    cases = {
        case.get("classname"): case
        for case in ElementTree.parse(project.root / "j.xml").iter("testcase")
    }
    assert float(cases["nbs.a.ipynb"].get("time")) >= 0.3
    assert "ZeroDivisionError" in cases["nbs.b.ipynb"].find("failure").get("message")


def test_on_several_workers_of_xdist_and_measured(run_pytest, make_project):
    core = ["md:# core", "#export\ndef f(x):\n    if x:\n        return 1\n    return 2", "f(0)"]
    project = make_project({"00_core": core, "01_red": RED, "02_green": GREEN})
    subprocess.run([sys.executable, ROOT / "notebook2script.py"], check=True, capture_output=True)
    plugins = [
        "-p",
        "xdist",
        "-p",
        "pytest_cov",
        "-n",
        "2",
        "--cov=lib",
        "--cov-report=term-missing",
    ]
    code, out = run_pytest("nbs", "--notebooks", *plugins)
    assert code == 1 and "1 failed, 2 passed" in out
    assert "nbs/01_red.ipynb:cell 2 (00000001):1: ZeroDivisionError" in out
    assert "FAILED nbs/01_red.ipynb::notebook - cell 2" in out
    row = next(line for line in out.splitlines() if line.startswith("lib/core.py")).split()
    lines = (project.root / "lib" / "core.py").read_text().split("\n")
    missing = [lines[int(number.strip(",")) - 1].strip() for number in row[4:]]
    assert [line for line in missing if not line.startswith("__all__")] == ["return 1"]
    assert not list(project.root.glob(".coverage.*"))


def test_ctrl_c_ends_the_notebooks(run_pytest, make_project):
    pid = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(9000)"
    project = make_project({"a": [pid]})
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "-p", "literate.pytest_plugin", "nbs", "--notebooks"]
    session = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    )
    file = project.nbs_path / "pid"
    assert wait_for(lambda: session.poll() is not None or file.exists() and file.read_text())
    session.send_signal(signal.SIGINT)
    session.communicate(timeout=PATIENCE)
    assert session.returncode == 2 and not is_alive(int(file.read_text()))
