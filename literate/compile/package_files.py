"""The files that a plan writes: modules, `__init__.py`, `_modidx.py`, and for nbdev 3 llms.txt.

The generated modules that no notebook makes any more are found here, too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ..diagnostics import UserError, diagnose
from ..files import read_file
from ..project import Project
from .docstrings import LLMS_MARK
from .init_file import with_docstring
from .layouts import layout_of
from .modidx import INDEX_MARK, index_text, is_indexed
from .module import GENERATED, UNPARSABLE, Module, module_text, parse_error

_INIT = "__init__.py"
_INDEX = "_modidx.py"
_HEADER = re.compile(rf"^{GENERATED}(.+?\.ipynb)", re.MULTILINE)
_LONGEST_HEAD = 5000  # characters above which the header of a generated module is not searched


def file_texts(
    project: Project, modules: list[Module], known: list[Module], force: bool
) -> tuple[dict[Path, str], dict[Path, str]]:
    """The text of every file to be written, and the old text of those that keep a part of it.

    `known` are all modules that will exist then. With `force`, a file that was written by hand may
    be replaced.
    """
    layout = layout_of(project)
    lib_path = project.lib_path
    files = {module.path: module_text(module, project) for module in modules}
    old: dict[Path, str] = {}
    present = set(python_files(lib_path))
    for folder in _package_folders(lib_path, present | files.keys()):
        init = folder / _INIT
        if init not in files:
            old[init] = _read_if_present(init)
            files[init] = old[init]
    init = lib_path / _INIT
    files[init] = files[init].removeprefix("\ufeff")  # a byte order mark may only stand first
    if project.put_version_in_init:
        files[init] = layout.with_version(files[init].replace("\r\n", "\n"))
    others = sorted(present - {module.path for module in known} - {init})
    docs = layout.package_docs({module.path: module.docstring for module in known}, others)
    if docs is not None:
        files[init] = _with_docstring(init, files[init], docs.docstring, project)
        llms = llms_path(project)
        if docs.llms and _may_be_replaced(llms):
            files[llms] = docs.llms
    index = lib_path / _INDEX
    old[index] = _read_if_present(index)
    new_index = index_text(
        project,
        [module for module in known if is_indexed(module.path)],
        [path for path in others if is_indexed(path)],
    )
    files[index] = _with_index(index, old[index], new_index, force)
    return files, old


def _with_index(path: Path, old: str, new: str, force: bool) -> str:
    """The index with all text that a person has added.

    If a person wrote all of it, it is replaced with `force`, and otherwise a `UserError` is raised.
    """
    if not old.strip() or old == new:
        return new
    if not is_generated_index(old):
        if force:
            return new
        message = f"{_INDEX} exists and was not generated"
        hint = "rename it, or replace it with --force"
        raise UserError(diagnose("not-generated", message, path, hint=hint))
    above, _, below = _split_index(old)
    if above.strip() == INDEX_MARK and not below.strip():
        return new
    return above + new[new.index("d = ") :] + below


def is_generated_index(text: str) -> bool:
    """Whether a _modidx.py was generated, whatever a person has added to it."""
    above, statement, _ = _split_index(text)
    return bool(statement) and INDEX_MARK in above.removeprefix("\ufeff").splitlines()


def _split_index(text: str) -> tuple[str, str, str]:
    """The statement `d = ...` of an index, whose lines are indented, and the text around it."""
    match = re.search(r"(?m)^d = .*\n?(?:[ \t}].*\n?)*", text)
    if match is None:
        return text, "", ""
    return text[: match.start()], match[0], text[match.end() :]


def _package_folders(lib_path: Path, files: Iterable[Path]) -> list[Path]:
    """The folders that need an `__init__.py`: those of Python files, and the folders above them."""
    folders = {lib_path}
    for parent in {path.parent for path in files}:
        for folder in (parent, *parent.parents):
            if folder.is_relative_to(lib_path):
                folders.add(folder)
    return sorted(folders)


def _with_docstring(init: Path, text: str, docstring: str, project: Project) -> str:
    """The package's `__init__.py` with another docstring; a `UserError` if it is not Python."""
    try:
        return with_docstring(text, docstring, project.description)
    except UNPARSABLE as error:
        message, line, _ = parse_error(error)
        hint = "mend it: the package's docstring goes there"
        raise UserError(diagnose("syntax", message, init, line=line, hint=hint)) from None


def llms_path(project: Project) -> Path:
    """Where the layout of nbdev 3 describes the package for language models."""
    return project.nbs_path / "llms.txt"


def _may_be_replaced(llms: Path) -> bool:
    """Whether a llms.txt does not exist, or was generated."""
    return not llms.exists() or LLMS_MARK in read_text(llms)


def python_files(folder: Path | str) -> Iterator[Path]:
    """All Python files below a folder.

    A link to a missing file, as editors make them for locks, is left out.
    """
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from python_files(entry.path)
            elif entry.name.endswith(".py") and entry.is_file():
                yield Path(entry.path)


def read_text(path: Path) -> str:
    """The text of a file that may be written by hand.

    Line ends stay as they are. Bytes that are not UTF-8 become surrogates, so that they stay when
    the text is written again.
    """
    return read_file(path).decode("utf-8", "surrogateescape")


def _read_if_present(path: Path) -> str:
    try:
        return read_text(path)
    except FileNotFoundError:
        return ""


def find_orphans(project: Project, notebooks: Iterable[Path], planned: set[Path]) -> list[Path]:
    """The generated modules that no notebook makes any more.

    `notebooks` are those that the compiler reads, `planned` are the modules that they make. An
    orphan's notebook does not exist, or it is read and exports to another module now. A notebook
    that is not read, such as one whose name begins with `_`, keeps its module.
    """
    orphans = []
    listed = set(notebooks)
    for path in sorted(python_files(project.lib_path)):
        if path in planned or path.name in (_INIT, _INDEX):
            continue
        candidates = _notebooks_in_header(path, project)
        if not candidates:
            continue
        is_kept = any(notebook.is_file() and notebook not in listed for notebook in candidates)
        if not is_kept:
            orphans.append(path)
    return orphans


def _notebooks_in_header(path: Path, project: Project) -> list[Path]:
    """The notebook that a generated module names in its header; empty for a file written by hand.

    nbdev 2 writes the path relative to the module, nbdev 1 relative to the project.
    """
    match = _HEADER.search(read_text(path)[:_LONGEST_HEAD])
    if match is None:
        return []
    return [Path(os.path.normpath(folder / match[1])) for folder in (path.parent, project.root)]
