"""The files that a plan comes down to: modules, `__init__.py`, `_modidx.py`, and in nbdev 3's layout llms.txt."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ..diagnostics import UserError, diagnose
from ..files import read_file
from ..project import NBDEV3, Project
from .docstrings import LLMS_MARK, package_docs, with_docstring
from .modidx import index_text, is_indexed
from .module import GENERATED, UNPARSABLE, Module, module_text, parse_error

_HEADER = re.compile(rf"^{GENERATED}(.+?\.ipynb)", re.MULTILINE)
_VERSION = re.compile(r"^__version__\s*=.*$", re.MULTILINE)
_VERSION_3 = re.compile(r"^__version__\s*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)


def file_texts(project: Project, modules: list[Module], known: list[Module]) -> dict[Path, str]:
    """The text of every file to be written; `known` are all modules that will exist then."""
    files = {module.path: module_text(module, project) for module in modules}
    present = set(python_files(project.lib_path))
    packages = {project.lib_path}
    for folder in {path.parent for path in present | set(files)}:
        packages |= {
            above for above in (folder, *folder.parents) if above.is_relative_to(project.lib_path)
        }
    for folder in sorted(packages):
        init = folder / "__init__.py"
        if init not in files:
            files[init] = read_text(init) if init in present else ""
    init = project.lib_path / "__init__.py"
    files[init] = files[init].removeprefix("\ufeff")
    if project.put_version_in_init:
        files[init] = _with_version(files[init].replace("\r\n", "\n"), project)
    others = sorted(present - {m.path for m in known} - {init})
    if project.layout == NBDEV3:
        docstring, llms = package_docs(project, {m.path: m.docstring for m in known}, others)
        try:
            files[init] = with_docstring(files[init], docstring, project.description)
        except UNPARSABLE as error:
            message, line, _ = parse_error(error)
            raise UserError(
                diagnose(
                    "syntax",
                    message,
                    init,
                    line=line,
                    hint="mend it: the package's docstring goes there",
                )
            ) from None
        path = project.nbs_path / "llms.txt"
        if llms and (not path.exists() or LLMS_MARK in read_text(path)):
            files[path] = llms
    files[project.lib_path / "_modidx.py"] = index_text(
        project,
        [m for m in known if is_indexed(m.path)],
        [path for path in others if is_indexed(path)],
    )
    return files


def python_files(folder: Path | str) -> Iterator[Path]:
    """All Python files below a folder; links to files that are gone, such as an editor's locks, are none."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from python_files(entry.path)
            elif entry.name.endswith(".py") and entry.is_file():
                yield Path(entry.path)


def read_text(path: Path) -> str:
    """A file that somebody else may have written: its line ends stay, and so do bytes that are no UTF-8."""
    return read_file(path).decode("utf-8", "surrogateescape")


def _with_version(text: str, project: Project) -> str:
    """nbdev 2 writes the version of settings.ini; in nbdev 3 the version in the file is the source, and only missing ones are added."""
    line = f'__version__ = "{project.version}"'
    if project.layout == NBDEV3 and _VERSION_3.search(text):
        return text
    return (
        _VERSION.sub(lambda _: line, text)
        if project.layout != NBDEV3 and _VERSION.search(text)
        else f"{line}\n{text}"
    )


def find_orphans(project: Project, notebooks: Iterable[Path], planned: set[Path]) -> list[Path]:
    """Generated modules whose notebook is gone, or exports to another module now.

    A notebook that compiling leaves out, such as one whose name begins with `_`, keeps its module.
    """
    found, listed = [], set(notebooks)
    for path in sorted(python_files(project.lib_path)):
        if path in planned or path.name in ("__init__.py", "_modidx.py"):
            continue
        match = _HEADER.search(path.read_text(encoding="utf-8", errors="replace")[:5000])
        named = (
            [Path(os.path.normpath(folder / match[1])) for folder in (path.parent, project.root)]
            if match
            else []
        )
        if match and not any(notebook.is_file() and notebook not in listed for notebook in named):
            found.append(path)
    return found
