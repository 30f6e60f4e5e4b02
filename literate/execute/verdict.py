"""From what a job reported, or how it ended, to results."""

from __future__ import annotations

import re
import signal

from ..records import replace
from .protocol import CellEnded, NotebookEnd
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

_OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError")


def cell_result(step: Step, ended: CellEnded, limits: dict[str, float]) -> CellResult:
    """The result of a cell that ran to its end."""
    report = ended.report
    error = report.error
    if ended.limit:
        error = _timeout(ended.limit, limits, error.frames if error else (), step)
    elif not report.ok and step.raises:
        error = _unexpected(step.raises, error)
    if error and error.name in _OUT_OF_MEMORY and limits["memory"]:
        limit = f"a process of it may take {limits['memory']:,.0f} bytes (--max-memory)"
        error = replace(error, message=f"{error.message}\n{limit}")
    ok = report.ok and not ended.limit
    return CellResult(
        step.cell.index,
        step.cell.id,
        step.cell.source,
        PASSED if ok else FAILED,
        seconds=report.seconds,
        execution_count=report.execution_count,
        outputs=tuple(ended.outputs),
        error=error,
    )


def with_outputs(result: CellResult, outputs: list[dict]) -> CellResult:
    """The result of a cell whose display a later cell has updated."""
    return replace(result, outputs=tuple(outputs))


def _unexpected(expected: str, error: Error | None) -> Error:
    wanted = "an exception" if expected == "BaseException" else expected
    if error is None:
        return Error("DidNotRaise", f"the cell had to raise {wanted}, and raised nothing")
    return replace(error, message=f"{error.message}\nthe cell had to raise {wanted}")


def interrupted_cell(
    plan: NotebookPlan, step: Step, end: NotebookEnd, limits: dict[str, float]
) -> CellResult:
    """The result of the cell in which the process ended."""
    said = "".join(output["text"] for output in end.outputs if output.get("name") == "stderr")
    frames = _dumped_frames(plan, end.dump) or _dumped_frames(
        plan, said
    )  # the cell may have enabled faulthandler
    error = (
        _timeout(end.limit, limits, frames, step)
        if end.limit
        else Error(DIED, _death(end.status), frames)
    )
    cell = step.cell
    return CellResult(
        cell.index, cell.id, cell.source, FAILED, outputs=tuple(end.outputs), error=error
    )


def _timeout(
    limit: str, limits: dict[str, float], frames: tuple[Frame, ...], step: Step | None = None
) -> Error:
    seconds, option = limits[limit], {"cell": "--cell-timeout", "notebook": "--timeout"}[limit]
    if limit == "cell" and step and step.timeout is not None:
        seconds, option = step.timeout, "its own timeout"
    return Error(
        TIMEOUT, f"Timeout: the {limit} was still running after {seconds:g} s ({option})", frames
    )


def _death(status: int) -> str:
    """What `waitpid` says, in words."""
    number = status & 0x7F
    if not number:
        return f"the process died: exit status {status >> 8}"
    name = next((known.name for known in signal.Signals if known == number), f"signal {number}")
    hint = " (out of memory?)" if number == signal.SIGKILL else ""
    return f"the process died: {name}, {signal.strsignal(number)}{hint}"


_DUMP_LINE = re.compile(r'^  File "(.*)", line (\d+) in (.*)$', re.MULTILINE)
_THREAD = re.compile(r"^(?:Current thread|Thread) .*$", re.MULTILINE)


def _dumped_frames(plan: NotebookPlan, dump: str) -> tuple[Frame, ...]:
    """What faulthandler wrote last of the main thread: its frames from the first cell on, outermost first."""
    steps = {_escaped(plan.code_name(step)): step for step in plan.runs}
    frames: list[Frame] = []
    for file, line, function in reversed(
        _DUMP_LINE.findall(_THREAD.split(dump)[-1])
    ):  # the main thread comes last
        if step := steps.get(file):
            text = dict(enumerate(step.cell.source.split("\n"), 1)).get(int(line), "").strip()
            frames.append(
                Frame(plan.path, int(line), function, text, step.cell.index, step.cell.id)
            )
        elif frames:
            frames.append(Frame(file, int(line), function))
    return tuple(frames)


def _escaped(name: str) -> str:
    """A file name as faulthandler writes it."""
    return name.encode("ascii", "backslashreplace").decode()


def ended_the_parent(cell: int | None, status: int) -> NotebookEnd:
    """How a notebook ended that has twice taken the process with it that runs all notebooks."""
    remark = "it ends the process that runs all notebooks, and did so again when it ran alone"
    return NotebookEnd(status, cell=cell, remarks=((None, remark),))


def notebook_result(
    plan: NotebookPlan,
    cells: dict[int, CellResult],
    end: NotebookEnd,
    limits: dict[str, float],
    seconds: float,
    strict: bool = False,
) -> NotebookResult:
    """The result of a notebook whose process has ended."""
    for step in plan.steps:
        if step.skip:
            cells[step.cell.index] = CellResult(
                step.cell.index, step.cell.id, step.cell.source, SKIPPED, step.skip
            )
    every = tuple(cell for _, cell in sorted(cells.items()))
    failed = any(cell.outcome == FAILED for cell in every)
    reason = "" if failed else _beside_the_cells(plan, end, limits, strict)
    notes = tuple(
        text if index is None else f"cell {index + 1}: {text}" for index, text in end.remarks
    )
    outcome = FAILED if failed or reason else PASSED
    return NotebookResult(plan.path, outcome, every, len(plan.runs), seconds, reason, notes)


def _beside_the_cells(
    plan: NotebookPlan, end: NotebookEnd, limits: dict[str, float], strict: bool
) -> str:
    """What failed although every cell that ended did what it should, or ""."""
    if end.refusal:
        return end.refusal
    if end.complete and not end.limit:
        return "\n".join(text for index, text in end.remarks if index is None and strict)
    if end.limit:
        why = _timeout(end.limit, limits, ()).message.replace("the cell", "the notebook")
        where = next(
            (frame for frame in reversed(_dumped_frames(plan, end.dump)) if frame.cell is not None),
            None,
        )
        why += f" in cell {where.cell + 1} ({where.cell_id}), line {where.line}," if where else ","
    else:
        why = f"{_death(end.status)},"
    printed = "".join(output.get("text", "") for output in end.outputs)
    return f"{why} outside of its cells\n{printed}".rstrip()
