"""Drafts of pages, kept from one run to the next: a notebook that did not change is not read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol
from zlib import crc32

from ..diagnostics import Diagnostic
from ..files import read_state_file, write_state_file
from ..records import asdict
from .draft import Draft, Reference, Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Cache(Protocol):
    """Keeps the drafts of notebooks."""

    def load(self, path: Path, raw: bytes, notes: dict[str, str]) -> Draft | None:
        """The draft of a notebook with this content, or None."""

    def add(self, path: Path, raw: bytes, notes: dict[str, str], draft: Draft) -> None:
        """Keep the draft of a notebook."""


class MemoryCache:
    """The drafts of a site as long as this process lives."""

    def __init__(self) -> None:
        self._drafts: dict[Path, tuple[bytes, dict[str, str], Draft]] = {}

    def load(self, path: Path, raw: bytes, notes: dict[str, str]) -> Draft | None:
        """The draft of a notebook with this content, or None."""
        known = self._drafts.get(path)
        if known is None or known[:2] != (raw, notes):
            return None
        return known[2]

    def add(self, path: Path, raw: bytes, notes: dict[str, str], draft: Draft) -> None:
        """Keep the draft of a notebook."""
        self._drafts[path] = raw, notes, draft


class DraftCache:
    """The drafts of a site in a file. `key` is what all of them depend on."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self._known: dict[str, Any] = {}
        self._renderer = ""
        self._used: dict[str, Any] = {}
        try:
            stored = json.loads(read_state_file(path))
            if stored["key"] == key:
                self._known = dict(stored["drafts"])
                self._renderer = str(stored["renderer"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # without a cache, every draft is made again

    def load(self, path: Path, raw: bytes, notes: dict[str, str]) -> Draft | None:
        """The draft of a notebook with this content, or None."""
        entry = self._known.get(str(path)) or {}
        try:
            if entry["stamp"] != _stamp(raw, notes):
                return None
            draft = draft_from_json(entry["draft"], path)
        except (KeyError, TypeError, AttributeError):
            return None
        self._used[str(path)] = entry
        return draft

    def add(self, path: Path, raw: bytes, notes: dict[str, str], draft: Draft) -> None:
        """Keep the draft of a notebook."""
        self._used[str(path)] = {"stamp": _stamp(raw, notes), "draft": draft_as_json(draft)}

    def was_rendered_by(self, renderer: str) -> bool:
        """Whether the last site was made with the same settings by this renderer."""
        return self._renderer == renderer

    def store(self, renderer: str) -> None:
        """Write the drafts that were used in this run."""
        if self._used == self._known and self._renderer == renderer:
            return
        stored = {"key": self._key, "renderer": renderer, "drafts": self._used}
        write_state_file(self._path, json.dumps(stored))


def _stamp(raw: bytes, notes: dict[str, str]) -> list[int]:
    return [len(raw), crc32(raw), crc32(repr(sorted(notes.items())).encode("utf-8", "replace"))]


def draft_as_json(draft: Draft) -> dict[str, Any]:
    """A draft as plain data."""
    data: dict[str, Any] = asdict(draft)
    for problem in data["problems"]:
        problem["path"] = None
    return data


def draft_from_json(data: dict[str, Any], path: Path) -> Draft:
    """The draft that `draft_as_json` made plain."""
    values = dict(data)
    values["references"] = [Reference(**each) for each in data["references"]]
    values["symbols"] = [_symbol(each) for each in data["symbols"]]
    values["problems"] = [Diagnostic(**{**each, "path": path}) for each in data["problems"]]
    return Draft(**values)


def _symbol(data: dict[str, Any]) -> Symbol:
    references = tuple(Reference(**each) for each in data["references"])
    return Symbol(**{**data, "references": references})
