"""What is known about processes, and done to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import PATIENCE, is_alive, wait_for

from literate.execute import processes

WAITS = "import sys; print(flush=True); sys.stdin.read()"  # ends with its standard input


def python(code: str, **options) -> str:
    """What a new process prints that runs some code with everything of `processes` imported."""
    command = [sys.executable, "-c", f"from literate.execute.processes import *\n{code}"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=True, **options
    )
    return done.stdout.strip()


@contextmanager
def waiting_process(*arguments: str, **options) -> Iterator[subprocess.Popen]:
    """A process that waits until the `with` statement ends."""
    command = [sys.executable, "-c", WAITS, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, **options) as process:
        process.stdout.readline()  # before this, the system may not know its environment yet
        yield process
        process.stdin.close()


def test_cores_are_those_that_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1, 5, 6}, raising=False)
    assert processes.cores() == 3


@pytest.mark.parametrize("count, cores", [(4, 4), (None, 1)])
def test_cores_where_the_system_does_not_tell_of_affinity(monkeypatch, count, cores):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert processes.cores() == cores


ORPHAN = """
import os, time
adopt_orphans()
receiver, sender = os.pipe()
child = os.fork()
if child == 0:
    if os.fork() == 0:
        os.setsid()
        os.write(sender, b"%d" % os.getpid())
        os.read(0, 1)
    os._exit(0)
os.waitpid(child, 0)
orphan = int(os.read(receiver, 20))
print(children() == {orphan}, has_children(), reap(orphan))
kill(orphan)
os.waitpid(orphan, 0)
print(children() == set(), has_children(), reap(orphan))
"""


def test_orphans_are_adopted_seen_and_reaped():
    receiver, sender = os.pipe()  # the orphan waits for it
    assert python(ORPHAN, stdin=receiver) == "True True False\nTrue False True"
    os.close(receiver)
    os.close(sender)


def test_an_ended_child_counts_until_it_is_reaped():
    code = """
import os
child = os.fork()
if child == 0:
    os._exit(0)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
print(has_children(), children() == {child}, reap(child), has_children())
"""
    assert python(code) == "True True True False"


DIES_WITH = """
import os, signal
parent = os.getpid()
receiver, sender = os.pipe()
if os.fork() == 0:
    die_with(parent)
    os.write(sender, b"%d" % os.getpid())
    signal.pause()
print(int(os.read(receiver, 20)))
"""


def test_a_process_dies_with_its_parent():
    # The child holds the pipe that `python` reads to its end: a child that lives on is waited for.
    child = int(python(DIES_WITH))
    assert wait_for(lambda: not is_alive(child))


def test_a_process_ends_if_its_parent_was_gone_before():
    code = """
import os
if os.fork() == 0:
    die_with(os.getpid())  # this is not its parent
    os._exit(7)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    assert python(code) == "1"


def test_ignored_signals_do_not_end_a_process():
    code = """
import os
ignore_signals()
for number in IGNORED:
    os.kill(os.getpid(), number)
print("alive")
"""
    assert python(code) == "alive"


def test_signals_are_heeded_again():
    code = """
import os, signal
ignore_signals()
heed_signals()
print({signal.getsignal(n) for n in IGNORED if n != signal.SIGINT} == {signal.SIG_DFL})
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""
    assert python(code) == "True\ninterrupted"


def test_memory_beyond_the_limit_is_refused():
    code = """
limit_memory(1 << 30)
kept = bytearray(1 << 20)
try:
    bytearray(1 << 30)
except MemoryError:
    print("refused")
"""
    assert python(code) == "refused"


def test_without_a_limit_the_process_still_goes_first_when_memory_runs_out():
    code = """
import resource
before = resource.getrlimit(resource.RLIMIT_DATA)
limit_memory(0)
print(before == resource.getrlimit(resource.RLIMIT_DATA))
print(open("/proc/self/oom_score_adj").read())
"""
    unlimited, score = python(code).split("\n")
    assert unlimited == "True"
    assert int(score) >= 500


def test_threads_are_counted():
    code = """
