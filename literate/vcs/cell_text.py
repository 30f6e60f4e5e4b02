"""A notebook as text: what a person reads of it, cell by cell, for `git diff` and `literate diff`.

Noise is left out: what `literate clean` would remove makes no difference here.
"""

from __future__ import annotations

import json

from ..notebook import new_id
from .merged_cell import source_of
from .noise import CELL_NOISE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_LONGEST_OUTPUT = 20  # lines of text that are shown of one output
_LONGEST_LINE = 200  # characters of a line of an output
_LONGEST_VALUE = 200  # characters of one value in the metadata

_TEXT = "text/plain"
_NOT_SHOWN = {"widgets"}  # the state of widgets fills pages, and nobody reads it


def notebook_lines(data: dict[str, Any]) -> list[str]:
    """The lines of a whole notebook: its own metadata, and then its cells."""
    lines = head_lines(data)
    for cell in data["cells"]:
        lines += ["", *cell_lines(cell)]
    return lines


def head_lines(data: dict[str, Any]) -> list[str]:
    """What is said of the notebook itself, a line for each value."""
    lines = [f"nbformat: {data.get('nbformat')}.{data.get('nbformat_minor', 0)}"]
    metadata = data.get("metadata")
    if isinstance(metadata, dict):
        lines += _metadata_lines(metadata)
    return lines


def cell_lines(cell: dict[str, Any]) -> list[str]:
    """The lines of one cell: its marker, metadata, source, and shortened outputs."""
    return [marker_of(cell), *cell_metadata_lines(cell), *source_lines(cell), *output_lines(cell)]


def marker_of(cell: dict[str, Any]) -> str:
    """The line above a cell: `# %% code #6fd14ecd`."""
    cell_id = cell.get("id")
    kind = cell.get("cell_type")
    return f"# %% {kind} #{cell_id}" if cell_id else f"# %% {kind}"


def source_lines(cell: dict[str, Any]) -> list[str]:
    """The lines of the source."""
    source = source_of(cell)
    return source.split("\n") if source else []


def cell_metadata_lines(cell: dict[str, Any]) -> list[str]:
    """The metadata of a cell, a line for each value, without what is noise."""
    metadata = cell.get("metadata")
    lines = []
    if isinstance(metadata, dict):
        kept = {key: value for key, value in metadata.items() if key not in CELL_NOISE}
        lines += [f"#@ {line}" for line in _metadata_lines(kept)]
    names = cell.get("attachments")
    if isinstance(names, dict):
        lines += [f"#@ attachment {name} {_digest(value)}" for name, value in names.items()]
    return lines


def _metadata_lines(metadata: dict[str, Any], above: str = "") -> list[str]:
    """A line for each value in nested metadata: `kernelspec.name: python3`."""
    lines = []
    for key, value in metadata.items():
        path = f"{above}{key}"
        if path in _NOT_SHOWN or path in ("language_info.version", "kernelspec.display_name"):
            continue
        if isinstance(value, dict) and value:
            lines += _metadata_lines(value, f"{path}.")
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(f"{path}: {_shortened(text.replace(chr(10), ' '), _LONGEST_VALUE)}")
    return lines


# --- outputs -----------------------------------------------------------------------------------


def output_lines(cell: dict[str, Any]) -> list[str]:
    """The outputs of a cell, shortened; each line begins with `#>`."""
    lines = []
    for output in cell.get("outputs") or ():
        if isinstance(output, dict):
            lines += [f"#> {line}".rstrip() for line in _output_lines(output)]
    return lines


def _output_lines(output: dict[str, Any]) -> Iterator[str]:
    kind = output.get("output_type")
    if kind == "stream":
        yield from _text_lines(output.get("text"))
    elif kind == "error":
        yield f"{output.get('ename')}: {output.get('evalue')}".replace("\n", " ")
    data = output.get("data")
    if not isinstance(data, dict):
        return
    if _TEXT in data:
        yield from _text_lines(data[_TEXT])
    for name, value in data.items():
        if name != _TEXT:
            yield f"{name}: {_size(value)}, {_digest(value)}"


def _text_lines(value: Any) -> list[str]:
    """The beginning of a text, and a digest of the rest, so that every change can be seen."""
    text = _joined(value).removesuffix("\n")
    lines = text.split("\n")
    shown = [_shortened(line, _LONGEST_LINE) for line in lines[:_LONGEST_OUTPUT]]
    rest = lines[_LONGEST_OUTPUT:]
    if rest:
        shown.append(f"... {len(rest)} more lines, {_digest(rest)}")
    return shown


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return "".join(str(line) for line in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shortened(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return f"{text[:length]}... {_digest(text)}"


def _size(value: Any) -> str:
    size = len(_joined(value))
    return f"{size} characters" if size < 10_000 else f"{size // 1000}k characters"


def _digest(value: Any) -> str:
    return new_id(json.dumps(value, sort_keys=True))
