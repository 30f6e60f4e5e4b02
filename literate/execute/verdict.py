"""Decide what passed and what failed: turn the server's messages about a notebook into results."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence

from ..records import replace
from .protocol import CellEnded, NotebookEnd, Output
from .results import (
    DIED,
    FAILED,
    PASSED,
    SKIPPED,
    TIMEOUT,
    CellResult,
    Error,
    Frame,
    NotebookResult,
)
from .selection import NotebookPlan, Step

Limits = Mapping[str, float]  # "cell" and "notebook" in seconds, "memory" in bytes; 0: no limit

_OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError")  # the second one is numpy's
_OPTION_OF_LIMIT = {"cell": "--cell-timeout", "notebook": "--timeout"}


# --- cells -------------------------------------------------------------------------------------


def cell_result(step: Step, ended: CellEnded, limits: Limits) -> CellResult:
    """The result of a cell that came to its end."""
    report = ended.report
    error = report.error
    if ended.limit:
        frames = error.frames if error else ()
        error = _timeout_error(ended.limit, limits, frames, step)
    elif not report.ok and step.raises:
        error = _wrong_exception(step.raises, error)
    if error and error.name in _OUT_OF_MEMORY and limits["memory"]:
        error = _with_memory_limit(error, limits["memory"])
    outcome = SKIPPED if report.skip else PASSED
    if ended.limit or not report.ok:
        outcome = FAILED
    return CellResult(
        step.cell.index,
        step.cell.id,
        step.cell.source,
        outcome,
        report.skip,
        seconds=report.seconds,
        execution_count=report.execution_count,
        outputs=tuple(ended.outputs),
        error=error,
    )


def with_outputs(result: CellResult, outputs: Sequence[Output]) -> CellResult:
    """The result of a cell whose display a later cell has updated."""
    return replace(result, outputs=tuple(outputs))


def interrupted_cell(
    plan: NotebookPlan, step: Step, end: NotebookEnd, limits: Limits
) -> CellResult:
    """The result of the cell that was running when the process ended."""
    frames = _dumped_frames(plan, end.dump)
    if not frames:  # the cell may have enabled faulthandler itself, which then writes to stderr
        frames = _dumped_frames(plan, _printed_text(end, "stderr"))
    if end.limit:
        error = _timeout_error(end.limit, limits, frames, step)
    else:
        error = Error(DIED, _death(end.status), frames)
    return CellResult(
        step.cell.index,
        step.cell.id,
        step.cell.source,
        FAILED,
        outputs=tuple(end.outputs),
        error=error,
    )


def _wrong_exception(expected: str, error: Error | None) -> Error:
    """The error of a cell that raised nothing, or another exception than it had to raise."""
    expected_words = "an exception" if expected == "BaseException" else expected
    demand = f"the cell had to raise {expected_words}"
    if error is None:
        return Error("DidNotRaise", f"{demand}, but it raised nothing")
    return replace(error, message=f"{error.message}\n{demand}")


def _with_memory_limit(error: Error, limit: float) -> Error:
    """A memory error that names the limit: without it, the machine would seem to be full."""
    note = f"each process of the notebook may take {limit:,.0f} bytes (--max-memory)"
    return replace(error, message=f"{error.message}\n{note}")


def _timeout_error(
    limit: str, limits: Limits, frames: tuple[Frame, ...], step: Step | None = None
) -> Error:
    """The error of a cell or a notebook that exceeded its time limit."""
    seconds = limits[limit]
    source = _OPTION_OF_LIMIT[limit]
    if limit == "cell" and step and step.timeout is not None:
        seconds = step.timeout
        source = "its own timeout"
    message = f"Timeout: the {limit} was still running after {seconds:g} s ({source})"
    return Error(TIMEOUT, message, frames)


def _death(status: int) -> str:
    """A process's exit status, as `os.waitpid` gives it, in words."""
    number = status & 0x7F
    if not number:
        return f"the process died: exit status {status >> 8}"
    hint = " (out of memory?)" if number == signal.SIGKILL else ""
    return f"the process died: {_signal_name(number)}, {signal.strsignal(number)}{hint}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have no name
        return f"signal {number}"


# --- frames from a dump of faulthandler --------------------------------------------------------

_DUMP_LINE = re.compile(r'^  File "(.*)", line (\d+) in (.*)$', re.MULTILINE)
_THREAD = re.compile(r"^(?:Current thread|Thread) .*$", re.MULTILINE)


def _dumped_frames(plan: NotebookPlan, dump: str) -> tuple[Frame, ...]:
    """The frames of the main thread in faulthandler's last dump, outermost first.

    The frames outside of the first cell belong to the machinery and are left out.
    """
    steps = {_escaped(plan.code_name(step)): step for step in plan.runs}
    main_thread = _THREAD.split(dump)[-1]  # faulthandler writes it last, its innermost frame first
    frames: list[Frame] = []
    for file, line, function in reversed(_DUMP_LINE.findall(main_thread)):
        step = steps.get(file)
        if step:
            frames.append(_cell_frame(plan, step, int(line), function))
        elif frames:
            frames.append(Frame(file, int(line), function))
    return tuple(frames)


