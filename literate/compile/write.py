"""Writing a plan to the disk, without losing an edit that was made by hand in a module."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..diagnostics import Diagnostic, diagnose, display_path
from ..files import is_temporary, write_atomically
from ..markers import Issued
from ..project import Project, state_lock
from ..records import dataclass
from .baseline import Baseline
from .module import issued_module
from .package_files import read_text
from .plan import CompilePlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .module_edits import ModuleEdits


@dataclass(frozen=True)
class WriteResult:
    """Which files were written, and how many already had the right text."""

    changed: tuple[Path, ...]
    unchanged: int
    given_up: tuple[Diagnostic, ...] = ()  # remarks about edits that were given up


# --- writing and deleting files ----------------------------------------------------------------


def write_plan(
    plan: CompilePlan,
    overwrite_edits: bool = False,
    carried: Iterable[ModuleEdits] = (),
    notebooks: Mapping[Path, tuple[str, str]] | None = None,
) -> WriteResult:
    """Write the files whose text differs from the plan, each in one step.

    If this would lose an edit made in a module, an `UncarriedEditsError` or an `EditConflictError`
    is raised, and nothing is written; `overwrite_edits` gives such edits up. Modules whose edits
    were `carried` into the `notebooks` are not protected. These are written first: for each, there
    is its old and its new text. The caller holds the lock.
    """
    stale = stale_files(plan)
    baseline = Baseline(plan.project)
    found = {edits.module.path: edits for edits in carried}
    carried_paths = {path for path in found if _is_as_found(found[path], stale)}
    suspects = _suspects(plan, stale, baseline) - carried_paths
    given_up: list[Diagnostic] = []
    if suspects and overwrite_edits:
        given_up = _give_up(plan, {path: stale[path] for path in suspects}, baseline)
    elif suspects:
        _refuse_edits(plan, suspects, baseline)
    modules: dict[Path, Issued] = {}
    for module in plan.modules:
        if module.path in stale or not baseline.is_latest(module.path, plan.files[module.path]):
            modules[module.path] = issued_module(module, plan.project)
    baseline.begin_write({path: modules[path] for path in stale if path in modules})
    _replace({**(notebooks or {}), **stale})
    baseline.commit(modules)
    unchanged = len(plan.files) - len(stale) + len(plan.kept)
    return WriteResult(tuple(stale), unchanged, tuple(given_up))


def _replace(changes: Mapping[Path, tuple[str, str]]) -> None:
    """Replace files, each of which has an old and a new text."""
    for path, (_, new) in changes.items():
        write_atomically(path, new)


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


def prune_orphans(
    plan: CompilePlan, delete_edited: bool, overwrite_edits: bool
) -> list[Diagnostic]:
    """Delete the generated modules that no notebook generates any more.

    An `UncarriedEditsError` names orphans that were edited, unless `delete_edited`: then remarks
    show what is given up. Nothing is deleted either if other edits would stop the compile that
    follows, unless `overwrite_edits`.
    """
    baseline = Baseline(plan.project)
    given_up: list[Diagnostic] = []
    edited = _edited_orphans(plan, baseline)
    if edited and not delete_edited:
        _refuse_edited_orphans(edited)
    if not overwrite_edits:
        suspects = _suspects(plan, stale_files(plan), baseline)
        if suspects:
            _refuse_edits(plan, suspects, baseline)
    if edited:
        given_up = _give_up(plan, {path: (text, "") for path, text in edited.items()}, baseline)
    for path in plan.orphans:
        path.unlink()
    baseline.commit({}, gone=plan.orphans)
    return given_up


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


def _read(path: Path) -> str | None:
    try:
        return read_text(path)
    except FileNotFoundError:
        return None


# --- edits made by hand ------------------------------------------------------------------------


def _suspects(
    plan: CompilePlan, stale: Mapping[Path, tuple[str, str]], baseline: Baseline
) -> set[Path]:
    """The stale modules that a person may have edited; to look closer takes more imports."""
    suspects: set[Path] = set()
    for module in plan.modules:
        old, _ = stale.get(module.path, ("", ""))
        if old.strip() and old not in baseline.texts(module.path):
            suspects.add(module.path)
    return suspects


def _is_as_found(edits: ModuleEdits, stale: Mapping[Path, tuple[str, str]]) -> bool:
    """Whether a module was not edited again since its edits were found."""
    from .revisions import plain_text

    path = edits.module.path
    return path in stale and plain_text(stale[path][0]) == edits.disk


def _refuse_edits(plan: CompilePlan, paths: Collection[Path], baseline: Baseline) -> None:
    """Raise an error if one of these modules was edited."""
    from .edits import find_edits, refuse_edits

    refuse_edits(plan, find_edits(plan, paths, baseline))


def _give_up(
    plan: CompilePlan, changes: Mapping[Path, tuple[str, str]], baseline: Baseline
) -> list[Diagnostic]:
    """Keep modules that are overwritten in the history, and show the lines that are given up."""
    from .history import dropped_lines, keep_versions
    from .revisions import Revisions, plain_text

    revisions = Revisions(plan.project)
    remarks: list[Diagnostic] = []
    for path, (old, new) in changes.items():
        if not revisions.is_unedited(path, plain_text(old)):
            found = dropped_lines(path, plain_text(old), new, baseline.texts(path))
            if found:
                keep_versions(plan.project, {path: old})
            remarks += found
    return remarks


def _edited_orphans(plan: CompilePlan, baseline: Baseline) -> dict[Path, str]:
    """The texts of orphans that a person edited."""
    from .revisions import Revisions, plain_text

    revisions = Revisions(plan.project)
    edited: dict[Path, str] = {}
    for path in plan.orphans:
        text = plain_text(_read(path) or "")
        if text not in baseline.texts(path) and not revisions.is_unedited(path, text):
            edited[path] = text
    return edited


def _refuse_edited_orphans(paths: Iterable[Path]) -> None:
    from .edits import UncarriedEditsError

    message = "no notebook makes this module any more, but it was edited by hand"
    hint = "move what you need into a notebook, then --prune --force deletes it"
    problems = [diagnose("edited", message, path, hint=hint) for path in paths]
    raise UncarriedEditsError(*problems)
