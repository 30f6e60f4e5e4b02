"""The server: imports what notebooks need, forks a worker for each of them, and watches over it.

The server has no threads and runs no code of a notebook. It reads commands from descriptor 0 and
writes reports to descriptor 1. When the front ends, the server ends all workers and itself.
"""

from __future__ import annotations

import gc
import os
import select
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ..processes import (
    IS_LINUX,
    adopt_orphans,
    children,
    command_line,
    has_children,
    ignore_signals,
    kill,
    reap,
    threads,
    threads_after_a_fork,
)
from ..protocol import (
    READ_SIZE,
    FrameReader,
    FromServer,
    Message,
    Preload,
    ProtocolError,
    RunNotebook,
    ServerReady,
    SetEnvironment,
    Task,
    pack,
)
from ..snapshot_messages import CancelNotebook, DropSnapshots
from ..worker.cell_code import CellCompiler
from ..worker.parking import Parking
from ..worker.shell import NotebookShell
from ..worker.spawn import spawn_worker
from ..worker.worker import run_worker
from .job import Job

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .frozen import FrozenWorkers

# The variable with the folder for temporary files. Notebooks do not see it, as they may run
# notebooks themselves.
_TEMPORARY = "LITERATE_TEMPORARY"

_GRACE = 0.2  # seconds for what a notebook leaves behind to end by itself
_PATIENCE = 2.0  # seconds for the resource tracker of `multiprocessing`, see `_sweep`
_SWEEP_AGAIN = 0.01  # seconds until the next look for processes that were just killed
_POLL_INTERVAL = 0.02  # seconds between two looks for ended workers, where no descriptor tells
_NEVER = float("inf")  # a time on the monotonic clock

# Between the arguments of a server that started itself again: what follows is not preloaded.
_WITHOUT = "--without"


