"""A job that runs its notebook in a Jupyter kernel: with `--kernel`, or because it is in another language than Python.

What the kernel says becomes the same frames that the built-in engine sends, so that everything beyond is the same.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from ast import literal_eval

from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from ..processes import adopt_orphans, die_with, limit_memory
from ..protocol import (
    CellBegins,
    CellEnds,
    CellReport,
    ClearOutput,
    Display,
    Refuse,
    ShowResult,
    StreamText,
    Task,
    UpdateDisplay,
    WorkerEnds,
)
from ..results import DIED, Error, Frame
from .channel import WorkerChannel
from .spawn import receive_task

# What a Python kernel is told before the first cell. IPython shows some errors (those below %%capture, for one) without
# telling of them in its reply.
_PREPARE = """
import sys, IPython
sys.path[:0] = [path for path in ({folder!r}, {root!r}) if path not in sys.path]
def prepare(shell):
    show = shell.showtraceback
    def showtraceback(exc_tuple=None, *args, **kwargs):
        kind, value = (exc_tuple or sys.exc_info())[:2]
        shell.shown_errors = ([base.__name__ for base in kind.__mro__], str(value))
        return show(exc_tuple, *args, **kwargs)
    shell.showtraceback = showtraceback
prepare(get_ipython())
del prepare, IPython
"""
_SHOWN = "[get_ipython().__dict__.pop('shown_errors', None), None][0]"
_WHERE = re.compile(
    r"Cell In\[(\d+)\], line (\d+)(?:, in (\w+))?|^File (.+?):(\d+), in (\S+?)\(", re.MULTILINE
)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class _Client(NotebookClient):
    """Passes on what the kernel says, as it says it."""

    def __init__(self, channel: WorkerChannel, **settings) -> None:
        super().__init__(new_notebook(), **settings)
        self.channel, self.error, self.reply = channel, None, {}

    def process_message(self, msg: dict, cell: dict, cell_index: int):
        content = msg["content"]
        display_id = content.get("transient", {}).get("display_id")
        match msg["msg_type"]:
            case "stream":
                self.channel.call(StreamText(content["name"], content["text"]))
            case "display_data":
                self.channel.call(Display(content["data"], content["metadata"], display_id))
            case "execute_result":
                self.channel.call(
                    ShowResult(content["data"], content["metadata"], content["execution_count"])
                )
            case "update_display_data":
                self.channel.call(UpdateDisplay(content["data"], content["metadata"], display_id))
            case "clear_output":
                self.channel.call(ClearOutput(content["wait"]))
            case "error":
                self.error = content
            case _:
                return super().process_message(msg, cell, cell_index)

    async def run(self, source: str) -> dict | None:
        """Run a cell; the error that it ended with."""
        self.error, self.reply = None, {}
        self.nb.cells = [new_code_cell(source)]
        await self.async_execute_cell(self.nb.cells[0], 0)
        if self.reply.get("status") == "error":
            self.error = self.error or self.reply
        return self.error

    async def ask(self, code: str, expression: str = "None") -> str:
        """Run code that no cell holds; the value of an expression after it."""
        reply = await self.kc.execute_interactive(
            code,
            silent=True,
            store_history=False,
            allow_stdin=False,
            user_expressions={"value": expression},
            output_hook=lambda message: None,
        )
        return (
            reply["content"]
            .get("user_expressions", {})
            .get("value", {})
            .get("data", {})
            .get("text/plain", "")
        )


async def _run(task: Task, channel: WorkerChannel) -> None:
    client = _Client(
        channel,
        kernel_name=task.kernel,
        timeout=None,
        allow_errors=True,
        record_timing=False,
        store_widget_state=False,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": task.folder}},
    )
    client.on_cell_executed = lambda execute_reply, **_: client.reply.update(
        execute_reply["content"]
    )
    try:
        client.create_kernel_manager()
        python = client.km.kernel_spec.language.lower() == "python"
    except NoSuchKernel:
        reason = (
            f"its kernel, {task.kernel}, is not installed: `jupyter kernelspec list` shows the installed "
            "ones, and --kernel NAME chooses one"
        )
        return channel.call(Refuse(reason))
    if task.parameters and not python:
        return channel.call(Refuse("--param sets variables in Python notebooks alone"))
    async with client.async_setup_kernel(env=_environment(task)):
        os.unlink(client.km.connection_file)  # the kernel has read it; nobody else is to
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(
            signal.SIGINT, lambda: loop.create_task(client.km.interrupt_kernel())
        )
        if python:
            await client.ask(_PREPARE.format(folder=task.folder, root=task.root))
        try:
            await _run_cells(task, client, channel, python)
        except DeadKernelError:
            status = client.km.provisioner.process.returncode
            return channel.call(
                CellEnds(client.cell, CellReport(False, 0.0, None, _death(status), []))
            )
    channel.call(WorkerEnds([], {}, []))


async def _run_cells(task: Task, client: _Client, channel: WorkerChannel, python: bool) -> None:
    cells: dict[int, tuple[int, str]] = {}  # by execution count
    settings = "\n".join(f"{name} = {value!r}" for name, value in task.parameters.items())
    if task.parameters_after is None:
        await client.ask(settings)
    clock = asyncio.get_running_loop().time
    for cell in task.cells:
        client.cell, cell_id, source, raises = cell.index, cell.cell_id, cell.source, cell.raises
        channel.send(CellBegins(client.cell))
        start = clock()
        found = await client.run(source)
        if python and (shown := literal_eval(await client.ask("", _SHOWN) or "None")):
            (name, *bases), value = shown
            found = {"ename": name, "evalue": value, **(found or {}), "bases": bases}
        seconds, count = clock() - start, client.reply.get("execution_count")
        cells[count] = client.cell, cell_id
        expected = found and raises in ("BaseException", found["ename"], *found.get("bases", ()))
        ok = bool(raises and expected) if found else not raises
        error = found and _error(found, task, cells)
        go_on = channel.call(
            CellEnds(client.cell, CellReport(ok, seconds, count, error or None, []))
        )
        if not go_on or not ok and not task.allow_errors:
            break
        if client.cell == task.parameters_after:
            await client.ask(settings)


def _error(content: dict, task: Task, cells: dict[int, tuple[int, str]]) -> Error:
    """What a kernel says of an error; the lines in cells are read from the text of its traceback."""
    text = _ANSI.sub("", "\n".join(content.get("traceback") or ()))
    sources = {cell.index: cell.source.split("\n") for cell in task.cells}
    frames = []
    for match in _WHERE.finditer(text):
        count, line, inside, file, file_line, function = match.groups()
        if file:
            if "/IPython/" not in file:
                frames.append(Frame(file, int(file_line), function))
        elif int(count) in cells:
            index, cell_id = cells[int(count)]
            line_text = dict(enumerate(sources[index], 1)).get(int(line), "").strip()
            frames.append(Frame(task.path, int(line), inside or "", line_text, index, cell_id))
    name, value = content.get("ename") or "Error", content.get("evalue") or ""
    details = "" if frames or "Traceback" in text or not text.strip() else f"\n{text.strip()}"
    return Error(name, f"{name}: {value}{details}".strip(), tuple(frames))


def _death(status: int | None) -> Error:
    if status is not None and status < 0:
        status = f"{signal.Signals(-status).name}, {signal.strsignal(-status)}"
    else:
        status = f"exit status {status}"
    return Error(DIED, f"the kernel died: {status}")


def _environment(task: Task) -> dict[str, str]:
    """The kernel's environment: no profile of the user's, and the project's modules within reach."""
    paths = os.pathsep.join(filter(None, [task.folder, task.root, os.environ.get("PYTHONPATH")]))
    os.makedirs(task.state_dir, exist_ok=True)
    return {
        **os.environ,
        "PYTHONPATH": paths,
        "IPYTHONDIR": os.path.join(task.state_dir, "ipython"),
    }


def main() -> None:
    """Run one notebook in a kernel."""
    task, pipes, parent = receive_task()
    signal.signal(signal.SIGUSR1, lambda *_: None)
    die_with(parent)
    adopt_orphans()
    limit_memory(task.max_memory)
    channel = WorkerChannel(pipes, parent)
    asyncio.run(_run(task, channel))
    os._exit(0)


if __name__ == "__main__":
    main()
