"""How a worker in a fresh interpreter gets its task."""

from __future__ import annotations

import subprocess
import sys

from conftest import make_cells, make_task

from literate.execute.protocol import write_task

RECEIVE = """
import sys
from literate.execute.worker.spawn import receive_task
task, pipes, parent = receive_task()
print(task.path, task.cells[0].source, pipes, parent, repr(sys.stdin.read()))
"""


def test_the_task_the_pipes_and_the_parent_arrive_and_stdin_is_empty_then():
    task = make_task(path="a.ipynb", cells=make_cells("x = 1"))
    arguments = ["0", "1", "2", "14", "15", "4711"]
    done = subprocess.run(
        [sys.executable, "-c", RECEIVE, *arguments],
        input=write_task(task),
        capture_output=True,
        check=True,
    )
    expected = "{'frames': 0, 'answers': 1, 'dump': 2, 'stdout': 14, 'stderr': 15}"
    assert done.stdout.decode() == f"a.ipynb x = 1 {expected} 4711 ''\n"
