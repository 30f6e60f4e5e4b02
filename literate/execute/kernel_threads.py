"""Notebooks in Jupyter kernels, on a system that has no server: Windows cannot fork processes.

`KernelThreads` takes the place of the server. It understands the same commands and gives the same
reports, so that plans, results and everything else are the same. Each notebook has a thread here,
and a kernel, which is a process.
"""

from __future__ import annotations

import asyncio
import os
import queue
import re
import subprocess
import threading
import time
from ast import literal_eval
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from ..diagnostics import UserError
from .protocol import (
    CellEnded,
    CellReport,
    CellStarted,
    FromServer,
    NotebookEnd,
    NotebookEnded,
    Preload,
    RunNotebook,
    ServerReady,
    Task,
    TaskCell,
    ToServer,
)
from .results import NO_REASON, Error, Frame
from .snapshot_messages import CancelNotebook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Output = dict[str, Any]

_NEEDED = ("nbclient", "ipykernel")  # the packages that run notebooks here
_SILENCE = 1.0  # seconds without a report, after which the front looks at the clock
_PATIENCE = 10.0  # seconds that the threads have to end their kernels

_PREPARE = """
import os, sys
os.chdir({folder!r})
sys.path[:0] = [path for path in ({folder!r}, {root!r}) if path not in sys.path]
"""
_BASES = "[base.__name__ for base in __import__('sys').last_type.__mro__]"
_SKIPS = ("Skipped", "SkipTest")  # the exceptions by which a test says that it cannot run here
_CELL_LINE = re.compile(r"Cell In\[(\d+)\], line (\d+)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def check_kernels() -> None:
    """Raise a `UserError` if notebooks cannot run in kernels here."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(
            "notebooks run in Jupyter kernels on this system, which needs "
            f"{' and '.join(missing)}: pip install {' '.join(missing)}"
        )


class KernelThreads:
    """Runs notebooks in kernels, each from a thread of its own."""

    def __init__(self) -> None:
        check_kernels()
        self._reports: queue.SimpleQueue[FromServer] = queue.SimpleQueue()
        self._runs: list[_Run] = []

    def send(self, message: ToServer) -> None:
        """Take a command."""
        if isinstance(message, Preload):
            self._reports.put(ServerReady([]))
        elif isinstance(message, RunNotebook):
            run = _Run(message.number, message.task, self._reports)
            self._runs.append(run)
            run.start()
        elif isinstance(message, CancelNotebook):
            for run in self._runs:
                if run.number == message.number:
                    run.stop()

    def reports(self) -> Iterator[FromServer | None]:
        """Yield what happens, and None after each second in which nothing does."""
        while True:
            try:
                yield self._reports.get(timeout=_SILENCE)
            except queue.Empty:
                yield None

    def kill(self) -> None:
        """End the kernels; their notebooks then end, too."""
        for run in self._runs:
            run.stop()

    def restart(self) -> None:
        """Nothing is to be started again: no notebook can end this process."""

    def close(self) -> None:
        """End everything that still runs."""
        self.kill()
        deadline = time.monotonic() + _PATIENCE
        for run in self._runs:
            run.join(max(0.0, deadline - time.monotonic()))
        self._runs.clear()


class _Stop(Exception):
    """A notebook ends before its last cell; `end` says why."""

    def __init__(self, end: NotebookEnd) -> None:
        super().__init__()
        self.end = end


class _Run(threading.Thread):
    """The run of one notebook in a kernel."""

    def __init__(self, number: int, task: Task, reports: queue.SimpleQueue[FromServer]) -> None:
        super().__init__(daemon=True)
        self.number = number
        self._task = task
        self._reports = reports
        self._deadline = time.monotonic() + task.timeout if task.timeout else float("inf")
        self._seconds: float | None = None  # that the next cell may take
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[NotebookEnd] | None = None
        self._client: Any = None  # nbclient has no types
        self._is_python = False
        self._cells_by_count: dict[int, TaskCell] = {}

    def run(self) -> None:
        """Run the notebook, and report how it ended: this is what the thread does."""
        try:
            end = asyncio.run(self._run())
        except asyncio.CancelledError:
            end = NotebookEnd(0, refusal="it was stopped")
        except Exception as error:  # an error of the machinery must not end the whole run
            end = NotebookEnd(0, refusal=f"its kernel failed: {type(error).__name__}: {error}")
        self._reports.put(NotebookEnded(self.number, end))

    def stop(self) -> None:
        """End the kernel."""
        if self._loop is not None and self._main is not None and self.is_alive():
            try:
                self._loop.call_soon_threadsafe(self._main.cancel)
            except RuntimeError:  # the loop has just ended
                pass

    async def _run(self) -> NotebookEnd:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        refusal = self._make_client()
        if refusal:
            return NotebookEnd(0, refusal=refusal)
        # What a kernel itself prints is for people who debug kernels.
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        async with self._client.async_setup_kernel(env=_environment(self._task), **quiet):
            try:
                await self._run_cells()
            except _Stop as stop:
                return stop.end
        return NotebookEnd(0, complete=True, import_times={})

    def _make_client(self) -> str:
        """Make the client of the kernel; return why there is none, or ""."""
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
        from nbclient import NotebookClient
        from nbformat.v4 import new_code_cell, new_notebook

        try:
            spec = KernelSpecManager().get_kernel_spec(self._task.kernel)
        except NoSuchKernel:
            return f"its kernel, {self._task.kernel}, is not installed"
        self._is_python = spec.language.lower() == "python"
        if self._task.parameters and not self._is_python:
            return "--param sets variables in Python notebooks alone"
        self._client = NotebookClient(
            new_notebook(cells=[new_code_cell(cell.source) for cell in self._task.cells]),
            kernel_name=self._task.kernel,
            timeout_func=lambda cell: self._seconds,
            allow_errors=True,
            record_timing=False,
            store_widget_state=True,  # nbclient needs it for Output widgets
            shutdown_kernel="immediate",
            resources={"metadata": {"path": self._task.folder}},
        )
        return ""

    # --- the cells -----------------------------------------------------------------------------

    async def _run_cells(self) -> None:
        if self._is_python:
            await self._evaluate(_PREPARE.format(folder=self._task.folder, root=self._task.root))
        if self._task.parameters_after is None:
            await self._set_parameters()
        for position, cell in enumerate(self._task.cells):
            report, limit = await self._run_cell(position, cell)
            outputs = [_as_stored(output) for output in self._client.nb.cells[position].outputs]
            shown = [output for output in outputs if output["output_type"] != "error"]
            self._reports.put(CellEnded(self.number, cell.index, report, shown, limit))
            if limit:
                raise _Stop(NotebookEnd(0, limit=limit))
            if report.skip or not (report.ok or self._task.allow_errors):
                return
            if cell.index == self._task.parameters_after:
                await self._set_parameters()

    async def _run_cell(self, position: int, cell: TaskCell) -> tuple[CellReport, str]:
        """Run a cell; return its report, and the limit that has passed, or ""."""
        from nbclient.exceptions import CellTimeoutError, DeadKernelError

        limit = self._begin_limit(cell)
        self._reports.put(CellStarted(self.number, cell.index))
        notebook_cell = self._client.nb.cells[position]
        start = time.monotonic()
        try:
            await self._client.async_execute_cell(notebook_cell, position)
        except CellTimeoutError:
            return CellReport(False, time.monotonic() - start, None, None, []), limit
        except DeadKernelError:
            raise _Stop(NotebookEnd(1 << 8, cell=cell.index)) from None
        seconds = time.monotonic() - start
        count = notebook_cell.get("execution_count")
        if count is not None:
            self._cells_by_count[count] = cell
        error = self._error_in(notebook_cell.outputs)
        skip = "" if cell.raises or error is None else _reason_to_skip(error)
        if skip:
            return CellReport(True, seconds, count, None, [], skip), ""
        ok = await self._is_expected(error, cell.raises)
        return CellReport(ok, seconds, count, error, []), ""

    def _begin_limit(self, cell: TaskCell) -> str:
        """Set how long a cell may take; return the name of the limit that comes first."""
        rest = max(0.001, self._deadline - time.monotonic())
        own = self._task.own_timeouts.get(cell.index, self._task.cell_timeout) or float("inf")
        self._seconds = min(rest, own)
        limit = "cell" if own <= rest else "notebook"
        if self._seconds == float("inf"):
            self._seconds = None
        return limit

    async def _set_parameters(self) -> None:
        lines = [f"{name} = {value!r}" for name, value in self._task.parameters.items()]
        if lines:
            await self._evaluate("\n".join(lines))

    async def _evaluate(self, code: str, expression: str = "None") -> str:
        """Run code that does not stand in a cell; return the `repr` of an expression after it."""
        reply = await self._client.kc.execute_interactive(
            code,
            silent=True,
            store_history=False,
            allow_stdin=False,
            user_expressions={"value": expression},
            output_hook=lambda message: None,
        )
        values = reply["content"].get("user_expressions", {})
        text: str = values.get("value", {}).get("data", {}).get("text/plain", "")
        return text

    # --- errors --------------------------------------------------------------------------------

    async def _is_expected(self, error: Error | None, raises: str) -> bool:
        """Whether a cell ended as it has to."""
        if error is None:
            return not raises
        if raises in ("BaseException", error.name):
            return True
        if not raises or not self._is_python:
            return False
        return raises in literal_eval(await self._evaluate("", _BASES) or "[]")

    def _error_in(self, outputs: Sequence[Output]) -> Error | None:
        """The error among the outputs of a cell, as data."""
        for output in outputs:
            if output["output_type"] == "error":
                text = _COLOUR.sub("", "\n".join(output.get("traceback") or ()))
                message = f"{output['ename']}: {output['evalue']}"
                return Error(output["ename"], message, tuple(self._frames(text)))
        return None

    def _frames(self, traceback: str) -> Iterator[Frame]:
        """The lines of cells in a traceback."""
        for count, line in _CELL_LINE.findall(traceback):
            cell = self._cells_by_count.get(int(count))
            if cell is not None:
                lines = cell.source.split("\n")
                text = lines[int(line) - 1].strip() if int(line) <= len(lines) else ""
                path = self._task.path
                yield Frame(path, int(line), "<module>", text, cell.index, cell.cell_id)


def _reason_to_skip(error: Error) -> str:
    """Why a cell skips the rest of the notebook, by `pytest.skip` or `unittest.SkipTest`; or ""."""
    if error.name not in _SKIPS:
        return ""
    reason = error.message.partition(": ")[2]
    return " ".join(reason.split()) or NO_REASON


def _as_stored(output: Output) -> Output:
    """An output as plain data, with text in one piece."""
    plain = {key: value for key, value in output.items() if key != "transient"}
    return {key: dict(value) if hasattr(value, "items") else value for key, value in plain.items()}


def _environment(task: Task) -> dict[str, str]:
    """The environment of a kernel: no profile is read."""
    return {
        **os.environ,
        "IN_TEST": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "IPYTHONDIR": os.path.join(task.state_dir, "ipython"),
    }
