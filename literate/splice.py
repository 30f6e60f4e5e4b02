"""Edits in the JSON text of a notebook that leave every other character as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice


def replace_sources(text: str, sources: Mapping[int, str]) -> str:
    """The notebook's text with new sources for some cells, by index; every other character stays as it is."""
    pieces, done = [], 0
    for index, spans in enumerate(_member_spans(text)):
        if index in sources:
            start, end = spans.get("source", spans[""])
            value = _source_json(sources[index], text, start, end)
            pieces += (
                text[done:start],
                value if start < end else f'"source": {value}, ',
            )  # a cell that had none
            done = end
    return "".join([*pieces, text[done:]])


def _source_json(source: str, text: str, start: int, end: int) -> str:
    """`source` as JSON, laid out like the value that it replaces: a string, or a list with its indentation and line ends."""
    old = text[start:end]
    ascii_only = text.isascii() and "\\u" in text
    if old.startswith('"'):
        return json.dumps(source, ensure_ascii=ascii_only)
    lines = [
        json.dumps(line, ensure_ascii=ascii_only) for line in re.findall(r"[^\n]*\n|[^\n]+", source)
    ]
    before = text[text.rfind("\n", 0, start) + 1 : start]
    multiline = re.match(r"\[(\r?\n)([ \t]*)\"", old)
    if multiline:
        newline, inner = multiline.groups()
    elif "\n" in text:  # an empty or one-line list in an indented file: as Jupyter writes it
        newline, outer = (
            "\r\n" if "\r\n" in text else "\n",
            before[: len(before) - len(before.lstrip())],
        )
        inner = outer + (outer[: len(outer) // 3] or " ")  # the key stands three levels deep
    else:
        return "[" + ", ".join(lines) + "]"
    outer = re.search(r"([ \t]*)\]$", old).group(1) if multiline else outer
    return (
        "[" + newline + f",{newline}".join(inner + line for line in lines) + newline + outer + "]"
        if lines
        else "[]"
    )


def replace_outputs(text: str, outputs: Mapping[int, tuple[int | None, list[dict]]]) -> str:
    """The notebook's text with new execution counts and outputs for some code cells, as Jupyter writes them."""
    pieces, done = [], 0
    for index, spans in enumerate(_member_spans(text)):
        if index not in outputs:
            continue
        values = dict(zip(("execution_count", "outputs"), outputs[index]))
        for key in sorted(values, key=lambda key: spans.get(key, spans[""])):
            start, end = spans.get(key, spans[""])
            value = _value_json(values[key], text, start)
            pieces += text[done:start], value if start < end else f'"{key}": {value}, '
            done = end
    return "".join([*pieces, text[done:]])


def _value_json(value: object, text: str, start: int) -> str:
    """Any value as JSON, laid out for its place in the text."""
    key = re.match(
        r"([ \t]+)\"", text[text.rfind("\n", 0, start) + 1 : start]
    )  # only a file with a line for each member
    unit = key and (key[1][: len(key[1]) // 3] or " ")
    layout = json.dumps(
        value, indent=unit, sort_keys=True, ensure_ascii=text.isascii() and "\\u" in text
    )
    return layout.replace("\n", ("\r\n" if "\r\n" in text else "\n") + key[1]) if key else layout


def add_ids(text: str, ids: list[str]) -> str:
    """The notebook's text with an id for each cell, as nbformat 4.5 has them."""
    pieces, done = [], 0
    for (start, _), cell_id in zip(_cell_spans(text), ids):
        space = _after_space(text, start + 1).group()
        pieces += text[done : start + 1], f'{space}"id": {json.dumps(cell_id)},'
        done = start + 1
    text = "".join([*pieces, text[done:]])
    minor = {key: (start, end) for key, start, end in _members(text, text.index("{"))}.get(
        "nbformat_minor"
    )
    return text[: minor[0]] + "5" + text[minor[1] :] if minor else text


def insert_cell(text: str, before: int, cell: Mapping) -> str:
    """The notebook's text with one more cell, as JSON, before the cell with that index (or after the last)."""
    spans = _cell_spans(text)
    if not spans:
        return _insert_only_cell(text, cell)
    start, end = spans[min(before, len(spans) - 1)]
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = re.search(r"[ \t]*$", text[:start]).group() if "\n" in text[:start] else None
    piece = _cell_json(cell, indent, newline)
    between = ", " if indent is None else f",{newline}{indent}"
    if before < len(spans):
        return text[:start] + piece + between + text[start:]
    return text[:end] + between + piece + text[end:]


def _insert_only_cell(text: str, cell: Mapping) -> str:
    """The text of a notebook that has no cells, with one cell."""
    members = {key: (start, end) for key, start, end in _members(text, text.index("{"))}
    start, end = members["cells"]
    if "\n" not in text[:start]:
        return f"{text[:start]}[{_cell_json(cell, None, '')}]{text[end:]}"
    newline = "\r\n" if "\r\n" in text else "\n"
    outer = re.match(r"[ \t]*", text[text.rfind("\n", 0, start) + 1 :]).group()
    piece = _cell_json(cell, 2 * outer, newline)
    return f"{text[:start]}[{newline}{2 * outer}{piece}{newline}{outer}]{text[end:]}"


def _cell_json(cell: Mapping, indent: str | None, newline: str) -> str:
    """A cell as JSON, laid out for a place with this indent; on one line if there is none."""
    if indent is None:
        return json.dumps(cell, ensure_ascii=False)
    layout = json.dumps(cell, ensure_ascii=False, indent=indent[: len(indent) // 2] or " ")
    return layout.replace("\n", newline + indent)


def remove_cell(text: str, index: int) -> str:
    """The notebook's text without one of its cells."""
    spans = _cell_spans(text)
    if len(spans) == 1:
        return text[: spans[0][0]] + text[spans[0][1] :]
    if index + 1 < len(spans):
        return text[: spans[index][0]] + text[spans[index + 1][0] :]
    return text[: spans[index - 1][1]] + text[spans[index][1] :]


def line_in_file(text: str, index: int, line: int) -> int:
    """The line of the file, from 1, on which a line of a cell's source stands; in a one-line source, the source's."""
    start, end = next(islice(_member_spans(text), index, None)).get("source", (0, 0))
    seen = 0
    if text[start : start + 1] == "[":
        for first, last in _elements(text, start):
            start, seen = first, seen + json.loads(text[first:last]).count("\n")
            if seen >= line:
                break
    return text.count("\n", 0, start) + 1


_decode = json.JSONDecoder().raw_decode
_after_space = re.compile(r"[ \t\r\n]*").match


def _member_spans(text: str) -> Iterator[dict[str, tuple[int, int]]]:
    """Where the values of each cell's members stand in the text; "" is where a member can be added."""
    for start, _ in _cell_spans(text):
        yield {
            "": (start + 1, start + 1),
            **{key: (first, last) for key, first, last in _members(text, start)},
        }


def _cell_spans(text: str) -> list[tuple[int, int]]:
    """Where each cell stands in the text."""
    top = {key: start for key, start, _ in _members(text, text.index("{"))}
    return list(_elements(text, top["cells"]))


def _members(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Key and span of each member of the JSON object that begins at `start`."""
    at = _after_space(text, start + 1).end()
    while text[at] != "}":
        key, at = _decode(text, at)
        at = _after_space(text, _after_space(text, at).end() + 1).end()  # over the colon
        _, end = _decode(text, at)
        yield key, at, end
        at = _after_space(text, end).end()
        at = _after_space(text, at + (text[at] == ",")).end()


def _elements(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Span of each element of the JSON array that begins at `start`."""
    at = _after_space(text, start + 1).end()
    while text[at] != "]":
        _, end = _decode(text, at)
        yield at, end
        at = _after_space(text, end).end()
        at = _after_space(text, at + (text[at] == ",")).end()
