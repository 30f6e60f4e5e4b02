"""Writing a plan to the disk, without losing an edit that was made by hand in a module."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..diagnostics import Diagnostic, UserError, diagnose, display_path, format_location
from ..files import ChangedMeanwhileError, delete_file, is_temporary, real_target, replace_files
from ..git import text_in_head
from ..project import NBDEV3, Project, state_lock
from ..records import dataclass
from .baseline import Baseline
from .init_file import docstring_of, is_list_of_modules
from .package_files import read_text
from .plan import CompilePlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from .merge import CellEdit, ModuleEdits

    Result = TypeVar("Result")

_MOST_REPETITIONS = 3  # of a run during which files are saved


@dataclass(frozen=True)
class WriteResult:
    """Which files were written, and how many already had the right text."""

    changed: tuple[Path, ...]
    unchanged: int


class UncarriedEditsError(UserError):
    """Modules contain edits that the notebooks do not contain."""


class EditConflictError(UserError):
    """Cells were changed both in the notebook and in the module."""

    exit_code = 3


# --- writing and deleting files ----------------------------------------------------------------


def write_plan(
    plan: CompilePlan, overwrite_edits: bool = False, carried: Iterable[ModuleEdits] = ()
) -> WriteResult:
    """Write the files whose text differs from the plan, each in one step.

    If this would lose an edit made in a module, an `UncarriedEditsError` or an `EditConflictError`
    is raised, and nothing is written; `overwrite_edits` gives such edits up. Modules whose edits
    were `carried` into the notebooks are not protected. The caller holds the lock, and starts again
    after a `ChangedMeanwhileError`: see `start_again_if_saved`.
    """
    stale = stale_files(plan)
    baseline = Baseline(plan.project)
    if not overwrite_edits:
        unprotected = {edits.module.path for edits in carried if _are_carried(edits, stale)}
        _refuse_edits(find_edits(plan, stale.keys() - unprotected, baseline))
        refuse_edited_docstring(plan, baseline)
    texts = {path: plan.files[path] for path in _remembered_files(plan)}
    baseline.begin_write({path: text for path, text in texts.items() if path in stale})
    replace_files(stale, plan.project.own_folders)
    baseline.commit(texts)
    unchanged = len(plan.files) - len(stale) + len(plan.kept)
    return WriteResult(tuple(stale), unchanged)


def stale_files(plan: CompilePlan) -> dict[Path, tuple[str, str]]:
    """Old and new text of each file that would change; the old text of a new file is empty.

    Raises a `UserError` if one of them lies outside of the project.
    """
    stale: dict[Path, tuple[str, str]] = {}
    for path, new in plan.files.items():
        old = _read(path)
        if old != new:
            stale[path] = (plan.old_texts.get(path, old or ""), new)
    refuse_links_out(plan.project, stale)
    return stale


def _remembered_files(plan: CompilePlan) -> list[Path]:
    """The files whose generated text the baseline keeps: with it, edits in them are found."""
    paths = [module.path for module in plan.modules]
    init = plan.project.lib_path / "__init__.py"
    if plan.project.layout == NBDEV3 and init not in paths:
        paths.append(init)
    return paths


def write_files(project: Project, changes: Mapping[Path, tuple[str, str]]) -> None:
    """Replace files of the project together, each of which has an old and a new text.

    Raises a `UserError` if one of them lies outside of the project, and a `ChangedMeanwhileError`
    if one of them no longer has its old text. Nothing is written then.
    """
    refuse_links_out(project, changes)
    replace_files(changes, project.own_folders)


def start_again_if_saved(run: Callable[[], Result]) -> Result:
    """The result of a run that starts again if a file is saved between its being read and replaced.

    Raises a `UserError` if this happens again and again.
    """
    for _ in range(1 + _MOST_REPETITIONS):
        try:
            return run()
        except ChangedMeanwhileError as error:
            path = error.path
    message = "it was saved again and again while this command ran, so it was not replaced"
    raise UserError(diagnose("changed-meanwhile", message, path))


def refuse_links_out(project: Project, paths: Iterable[Path]) -> None:
    """Raise a `UserError` that names each link through which a path leads out of the project."""
    problems: dict[Path, Diagnostic] = {}
    for path in paths:
        try:
            real_target(path, project.own_folders)
        except OSError as error:
            link = _link_out(project, path)
            message = error.strerror or str(error)
            problems.setdefault(link, diagnose("outside-project", message, link))
    if problems:
        raise UserError(*problems.values())


def _link_out(project: Project, path: Path) -> Path:
    """The link by which a path leaves the project: a folder above it, or the path itself."""
    for folder in reversed(path.parents):
        if folder.is_relative_to(project.root) and folder != project.root and folder.is_symlink():
            if not _is_inside(project, folder):
                return folder
    return path


def _is_inside(project: Project, path: Path) -> bool:
    try:
        real_target(path, project.own_folders)
    except OSError:
        return False
    return True


def diff(path: Path, old: str, new: str) -> str:
    """A unified diff of one file."""
    from difflib import unified_diff

    name = display_path(path)
    lines = unified_diff(
        old.splitlines(keepends=True),
        new.splitlines(keepends=True),
        name,
        f"{name} (from the notebooks)",
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def prune_orphans(plan: CompilePlan, delete_edited: bool, overwrite_edits: bool) -> None:
    """Delete the generated modules that no notebook generates any more.

    An `UncarriedEditsError` names orphans that were edited, unless `delete_edited`. Nothing is
    deleted either if other edits would stop the compile that follows, unless `overwrite_edits`.
    """
    baseline = Baseline(plan.project)
    texts = {path: _read(path) or "" for path in plan.orphans}
    if not delete_edited:
        _refuse_edited_orphans(texts, baseline)
    if not overwrite_edits:
        _refuse_edits(find_edits(plan, stale_files(plan), baseline))
    for path, text in texts.items():
        delete_file(path, text, plan.project.own_folders)
    baseline.commit({}, gone=plan.orphans)


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Hold the lock of the project: a second compiler waits until the first one is done."""
    with state_lock(project) as lock:
        if lock.was_interrupted:
            _delete_temporary_files(project)
        yield