class ForkServer:
    """The loop over commands, pipes of workers, ends of workers, and time limits."""

    def __init__(self, commands: int, reports: int, shell: NotebookShell, parking: Parking) -> None:
        self.shell = shell
        self.parking = parking
        self.unsafe_modules: list[str] = []  # no process can be forked after their import
        self.temporary_folder = os.environ.pop(_TEMPORARY, "")

        # the front
        self.commands = commands
        self.reports = reports
        self._reader = FrameReader()
        self._outbox = bytearray()  # reports that the pipe has not taken yet
        self._front_is_connected = True
        os.set_blocking(reports, False)

        # the workers
        self.jobs: dict[int, Job] = {}  # by process id
        self._job_of_pipe: dict[int, Job] = {}  # by descriptor
        self._job_of_pidfd: dict[int, Job] = {}

        self.frozen: FrozenWorkers | None = None  # the snapshots, if there may be some

        # what the loop waits for
        self._poll = select.poll()
        self._poll.register(commands, select.POLLIN)
        self._sweep_due = _NEVER  # when to look for processes that ended workers have left
        self._patience_ends = 0.0  # when the resource tracker is ended too

    # --- the loop ------------------------------------------------------------------------------

    def serve(self) -> None:
        """Work until the front has closed its pipe and all processes have ended."""
        while self._front_is_connected or self.jobs or has_children():
            for descriptor in self._wait():
                self._handle_ready(descriptor)
            self._end_jobs_without_pidfd()
            self._enforce_limits()
            self._sweep_if_due()

    def _wait(self) -> list[int]:
        """Wait until something is to be done; return the descriptors that are ready."""
        ready = [descriptor for descriptor, _ in self._poll.poll(self._timeout())]
        # Commands come last: a new job may get descriptors that belonged to another job until now.
        ready.sort(key=lambda descriptor: descriptor == self.commands)
        return ready

    def _timeout(self) -> float | None:
        """Return the milliseconds until something is due; None if nothing is."""
        now = time.monotonic()
        due = self._sweep_due
        for job in self.jobs.values():
            due = min(due, job.due)
        if self.jobs and not IS_LINUX:
            due = min(due, now + _POLL_INTERVAL)
        if due == _NEVER:
            return None
        return max(0.0, (due - now) * 1000 + 1)

    def _handle_ready(self, descriptor: int) -> None:
        """Do what a ready descriptor asks for."""
        if descriptor == self.commands:
            self._take_commands()
        elif descriptor == self.reports:
            self._deliver()
        elif descriptor in self._job_of_pidfd:
            job = self._job_of_pidfd[descriptor]
            _, status = os.waitpid(job.pid, 0)
            self._end_job(job, status)
        elif descriptor in self._job_of_pipe:  # if not, its job ended a moment ago
            job = self._job_of_pipe[descriptor]
            if not job.read(descriptor):
                self._unwatch_pipe(descriptor)

    # --- the front -----------------------------------------------------------------------------

    def _take_commands(self) -> None:
        data = os.read(self.commands, READ_SIZE)
        if not data:
            self._shut_down()
        for command in self._reader.feed(data):
            self._run_command(command)

    def _run_command(self, command: Message) -> None:
        match command:
            case SetEnvironment(variables):
                self._set_environment(variables)
            case Preload(modules, uses_magics):
                self.preload(modules, uses_magics)
            case RunNotebook(number, task, snapshot):
                self._start_worker(number, task, snapshot)
            case CancelNotebook(number):
                self._cancel(number)
            case DropSnapshots(snapshots):
                self._frozen_workers().drop(snapshots)
                self._sweep_due = time.monotonic()
            case _:
                raise ProtocolError(f"the front does not send {command!r:.200}")

    def _set_environment(self, variables: dict[str, str]) -> None:
        self.temporary_folder = variables.pop(_TEMPORARY, self.temporary_folder)
        os.environ.update(variables)
        tempfile.tempdir = None  # forget the folder that was found before TMPDIR was set

    def preload(self, modules: list[str], uses_magics: bool = False) -> None:
        """Import what the notebooks would import anyway, and tell the front.

        If a module leaves threads running, start again without it. The front gives no command
        before it has read the answer, so none is lost.
        """
        if uses_magics:  # the first one takes longer than the others
            self.shell.run_cell("%%capture\n1")
            self.shell.forget_results()
        for position, module in enumerate(modules):
            with _stderr_discarded():
                self.parking.load(module)
            if threads() > 1 and threads_after_a_fork() > 1:
                self._start_again(modules[:position] + modules[position + 1 :], module)
        gc.freeze()
        self.tell(ServerReady(self.unsafe_modules))

    def _start_again(self, modules: list[str], unsafe_module: str) -> None:
        """Replace this process by a new server that does not load an unsafe module."""
        os.dup2(self.commands, 0)
        os.dup2(self.reports, 1)
        program = [sys.executable, sys.argv[0]]
        arguments = [*modules, _WITHOUT, *self.unsafe_modules, unsafe_module]
        environment = {**os.environ, _TEMPORARY: self.temporary_folder}
        os.execve(sys.executable, program + arguments, environment)

    def tell(self, message: FromServer) -> None:
        """Tell the front; what its pipe does not take now is sent when it can be."""
        self._outbox += pack(message)
        self._deliver()

    def _deliver(self) -> None:
        """Write as many reports as the pipe takes."""
        try:
            written = os.write(self.reports, self._outbox)
            del self._outbox[:written]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # the front has ended, and `commands` will say so
            self._outbox.clear()
        self._poll.register(self.reports, select.POLLOUT if self._outbox else 0)

    def _shut_down(self) -> None:
        """End all workers, as the front has closed its pipe."""
        self._front_is_connected = False
        self._poll.unregister(self.commands)
        for job in self.jobs.values():
            kill(job.pid)
        if self.frozen is not None:
            self.frozen.drop_all()

    # --- the workers ---------------------------------------------------------------------------

    def _start_worker(self, number: int, task: Task, snapshot: int | None = None) -> None:
        """Start a worker, or let a snapshot run on."""
        frozen = self._frozen_workers() if task.edited is not None else None
        job = Job(number, task, self.tell, frozen)
        job.pipes.open(with_snapshots=frozen is not None)
        pid = self._wake(job, snapshot) or self._begin(job)
        job.started(pid)
        self._watch(job)

    def _frozen_workers(self) -> FrozenWorkers:
        """The snapshots. What they need is imported for the first of them."""
        if self.frozen is None:
            from .frozen import FrozenWorkers

            self.frozen = FrozenWorkers()
        return self.frozen

    def _begin(self, job: Job) -> int:
        """Start a process that runs a notebook from its top; return its process id."""
        if job.task.edited is not None:
            with suppress(OSError):  # a full disk: the notebook shares the folder of all others
                folder = self.temporary_folder or None
                job.temporary_folder = tempfile.mkdtemp(prefix="notebook-", dir=folder)
        if job.task.engine == "fork":
            return self._fork(job)
        return spawn_worker(job.task, job.pipes.worker_ends)

    def _wake(self, job: Job, snapshot: int | None) -> int:
        """Let a snapshot run on; return its process id, or 0 if it is not there."""
        if snapshot is None:
            return 0
        woken = self._frozen_workers().wake(snapshot, job.task, job.pipes.worker_ends)
        if woken is None:
            return 0
        job.resume(snapshot, woken)
        return woken.pid

    def _cancel(self, number: int) -> None:
        """Kill the worker of a notebook."""
        for job in self.jobs.values():
            if job.number == number:
                job.was_killed = True
                kill(job.pid)

    def _fork(self, job: Job) -> int:
        """Start a worker as a copy of this process; return its process id."""
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_worker(job, server)
        return pid

    def _become_worker(self, job: Job, server: int) -> None:
        """In the new process: let go of everything that belongs to the server; run the notebook."""
        pipes = job.pipes.worker_ends
        try:
            os.setsid()
            if job.temporary_folder:
                os.environ["TMPDIR"] = job.temporary_folder
                tempfile.tempdir = None
            os.dup2(pipes["stdout"], 1)
            os.dup2(pipes["stderr"], 2)
            job.pipes.close_server_ends()
            for other in self.jobs.values():
                other.close()
            if self.frozen is not None:
                self.frozen.close()
            for descriptor in (self.commands, self.reports, pipes["stdout"], pipes["stderr"]):
                os.close(descriptor)
            run_worker(job.task, self.shell, self.parking, pipes, server)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(70)  # `run_job` itself ends the process with 0

    def _watch(self, job: Job) -> None:
        self.jobs[job.pid] = job
        for descriptor in job.pipes.readable():
            self._job_of_pipe[descriptor] = job
            self._poll.register(descriptor, select.POLLIN)
        if job.pidfd >= 0:
            self._job_of_pidfd[job.pidfd] = job
            self._poll.register(job.pidfd, select.POLLIN)

    def _unwatch_pipe(self, descriptor: int) -> None:
        del self._job_of_pipe[descriptor]
        self._poll.unregister(descriptor)

    def _enforce_limits(self) -> None:
        now = time.monotonic()
        for job in self.jobs.values():
            job.enforce(now)

    def _end_jobs_without_pidfd(self) -> None:
        """Look for workers that have ended, where no descriptor tells."""
        for job in list(self.jobs.values()):
            if job.pidfd >= 0:
                continue
            ended, status = os.waitpid(job.pid, os.WNOHANG)
            if ended:
                kill(job.pid)  # what is left of its process group
                self._end_job(job, status)

    def _end_job(self, job: Job, status: int) -> None:
        """Let go of a job whose worker has ended."""
        for descriptor in job.pipes.readable():
            if descriptor in self._job_of_pipe:
                self._unwatch_pipe(descriptor)
        if job.pidfd >= 0:
            del self._job_of_pidfd[job.pidfd]
            self._poll.unregister(job.pidfd)
        del self.jobs[job.pid]
        job.finish(status)
        job.close()
        now = time.monotonic()
        grace = 0.0 if job.was_killed else _GRACE
        self._sweep_due = min(self._sweep_due, now + grace)
        self._patience_ends = now + _PATIENCE

    # --- processes that ended workers have left ------------------------------------------------

    def _sweep_if_due(self) -> None:
        if time.monotonic() >= self._sweep_due or not self._front_is_connected:
            self._sweep()
        elif not self.jobs and not has_children():
            self._sweep_due = _NEVER

    def _sweep(self) -> None:
        """End the processes that ended workers have left: they are children of this process now.

        The resource tracker of `multiprocessing` has more time than others to end by itself, as it
        removes what a notebook leaves in shared memory.
        """
        orphans = []
        if has_children():
            frozen = self.frozen.pids if self.frozen is not None else set()
            strangers = children() - self.jobs.keys() - frozen
            orphans = [pid for pid in strangers if not reap(pid)]
        now = time.monotonic()
        is_patient = now < self._patience_ends
        for pid in orphans:
            if is_patient and "resource_tracker" in command_line(pid):
                continue
            kill(pid)
        self._sweep_due = now + _SWEEP_AGAIN if orphans else _NEVER


