"""The command `run_notebook.py`: exit codes, what it prints, what it imports, what it leaves."""

import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import PATIENCE, is_alive, notebook, wait_for

from literate.project import Project

DOOR = Path(__file__).parents[2] / "run_notebook.py"


def start(*arguments: str, **options) -> subprocess.Popen:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, DOOR, *arguments], text=True, **pipes, **options)


def run(*arguments: str, **options) -> tuple[int, str, str]:
    process = start(*arguments, **options)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def last_line(text: str) -> str:
    return text.rstrip("\n").rpartition("\n")[2]


def test_a_green_run(make_project):
    make_project({"00_a": ["1"], "01_b": ["print('hi')"]})
    code, out, err = run()
    assert (code, err) == (0, "")
    assert last_line(out).startswith("2 passed in ")
    assert "hi" not in out and "\x1b" not in out


def test_a_failure_is_shown_in_full(make_project):
    cells = [
        "def f(x):\n    return 1 / x",
        "import sys\nprint('out')\nprint('err', file=sys.stderr)\nf(0)",
    ]
    make_project({"00_a": cells, "01_b": ["1"]})
    code, out, _ = run()
    assert code == 1
    assert "nbs/00_a.ipynb:cell 2 (00000001):4: ZeroDivisionError: division by zero\n" in out
    assert ">   4 | f(0)\n" in out
    assert "  nbs/00_a.ipynb:cell 1 (00000000):2 in f\n      return 1 / x\n" in out
    assert "stdout:\n  out\n" in out and "stderr:\n  err\n" in out
    assert last_line(out).startswith("1 passed, 1 failed in ")


def test_it_works_from_any_folder_of_the_project(make_project, monkeypatch):
    project = make_project({"00_a": ["1"]})
    (project.root / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(project.root / "deep" / "er")
    assert run("00_a.ipynb")[0] == 0
    monkeypatch.chdir("/")
    assert run(str(project.nbs_path / "00_a.ipynb"))[0] == 0


def test_up_to(make_project):
    make_project({"00_a": ["1"], "01_b": ["1/0"]})
    assert run("--up-to", "00")[0] == 0


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["nosuch.ipynb"], "nosuch.ipynb: no such notebook"),
        (["--nosuch"], "unknown flag --nosuch"),
        (["--workers", "x"], "whole number"),
        (["--timeout", "-1"], "from 0"),
    ],
)
def test_bad_usage(make_project, arguments, message):
    make_project({"00_a": ["1"]})
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err and "Traceback" not in err


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
    assert "nbs/00_a.ipynb:1: error: " in out and last_line(out).startswith(
        "1 passed, 1 failed in "
    )


def test_quiet_and_verbose(make_project):
    make_project({"00_a": ["print('hi')"]})
    assert run("--quiet")[1].strip().startswith("1 passed in ")
    assert "hi" in run("--verbose")[1]


def test_fail_fast(make_project):
    make_project({"00_a": ["1/0"], "01_b": ["1"]})
    code, out, _ = run("--fail-fast", "--workers", "1")
    assert code == 1 and last_line(out).startswith("1 failed, 1 not run in ")


