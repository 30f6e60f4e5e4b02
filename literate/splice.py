"""Edits in the JSON text of a notebook that leave every other character as it is.

A JSON library would write the whole notebook anew, and change spaces, escapes and the order of
keys. Here, the positions of values are found in the text, and only these parts are replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence

from .json_spans import (
    Edit,
    Span,
    apply_edits,
    cell_spans,
    element_spans,
    items_of,
    member_spans,
    top_members,
)
from .records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# --- edits inside of cells ---------------------------------------------------------------------


def replace_sources(text: str, sources: Mapping[int, str]) -> str:
    """The notebook's text with new sources for some cells, which are given by index."""
    edits = []
    for index, cell in enumerate(cell_spans(text)):
        if index in sources:
            place = _find_member(text, cell, "source")
            edits.append(place.edit(_source_json(sources[index], text, place.span)))
    return apply_edits(text, edits)


def replace_outputs(
    text: str, outputs: Mapping[int, tuple[int | None, list[dict[str, Any]]]]
) -> str:
    """The notebook's text with new execution counts and outputs for some code cells, by index."""
    edits = []
    for index, cell in enumerate(cell_spans(text)):
        if index not in outputs:
            continue
        count, values = outputs[index]
        for key, value in (("execution_count", count), ("outputs", values)):
            place = _find_member(text, cell, key)
            edits.append(place.edit(_value_json(value, text, place.span)))
    return apply_edits(text, edits)


def hide_sources(text: str, cells: Collection[int]) -> str:
    """The notebook's text, in which editors fold some cells: `jupyter.source_hidden` is true."""
    edits = []
    for index, cell in enumerate(cell_spans(text)):
        if index in cells:
            edits += _set_member(text, cell, ("metadata", "jupyter", "source_hidden"), True)
    return apply_edits(text, edits)


def add_ids(text: str, ids: Mapping[int, str]) -> str:
    """The notebook's text with ids for some cells without one, which are given by index."""
    edits = []
    for index, cell in enumerate(cell_spans(text)):
        if index in ids:
            edits.append(_add_sorted(text, cell, "id", json.dumps(ids[index])))
    return apply_edits(text, edits)


def _add_sorted(text: str, parent: Span, key: str, value: str) -> Edit:
    """The edit that adds a member to an object with members, before keys that sort after it."""
    items = items_of(text, parent.start)
    separator = text[parent.start + 1 : items[0].start] or " "
    for item in items:
        if str(item.key) > key:
            return Edit(Span(item.start, item.start), f'"{key}": {value},{separator}')
    last = items[-1].end
    return Edit(Span(last, last), f',{separator}"{key}": {value}')


def _set_member(text: str, parent: Span, path: tuple[str, ...], value: object) -> list[Edit]:
    """The edits that set a value in objects inside of an object, which are made if necessary.

    There are none if it has this value, or if something else than an object is in the way.
    """
    key, *rest = path
    if text[parent.start] != "{":
        return []
    place = _find_member(text, parent, key)
    if rest and not place.is_missing and json.loads(place.span.of(text)):
        return _set_member(text, place.span, tuple(rest), value)
    for inner in reversed(rest):
        value = {inner: value}
    if place.is_missing:
        return [_add_member(text, parent, key, value)]
    if json.loads(place.span.of(text)) == value:
        return []
    return [Edit(place.span, _value_json(value, text, place.span))]


def _add_member(text: str, parent: Span, key: str, value: object) -> Edit:
    """The edit that adds a member to an object, in the place where Jupyter sorts it in."""
    members = member_spans(text, parent.start)
    old = json.loads(parent.of(text))
    if _value_json(old, text, parent) == parent.of(text):
        return Edit(parent, _value_json({**old, key: value}, text, parent))
    comma = ", " if members else ""
    brace_end = parent.start + 1
    return Edit(Span(brace_end, brace_end), f'"{key}": {json.dumps(value)}{comma}')


@dataclass(frozen=True)
class _Member:
    """The place in a text where the value of a cell's member is, or where the member can be."""

    key: str
    span: Span
    is_missing: bool

    def edit(self, value: str) -> Edit:
        """The edit that gives the member this value; a missing member is added."""
        return Edit(self.span, f'"{self.key}": {value}, ' if self.is_missing else value)


def _find_member(text: str, cell: Span, key: str) -> _Member:
    span = member_spans(text, cell.start).get(key)
    if span is None:
        brace_end = cell.start + 1
        return _Member(key, Span(brace_end, brace_end), is_missing=True)
    return _Member(key, span, is_missing=False)


# --- whole cells -------------------------------------------------------------------------------


def insert_cell(text: str, before: int, cell: Mapping[str, Any]) -> str:
    """The notebook's text with one more cell before the cell with this index, or at the end."""
    cells = cell_spans(text)
    if not cells:
        return _insert_only_cell(text, cell)
    neighbour = cells[min(before, len(cells) - 1)]
    newline = _newline_of(text)
    head = text[: neighbour.start]
    indent = head[len(head.rstrip(" \t")) :] if "\n" in head else None
    piece = _cell_json(cell, indent, newline)
    separator = ", " if indent is None else f",{newline}{indent}"
    if before < len(cells):
        return head + piece + separator + text[neighbour.start :]
    return text[: neighbour.end] + separator + piece + text[neighbour.end :]


