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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_START = "# %%"
_AUTO = f"{_START} auto"
_AUTO_MARKER = rf"{_AUTO}(?: (?P<key>#?\d+))?$"
_MARKER_LINE = rf"{_START}(?:[ \t].*)?$"
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
    match = re.match(_AUTO_MARKER, line)
    return Marker("", match["key"] or "") if match else None


def may_contain_markers(text: str) -> bool:
    """False for most files that were written by hand, without looking at each line."""
    return f"{_START} " in text


def without_keys(text: str) -> str:
    """A module without the numbers and ids in its markers.

    Nobody edits them. They are other ones where a merge of two branches brought cells together.
    """
    return re.sub(rf"^({_START} .+\.ipynb) #?[^\s#]+$", r"\1", text, flags=re.MULTILINE)


# --- the sections of a module ------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """A marker line and the code below it."""

    marker: str  # the whole line; "" for the head of the module
    notebook: Path | None  # None for the head, for `# %% auto`, and for a marker that was typed
    key: str  # as in `Marker`
    code: str  # without blank lines above and below
    line: int  # of the marker, in the module, from 1
    first_line: int  # of the code, in the module, from 1
    cell_id: str = ""  # the id that the notebook gives to the cell, if it is known

    @property
    def is_new(self) -> bool:
        """Whether a person typed this marker to begin a new cell."""
        return bool(self.marker) and parse_marker(self.marker) is None

    @property
    def is_auto(self) -> bool:
        """Whether the section is the definition of `__all__`."""
        return bool(self.marker) and not self.is_cell

    @property
    def remark(self) -> str:
        """The words behind a marker that a person typed."""
        return self.marker.removeprefix(_START).strip()

    @property
    def is_cell(self) -> bool:
        """Whether the code is that of a cell, be it generated or new."""
        return self.notebook is not None or self.is_new

    @property
    def blank_lines(self) -> int:
        """How many blank lines stand between the marker and the code."""
        return self.first_line - self.line - 1 if self.marker else self.first_line - self.line


@dataclass(frozen=True)
class Issued:
    """A module as the compiler wrote it, and which of its lines are markers."""

    text: str
    markers: tuple[tuple[int, str], ...]  # the line, from 1, and the id of the cell or ""

    def sections(self, folder: Path) -> list[Section]:
        """The sections of the module, which lies in `folder`; the first one is the head."""
        ids = dict(self.markers)
        return _split(self.text, folder, [line for line, _ in self.markers], ids)

    def look_alikes(self) -> set[str]:
        """The lines of cells that look like markers, such as a comment `# %% Plots`."""
        issued = {line for line, _ in self.markers}
        lines = self.text.split("\n")
        return {lines[n - 1] for n in marker_like_lines(self.text) if n not in issued}

    def marker_texts(self) -> set[str]:
        """The marker lines themselves."""
        lines = self.text.split("\n")
        return {lines[line - 1] for line, _ in self.markers}


def issued_by_look(text: str) -> Issued:
    """A generated module of which only the text is known: its markers are known by their form."""
    lines = text.split("\n")
    markers: list[tuple[int, str]] = []
    for number in marker_like_lines(text):
        marker = parse_marker(lines[number - 1])
        if marker is not None:
            cell_id = marker.key.removeprefix("#") if marker.key.startswith("#") else ""
            markers.append((number, "" if marker.is_auto else cell_id))
    return Issued(text, tuple(markers))


def split_edited(text: str, folder: Path, base: Issued, *others: Issued) -> list[Section]:
    """The sections of a module that a person may have edited since it was issued as `base`.

    A line is a marker if the compiler issued it, in `base` or in one of the `others`, or if a
    person typed it to begin a new cell. A line in a string is never a marker, and a comment that
    already stood in a cell, such as `# %% Plots`, stays one.
    """
    known = (base, *others)
    issued: set[str] = set()
    look_alikes: set[str] = set()
    for each in known:
        issued |= each.marker_texts()
        look_alikes |= each.look_alikes()
    lines = text.split("\n")
    starts: list[int] = []
    unclear: list[int] = []
    for number in marker_like_lines(text):
        line = lines[number - 1]
        if line in look_alikes:
            unclear.append(number)
        elif line in issued or parse_marker(line) is None:
            starts.append(number)
    if unclear:
        starts = sorted([*starts, *_markers_among(unclear, lines, base, issued)])
    return _split(text, folder, starts, {})


def _markers_among(
    unclear: list[int], lines: list[str], base: Issued, issued: set[str]
) -> Iterator[int]:
    """Those lines that are markers, among lines that stand both as markers and in cells of `base`.

    Which is which follows from the lines around: the text is compared with `base`.
    """
    from .line_diff import matching_lines

    markers = {line for line, _ in base.markers}
    in_base: dict[int, int] = {}  # from a line of the text to the same line of `base`, from 1
    for place, number in matching_lines(base.text.split("\n"), lines).items():
        in_base[number + 1] = place + 1
    found = {lines[number - 1] for number in in_base if in_base[number] in markers}
    for number in unclear:
        line = lines[number - 1]
        is_missing_marker = line in issued and line not in found
        is_typed = parse_marker(line) is None
        if in_base[number] in markers if number in in_base else is_missing_marker or is_typed:
            yield number


def marker_like_lines(text: str) -> list[int]:
    """The lines, from 1, that begin as a marker does and do not stand in a string.

    From the first line on that Python cannot take apart, only the look of a line is known.
    """
    if _START not in text:
        return []
    import io
    import tokenize

    found: list[int] = []
    last = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            last = token.end[0]
            if token.type == tokenize.COMMENT and token.start[1] == 0:
                if re.match(_MARKER_LINE, token.string):
                    found.append(last)
    except (tokenize.TokenError, SyntaxError, ValueError):
        lines = text.split("\n")
        for number in range(last + 1, len(lines) + 1):
            if re.match(_MARKER_LINE, lines[number - 1]):
                found.append(number)
    return found


def _split(text: str, folder: Path, starts: list[int], ids: dict[int, str]) -> list[Section]:
    """The sections of a text whose marker lines are known."""
    lines = text.split("\n")
    ends = [start - 1 for start in starts]
    ends.append(len(lines))
    first, code = _trim(lines, 0, ends[0])
    sections = [Section("", None, "", code, 1, first)]
    for start, end in zip(starts, ends[1:], strict=True):
        line = lines[start - 1]
        first, code = _trim(lines, start, end)
        marker = parse_marker(line)
        notebook = None
        key = ""
        if marker is not None and not marker.is_auto:
            notebook = Path(os.path.normpath(folder / marker.notebook))
            key = marker.key
        sections.append(Section(line, notebook, key, code, start, first, ids.get(start, "")))
    return sections


def _trim(lines: list[str], start: int, end: int) -> tuple[int, str]:
    """Some lines without blank ones above and below, and the number of the first, from 1."""
    while start < end and not lines[end - 1].strip():
        end -= 1
    while start < end and not lines[start].strip():
        start += 1
    return start + 1, "\n".join(lines[start:end])


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