import threading
event = threading.Event()
thread = threading.Thread(target=event.wait)
before = threads()
thread.start()
print(before, threads())
event.set()
"""
    assert python(code) == "1 2"


def test_the_command_line_of_a_process():
    with waiting_process("a b", "x" * 99) as process:
        found = processes.command_line(process.pid)
        assert found == f"{sys.executable} -c {WAITS} a b {'x' * 99}"
    assert processes.command_line(process.pid) == ""


def test_a_process_is_killed_and_an_ended_one_is_no_error():
    with waiting_process() as process:
        processes.kill(process.pid)
        assert process.wait(PATIENCE) == -signal.SIGKILL
    processes.kill(process.pid)


def test_every_marked_process_is_killed_and_no_other():
    mark = f"LITERATE_TEST={os.getpid()}"
    name, value = mark.split("=")
    marked = {**os.environ, name: value}
    longer = {**os.environ, name: f"{value}0"}
    with (
        waiting_process(env=marked) as first,
        waiting_process(env=marked, start_new_session=True) as second,
        waiting_process(env=longer) as other,
    ):
        processes.kill_marked(mark)
        assert first.wait(PATIENCE) == second.wait(PATIENCE) == -signal.SIGKILL
        assert other.poll() is None


EXECS = 'exec /bin/sh -c "$0" "$0"'  # a shell that replaces itself by another one, without end


@pytest.mark.skipif(not processes.IS_LINUX, reason="other systems have no table of processes")
def test_a_marked_process_in_the_middle_of_exec_is_killed():
    mark = f"LITERATE_TEST={os.getpid()}"
    name, value = mark.split("=")
    marked = {**os.environ, name: value}
    for _ in range(20):  # one look in ten finds it without an environment
        with subprocess.Popen(["/bin/sh", "-c", EXECS, EXECS], env=marked) as process:
            wait_for(lambda pid=process.pid: processes._is_marked(pid, mark.encode()))
            processes.kill_marked(mark)
            try:
                assert process.wait(PATIENCE) == -signal.SIGKILL
            finally:
                process.kill()


@pytest.mark.skipif(not processes.IS_LINUX, reason="other systems have no table of processes")
def test_an_environment_that_is_missing_for_an_instant_is_read_again(monkeypatch):
    looks = []
    read = processes._environment

    def missing_at_first(pid):
        looks.append(pid)
        return None if len(looks) < 3 else read(pid)

    monkeypatch.setattr(processes, "_environment", missing_at_first)
    with waiting_process(env={**os.environ, "LITERATE_TEST": "1"}) as process:
        assert processes._is_marked(process.pid, b"LITERATE_TEST=1")
    assert looks == [process.pid] * 3


@pytest.mark.skipif(not processes.IS_LINUX, reason="other systems have no table of processes")
def test_nobody_waits_for_a_process_whose_environment_is_empty(monkeypatch):
    with waiting_process(env={}) as process:
        processes.kill_marked("LITERATE_TEST=1")
        assert process.poll() is None
        monkeypatch.delattr(processes, "_sleep")  # it would be missed
        assert processes._environment(process.pid) == b""
        assert not processes._is_marked(process.pid, b"LITERATE_TEST=1")
    assert not processes._is_marked(process.pid, b"LITERATE_TEST=1")


def test_processes_are_only_listed_on_linux(monkeypatch):
    monkeypatch.setattr(processes, "IS_LINUX", False)
    with waiting_process(env={**os.environ, "LITERATE_TEST": "1"}) as process:
        processes.kill_marked("LITERATE_TEST=1")
        assert process.poll() is None
        assert not processes.has_children()


LACKS = {
    "an old Python": "del os.pidfd_open, os.waitid",
    "an old kernel": "def refuse(*_): raise OSError(38, 'Function not implemented')\n"
    "os.pidfd_open = refuse",
    "a sandbox": "def refuse(*_): raise PermissionError(1, 'Operation not permitted')\n"
    "os.pidfd_open = os.waitid = refuse",
}


@pytest.mark.parametrize("name", LACKS)
def test_what_a_system_lacks_is_done_as_on_macos(make_project, tmp_path, monkeypatch, name):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(f"import os\n{LACKS[name]}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    assert python("print(IS_LINUX)") == "False"
    make_project({"00_a": ["x = 1", "x"], "01_b": ["1/0"], "02_c": ["import os\nos._exit(3)"]})
    door = Path(__file__).parents[2] / "run_notebook.py"
    done = subprocess.run([sys.executable, door], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (1, "")
    assert "1 passed, 2 failed in " in done.stdout
    assert "ZeroDivisionError" in done.stdout


def test_where_nobody_counts_threads_there_is_one(monkeypatch):
    def refuse(path: str) -> list[str]:
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "listdir", refuse)
    assert processes.threads() == 1
