"""A worker that runs its notebook in a Jupyter kernel.

This happens with `--kernel`, and for notebooks in another language than Python. The cells run in
the process of the kernel. This process speaks to the kernel by means of nbclient, and turns what
the kernel says into the messages of `protocol.py`. So the server need not know about kernels.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from ast import literal_eval

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from ...records import dataclass, replace
from ..processes import adopt_orphans, die_with, limit_memory
from ..protocol import (
    CellBegins,
    CellEnds,
    CellReport,
    Refuse,
    Task,
    TaskCell,
    WorkerEnds,
)
from ..results import DIED, NO_REASON, Error, Frame
from .channel import WorkerChannel
from .jupyter import message_of
from .spawn import receive_task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from nbformat import NotebookNode

    Content = dict[str, Any]  # the content of a message of a kernel

# A Python kernel runs this before the first cell. It puts the project's root into `sys.path`,
# behind the folder of the notebook. It also notes each exception that IPython shows: the reply of
# the kernel does not tell of some of them, for example of those below %%capture, and it never tells
# the bases of an exception.
_PREPARE = """
import sys, IPython
if '' not in sys.path:
    sys.path.append('')
sys.path.insert(sys.path.index('') + 1, {root!r})
def prepare(shell):
    show = shell.showtraceback
    def showtraceback(exc_tuple=None, *args, **kwargs):
        kind, value = (exc_tuple or sys.exc_info())[:2]
        shell.shown_error = ([base.__name__ for base in kind.__mro__], str(value))
        return show(exc_tuple, *args, **kwargs)
    shell.showtraceback = showtraceback
prepare(get_ipython())
del prepare, IPython
"""
_TAKE_SHOWN_ERROR = "get_ipython().__dict__.pop('shown_error', None)"

# A line of a traceback as IPython writes it: in a cell, which it calls by its execution count, or
# in a file.
_TRACEBACK_LINE = re.compile(
    r"Cell In\[(?P<count>\d+)\], line (?P<cell_line>\d+)(?:, in (?P<cell_function>\w+))?"
    r"|^File (?P<file>.+?):(?P<file_line>\d+), in (?P<file_function>\S+?)\(",
    re.MULTILINE,
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class _KernelError:
    """An error of a cell as a kernel reports it."""

    name: str
    value: str
    traceback: str = ""  # text, without colours
    bases: tuple[str, ...] = ()  # the names of the base classes; only Python kernels tell them


def _error_of(content: Content) -> _KernelError:
    traceback = _COLOUR.sub("", "\n".join(content.get("traceback") or ()))
    return _KernelError(content.get("ename") or "Error", content.get("evalue") or "", traceback)


class _Client(NotebookClient):
    """Runs code in a kernel, and reports outputs as soon as the kernel sends them."""

    def __init__(self, task: Task, channel: WorkerChannel) -> None:
        super().__init__(
            new_notebook(),
            kernel_name=task.kernel,
            timeout=None,
            allow_errors=True,
            record_timing=False,
            store_widget_state=True,  # nbclient keeps it beside the outputs of Output widgets
            shutdown_kernel="immediate",
            resources={"metadata": {"path": task.folder}},
        )
        self.on_cell_executed = self._keep_reply
        self._channel = channel
        self._error: _KernelError | None = None
        self.taken_error: _KernelError | None = None  # that an Output widget has taken
        self.reply: Content = {}  # of the kernel to the last cell

    @property
    def manager(self) -> AsyncKernelManager:
        """The object that starts, interrupts and ends the kernel."""
        assert isinstance(self.km, AsyncKernelManager)
        return self.km

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Take a message of the kernel: nbclient calls this for each of them."""
        kind, content = msg["msg_type"], msg["content"]
        is_taken = bool(self.output_hook_stack[msg["parent_header"].get("msg_id")])
        if is_taken and kind == "error":
            self.taken_error = _error_of(content)
        if is_taken:  # by an Output widget, which nbclient keeps
            return super().process_message(msg, cell, cell_index)
        if kind == "error":
            self._error = _error_of(content)
            return None
        message = message_of(kind, content)
        if message is None:
            return super().process_message(msg, cell, cell_index)
        self._channel.call(message)
        return None

    def _keep_reply(self, execute_reply: dict[str, Any], **_: object) -> None:
        self.reply = execute_reply["content"]

    async def run_source(self, source: str) -> _KernelError | None:
        """Run a cell. Returns the error that ended it, or None."""
        self._error = None
        self.taken_error = None
        self.reply = {}
        self.nb.cells = [new_code_cell(source)]
        await self.async_execute_cell(self.nb.cells[0], 0)
        if self._error is None and self.reply.get("status") == "error":
            self._error = _error_of(self.reply)
        return self._error

    async def evaluate(self, code: str, expression: str = "None") -> str:
        """Run code that does not stand in a cell. Returns the `repr` of an expression after it."""
        assert isinstance(self.kc, AsyncKernelClient)
        reply = await self.kc.execute_interactive(
            code,
            silent=True,
            store_history=False,
            allow_stdin=False,
            user_expressions={"value": expression},
            output_hook=lambda message: None,
        )
        values = reply["content"].get("user_expressions", {})
        data = values.get("value", {}).get("data", {})
        text: str = data.get("text/plain", "")
        return text


