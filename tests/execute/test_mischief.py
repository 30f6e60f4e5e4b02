"""Notebooks that harm the process that runs them, or its surroundings: one run, with a healthy notebook in between."""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import (
    PATIENCE,
    TIDY,
    UNHURRIED,
    constants,
    notebook,
    results_of,
    running,
    settings_text,
    sleeper,
    wait_for,
)

from literate.discovery import project_notebooks
from literate.execute import FAILED, PASSED, Options, run_notebooks
from literate.execute.changed import PassHistory
from literate.execute.selection import plan_notebook
from literate.project import read_project

KILLER, COMMAND = sleeper(4), sleeper(5)
MEMORY = f"literate_{os.getpid()}_"  # what the names of shared memory begin with here
FAILS = "1/0"
PATCHED = "import {0}\nfor name in '{1}'.split():\n    setattr({0}, name, None)"
HARMLESS = {  # a first cell after which everything goes on as if nothing had been
    "patched_time": PATCHED.format("time", "time monotonic perf_counter sleep"),
    "patched_asyncio": PATCHED.format("asyncio", "sleep new_event_loop"),
    "patched_os": PATCHED.format("os", "read write close getpid _exit kill waitid listdir open"),
    "patched_traceback": PATCHED.format("traceback", "TracebackException"),
    "patched_linecache": PATCHED.format("linecache", "getline getlines checkcache"),
    "flush_raises": "import sys\nclass Out:\n    def write(self, text): return len(text)\n"
    "    def flush(self): raise SystemExit(3)\nsys.stdout = Out()",
    "writes_anywhere": "import os\nfor number in range(3, 40):\n    try: os.write(number, b'no frame at all, not one')\n"
    "    except OSError: pass",
    "never_blocks": "import os\nfor number in range(40):\n    try: os.set_blocking(number, False)\n    except OSError: pass",
    "stopped_loop": "import asyncio\nasyncio.get_event_loop().stop()",
    "ignores_signals": "import signal\nfor n in (1, 2, 14, 15): signal.signal(n, signal.SIG_IGN)",
    "asks_its_parent_to_end": "import os, signal\nfor n in (1, 2, 3, 10, 12, 14, 15, 20): os.kill(os.getppid(), n)",
    "forks_and_returns": "import os\nif os.fork(): os.wait()",
    "stores": "x = 1\n%store x\n%store",
}
PASSING = {
    "closed_descriptor": [
        "import os\nos.close(1)\nos.dup2(os.open(os.devnull, os.O_WRONLY), 2)",
        "print('still')",
    ],
    "running_loop": [
        "import asyncio\nasync def f(): return 3\nloop = asyncio.get_event_loop()\nassert loop.is_running()\n"
        "task = loop.create_task(f())",
        "assert await task == 3",
    ],
    "floods_without_waiting": [
        "import os\nos.set_blocking(1, False)",
        "for _ in range(3000): print('x' * 500)",
    ],
    "shares_memory": [
        f"from multiprocessing import shared_memory as m\ns = m.SharedMemory('{MEMORY}a', True, 9)",
    ],
}
BAD = {  # cells, the error's name, a part of what is said
    "long_message": (
        ["raise ValueError('x' * 1_000_000)"],
        "ValueError",
        "[cut here: 1,000,013 characters]",
    ),
    "long_chain": (
        [
            "e = None\nfor n in range(3000):\n    n = ValueError(n)\n    n.__cause__ = e\n    e = n\nraise e"
        ],
        "ValueError",
        "2999",
    ),
    "wide_group": (
        ["raise ExceptionGroup('g', [ValueError()] * 999)"],
        "ExceptionGroup",
        "999 sub-exceptions",
    ),
    "task_exits": (
        ["import asyncio, sys\nasync def f(): sys.exit(3)\nt = asyncio.create_task(f())"],
        "SystemExit",
        "3",
    ),
    "closes_the_loop": (
        ["import asyncio\nasyncio.get_event_loop().close()"],
        "RuntimeError",
        "running event loop",
    ),
    "own_faulthandler": (
        ["import faulthandler, ctypes\nfaulthandler.enable()\nctypes.string_at(0)"],
        "Died",
        "SIGSEGV",
    ),
    "hangs_with_files": (
        [
            "import tempfile, time\nfrom multiprocessing import shared_memory as m\n"
            f"s = m.SharedMemory('{MEMORY}b', True, 9)\n"
            "with tempfile.TemporaryDirectory():\n"
            "    while True:\n        try: time.sleep(9999)\n"
            "        except BaseException: pass"
        ],
        "Timeout",
        "still running",
    ),
    "hangs_politely": (
        [
            "import atexit, pathlib, time\n"
            "atexit.register(pathlib.Path('ended').touch)\ntime.sleep(9999)"
        ],
        "Timeout",
        "still running",
    ),
}
POLITE = ("hangs_politely", "hangs_at_exit")  # they end when they are interrupted
SHAPES = {  # what a notebook's JSON is changed to, and what is said of it
    "metadata": ([], "its metadata is a list, not an object"),
    "kernelspec": (None, "its kernelspec is null, not an object"),
    "tags": ("slow", "cell 1: error: its tags is a string, not a list"),
    "id": (3, "cell 1: error: its id is a number, not a string"),
    "source": ([3], "cell 1: error: its source is neither a string nor a list of strings"),
}


