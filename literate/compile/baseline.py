"""The base: each module's text as it was generated last. It tells an edit made by hand from a module that is merely stale."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from ..files import write_atomically
from ..project import GENERATED, Project


class Base:
    """The texts of all modules in one file of `.literate`; for a module that is being written, the old one and the new one."""

    def __init__(self, project: Project):
        self._file, self._root = project.state_dir / GENERATED, project.lib_path.parent
        self._texts: dict[str, list[str]] = {}
        with suppress(
            OSError, ValueError, AttributeError
        ):  # a fresh clone, or a disk that was full
            self._texts |= {
                name: texts
                for name, texts in json.loads(self._file.read_bytes()).items()
                if isinstance(texts, list) and all(isinstance(text, str) for text in texts)
            }

    def of(self, path: Path) -> list[str]:
        """What a module may be without having been edited."""
        return self._texts.get(self._name(path), [])

    def expect(self, texts: Mapping[Path, str]) -> None:
        """Modules are about to be written: wherever the process dies from here on, each is a text that is known."""
        known = {
            self._name(path): list(dict.fromkeys([*(self.of(path) if path.exists() else ()), text]))
            for path, text in texts.items()
        }
        self._save({**self._texts, **known})

    def settle(self, texts: Mapping[Path, str], gone: Iterable[Path] = ()) -> None:
        """They have been written, and others deleted."""
        removed = set(map(self._name, gone))
        kept = {name: known for name, known in self._texts.items() if name not in removed}
        self._save({**kept, **{self._name(path): [text] for path, text in texts.items()}})

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _save(self, texts: dict[str, list[str]]) -> None:
        if texts != self._texts:
            write_atomically(self._file, json.dumps(texts))
            self._texts = texts
