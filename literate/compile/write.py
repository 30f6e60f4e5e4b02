"""Writing a plan to the disk, without losing an edit that was made by hand in a module."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..diagnostics import Diagnostic, UserError, diagnose, display_path, format_location
from ..files import is_temporary, write_atomically
from ..git import text_in_head
from ..project import Project, state_lock
from ..records import dataclass
from .baseline import Baseline
from .package_files import read_text
from .plan import CompilePlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .merge import CellEdit, ModuleEdits


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
    were `carried` into the notebooks are not protected. The caller holds the lock.
    """
    stale = stale_files(plan)
    baseline = Baseline(plan.project)
    if not overwrite_edits:
        unprotected = {edits.module.path for edits in carried if _are_carried(edits, stale)}
        _refuse_edits(find_edits(plan, stale.keys() - unprotected, baseline))
    texts = {module.path: plan.files[module.path] for module in plan.modules}
    baseline.begin_write({path: text for path, text in texts.items() if path in stale})
    for path in stale:
        write_atomically(path, plan.files[path])
    baseline.commit(texts)
    unchanged = len(plan.files) - len(stale) + len(plan.kept)
    return WriteResult(tuple(stale), unchanged)


def stale_files(plan: CompilePlan) -> dict[Path, tuple[str, str]]:
    """Old and new text of each file that would change; the old text of a new file is empty."""
    stale: dict[Path, tuple[str, str]] = {}
    for path, new in plan.files.items():
        old = _read(path)
        if old != new:
            stale[path] = (old or "", new)
    return stale


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
    if not delete_edited:
        _refuse_edited_orphans(plan.orphans, baseline)
    if not overwrite_edits:
        _refuse_edits(find_edits(plan, stale_files(plan), baseline))
    for path in plan.orphans:
        path.unlink()
    baseline.commit({}, gone=plan.orphans)


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Hold the lock of the project: a second compiler waits until the first one is done."""
    with state_lock(project) as lock:
        if lock.was_interrupted:
            _delete_temporary_files(project)
        yield


def _delete_temporary_files(project: Project) -> None:
    """Delete the temporary files of a process that was killed."""
    for folder in (project.state_dir, project.lib_path, project.nbs_path):
        for path in folder.rglob(".*.tmp"):
            if is_temporary(path.name):
                path.unlink(missing_ok=True)


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


def _refuse_edited_orphans(orphans: Iterable[Path], baseline: Baseline) -> None:
    problems: list[Diagnostic] = []
    for path in orphans:
        text = _read(path)
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
