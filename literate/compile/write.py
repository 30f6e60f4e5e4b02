"""A plan onto the disk: whole files, one at a time, and never over somebody's edit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..diagnostics import Diagnostic, UserError, diagnose, display_path, format_location
from ..files import write_atomically
from ..project import Project, state_lock
from ..records import dataclass
from .baseline import Base
from .package_files import read_text
from .plan import CompilePlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .merge import Edit, Merge


@dataclass(frozen=True)
class Written:
    """What became of a plan."""

    changed: tuple[Path, ...]
    unchanged: int


class UncarriedEditsError(UserError):
    """Modules that hold edits which the notebooks do not."""


class EditConflictError(UserError):
    """Cells that were changed in the notebook and in the module."""

    exit_code = 3


def stale_files(plan: CompilePlan) -> dict[Path, tuple[str, str]]:
    """Old and new text of each file that would change; the old text of a new file is empty."""
    return {
        path: (old or "", new) for path, new in plan.files.items() if (old := _read(path)) != new
    }


def diff(path: Path, old: str, new: str) -> str:
    """A unified diff of one file."""
    from difflib import unified_diff

    lines = unified_diff(
        old.splitlines(keepends=True),
        new.splitlines(keepends=True),
        display_path(path),
        f"{display_path(path)} (from the notebooks)",
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def find_edits(plan: CompilePlan, paths: Iterable[Path], base: Base) -> list[Merge]:
    """What was edited by hand in these modules since they were generated.

    What was generated last is the `base`. Where there is none, as in a fresh clone, it is the file in git's HEAD; without
    git either, whatever differs from the notebooks counts as edited.
    """
    merges = []
    for module in plan.modules:
        disk = _lf(_read(module.path) or "") if module.path in paths else ""
        if not disk.strip():  # an empty file, as `touch` makes it, is nobody's work
            continue
        bases = base.of(module.path)
        if disk in bases or disk == (in_head := _in_head(module.path)):
            continue
        from .merge import merge_module

        found = [
            merge_module(module, text, disk, plan.files[module.path]) for text in bases or [in_head]
        ]
        if merge := min(
            found, key=len
        ):  # after a crash the module may be of either base: of the one that explains most
            merges.append(merge)
    return merges


def write_plan(plan: CompilePlan, force: bool = False, carried: Iterable[Merge] = ()) -> Written:
    """Write the files that differ; an `UncarriedEditsError` or `EditConflictError` if that would lose an edit made in a module (unless `force`).

    Then nothing at all is written. Edits that were `carried` into the notebooks are found there. The caller holds the lock.
    """
    stale, base = stale_files(plan), Base(plan.project)
    done = {
        merge.module.path for merge in carried if _is_carried(merge, stale.get(merge.module.path))
    }
    if not force:
        _refuse_edits(find_edits(plan, stale.keys() - done, base))
    texts = {module.path: plan.files[module.path] for module in plan.modules}
    base.expect({path: text for path, text in texts.items() if path in stale})
    for path in stale:
        write_atomically(path, plan.files[path])
    base.settle(texts)
    return Written(tuple(stale), len(plan.files) - len(stale) + len(plan.kept))


def _refuse_edits(merges: list[Merge]) -> None:
    refuse_conflicts(merges)
    if merges:
        raise UncarriedEditsError(
            *(
                diagnose(
                    "edited",
                    _summary(merge),
                    merge.module.path,
                    hint="--update carries edits into the notebooks, --force gives them up",
                )
                for merge in merges
            )
        )


def _is_carried(merge: Merge, texts: tuple[str, str] | None) -> bool:
    """Whether the new text holds every cell of the edited module, which nobody has touched since."""
    if texts is None or _lf(texts[0]) != merge.disk:
        return False
    from ..markers import markers_of, split_sections

    cells = split_sections(merge.disk, merge.module.path.parent, *markers_of(texts[1]))
    return all(
        section.code in texts[1]
        for section in cells
        if section.marker and not section.marker.startswith("# %% auto")
    )


def prune_orphans(plan: CompilePlan, force: bool = False) -> None:
    """Delete generated modules that no notebook makes; an `UncarriedEditsError` names those that hold edits (unless `force`)."""
    base = Base(plan.project)
    if edited := [
        path
        for path in plan.orphans
        if not force and _read(path) not in (*base.of(path), _in_head(path))
    ]:
        raise UncarriedEditsError(
            *(
                diagnose(
                    "edited",
                    "no notebook makes this module any more, but it was edited by hand",
                    path,
                    hint="move what you need into a notebook, then --prune --force deletes it",
                )
                for path in edited
            )
        )
    if not force:
        _refuse_edits(find_edits(plan, stale_files(plan), base))  # before anything is deleted
    for path in plan.orphans:
        path.unlink()
    base.settle({}, gone=plan.orphans)


def _summary(merge: Merge) -> str:
    parts = {
        "changed": merge.edits,
        "added": merge.added,
        "removed": merge.removed,
        "outside of any cell": merge.outside,
    }
    return "edited by hand since it was generated: " + ", ".join(
        f"{len(found)} {word}" for word, found in parts.items() if found
    )


def refuse_conflicts(merges: list[Merge]) -> None:
    """Raise an `EditConflictError` that shows each cell which both sides changed."""
    if conflicts := [(merge, conflict) for merge in merges for conflict in merge.conflicts]:
        raise EditConflictError(
            *(_conflict(merge.module.path, conflict) for merge, conflict in conflicts)
        )


def refuse_outside(merges: list[Merge]) -> None:
    """Raise an `UncarriedEditsError` for text that no cell can take: it would be gone when the module is generated again."""
    if found := [merge for merge in merges if merge.outside]:
        raise UncarriedEditsError(
            *(
                diagnose(
                    "edit-outside-cell",
                    "edited outside of any cell",
                    merge.module.path,
                    hint="move it into a cell, or give it up with --force",
                    detail="\n".join(
                        f"    {line}" for text in merge.outside for line in text.splitlines()
                    ),
                )
                for merge in found
            )
        )


def _conflict(path: Path, conflict: Edit) -> Diagnostic:
    item = conflict.cell
    where = (
        format_location(item.notebook, item.parsed.cell.index, item.parsed.cell.id)
        if item
        else "the notebook, which has the cell no more"
    )
    lines = diff(path, conflict.generated + "\n", conflict.code + "\n").splitlines()[2:]
    return diagnose(
        "conflict",
        f"changed here and in {where}",
        path,
        line=conflict.line,
        hint="make both the same, or use --force for the notebook's, --update --force for the module's",
        detail="\n".join(f"    {line}" for line in lines),
    )


def _read(path: Path) -> str | None:
    try:
        return read_text(path)
    except FileNotFoundError:
        return None


def _lf(text: str) -> str:
    """Line ends are nobody's edit, and Python counts lines by all of them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _in_head(path: Path) -> str | None:
    """The file's text in git's HEAD; None without git, or if git does not know the file."""
    import subprocess

    try:
        shown = subprocess.run(
            ["git", "show", f"HEAD:./{path.name}"], cwd=path.parent, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return shown.stdout.decode("utf-8", "surrogateescape")


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Two compilers at once take turns."""
    with state_lock(project) as lock:
        if lock.was_interrupted:
            _sweep(project)
        yield


def _sweep(project: Project) -> None:
    """Remove the temporary files of a process that was killed."""
    for folder in (project.state_dir, project.lib_path, project.nbs_path):
        for path in folder.rglob(".*.tmp"):
            if path.suffixes[-2:-1][0][1:].isdigit():
                path.unlink(missing_ok=True)
