"""`--dask`: a real scheduler and two worker processes, one of which is killed in one test."""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PATIENCE, is_alive, wait_for

from literate.execute import FAILED, PASSED, NotebookResult, Options

pytest.importorskip("distributed")
ROOT = Path(__file__).parents[2]

WORKERS_ARE_THERE = """
import sys
from distributed import Client
with Client(sys.argv[1], timeout=float(sys.argv[2])) as client:
    client.wait_for_workers(2, timeout=float(sys.argv[2]))
"""


@pytest.fixture
def cluster(tmp_path_factory):
    """The scheduler's address, and its two workers, once they have found each other.

    Each test has a cluster of its own, because one test kills a worker, and a test that fails
    leaves notebooks running. The scheduler picks a port itself: a port that was free when a test
    looked may be taken when the scheduler starts.
    """
    folder = tmp_path_factory.mktemp("dask")
    file = str(folder / "scheduler.json")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    processes: list[subprocess.Popen] = []

    def begin(name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{name}", *arguments]
        command += ["--no-dashboard", "--scheduler-file", file]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        processes.append(subprocess.Popen(command, env=environment, cwd=folder, **quiet))

    try:
        begin("scheduler", "--host", "127.0.0.1", "--port", "0")
        address = wait_for(lambda: _address(file))
        begin("worker", "--no-nanny", "--nthreads", "1")
        begin("worker", "--no-nanny", "--nthreads", "1")
        command = [sys.executable, "-c", WORKERS_ARE_THERE, address, str(PATIENCE)]
        subprocess.run(command, check=True)
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _address(file: str) -> str:
    """The address that a scheduler has written into a file; "" until then."""
    try:
        return json.loads(Path(file).read_text())["address"]
    except (OSError, ValueError):
        return ""


def start_run(address: str, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, ROOT / "run_notebook.py", "--dask", address, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


# A cell that writes down its process id, and then hangs until there is a file `go`.
SLOW = (
    "import os, time\n"
    "open(f'pid_{os.getpid()}', 'w').close()\n"
    "time.sleep(9000 if not os.path.exists('go') else 0)"
)


def pids(folder: Path) -> list[int]:
    """The process ids that `SLOW` has written down."""
    return [int(path.name.removeprefix("pid_")) for path in folder.glob("pid_*")]


def test_the_same_results_from_a_cluster(cluster, make_project):
    skipped = ["#| eval: false\n1"]
    project = make_project(
        {"00_a": ["print('hi')"], "01_b": ["x = 1", "x / 0"], "02_c": skipped, "03_d": "{"}
    )
    process = start_run(cluster[0], "--save", "--junit", "j.xml")
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and err == ""
    assert "nbs/01_b.ipynb:cell 2 (00000001):1: ZeroDivisionError: division by zero" in out
    assert "nbs/03_d.ipynb:1: error: not JSON" in out and "1 passed, 2 failed, 1 skipped in" in out
    assert '"hi\\n"' in (project.nbs_path / "00_a.ipynb").read_text() and Path("j.xml").exists()


def test_ctrl_c_ends_what_runs_on_the_workers(cluster, make_project):
    project = make_project({"00_a": [SLOW], "01_b": [SLOW]})
    process = start_run(cluster[0])
    assert wait_for(lambda: len(pids(project.nbs_path)) == 2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and "Traceback" not in err
    assert wait_for(lambda: not any(map(is_alive, pids(project.nbs_path))))


def test_a_worker_is_killed_in_the_middle(cluster, make_project):
    project = make_project({f"0{n}_{n}": [SLOW] for n in range(4)})
    address, workers = cluster
    process = start_run(address)
    assert wait_for(lambda: len(pids(project.nbs_path)) == 2)
    first = pids(project.nbs_path)
    (project.nbs_path / "go").touch()  # a notebook that begins now does not wait
    workers[0].kill()
    assert wait_for(lambda: sum(map(is_alive, first)) == 1)  # the notebook that it ran died with it
    for pid in filter(is_alive, first):
        os.kill(pid, signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    assert "3 passed, 1 failed in" in out and "KeyboardInterrupt" in out


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which no program listens, and none can begin to: it is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize(
    "address, message",
    [
        ("tcp://127.0.0.1:{port}", "no scheduler answers there"),
        ("nonsense://x", "unknown address scheme"),
    ],
)
def test_no_cluster(make_project, closed_port, address, message):
    make_project({"00_a": ["1"]})
    process = start_run(address.format(port=closed_port))
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (2, "")
    assert message in err and "Traceback" not in err


# --- the process below a worker ----------------------------------------------------------------


def result_of_process(project, name: str) -> NotebookResult:
    """What the process that a worker starts answers for a notebook."""
    task = (str(project.root), str(project.nbs_path / name), Options())
    command = [sys.executable, "-m", "literate.execute.cluster", str(os.getpid())]
    done = subprocess.run(
        command, input=pickle.dumps(task), capture_output=True, check=True, cwd=ROOT
    )
    return pickle.loads(done.stdout)


def test_the_process_below_a_worker_runs_one_notebook(make_project):
    project = make_project({"00_a": ["1"], "01_b": ["1/0"]})
    assert result_of_process(project, "00_a.ipynb").outcome == PASSED
    assert result_of_process(project, "01_b.ipynb").outcome == FAILED


def test_a_notebook_that_the_worker_does_not_have(make_project):
    result = result_of_process(make_project({"00_a": ["1"]}), "gone.ipynb")
    assert result.outcome == FAILED
    assert result.reason.startswith("there is no such file on ")
