"""What goes wrong beside the cells: threads, tasks, commands, and processes left behind."""

from __future__ import annotations

import pytest
from conftest import PATIENCE, constants, results_of, running, sleeper, split_cells, wait_for

from literate.execute import FAILED, PASSED

SLEEPER = sleeper(6)

# How long a worker waits for processes that are about to end.
PATIENT = {"literate.execute.worker.leftovers": {"_PATIENCE": PATIENCE}}

# Each notebook leaves something, and has this remark.
LEFTOVERS = {
    "a_thread": (
        """
        import threading
        thread = threading.Thread(target=lambda: 1/0, name='counter')
        thread.start()
        thread.join()
        """,
        "an exception in thread counter: ZeroDivisionError: division by zero",
    ),
    "a_task_that_failed": (
        """
        import asyncio
        async def divide(): 1/0
        task = asyncio.create_task(divide())
        """,
        "nobody awaited a task that failed: ZeroDivisionError: division by zero",
    ),
    "a_task_that_failed_and_is_gone": (
        """
        import asyncio
        async def divide(): 1/0
        asyncio.create_task(divide());
        # %%
        import gc
        gc.collect();
        """,
        "Task exception was never retrieved: ZeroDivisionError: division by zero",
    ),
    "a_callback": (
        """
        import asyncio
        asyncio.get_event_loop().call_soon(lambda: 1/0)
        """,
        "Exception in callback <lambda>() at",
    ),
    "a_task_that_runs": (
        """
        import asyncio
        async def wait(): await asyncio.sleep(9999)
        task = asyncio.create_task(wait())
        """,
        "a task still runs at the end: wait()",
    ),
    "a_command": (
        "!exit 3",
        "!exit 3 ended with status 3",
    ),
    "a_process": (
        f"""
        import subprocess
        process = subprocess.Popen(['sleep', '{SLEEPER}'], start_new_session=True)
        """,
        f"it leaves a process behind: sleep {SLEEPER}",
    ),
    "two_processes": (
        f"""
        import subprocess
        for _ in range(2):
            subprocess.Popen(['sleep', '{SLEEPER}'])
        """,
        f"it leaves 2 processes behind: sleep {SLEEPER}",
    ),
    "a_fork": (
        """
        import os, time
        if os.fork() == 0:
            while True: time.sleep(9999)
        """,
        "it leaves a process behind: a fork of its own",
    ),
}

# These notebooks leave nothing that counts.
TIDY = {
    "a_process_that_ended": """
        import subprocess
        subprocess.run(['true'])
        process = subprocess.Popen(['true'])
    """,
    "a_thread_that_exits": """
        import threading
        def stop(): raise SystemExit
        thread = threading.Thread(target=stop)
        thread.start()
        thread.join()
    """,
    "a_task_that_was_awaited": """
        import asyncio
        async def divide(): 1/0
        task = asyncio.create_task(divide())
        # %%
        try:
            await task
        except ZeroDivisionError:
            pass
    """,
    "a_task_that_was_cancelled": """
        import asyncio
        task = asyncio.ensure_future(asyncio.sleep(9999))
        # %%
        task.cancel()
    """,
    "a_task_of_another_loop": """
        import asyncio
        async def divide(): 1/0
        async def main():
            global task
            task = asyncio.create_task(divide())
            await asyncio.sleep(0)
        asyncio.run(main())
    """,
    # multiprocessing starts a process that removes shared memory at the end.
    "a_resource_tracker": """
        from multiprocessing import shared_memory
        memory = shared_memory.SharedMemory(create=True, size=9)
        memory.close()
        memory.unlink()
        # %%
        from multiprocessing.resource_tracker import _resource_tracker
        assert _resource_tracker._pid
    """,
    # And one from which it forks the others.
    "a_fork_server": """
        import multiprocessing, os
        process = multiprocessing.get_context('forkserver').Process(target=os.getpid)
        process.start()
        process.join()
        # %%
        from multiprocessing.forkserver import _forkserver
        assert _forkserver._forkserver_pid
    """,
}


@pytest.fixture
def patient(tmp_path_factory):
    with constants(tmp_path_factory.mktemp("site") / "patient", PATIENT):
        yield


@pytest.fixture
def left(make_project):
    """A project with a notebook for each kind of leftover."""
    return make_project({name: split_cells(text) for name, (text, _) in LEFTOVERS.items()})


@pytest.fixture
def tidy(make_project):
    return make_project({name: split_cells(text) for name, text in TIDY.items()})


def test_what_a_notebook_leaves_is_a_remark(left):
    results = results_of(left)
    for name, (_, remark) in LEFTOVERS.items():
        result = results[name]
        assert (result.outcome, len(result.notes)) == (PASSED, 1), name
        assert remark in result.notes[0]
    assert wait_for(lambda: not running(f"sleep {SLEEPER}"))


def test_with_strict_it_is_a_failure(left):
    results = results_of(left, strict=True)
    for name, (_, remark) in LEFTOVERS.items():
        result = results[name]
        assert result.outcome == FAILED, name
        said = result.failures[0].error.message if result.failures else result.reason
        assert remark in said


@pytest.mark.parametrize("strict", [False, True])
def test_a_notebook_that_leaves_nothing_has_no_remark(tidy, patient, strict):
    results = results_of(tidy, strict=strict)
    for name in TIDY:
        assert (results[name].outcome, results[name].notes) == (PASSED, ()), name
