"""Places in JSON that tools print: the reports of ruff, mypy and pyright for other programs.

Some of these formats know cells, or can say them beside the line: ruff's own, mypy's and pyright's.
The others mark lines of files in a service, so they get the lines of the notebook's file:
GitLab's Code Quality, the Reviewdog Diagnostic Format (rdjson), and SARIF.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import unquote, urlsplit

from .places import Position, file_line, is_same_cell, position_in_module

_LAYOUTS: tuple[dict[str, Any], ...] = (
    {"indent": 2},
    {"indent": 4},
    {"separators": (",", ":")},
    {},
)


class Document:
    """A JSON text whose places are named anew."""

    def __init__(self, text: str) -> None:
        """Read the text; a `ValueError` if it is not an object or a list of JSON."""
        self.places: list[tuple[Position, dict[str, Any]]] = []  # with the record of each
        self._text = text
        self._data: Any = json.loads(text)
        if not isinstance(self._data, dict | list):
            raise ValueError("neither an object nor a list")
        self._layout = self._find_layout()
        self._visit(self._data)

    def rewritten(self) -> str:
        """The text with the new places; the old text to the byte if it holds no places."""
        if not self.places:
            return self._text
        body = self._text.strip()
        before, after = self._text.split(body, 1)
        return before + json.dumps(self._data, ensure_ascii=False, **self._layout) + after

    def _find_layout(self) -> dict[str, Any]:
        """The arguments with which `json` writes this text as it was."""
        body = self._text.strip()
        for layout in _LAYOUTS:
            if json.dumps(self._data, ensure_ascii=False, **layout) == body:
                return layout
        return _LAYOUTS[0] if "\n" in body else _LAYOUTS[3]

    def _visit(self, value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                self._visit(each)
        if not isinstance(value, dict):
            return
        for rewrite in (_rewrite_ruff, _rewrite_flat, _rewrite_pyright, _rewrite_gitlab):
            position = rewrite(value)
            if position is not None:
                break
        else:
            position = _rewrite_rdjson(value) or _rewrite_sarif(value)
        if position is not None:
            self.places.append((position, value))
            return
        for each in value.values():
            self._visit(each)


# --- formats that name cells -------------------------------------------------------------------


def _rewrite_ruff(record: dict[str, Any]) -> Position | None:
    """A record of ruff's formats "json" and "json-lines", which count the lines in cells."""
    start = record.get("location")
    position = _position(record.get("filename"), _at(start, "row"), _at(start, "column"))
    if position is None:
        return None
    path = record["filename"]
    record["filename"] = str(position.cell.notebook)
    record["cell"] = position.cell.cell + 1
    for place in (record["location"], record.get("end_location")):
        _set_line(place, "row", path, position)
    _set_line(record, "noqa_row", path, position)
    fix = record.get("fix")
    if isinstance(fix, dict) and not _move_fix(fix, path, position):
        record["fix"] = None  # a part of it lies outside of the cell
    return position


def _move_fix(fix: dict[str, Any], path: str, position: Position) -> bool:
    """Count the lines of a fix in its cell; False if it also changes something else.

    What ends at the beginning of a line ends in the line before it.
    """
    moved: list[tuple[dict[str, Any], int]] = []
    for edit in fix.get("edits", ()):
        for place in (edit["location"], edit["end_location"]):
            ends_before = place is edit["end_location"] and place["column"] == 1
            line = place["row"] - ends_before
            other = position_in_module(path, line)
            if other is None or not is_same_cell(other, position):
                return False
            moved.append((place, other.cell.line + ends_before))
    for place, line in moved:
        place["row"] = line
    return True


def _rewrite_flat(record: dict[str, Any]) -> Position | None:
    """A record of mypy, which names file and line side by side, and counts columns from 0."""
    position = _position(record.get("file"), record.get("line"), record.get("column"), first=0)
    if position is None:
        return None
    path = record["file"]
    record["file"] = str(position.cell.notebook)
    record["cell"] = position.cell.cell + 1
    _set_line(record, "line", path, position)
    _set_line(record, "end_line", path, position)
    return position


