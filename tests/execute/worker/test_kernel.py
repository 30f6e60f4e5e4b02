"""Notebooks in Jupyter kernels: with `--kernel`, and in other languages."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import (
    UNHURRIED,
    constants,
    notebook,
    results_of,
    running,
    settings_text,
    sleeper,
    split_cells,
    tagged,
    wait_for,
    write_files,
)
from jupyter_client.kernelspec import KernelSpecManager

from literate.execute import FAILED, PASSED, SKIPPED, CellResult, Options, run_notebooks
from literate.execute.worker.kernel import _death
from literate.project import Project, read_project

SLEEPER = sleeper(3)
DOOR = Path(__file__).parents[3] / "run_notebook.py"

PASSING = {
    "outputs": split_cells("""
        print('one')
        2
        # %%
        from IPython.display import clear_output, display
        h = display('old', display_id=True)
        # %%
        h.update('new')
        # %%
        print('gone')
        clear_output()
        print('here')
        # %%
        await __import__('asyncio').sleep(0)
        # %%
        import matplotlib.pyplot as plt
        plt.plot([1]);
    """),
    "environment": [
        tagged("epochs = 1", "parameters"),
        *split_cells(f"""
            import os, sys, subprocess
            position = sys.path.index('')
            assert sys.path[position + 1] == os.path.dirname(os.getcwd()), sys.path
            assert sys.path.index(os.path.dirname(os.__file__)) < position
            # %%
            import lib.core
            assert os.environ['IN_TEST'] == '1'
            assert os.path.basename(os.getcwd()) == 'nbs'
            # %%
            assert epochs == 3
            p = subprocess.Popen(['sleep', '{SLEEPER}'], start_new_session=True)
            # %%
            #| raises: ArithmeticError
            1/0
        """),
        tagged("1/0", "raises-exception"),
    ],
}

if find_spec("ipywidgets"):
    PASSING["widgets"] = split_cells("""
        import ipywidgets
        widget = ipywidgets.Output()
        with widget:
            print('inside')
            1/0
        print('outside')
        # %%
        #| raises: ArithmeticError
        with widget:
            1/0
        # %%
        assert [output['output_type'] for output in widget.outputs] == ['stream', 'error', 'error']
    """)


class Failing(NamedTuple):
    """A cell, and what the result says about it."""

    source: str
    error: str | None  # the name of the exception, or None for a cell that passes
    line: int | None


FAILING_CELLS = [
    Failing("def f(x):\n    return 1 / x", None, None),
    Failing("print('before')\nf(0)", "ZeroDivisionError", 2),
    Failing("x = 1\ny = = 2", "SyntaxError", 2),
    Failing("%%capture\n1/0", "ZeroDivisionError", None),
    Failing("raise ExceptionGroup('many', [ValueError(1)])", "ExceptionGroup", None),
    Failing("%nosuchmagic", "UsageError", None),
    Failing("input('who?')", "StdinNotImplementedError", 1),
    Failing("#| raises: KeyError\n1/0", "ZeroDivisionError", 2),
    Failing("#| raises: KeyError\n1", "DidNotRaise", None),
]

# The second cell ends the kernel, or has to be interrupted.
ENDING_CELLS = {
    "dies": Failing("import os\nos._exit(3)", "Died", None),
    "is_killed": Failing("import os\nos.kill(os.getpid(), 9)", "Died", None),
    "loops": Failing("#| timeout: 2\nx = 1\nwhile True: pass", "Timeout", 3),
}


@pytest.fixture(scope="module", autouse=True)
def runtime(alone, tmp_path_factory):
    """The folder where Jupyter notes its kernels, only for the kernels of this file."""
    folder = tmp_path_factory.mktemp("runtime")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    notebooks = {**PASSING, "errors": [cell.source for cell in FAILING_CELLS]}
    notebooks["skips"] = ["import unittest\nraise unittest.SkipTest('no GPU')", "1/0"]
    for name, cell in ENDING_CELLS.items():
        notebooks[name] = ["1", cell.source]
    files = {"settings.ini": settings_text(), "lib/core.py": ""}
    for name, cells in notebooks.items():
        files[f"nbs/{name}.ipynb"] = notebook(*cells)
    root = tmp_path_factory.mktemp("kernels")
    write_files(root, files)
    return read_project(root / "settings.ini")


@pytest.fixture(scope="module")
def results(project, fonts, tmp_path_factory):
    """The results of all notebooks in a kernel, by the names of the notebooks."""
    options = {"workers": 3, "kernel": "python3", "parameters": {"epochs": 3}, "allow_errors": True}
    with constants(tmp_path_factory.mktemp("site") / "unhurried", UNHURRIED):
        return results_of(project, **options)


@pytest.mark.parametrize("name", PASSING)
def test_passes(results, name):
    assert (results[name].outcome, results[name].failures, results[name].reason) == (PASSED, (), "")


def test_errors_and_their_lines(results):
    found = {cell.index: (cell.error.name, cell.line) for cell in results["errors"].failures}
    expected = {}
    for index, cell in enumerate(FAILING_CELLS):
        if cell.error:
            expected[index] = cell.error, cell.line
    assert found == expected


def test_a_notebook_that_skips_itself(results):
    result = results["skips"]
    assert (result.outcome, result.reason, len(result.cells)) == (SKIPPED, "no GPU", 1)


def test_a_line_of_an_earlier_cell_is_shown_in_this_cell(results):
    frames = results["errors"].cells[1].error.frames
    places = [(frame.cell, frame.line, frame.function, frame.text) for frame in frames]
    assert places == [(1, 2, "", "f(0)"), (0, 2, "f", "return 1 / x")]


@pytest.mark.parametrize("name", ENDING_CELLS)
def test_a_kernel_that_ends(results, name):
    (cell,) = results[name].failures
    expected = ENDING_CELLS[name]
    assert (cell.index, cell.error.name, cell.line) == (1, expected.error, expected.line)


def output_kinds(cell: CellResult) -> list[set[str]]:
    return [set(output.get("data", ())) for output in cell.outputs]


def output_texts(cell: CellResult) -> list[str | None]:
    return [output.get("text") for output in cell.outputs]


def test_outputs_are_those_of_the_built_in_engine(project, results):
    (built_in,) = run_notebooks(project, [project.nbs_path / "outputs.ipynb"], Options())
    for ours, theirs in zip(built_in.cells, results["outputs"].cells, strict=True):
        assert output_kinds(ours) == output_kinds(theirs)
        assert output_texts(ours) == output_texts(theirs)
        assert ours.execution_count == theirs.execution_count


def test_nothing_is_left(results, runtime):
    assert wait_for(lambda: not running(f"sleep {SLEEPER}"))
    assert not list(runtime.iterdir())


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (3, "the kernel died: exit status 3"),
        (-9, "the kernel died: SIGKILL, Killed"),
        (None, "the kernel died: exit status None"),
    ],
)
def test_how_a_kernel_died(status, message):
    assert _death(status).message == message


# --- other kernels -----------------------------------------------------------------------------


def add_notebook(project: Project, language: str, *cells: str) -> Path:
    """A notebook in another language, in a folder of its own."""
    kernel = {"display_name": language, "language": language, "name": language}
    path = project.nbs_path / f"_{language}.ipynb"
    path.write_text(notebook(*cells, kernelspec=kernel))
    return path


def test_a_kernel_that_is_not_installed(project):
    (result,) = run_notebooks(project, [add_notebook(project, "apl", "1")])
    assert result.outcome == FAILED
    assert "its kernel, apl, is not installed" in result.reason


def test_a_flag_that_names_no_kernel(make_project):
    make_project({"00_a": ["1"]})
    command = [sys.executable, DOOR, "--kernel", "nosuch"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--kernel nosuch: no such kernel; installed: " in done.stderr


def test_another_language(project):
    if "bash" not in KernelSpecManager().find_kernel_specs():  # only installed kernels are found
        pytest.skip("bash_kernel is not installed")
    endless = "#| timeout: 1\nsleep 9999"
    path = add_notebook(project, "bash", "x=3", "echo $x", "echo out; false", endless)
    (result,) = run_notebooks(project, [path], Options(allow_errors=True))
    assert [cell.outcome for cell in result.cells] == [PASSED, PASSED, FAILED, FAILED]
    assert [cell.outputs[0]["text"] for cell in result.cells[1:3]] == ["3\n", "out\n"]
    assert result.cells[3].error.name == "Timeout"
    (refused,) = run_notebooks(project, [path], Options(parameters={"x": 1}))
    assert "--param sets variables in Python notebooks alone" in refused.reason
