"""Which notebooks `literate diff` compares: two files, or the versions that git knows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..diagnostics import UsageError, UserError, diagnose
from ..files import read_file
from ..git import blob_text, blobs_at, is_revision, root_of_repository, tracked_files
from ..records import dataclass, field
from .differences import CellDifference, compare
from .versions import Version, read_version

_NOTEBOOK = ".ipynb"
_NOTHING = Version("", {"cells": []}, [])


@dataclass(frozen=True)
class NotebookDifference:
    """The differences of one notebook."""

    old_name: str
    new_name: str
    cells: list[CellDifference] = field(default_factory=list)
    problem: str = ""  # why it could not be compared


def compare_names(names: tuple[str, ...]) -> Iterator[NotebookDifference]:
    """What a command line asks for: two files, or `[REV [REV]] [NOTEBOOKS]`."""
    if len(names) == 2 and all(os.path.isfile(name) for name in names):
        yield _compare_files(Path(names[0]), Path(names[1]))
        return
    revisions, paths = _split(names)
    root = root_of_repository(Path.cwd())
    if root is None:
        raise UsageError("this is not a git repository: give two notebooks to compare")
    for revision in revisions:
        if not is_revision(root, revision):
            raise UsageError(f"{revision}: neither a notebook, a folder, nor a commit")
    yield from _compare_versions(root, revisions or ["HEAD"], paths)


def _split(names: tuple[str, ...]) -> tuple[list[str], list[Path]]:
    """The revisions at the beginning, and the files and folders behind them."""
    rest = list(names)
    revisions: list[str] = []
    while rest and len(revisions) < 2 and not os.path.exists(rest[0]):
        if rest[0].endswith(_NOTEBOOK):  # a notebook that is deleted now
            break
        first, dots, second = rest.pop(0).partition("..")
        revisions.append(first or "HEAD")
        if dots:
            revisions.append(second or "HEAD")
    return revisions, [Path(os.path.abspath(name)) for name in rest]


def _compare_files(old: Path, new: Path) -> NotebookDifference:
    try:
        versions = [_read_file(path) for path in (old, new)]
    except UserError as error:
        return NotebookDifference(str(old), str(new), problem=str(error))
    return NotebookDifference(str(old), str(new), compare(*versions))


def _read_file(path: Path) -> Version:
    try:
        return read_version(path, read_file(path))
    except OSError as error:
        problem = diagnose("unreadable", error.strerror or str(error), path, hint="")
        raise UserError(problem) from None


def _compare_versions(
    root: Path, revisions: list[str], paths: list[Path]
) -> Iterator[NotebookDifference]:
    """Compare two commits, or a commit with the files as they are now."""
    old = blobs_at(root, revisions[0], _NOTEBOOK)
    if len(revisions) > 1:
        new: dict[Path, str | None] = {**blobs_at(root, revisions[1], _NOTEBOOK)}
    else:
        new = dict.fromkeys(tracked_files(root, _NOTEBOOK))
    chosen = sorted(path for path in {*old, *new} if _is_meant(path, paths))
    missing = [path for path in paths if not any(_is_meant(each, [path]) for each in {*old, *new})]
    if missing:
        raise UsageError(f"{os.path.relpath(missing[0])}: git does not know such a notebook")
    for path in chosen:
        if old.get(path) and old.get(path) == new.get(path):
            continue
        difference = _compare_one(root, path, old.get(path), path in new, new.get(path))
        if difference.cells or difference.problem:
            yield difference


def _is_meant(path: Path, chosen: list[Path]) -> bool:
    return not chosen or any(path.is_relative_to(each) for each in chosen)


def _compare_one(
    root: Path, path: Path, old_blob: str | None, is_new: bool, new_blob: str | None
) -> NotebookDifference:
    name = os.path.relpath(path)
    new = _NOTHING
    try:
        if new_blob:
            new = _read_blob(root, path, new_blob)
        elif is_new and path.exists():
            raw = read_file(path)
            if _blob_name(raw) == old_blob:
                return NotebookDifference(name, name)
            new = read_version(path, raw)
        old = _read_blob(root, path, old_blob) if old_blob else _NOTHING
    except UserError as error:
        return NotebookDifference(name, name, problem=str(error))
    except OSError as error:
        problem = diagnose("unreadable", error.strerror or str(error), path, hint="")
        return NotebookDifference(name, name, problem=str(problem))
    return NotebookDifference(name, name, compare(old, new))


def _blob_name(content: bytes) -> str:
    """The name under which git would store some bytes, without a filter."""
    from hashlib import sha1

    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _read_blob(root: Path, path: Path, blob: str) -> Version:
    text = blob_text(root, blob)
    if text is None:
        raise UserError(diagnose("unreadable", "git does not have this version", path, hint=""))
    return read_version(path, text.encode("utf-8", "surrogateescape"))
