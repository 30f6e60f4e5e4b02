"""An exception as data: what happened, and the lines it passed through, cells among them by their number."""

from __future__ import annotations

import os
import traceback

import IPython

from ..results import Error, Frame

_MACHINERY = (
    os.path.dirname(IPython.__file__) + os.sep,
    os.path.dirname(os.path.dirname(__file__)) + os.sep,
)
_DEEPEST = 60  # frames kept of a traceback: a RecursionError has a thousand
_LONGEST = 20_000  # characters kept of a message
_LINE = 500  # characters kept of a line
_WIDEST = 20  # members kept of a group, and how deep causes and members are told


class CellNames:
    """The file names under which the cells of one notebook are compiled."""

    def __init__(self, notebook: str) -> None:
        self.notebook = notebook
        self._cells: dict[str, tuple[int, str]] = {}
        self._lines: dict[
            tuple[str, int], tuple[int, str, int]
        ] = {}  # a module's line -> cell, id and line
        self.current = ("", "")  # file name and source of the cell that runs

    def add(self, name: str, index: int, cell_id: str, source: str) -> None:
        """A cell is about to run."""
        self._cells[name], self.current = (index, cell_id), (name, source)

    def add_module(self, file: str, lines: dict[int, int], index: int, cell_id: str) -> None:
        """A cell is about to run under the name and the lines of a module."""
        self._lines.update({(file, there): (index, cell_id, here) for here, there in lines.items()})

    def describe(self, exception: BaseException) -> Error:
        """An exception as data."""
        try:
            return self._error(traceback.TracebackException.from_exception(exception, compact=True))
        except (
            Exception
        ):  # the cell has patched what this takes, or made a chain that is too long for it
            return self._in_short(exception)

    def _in_short(self, exception: BaseException) -> Error:
        """What can be said of an exception without the help of the standard library."""
        frames, trace = [], exception.__traceback__
        while trace:
            code = trace.tb_frame.f_code
            if not code.co_filename.startswith(_MACHINERY):
                frames.append(self._place(code.co_filename, trace.tb_lineno, code.co_name, ""))
            trace = trace.tb_next
        try:
            message = str(exception)
        except Exception:
            message = "<its message cannot be had>"
        name = type(exception).__name__
        return Error(name, _legible(f"{name}: {message}"), tuple(frames[-_DEEPEST:]))

    def _error(self, trace: traceback.TracebackException, depth: int = 0) -> Error:
        frames = [frame for summary in trace.stack if (frame := self._frame(summary))]
        if len(frames) > _DEEPEST:
            frames = frames[: _DEEPEST // 2] + frames[-_DEEPEST // 2 :]
        message = _legible(
            "".join(trace.format_exception_only()).removeprefix("IPython.core.error.")
        )
        if issubclass(trace.exc_type, SyntaxError):
            message = _legible(f"{trace.exc_type.__name__}: {trace.msg}")
            if trace.lineno:
                frames.append(
                    self._place(
                        trace.filename or "", int(trace.lineno), "", (trace.text or "").strip()
                    )
                )
        related = [("cause", trace.__cause__)] if trace.__cause__ else []
        if trace.__context__ and not trace.__suppress_context__ and not trace.__cause__:
            related.append(("context", trace.__context__))
        members = getattr(trace, "exceptions", None) or ()
        related += [("member", member) for member in members[:_WIDEST]]
        told = [
            (relation, self._error(other, depth + 1))
            for relation, other in related
            if depth < _WIDEST
        ]
        if len(members) > _WIDEST:
            told.append(("member", Error("...", f"... and {len(members) - _WIDEST:,} more")))
        return Error(trace.exc_type.__name__, message, tuple(frames), tuple(told))

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
        text = _legible((text or "")[:_LINE])
        return Frame(
            file if index is None else self.notebook, line or 0, function, text, index, cell_id
        )


def _legible(text: str) -> str:
    """A text that every report can write, and no more of it than a person reads."""
    cut = f"\n[cut here: {len(text):,} characters]" if len(text) > _LONGEST else ""
    return (text[:_LONGEST].rstrip() + cut).encode("utf-8", "backslashreplace").decode()
