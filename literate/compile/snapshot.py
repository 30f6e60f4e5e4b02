"""Snapshots: everything on which a compile depends, as it was before the compile read it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..discovery import notebook_folders, project_notebooks
from ..project import NBDEV3, Project
from ..stamps import UNKNOWN, Stamps, stamp, stamps, without_digest
from .fast_path import environment

_CACHES = "__pycache__"  # Python puts files there whenever it imports something


class Snapshot:
    """The stamps of all files of a project on which its modules depend.

    It is taken before any of these files is read. So what changes while a compile runs has another
    stamp, and the next compile reads it again.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.program = stamps(_program(project))
        self.notebooks = stamps(project_notebooks(project))
        self.package = stamps([*_package_files(project), *_descriptions(project)])

    def inputs(self) -> list[object]:
        """What decides whether the modules of the last compile can be used again."""
        program = {path: without_digest(known) for path, known in self.program.items()}
        return [repr(self.project), environment(), program]

    def after_writing(self, written: Iterable[tuple[Path, str]]) -> Stamps:
        """The stamps of everything, after a compile has written these texts.

        A file that was changed by somebody else after it was written keeps its old stamp, which
        does not fit. A folder to which somebody else has added a file gets one that never fits.
        """
        package = dict(self.package)
        for path, text in written:
            written_stamp = stamp(path)
            if _holds(path, text):
                package[str(path)] = written_stamp
            else:
                package.setdefault(str(path), UNKNOWN)
        folders = {**self._notebook_folders(), **self._package_folders(package)}
        configs = self.project.config_stamps
        return {**configs, **self.program, **folders, **self.notebooks, **package}

    def _notebook_folders(self) -> Stamps:
        folders = stamps(notebook_folders(self.project))
        now = set(map(str, project_notebooks(self.project)))
        return folders if now == self.notebooks.keys() else dict.fromkeys(folders, UNKNOWN)

    def _package_folders(self, package: Stamps) -> Stamps:
        folders = stamps(_package_folders(self.project))
        now = set(_package_files(self.project))
        expected = {path for path in package if path.endswith(".py")}
        return folders if now == expected else dict.fromkeys(folders, UNKNOWN)


def _holds(path: Path, text: str) -> bool:
    """Whether a file contains a text, and nothing else."""
    try:
        return path.read_bytes() == text.encode("utf-8", "surrogateescape")
    except OSError:
        return False


def _package_folders(project: Project) -> list[str]:
    """The folders in which a new file may be a module of the package."""
    found = [str(project.lib_path)]
    for folder, subfolders, _ in os.walk(project.lib_path):
        subfolders[:] = sorted(name for name in subfolders if name != _CACHES)
        found.append(folder)
    return list(dict.fromkeys(found))


def _package_files(project: Project) -> list[str]:
    """The modules of the package, generated or written by hand."""
    found: list[str] = []
    for folder in _package_folders(project):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        found += [os.path.join(folder, name) for name in sorted(names) if name.endswith(".py")]
    return found


def _descriptions(project: Project) -> list[str]:
    """The files from which nbdev 3's layout takes the description of the package."""
    if project.layout != NBDEV3:
        return []
    return [str(project.nbs_path / name) for name in (project.readme_nb, "llms.txt")]


def _program(project: Project) -> list[Path]:
    """The files of this program, and of black if it formats the code."""
    package = Path(__file__).parents[1]
    folders = (package, package / "compile", package / "commands")
    files = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    if project.black_formatting:
        from importlib.util import find_spec

        black = find_spec("black")
        if black is not None and black.origin:
            files.append(Path(black.origin))
    return files
