"""`literate exercises`: the student's edition of notebooks, its solutions, and the progress."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..exercises.edition import StudentNotebook


def exercises(
    # notebooks, folders or globs, from the current folder or from nbs_path; by default all
    *notebooks: str,
    # the folder of the student's edition; -o for short
    output: str = "exercises",
    # write nothing: show which exercises are done, and which one comes next
    progress: bool = False,
    # write nothing: print the solution of the exercise with this name, such as softmax or
    # 02_loss.ipynb:softmax
    solution: str = "",
    # print as JSON what was written, or the progress, or the solution
    json: bool = False,
) -> int:
    """Make the student's edition of notebooks: exercises without their solutions.

    Cells with #| solution lose what the student has to write. A notebook of the edition in which
    somebody has written is never replaced.

    Exit codes: 0 done, 1 something is wrong, 2 bad usage.
    """
    from pathlib import Path

    from ..diagnostics import UsageError

    if progress and solution:
        raise UsageError("--progress and --solution do not go together")
    if (progress or solution) and notebooks:
        flag = "--progress" if progress else "--solution"
        raise UsageError(f"{flag} takes no notebooks; --output names the folder of the edition")
    if progress:
        return _show_progress(Path(output), json)
    if solution:
        return _show_solution(Path(output), solution, json)
    return _make(notebooks, Path(output), json)


def _make(notebooks: tuple[str, ...], output: Path, json: bool) -> int:
    from ..discovery import choose_notebooks
    from ..exercises.edition import make_edition
    from ..project import project_of

    project = project_of(notebooks)
    made = make_edition(project, choose_notebooks(project, notebooks), output)
    if json:
        _print_json(made)
    else:
        print(*_report(made, output), sep="\n")
    return 0


def _report(made: Sequence[StudentNotebook], output: Path) -> list[str]:
    """A line for each notebook that is new, changed, or kept, and a line for all of them."""
    from ..diagnostics import display_path
    from ..exercises.edition import KEPT, NEW, OUTDATED, UNCHANGED, UPDATED
    from ..printable import printable

    notes = {
        NEW: "",
        UPDATED: "",
        KEPT: ": kept, because somebody has written into it",
        OUTDATED: ": kept, because somebody has written into it; to get its new edition, give "
        "this file another name and run again",
    }
    lines = []
    for each in made:
        if each.state != UNCHANGED:
            lines.append(f"{display_path(output / each.notebook)}{notes[each.state]}")
        for link in each.lost_links:
            place = display_path(output / each.notebook)
            lines.append(printable(f"{place}: the link {link} leads nowhere from this folder"))
    written = sum(each.state in (NEW, UPDATED) for each in made)
    unchanged = sum(each.state == UNCHANGED for each in made)
    kept = len(made) - written - unchanged
    total = f"{sum(each.exercises for each in made)} exercises: "
    total += f"{written} notebooks written, {unchanged} unchanged"
    return [*lines, f"{total}, {kept} kept" if kept else total]


def _show_progress(output: Path, json: bool) -> int:
    from ..exercises.progress import progress_of, progress_table

    found = progress_of(output)
    if json:
        _print_json(found)
    else:
        print(*progress_table(found), sep="\n")
    return 0


def _show_solution(output: Path, name: str, json: bool) -> int:
    from ..exercises.solutions import solution_named

    found = solution_named(output, name)
    if json:
        _print_json(found)
    else:
        print(found.source, end="")
    return 0


def _print_json(records: object) -> None:
    from json import dumps

    from ..records import asdict

    print(dumps(asdict(records), indent=1, ensure_ascii=False))


def run() -> None:
    """The console command."""
    from ..command import leave, main

    words = ["--output" if word == "-o" else word for word in sys.argv[1:]]
    leave(main(exercises, words))
