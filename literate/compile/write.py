"""Writing a plan to the disk, without losing an edit that was made by hand in a module."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ..diagnostics import Diagnostic, UserError, diagnose, display_path
from ..files import ChangedMeanwhileError, delete_file, is_temporary, real_target, replace_files
from ..markers import Issued
from ..project import NBDEV3, Project, state_lock
from ..records import dataclass
from .baseline import Baseline
from .module import issued_module
from .package_edits import give_up_package_edits, refuse_package_edits
from .package_files import llms_path, read_text
from .plan import CompilePlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from .module_edits import ModuleEdits

    Result = TypeVar("Result")

_MOST_REPETITIONS = 3  # of a run during which files are saved


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
    were `carried` into the `notebooks` are not protected. These are written with the modules: for
    each, there is its old and its new text. The caller holds the lock, and starts again after a
    `ChangedMeanwhileError`: see `start_again_if_saved`.
    """
    stale = stale_files(plan)
    baseline = Baseline(plan.project)
    found = {edits.module.path: edits for edits in carried}
    carried_paths = {path for path in found if _is_as_found(found[path], stale)}
    suspects = _suspects(plan, stale, baseline) - carried_paths
    given_up: list[Diagnostic] = []
    if overwrite_edits:
        given_up = _give_up(plan, {path: stale[path] for path in suspects}, baseline)
    else:
        if suspects:
            _refuse_edits(plan, suspects, baseline)
        refuse_package_edits(plan, stale, baseline)
    given_up += give_up_package_edits(plan, stale, baseline, overwrite_edits)
    generated = _news_for(baseline, plan, stale)
    written = {path: (stale[path][0], generated[path]) for path in stale if path in generated}
    refuse_links_out(plan.project, [*(notebooks or {}), *stale])
    replace_files(
        notebooks or {},
        plan.project.own_folders,
        state=baseline.state_while_writing(written),
        last=stale,
    )
    baseline.commit(generated)
    unchanged = len(plan.files) - len(stale) + len(plan.kept)
    return WriteResult(tuple(stale), unchanged, tuple(given_up))


def _news_for(
    baseline: Baseline, plan: CompilePlan, stale: Mapping[Path, tuple[str, str]]
) -> dict[Path, Issued]:
    """The generated texts that the baseline does not know as the latest ones."""
    news: dict[Path, Issued] = {}
    for module in plan.modules:
        if module.path in stale or not baseline.is_latest(module.path, plan.files[module.path]):
            news[module.path] = issued_module(module, plan.project)
    if plan.project.layout == NBDEV3:
        modules = {module.path for module in plan.modules}
        for path in (plan.project.lib_path / "__init__.py", llms_path(plan.project)):
            text = plan.files.get(path)
            if text is not None and path not in modules and not baseline.is_latest(path, text):
                news[path] = Issued(text, ())
    return news


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


def prune_orphans(
    plan: CompilePlan, delete_edited: bool, overwrite_edits: bool
) -> list[Diagnostic]:
    """Delete the generated modules that no notebook generates any more.

    An `UncarriedEditsError` names orphans that were edited, unless `delete_edited`: then remarks
    show what is given up. Nothing is deleted either if other edits would stop the compile that
    follows, unless `overwrite_edits`.
    """
    baseline = Baseline(plan.project)
    texts = {path: _read(path) or "" for path in plan.orphans}
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
    for path, text in texts.items():
        delete_file(path, text, plan.project.own_folders)
    baseline.commit({}, gone=plan.orphans)
    return given_up


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Hold the lock of the project: a second compiler waits until the first one is done."""
    with state_lock(project) as lock:
        if lock.may_have_leftovers:
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
