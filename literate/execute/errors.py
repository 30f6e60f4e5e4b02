"""An exception as data: what happened, and the lines it passed through, cells among them by their number."""

from __future__ import annotations

import os
import traceback
from dataclasses import asdict

import IPython

from .results import Error, Frame

_MACHINERY = (os.path.dirname(IPython.__file__) + os.sep, os.path.dirname(__file__) + os.sep)
_DEEPEST = 60  # frames kept of a traceback: a RecursionError has a thousand


class CellNames:
    """The file names under which the cells of one notebook are compiled."""

    def __init__(self, notebook: str) -> None:
        self.notebook = notebook
        self._cells: dict[str, tuple[int, str]] = {}
        self._lines: dict[tuple[str, int], tuple[int, str, int]] = {}  # a module's line -> cell, id and line
        self.current = ("", "")  # file name and source of the cell that runs

    def add(self, name: str, index: int, cell_id: str, source: str) -> None:
        """A cell is about to run."""
        self._cells[name], self.current = (index, cell_id), (name, source)

    def add_module(self, file: str, lines: dict[int, int], index: int, cell_id: str) -> None:
        """A cell is about to run under the name and the lines of a module."""
        self._lines.update({(file, there): (index, cell_id, here) for here, there in lines.items()})

    def describe(self, exception: BaseException) -> dict:
        """An exception as the plain data of an `Error`."""
        return asdict(self._error(traceback.TracebackException.from_exception(exception, compact=True), exception))

    def _error(self, trace: traceback.TracebackException, exception: BaseException | None) -> Error:
        frames = [frame for summary in trace.stack if (frame := self._frame(summary))]
        if len(frames) > _DEEPEST:
            frames = frames[:_DEEPEST // 2] + frames[-_DEEPEST // 2:]
        message = "".join(trace.format_exception_only()).rstrip().removeprefix("IPython.core.error.")
        message = message.encode("utf-8", "backslashreplace").decode()
        if issubclass(trace.exc_type, SyntaxError):
            message = f"{trace.exc_type.__name__}: {trace.msg}"
            if trace.lineno:
                frames.append(self._place(trace.filename or "", int(trace.lineno), "", (trace.text or "").strip()))
        related = [("cause", trace.__cause__)] if trace.__cause__ else []
        if trace.__context__ and not trace.__suppress_context__ and not trace.__cause__:
            related.append(("context", trace.__context__))
        related += [("member", member) for member in getattr(trace, "exceptions", None) or ()]
        return Error(
            name=trace.exc_type.__name__, message=message, frames=tuple(frames),
            related=tuple((relation, self._error(other, None)) for relation, other in related),
        )

    def _frame(self, summary: traceback.FrameSummary) -> Frame | None:
        """A line of a traceback; None for the machinery's own."""
        if summary.filename.startswith(_MACHINERY):
            return None
        name, source = self.current
        if summary.filename == "<timed exec>" and source.lstrip().startswith("%%time"):
            return self._place(name, summary.lineno + 1, "<module>", "")
        return self._place(summary.filename, summary.lineno, summary.name, summary.line)

    def _place(self, file: str, line: int, function: str, text: str) -> Frame:
        index, cell_id = self._cells.get(file, (None, ""))
        if (file, line) in self._lines:
            index, cell_id, line = self._lines[file, line]
        return Frame(file if index is None else self.notebook, line or 0, function, text or "", index, cell_id)
