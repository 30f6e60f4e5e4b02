"""The `# %%` grammar of modules. This file alone writes and reads it.

A generated module begins with a head. After it, every cell stands below a marker line:

    # %% ../nbs/00_core.ipynb 3             the notebook, and the number of the cell
    # %% ../nbs/00_core.ipynb #6fd14ecd     the notebook, and the id of the cell
    # %% ../nbs/00_core.ipynb               the notebook alone
    # %% auto 0                             the definition of `__all__`, which is not a cell

A person who edits the module types `# %%`, with or without a remark behind it, to begin a new cell.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from .records import dataclass

_START = "# %%"
_AUTO = f"{_START} auto"
_MARKER_LINE = rf"(?m)^{_START}(?:[ \t].*)?$"
_CELL_MARKER = rf"{_START} (?P<notebook>.+\.ipynb)(?: (?P<key>#?[^\s#]+))?$"


# --- one marker --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Marker:
    """A marker line as the compiler writes it, taken apart."""

    notebook: str  # the path as seen from the folder of the module; "" for `# %% auto`
    key: str  # "#6fd14ecd", "3", or "" for a marker without id and number

    @property
    def is_auto(self) -> bool:
        """Whether this is the marker of `__all__`."""
        return not self.notebook


def cell_marker(notebook: str, key: str) -> str:
    """The marker line of a cell; notebook and key are those of `Marker`."""
    marker = f"{_START} {notebook}"
    return f"{marker} {key}" if key else marker


def auto_marker(cell_ids: bool) -> str:
    """The marker line of `__all__`, for a project with or without cell ids in its markers."""
    return f"{_AUTO} #0" if cell_ids else f"{_AUTO} 0"


def parse_marker(line: str) -> Marker | None:
    """Take a line apart that has the form of a generated marker; None for any other line."""
    if not line.startswith(_START):
        return None
    match = re.match(_CELL_MARKER, line)
    if match:
        return Marker(match["notebook"], match["key"] or "")
    if line.startswith(_AUTO):
        return Marker("", line.removeprefix(_AUTO).strip())
    return None


def may_contain_markers(text: str) -> bool:
    """False for most files that were written by hand, without looking at each line."""
    return f"{_START} " in text


# --- the sections of a module ------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """A marker line and the code below it."""

    marker: str  # the whole line; "" for the head of the module
    notebook: Path | None  # None for the head, for `# %% auto`, and for a marker that was typed
    key: str  # as in `Marker`
    code: str  # without the blank lines at its end
    line: int  # of the marker, in the module, from 1

    @property
    def is_new(self) -> bool:
        """Whether a person typed this marker to begin a new cell."""
        return bool(self.marker) and parse_marker(self.marker) is None

    @property
    def remark(self) -> str:
        """The words behind a marker that a person typed."""
        return self.marker.removeprefix(_START).strip()

    @property
    def is_cell(self) -> bool:
        """Whether the code is that of a cell, be it generated or new."""
        return self.notebook is not None or self.is_new


@dataclass(frozen=True)
class KnownMarkers:
    """The lines of generated modules that look like markers."""

    issued: set[str]  # the markers that the compiler wrote
    in_cells: set[str]  # lines of the cells themselves, such as `# %% Plots`


def markers_of(*generated: str) -> KnownMarkers:
    """The lines that look like markers in texts that the compiler generated."""
    known = KnownMarkers(set(), set())
    for text in generated:
        for line in re.findall(_MARKER_LINE, text):
            kind = known.in_cells if parse_marker(line) is None else known.issued
            kind.add(line)
    return known


def split_sections(text: str, folder: Path, known: KnownMarkers) -> list[Section]:
    """The sections of a module that lies in `folder`; the first one is the head.

    A line with the form of a generated marker counts only if the compiler issued it: any other such
    line is part of a string. A line with another form, such as `# %% Plots`, begins a new cell,
    unless a generated cell contains it.
    """
    starts = [match for match in re.finditer(_MARKER_LINE, text) if _is_marker(match[0], known)]
    ends = [match.start() for match in starts]
    ends.append(len(text))
    line = 1
    sections = [Section("", None, "", _trim(text[: ends[0]]), line)]
    counted = 0  # up to here, the lines of the text are counted
    for start, end in zip(starts, ends[1:], strict=True):
        line += text.count("\n", counted, start.start())
        counted = start.start()
        code = _trim(text[start.end() : end])
        sections.append(_section(start[0], folder, code, line))
    return sections


def split_at_markers(text: str) -> list[tuple[Marker | None, str]]:
    """The code below each line that begins as a marker does; None where it is not a marker.

    nbdev takes modules apart in this way, also at lines of strings.
    """
    _, *parts = text.split(f"\n{_START} ")
    sections = []
    for part in parts:
        line, _, code = part.partition("\n")
        sections.append((parse_marker(f"{_START} {line.strip()}"), code))
    return sections


def _is_marker(line: str, known: KnownMarkers) -> bool:
    if parse_marker(line) is None:
        return line not in known.in_cells
    return line in known.issued


def _section(marker_line: str, folder: Path, code: str, line: int) -> Section:
    marker = parse_marker(marker_line)
    if marker is None or marker.is_auto:
        return Section(marker_line, None, "", code, line)
    notebook = Path(os.path.normpath(folder / marker.notebook))
    return Section(marker_line, notebook, marker.key, code, line)


def _trim(code: str) -> str:
    """The code without the line end of its marker and the blank lines before the next marker."""
    return code.removeprefix("\n").rstrip("\n")
