"""Snapshots in real processes: when they are made, and how a copy runs on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import constants, make_cells, make_task, reports_until, wait_for

from literate.execute.protocol import CellEnded, FromServer, NotebookEnded, RunNotebook
from literate.execute.server.client import ForkServerClient, start_server
from literate.execute.snapshot_messages import (
    DropSnapshots,
    NotebookResumed,
    SnapshotKept,
    SnapshotsLost,
)

EAGER = {"literate.execute.worker.snapshots": {"_PART_OF_WORK": 1e-9, "_LEAST_GAIN": 0.0}}
Run = Callable[..., list[FromServer]]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[ForkServerClient]:
    """A server whose workers make a snapshot before each cell."""
    with constants(tmp_path / "site", EAGER):
        client = start_server(1)
        yield client
        client.close()


@pytest.fixture
def run(client, tmp_path) -> Run:
    """A function that runs cells, perhaps from a snapshot, and returns what the server reports."""

    def run(*sources: str, snapshot: int | None = None, edited: int = 0) -> list[FromServer]:
        folder = str(tmp_path)
        task = make_task(
            cells=make_cells(*sources), path="a", folder=folder, root=folder, edited=edited
        )
        client.send(RunNotebook(7, task, snapshot))
        return reports_until(client, NotebookEnded)

    return run


def texts(messages: list[FromServer]) -> list[str]:
    """What each cell printed."""
    ended = [message for message in messages if isinstance(message, CellEnded)]
    return ["".join(output.get("text", "") for output in each.outputs) for each in ended]


def snapshots(messages: list[FromServer]) -> dict[int, int]:
    """The numbers of the snapshots by their positions."""
    kept = [message for message in messages if isinstance(message, SnapshotKept)]
    return {message.made.position: message.snapshot for message in kept}


def test_a_copy_runs_on_with_new_cells(run):
    first = run("x = 1", "x += 1", "print(x)")
    made = snapshots(first)
    assert sorted(made) == [1, 2, 3]
    second = run("x = 1", "x += 1", "print(x, 'new')", "print('more')", snapshot=made[2], edited=2)
    assert any(isinstance(message, NotebookResumed) for message in second)
    assert texts(second) == ["2 new\n", "more\n"]
    counts = [each.report.execution_count for each in second if isinstance(each, CellEnded)]
    assert counts == [3, 4]


def test_a_copy_serves_again_and_again(run):
    made = snapshots(run("x = [0]", "print(x)"))
    for number in range(5):
        messages = run("x = [0]", f"x.append({number}); print(x)", snapshot=made[1], edited=1)
        assert texts(messages) == [f"[0, {number}]\n"]
        made = snapshots(messages)


def test_a_snapshot_that_is_gone_is_replaced_by_a_run_from_the_top(run, client):
    made = snapshots(run("print(1)", "print(2)"))
    client.send(DropSnapshots((made[1],)))
    messages = run("print(1)", "print(3)", snapshot=made[1], edited=1)
    assert texts(messages) == ["1\n", "3\n"]


def test_the_random_numbers_go_on(run):
    cells = ("import random; random.seed(5); random.random()", "print(random.random())")
    first = run(*cells)
    second = run(*cells, snapshot=snapshots(first)[1], edited=1)
    assert texts(second) == texts(first)[1:]


def test_printed_text_errors_and_event_loop_belong_to_the_new_run(run):
    cells = ("import asyncio, os, sys", "pass")
    made = snapshots(run(*cells))
    messages = run(
        cells[0],
        "print('a'); print('b', file=sys.stderr)",
        "_ = os.system('echo c')",
        "await asyncio.sleep(0.001)\nprint('awaited')",
        "1 / 0",
        snapshot=made[1],
        edited=1,
    )
    assert texts(messages) == ["a\nb\n", "c\n", "awaited\n", ""]
    error = [each for each in messages if isinstance(each, CellEnded)][-1].report.error
    assert error.name == "ZeroDivisionError"


def test_temporary_files_are_as_they_were(run):
    write = "import os, tempfile; path = os.path.join(tempfile.gettempdir(), 'a')"
    write += "; _ = open(path, 'w').write('1')"
    append = "_ = open(path, 'a').write('2'); print(open(path).read())"
    made = snapshots(run(write, append, append))
    messages = run(write, append, append + " # new", snapshot=made[2], edited=2)
    assert texts(messages) == ["122\n"]
    messages = run(write, append + " # new", snapshot=made[1], edited=1)
    assert texts(messages) == ["12\n"]


def test_a_file_that_is_open_has_the_position_of_the_snapshot(run, tmp_path):
    (tmp_path / "data").write_text("one\ntwo\nthree\n")
    cells = ("file = open('data'); _ = file.readline()", "print(file.readline(), end='')")
    made = snapshots(run(*cells))
    for _ in range(2):
        messages = run(*cells, snapshot=made[1], edited=1)
        assert texts(messages) == ["two\n"]
        made = snapshots(messages)


def test_a_change_of_a_used_file_is_told_before_it_happens(run):
    messages = run("_ = open('log', 'w').write('1')", "pass", "_ = open('log', 'a').write('2')")
    lost = [message for message in messages if isinstance(message, SnapshotsLost)]
    assert [(each.spoiled.first, each.spoiled.last) for each in lost] == [(1, 2)]


@pytest.mark.parametrize(
    "source",
    [
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "import os; os.getpid()",
        "import socket; pair = socket.socketpair()",
        "import subprocess; process = subprocess.Popen(['true'])",
        "file = open('log', 'w')",
    ],
)
def test_no_snapshot_is_made_of_what_cannot_be_copied(run, source):
    assert snapshots(run("x = 1", source, "y = 1", "z = 1")).keys() == {1}


def test_a_notebook_sees_no_other_children(run):
    cell = "import os\ntry:\n    os.wait()\nexcept ChildProcessError:\n    print('none')"
    messages = run("x = 1", cell, cell)
    assert texts(messages)[1:] == ["none\n", "none\n"]
    assert not any(message.end.remarks for message in messages if hasattr(message, "end"))


def test_frozen_copies_end_with_the_server(run, client):
    messages = run("x = 1", "y = 1")
    pids = [each.made.pid for each in messages if isinstance(each, SnapshotKept)]
    assert all(Path(f"/proc/{pid}").exists() for pid in pids)
    client.close()
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def test_frozen_copies_end_with_a_server_that_is_killed(run, client):
    messages = run("x = 1", "y = 1")
    pids = [each.made.pid for each in messages if isinstance(each, SnapshotKept)]
    client.kill()
    assert wait_for(lambda: not any(_runs(pid) for pid in pids))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_without_eagerness_a_short_notebook_has_no_snapshots(tmp_path):
    client = start_server(1)
    folder = str(tmp_path)
    cells = make_cells("x = 1", "y = 1", "z = 1")
    task = make_task(cells=cells, path="a", folder=folder, root=folder, edited=0)
    client.send(RunNotebook(1, task))
    messages = reports_until(client, NotebookEnded)
    client.close()
    assert snapshots(messages) == {}
