"""`literate clean` for one notebook: its text without noise."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..diagnostics import UserError, diagnose
from ..json_edits import Rewrite, change_json
from ..notebook import Notebook, new_id, parse_notebook
from ..records import dataclass
from .noise import CleanOptions, notebook_changes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .noise import Changes

_MINOR_WITH_IDS = 5  # from nbformat 4.5 on, cells have ids
_PROOF = re.compile(r"#\s*\|\s*proof\b")


@dataclass(frozen=True)
class Cleaned:
    """A notebook without noise."""

    old: str
    new: str
    removed: dict[str, int]  # what was taken out or added, and how often

    @property
    def is_changed(self) -> bool:
        """Whether there was anything to clean."""
        return self.old != self.new

    @property
    def summary(self) -> str:
        """What was changed, in one line."""
        parts = []
        for name, count in self.removed.items():
            parts.append(name if count == 1 else f"{name} ({count})")
        return ", ".join(parts)


def clean_notebook(path: Path, raw: bytes, options: CleanOptions) -> Cleaned:
    """Clean the notebook that a file holds; a `UserError` if it cannot be read as a notebook."""
    notebook = parse_notebook(path, raw)
    changes, words = notebook_changes(notebook.data, options)
    ids = _missing_ids(notebook) if options.ids else {}
    minor = notebook.data.get("nbformat_minor")
    if ids and isinstance(minor, int) and minor < _MINOR_WITH_IDS:
        changes["nbformat_minor"] = Rewrite(lambda _: str(_MINOR_WITH_IDS))
        words.append("nbformat_minor")
    unfolded = _unfolded_proofs(notebook)
    if not (changes or ids or unfolded):
        return Cleaned(notebook.text, notebook.text, {})
    try:
        text = _changed(notebook.text, changes, ids, unfolded)
    except RecursionError:
        message = "its JSON is nested too deeply to be edited"
        raise UserError(diagnose("not-a-notebook", message, path)) from None
    words += ["id added"] * len(ids) + ["proof folded"] * len(unfolded)
    return Cleaned(notebook.text, text, dict(Counter(words)))


def _changed(text: str, changes: Changes, ids: dict[int, str], unfolded: Sequence[int]) -> str:
    """The notebook's text after all changes."""
    text = change_json(text, changes)
    if ids or unfolded:
        from ..splice import add_ids, hide_sources

        text = hide_sources(add_ids(text, ids), unfolded)
    return text


def _missing_ids(notebook: Notebook) -> dict[int, str]:
    """Ids for the cells that have none, by index.

    They are made from the cells' content alone, so that the same cell gets the same id on each
    branch.
    """
    taken = {cell.given_id for cell in notebook.cells}
    seen: Counter[str] = Counter()
    ids = {}
    for cell in notebook.cells:
        if "id" in notebook.data["cells"][cell.index]:
            continue
        content = f"{cell.type}\0{cell.source}"
        made = new_id(content)
        while made in taken:
            seen[content] += 1
            made = new_id(f"{content}\0{seen[content]}")
        taken.add(made)
        ids[cell.index] = made
    return ids


def _unfolded_proofs(notebook: Notebook) -> list[int]:
    """The proofs that editors still show at full length."""
    if b"proof" not in notebook.raw:
        return []
    from ..directives import is_folded

    found = []
    for cell in notebook.cells:
        jupyter = cell.metadata.get("jupyter", {})
        is_hidden = isinstance(jupyter, dict) and jupyter.get("source_hidden") is True
        if not is_hidden and _PROOF.match(cell.source.lstrip()) and is_folded(cell):
            found.append(cell.index)
    return found
