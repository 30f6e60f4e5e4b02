"""The command `literate test`: exit codes, what it prints, what it imports, what it leaves."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import PATIENCE, is_alive, notebook, wait_for

from literate.commands.test import _HELP_ORDER, all_flags, own_flags
from literate.execute.options import option_flags
from literate.project import Project
from literate.report.registry import report_flags

DOOR = Path(__file__).parents[2] / "run_notebook.py"


def start(*arguments: str, **options: object) -> subprocess.Popen:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, DOOR, *arguments], text=True, **pipes, **options)


def run(*arguments: str, **options: object) -> tuple[int, str, str]:
    """The exit code of a run, and what it printed to stdout and stderr."""
    process = start(*arguments, **options)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def last_line(text: str) -> str:
    return text.rstrip("\n").rpartition("\n")[2]


# --- outcomes ----------------------------------------------------------------------------------


def test_a_green_run(make_project):
    make_project({"00_a": ["1"], "01_b": ["print('hi')"]})
    code, out, err = run()
    assert (code, err) == (0, "")
    assert last_line(out).startswith("2 passed in ")
    assert "hi" not in out
    assert "\x1b" not in out


PRINTS_AND_FAILS = "import sys\nprint('out')\nprint('err', file=sys.stderr)\nf(0)"


def test_a_failure_is_shown_in_full(make_project):
    make_project({"00_a": ["def f(x):\n    return 1 / x", PRINTS_AND_FAILS], "01_b": ["1"]})
    code, out, _ = run()
    assert code == 1
    assert "nbs/00_a.ipynb:cell 2 (00000001):4: ZeroDivisionError: division by zero\n" in out
    assert ">   4 | f(0)\n" in out
    assert "  nbs/00_a.ipynb:cell 1 (00000000):2 in f\n      return 1 / x\n" in out
    assert "stdout:\n  out\n" in out
    assert "stderr:\n  err\n" in out
    assert last_line(out).startswith("1 passed, 1 failed in ")


def test_it_works_from_any_folder_of_the_project(make_project, monkeypatch):
    project = make_project({"00_a": ["1"]})
    (project.root / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(project.root / "deep" / "er")
    assert run("00_a.ipynb")[0] == 0
    monkeypatch.chdir("/")
    assert run(str(project.nbs_path / "00_a.ipynb"))[0] == 0


def test_nothing_ran(make_project):
    make_project({"00_a": ["#| eval: false\n1"]})
    code, out, _ = run()
    assert code == 1
    assert "nothing ran" in out
    assert last_line(out).startswith("1 skipped in ")


def test_a_broken_file_among_others(make_project):
    make_project({"00_a": "{", "01_b": ["1"]})
    code, out, _ = run()
    assert code == 1
    assert "nbs/00_a.ipynb:1: error: " in out
    assert last_line(out).startswith("1 passed, 1 failed in ")


def test_output_that_the_terminal_cannot_encode(make_project):
    make_project({"00_a": ["raise ValueError('日本')"]})
    code, out, _ = run(env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert code == 1
    assert "\\u65e5" in out


def test_frames_of_exported_modules_are_shown_at_their_cells(make_project):
    core = ["md:# core", "#export\ndef f(x):\n    return 1 / x"]
    make_project({"00_core": core, "01_use": ["from lib.core import f\nf(0)"]})
    compiler = DOOR.with_name("notebook2script.py")
    subprocess.run([sys.executable, compiler], check=True, capture_output=True)
    _, out, _ = run()
    assert "  nbs/00_core.ipynb:cell 2 (00000001):3 (lib/core.py:" in out
    assert "      return 1 / x\n" in out


# --- flags -------------------------------------------------------------------------------------


def test_the_command_has_every_flag_once():
    names = [flag.name for flag in all_flags()]
    declared = (*own_flags(), *option_flags(), *report_flags())
    assert sorted(names) == sorted({flag.name for flag in declared})
    assert len(names) == len(declared)


def test_the_order_of_the_help_names_flags_that_exist():
    names = tuple(flag.name for flag in all_flags())
    assert names[: len(_HELP_ORDER)] == _HELP_ORDER


def test_every_flag_has_a_help():
    for flag in all_flags():
        assert flag.help, flag.name


def test_up_to(make_project):
    make_project({"00_a": ["1"], "01_b": ["1/0"]})
    assert run("--up-to", "00")[0] == 0


def test_exclude(make_project):
    make_project({"00_a": ["1"], "01_b": ["1/0"], "02_c": ["1/0"]})
    code, out, _ = run("--exclude", "01_b.ipynb", "--exclude", "02*")
    assert code == 0
    assert last_line(out).startswith("1 passed in ")


def test_failed(make_project):
    project = make_project({"00_a": ["1"], "01_b": ["1/0"]})
    code, _, err = run("--failed")
    assert code == 2
    assert "no run is on record" in err
    run()
    code, out, _ = run("--failed")
    assert code == 1
    assert last_line(out).startswith("1 failed in ")
    path = project.nbs_path / "01_b.ipynb"
    path.write_text(path.read_text().replace("1/0", "1"))
    assert run("--failed")[0] == 0
    code, out, _ = run("--failed")
    assert code == 0
    assert out == "nothing to run: none of these notebooks failed when it ran last\n"


def test_a_shard(make_project):
    make_project({"00_a": ["1"], "01_b": ["1/0"], "02_c": ["1"]})
    code, out, _ = run("--shard", "1/2")
    assert code == 0
    assert last_line(out).startswith("2 passed in ")


def test_explain_runs_nothing(make_project):
    project = make_project({"00_a": ["open('ran', 'w')"]})
    code, out, _ = run("--explain")
    assert code == 0
    assert "00_a.ipynb" in out
    assert not (project.nbs_path / "ran").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nosuch.ipynb"], "nosuch.ipynb: no such notebook"),
        (["--nosuch"], "unknown flag --nosuch"),
        (["--workers", "x"], "whole number"),
        (["--timeout", "-1"], "--timeout takes numbers from 0, not -1"),
        (["--isolation", "x"], "--isolation takes fork or spawn, not 'x'"),
        (["--json", "00_a.ipynb"], "--json takes the file to write, and 00_a.ipynb is a notebook"),
    ],
)
def test_bad_usage(make_project, arguments, message):
    make_project({"00_a": ["1"]})
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_quiet_and_verbose(make_project):
    make_project({"00_a": ["print('hi')"]})
    assert run("--quiet")[1].strip().startswith("1 passed in ")
    assert "hi" in run("--verbose")[1]


def test_fail_fast(make_project):
    make_project({"00_a": ["1/0"], "01_b": ["1"]})
    code, out, _ = run("--fail-fast", "--workers", "1")
    assert code == 1
    assert last_line(out).startswith("1 failed, 1 not run in ")


def test_every_report_that_is_asked_for_is_written(make_project):
    project = make_project({"00_a": ["1"]})
    names = ("junit", "html", "json")
    flags = [f"--{name}={name}.out" for name in names]
    code, out, err = run(*flags, "--github", "--durations", "1")
    assert (code, err) == (0, "")
    assert out.startswith("::stop-commands::")
    assert "slowest cells:" in out
    for name in names:
        assert (project.root / f"{name}.out").stat().st_size


def test_an_edit_while_the_notebook_runs_is_not_overwritten(make_project):
    edited = notebook("'edited'")
    project = make_project({"00_a": [f"open('00_a.ipynb', 'w').write({edited!r});"]})
    code, out, _ = run("--save")
    assert code == 0
    assert "not saved" in out
    assert (project.nbs_path / "00_a.ipynb").read_text() == edited


# --- what it loads and holds -------------------------------------------------------------------

PRINT_HEAVY_IMPORTS = """
import sys
sys.path.insert(0, {folder!r})
from literate import command
from literate.commands import test
command.main(test.run_notebook, {arguments!r}, flags=test.all_flags())
heavy = ("IPython", "rich", "torch", "nbformat", "fastcore")
print([name for name in heavy if name in sys.modules])
"""


@pytest.mark.parametrize("arguments", [["--help"], ["nosuch.ipynb"], ["00_a.ipynb"]])
def test_nothing_heavy_is_imported(make_project, arguments):
    make_project({"00_a": ["import torch"]})
    code = PRINT_HEAVY_IMPORTS.format(folder=str(DOOR.parent), arguments=arguments)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert last_line(done.stdout) == "[]"


LOOK_FOR_HELD_FILE = """
import os
folder = '/proc/self/fd'
paths = [f'{folder}/{number}' for number in os.listdir(folder)]
names = [os.readlink(path) for path in paths if os.path.exists(path)]
assert 'held' not in ''.join(names)
"""


def test_a_notebook_does_not_hold_the_open_files_of_the_caller(make_project):
    make_project({"00_a": [LOOK_FOR_HELD_FILE]})
    with open("held", "w") as held:
        code, out, _ = run("--quiet", pass_fds=[held.fileno()])
    assert code == 0, out


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_without_standard_streams(make_project, closed):
    make_project({"00_a": ["print(1)"], "01_b": ["1 / 0"]})
    for name, code in (("00_a", 0), ("01_b", 1)):
        command = shlex.join([sys.executable, str(DOOR), f"{name}.ipynb"])
        done = subprocess.run(f"{command} {closed}", shell=True, timeout=PATIENCE)
        assert done.returncode == code


# --- ends by force -----------------------------------------------------------------------------

WRITE_PIDS = """
import os, subprocess
child = subprocess.Popen(['sleep', '9000'], start_new_session=True)
open('pids', 'w').write(f'{os.getppid()} {os.getpid()} {child.pid}')
"""
HANG = """
import pathlib, time
try:
    pathlib.Path('hangs').touch()
    time.sleep(9000)
