"""The warm parent: a process that has imported what notebooks need, forks one job for each, and watches over them.

It runs no threads and no notebook's code. The front speaks to it over descriptors 0 and 1: ("environment", variables),
("preload", modules, whether there are magics) and ("run", number, task) come in; what jobs report goes out. When the
front ends, the jobs end.
"""

from __future__ import annotations

import gc

gc.disable()  # what is imported from here on stays: to look for garbage meanwhile takes a fifth of the time

import os
import select
import shutil
import sys
import tempfile
import time
import traceback

from ..processes import (
    IGNORED,
    IS_LINUX,
    adopt_orphans,
    children,
    command_line,
    has_children,
    ignore_signals,
    kill,
    reap,
    threads,
)
from ..protocol import (
    CHUNK,
    FrameReader,
    FromServer,
    Preload,
    RunNotebook,
    ServerReady,
    SetEnvironment,
    Task,
    pack,
    write_task,
)
from ..worker.parking import Parking
from ..worker.shell import NotebookShell
from ..worker.spawn import PASSED, PIPES
from ..worker.worker import run_worker
from .job import Job

_TEMPORARY = (
    "LITERATE_TEMPORARY"  # a variable that notebooks do not see: theirs may run notebooks, too
)
_GRACE = 0.2  # seconds for what a notebook leaves behind to end by itself
_PATIENCE = 2.0  # seconds for multiprocessing's resource tracker, which removes what a notebook leaves in shared memory
_ASK = 0.02  # seconds between two questions whether a process has ended, where it has to be asked


class ForkServer:
    """The poll loop: commands, jobs' pipes, jobs' ends, time limits."""

    def __init__(self, commands: int, reports: int, shell: NotebookShell, parking: Parking) -> None:
        self.commands, self.reports, self.shell, self.parking = commands, reports, shell, parking
        self.jobs: dict[int, Job] = {}  # by process id
        self.readers: dict[int, Job] = {}  # by descriptor
        self.ends: dict[int, Job] = {}  # by pidfd
        self.poll = select.poll()
        self.poll.register(commands, select.POLLIN)
        self.frames, self.outbox = FrameReader(), bytearray()
        self.sweep_due = float("inf")
        self.patience_ends = 0.0
        self.open = True
        self.temporary = os.environ.pop(_TEMPORARY, "")  # the notebooks' temporary files
        self.unsafe: list[str] = []  # modules after which no process can be forked
        os.set_blocking(reports, False)

    def serve(self) -> None:
        """Work until the front has closed its end and every process is gone."""
        while self.open or self.jobs or has_children():
            ready = [descriptor for descriptor, _ in self.poll.poll(self._wait())]
            for descriptor in sorted(ready, key=self.commands.__eq__):
                self._attend(
                    descriptor
                )  # commands last: a new job may get numbers that were another's until now
            self._bury_by_asking()
            self._keep_limits()

    def _wait(self) -> float:
        """Milliseconds until something is due, for `poll`."""
        due = min([self.sweep_due, *(job.due for job in self.jobs.values())])
        if self.jobs and not IS_LINUX:
            due = min(due, time.monotonic() + _ASK)
        return None if due == float("inf") else max(0.0, (due - time.monotonic()) * 1000 + 1)

    def _attend(self, descriptor: int) -> None:
        if descriptor == self.commands:
            self._take_commands()
        elif descriptor == self.reports:
            self._deliver()
        elif descriptor in self.ends:
            job = self.ends[descriptor]
            self._bury(job, os.waitpid(job.pid, 0)[1])
        elif (job := self.readers.get(descriptor)) and not job.read(descriptor):
            self._forget(descriptor)

    def _forget(self, descriptor: int) -> None:
        self.readers.pop(descriptor, None)
        self.poll.unregister(descriptor)

    def _take_commands(self) -> None:
        data = os.read(self.commands, CHUNK)
        if not data:
            self._shut_down()
        for command in self.frames.feed(data):
            self._obey(command)

    def _obey(self, command: object) -> None:
        match command:
            case SetEnvironment():
                self._set(command.variables)
            case Preload():
                self.preload(command.modules, command.uses_cell_magics)
            case RunNotebook():
                self._run(command.number, command.task)

    def _set(self, variables: dict[str, str]) -> None:
        self.temporary = variables.pop(_TEMPORARY, self.temporary)
        os.environ.update(variables)
        tempfile.tempdir = None  # TMPDIR may be among them

    def preload(self, modules: list[str], magics: bool = False) -> None:
        """Import what the notebooks would import anyway; if one leaves threads running, start again without it.

        The front gives no other command before it has read "ready".
        """
        if magics:
            self.shell.run_cell("%%capture\n1")
        for number, module in enumerate(modules):
            _quietly(self.parking.load, module)
            if threads() > 1 and _threads_after_a_fork() > 1:
                os.dup2(self.commands, 0)
                os.dup2(self.reports, 1)
                rest = modules[:number] + modules[number + 1 :]
                without = ["--without", *self.unsafe, module]
                command = [sys.executable, sys.argv[0], *rest, *without]
                os.execve(sys.executable, command, {**os.environ, _TEMPORARY: self.temporary})
        gc.freeze()
        self.tell(ServerReady(self.unsafe))

    def _run(self, number: int, task: Task) -> None:
        job = Job(number, task, self.tell)
        theirs = job.open()
        if task.engine == "fork":
            parent = os.getpid()
            if (pid := os.fork()) == 0:
                self._become(job, task, theirs, parent)
        else:
            pid = _spawn(task, theirs)
        job.started(pid, theirs)
        self.jobs[job.pid] = job
        self.readers.update(dict.fromkeys(job.readable(), job))
        if job.pidfd >= 0:
            self.ends[job.pidfd] = job
        for descriptor in (*job.readable(), *({job.pidfd} & self.ends.keys())):
            self.poll.register(descriptor, select.POLLIN)

    def _become(self, job: Job, task: Task, pipes: dict[str, int], parent: int) -> None:
        """In the new process: let go of everything of the parent's, and run the notebook."""
        try:
            os.setsid()
            os.dup2(pipes["stdout"], 1)
            os.dup2(pipes["stderr"], 2)
            job.close_ours()
            for other in self.jobs.values():
                other.close()
            for descriptor in (self.commands, self.reports, pipes["stdout"], pipes["stderr"]):
                os.close(descriptor)
            run_worker(task, self.shell, self.parking, pipes, parent)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(70)

    def _bury_by_asking(self) -> None:
        """Where no descriptor tells that a process has ended."""
        for job in [job for job in self.jobs.values() if job.pidfd < 0]:
            ended, status = os.waitpid(job.pid, os.WNOHANG)
            if ended:
                kill(job.pid)  # what is left of its process group
                self._bury(job, status)

    def _bury(self, job: Job, status: int) -> None:
        for descriptor in [d for d, owner in self.readers.items() if owner is job]:
            self._forget(descriptor)
        del self.jobs[job.pid]
        if self.ends.pop(job.pidfd, None):
            self.poll.unregister(job.pidfd)
        job.finish(status)
        job.close()
        now = time.monotonic()
        self.sweep_due = min(self.sweep_due, now + (0 if job.was_killed else _GRACE))
        self.patience_ends = now + _PATIENCE

    def _keep_limits(self) -> None:
        now = time.monotonic()
        for job in list(self.jobs.values()):
            job.enforce(now)
        if now >= self.sweep_due or not self.open:
            self._sweep()
        elif not self.jobs and not has_children():
            self.sweep_due = float("inf")

    def _sweep(self) -> None:
        """End what jobs that are gone have left running: as their subreaper, this process has become its parent."""
        left = (
            [pid for pid in children() - self.jobs.keys() if not reap(pid)]
            if has_children()
            else []
        )
        patient = time.monotonic() < self.patience_ends
        for pid in left:
            if not (patient and "resource_tracker" in command_line(pid)):
                kill(pid)
        self.sweep_due = time.monotonic() + 0.01 if left else float("inf")

    def _shut_down(self) -> None:
        self.open = False
        self.poll.unregister(self.commands)
        for job in self.jobs.values():
            kill(job.pid)
        self.sweep_due = time.monotonic()

    def tell(self, message: FromServer) -> None:
        """Tell the front; what its pipe does not take now goes when it can."""
        self.outbox += pack(message)
        self._deliver()

    def _deliver(self) -> None:
        try:
            del self.outbox[: os.write(self.reports, self.outbox)]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self.outbox.clear()  # the front is gone, and its other pipe will say so
        self.poll.register(self.reports, select.POLLOUT if self.outbox else 0)