def test_output_that_the_terminal_cannot_encode(make_project):
    make_project({"00_a": ["raise ValueError('日本')"]})
    code, out, _ = run(env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert code == 1 and "\\u65e5" in out


@pytest.mark.parametrize("arguments", [["--help"], ["nosuch.ipynb"], ["00_a.ipynb"]])
def test_what_is_imported(make_project, arguments):
    make_project({"00_a": ["import torch"]})
    code = (
        f"import sys; sys.path.insert(0, {str(DOOR.parent)!r}); from literate import command; from literate.commands import test\n"
        f"command.main(test.run_notebook, {arguments!r})\n"
        "print([name for name in ('IPython', 'rich', 'torch', 'nbformat') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE).stdout
    assert last_line(out) == "[]"


def test_what_the_caller_has_open_no_notebook_holds(make_project):
    make_project(
        {
            "00_a": [
                "import os\nassert 'held' not in ''.join(os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')"
                " if os.path.exists(f'/proc/self/fd/{n}'))"
            ]
        }
    )
    with open("held", "w") as held:
        code, out, _ = run("--quiet", pass_fds=[held.fileno()])
    assert code == 0, out


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_without_standard_streams(make_project, closed):
    make_project({"00_a": ["print(1)"], "01_b": ["1 / 0"]})
    for name, code in (("00_a", 0), ("01_b", 1)):
        command = f"{shlex.join([sys.executable, str(DOOR), f'{name}.ipynb'])} {closed}"
        assert subprocess.run(command, shell=True, timeout=PATIENCE).returncode == code


PIDS = (
    "import os, subprocess\nchild = subprocess.Popen(['sleep', '9000'], start_new_session=True)\n"
    "open('pids', 'w').write(f'{os.getppid()} {os.getpid()} {child.pid}')"
)


def pids_in(project: Project) -> list[int]:
    """The process ids that `PIDS` has written: the parent's, the notebook's, and its child's."""
    file = project.nbs_path / "pids"
    words = file.read_text().split() if file.exists() else []
    return [int(word) for word in words] if len(words) == 3 else []


@pytest.fixture
def hanging(make_project):
    """A run of a notebook that hangs, after one that is done: project, process, and `pids_in`."""
    stubborn = (
        "import pathlib, time\ntry:\n    pathlib.Path('hangs').touch()\n"
        "    time.sleep(9000)\nfinally: time.sleep(9000)"
    )
    project = make_project({"00_a": ["1"], "01_b": [PIDS, stubborn]})
    process = start("--workers", "1", start_new_session=True)  # one: then the first is done
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


def test_ctrl_c(hanging):
    _, process, pids = hanging
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)  # much less than the notebook would sleep
    assert process.returncode == 130
    assert last_line(out).startswith("1 passed, 1 not run in ")
    assert "Traceback" not in err
    assert not any(is_alive(pid) for pid in pids)


def test_the_front_is_killed(hanging):
    _, process, pids = hanging
    process.kill()
    process.wait()
    assert wait_for(lambda: not any(is_alive(pid) for pid in pids))


def test_the_warm_parent_is_killed(hanging):
    project, process, (parent, job, child) = hanging
    os.kill(parent, signal.SIGKILL)
    assert wait_for(lambda: not is_alive(job) and not is_alive(child))
    again = wait_for(lambda: [pid for pid in pids_in(project)[1:] if pid not in (job, child)])
    assert again, "the notebook has not begun again"
    process.send_signal(signal.SIGINT)
    assert last_line(process.communicate(timeout=PATIENCE)[0]).startswith("1 passed, 1 not run in ")
    assert wait_for(lambda: not any(map(is_alive, again)))


def test_a_time_limit_leaves_no_process(make_project):
    project = make_project({"00_a": [PIDS, "#| timeout: 1\nwhile True: pass"]})
    code, out, _ = run()
    said = ":cell 2 (00000001):2: Timeout: the cell was still running after 1 s"
    assert code == 1 and said in out
    pids = pids_in(project)
    assert pids and not any(map(is_alive, pids))


def test_frames_of_exported_modules_are_shown_at_their_cells(make_project):
    core = ["md:# core", "#export\ndef f(x):\n    return 1 / x"]
    make_project({"00_core": core, "01_use": ["from lib.core import f\nf(0)"]})
    subprocess.run(
        [sys.executable, DOOR.with_name("notebook2script.py")], check=True, capture_output=True
    )
    _, out, _ = run()
    assert "  nbs/00_core.ipynb:cell 2 (00000001):3 (lib/core.py:" in out
    assert "      return 1 / x\n" in out


def test_an_edit_while_the_notebook_runs_is_not_overwritten(make_project):
    edited = notebook("'edited'")
    project = make_project({"00_a": [f"open('00_a.ipynb', 'w').write({edited!r});"]})
    code, out, _ = run("--save")
    assert code == 0 and "not saved" in out
    assert (project.nbs_path / "00_a.ipynb").read_text() == edited
