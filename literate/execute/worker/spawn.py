"""A job in a fresh interpreter (`--isolation spawn`): its task comes on stdin, its pipes by their numbers."""

from __future__ import annotations

import os
import sys

from ..protocol import Task
from ..protocol import read_task as _decode

PIPES = (
    "frames",
    "answers",
    "dump",
    "stdout",
    "stderr",
)  # the pipes that are told by number, in this order
PASSED = 3  # the first of them are open here under these numbers; the others are 1 and 2


def read_task() -> tuple[Task, dict[str, int], int]:
    """The task, the pipes, and the process that started this one."""
    task = _decode(sys.stdin.buffer.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    *pipes, parent = map(int, sys.argv[1:])
    for descriptor in pipes[:PASSED]:
        os.set_inheritable(descriptor, False)
    if sys.path[0] == os.getcwd():  # where `-m` found this package
        sys.path.pop(0)
    return task, dict(zip(PIPES, pipes)), parent


def main() -> None:
    """Run one notebook."""
    from .parking import Parking
    from .shell import NotebookShell
    from .worker import run_job

    task, pipes, parent = read_task()
    run_job(task, NotebookShell.instance(), Parking(), pipes, parent)


if __name__ == "__main__":
    main()
