"""A worker in a fresh Python interpreter (`--isolation spawn`), and how such a process begins.

The server starts `python -m literate.execute.worker.spawn` with the task on stdin. The arguments
are the numbers of the pipes, in the order of `PIPES`, and the process id of the server.
"""

from __future__ import annotations

import os
import sys

from ..protocol import Task, read_task, write_task

PIPES = ("frames", "answers", "dump", "stdout", "stderr")

# The first three pipes are open in the worker under the numbers that it is given. The other two are
# its descriptors 1 and 2. The worker is given their numbers in the server, too: through the server
# it can open them again if a cell has closed them.
PASSED = 3


def spawn_worker(task: Task, pipes: dict[str, int]) -> int:
    """Start a worker in a fresh interpreter; return its process id.

    It reads its task from descriptor 0 and gets the numbers of its pipes as arguments.
    """
    from tempfile import TemporaryFile

    from ..processes import IGNORED

    numbers = [pipes[name] for name in PIPES]
    command = [sys.executable, "-m", f"literate.execute.worker.{task.engine}"]
    arguments = [str(number) for number in (*numbers, os.getpid())]
    with TemporaryFile() as file:
        file.write(write_task(task))
        file.flush()
        file.seek(0)
        ends = [(file.fileno(), 0), (pipes["stdout"], 1), (pipes["stderr"], 2)]
        ends += [(number, number) for number in numbers[:PASSED]]  # so that they stay open
        actions = [(os.POSIX_SPAWN_DUP2, source, target) for source, target in ends]
        return os.posix_spawn(
            sys.executable,
            command + arguments,
            os.environ,
            file_actions=actions,
            setsid=True,
            setsigdef=IGNORED,
        )


def receive_task() -> tuple[Task, dict[str, int], int]:
    """The task, the numbers of the pipes, and the process id of the server."""
    task = read_task(sys.stdin.buffer.read())
    _empty_stdin()
    *pipes, server = [int(argument) for argument in sys.argv[1:]]
    for descriptor in pipes[:PASSED]:
        os.set_inheritable(descriptor, False)
    _remove_own_folder_from_path()
    return task, dict(zip(PIPES, pipes, strict=True)), server


def _empty_stdin() -> None:
    """Replace stdin, where the task came from, by an empty file."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def _remove_own_folder_from_path() -> None:
    """Remove the folder where `python -m` found this package. The notebook has its own folders."""
    if sys.path[0] == os.getcwd():
        sys.path.pop(0)


def main() -> None:
    """Run one notebook in this process."""
    from .postponed import postpone_rarely_used

    postpone_rarely_used()

    from .parking import Parking
    from .shell import NotebookShell
    from .worker import run_worker

    task, pipes, server = receive_task()
    run_worker(task, NotebookShell.instance(), Parking(), pipes, server)


if __name__ == "__main__":
    main()
