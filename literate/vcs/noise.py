"""What is noise in a notebook: what changes by itself when somebody opens, runs or saves it.

Each function looks at the parsed JSON and returns the changes that take the noise out. Nothing that
a person meant is touched: outputs, tags, slides, and metadata of unknown meaning stay.
"""

from __future__ import annotations

import re

from ..json_edits import REMOVE, Rewrite
from ..records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..json_edits import Change

    Changes = dict[str | int, Change]

ALL, TEXT, NONE = "all", "text", "none"  # which outputs stay

# Metadata of cells: when the cell ran, and how an editor showed it.
_COLAB_CELL = ("colab", "colab_type", "outputId")  # beside one of these, `id` is Colab's, too
CELL_NOISE = ("ExecuteTime", "collapsed", "execution", "trusted", "vscode", *_COLAB_CELL)
# Metadata of notebooks, and what Colab remembers about a notebook beside its name.
_NOTEBOOK_NOISE = ("vscode",)
_COLAB_NOISE = ("authorship_tag", "collapsed_sections", "last_runtime", "provenance")

_COLAB_DATA = "application/vnd.google.colaboratory.intrinsic+json"
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_TEXT_KINDS = ("text/plain", "text/markdown", "text/latex")

_PYTHON_KERNEL = "python3"
_PYTHON_NAME = "Python 3 (ipykernel)"  # as Jupyter itself names this kernel now

_ADDRESS = re.compile(r"(<[^<>\n]*?) at 0x[0-9a-fA-F]+(?=>)")


@dataclass(frozen=True)
class CleanOptions:
    """What `literate clean` takes out, beside what is always noise."""

    outputs: str = ALL
    ids: bool = False  # cells without an id get one
    addresses: bool = False  # `<Model at 0x7f3a>` becomes `<Model>`
    drop: tuple[str, ...] = ()  # more metadata to remove: keys, and paths such as jupyter.outputs
    keep: tuple[str, ...] = ()  # metadata of notebooks that stays, even if it is noise
    keep_in_cells: tuple[str, ...] = ()  # the same for metadata of cells
    plain_kernel_names: bool = False  # kernels are shown by their names, as nbdev does it


def notebook_changes(data: dict[str, Any], options: CleanOptions) -> tuple[Changes, list[str]]:
    """The changes that clean the notebook, and what each of them takes out, in words."""
    found = _Found()
    cells: Changes = {}
    for index, cell in enumerate(data["cells"]):
        change = _cell_changes(cell, options, found)
        if change:
            cells[index] = change
    changes: Changes = {"cells": cells} if cells else {}
    metadata = _metadata_changes(data, options, found)
    if metadata:
        changes["metadata"] = metadata
    return changes, found.words