def _delete_temporary_files(project: Project) -> None:
    """Delete the temporary files of a process that was killed; folders elsewhere are left alone."""
    for folder in (project.state_dir, project.lib_path, project.nbs_path):
        if not _is_inside(project, folder / "file"):
            continue
        for parent, _, names in os.walk(folder):
            for name in filter(is_temporary, names):
                with suppress(OSError):
                    os.unlink(os.path.join(parent, name))


# --- finding edits made by hand ----------------------------------------------------------------


def find_edits(plan: CompilePlan, paths: Collection[Path], baseline: Baseline) -> list[ModuleEdits]:
    """The edits made by hand in those planned modules that are among `paths`.

    They are found by comparison with the text that was generated last. If the baseline does not
    know it, as in a fresh clone, it is the text in git's HEAD. If git does not know the file
    either, each difference from the notebooks counts as an edit.
    """
    found: list[ModuleEdits] = []
    for module in plan.modules:
        if module.path not in paths:
            continue
        disk = _with_lf(_read(module.path) or "")
        if not disk.strip():  # no person's work: for example, `touch` made the file
            continue
        bases: Sequence[str | None] = baseline.texts(module.path)
        if disk in bases:
            continue
        committed = text_in_head(module.path)
        if disk == committed:
            continue
        from .merge import merge_module

        new = plan.files[module.path]
        candidates = [merge_module(module, base, disk, new) for base in bases or [committed]]
        # After a crash there are two bases. The right one is that which explains most of the text.
        edits = min(candidates, key=lambda candidate: candidate.count)
        if edits.count:
            found.append(edits)
    return found


def _are_carried(edits: ModuleEdits, stale: dict[Path, tuple[str, str]]) -> bool:
    """Whether the new text of a module contains each cell of the edited one.

    False if the module was edited again since its edits were found.
    """
    path = edits.module.path
    if path not in stale:
        return False
    old, new = stale[path]
    if _with_lf(old) != edits.disk:
        return False
    from ..markers import markers_of, split_sections

    sections = split_sections(edits.disk, path.parent, markers_of(new))
    return all(section.code in new for section in sections if section.is_cell)


