"""Notebooks that harm their process, or its surroundings: they run beside a healthy notebook."""

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


def without(module: str, names: str) -> str:
    """A cell that replaces functions of a module by None."""
    return f"import {module}\nfor name in {names.split()}:\n    setattr({module}, name, None)"


FLUSH_RAISES = """
import sys
class Out:
    def write(self, text): return len(text)
    def flush(self): raise SystemExit(3)
sys.stdout = Out()
"""
WRITES_ANYWHERE = """
import os
for number in range(3, 40):
    try: os.write(number, b'no frame at all, not one')
    except OSError: pass
"""
NEVER_BLOCKS = """
import os
for number in range(40):
    try: os.set_blocking(number, False)
    except OSError: pass
"""
IGNORES_SIGNALS = """
import signal
for number in (1, 2, 14, 15): signal.signal(number, signal.SIG_IGN)
"""
ASKS_ITS_PARENT_TO_END = """
import os, signal
for number in (1, 2, 3, 10, 12, 14, 15, 20): os.kill(os.getppid(), number)
"""

# A first cell after which everything goes on as if the cell had not been there.
HARMLESS = {
    "patched_time": without("time", "time monotonic perf_counter sleep"),
    "patched_asyncio": without("asyncio", "sleep new_event_loop"),
    "patched_os": without("os", "read write close getpid _exit kill waitid listdir open"),
    "patched_traceback": without("traceback", "TracebackException"),
    "patched_linecache": without("linecache", "getline getlines checkcache"),
    "flush_raises": FLUSH_RAISES,
    "writes_anywhere": WRITES_ANYWHERE,
    "never_blocks": NEVER_BLOCKS,
    "stopped_loop": "import asyncio\nasyncio.get_event_loop().stop()",
    "ignores_signals": IGNORES_SIGNALS,
    "asks_its_parent_to_end": ASKS_ITS_PARENT_TO_END,
    "forks_and_returns": "import os\nif os.fork(): os.wait()",
    "stores": "x = 1\n%store x\n%store",
}
FAILS = "1/0"  # the second cell

CLOSES_DESCRIPTORS = """
import os
os.close(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
"""
USES_THE_RUNNING_LOOP = """
import asyncio
async def f(): return 3
loop = asyncio.get_event_loop()
assert loop.is_running()
task = loop.create_task(f())
"""
SHARES_MEMORY = f"""
from multiprocessing import shared_memory
memory = shared_memory.SharedMemory('{MEMORY}a', True, 9)
"""

# Notebooks that pass.
PASSING = {
    "closed_descriptor": [CLOSES_DESCRIPTORS, "print('still')"],
    "running_loop": [USES_THE_RUNNING_LOOP, "assert await task == 3"],
    "floods_without_waiting": [
        "import os\nos.set_blocking(1, False)",
        "for _ in range(3000): print('x' * 500)",
    ],
    "shares_memory": [SHARES_MEMORY],
}

LONG_CHAIN = """
error = None
for number in range(3000):
    next_error = ValueError(number)
    next_error.__cause__ = error
    error = next_error
raise error
"""
TASK_EXITS = """
import asyncio, sys
async def f(): sys.exit(3)
task = asyncio.create_task(f())
"""
OWN_FAULTHANDLER = """
import faulthandler, ctypes
faulthandler.enable()
ctypes.string_at(0)
"""
HANGS_WITH_FILES = f"""
import tempfile, time
from multiprocessing import shared_memory
memory = shared_memory.SharedMemory('{MEMORY}b', True, 9)
with tempfile.TemporaryDirectory():
    while True:
        try: time.sleep(9999)
        except BaseException: pass
"""
HANGS_POLITELY = """
import atexit, pathlib, time
atexit.register(pathlib.Path('ended').touch)
time.sleep(9999)
"""

# A cell that fails, the name of its error, and a part of the message.
BAD = {
    "long_message": (
        "raise ValueError('x' * 1_000_000)",
        "ValueError",
        "[cut here: 1,000,013 characters]",
    ),
    "long_chain": (LONG_CHAIN, "ValueError", "2999"),
    "wide_group": (
        "raise ExceptionGroup('g', [ValueError()] * 999)",
        "ExceptionGroup",
        "999 sub-exceptions",
    ),
    "task_exits": (TASK_EXITS, "SystemExit", "3"),
    "closes_the_loop": (
        "import asyncio\nasyncio.get_event_loop().close()",
        "RuntimeError",
        "running event loop",
    ),
    "own_faulthandler": (OWN_FAULTHANDLER, "Died", "SIGSEGV"),
    "hangs_with_files": (HANGS_WITH_FILES, "Timeout", "still running"),
    "hangs_politely": (HANGS_POLITELY, "Timeout", "still running"),
}

