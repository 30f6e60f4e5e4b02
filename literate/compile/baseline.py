"""The baseline: the text of each module as it was generated last.

It tells a module that was edited by hand from a module that is merely out of date.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..files import read_state_file, write_state_file
from ..project import GENERATED, Project

_FORMER_FILE = "base.json"  # the file of version 0.1, in the same format

Texts = dict[str, list[str]]  # by the path of the module, relative to the folder of the package


class Baseline:
    """The generated texts of all modules of a project, kept in one state file.

    A module has two texts, the old one and the new one, from the moment before it is written until
    all modules are written. So after a crash each module on disk is recognized as unedited.
    """

    def __init__(self, project: Project) -> None:
        self._file = project.state_dir / GENERATED
        self._former_file = project.state_dir / _FORMER_FILE
        self._root = project.lib_path.parent
        self._reads_former_file = not self._file.exists() and self._former_file.exists()
        self._texts = _read(self._former_file if self._reads_former_file else self._file)

    def texts(self, path: Path) -> list[str]:
        """The texts of a module that count as unedited; an empty list if none is known."""
        return self._texts.get(self._name(path), [])

    def begin_write(self, texts: Mapping[Path, str]) -> None:
        """Record the texts of modules that are about to be written, beside their old texts."""
        known = dict(self._texts)
        for path, text in texts.items():
            old_texts = self.texts(path) if path.exists() else []
            known[self._name(path)] = list(dict.fromkeys([*old_texts, text]))
        self._save(known)

    def commit(self, texts: Mapping[Path, str], gone: Iterable[Path] = ()) -> None:
        """Record that modules now have these texts, and that the modules in `gone` were deleted."""
        known = dict(self._texts)
        for path in gone:
            known.pop(self._name(path), None)
        for path, text in texts.items():
            known[self._name(path)] = [text]
        self._save(known)

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _save(self, texts: Texts) -> None:
        if texts == self._texts and not self._reads_former_file:
            return
        write_state_file(self._file, json.dumps(texts))
        self._texts = texts
        if self._reads_former_file:
            self._former_file.unlink(missing_ok=True)
            self._reads_former_file = False


def _read(file: Path) -> Texts:
    """The texts in a state file; none if the file is missing or damaged.

    It is missing in a fresh clone, and it may be damaged if a disk was full. Anything that is not a
    file, such as a pipe, counts as missing.
    """
    try:
        data = json.loads(read_state_file(file))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {name: texts for name, texts in data.items() if _is_list_of_texts(texts)}


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
