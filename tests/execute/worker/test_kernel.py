"""Notebooks in Jupyter kernels: with `--kernel`, and in other languages."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import UNHURRIED, constants, notebook, running, settings_text, sleeper, wait_for
from jupyter_client.kernelspec import KernelSpecManager
from test_quirks import tagged

from literate.discovery import project_notebooks
from literate.execute import FAILED, PASSED, Options, run_notebooks
from literate.project import read_project

SLEEPER = sleeper(3)
PASSING = {
    "outputs": [
        "print('one')\n2",
        "from IPython.display import clear_output, display\nh = display('old', display_id=True)",
        "h.update('new')",
        "print('gone')\nclear_output()\nprint('here')",
        "await __import__('asyncio').sleep(0)",
        "import matplotlib.pyplot as plt\nplt.plot([1]);",
    ],
    "environment": [
        tagged("epochs = 1", "parameters"),
        "import os, sys, subprocess\nassert sys.path[:2] == [os.getcwd(), os.path.dirname(os.getcwd())], sys.path",
        "import lib.core\nassert os.environ['IN_TEST'] == '1' and os.path.basename(os.getcwd()) == 'nbs'",
        f"assert epochs == 3\np = subprocess.Popen(['sleep', '{SLEEPER}'], start_new_session=True)",
        "#| raises: ArithmeticError\n1/0",
        tagged("1/0", "raises-exception"),
    ],
}
ERRORS = [  # a cell, the error's name, the line
    ("def f(x):\n    return 1 / x", None, None),
    ("print('before')\nf(0)", "ZeroDivisionError", 2),
    ("x = 1\ny = = 2", "SyntaxError", 2),
    ("%%capture\n1/0", "ZeroDivisionError", None),
    ("raise ExceptionGroup('many', [ValueError(1)])", "ExceptionGroup", None),
    ("%nosuchmagic", "UsageError", None),
    ("input('who?')", "StdinNotImplementedError", 1),
    ("#| raises: KeyError\n1/0", "ZeroDivisionError", 2),
    ("#| raises: KeyError\n1", "DidNotRaise", None),
]
ENDINGS = {
    "dies": (["import os", "os._exit(3)"], "Died", None),
    "loops": (["1", "#| timeout: 2\nx = 1\nwhile True: pass"], "Timeout", 3),
}


@pytest.fixture(scope="module", autouse=True)
def runtime(alone, tmp_path_factory):
    """The folder where Jupyter notes its kernels, for those of this file alone."""
    folder = tmp_path_factory.mktemp("runtime")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("kernels")
    (root / "settings.ini").write_text(settings_text())
    (root / "lib").mkdir()
    (root / "lib" / "core.py").write_text("")
    (root / "nbs").mkdir()
    endings = {name: cells for name, (cells, *_) in ENDINGS.items()}
    for name, cells in {**PASSING, "errors": [source for source, *_ in ERRORS], **endings}.items():
        (root / "nbs" / f"{name}.ipynb").write_text(notebook(*cells))
    return read_project(root / "settings.ini")


@pytest.fixture(scope="module")
def results(project, fonts, tmp_path_factory):
    options = Options(workers=3, kernel="python3", parameters={"epochs": 3}, allow_errors=True)
    with constants(tmp_path_factory.mktemp("site") / "unhurried", UNHURRIED):
        found = run_notebooks(project, project_notebooks(project), options)
    return {Path(r.path).stem: r for r in found}


@pytest.mark.parametrize("name", PASSING)
def test_passes(results, name):
    assert (results[name].outcome, results[name].failures, results[name].reason) == (PASSED, (), "")


def test_errors_and_their_lines(results):
    found = {cell.index: (cell.error.name, cell.line) for cell in results["errors"].failures}
    assert found == {index: (name, line) for index, (_, name, line) in enumerate(ERRORS) if name}


@pytest.mark.parametrize("name", ENDINGS)
def test_a_kernel_that_ends(results, name):
    (cell,) = results[name].failures
    assert (cell.index, cell.error.name, cell.line) == (1, *ENDINGS[name][1:])


def test_outputs_are_those_of_the_built_in_engine(project, results):
    (built_in,) = run_notebooks(project, [project.nbs_path / "outputs.ipynb"], Options())
    for ours, theirs in zip(built_in.cells, results["outputs"].cells, strict=True):
        assert [set(o.get("data", ())) for o in ours.outputs] == [
            set(o.get("data", ())) for o in theirs.outputs
        ]
        assert [o.get("text") for o in ours.outputs] == [o.get("text") for o in theirs.outputs]
        assert ours.execution_count == theirs.execution_count


def test_nothing_is_left(results, runtime):
    assert wait_for(lambda: not running(f"sleep {SLEEPER}"))
    assert not list(runtime.iterdir())


def add(project, name: str, language: str, *cells: str) -> Path:
    """A notebook in another language."""
    path = project.nbs_path / f"_{language}_{name}.ipynb"
    path.write_text(
        notebook(
            *cells, kernelspec={"display_name": language, "language": language, "name": language}
        )
    )
    return path


def test_a_kernel_that_is_not_installed(project):
    (result,) = run_notebooks(project, [add(project, "x", "apl", "1")])
    assert result.outcome == FAILED and "its kernel, apl, is not installed" in result.reason


def test_a_kernel_that_no_flag_names(make_project):
    make_project({"00_a": ["1"]})
    command = [sys.executable, Path(__file__).parents[2] / "run_notebook.py", "--kernel", "nosuch"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "--kernel nosuch: no such kernel; installed: " in done.stderr


def test_another_language(project):
    if "bash" not in KernelSpecManager().find_kernel_specs():  # not among the user's own, here
        pytest.skip("bash_kernel is not installed")
    endless = "#| timeout: 1\nsleep 9999"
    path = add(project, "x", "bash", "x=3", "echo $x", "echo out; false", endless)
    (result,) = run_notebooks(project, [path], Options(allow_errors=True))
    assert [cell.outcome for cell in result.cells] == [PASSED, PASSED, FAILED, FAILED]
    assert [cell.outputs[0]["text"] for cell in result.cells[1:3]] == ["3\n", "out\n"]
    assert result.cells[3].error.name == "Timeout"
    (refused,) = run_notebooks(project, [path], Options(parameters={"x": 1}))
    assert "--param sets variables in Python notebooks alone" in refused.reason