# Its end is measured; the time of its cell is not.
HANGS_AT_EXIT = """#| timeout: 600
import atexit, time
@atexit.register
def hang():
    time.sleep(9999)"""
POLITE = ("hangs_politely", "hangs_at_exit")  # they end when they are interrupted

# A value that the JSON of a notebook holds in a wrong place, and what is said about it.
SHAPES = {
    "metadata": ([], "its metadata is a list, not an object"),
    "kernelspec": (None, "its kernelspec is null, not an object"),
    "tags": ("slow", "cell 1: error: its tags is a string, not a list"),
    "id": (3, "cell 1: error: its id is a number, not a string"),
    "source": ([3], "cell 1: error: its source is neither a string nor a list of strings"),
}


def misshapen(name: str) -> str:
    """A notebook with the wrong value of SHAPES."""
    data = json.loads(notebook("1"))
    cell = data["cells"][0]
    owners = {"metadata": data, "kernelspec": data["metadata"], "tags": cell["metadata"]}
    owner = owners.get(name, cell)
    owner[name], _ = SHAPES[name]
    return json.dumps(data)


def notebooks() -> dict[str, str]:
    """The text of each notebook."""
    texts = {"healthy": notebook("1", "print('well')")}
    for name, source in HARMLESS.items():
        texts[name] = notebook(source.strip(), FAILS)
    for name, sources in PASSING.items():
        texts[name] = notebook(*[source.strip() for source in sources])
    for name, (source, _, _) in BAD.items():
        texts[name] = notebook(source.strip())
    texts["hangs_at_exit"] = notebook("md:A heading.", HANGS_AT_EXIT)
    for name in SHAPES:
        texts[f"shape_{name}"] = misshapen(name)
    return texts


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("mischief")
    (root / "settings.ini").write_text(settings_text())
    (root / "nbs").mkdir()
    for name, text in notebooks().items():
        (root / "nbs" / f"{name}.ipynb").write_text(text)
    return read_project(root / "settings.ini")


@pytest.fixture(scope="module")
def results(project, tmp_path_factory):
    """The result of each notebook. Afterwards no temporary file and no shared memory is left."""
    folder = tmp_path_factory.mktemp("tmp")
    site = tmp_path_factory.mktemp("site")
    polite = [project.nbs_path / f"{name}.ipynb" for name in POLITE]
    rude = project.nbs_path / "hangs_with_files.ipynb"
    others = [path for path in project_notebooks(project) if path not in (*polite, rude)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        with constants(site / "unhurried", UNHURRIED):
            found = run_notebooks(project, polite, Options(cell_timeout=1.5))
        with constants(site / "tidy", TIDY):
            found += run_notebooks(project, [rude], Options(cell_timeout=1.5))
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
    result = results[name]
    assert (result.outcome, result.failures, result.reason) == (PASSED, (), "")


def test_what_is_printed_arrives_whatever_becomes_of_the_descriptors(results):
    assert results["closed_descriptor"].cells[1].outputs[0]["text"] == "still\n"


@pytest.mark.parametrize("name", BAD)
def test_fails(results, name):
    (failed,) = results[name].failures
    _, error, message = BAD[name]
    assert failed.error.name == error
    assert message in failed.error.message
    assert len(failed.error.message) < 30_000
    assert failed.line


def test_an_interrupted_notebook_may_end_in_order(project, results):
    assert (project.nbs_path / "ended").exists()


def test_a_hang_at_the_end_is_a_remark(results):
    result = results["hangs_at_exit"]
    assert result.outcome == PASSED
    where = "in cell 2 (00000001), line 5"
    assert f"it still ran after its last cell, {where}, and was ended" in result.notes


@pytest.mark.parametrize("name", SHAPES)
def test_json_of_another_shape_is_a_failure_of_its_own(results, name):
    result = results[f"shape_{name}"]
    assert result.outcome == FAILED
    assert SHAPES[name][1] in result.reason


KILLS_SERVER = f"""
import os, subprocess, time
process = subprocess.Popen(['sleep', '{KILLER}'], start_new_session=True)
os.kill(os.getppid(), 9)
time.sleep(9999)
"""


def test_a_notebook_that_kills_the_server_of_all(make_project):
    cells = {f"{number:02}_ok": ["import time\ntime.sleep(0.2)"] for number in range(4)}
    cells["02_kills"] = ["1", KILLS_SERVER.strip()]
    results = results_of(make_project(cells), workers=2)
    (failed,) = results.pop("02_kills").failures
    assert (failed.index, failed.error.name) == (1, "Died")
    assert {result.outcome for result in results.values()} == {PASSED}
    assert len(results) == 4
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