class _KernelRun:
    """The run of a notebook in a kernel: it starts the kernel, runs the cells and reports them."""

    def __init__(self, task: Task, channel: WorkerChannel) -> None:
        self._task = task
        self._channel = channel
        self._client = _Client(task, channel)
        self._is_python = False
        self._cell: TaskCell | None = None  # the cell that runs, or the last that ran
        self._cells_by_count: dict[int, TaskCell] = {}  # by execution count

    async def run(self) -> None:
        """Run the notebook."""
        reason = self._choose_kernel()
        if reason:
            self._channel.call(Refuse(reason))
            return
        async with self._client.async_setup_kernel(env=_environment(self._task)):
            is_complete = await self._run_in_kernel()
        if is_complete:
            self._channel.call(WorkerEnds([], {}, []))

    def _choose_kernel(self) -> str:
        """Find the kernel. Returns why the notebook cannot run, or ""."""
        try:
            self._client.create_kernel_manager()
            spec = self._client.manager.kernel_spec
        except NoSuchKernel:
            return (
                f"its kernel, {self._task.kernel}, is not installed: `jupyter kernelspec list` "
                "shows the installed ones, and --kernel NAME chooses one"
            )
        assert spec is not None  # a kernel without a specification is not found
        self._is_python = spec.language.lower() == "python"
        if self._task.parameters and not self._is_python:
            return "--param sets variables in Python notebooks alone"
        return ""

    async def _run_in_kernel(self) -> bool:
        """Run the cells in the kernel, which has started. Returns False if the kernel died."""
        # The kernel has read this file. Other programs must not connect to it.
        os.unlink(self._client.manager.connection_file)
        self._pass_on_interrupts()
        if self._is_python:
            prepare = _PREPARE.format(root=self._task.root)
            await self._client.evaluate(prepare)
        try:
            await self._run_cells()
        except DeadKernelError:
            if self._cell is None:
                raise
            self._report_death(self._cell)
            return False
        return True

    def _pass_on_interrupts(self) -> None:
        """Interrupt the kernel when this process is interrupted, which happens at a time limit."""
        loop = asyncio.get_running_loop()

        def interrupt() -> None:
            asyncio.ensure_future(self._client.manager.interrupt_kernel(), loop=loop)

        loop.add_signal_handler(signal.SIGINT, interrupt)

    def _report_death(self, cell: TaskCell) -> None:
        process = getattr(self._client.manager.provisioner, "process", None)
        error = _death(getattr(process, "returncode", None))
        report = CellReport(False, 0.0, None, error, [])
        self._channel.call(CellEnds(cell.index, report))

    async def _run_cells(self) -> None:
        if self._task.parameters_after is None:
            await self._set_parameters()
        for cell in self._task.cells:
            self._cell = cell
            if not await self._run_cell(cell):
                break
            if cell.index == self._task.parameters_after:
                await self._set_parameters()

    async def _set_parameters(self) -> None:
        lines = [f"{name} = {value!r}" for name, value in self._task.parameters.items()]
        await self._client.evaluate("\n".join(lines))

    async def _run_cell(self, cell: TaskCell) -> bool:
        """Run a cell and report it. Returns whether the next cell is to run."""
        clock = asyncio.get_running_loop().time
        self._channel.send(CellBegins(cell.index))
        start = clock()
        kernel_error = await self._client.run_source(cell.source)
        if cell.raises:  # what an Output widget has taken did not end the cell, but it was raised
            kernel_error = kernel_error or self._client.taken_error
        if self._is_python:
            kernel_error = await self._add_shown_error(kernel_error)
        seconds = clock() - start

        execution_count = self._client.reply.get("execution_count")
        if execution_count is not None:
            self._cells_by_count[execution_count] = cell
        skip = "" if cell.raises else _reason_to_skip(kernel_error)
        ok = bool(skip) or _is_expected(kernel_error, cell.raises)
        error = None if kernel_error is None or skip else self._describe(kernel_error)
        report = CellReport(ok, seconds, execution_count, error, [], skip)
        goes_on = self._channel.call(CellEnds(cell.index, report))
        return goes_on and not skip and (ok or self._task.allow_errors)

    async def _add_shown_error(self, error: _KernelError | None) -> _KernelError | None:
        """The error of a cell in Python, with its bases; or the error that IPython only showed."""
        shown = literal_eval(await self._client.evaluate("", _TAKE_SHOWN_ERROR) or "None")
        is_taken = error is None and self._client.taken_error is not None
        if shown is None or is_taken:
            return error
        (name, *bases), value = shown
        return replace(error or _KernelError(name, value), bases=tuple(bases))

    def _describe(self, error: _KernelError) -> Error:
        """An error as data. Its lines are read from the text of the traceback."""
        frames = []
        for match in _TRACEBACK_LINE.finditer(error.traceback):
            frame = self._frame(match)
            if frame is not None:
                frames.append(frame)
        message = f"{error.name}: {error.value}"
        text = error.traceback.strip()
        if not frames and "Traceback" not in text and text != message:
            # The kernel of another language: the text is all that it says.
            message += f"\n{text}"
        return Error(error.name, message.strip(), tuple(frames))

    def _frame(self, match: re.Match[str]) -> Frame | None:
        """A line of a traceback as data. None if it is IPython's own, or not known."""
        file = match["file"]
        if file:
            if "/IPython/" in file:
                return None
            return Frame(file, int(match["file_line"]), match["file_function"])
        cell = self._cells_by_count.get(int(match["count"]))
        if cell is None:
            return None
        line = int(match["cell_line"])
        lines = cell.source.split("\n")
        text = lines[line - 1].strip() if 1 <= line <= len(lines) else ""
        function = match["cell_function"] or ""
        return Frame(self._task.path, line, function, text, cell.index, cell.cell_id)


