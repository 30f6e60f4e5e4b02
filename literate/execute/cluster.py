"""Run notebooks on the workers of a Dask cluster: the same results, from other machines.

Each worker needs the project under the same path (a shared folder, or the same image), and this
package. A notebook runs there as it does here, in processes below the worker's process, so that
nothing that the notebook does can harm the worker. The notebook ends when the worker dies, or when
its result is no longer wanted. Dask gives the notebooks of a dead worker to another worker.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ..diagnostics import UsageError, UserError
from ..notebook import Notebook, read_notebook
from ..project import Project
from ..records import replace
from ..rootfinding import project_around
from .options import Options
from .processes import cores, die_with
from .results import FAILED, PASSED, Event, NotebookFinished, NotebookResult
from .runner import run_notebooks
from .saving import save_outputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # Most functions of Dask have no types.
    Client = Any
    Future = Any
    Worker = Any

_CONNECT = 5.0  # seconds that the scheduler has to answer
_WITHOUT_WORKERS = 20.0  # seconds that a cluster may be without any worker
_TICK = 0.5  # seconds between two looks at the state of the cluster


# --- in the front ------------------------------------------------------------------------------


def run_on_dask(
    address: str, project: Project, paths: Sequence[Path], options: Options
) -> Iterator[Event]:
    """Run notebooks on a cluster, and yield their results.

    Closing the iterator ends everything that runs on the cluster for it.
    """
    client = _connect(address)
    originals = _read_notebooks(paths) if options.save else {}
    their_options = replace(options, workers=1, save=False, fail_fast=False, shuffle="")
    done: queue.SimpleQueue[Future] = queue.SimpleQueue()
    waiting: dict[str, tuple[Path, Future]] = {}  # by the key of the future
    try:
        for path in paths:
            arguments = (str(project.root), str(path), their_options)
            future = client.submit(run_on_worker, *arguments, pure=False)
            waiting[future.key] = (path, future)
            future.add_done_callback(done.put)
        while waiting:
            future = _next_done(done, client)
            if future is None:
                for path, _ in waiting.values():
                    yield NotebookFinished(_failure(path, f"no worker is left at {address}"))
                return
            path, _ = waiting.pop(future.key)
            result = _result(path, future)
            if path in originals and result.outcome == PASSED:
                result = save_outputs(originals[path], result)
            yield NotebookFinished(result)
            if options.fail_fast and result.outcome == FAILED:
                return
    finally:
        with suppress(Exception):  # the scheduler may be gone
            client.cancel([future for _, future in waiting.values()], force=True)
        client.close(timeout=2)


def _connect(address: str) -> Client:
    """A client of the cluster; a `UsageError` if the cluster cannot be reached."""
    try:
        from distributed import Client
        from distributed.comm.addressing import resolve_address
    except ImportError:
        raise UsageError(
            "--dask needs Dask, which is not installed: pip install distributed"
        ) from None
    # Dask would log what the results say anyway.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        resolve_address(address)  # a client with a wrong address could not be closed any more
        make_client: Any = Client
        return make_client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise UsageError(f"--dask {address}: no scheduler answers there ({reason})") from None


def _read_notebooks(paths: Sequence[Path]) -> dict[Path, Notebook]:
    """The notebooks as they are before they run; one that cannot be read fails on the worker."""
    notebooks = {}
    for path in paths:
        with suppress(UserError):
            notebooks[path] = read_notebook(path)
    return notebooks


def _next_done(done: queue.SimpleQueue[Future], client: Client) -> Future | None:
    """The next future that is done; None if the cluster has had no worker for too long."""
    without_workers_since = None
    while True:
        with suppress(queue.Empty):
            return done.get(timeout=_TICK)
        now = time.monotonic()
        if client.scheduler_info(n_workers=1)["workers"]:
            without_workers_since = None
        elif without_workers_since is None:
            without_workers_since = now
        elif now - without_workers_since > _WITHOUT_WORKERS:
            return None


def _result(path: Path, future: Future) -> NotebookResult:
    """The result that a worker has sent, or a failure that says why there is none."""
    if future.status == "finished":
        result: NotebookResult = future.result()
        return result
    if future.status == "cancelled":
        return _failure(path, "the scheduler was lost")
    error = future.exception()
    if type(error).__name__ == "KilledWorker":
        count = error.allowed_failures + 1
        return _failure(path, f"each worker that ran it died, {count} of them")
    return _failure(path, f"the worker could not run it: {type(error).__name__}: {error}")


def _failure(path: Path, reason: str) -> NotebookResult:
    return NotebookResult(str(path), FAILED, reason=reason)


# --- on a worker -------------------------------------------------------------------------------


def run_on_worker(root: str, path: str, options: Options) -> NotebookResult:
    """Run a notebook in processes of its own, until it ends or its result is no longer wanted."""
    from distributed import get_worker

    worker: Worker = get_worker()
    key = worker.get_current_task()
    process = _start_process(threads=worker.state.nthreads)
    message: bytes | None = pickle.dumps((root, path, options))
    while True:
        try:
            answer, _ = process.communicate(message, timeout=_TICK)
            break
        except subprocess.TimeoutExpired:
            message = None  # it must not be sent again
        if not _is_wanted(worker, key):
            process.send_signal(signal.SIGINT)
    if process.returncode:
        raise RuntimeError(f"its process ended with status {process.returncode}")
    result: NotebookResult = pickle.loads(answer)
    return result


def _start_process(threads: int) -> subprocess.Popen[bytes]:
    """Start this file as a process; `threads` is how many notebooks this worker runs at once."""
    cores_for_each = str(max(1, cores() // threads))
    caps = {
        "OMP_NUM_THREADS": cores_for_each,
        "MKL_NUM_THREADS": cores_for_each,
        "OPENBLAS_NUM_THREADS": cores_for_each,
    }
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],  # where `literate` can be imported
        env={**caps, **os.environ},
        start_new_session=True,
    )


def _is_wanted(worker: Worker, key: Any) -> bool:
    """Whether the result of a task is still wanted."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state != "cancelled"


def main() -> None:
    """The process below a worker: read a task from stdin, and write the result to stdout."""
    die_with(int(sys.argv[1]))
    root, path, options = pickle.load(sys.stdin.buffer)
    if Path(path).is_file():
        project = project_around(Path(root), Path(root))
        (result,) = run_notebooks(project, [Path(path)], options)
    else:
        machine = os.uname().nodename
        reason = f"there is no such file on {machine}: workers need the project at the same path"
        result = _failure(Path(path), reason)
    pickle.dump(result, sys.stdout.buffer)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