@contextmanager
def _stderr_discarded() -> Iterator[None]:
    """Discard what is printed to stderr meanwhile."""
    stderr = os.dup(2)
    os.dup2(1, 2)  # descriptor 1 of a server leads to /dev/null
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def main() -> None:
    """Serve the front that started this process."""
    commands = os.dup(0)
    reports = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    sys.path.pop(0)  # the folder with this package: a notebook would find other modules there
    ignore_signals()
    adopt_orphans()
    shell = NotebookShell.instance()
    _warm_up(shell)
    shell.prepare_loop()
    server = ForkServer(commands, reports, shell, Parking())
    if _WITHOUT in sys.argv:  # it started itself again
        end = sys.argv.index(_WITHOUT)
        server.unsafe_modules = sys.argv[end + 1 :]
        server.preload(sys.argv[1:end])
    server.serve()
    # The client removes the folder too, unless the front was killed.
    shutil.rmtree(server.temporary_folder, ignore_errors=True)
    os._exit(0)  # to end in the usual way would take time and change nothing


def _warm_up(shell: NotebookShell) -> None:
    """Run two small cells, so that the first cells of each notebook run faster."""
    compiler = shell.compile
    assert isinstance(compiler, CellCompiler)
    for source in ("1", "print('', end='')"):
        compiler.begin("<warm>", source, {})
        shell.run_cell(source)
    shell.forget_results()