def misshapen(name: str) -> str:
    data = json.loads(notebook("1"))
    place = {"metadata": data, "kernelspec": data["metadata"], "tags": data["cells"][0]["metadata"]}
    place.get(name, data["cells"][0])[name] = SHAPES[name][0]
    return json.dumps(data)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("mischief")
    (root / "settings.ini").write_text(settings_text())
    (root / "nbs").mkdir()
    cells = {name: [source, FAILS] for name, source in HARMLESS.items()}
    cells |= PASSING | {name: case[0] for name, case in BAD.items()}
    at_exit = (
        "#| timeout: 600\nimport atexit, time\n@atexit.register\ndef hang():\n    time.sleep(9999)"
    )
    cells |= {"hangs_at_exit": ["md:Its end is measured, its cell is not.", at_exit]}
    cells |= {"healthy": ["1", "print('well')"]}
    texts = {name: notebook(*each) for name, each in cells.items()}
    for name, text in {**texts, **{f"shape_{name}": misshapen(name) for name in SHAPES}}.items():
        (root / "nbs" / f"{name}.ipynb").write_text(text)
    return read_project(root / "settings.ini")


@pytest.fixture(scope="module")
def results(project, tmp_path_factory):
    folder, site = tmp_path_factory.mktemp("tmp"), tmp_path_factory.mktemp("site")
    hanging = [project.nbs_path / f"{name}.ipynb" for name in (*POLITE, "hangs_with_files")]
    others = [path for path in project_notebooks(project) if path not in hanging]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        with constants(site / "unhurried", UNHURRIED):
            found = run_notebooks(project, hanging[:2], Options(cell_timeout=1.5))
        with constants(site / "tidy", TIDY):
            found += run_notebooks(project, hanging[2:], Options(cell_timeout=1.5))
            found += run_notebooks(project, others, Options(workers=3))
    assert not list(folder.iterdir())
    assert wait_for(lambda: not list(Path("/dev/shm").glob(f"{MEMORY}*")))
    return {Path(result.path).stem: result for result in found}


@pytest.mark.parametrize("name", HARMLESS)
def test_the_next_cell_fails_as_ever(results, name):
    (failed,) = results[name].failures
    assert (failed.index, failed.error.name, failed.line) == (1, "ZeroDivisionError", 1)


@pytest.mark.parametrize("name", [*PASSING, "healthy"])
def test_passes(results, name):
    assert (results[name].outcome, results[name].failures, results[name].reason) == (PASSED, (), "")


