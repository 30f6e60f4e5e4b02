"""One run of many tiny notebooks, each named for its quirk."""

import json
import os

import pytest
from conftest import UNHURRIED, constants, notebook, running, settings_text, sleeper, wait_for

from literate.discovery import project_notebooks
from literate.execute import FAILED, PASSED, SKIPPED, Options, run_notebooks
from literate.project import read_project
from literate.records import asdict

SLEEPER = sleeper(1)


def tagged(source: str, *tags: str) -> dict:
    fixed = {"cell_type": "code", "id": "tagged01", "outputs": [], "execution_count": None}
    return {**fixed, "metadata": {"tags": list(tags)}, "source": source}


PASSING = {
    "magics": [
        "%timeit -n1 -r1 1",
        "%%time\nx = 1",
        "assert x == 1",
        "%env LITERATE_QUIRK=1",
        "import os\nassert os.environ['LITERATE_QUIRK'] == '1'",
    ],
    "shell_commands": [
        "!echo hi",
        "lines = !echo a; echo b\nassert lines == ['a', 'b']",
        "!exit 3",
        "assert _exit_code == 3",
        "name = 'x'\n!echo {name}",
    ],
    "jupyters_magics": [
        "%autosave 60\n%less x",
        "x = 1\n%store x",
        "%cd -q ..",
        "%cd -0\n%pwd",
        "assert _.endswith('nbs')",
    ],
    "bash_cell": ["%%bash\necho from bash"],
    "underscore": ["40 + 2", "assert _ == 42", "assert Out[1] == 42 and In[1] == '40 + 2'"],
    "question_mark": ["len?", "str.join??"],
    "top_level_await": [
        "import asyncio\nawait asyncio.sleep(0)",
        "assert await asyncio.sleep(0, 5) == 5",
    ],
    "task_across_cells": [
        "import asyncio\nasync def f(): return 7",
        "task = asyncio.create_task(f())",
        "assert await task == 7",
    ],
    "asyncio_run": [
        "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 5\nassert asyncio.run(f()) == 5",
        "assert await f() == 5",
    ],
    "future_import": [
        "from __future__ import annotations",
        "def f(x: Missing): ...",
        "assert f.__annotations__ == {'x': 'Missing'}",
    ],
    "source_of_a_function": [
        "import inspect\n\ndef f():\n    return 1",
        "assert inspect.getsource(f) == 'def f():\\n    return 1\\n'",
    ],
    "raises_and_does": [tagged("1/0", "raises-exception")],
    "raises_by_name": ["#| export\nx = 1", "#| raises: ArithmeticError\n1/0"],
    "threads": [
        "import threading\nt = threading.Thread(target=print, args=('from a thread',))\nt.start(); t.join()"
    ],
    "signals": [
        "import signal, os\nseen = []\nsignal.signal(signal.SIGUSR2, lambda *a: seen.append(1))\n"
        "os.kill(os.getpid(), signal.SIGUSR2)\nassert seen",
    ],
    "multiprocessing": [
        "import multiprocessing\ndef square(x): return x * x",
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    assert pool.map(square, [1, 2, 3]) == [1, 4, 9]",
    ],
    "spawn": [
        "import multiprocessing, os\np = multiprocessing.get_context('spawn').Process(target=os.getpid)\n"
        "p.start(); p.join()\nassert p.exitcode == 0",
    ],
    "forked_print": [
        "import os, sys\nprint('ours')\nif os.fork() == 0:\n    print('theirs', file=sys.stderr)\n"
        "    os._exit(0)\nos.wait()\nprint('ours again')",
    ],
    "atexit_handler": [
        "import atexit, pathlib\natexit.register(lambda: pathlib.Path('atexit.txt').write_text('ran'))"
    ],
    "patched_json": [
        "import json, marshal, os\njson.dumps = marshal.dumps = None\nos.write = None",
        "1 + 1",
    ],
    "matplotlib_magic": [
        "%matplotlib inline\n%config InlineBackend.figure_format = 'svg'\nimport matplotlib.pyplot as plt",
        "plt.plot([1, 2]);",
    ],
    "autoreload": ["%load_ext autoreload\n%autoreload 2", "import lib.core", "%tb"],
    "widgets": ["import ipywidgets\nipywidgets.IntSlider()"],
    "figure": ["import matplotlib.pyplot as plt\nplt.plot([1, 2]);"],
    "display_html": ["from IPython.display import HTML\nHTML('<b>x</b>')"],
    "updated_display": [
        "from IPython.display import display\nh = display('old', display_id=True)",
        "h.update('new')",
    ],
    "cleared_output": [
        "from IPython.display import clear_output\nprint('old')\nclear_output()\nprint('new')"
    ],
    "order": [
        "import os, sys\nfrom IPython.display import display\nprint('one')\nprint('two', file=sys.stderr)\n"
        "os.system('echo three >&2')\ndisplay(4)\nos.write(1, b'five\\n');",
    ],
    "captured": [
        "%%capture out\nprint('inside')\n!echo below",
        "assert out.stdout == 'inside\\nbelow\\n'",
    ],
    "blank_first_lines": ["\n\nx = 1\n", ""],
    "leaves_a_process": [
        f"import subprocess\np = subprocess.Popen(['sleep', '{SLEEPER}'], start_new_session=True)",
    ],
    "environment": [
        "import os, sys, pathlib\nassert os.environ['IN_TEST'] == '1' and pathlib.Path.cwd().name == 'nbs'",
        "assert sys.path[0] == os.getcwd() and sys.path[1] == os.path.dirname(os.getcwd())",
        "import lib.core",
        "assert not sys.stdin.isatty() and sys.stdin.read() == ''",
    ],
    "numpy_and_torch": [
        "import numpy as np, torch\na = np.ones((300, 300)) @ np.ones((300, 300))\nassert a[0, 0] == 300",
        "torch.set_num_threads(2)\nb = torch.ones(600, 600) @ torch.ones(600, 600)\nassert b[0, 0] == 600",
        "x = torch.ones(3, requires_grad=True)\n(x * 2).sum().backward()\nassert x.grad[0] == 2",
    ],
    "leaks": [
        "import json, os, sys, warnings\njson.LEAK = os.environ['LEAK'] = 'x'\nsys.path.insert(0, '/leak')\n"
        "warnings.simplefilter('error')",
    ],
    "leaks_not": [
        "import json, os, sys, warnings\n"
        "assert not hasattr(json, 'LEAK') and 'LEAK' not in os.environ and '/leak' not in sys.path\n"
        "warnings.warn('x')",
    ],
    "all_but_eval": ["#| eval: false\n1/0", "1"],
    "Über_alles": ["x = 1"],
    "flood_in_the_background": [
        "import subprocess\np = subprocess.Popen(['yes'])",
        "1",
        "print('x')",
    ],
    "surrogates": [
        "print('\\ud800')\n'\\ud800'",
        tagged("raise ValueError('\\ud800')", "raises-exception"),
    ],
    "flood": ["import os\nprint('x' * 5_000_000)\nos.write(1, b'y' * 3_000_000);"],
}

