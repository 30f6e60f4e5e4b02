"""A module's text, taken apart: the head, and a section for each cell marker."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from .records import dataclass

_MARKER = re.compile(r"^# %%(?:[ \t].*)?$", re.MULTILINE)
_CELL = re.compile(r"# %% (?P<notebook>.+\.ipynb)(?: (?P<key>#?[^\s#]+))?$")


@dataclass(frozen=True)
class Section:
    """A marker line and the code below it."""

    marker: str  # "" for what stands above the first marker
    notebook: (
        Path | None
    )  # None for the head, for `# %% auto`, and for a marker that somebody typed
    key: str  # "#6fd14ecd", "3", or "" for a marker without either
    code: str  # without the blank lines around it

    @property
    def is_new(self) -> bool:
        """Somebody typed this marker to begin a new cell."""
        return (
            bool(self.marker) and self.notebook is None and not self.marker.startswith("# %% auto")
        )


def split_sections(
    text: str, folder: Path, known: set[str], inside: Collection[str] = ()
) -> list[Section]:
    """The sections of a module that lies in `folder`.

    `known` are the true markers of cells: look-alikes in strings are code. `inside` are the other markers that cells
    hold as part of their code (`# %% Plots`); any that is not among them, somebody typed to begin a new cell.
    """
    starts = [
        m
        for m in _MARKER.finditer(text)
        if (m[0] in known if _is_generated(m[0]) else m[0] not in inside)
    ]
    ends = [m.start() for m in starts[1:]] + [len(text)]
    sections = [Section("", None, "", _trim(text[: starts[0].start() if starts else len(text)]))]
    for match, end in zip(starts, ends):
        cell = _CELL.match(match[0])
        notebook = Path(os.path.normpath(folder / cell["notebook"])) if cell else None
        sections.append(
            Section(
                match[0],
                notebook,
                (cell["key"] or "") if cell else "",
                _trim(text[match.end() : end]),
            )
        )
    return sections


def markers_of(*generated: str) -> tuple[set[str], set[str]]:
    """The markers in generated texts: those of cells, and those that stand in cells."""
    found = {marker for text in generated for marker in _MARKER.findall(text)}
    true = set(filter(_is_generated, found))
    return true, found - true


def _is_generated(marker: str) -> bool:
    return bool(_CELL.match(marker)) or marker.startswith("# %% auto")


def _trim(code: str) -> str:
    """Without the line end after the marker, and the blank lines before the next one."""
    return code.removeprefix("\n").rstrip("\n")


def match_sections(base: list[Section], other: list[Section], numbers_hold: bool) -> dict[int, int]:
    """Which section of `other` is which of `base`: by notebook and key; where the key tells nothing, by content and order.

    A cell's number holds in the module that it was written to, but not in the notebook, where cells come and go.
    """

    def is_key(section: Section) -> bool:
        return section.key.startswith("#") or bool(section.key) and numbers_hold

    keyed = Counter((s.notebook, s.key) for s in other if is_key(s))
    by_key = {(s.notebook, s.key): n for n, s in enumerate(other) if keyed[s.notebook, s.key] == 1}
    pairs = {
        n: by_key[s.notebook, s.key]
        for n, s in enumerate(base)
        if is_key(s) and (s.notebook, s.key) in by_key
    }
    taken = set(pairs.values())
    for notebook in dict.fromkeys(s.notebook for s in base if s.notebook):
        old = [n for n, s in enumerate(base) if s.notebook == notebook and n not in pairs]
        new = [
            n
            for n, s in enumerate(other)
            if s.notebook == notebook
            and n not in taken
            and not (is_key(s) and keyed[s.notebook, s.key] == 1)
        ]
        pairs |= {
            old[i]: new[j]
            for i, j in _align([base[n].code for n in old], [other[n].code for n in new])
        }
    return pairs


def _align(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Index pairs of two lists of cells: equal ones, and as many changed ones in their place."""
    from difflib import SequenceMatcher

    pairs = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal" or kind == "replace" and b - a == d - c:
            pairs += zip(range(a, b), range(c, d))
    return pairs
