"""The event loop of a worker: a copy of the server's that works, and shares nothing with it."""

from __future__ import annotations

import asyncio
import os
import selectors

import pytest
from conftest import results_of, split_cells

from literate.execute import PASSED
from literate.execute.worker.event_loop import is_idle, take_over


async def work() -> int:
    """Use timers, another thread and the descriptor by which threads wake the loop."""
    await asyncio.sleep(0.001)
    return await asyncio.get_running_loop().run_in_executor(None, lambda: 7)


@pytest.fixture
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
    asyncio.set_event_loop(None)


def descriptors(loop) -> list[int]:
    return [loop._selector._selector.fileno(), loop._ssock.fileno(), loop._csock.fileno()]


def test_a_copy_works_and_its_descriptors_are_its_own(loop):
    before = [os.dup(number) for number in descriptors(loop)]
    try:
        assert take_over(loop)
        assert asyncio.get_event_loop_policy().get_event_loop() is loop
        for number, old in zip(descriptors(loop), before, strict=True):
            assert not os.get_inheritable(number)
            is_poll = number == descriptors(loop)[0]  # all of these have the same inode
            assert is_poll or not os.path.sameopenfile(number, old)
        assert loop.run_until_complete(work()) == 7
        # Nobody hears in the old pair of sockets that a thread has woken the loop.
        os.set_blocking(before[1], False)
        with pytest.raises(BlockingIOError):
            os.read(before[1], 1)
    finally:
        for old in before:
            os.close(old)


def test_the_loop_of_the_server_does_not_notice(loop):
    pid = os.fork()
    if pid == 0:
        ok = take_over(loop) and loop.run_until_complete(work()) == 7
        os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert loop.run_until_complete(work()) == 7


def test_another_kind_of_loop_is_not_taken_over(loop, monkeypatch):
    other = asyncio.SelectorEventLoop(selectors.SelectSelector())
    try:
        assert not take_over(other)
        assert other.run_until_complete(work()) == 7
    finally:
        other.close()
    monkeypatch.delattr(loop, "_csock")
    assert not take_over(loop)
    monkeypatch.undo()


def test_a_loop_without_work_is_idle(loop):
    assert is_idle(loop)
    loop.run_until_complete(asyncio.sleep(0))
    assert is_idle(loop)


async def work_on(loop) -> None:
    loop.call_later(60, int)


WORK = {
    "a task": lambda loop: loop.create_task(asyncio.sleep(60)),
    "a call": lambda loop: loop.call_soon(int),
    "a timer": lambda loop: loop.call_later(60, int),
    "a timer of a task": lambda loop: loop.run_until_complete(work_on(loop)),
    "another thread": lambda loop: loop.call_soon_threadsafe(int),
    "a descriptor": lambda loop: loop.add_reader(loop._csock, int),
    "a stop": lambda loop: loop.stop(),
    "an end": lambda loop: loop.close(),
    "a patch": lambda loop: delattr(loop, "_scheduled"),
}


@pytest.mark.parametrize("kind", WORK)
@pytest.mark.filterwarnings("ignore:coroutine 'sleep' was never awaited")
def test_a_loop_with_work_is_not_idle(loop, kind):
    scheduled = loop._scheduled
    WORK[kind](loop)
    assert not is_idle(loop)
    loop._scheduled = scheduled


NOTEBOOK = """
import asyncio, threading
loop = asyncio.get_running_loop()
assert loop.is_running() and type(loop) is asyncio.SelectorEventLoop
future = loop.create_future()
threading.Thread(target=lambda: loop.call_soon_threadsafe(future.set_result, 5)).start()
assert await asyncio.wait_for(future, 60) == 5
# %%
assert asyncio.get_running_loop() is loop
process = await asyncio.create_subprocess_shell('echo hi', stdout=asyncio.subprocess.PIPE)
assert (await process.communicate())[0] == b'hi\\n'
# %%
async def work(): return 3
assert asyncio.run(work()) == 3
"""


def test_a_notebook_uses_it(make_project):
    project = make_project({name: split_cells(NOTEBOOK) for name in ("00_a", "01_b", "02_c")})
    for result in results_of(project).values():
        assert result.outcome == PASSED, result.failures