finally:
    time.sleep(9000)
"""

Hanging = tuple[Project, subprocess.Popen, list[int]]


def pids_in(project: Project) -> list[int]:
    """The process ids that `WRITE_PIDS` wrote: of the server, of the notebook, of its child."""
    file = project.nbs_path / "pids"
    words = file.read_text().split() if file.exists() else []
    return [int(word) for word in words] if len(words) == 3 else []


@pytest.fixture
def hanging(make_project: Callable[..., Project]) -> Iterator[Hanging]:
    """A run in which one notebook has passed and one hangs, and the ids of its processes."""
    project = make_project({"00_a": ["1"], "01_b": [WRITE_PIDS, HANG]})
    process = start("--workers", "1", start_new_session=True)  # one worker: 00_a ends before 01_b
    pids: list[int] = []
    try:
        assert wait_for((project.nbs_path / "hangs").exists)
        pids += pids_in(project)
        yield project, process, pids
    finally:
        for pid in {process.pid, *pids, *pids_in(project)}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate()


def have_ended(pids: list[int]) -> bool:
    return not any(is_alive(pid) for pid in pids)


@pytest.mark.parametrize("number, code", [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_the_run_in_order(hanging, number, code):
    _, process, pids = hanging
    os.killpg(process.pid, signal.Signals[number])
    out, err = process.communicate(timeout=PATIENCE)  # much less than the notebook would sleep
    assert process.returncode == code
    assert last_line(out).startswith("1 passed, 1 not run in ")
    assert "Traceback" not in err
    assert have_ended(pids)


def test_the_command_is_killed(hanging):
    _, process, pids = hanging
    process.kill()
    process.wait()
    assert wait_for(lambda: have_ended(pids))


def test_the_server_is_killed(hanging):
    project, process, (server, worker, child) = hanging

    def pids_of_second_attempt() -> list[int]:
        return [pid for pid in pids_in(project)[1:] if pid not in (worker, child)]

    os.kill(server, signal.SIGKILL)
    assert wait_for(lambda: have_ended([worker, child]))
    again = wait_for(pids_of_second_attempt)
    assert again, "the notebook has not begun again"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    assert last_line(out).startswith("1 passed, 1 not run in ")
    assert wait_for(lambda: have_ended(again))


def test_a_time_limit_leaves_no_process(make_project):
    project = make_project({"00_a": [WRITE_PIDS, "#| timeout: 1\nwhile True: pass"]})
    code, out, _ = run()
    assert code == 1
    assert ":cell 2 (00000001):2: Timeout: the cell was still running after 1 s" in out
    pids = pids_in(project)
    assert pids
    assert have_ended(pids)
