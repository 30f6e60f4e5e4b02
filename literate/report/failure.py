"""A failure as lines of text: place, marked source, traceback, exception and output."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ..diagnostics import display_path, format_location
from ..execute.results import DIED, TIMEOUT, CellResult, Error, Frame, NotebookResult

# The kinds of lines. A report that has colours chooses one by the kind.
HEAD = "head"
MARK = "mark"
PLAIN = "plain"
FAINT = "faint"
ERROR = "error"

Line = tuple[str, str]  # kind and text

_CONTEXT = 12  # lines of a cell that are shown above and below the line that failed
_PRINTED = 40  # lines that are shown of the output of a cell: the last ones
_MESSAGE = 60  # lines that are shown of the message of an exception: the first ones
_WIDTH = 1000  # characters that are shown of a line
_RELATIONS = {"cause": "caused by", "context": "raised while handling", "member": "in the group:"}

_CONTROL_SEQUENCE = r"\x1b\[[0-9;?]*[ -/]*[@-~]"  # for example a colour
_SYSTEM_COMMAND = r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # for example the title of a window
_CONTROL_CHARACTER = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"
_ESCAPES = re.compile(f"{_CONTROL_SEQUENCE}|{_SYSTEM_COMMAND}|{_CONTROL_CHARACTER}")
_OVERWRITTEN = re.compile(r"^.*\r(?!\n|$)", re.MULTILINE)
# What is listed are the few characters that are illegible: to compile the list of the others takes
# ten times as long, in each run.
_ILLEGIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def describe_failure(result: NotebookResult) -> Iterator[Line]:
    """Everything that failed in a notebook."""
    if result.reason:
        first, *more = result.reason.split("\n")
        path = display_path(Path(result.path))
        if path not in first:
            first = f"{path}: {first}"
        yield HEAD, strip_ansi(first)
        for line in more:
            yield PLAIN, f"  {strip_ansi(line)}"
    for cell in result.failures:
        yield from describe_cell(Path(result.path), cell)


def describe_cell(path: Path, cell: CellResult, outputs: bool = True) -> Iterator[Line]:
    """A cell that failed.

    The first line begins with the place of the failure, in a form that editors and terminals can
    open.
    """
    error = error_of(cell)
    place = format_location(path, cell.index, cell.id, cell.line)
    first, *more = _message_lines(error)
    yield HEAD, f"{strip_ansi(place)}: {first}"
    for line in more:
        yield ERROR, line
    yield PLAIN, ""
    yield from _source(cell)
    yield from _traceback(error, cell)
    if outputs:
        yield from printed(cell)


def error_of(cell: CellResult) -> Error:
    """The error of a cell that failed."""
    return cell.error or Error("Failed", "the cell failed")  # in practice, it has one


def _source(cell: CellResult) -> Iterator[Line]:
    """The source of a cell with a mark at the line that failed; a long cell is cut around it."""
    lines = strip_ansi(cell.source).split("\n")
    marked = cell.line or 0
    start = max(0, marked - 1 - _CONTEXT)
    end = min(len(lines), start + 2 * _CONTEXT + 1)
    for number, line in enumerate(lines[start:end], start + 1):
        shown = f"{number:3} | {line[:_WIDTH]}".rstrip()
        if number == marked:
            yield MARK, f"> {shown}"
        else:
            yield PLAIN, f"  {shown}"
    if end < len(lines):
        yield FAINT, f"        ... {len(lines) - end} more lines"


def _traceback(error: Error, cell: CellResult) -> Iterator[Line]:
    """The traceback of an error, and the errors that are related to it.

    A traceback that consists of the marked line is left out.
    """
    places = [(frame.cell, frame.line) for frame in error.frames]
    if places and places != [(cell.index, cell.line)]:
        yield PLAIN, ""
        yield from _frames(error.frames)
        if error.name not in (TIMEOUT, DIED):  # an exception ends its traceback, as in Python
            yield ERROR, _first_line(error)
    for relation, related in error.related:
        yield PLAIN, ""
        yield FAINT, _RELATIONS[relation]
        yield from _related(related)


def _related(error: Error) -> Iterator[Line]:
    """An error that is related to the error of a cell.

    Errors that are only related to this error take one line each.
    """
    yield from _frames(error.frames)
    for line in _message_lines(error):
        yield ERROR, line
    for relation, deeper in error.related:
        yield ERROR, f"  {_RELATIONS[relation]} {_first_line(deeper)}"


def _frames(frames: tuple[Frame, ...]) -> Iterator[Line]:
    for frame in frames:
        place = strip_ansi(_place(frame))
        if frame.function not in ("", "<module>"):
            place += f" in {strip_ansi(frame.function)}"
        yield FAINT, f"  {place}"
        text = strip_ansi(frame.text).strip()
        if text and not _is_in_library(frame):
            yield PLAIN, f"      {text}"


def _is_in_library(frame: Frame) -> bool:
    return frame.file.startswith(_library_folders())


@cache
def _library_folders() -> tuple[str, ...]:
    """The folders of the standard library and of installed packages."""
    import sysconfig

    paths = sysconfig.get_paths()
    return tuple({paths[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib")})


def _place(frame: Frame) -> str:
    """The place of a frame; for a line of a generated module, first the place in its notebook."""
    path = Path(frame.file)
    if frame.cell is not None:
        return format_location(path, frame.cell, frame.cell_id, frame.line)
    place = f"{display_path(path)}:{frame.line}"
    if _is_in_library(frame):
        return place
    from ..sourcemap import read_source_map

    source_map = read_source_map(path)
    origin = source_map.to_notebook(frame.line) if source_map else None
    if origin is None:
        return place
    cell_place = format_location(origin.notebook, origin.cell, origin.cell_id, origin.line)
    return f"{cell_place} ({place})"


def printed(cell: CellResult) -> Iterator[Line]:
    """The text that a cell printed, and the text form of the objects that it displayed."""
    for output in cell.outputs:
        if "text" in output:
            text = output["text"]
        else:
            text = output["data"].get("text/plain", "")
        lines = strip_ansi(str(text)).rstrip("\n").split("\n")
        yield PLAIN, ""
        yield FAINT, f"{output.get('name', 'displayed')}:"
        if len(lines) > _PRINTED:
            yield FAINT, f"  ... {len(lines) - _PRINTED} lines before"
        for line in lines[-_PRINTED:]:
            yield PLAIN, f"  {line[:_WIDTH]}".rstrip()


def _first_line(error: Error) -> str:
    return strip_ansi(error.message).partition("\n")[0][:_WIDTH]


def _message_lines(error: Error) -> list[str]:
    """The first lines of an error's message, each up to a width that a person reads."""
    lines = strip_ansi(error.message).split("\n")
    shown = [line[:_WIDTH] for line in lines[:_MESSAGE]]
    if len(lines) > _MESSAGE:
        shown.append(f"... {len(lines) - _MESSAGE:,} more lines")
    return shown


def strip_ansi(text: str) -> str:
    """The text without codes that control a terminal.

    Of a line that was overwritten, such as a progress bar, the last state remains.
    """
    text = _OVERWRITTEN.sub("", text.replace("\r\n", "\n"))
    return _ESCAPES.sub("", text.expandtabs(4))


def legible(text: str) -> str:
    """The text with a replacement sign for each character that XML or a terminal cannot show.

    These characters are control characters and halves of surrogate pairs.
    """
    return _ILLEGIBLE.sub("\N{REPLACEMENT CHARACTER}", text)