def test_what_is_printed_arrives_whatever_becomes_of_the_descriptors(results):
    assert results["closed_descriptor"].cells[1].outputs[0]["text"] == "still\n"


@pytest.mark.parametrize("name", BAD)
def test_fails(results, name):
    (failed,) = results[name].failures
    _, error, message = BAD[name]
    assert failed.error.name == error and message in failed.error.message
    assert len(failed.error.message) < 30_000 and failed.line


def test_an_interrupted_notebook_may_end_in_order(project, results):
    assert (project.nbs_path / "ended").exists()


def test_a_hang_at_the_end_is_a_failure(results):
    result = results["hangs_at_exit"]
    assert result.outcome == FAILED and not result.failures
    where = "in cell 2 (00000001), line 5, outside of its cells"
    assert f"still running after 1.5 s (--cell-timeout) {where}" in result.reason


@pytest.mark.parametrize("name", SHAPES)
def test_json_of_another_shape_is_a_failure_of_its_own(results, name):
    result = results[f"shape_{name}"]
    assert result.outcome == FAILED and SHAPES[name][1] in result.reason


def test_a_notebook_that_kills_the_parent_of_all(make_project):
    kills = (
        "import os, subprocess, time\n"
        f"p = subprocess.Popen(['sleep', '{KILLER}'], start_new_session=True)\n"
        "os.kill(os.getppid(), 9)\ntime.sleep(9999)"
    )
    healthy = {f"{number:02}_ok": ["import time\ntime.sleep(0.2)"] for number in range(4)}
    results = results_of(make_project({**healthy, "02_kills": ["1", kills]}), workers=2)
    (failed,) = results.pop("02_kills").failures
    assert (failed.index, failed.error.name) == (1, "Died")
    assert {result.outcome for result in results.values()} == {PASSED} and len(results) == 4
    assert wait_for(lambda: not running(f"sleep {KILLER}"))


def test_runs_at_once_keep_each_others_passes(make_project):
    project = make_project({f"{number:02}_x": ["1"] for number in range(20)})
    plans = [plan_notebook(project, path) for path in project_notebooks(project)]

    def record(plan) -> None:
        from literate.execute import NotebookResult

        mine = PassHistory(project, "")
        mine.look_at(plan)
        mine.take(NotebookResult(plan.path, PASSED))
        mine.save()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(record, plans))
    after = PassHistory(project, "")
    assert [after.why(plan) for plan in plans] == [""] * 20
    assert sorted(path.name for path in project.state_dir.iterdir()) == [
        ".gitignore",
        "lock",
        "passed.json",
    ]


NO_LINUX = """
import fcntl, os, signal
for name in ("fork", "pidfd_open", "waitid", "sched_getaffinity"): delattr(os, name)
del fcntl.F_SETPIPE_SZ, signal.pidfd_send_signal
"""


def test_where_nothing_can_be_forked(make_project, tmp_path):
    """As much of macOS as can be had here."""
    make_project(
        {
            "00_a": ["print('hi')", "%%bash\necho from bash"],
            "01_dies": ["import ctypes\nctypes.string_at(0)"],
            "02_hangs": [
                "import subprocess",
                f"#| timeout: 2\nsubprocess.run(['sleep', '{COMMAND}'])",
            ],
        }
    )
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(NO_LINUX)
    command = [sys.executable, Path(__file__).parents[2] / "run_notebook.py"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=PATIENCE
    )
    assert done.returncode == 1 and done.stderr == ""
    assert "1 passed, 2 failed in" in done.stdout
    assert "01_dies.ipynb:cell 1 (00000000):2: the process died: SIGSEGV" in done.stdout
    assert "02_hangs.ipynb:cell 2 (00000001):2: Timeout" in done.stdout
    assert wait_for(lambda: not running(f"sleep {COMMAND}"))