def _cell_frame(plan: NotebookPlan, step: Step, line: int, function: str) -> Frame:
    lines = step.cell.source.split("\n")
    text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return Frame(plan.path, line, function, text, step.cell.index, step.cell.id)


def _escaped(name: str) -> str:
    """A file name as faulthandler writes it."""
    return name.encode("ascii", "backslashreplace").decode()


# --- notebooks ---------------------------------------------------------------------------------


def server_killer_end(cell: int | None, status: int) -> NotebookEnd:
    """The end of a notebook that has ended the server twice, the second time when it ran alone.

    `cell` is the cell that was running, and `status` is the exit status of the server.
    """
    remark = "it ended the process that runs all notebooks, and did so again when it ran alone"
    return NotebookEnd(status, cell=cell, remarks=((None, remark),))


def overdue_end(cell: int | None, limit: str) -> NotebookEnd:
    """The end of a notebook that was alone when the server did not keep its time limit."""
    remark = "it brought the process that runs all notebooks to a halt"
    return NotebookEnd(0, limit=limit, cell=cell, remarks=((None, remark),))


def notebook_result(
    plan: NotebookPlan,
    cells: Mapping[int, CellResult],
    end: NotebookEnd,
    limits: Limits,
    seconds: float,
    strict: bool = False,
) -> NotebookResult:
    """The result of a notebook whose process has ended.

    `cells` holds the results of the cells that ran, by index.
    """
    if end.has_run_on:
        end = replace(end, remarks=(*end.remarks, (None, _run_on(plan, end))))
    all_cells = dict(cells)
    for step in plan.steps:
        if step.skip:
            cell = step.cell
            all_cells[cell.index] = CellResult(cell.index, cell.id, cell.source, SKIPPED, step.skip)
    in_order = tuple(all_cells[index] for index in sorted(all_cells))
    has_failed = any(cell.outcome == FAILED for cell in in_order)
    reason = "" if has_failed else _failure_outside_cells(plan, end, limits, strict)
    outcome = FAILED if has_failed or reason else PASSED
    skips = [cell.reason for cell in cells.values() if cell.outcome == SKIPPED]
    if outcome == PASSED and skips:
        outcome = SKIPPED
        reason = skips[0]
    return NotebookResult(
        plan.path,
        outcome,
        in_order,
        total=len(plan.runs),
        seconds=seconds,
        reason=reason,
        notes=tuple(_notes(end)),
    )


def _notes(end: NotebookEnd) -> list[str]:
    notes = []
    for cell, text in end.remarks:
        notes.append(text if cell is None else f"cell {cell + 1}: {text}")
    return notes


def _failure_outside_cells(
    plan: NotebookPlan, end: NotebookEnd, limits: Limits, strict: bool
) -> str:
    """Why a notebook failed although none of its cells did, or ""."""
    if end.refusal:
        return end.refusal
    if end.complete and not end.limit:
        remarks = [text for cell, text in end.remarks if cell is None]
        return "\n".join(remarks) if strict else ""
    if end.limit:
        why = _timeout_outside_cells(plan, end, limits)
    else:
        why = _death(end.status)
    return f"{why}, outside of its cells\n{_printed_text(end)}".rstrip()


def _timeout_outside_cells(plan: NotebookPlan, end: NotebookEnd, limits: Limits) -> str:
    """The message of a time limit that passed between two cells, or after the last one."""
    message = _timeout_error(end.limit, limits, ()).message.replace("the cell", "the notebook")
    return f"{message} {_dumped_place(plan, end)}".rstrip()


def _run_on(plan: NotebookPlan, end: NotebookEnd) -> str:
    """The remark about a notebook that did not end after its last cell."""
    place = _dumped_place(plan, end)
    where = f", {place}," if place else ""
    return f"it still ran after its last cell{where} and was ended"


def _dumped_place(plan: NotebookPlan, end: NotebookEnd) -> str:
    """The innermost line of a cell in the dump: "in cell 2 (id), line 5"; or ""."""
    for frame in reversed(_dumped_frames(plan, end.dump)):
        if frame.cell is not None:
            return f"in cell {frame.cell + 1} ({frame.cell_id}), line {frame.line}"
    return ""


def _printed_text(end: NotebookEnd, stream: str | None = None) -> str:
    """What was printed last, to one stream or to both."""
    texts = []
    for output in end.outputs:
        if stream is None or output.get("name") == stream:
            texts.append(str(output.get("text", "")))
    return "".join(texts)