def _read(path: Path) -> str | None:
    try:
        return read_text(path)
    except FileNotFoundError:
        return None


def _with_lf(text: str) -> str:
    """The text with LF line ends: other line ends are not an edit, and Python counts them all."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


# --- refusing to lose edits --------------------------------------------------------------------


def refuse_conflicts(found: Iterable[ModuleEdits]) -> None:
    """Raise an `EditConflictError` that shows each cell that was changed on both sides."""
    problems: list[Diagnostic] = []
    for edits in found:
        for conflict in edits.conflicts:
            problems.append(_conflict(edits.module.path, conflict))
    if problems:
        raise EditConflictError(*problems)


def refuse_outside(found: Iterable[ModuleEdits]) -> None:
    """Raise an `UncarriedEditsError` for text that belongs to no cell.

    Such text would be lost, because the module is generated again.
    """
    problems: list[Diagnostic] = []
    for edits in found:
        if edits.outside:
            message = "edited outside of any cell"
            detail = _indented("\n".join(edits.outside).splitlines())
            path = edits.module.path
            problems.append(diagnose("edit-outside-cell", message, path, detail=detail))
    if problems:
        raise UncarriedEditsError(*problems)


def _refuse_edits(found: list[ModuleEdits]) -> None:
    """Raise an error if modules were edited; conflicts come first, because they show more."""
    refuse_conflicts(found)
    if found:
        problems = [diagnose("edited", _summary(edits), edits.module.path) for edits in found]
        raise UncarriedEditsError(*problems)


def refuse_edited_docstring(plan: CompilePlan, baseline: Baseline) -> None:
    """Raise an `UncarriedEditsError` if a docstring by a person would be replaced."""
    init = plan.project.lib_path / "__init__.py"
    if plan.project.layout != NBDEV3 or init not in plan.old_texts:
        return
    old, new = docstring_of(plan.old_texts[init]), docstring_of(plan.files[init])
    if old in ("", new, plan.project.description):
        return
    generated = [docstring_of(text) for text in baseline.texts(init)]
    if not generated and is_list_of_modules(old):
        generated = [docstring_of(text_in_head(init) or "")]
    if old not in generated:
        message = "its docstring was written by hand, but it is made from the notebooks"
        hint = "move the text into the index notebook, or give it up with --prefer notebook"
        raise UncarriedEditsError(diagnose("edited", message, init, hint=hint))


def _refuse_edited_orphans(orphans: Mapping[Path, str], baseline: Baseline) -> None:
    problems: list[Diagnostic] = []
    for path, text in orphans.items():
        if text not in baseline.texts(path) and text != text_in_head(path):
            message = "no notebook makes this module any more, but it was edited by hand"
            hint = "move what you need into a notebook, then --prune --force deletes it"
            problems.append(diagnose("edited", message, path, hint=hint))
    if problems:
        raise UncarriedEditsError(*problems)


def _summary(edits: ModuleEdits) -> str:
    counts = {
        "changed": len(edits.edits),
        "added": len(edits.added),
        "removed": len(edits.removed),
        "outside of any cell": len(edits.outside),
    }
    parts = [f"{count} {kind}" for kind, count in counts.items() if count]
    return f"edited by hand since it was generated: {', '.join(parts)}"


def _conflict(path: Path, conflict: CellEdit) -> Diagnostic:
    if conflict.cell is None:
        message = "changed here, but the notebook no longer contains this cell"
    else:
        cell = conflict.cell.parsed.cell
        where = format_location(conflict.cell.notebook, cell.index, cell.id)
        message = f"changed here and in {where}"
    lines = diff(path, conflict.generated + "\n", conflict.code + "\n").splitlines()
    detail = _indented(lines[2:])  # without the names of the files
    return diagnose("conflict", message, path, line=conflict.line, detail=detail)


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)
