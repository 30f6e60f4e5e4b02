"""The baseline: the text of each module as it was generated last.

It tells a module that was edited by hand from a module that is merely out of date.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..files import read_state_file, write_state_file
from ..markers import Issued, issued_by_look
from ..project import GENERATED, Project

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # The versions of each file, by its path relative to the folder of the package. A version is
    # {"text": ..., "markers": [[line, id], ...]}, or in the file of version 0.1 the text alone. The
    # version that is being written may also have "over": the text in whose place it comes.
    Versions = dict[str, list[Any]]

_FORMER_FILE = "base.json"  # the file of version 0.1


class Baseline:
    """The generated texts of all modules of a project, kept in one state file.

    A module has two texts, the old one and the new one, from the moment before it is written until
    all modules are written. So after a crash each module on disk is recognized as unedited.

    The new text counts only if the notebooks make it. So an update writes the notebooks first, then
    the baseline, and then the modules.
    """

    def __init__(self, project: Project) -> None:
        self._file = project.state_dir / GENERATED
        self._former_file = project.state_dir / _FORMER_FILE
        self._root = project.lib_path.parent
        self._reads_former_file = not self._file.exists() and self._former_file.exists()
        self._versions = _read(self._former_file if self._reads_former_file else self._file)

    def texts(self, path: Path) -> list[str]:
        """The texts of a module that count as unedited; an empty list if none is known."""
        return [_text_of(version) for version in self._versions.get(self._name(path), [])]

    def is_latest(self, path: Path, text: str) -> bool:
        """Whether this is the only text that is known of a module."""
        versions = self._versions.get(self._name(path), [])
        return len(versions) == 1 and isinstance(versions[0], dict) and versions[0]["text"] == text

    def base(self, path: Path, disk: str) -> Issued | None:
        """The text that a module was generated as, before it was edited to the text on the disk.

        None if no text is known. After a crash there are two, the old one and the new one.
        """
        versions = self._versions.get(self._name(path), [])
        return _issued_of(_base_of(versions, disk)) if versions else None

    def state_while_writing(self, modules: Mapping[Path, tuple[str, Issued]]) -> dict[Path, str]:
        """The state file, by its path, as it has to be before modules are written.

        For each module, there are the text on the disk and the new one. The file is left out if it
        is already as it has to be. `commit` follows when the modules are written.
        """
        known = dict(self._versions)
        for path, (disk, issued) in modules.items():
            name = self._name(path)
            old = known.get(name, []) if path.exists() else []
            base = [_base_of(old, disk)] if old else []
            if base and _text_of(base[0]) == issued.text:
                known[name] = base
            else:
                known[name] = [*base, {**_version_of(issued), "over": disk}]
        if known == self._versions:
            return {}
        return {self._file: json.dumps(known)}

    def commit(self, modules: Mapping[Path, Issued], gone: Iterable[Path] = ()) -> None:
        """Record that modules now have these texts, and that the modules in `gone` were deleted."""
        known = dict(self._versions)
        for path in gone:
            known.pop(self._name(path), None)
        for path, issued in modules.items():
            known[self._name(path)] = [_version_of(issued)]
        self._save(known)

    def _name(self, path: Path) -> str:
        return Path(os.path.relpath(path, self._root)).as_posix()

    def _save(self, versions: Versions) -> None:
        if versions == self._versions and not self._reads_former_file:
            return
        write_state_file(self._file, json.dumps(versions))
        self._versions = versions
        if self._reads_former_file:
            self._former_file.unlink(missing_ok=True)
            self._reads_former_file = False


# --- versions in the file ----------------------------------------------------------------------


def _version_of(issued: Issued) -> dict[str, Any]:
    return {"text": issued.text, "markers": [list(marker) for marker in issued.markers]}


def _base_of(versions: list[Any], disk: str) -> Any:
    """The version from which the text on the disk comes.

    After a crash this is the new version if the text is closer to it than to the text that stood
    there before the crash.
    """
    found = versions[0]
    before_crash = _text_of(found)
    for version in versions[1:]:
        if isinstance(version, dict):
            before_crash = version.get("over", before_crash)
        if _distance(disk, _text_of(version)) < _distance(disk, before_crash):
            found = version
            before_crash = _text_of(version)
    return found


def _distance(one: str, other: str) -> int:
    """How many lines only one of two texts has."""
    if one == other:
        return 0
    lines, others = Counter(one.split("\n")), Counter(other.split("\n"))
    return (lines - others).total() + (others - lines).total()


def _text_of(version: Any) -> str:
    text: str = version if isinstance(version, str) else version["text"]
    return text


def _issued_of(version: Any) -> Issued:
    if isinstance(version, str):
        return issued_by_look(version)
    return Issued(version["text"], tuple((line, cell_id) for line, cell_id in version["markers"]))


def _read(file: Path) -> Versions:
    """The versions in a state file; none if the file is missing or damaged.

    It is missing in a fresh clone, and it may be damaged if a disk was full. Anything that is not a
    file, such as a pipe, counts as missing.
    """
    try:
        data = json.loads(read_state_file(file))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {
        name: versions
        for name, versions in data.items()
        if isinstance(versions, list) and all(map(_is_version, versions))
    }


def _is_version(value: object) -> bool:
    """Whether a value of the file has the form of a version; its markers must be lines of it."""
    if isinstance(value, str):
        return True
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return False
    if not isinstance(value.get("over", ""), str):
        return False
    markers = value.get("markers")
    if not isinstance(markers, list):
        return False
    last_line = value["text"].count("\n") + 1
    reached = 0
    for marker in markers:
        match marker:
            case [int(line), str()] if reached < line <= last_line:
                reached = line
            case _:
                return False
    return True