FAILING = {  # cells, the cell that fails, the error's name, the line, a part of its message
    "exception": (
        ["md:# x", "x = 0", "print('before')\n1/x"],
        2,
        "ZeroDivisionError",
        2,
        "division by zero",
    ),
    "blank_lines_then_error": (["\n\n1/0"], 0, "ZeroDivisionError", 3, "division"),
    "below_time": (["%%time\nx = 1\n1/0"], 0, "ZeroDivisionError", 3, "division"),
    "below_capture": (
        ["%%capture\nx = 1\n\nraise ValueError('inside')"],
        0,
        "ValueError",
        4,
        "inside",
    ),
    "syntax": (["x = 1\nprint(x\ny = 2"], 0, "SyntaxError", 2, "never closed"),
    "syntax_below_capture": (["%%capture\nx = 1\ny = = 2"], 0, "SyntaxError", 3, "invalid"),
    "group": (
        ["raise ExceptionGroup('many', [ValueError(1), KeyError(2)])"],
        0,
        "ExceptionGroup",
        1,
        "2 sub-exceptions",
    ),
    "unknown_magic": (["%nosuchmagic"], 0, "UsageError", 1, "UsageError: Line magic"),
    "repr": (
        ["class A:\n    def __repr__(self): raise ValueError('no repr')\nA()"],
        0,
        "ValueError",
        2,
        "no repr",
    ),
    "unawaited": (
        ["import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    1/0", "await f()"],
        1,
        "ZeroDivisionError",
        1,
        "division",
    ),
    "exit": (["import sys\nsys.exit()"], 0, "SystemExit", 2, "SystemExit"),
    "quit": (["quit()"], 0, "SystemExit", 1, "exit() in a cell"),
    "input": (["name = input('who? ')"], 0, "RuntimeError", 1, "nobody is there"),
    "raises_and_does_not": (
        [tagged("x = 1", "raises-exception")],
        0,
        "DidNotRaise",
        None,
        "raised nothing",
    ),
    "raises_something_else": (
        ["#| export\nx = 1", "#| raises: KeyError\n1/0"],
        1,
        "ZeroDivisionError",
        2,
        "had to raise KeyError",
    ),
    "os_exit": (
        ["import os", "print('last words')\nos._exit(3)"],
        1,
        "Died",
        None,
        "exit status 3",
    ),
    "segfault": (["import ctypes", "print('dying')\nctypes.string_at(0)"], 1, "Died", 2, "SIGSEGV"),
    "kills_itself": (
        ["import os, signal", "os.kill(os.getpid(), signal.SIGKILL)"],
        1,
        "Died",
        None,
        "SIGKILL",
    ),
    "rare_signal": (
        ["import os\nos.kill(os.getpid(), 40)"],
        0,
        "Died",
        None,
        "signal 40, Real-time signal",
    ),
    "kills_its_group": (
        ["import os, signal", "os.killpg(0, signal.SIGTERM)"],
        1,
        "Died",
        None,
        "SIGTERM",
    ),
    "deep_recursion": (
        ["def f(n): return f(n + 1)", "f(0)"],
        1,
        "RecursionError",
        1,
        "maximum recursion",
    ),
}

