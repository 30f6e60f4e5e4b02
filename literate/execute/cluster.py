"""Notebooks on the workers of a Dask cluster: the same results, from other machines.

A worker has the project under the same path (a shared folder, or the same image) and this package installed. Each
notebook runs there as it would here, in a process below the worker's: what a notebook does cannot harm the worker, and
when the worker dies, or nobody wants the result any more, the notebook ends too. Dask gives the notebooks of a worker
that died to another one.
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
from ..notebook import read_notebook
from ..project import Project, find_project
from ..records import replace
from .processes import cores, die_with
from .results import FAILED, PASSED, Event, NotebookFinished, NotebookResult
from .runner import Options, run_notebooks
from .save import save_outputs

_CONNECT = 5.0  # seconds that the scheduler has to answer
_LONELY = 20.0  # seconds that a cluster may be without any worker
_TICK = 0.5


def run_on_dask(
    address: str, project: Project, paths: Sequence[Path], options: Options
) -> Iterator[Event]:
    """Run notebooks on a cluster and yield their results; closing the iterator ends all that runs there for it."""
    client = _connect(address)
    texts = {path: _read(path) for path in paths} if options.save else {}
    theirs = replace(options, workers=1, save=False, fail_fast=False, shuffle="")
    done: queue.SimpleQueue = queue.SimpleQueue()
    waiting = {}
    try:
        for path in paths:
            future = client.submit(run_on_worker, str(project.root), str(path), theirs, pure=False)
            waiting[future.key] = path, future
            future.add_done_callback(done.put)
        while waiting:
            if not (future := _next(done, client)):
                yield from (
                    _failed(path, f"no worker is left at {address}") for path, _ in waiting.values()
                )
                return
            path, _ = waiting.pop(future.key)
            result = _result(path, future)
            if texts.get(path) and result.outcome == PASSED:
                result = save_outputs(texts[path], result)
            yield NotebookFinished(result)
            if options.fail_fast and result.outcome == FAILED:
                return
    finally:
        with suppress(Exception):  # the scheduler may be gone
            client.cancel([future for _, future in waiting.values()], force=True)
        client.close(timeout=2)


def _connect(address: str):
    """A client of the cluster; a `UsageError` if there is no way to it."""
    try:
        from distributed import Client
        from distributed.comm import resolve_address
    except ImportError:
        raise UsageError(
            "--dask needs Dask, which is not installed: pip install distributed"
        ) from None
    logging.getLogger("distributed").setLevel(
        logging.CRITICAL
    )  # what it would say is in the results
    try:
        resolve_address(address)  # before there is a client that would have to be closed
        return Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise UsageError(f"--dask {address}: no scheduler answers there ({reason})") from None


def _read(path: Path):
    with suppress(UserError):  # its result will say so
        return read_notebook(path)


def _next(done: queue.SimpleQueue, client):
    """The next future that is done; None when there has been no worker for a while."""
    alone_since = None
    while True:
        with suppress(queue.Empty):
            return done.get(timeout=_TICK)
        if client.scheduler_info(n_workers=1)["workers"]:
            alone_since = None
        elif time.monotonic() - (alone_since := alone_since or time.monotonic()) > _LONELY:
            return None


def _result(path: Path, future) -> NotebookResult:
    if future.status == "finished":
        return future.result()
    if future.status == "cancelled":
        return _failed(path, "the scheduler was lost").result
    error = future.exception()
    if type(error).__name__ == "KilledWorker":
        return _failed(
            path, f"every worker that took it up died, {error.allowed_failures + 1} of them"
        ).result
    return _failed(path, f"the worker could not run it: {type(error).__name__}: {error}").result


def _failed(path: Path, reason: str) -> NotebookFinished:
    return NotebookFinished(NotebookResult(str(path), FAILED, reason=reason))


def run_on_worker(root: str, path: str, options: Options) -> NotebookResult:
    """On a worker: run a notebook in processes of its own, for as long as its result is wanted."""
    from distributed import get_worker

    worker = get_worker()
    key, threads = worker.get_current_task(), worker.state.nthreads
    each = str(max(1, cores() // threads))
    caps = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), each)
    package = Path(sys.modules[__package__.partition(".")[0]].__file__).parent.parent
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=package,
        env={**caps, **os.environ},
        start_new_session=True,
    )
    message = pickle.dumps((root, path, options))
    while True:
        try:
            answer, _ = process.communicate(message, timeout=_TICK)
            break
        except subprocess.TimeoutExpired:
            message = None
        if not _is_wanted(worker, key):
            process.send_signal(signal.SIGINT)
    if process.returncode:
        raise RuntimeError(f"its process ended with status {process.returncode}")
    return pickle.loads(answer)


def _is_wanted(worker, key: str) -> bool:
    task = worker.state.tasks.get(key)
    return task is not None and task.state != "cancelled"


def main() -> None:
    """The process below a worker: a task comes in over stdin, the result goes out over stdout."""
    die_with(int(sys.argv[1]))
    root, path, options = pickle.load(sys.stdin.buffer)
    if Path(path).is_file():
        (result,) = run_notebooks(find_project(Path(root)), [Path(path)], options)
    else:
        reason = f"it is not there on {os.uname().nodename}: workers need the project under the same path"
        result = NotebookResult(path, FAILED, reason=reason)
    pickle.dump(result, sys.stdout.buffer)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
