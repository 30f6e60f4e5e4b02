"""Exceptions as data: the name, the message, and the lines that the exception passed through."""

from __future__ import annotations

import os
import traceback

import IPython

from ...records import dataclass
from ..results import Error, Frame

_LITERATE = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))

# Lines in these folders are not shown: they belong to IPython, to the runner, and to the checks of
# exercises, which call the code of the notebook.
_HIDDEN_FOLDERS = (
    os.path.dirname(IPython.__file__) + os.sep,
    os.path.join(_LITERATE, "execute", ""),
    os.path.join(_LITERATE, "exercises", ""),
)
_MAX_FRAMES = 60  # of one traceback: a RecursionError has a thousand
_MAX_MESSAGE = 20_000  # characters
_MAX_LINE = 500  # characters
_MAX_MEMBERS = 20  # of an exception group
_MAX_DEPTH = 20  # of the chain of causes and members


@dataclass(frozen=True)
class _CellPlace:
    """A cell, and a line in it if that is known."""

    index: int
    cell_id: str
    line: int = 0


class CellNames:
    """Knows which file names in tracebacks are cells of the notebook."""

    def __init__(self, notebook: str) -> None:
        self._notebook = notebook  # its path
        self._cells: dict[str, _CellPlace] = {}  # by file name
        self._module_lines: dict[tuple[str, int], _CellPlace] = {}  # by module file and line
        self._running_name = ""
        self._running_source = ""

    def add(self, name: str, index: int, cell_id: str, source: str) -> None:
        """Note that a cell is about to run under a file name."""
        self._cells[name] = _CellPlace(index, cell_id)
        self._running_name = name
        self._running_source = source

    def add_module(self, file: str, lines: dict[int, int], index: int, cell_id: str) -> None:
        """Note that lines of a cell are about to run as lines of a module.

        `lines` holds the line in the module for each line of the cell.
        """
        for cell_line, module_line in lines.items():
            self._module_lines[file, module_line] = _CellPlace(index, cell_id, cell_line)

    def describe(self, exception: BaseException) -> Error:
        """An exception as data, together with its causes and members."""
        try:
            return self._error(traceback.TracebackException.from_exception(exception, compact=True))
        except Exception:
            # The notebook has patched a function that the standard library needs for this, or the
            # chain of causes is too long for the standard library.
            return self._short_error(exception)

    def _short_error(self, exception: BaseException) -> Error:
        """An exception as data, without its causes and without help of the standard library."""
        frames = []
        trace = exception.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if not code.co_filename.startswith(_HIDDEN_FOLDERS):
                frames.append(self._frame(code.co_filename, trace.tb_lineno or 0, code.co_name, ""))
            trace = trace.tb_next
        try:
            message = str(exception)
        except Exception:
            message = "<its message cannot be had>"
        name = type(exception).__name__
        return Error(name, _legible(f"{name}: {message}"), tuple(frames[-_MAX_FRAMES:]))

    def _error(self, trace: traceback.TracebackException, depth: int = 0) -> Error:
        name = trace.exc_type.__name__
        frames = self._frames(trace)
        if issubclass(trace.exc_type, SyntaxError):
            message = f"{name}: {trace.msg}"
            if trace.lineno:
                # The last line is not one that ran, but the line that Python could not parse.
                text = (trace.text or "").strip()
                frames.append(self._frame(trace.filename or "", int(trace.lineno), "", text))
        else:
            message = "".join(trace.format_exception_only())
            message = message.removeprefix("IPython.core.error.")
        related = self._related_errors(trace, depth)
        return Error(name, _legible(message), tuple(frames), tuple(related))

    def _frames(self, trace: traceback.TracebackException) -> list[Frame]:
        """The lines of a traceback. Of a deep traceback, the lines in the middle are left out."""
        frames = []
        for summary in trace.stack:
            if not summary.filename.startswith(_HIDDEN_FOLDERS):
                frames.append(self._frame_of(summary))
        if len(frames) > _MAX_FRAMES:
            half = _MAX_FRAMES // 2
            frames = frames[:half] + frames[-half:]
        return frames

    def _frame_of(self, summary: traceback.FrameSummary) -> Frame:
        line = summary.lineno or 0
        below_time = self._running_source.lstrip().startswith("%%time")
        if summary.filename == "<timed exec>" and below_time:
            # The magic %%time compiles the rest of the cell by itself, under this name.
            return self._frame(self._running_name, line + 1, "<module>", "")
        return self._frame(summary.filename, line, summary.name, summary.line or "")

    def _frame(self, file: str, line: int, function: str, text: str) -> Frame:
        text = _legible(text[:_MAX_LINE])
        cell = self._module_lines.get((file, line))
        if cell is not None:
            return Frame(self._notebook, cell.line, function, text, cell.index, cell.cell_id)
        cell = self._cells.get(file)
        if cell is not None:
            return Frame(self._notebook, line, function, text, cell.index, cell.cell_id)
        return Frame(file, line, function, text)

    def _related_errors(
        self, trace: traceback.TracebackException, depth: int
    ) -> list[tuple[str, Error]]:
        """Cause or context, and members of an exception, each with the word for its relation."""
        related: list[tuple[str, Error]] = []
        members = trace.exceptions or []
        if depth < _MAX_DEPTH:
            if trace.__cause__ is not None:
                related.append(("cause", self._error(trace.__cause__, depth + 1)))
            elif trace.__context__ is not None:  # it is None if Python would not show it
                related.append(("context", self._error(trace.__context__, depth + 1)))
            for member in members[:_MAX_MEMBERS]:
                related.append(("member", self._error(member, depth + 1)))
        left_out = len(members) - _MAX_MEMBERS
        if left_out > 0:
            related.append(("member", Error("...", f"... and {left_out:,} more")))
        return related


def _legible(text: str) -> str:
    """A text that every report can write: without lone surrogates, and cut if it is very long."""
    shown = text[:_MAX_MESSAGE].rstrip()
    if len(text) > _MAX_MESSAGE:
        shown += f"\n[cut here: {len(text):,} characters]"
    return shown.encode("utf-8", "backslashreplace").decode()
