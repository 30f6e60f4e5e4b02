"""`literate merge`: three versions of a notebook become one, cell by cell."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from ..vcs.merged_notebook import Conflict

DRIVER = "--driver"


def merge(
    # the three versions: BASE OURS THEIRS
    *notebooks: str,
    # the file for the result, which is otherwise printed; -o for short
    output: str = "",
    # how conflicts are shown: marks (git's marks in the source of the cell) or cells (both
    # versions as cells of their own); --as for short
    conflicts: str = "marks",
    # git's style of marks: merge, diff3 or zdiff3; by default the one that git is configured for
    style: str = "",
    # print the conflicts as JSON; needs --output
    json: bool = False,
) -> int:
    """Merge the changes that two sides made to a notebook, cell by cell.

    Git calls this command with --driver, and with --modules too for generated modules. What git
    knows of the merge follows: see docs/merge.md.

    Exit codes: 0 merged, 1 merged with conflicts, 2 bad usage, 3 a file is not a notebook.
    """
    from pathlib import Path

    from ..diagnostics import UsageError
    from ..vcs.lines import STYLES

    if len(notebooks) != 3:
        raise UsageError(f"three notebooks are needed: BASE OURS THEIRS, not {len(notebooks)}")
    if conflicts not in ("marks", "cells"):
        raise UsageError(f"--conflicts takes marks or cells, not {conflicts!r}")
    if style and style not in STYLES:
        raise UsageError(f"--style takes {', '.join(STYLES)}, not {style!r}")
    if json and not output:
        raise UsageError("--json needs --output, because the notebook itself is printed")
    paths = [Path(name) for name in notebooks]
    return _merge_by_hand(paths, output, conflicts == "cells", style, json)


def _merge_by_hand(
    paths: list[Path], output: str, both_as_cells: bool, style: str, json: bool
) -> int:
    from pathlib import Path

    from ..diagnostics import UserError, diagnose
    from ..files import read_file, write_atomically
    from ..vcs.driver import (
        CONFLICTS,
        FAILED,
        MERGED,
        check_notebook,
        configured_style,
        report_conflicts,
    )
    from ..vcs.lines import Marks
    from ..vcs.merged_notebook import merge_notebooks
    from ..vcs.versions import read_version

    versions = []
    try:
        for path in paths:
            versions.append(read_version(path, read_file(path)))
    except (UserError, OSError) as error:
        if isinstance(error, OSError):
            error = UserError(diagnose("unreadable", error.strerror or str(error), path, hint=""))
        print(error, file=sys.stderr)
        return FAILED
    marks = Marks(style or configured_style(Path.cwd()))
    base, ours, theirs = versions
    merged = merge_notebooks(base, ours, theirs, marks, both_as_cells)
    check_notebook(paths[1], merged.text)
    if output:
        write_atomically(Path(output), merged.text)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(merged.text.encode("utf-8"))
        sys.stdout.buffer.flush()
    if json:
        _print_json(merged.conflicts)
    else:
        report_conflicts(Path(output) if output else paths[1], merged.conflicts)
    return CONFLICTS if merged.conflicts else MERGED


def _print_json(conflicts: list[Conflict]) -> None:
    from json import dumps

    from ..records import asdict

    print(dumps({"conflicts": asdict(conflicts)}, indent=1, ensure_ascii=False))


def _drive(words: list[str]) -> int:
    from ..vcs.driver import drive, read_order

    return drive(read_order(words))


def run() -> None:
    """The console command."""
    from ..command import leave, main

    words = sys.argv[1:]
    if words[:1] == [DRIVER] and words[1:] not in (["--help"], ["-h"]):
        # This is how git calls the driver for each file. Fire takes longer than most merges.
        leave(main(lambda: _drive(words[1:]), []))
    short = {"-o": "--output", "--as": "--conflicts"}
    leave(main(merge, [short.get(word, word) for word in words]))
