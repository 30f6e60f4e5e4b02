"""One version of a notebook in a merge, and the text of the merged notebook in its layout."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ..json_spans import Edit, Span, apply_edits, cell_spans, top_members
from ..notebook import parse_notebook
from ..records import dataclass
from .pairing import Key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_NOT_MERGED = ("cells", "nbformat_minor")
_FIRST_KEY = re.compile(r"\s*\{(\r?\n)([ \t]*)\"")


@dataclass(frozen=True)
class Layout:
    """How a notebook's JSON is laid out."""

    newline: str  # "" for JSON on one line
    indent: str
    ascii_only: bool  # other characters are written as escapes
    separators: tuple[str, str]

    def dump(self, value: Any, depth: int) -> str:
        """A value as JSON, for a place at some depth."""
        try:
            return self._dump(value, depth, self.ascii_only)
        except UnicodeEncodeError:  # a half of a character, which only an escape can express
            return self._dump(value, depth, ascii_only=True)

    def _dump(self, value: Any, depth: int, ascii_only: bool) -> str:
        if not self.newline:
            text = json.dumps(value, ensure_ascii=ascii_only, separators=self.separators)
        else:
            text = json.dumps(value, ensure_ascii=ascii_only, indent=self.indent)
            text = text.replace("\n", self.newline + depth * self.indent)
        text.encode("utf-8")
        return text


def layout_of(text: str) -> Layout:
    """The layout of a notebook's text."""
    match = _FIRST_KEY.match(text.removeprefix("\ufeff"))
    ascii_only = text.isascii() and "\\u" in text
    if match and match[2]:
        return Layout(match[1], match[2], ascii_only, (",", ": "))
    colon = ": " if '": ' in text[:200] else ":"
    return Layout("", "", ascii_only, (", " if colon == ": " else ",", colon))


@dataclass(frozen=True)
class Version:
    """One version of a notebook: its text, its whole JSON, and what its cells are known by."""

    text: str
    data: dict[str, Any]
    keys: list[Key]

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The cells as JSON."""
        cells: list[dict[str, Any]] = self.data["cells"]
        return cells

    def cell(self, index: int | None) -> dict[str, Any] | None:
        """A cell as JSON, by its index."""
        return None if index is None else self.cells[index]

    @property
    def members(self) -> dict[str, Any]:
        """The notebook's own members, except for its cells and the version of the format."""
        return {key: value for key, value in self.data.items() if key not in _NOT_MERGED}

    @property
    def minor(self) -> int | None:
        """The minor version of the format."""
        minor = self.data.get("nbformat_minor")
        return minor if isinstance(minor, int) else None


def read_version(path: Path, raw: bytes) -> Version:
    """One version of a notebook; no bytes at all stand for a notebook that did not exist.

    Raises a `UserError` if the bytes are not those of a notebook.
    """
    if not raw.strip():
        return Version("", {"cells": []}, [])
    notebook = parse_notebook(path, raw)
    data = json.loads(notebook.text.removeprefix("\ufeff"))
    keys = []
    for cell in notebook.cells:
        cell_id = data["cells"][cell.index].get("id")
        keys.append(Key(cell_id if isinstance(cell_id, str) else "", cell.type, cell.source))
    return Version(notebook.text, data, keys)


def cell_texts(version: Version) -> list[str]:
    """The JSON of each cell, exactly as it stands in the file."""
    if not version.text:
        return []
    return [span.of(version.text) for span in cell_spans(version.text)]


def with_cells(text: str, layout: Layout, cells: Sequence[str]) -> str:
    """A notebook's text with other cells, which have the layout of the text already."""
    place = top_members(text)["cells"]
    old = cell_spans(text)
    if not cells:
        return apply_edits(text, [Edit(place, "[]")])
    if len(old) > 1:
        separator = text[old[0].end : old[1].start]
    elif layout.newline:
        separator = f",{layout.newline}{2 * layout.indent}"
    else:
        separator = layout.separators[0]
    if old:
        before, after = text[place.start : old[0].start], text[old[-1].end : place.end]
    elif layout.newline:
        before = f"[{layout.newline}{2 * layout.indent}"
        after = f"{layout.newline}{layout.indent}]"
    else:
        before, after = "[", "]"
    return apply_edits(text, [Edit(place, before + separator.join(cells) + after)])


def with_members(text: str, layout: Layout, members: dict[str, Any]) -> str:
    """A notebook's text with other values for some of its own members, except for its cells."""
    spans = top_members(text)
    edits = []
    for key, value in members.items():
        written = layout.dump(value, 1)
        if key in spans:
            edits.append(Edit(spans[key], written))
            continue
        end = max(span.end for span in spans.values())
        lead = f"{layout.newline}{layout.indent}" if layout.newline else layout.separators[0][1:]
        name = json.dumps(key) + layout.separators[1]
        edits.append(Edit(Span(end, end), f",{lead}{name}{written}"))
    return apply_edits(text, edits)
