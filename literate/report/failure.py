"""A failure in words: where, the cell with its line marked, the way there, the exception, and what was printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ..diagnostics import display_path, format_location
from ..execute.results import DIED, TIMEOUT, CellResult, Error, Frame, NotebookResult

HEAD, MARK, PLAIN, FAINT, ERROR = (
    "head",
    "mark",
    "plain",
    "faint",
    "error",
)  # what a line is, for whoever colours it
Line = tuple[str, str]  # what it is, and its text

_CONTEXT = 12  # lines shown of a cell on either side of the one that failed
_PRINTED = 40  # lines shown of what a cell printed: the last ones
_MESSAGE = 60  # lines shown of an exception's message: the first ones
_WIDTH = 1000  # characters shown of a line
_RELATIONS = {"cause": "caused by", "context": "raised while handling", "member": "in the group:"}
_ESCAPES = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_NO_TEXT = re.compile("[^\t\n\r -~\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def describe_failure(result: NotebookResult) -> Iterator[Line]:
    """Everything that failed in a notebook."""
    if result.reason:
        first, *more = result.reason.split("\n")
        path = display_path(Path(result.path))
        yield HEAD, strip_ansi(first if path in first else f"{path}: {first}")
        yield from ((PLAIN, f"  {strip_ansi(line)}") for line in more)
    for cell in result.failures:
        yield from describe_cell(Path(result.path), cell)


def describe_cell(path: Path, cell: CellResult, outputs: bool = True) -> Iterator[Line]:
    """One failed cell; the first line begins with a place that editors and terminals can open."""
    first, *more = _shortened(strip_ansi(cell.error.message).split("\n"), _MESSAGE)
    yield HEAD, f"{strip_ansi(format_location(path, cell.index, cell.id, cell.line))}: {first}"
    yield from ((ERROR, line) for line in more)
    yield PLAIN, ""
    yield from _source(cell)
    yield from _traceback(cell.error, cell)
    if outputs:
        yield from printed(cell)


def _source(cell: CellResult) -> Iterator[Line]:
    """The cell's source, the failing line marked; of a long one, the part around that line."""
    lines = strip_ansi(cell.source).split("\n")
    marked = cell.line or 0
    first = max(0, marked - 1 - _CONTEXT) if marked else 0
    last = min(len(lines), first + 2 * _CONTEXT + 1)
    for number, line in enumerate(lines[first:last], first + 1):
        sign, kind = (">", MARK) if number == marked else (" ", PLAIN)
        yield kind, f"{sign} {number:3} | {line[:_WIDTH]}".rstrip()
    if last < len(lines):
        yield FAINT, f"        ... {len(lines) - last} more lines"


def _traceback(error: Error, cell: CellResult) -> Iterator[Line]:
    """The way of the error, unless it is the marked line alone; then the errors that belong to it."""
    here = [(frame.cell, frame.line) for frame in error.frames] == [(cell.index, cell.line)]
    if error.frames and not here:
        yield PLAIN, ""
        yield from _frames(error.frames)
        if error.name not in (TIMEOUT, DIED):  # an exception ends its traceback, as in Python
            yield ERROR, _first_line(error)
    for relation, other in error.related:
        yield PLAIN, ""
        yield FAINT, _RELATIONS[relation]
        yield from _frames(other.frames)
        yield from (
            (ERROR, line) for line in _shortened(strip_ansi(other.message).split("\n"), _MESSAGE)
        )
        yield from (
            (ERROR, f"  {_RELATIONS[kind]} {_first_line(deeper)}") for kind, deeper in other.related
        )


def _frames(frames: tuple[Frame, ...]) -> Iterator[Line]:
    for frame in frames:
        where, text = strip_ansi(_place(frame)), strip_ansi(frame.text).strip()
        function = (
            f" in {strip_ansi(frame.function)}" if frame.function not in ("", "<module>") else ""
        )
        yield FAINT, f"  {where}{function}"
        if text and not frame.file.startswith(_libraries()):
            yield PLAIN, f"      {text}"


@cache
def _libraries() -> tuple[str, ...]:
    import sysconfig

    return tuple(
        {sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    )


def _place(frame: Frame) -> str:
    """Where a line is; for a line of a generated module, its cell comes first."""
    if frame.cell is not None:
        return format_location(Path(frame.file), frame.cell, frame.cell_id, frame.line)
    here = f"{display_path(Path(frame.file))}:{frame.line}"
    from ..sourcemap import read_source_map

    source = None if frame.file.startswith(_libraries()) else read_source_map(Path(frame.file))
    origin = source and source.to_notebook(frame.line)
    return (
        f"{format_location(origin.notebook, origin.cell, origin.cell_id, origin.line)} ({here})"
        if origin
        else here
    )


def printed(cell: CellResult) -> Iterator[Line]:
    """What a cell printed, and the text of what it displayed."""
    for output in cell.outputs:
        text = output["text"] if "text" in output else output["data"].get("text/plain", "")
        lines = strip_ansi(str(text)).rstrip("\n").split("\n")
        yield PLAIN, ""
        yield FAINT, f"{output.get('name', 'displayed')}:"
        if len(lines) > _PRINTED:
            yield FAINT, f"  ... {len(lines) - _PRINTED} lines before"
        yield from ((PLAIN, f"  {line[:_WIDTH]}".rstrip()) for line in lines[-_PRINTED:])


def _first_line(error: Error) -> str:
    return strip_ansi(error.message).partition("\n")[0][:_WIDTH]


def _shortened(lines: list[str], limit: int) -> list[str]:
    """The first lines, each up to a width that a person reads."""
    left = [f"... {len(lines) - limit:,} more lines"] if len(lines) > limit else []
    return [line[:_WIDTH] for line in lines[:limit]] + left


def strip_ansi(text: str) -> str:
    """Without the codes that steer a terminal; of a line that was overwritten (a progress bar), its last state."""
    text = re.sub(r"^.*\r(?!\n|$)", "", text.replace("\r\n", "\n"), flags=re.MULTILINE)
    return _ESCAPES.sub("", text.expandtabs(4))


def legible(text: str) -> str:
    """With a sign for each character that is none: control characters, halves of characters, what XML cannot hold."""
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)
