"""Places in what tools print: each line with the places in it named anew, all else as it is.

Tools name a line of a module in a few ways, and colours may stand between the parts:

    lib/core.py:34:5: error: ...                     mypy, ruff, pyright, pytest, flake8, IPython
    File "lib/core.py", line 34, in double           Python
    lib/core.py:                                     ruff's format "grouped": the lines below it
      34:5 F401 ...                                  belong to this file
    34 | import os                                   ruff's format "full": the code below a place
    ::error file=lib/core.py,line=34,endLine=34      GitHub
    ##vso[task.logissue sourcepath=lib/core.py;linenumber=34;   Azure

`tool_junit.py` knows one more form.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections import deque
from functools import cached_property, partial
from pathlib import Path

from ..records import dataclass
from .places import (
    CELL,
    FILE,
    MODULE,
    Position,
    is_same_cell,
    position_in_cell,
    position_in_module,
    position_name,
    shown_path,
)
from .tool_junit import JunitLines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ESCAPE = r"\x1b(?:\[[0-9;?]*[A-Za-z]|\([A-Z0-9])"  # a colour, or another style
_STYLE = rf"(?:{ESCAPE})*"

# What follows the path of a file: `.py:34:5:34:10`, or `.py", line 34`.
_PLACE = re.compile(
    rf"\.py(?P<after>{_STYLE}:{_STYLE}|\"{_STYLE}, line {_STYLE})(?P<line>\d+)"
    rf"(?:(?P<colon>{_STYLE}:{_STYLE})(?P<column>\d+)"
    rf"(?::(?P<end_line>\d+):(?P<end_column>\d+)(?=:))?)?"
)
_CELL = re.compile(
    rf"\.ipynb:cell (?P<number>\d+)(?: \([^()]*\))?"
    rf"(?:(?P<after>{_STYLE}:{_STYLE}|\"{_STYLE}, line {_STYLE})(?P<line>\d+))?"
    rf"(?:(?P<colon>{_STYLE}:{_STYLE})(?P<column>\d+))?"
    # In a traceback of literate: the module of the cell, if it ran there, and the function.
    rf"(?P<frame>(?: \([^()]+\.py:\d+\))?(?= in ))?"
)
# Where the path of a file may begin: at the beginning of a line, and behind these.
_BEGINNING = re.compile(rf"^|[\s\"'(\[{{<=,;:>]|{ESCAPE}")
_LONGEST_PATH = 4096
_MOST_BEGINNINGS = 12  # that are tried for one place: a path may contain some blanks

_GROUP = re.compile(rf"(?P<path>{_STYLE}[^\x1b]+\.py{_STYLE}):\s*$")
_IN_GROUP = re.compile(rf"(?P<indent>\s+{_STYLE})(?P<line>\d+)(?P<colon>{_STYLE}:{_STYLE})(?=\d)")

_COMMAND = re.compile(
    r"(?P<head>(?:::\w+ .*?\bfile=|.*?##vso\[.*?\bsourcepath=))(?P<path>[^,;]+\.py)"
    r"(?P<rest>[,;](?:(?!::|\]).)*)"
)
_LINE_OF_COMMAND = re.compile(r"\b(?P<key>line|endLine|linenumber|endlinenumber)=(?P<line>\d+)")

# Numbered lines of code below a place: `34 | code` of ruff, and `---> 34 code` of IPython.
_FIRST_NUMBERED = re.compile(rf"{_STYLE} *{_STYLE}--> |{_STYLE}File ")
_NUMBERED = re.compile(
    rf"(?P<margin>{_STYLE}(?:-+> ?)?{_STYLE} *{_STYLE})(?P<line>\d+)(?= *{_STYLE}(?: |\Z))"
)


@dataclass(frozen=True)
class Found:
    """A place in a line of text."""

    start: int  # of the path
    end: int  # of the place
    position: Position
    text: str  # what takes its place


class Rewriter:
    """Names the places in the lines of a text anew, one line after the other."""

    def __init__(self, world: str, note: Callable[[Found, str], None] | None = None) -> None:
        self._world = world  # how places are named: CELL, FILE or MODULE
        self._note = note  # is told each place that was found, and the line behind it
        self._group = ""  # the module to which lines such as `34:5 F401` belong
        self._code: Position | None = None  # the place whose code is shown in numbered lines
        self._junit = JunitLines()

    def rewrite(self, line: str) -> str:
        """The line with its places named anew."""
        found = [] if self._world == MODULE else self._commands(line)
        if not found:
            found = self._places(line)
        if not found:
            return self._rewrite_context(line)
        self._group = ""
        self._code = None
        if _FIRST_NUMBERED.match(line):
            self._code = found[0].position
        return self._replaced(line, found)

    def _replaced(self, line: str, found: list[Found]) -> str:
        pieces = []
        copied = 0
        for each in found:
            pieces += [line[copied : each.start], each.text]
            copied = each.end
            if self._note:
                self._note(each, line[each.end :])
        return "".join([*pieces, line[copied:]])

    # --- places with a path --------------------------------------------------------------------

    def _places(self, line: str) -> list[Found]:
        """The places in a line that name a file, from left to right."""
        found: list[Found] = []
        beginnings = _Beginnings(line)
        if ".ipynb:cell " in line and self._world != CELL:
            found = _collect(_CELL.finditer(line), partial(self._cell_place, beginnings), found)
        if ".py" in line and self._world != MODULE:
            found = _collect(_PLACE.finditer(line), partial(self._module_place, beginnings), found)
        return found

    def _module_place(
        self, beginnings: _Beginnings, after: int, match: re.Match[str]
    ) -> Found | None:
        column = int(match["column"]) if match["column"] else None
        number = int(match["line"])
        for start, path in beginnings.paths(after, match.start() + len(".py")):
            position = position_in_module(path, number, column)
            if position is None:
                return None
            name, new_line = position_name(position, self._world, os.path.isabs(path))
            text = f"{name}{match['after']}{new_line}"
            if match["column"]:
                text += f"{match['colon']}{match['column']}"
            if match["end_line"]:
                text += f":{self._line_of(position, int(match['end_line']))}:{match['end_column']}"
            return Found(start, match.end(), position, text)
        return None

    def _cell_place(
        self, beginnings: _Beginnings, after: int, match: re.Match[str]
    ) -> Found | None:
        column = int(match["column"]) if match["column"] else None
        for start, path in beginnings.paths(after, match.start() + len(".ipynb")):
            notebook = Path(os.path.abspath(path))
            number = int(match["line"] or 1)
            position = position_in_cell(notebook, int(match["number"]) - 1, number, column)
            if position is None:
                return None
            name, new_line = position_name(position, self._world, os.path.isabs(path))
            text = f"{name}{match['after'] or ':'}{new_line}"
            if match["column"]:
                text += f"{match['colon']}{match['column']}"
            if match["frame"] is not None:  # editors know this form: `lib/core.py:12: in double`
                text += ":"
                start = 0 if match.string[:start].isspace() else start
            return Found(start, match.end(), position, text)
        return None

    def _line_of(self, position: Position, line: int) -> int:
        """The new number of another line of the same module, such as the end of an expression.

        A line that stands in another cell gets the number of the position itself.
        """
        other = position_in_module(str(position.module), line)
        if not is_same_cell(other, position):
            other = position
        return position_name(other or position, self._world)[1]

    # --- commands to services ------------------------------------------------------------------

    def _commands(self, line: str) -> list[Found]:
        """The place in a command to GitHub or Azure, which mark lines of files.

        The message behind the command, which names the place once more, is a place of its own.
        """
        match = _COMMAND.match(line) if "file=" in line or "sourcepath=" in line else None
        if match is None:
            return []
        first = _LINE_OF_COMMAND.search(match["rest"])
        position = position_in_module(match["path"], int(first["line"])) if first else None
        if position is None:
            return []

        def renumbered(number: re.Match[str]) -> str:
            other = position_in_module(match["path"], int(number["line"])) or position
            return f"{number['key']}={position_name(other, FILE)[1]}"

        path = shown_path(position.cell.notebook, os.path.isabs(match["path"]))
        text = match["head"] + path + _LINE_OF_COMMAND.sub(renumbered, match["rest"])
        rest = [
            Found(each.start + match.end(), each.end + match.end(), each.position, each.text)
            for each in self._places(line[match.end() :])
        ]
        return [Found(0, match.end(), position, text), *rest]

    # --- lines that belong to a place above them -----------------------------------------------

    def _rewrite_context(self, line: str) -> str:
        if self._world == MODULE:
            return line
        group = _GROUP.match(line)
        if group:
            self._group = re.sub(ESCAPE, "", group["path"])
            return line
        in_junit = self._junit.rewrite(line)
        if in_junit is not None:
            return in_junit
        if not line.strip():
            self._group = ""
            self._code = None
            return line
        if self._group:
            return self._rewrite_in_group(line)
        return self._rewrite_numbered(line) if self._code else line

    def _rewrite_in_group(self, line: str) -> str:
        match = _IN_GROUP.match(line)
        position = position_in_module(self._group, int(match["line"])) if match else None
        if match is None or position is None:
            return line
        name, number = position_name(position, self._world, os.path.isabs(self._group))
        text = f"{match['indent']}{name}:{number}{match['colon']}"
        return self._replaced(line, [Found(0, match.end(), position, text)])

    def _rewrite_numbered(self, line: str) -> str:
        """A line of code with its new number; without a number if it is not of the same cell."""
        match = _NUMBERED.match(line)
        if match is None or self._code is None:
            return line
        other = position_in_module(str(self._code.module), int(match["line"]))
        number = ""
        if other is not None and is_same_cell(other, self._code):
            number = str(position_name(other, self._world)[1])
        width = len(match["line"])
        return f"{match['margin']}{number:>{width}}{line[match.end() :]}"


class _Beginnings:
    """Where the paths of files may begin in a line."""

    def __init__(self, line: str) -> None:
        self._line = line

    @cached_property
    def _positions(self) -> list[int]:
        return [match.end() for match in _BEGINNING.finditer(self._line)]

    def paths(self, start: int, end: int) -> Iterator[tuple[int, str]]:
        """The files whose path ends at a position of the line; the longest path comes first."""
        first = bisect_left(self._positions, max(start, end - _LONGEST_PATH))
        last = bisect_left(self._positions, end)
        for position in self._positions[max(first, last - _MOST_BEGINNINGS) : last]:
            path = os.path.expanduser(self._line[position:end])
            if _is_file(path):
                yield position, path


def _collect(
    matches: Iterable[re.Match[str]],
    make: Callable[[int, re.Match[str]], Found | None],
    before: list[Found],
) -> list[Found]:
    """The places of `before`, and those that are made of the matches outside of them.

    `make` gets the position at which the text begins that is not part of another place.
    """
    waiting = deque(before)
    found: list[Found] = []
    for match in matches:
        while waiting and waiting[0].start <= match.start():
            found.append(waiting.popleft())
        end = found[-1].end if found else 0
        place = make(end, match) if match.start() >= end else None
        if place is not None:
            found.append(place)
    return [*found, *waiting]


def _is_file(path: str) -> bool:
    try:
        return os.path.isfile(path)
    except ValueError:  # a character that no path can hold
        return False