# Limits of their own: a cell that only has to be quick is not measured.
HANGING = {  # the same of cells that end when they are interrupted
    "loop": (
        ["#| timeout: 1.5\nprint('x')\nwhile True: pass"],
        0,
        "Timeout",
        3,
        "still running after 1.5 s",
    ),
    "hang_in_sleep": (
        ["import time", "#| timeout: 1\ndef f():\n    time.sleep(9999)\nf()"],
        1,
        "Timeout",
        3,
        "still",
    ),
    "hang_in_await": (
        ["import asyncio", "#| timeout: 1\n1\nawait asyncio.sleep(9999)"],
        1,
        "Timeout",
        3,
        "still",
    ),
}
STUBBORN = {  # and of cells that have to be killed
    "stubborn_loop": (
        # Python 3.11 counts an interrupt at the first statement of a `try` as one before it.
        [
            "while True:\n    try:\n        x = 1\n"
            "        while True: pass\n    except BaseException: pass"
        ],
        0,
        "Timeout",
        4,
        "still running after 1.5 s (--cell-timeout)",
    ),
    "hang_in_c": (
        [
            "import signal, time\n"
            "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\ntime.sleep(9999)"
        ],
        0,
        "Timeout",
        None,
        "still",
    ),
}

SKIPPED_NOTEBOOKS = {
    "eval_false": ["#| eval: false\n1/0"],
    "directive": ["#| slow\n1/0"],
    "plain_directive": ["# slow\n1/0", "#cuda\n1/0"],
    "by_tag": [tagged("1/0", "skip-execution")],
    "front_matter": [
        {
            "cell_type": "raw",
            "id": "raw00001",
            "metadata": {},
            "source": "---\nskip_exec: true\n---",
        },
        "1/0",
    ],
    "title_matter": ["md:# Title\n\n> words\n\n- skip_exec: true", "1/0"],
    "no_code": ["md:# only words"],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("quirks")
    (root / "settings.ini").write_text(settings_text("tst_flags = slow cuda"))
    (root / "lib").mkdir()
    (root / "lib" / "__init__.py").write_text("")
    (root / "lib" / "core.py").write_text("x = 1\n")
    cases = {**FAILING, **HANGING, **STUBBORN}
    cells = {**PASSING, **{name: case[0] for name, case in cases.items()}, **SKIPPED_NOTEBOOKS}
    for name, sources in cells.items():
        path = root / "nbs" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(notebook(*sources), encoding="utf-8")
    at_exit = "import atexit, os\natexit.register(os._exit, 4)\natexit.register(print, 'so long');"
    (root / "nbs" / "dies_at_exit.ipynb").write_text(notebook(at_exit))
    (root / "nbs" / "broken.ipynb").write_text('{"cells": [')
    (root / "nbs" / "quiet").mkdir()
    (root / "nbs" / "quiet" / ".notest").write_text("")
    (root / "nbs" / "quiet" / "no_test.ipynb").write_text(notebook("1/0"))
    return read_project(root / "settings.ini")


@pytest.fixture(scope="module")
def results(project, fonts, tmp_path_factory):
    stubborn = [project.nbs_path / f"{name}.ipynb" for name in STUBBORN]
    others = [path for path in project_notebooks(project) if path not in stubborn]
    with constants(tmp_path_factory.mktemp("site") / "unhurried", UNHURRIED):
        found = run_notebooks(project, others, Options(workers=4))
    assert [r.path for r in found] == [str(path) for path in others]
    found += run_notebooks(project, stubborn, Options(workers=2, cell_timeout=1.5))
    return {os.path.basename(r.path).removesuffix(".ipynb"): r for r in found}


def outputs(result, cell: int) -> list[str]:
    """What a cell printed and displayed, each output as one string."""
    found = next(c for c in result.cells if c.index == cell)
    return [o["text"] if "text" in o else o["data"]["text/plain"] for o in found.outputs]


@pytest.mark.parametrize("name", PASSING)
def test_passes(results, name):
    assert (results[name].outcome, results[name].failures, results[name].reason) == (PASSED, (), "")


@pytest.mark.parametrize("name", [*FAILING, *HANGING, *STUBBORN])
def test_fails_and_says_where(results, name):
    _, index, error, line, message = {**FAILING, **HANGING, **STUBBORN}[name]
    result = results[name]
    (cell,) = result.failures
    assert (result.outcome, cell.index, cell.error.name, cell.line) == (FAILED, index, error, line)
    assert message in cell.error.message
    assert all(frame.cell is not None or "IPython" not in frame.file for frame in cell.error.frames)


@pytest.mark.parametrize("name", [*SKIPPED_NOTEBOOKS, "no_test"])
def test_is_skipped_and_says_why(results, name):
    assert results[name].outcome == SKIPPED
    assert results[name].reason


def test_a_broken_file_is_a_failure_of_its_own(results):
    assert results["broken"].outcome == FAILED
    assert "broken.ipynb" in results["broken"].reason


def test_a_death_outside_of_the_cells_is_a_failure(results):
    assert results["dies_at_exit"].outcome == FAILED
    assert (
        results["dies_at_exit"].reason
        == "the process died: exit status 4, outside of its cells\nso long"
    )


def test_results_are_plain_data(results):
    for result in results.values():
        json.dumps(asdict(result), allow_nan=False)


def test_skipped_cells_are_in_the_result(results):
    first, second = results["all_but_eval"].cells
    assert (first.outcome, first.reason, second.outcome) == (SKIPPED, "eval: false", PASSED)


def test_printed_text_and_displays_come_in_order(results):
    assert outputs(results["order"], 0) == ["one\n", "two\nthree\n", "4", "five\n"]


def test_what_a_cell_printed_before_it_died_is_kept(results):
    assert outputs(results["os_exit"], 1) == ["last words\n"]
    assert outputs(results["segfault"], 1) == ["dying\n"]
    assert outputs(results["loop"], 0) == ["x\n"]


def test_rich_outputs(results):
    assert results["display_html"].cells[0].outputs[0]["data"]["text/html"] == "<b>x</b>"
    assert "image/svg+xml" in results["matplotlib_magic"].cells[1].outputs[0]["data"]
    assert "image/png" in results["figure"].cells[0].outputs[0]["data"]
    assert outputs(results["updated_display"], 0) == ["'new'"]
    assert outputs(results["cleared_output"], 0) == ["new\n"]
    assert outputs(results["bash_cell"], 0) == ["from bash\n"]
    assert outputs(results["threads"], 0) == ["from a thread\n"]


def test_output_of_forked_processes_arrives(results):
    printed = "".join(outputs(results["forked_print"], 0))
    assert sorted(printed.split("\n")) == ["", "ours", "ours again", "theirs"]


def test_a_flood_is_cut_and_says_so(results):
    text = "".join(outputs(results["flood"], 0))
    assert len(text) < 2_000_000
    assert "[output cut here" in text


def test_atexit_handlers_run(project, results):
    assert (project.nbs_path / "atexit.txt").read_text() == "ran"


def test_members_of_a_group_are_told(results):
    related = results["group"].cells[0].error.related
    told = [(relation, error.message) for relation, error in related]
    assert told == [("member", "ValueError: 1"), ("member", "KeyError: 2")]


def test_a_deep_traceback_is_cut(results):
    assert 10 < len(results["deep_recursion"].failures[0].error.frames) < 100


def test_processes_left_behind_are_ended(results):
    assert wait_for(lambda: not running(f"sleep {SLEEPER}"))


def test_cells_that_a_flag_asks_for_run(project):
    slow = project.nbs_path / "directive.ipynb"
    (result,) = run_notebooks(project, [slow], Options(flags=frozenset({"slow"})))
    assert result.failures[0].error.name == "ZeroDivisionError"


def test_one_worker_isolates_too(project):
    paths = [project.nbs_path / f"{name}.ipynb" for name in ("leaks", "leaks_not")]
    assert [r.outcome for r in run_notebooks(project, paths, Options(workers=1))] == [
        PASSED,
        PASSED,
    ]


def test_a_notebook_has_a_time_limit(project):
    (result,) = run_notebooks(project, [project.nbs_path / "loop.ipynb"], Options(timeout=0.5))
    told = result.reason or result.failures[0].error.message  # its cell may not have begun by then
    assert "the notebook was still running after 0.5 s" in told


def test_fail_fast_stops(project):
    paths = [project.nbs_path / f"{name}.ipynb" for name in ("exception", "underscore")]
    assert [
        r.outcome for r in run_notebooks(project, paths, Options(workers=1, fail_fast=True))
    ] == [FAILED]