def _rewrite_pyright(record: dict[str, Any]) -> Position | None:
    """A record of pyright, which counts lines and columns from 0."""
    start = _at(record, "range", "start")
    line = _at(start, "line")
    if not isinstance(line, int):
        return None
    position = _position(record.get("file"), line + 1, _at(start, "character"), first=0)
    if position is None:
        return None
    path = record["file"]
    record["file"] = str(position.cell.notebook)
    record["cell"] = position.cell.cell + 1
    for place in (record["range"]["start"], record["range"].get("end")):
        _set_line(place, "line", path, position, first=0)
    return position


# --- formats that name lines of files ----------------------------------------------------------


def _rewrite_gitlab(record: dict[str, Any]) -> Position | None:
    location = record.get("location")
    begin = _at(record, "location", "positions", "begin")
    line = _at(begin, "line") or _at(record, "location", "lines", "begin")
    position = _position(_at(record, "location", "path"), line, _at(begin, "column"))
    if position is None or not isinstance(location, dict):
        return None
    path = location["path"]
    location["path"] = _same_kind_of_path(path, position)
    for name in ("begin", "end"):
        _set_file_line(_at(location, "positions", name), "line", path, position)
        _set_file_line(location.get("lines"), name, path, position)
    return position


def _rewrite_rdjson(record: dict[str, Any]) -> Position | None:
    start = _at(record, "location", "range", "start")
    path = _at(record, "location", "path")
    position = _position(path, _at(start, "line"), _at(start, "column"))
    if position is None:
        return None
    location = record["location"]
    location["path"] = _same_kind_of_path(path, position)
    for name in ("start", "end"):
        _set_file_line(_at(location, "range", name), "line", path, position)
    record.pop("suggestions", None)  # text for a module does not fit into the JSON of a notebook
    return position


def _rewrite_sarif(record: dict[str, Any]) -> Position | None:
    locations = record.get("locations")
    first: Any = locations[0] if isinstance(locations, list) and locations else None
    uri = _at(first, "physicalLocation", "artifactLocation", "uri")
    path = _path_of(uri)
    region = _at(first, "physicalLocation", "region")
    position = _position(path, _at(region, "startLine"), _at(region, "startColumn"))
    if position is None or path is None:
        return None
    place = first["physicalLocation"]
    is_uri = str(uri).startswith("file:")
    notebook = position.cell.notebook
    place["artifactLocation"]["uri"] = (
        notebook.as_uri() if is_uri else _same_kind_of_path(path, position)
    )
    for name in ("startLine", "endLine"):
        _set_file_line(place["region"], name, path, position)
    record.pop("fixes", None)  # as in rdjson
    return position


def _path_of(uri: object) -> str | None:
    """The path that a URI of a file means, or the text itself if it is a path."""
    if not isinstance(uri, str):
        return None
    return unquote(urlsplit(uri).path) if uri.startswith("file:") else uri


def _same_kind_of_path(path: str, position: Position) -> str:
    """The path of the notebook, relative if the path of the module is relative."""
    notebook = str(position.cell.notebook)
    return notebook if os.path.isabs(path) else os.path.relpath(notebook)


# --- parts of records --------------------------------------------------------------------------


def _at(value: Any, *keys: str) -> Any:
    """A value deep inside of objects; None if it is not there."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _position(path: object, line: object, column: object, first: int = 1) -> Position | None:
    """The position of a line of a module; `first` is the format's number of the first column."""
    if not isinstance(path, str) or not path.endswith(".py") or not isinstance(line, int):
        return None
    return position_in_module(path, line, column + 1 - first if isinstance(column, int) else None)


def _is_in_cell(path: str, line: int, position: Position) -> bool:
    return is_same_cell(position_in_module(path, line), position)


def _set_line(place: Any, key: str, path: str, position: Position, first: int = 1) -> None:
    """Count the line of an object in its cell; a line outside of the cell becomes the position's.

    `first` is the number that the format gives to the first line.
    """
    if not isinstance(place, dict) or not isinstance(place.get(key), int):
        return
    line = place[key] + 1 - first
    other = position_in_module(path, line) if _is_in_cell(path, line, position) else None
    place[key] = (other or position).cell.line - 1 + first


def _set_file_line(place: Any, key: str, path: str, position: Position) -> None:
    """The same, counted in the notebook's file."""
    if not isinstance(place, dict) or not isinstance(place.get(key), int):
        return
    line = place[key]
    other = position_in_module(path, line) if _is_in_cell(path, line, position) else None
    place[key] = file_line((other or position).cell)