def _insert_only_cell(text: str, cell: Mapping[str, Any]) -> str:
    """The text of a notebook without cells, with one cell."""
    old = top_members(text)["cells"]
    head, tail = text[: old.start], text[old.end :]
    if "\n" not in head:
        return f"{head}[{_cell_json(cell, None, '')}]{tail}"
    newline = _newline_of(text)
    outer = _indent_of_line(text, old.start)
    inner = 2 * outer  # the list stands one level deep, its cells stand two levels deep
    piece = _cell_json(cell, inner, newline)
    return f"{head}[{newline}{inner}{piece}{newline}{outer}]{tail}"


def _cell_json(cell: Mapping[str, Any], indent: str | None, newline: str) -> str:
    """A cell as JSON, for a place with this indent; without an indent, the cell is one line."""
    if indent is None:
        return json.dumps(cell, ensure_ascii=False)
    level = indent[: len(indent) // 2] or " "  # cells stand two levels deep
    layout = json.dumps(cell, ensure_ascii=False, indent=level)
    return layout.replace("\n", newline + indent)


def remove_cell(text: str, index: int) -> str:
    """The notebook's text without one of its cells, and without a comma that is left over."""
    cells = cell_spans(text)
    removed = cells[index]
    if index + 1 < len(cells):
        removed = Span(removed.start, cells[index + 1].start)
    elif index > 0:
        removed = Span(cells[index - 1].end, removed.end)
    return apply_edits(text, [Edit(removed, "")])


def reorder_cells(text: str, order: Sequence[int]) -> str:
    """The notebook's text with its cells in another order, which names each index once."""
    cells = cell_spans(text)
    edits = [Edit(span, cells[index].of(text)) for span, index in zip(cells, order, strict=True)]
    return apply_edits(text, edits)


# --- the layout of values ----------------------------------------------------------------------

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_FIRST_ELEMENT = re.compile(r"\[(\r?\n)([ \t]*)\"")  # of a list with a line for each element
_KEY_ON_ITS_LINE = re.compile(r"([ \t]+)\"")


@dataclass(frozen=True)
class _ListLayout:
    """How a list with a line for each element is laid out."""

    newline: str
    inner: str  # the indent of the elements
    outer: str  # the indent of the closing bracket


def _source_json(source: str, text: str, old: Span) -> str:
    """A source as JSON, laid out like the value that it replaces: a string or a list of lines."""
    ascii_only = _is_escaped(text)
    if old.of(text).startswith('"'):
        return json.dumps(source, ensure_ascii=ascii_only)
    lines = [json.dumps(line, ensure_ascii=ascii_only) for line in _LINE.findall(source)]
    layout = _list_layout(text, old)
    if not lines:
        return "[]"
    if layout is None:
        return f"[{', '.join(lines)}]"
    before_line = layout.newline + layout.inner
    elements = f",{before_line}".join(lines)
    return f"[{before_line}{elements}{layout.newline}{layout.outer}]"


def _list_layout(text: str, old: Span) -> _ListLayout | None:
    """The layout of a new list in the place of an old one; None if it belongs on one line."""
    old_list = old.of(text)
    first_element = _FIRST_ELEMENT.match(old_list)
    if first_element:
        body = old_list.removesuffix("]")
        outer = body[len(body.rstrip(" \t")) :]
        return _ListLayout(first_element[1], first_element[2], outer)
    if "\n" not in text:
        return None
    # The old list was empty or on one line, in a file with indented lines: do as Jupyter does.
    outer = _indent_of_line(text, old.start)
    return _ListLayout(_newline_of(text), outer + _level_of_member(outer), outer)


def _value_json(value: object, text: str, old: Span) -> str:
    """A value of a cell's member as JSON, as Jupyter lays it out in this place."""
    ascii_only = _is_escaped(text)
    line = text[_line_start(text, old.start) : old.start]
    key = _KEY_ON_ITS_LINE.match(line)
    if key is None:  # the file does not have a line for each member
        return json.dumps(value, sort_keys=True, ensure_ascii=ascii_only)
    indent = key[1]
    level = _level_of_member(indent)
    layout = json.dumps(value, indent=level, sort_keys=True, ensure_ascii=ascii_only)
    return layout.replace("\n", _newline_of(text) + indent)


def _level_of_member(indent: str) -> str:
    """One level of indentation, from the indent of a cell's member, which is three levels deep."""
    return indent[: len(indent) // 3] or " "


def _is_escaped(text: str) -> bool:
    """Whether a file writes characters outside of ASCII as escapes."""
    return text.isascii() and "\\u" in text


def _newline_of(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_start(text: str, position: int) -> int:
    return text.rfind("\n", 0, position) + 1


def _indent_of_line(text: str, position: int) -> str:
    """The spaces and tabs at the beginning of the line of a position."""
    line = text[_line_start(text, position) : position]
    return line[: len(line) - len(line.lstrip())]


# --- positions ---------------------------------------------------------------------------------


def line_in_file(text: str, index: int, line: int) -> int:
    """The line of the file on which a line of a cell's source stands; both are counted from 1.

    If the source is a single string, its lines are not lines of the file. Then this is the line of
    that string.
    """
    cell = cell_spans(text)[index]
    source = member_spans(text, cell.start).get("source")
    if source is None:
        return 1
    position = source.start
    lines_seen = 0
    if text[position] == "[":
        for element in element_spans(text, position):
            position = element.start
            lines_seen += json.loads(element.of(text)).count("\n")
            if lines_seen >= line:
                break
    return text.count("\n", 0, position) + 1