def _is_expected(error: _KernelError | None, raises: str) -> bool:
    """Whether a cell ended as it has to.

    `raises` is the name of the exception that it has to raise, or of one of its bases, or "".
    """
    if error is None:
        return not raises
    return raises in ("BaseException", error.name, *error.bases)


def _reason_to_skip(error: _KernelError | None) -> str:
    """Why a cell skips the rest of the notebook, by `pytest.skip` or `unittest.SkipTest`; or ""."""
    if error is None or error.name not in ("Skipped", "SkipTest"):
        return ""
    return error.value or NO_REASON


def _death(status: int | None) -> Error:
    """The error of a kernel that died. `status` is as `subprocess` gives it."""
    if status is not None and status < 0:
        number = -status
        how = f"{signal.Signals(number).name}, {signal.strsignal(number)}"
    else:
        how = f"exit status {status}"
    return Error(DIED, f"the kernel died: {how}")


def _environment(task: Task) -> dict[str, str]:
    """The environment of the kernel: no profile is read."""
    ipython_folder = os.path.join(task.state_dir, "ipython")  # it is empty
    os.makedirs(task.state_dir, exist_ok=True)
    return {**os.environ, "IPYTHONDIR": ipython_folder}


def main() -> None:
    """Run one notebook in a kernel."""
    task, pipes, server = receive_task()
    # At a time limit, the server sends SIGUSR1 to ask which line runs. There is no answer here.
    signal.signal(signal.SIGUSR1, lambda *_: None)
    die_with(server)
    adopt_orphans()
    limit_memory(task.max_memory)
    channel = WorkerChannel(pipes, server)
    asyncio.run(_KernelRun(task, channel).run())
    os._exit(0)


if __name__ == "__main__":
    main()
