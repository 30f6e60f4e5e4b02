"""`--dask`: a real scheduler and two worker processes, one of which is killed in the middle."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed")
ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The scheduler's address, and its two workers."""
    address = f"tcp://127.0.0.1:{free_port()}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path_factory.mktemp("dask")}
    dask = [sys.executable, "-m", "distributed.cli"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    scheduler = ["dask_scheduler", "--no-dashboard", "--host", "127.0.0.1", "--port", address.rpartition(":")[2]]
    worker = ["dask_worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard"]
    commands = [[f"{dask[2]}.{name[0]}", *name[1:]] for name in (scheduler, worker, worker)]
    processes = [subprocess.Popen([*dask[:2], *command], env=environment, **quiet) for command in commands]
    yield address, processes[1:]
    for process in processes:
        process.kill()
        process.wait()


def start(address: str, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, ROOT / "run_notebook.py", "--dask", address, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(condition, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


SLOW = "import os, time\nopen(f'pid_{os.getpid()}', 'w').close()\ntime.sleep(60 if not os.path.exists('go') else 0)"


def pids(folder: Path) -> list[int]:
    return [int(path.name.removeprefix("pid_")) for path in folder.glob("pid_*")]


def test_the_same_results_from_a_cluster(cluster, make_project):
    skipped = ["#| eval: false\n1"]
    project = make_project({"00_a": ["print('hi')"], "01_b": ["x = 1", "x / 0"], "02_c": skipped, "03_d": "{"})
    process = start(cluster[0], "--save", "--junit", "j.xml")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and err == ""
    assert "nbs/01_b.ipynb:cell 2 (00000001):1: ZeroDivisionError: division by zero" in out
    assert "nbs/03_d.ipynb:1: error: not JSON" in out and "1 passed, 2 failed, 1 skipped in" in out
    assert '"hi\\n"' in (project.nbs_path / "00_a.ipynb").read_text() and Path("j.xml").exists()


def test_ctrl_c_ends_what_runs_on_the_workers(cluster, make_project):
    project = make_project({"00_a": [SLOW], "01_b": [SLOW]})
    process = start(cluster[0])
    until(lambda: len(pids(project.nbs_path)) == 2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in err
    until(lambda: not any(map(is_alive, pids(project.nbs_path))))


def test_a_worker_is_killed_in_the_middle(cluster, make_project):
    project = make_project({f"0{n}_{n}": [SLOW] for n in range(4)})
    address, workers = cluster
    process = start(address)
    until(lambda: len(pids(project.nbs_path)) == 2)
    first = pids(project.nbs_path)
    (project.nbs_path / "go").touch()  # whoever begins now does not wait
    workers[0].kill()
    until(lambda: sum(map(is_alive, first)) == 1)  # what it ran died with it
    for pid in filter(is_alive, first):
        os.kill(pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert "3 passed, 1 failed in" in out and "KeyboardInterrupt" in out


@pytest.mark.parametrize("address, message", [
    ("tcp://nowhere.invalid:1", "no scheduler answers there"), ("nonsense://x", "unknown address scheme"),
])
def test_no_cluster(make_project, address, message):
    make_project({"00_a": ["1"]})
    process = start(address)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert message in err and "Traceback" not in err