class _Found:
    """What is taken out, in words: one for each piece of noise."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def add(self, word: str) -> None:
        self.words.append(word)


def _becomes(text: str) -> Rewrite:
    """The change that gives a value this JSON text."""
    return Rewrite(lambda _: text)


# --- cells -------------------------------------------------------------------------------------


def _cell_changes(cell: dict[str, Any], options: CleanOptions, found: _Found) -> Changes:
    changes: Changes = {}
    if cell.get("execution_count") is not None:
        changes["execution_count"] = _becomes("null")
        found.add("execution count")
    metadata = _noise_in_cell(cell, options, found)
    if metadata:
        changes["metadata"] = metadata
    outputs = cell.get("outputs")
    if isinstance(outputs, list) and outputs:
        if options.outputs == NONE:
            changes["outputs"] = _becomes("[]")
            found.words += ["output"] * len(outputs)
            return changes
        inner = _outputs_changes(outputs, options, found)
        if inner:
            changes["outputs"] = inner
    return changes


def _noise_in_cell(cell: dict[str, Any], options: CleanOptions, found: _Found) -> Changes:
    metadata = cell.get("metadata")
    if not isinstance(metadata, dict) or not metadata:
        return {}
    noise = [key for key in CELL_NOISE if key in metadata]
    if "id" in metadata and any(key in metadata for key in _COLAB_CELL):
        noise.append("id")
    changes: Changes = {}
    for key in noise:
        if key not in options.keep_in_cells:
            changes[key] = REMOVE
            found.add(key)
    _drop(metadata, options.drop, changes, found)
    return changes


def _drop(metadata: dict[str, Any], paths: Iterable[str], changes: Changes, found: _Found) -> None:
    """Add the removal of what the settings name: keys, and paths with dots such as `toc.base`."""
    for path in paths:
        keys = [path] if path in metadata else path.split(".")
        if _is_present(metadata, keys) and _remove_at(changes, keys):
            found.add(path)


def _is_present(metadata: object, keys: list[str]) -> bool:
    """Whether a path leads to something in nested objects."""
    for key in keys:
        if not isinstance(metadata, dict) or key not in metadata:
            return False
        metadata = metadata[key]
    return True


def _remove_at(changes: Changes, keys: list[str]) -> bool:
    """Add the removal of a path; False if something changes there already."""
    *parents, last = keys
    level: Any = changes
    for parent in parents:
        level = level.setdefault(parent, {})
        if not isinstance(level, dict):
            return False
    if last in level:
        return False
    level[last] = REMOVE
    return True


# --- outputs -----------------------------------------------------------------------------------


def _outputs_changes(outputs: list[Any], options: CleanOptions, found: _Found) -> Changes:
    changes: Changes = {}
    for index, output in enumerate(outputs):
        if not isinstance(output, dict):
            continue
        if options.outputs == TEXT and not _has_text(output):
            changes[index] = REMOVE
            found.add("output")
            continue
        change = _output_changes(output, options, found)
        if change:
            changes[index] = change
    return changes


def _has_text(output: dict[str, Any]) -> bool:
    data = output.get("data")
    return not isinstance(data, dict) or any(kind in data for kind in _TEXT_KINDS)


def _output_changes(output: dict[str, Any], options: CleanOptions, found: _Found) -> Changes:
    changes: Changes = {}
    if output.get("execution_count") is not None:
        changes["execution_count"] = _becomes("null")
        found.add("execution count")
    data = output.get("data")
    if isinstance(data, dict):
        inner = _data_changes(data, options, found)
        if inner:
            changes["data"] = inner
    if options.addresses and _has_address(output.get("text")):
        changes["text"] = Rewrite(_without_addresses)
        found.add("address")
    return changes


def _data_changes(data: dict[str, Any], options: CleanOptions, found: _Found) -> Changes:
    changes: Changes = {}
    for kind, value in data.items():
        if kind == _COLAB_DATA:
            changes[kind] = REMOVE
            found.add("Colab's data")
        elif options.outputs == TEXT and kind not in _TEXT_KINDS:
            changes[kind] = REMOVE
            found.add(kind)
        elif options.addresses and kind.startswith("text/") and _has_address(value):
            changes[kind] = Rewrite(_without_addresses)
            found.add("address")
    return changes


def _has_address(text: object) -> bool:
    lines = text if isinstance(text, list) else [text]
    return any(isinstance(line, str) and _ADDRESS.search(line) for line in lines)


def _without_addresses(text: str) -> str:
    """The JSON of an output's text without addresses, none of whose characters JSON escapes."""
    return _ADDRESS.sub(r"\1", text)


# --- the notebook's own metadata ---------------------------------------------------------------


def _metadata_changes(data: dict[str, Any], options: CleanOptions, found: _Found) -> Changes:
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        return {}
    changes: Changes = {}
    for key in _NOTEBOOK_NOISE:
        if key in metadata:
            changes[key] = REMOVE
    if "widgets" in metadata and not _shows_widgets(data["cells"], options):
        changes["widgets"] = REMOVE
    if "version" in metadata.get("language_info", {}):
        changes["language_info"] = {"version": REMOVE}
    _clean_colab(metadata, changes)
    _clean_kernel_name(metadata, options, changes)
    for allowed in options.keep:
        changes.pop(allowed, None)
    for name, change in changes.items():
        inner = f".{next(iter(change))}" if isinstance(change, dict) and len(change) == 1 else ""
        found.add(f"{name}{inner}")
    _drop(metadata, options.drop, changes, found)
    return changes


def _shows_widgets(cells: list[dict[str, Any]], options: CleanOptions) -> bool:
    """Whether an output that stays shows a widget, which needs the widgets' state."""
    if options.outputs != ALL:
        return False
    for cell in cells:
        for output in cell.get("outputs") or ():
            data = output.get("data") if isinstance(output, dict) else None
            if isinstance(data, dict) and _WIDGET_VIEW in data:
                return True
    return False


def _clean_colab(metadata: dict[str, Any], changes: Changes) -> None:
    colab = metadata.get("colab")
    if not isinstance(colab, dict):
        return
    noise = [key for key in _COLAB_NOISE if key in colab]
    if len(noise) == len(colab):
        changes["colab"] = REMOVE
    elif noise:
        changes["colab"] = dict.fromkeys(noise, REMOVE)


def _clean_kernel_name(metadata: dict[str, Any], options: CleanOptions, changes: Changes) -> None:
    """Give a kernel the name under which it is shown on each machine.

    Editors show "Python 3", "Python 3 (ipykernel)" and "Python 3.11.4 ('base': conda)" for the
    kernel that is called python3 everywhere.
    """
    kernel = metadata.get("kernelspec", {})
    name, shown = kernel.get("name"), kernel.get("display_name")
    if not isinstance(name, str) or not isinstance(shown, str):
        return
    wanted = shown
    if options.plain_kernel_names:
        wanted = name
    elif name == _PYTHON_KERNEL:
        wanted = _PYTHON_NAME
    if wanted and wanted != shown and wanted.isprintable() and not set(wanted) & {'"', "\\"}:
        changes["kernelspec"] = {"display_name": _becomes(f'"{wanted}"')}
