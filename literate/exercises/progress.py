"""Which exercises of a student's edition are done."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from ..files import read_state_file, write_state_file
from ..printable import printable
from ..project import EXERCISES, Project, state_lock
from ..records import dataclass
from ..rootfinding import project_around

TYPE_CHECKING = False
if TYPE_CHECKING:
    # The names of exercises that are done, by the notebook, by the folder of the edition.
    Done = dict[str, dict[str, list[str]]]


@dataclass(frozen=True)
class NotebookProgress:
    """How far a student is in one notebook."""

    notebook: str  # its path in the edition
    names: tuple[str, ...]  # of all its exercises
    done: tuple[str, ...]

    @property
    def following(self) -> str:
        """The first exercise that is not done, or "" if all are."""
        for name in self.names:
            if name not in self.done:
                return name
        return ""


# --- the state file ----------------------------------------------------------------------------


def record(edition: Path, notebook: str, name: str, is_done: bool) -> None:
    """Note whether an exercise is done; nothing is written if this is known."""
    project = project_around(edition, edition)
    key = _key(project, edition)
    if (name in _read(project).get(key, {}).get(notebook, [])) == is_done:
        return
    with state_lock(project):
        done = _read(project)  # another notebook may have written meanwhile
        names = set(done.setdefault(key, {}).get(notebook, []))
        names = names | {name} if is_done else names - {name}
        done[key][notebook] = sorted(names)
        text = json.dumps(done, indent=1, sort_keys=True, ensure_ascii=False)
        write_state_file(project.state_dir / EXERCISES, f"{text}\n")


def _key(project: Project, edition: Path) -> str:
    """The name of an edition: its path from the root of the project."""
    return Path(os.path.relpath(os.path.abspath(edition), project.root)).as_posix()


def _read(project: Project) -> Done:
    """What is done; nothing if the file is missing or damaged."""
    try:
        data = json.loads(read_state_file(project.state_dir / EXERCISES))
    except (OSError, ValueError):
        return {}
    found: Done = {}
    for edition, notebooks in data.items() if isinstance(data, dict) else ():
        if isinstance(notebooks, dict):
            found[edition] = {
                notebook: [name for name in names if isinstance(name, str)]
                for notebook, names in notebooks.items()
                if isinstance(names, list)
            }
    return found


# --- what a student sees -----------------------------------------------------------------------


def progress_of(edition: Path) -> list[NotebookProgress]:
    """How far a student is in each notebook of an edition that has exercises."""
    from .solutions import edition_files, read_solutions

    paths = edition_files(edition)
    project = project_around(edition, edition)
    done = _read(project).get(_key(project, edition), {})
    found = []
    for path in paths:
        file = read_solutions(path)
        if not file.names:
            continue
        finished = [name for name in file.names if name in done.get(file.notebook, [])]
        found.append(NotebookProgress(file.notebook, tuple(file.names), tuple(finished)))
    return found


def print_progress(folder: str = "exercises") -> None:
    """Print a table: for each notebook, how many exercises are done, and which one comes next."""
    print("\n".join(progress_table(progress_of(Path(folder)))))


def progress_table(progress: Sequence[NotebookProgress]) -> list[str]:
    """The lines of the table."""
    rows = [("notebook", "done", "next exercise")]
    done = total = 0
    for each in progress:
        rows.append((each.notebook, f"{len(each.done)} of {len(each.names)}", each.following))
        done += len(each.done)
        total += len(each.names)
    rows.append(("all", f"{done} of {total}", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = []
    for notebook, count, following in rows:
        line = f"{notebook:<{widths[0]}}  {count:>{widths[1]}}  {following}"
        lines.append(printable(line.rstrip()))
    return lines