def _spawn(task: Task, pipes: dict[str, int]) -> int:
    """Start a job in a fresh interpreter; its process id."""
    module = {"spawn": "spawn", "kernel": "kernel"}[task.engine]
    numbers = [pipes[name] for name in PIPES]
    command = [
        sys.executable,
        "-m",
        f"literate.execute.worker.{module}",
        *map(str, numbers),
        str(os.getpid()),
    ]
    with tempfile.TemporaryFile() as file:
        file.write(write_task(task))
        file.flush()
        file.seek(0)
        kept = [(number, number) for number in numbers[:PASSED]]
        ends = [(file.fileno(), 0), (pipes["stdout"], 1), (pipes["stderr"], 2), *kept]
        actions = [(os.POSIX_SPAWN_DUP2, source, target) for source, target in ends]
        return os.posix_spawn(
            sys.executable,
            command,
            os.environ,
            file_actions=actions,
            setsid=True,
            setsigdef=IGNORED,
        )


def _quietly(function, *arguments) -> None:
    """Call a function; what it prints is lost."""
    screen = os.dup(2)
    os.dup2(1, 2)
    function(*arguments)
    os.dup2(screen, 2)
    os.close(screen)


def _threads_after_a_fork() -> int:
    """Libraries that end their threads before a fork (OpenBLAS) need not be feared."""
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return threads()


def main() -> None:
    """Serve the front that started this process."""
    commands, reports = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    sys.path.pop(0)  # where this package is
    ignore_signals()
    adopt_orphans()
    shell = NotebookShell.instance()
    for source in (
        "1",
        "print('', end='')",
    ):  # what the first cells of every notebook would pay for
        shell.compile.begin("<warm>", source, {})
        shell.run_cell(source)
    server = ForkServer(commands, reports, shell, Parking())
    if "--without" in sys.argv:  # started again by itself
        end = sys.argv.index("--without")
        server.unsafe = sys.argv[end + 1 :]
        server.preload(sys.argv[1:end])
    server.serve()
    shutil.rmtree(server.temporary, ignore_errors=True)  # if the front cannot any more
    os._exit(0)  # without taking everything apart first
