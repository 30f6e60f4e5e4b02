"""Git's merge driver: what git calls for a file that both sides changed.

Git gives three temporary files and takes the result from the second one. Whatever goes wrong here,
that file must never end up with one side's text alone: git would take it for the result, and the
other side would be lost. So the last resort is always git's own merge by line.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ..diagnostics import Diagnostic, UsageError, UserError, display_path, format_location
from ..files import read_file, write_atomically
from ..git import git_output
from ..printable import printable
from ..records import dataclass, replace
from .lines import MERGE, STYLES, Marks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .merged_notebook import Conflict
    from .versions import Version

MERGED, CONFLICTS, FAILED = 0, 1, 3  # exit codes

_UNKNOWN_TO_GIT = re.compile(r"%[A-Z]$")  # an older git leaves %S as it is
_DEFAULT_SIZE = 7


@dataclass(frozen=True)
class Order:
    """What git asks for: three files, the path that they stand for, and how to show conflicts."""

    base: Path
    ours: Path
    theirs: Path
    path: Path
    marks: Marks
    modules: bool = False
    both_as_cells: bool = False


def read_order(words: Sequence[str]) -> Order:
    """What the words behind `--driver` say: `[--modules] [--as cells] %O %A %B %P %L %S %X %Y`."""
    rest = list(words)
    modules = both_as_cells = False
    while rest and rest[0].startswith("--"):
        word = rest.pop(0)
        if word == "--modules":
            modules = True
        elif word in ("--as", "--conflicts"):
            both_as_cells = bool(rest) and rest.pop(0) == "cells"
        else:
            both_as_cells = both_as_cells or word.endswith("=cells")
    if len(rest) < 4:
        raise UsageError("--driver takes what git gives: %O %A %B %P, and then %L %S %X %Y")
    base, ours, theirs, path, *about = rest
    marks = _marks(about)
    return Order(Path(base), Path(ours), Path(theirs), Path(path), marks, modules, both_as_cells)


def _marks(about: list[str]) -> Marks:
    """The size and the labels of marks, as far as git gives them."""
    given = [word if not _UNKNOWN_TO_GIT.match(word) else "" for word in about]
    size, base, ours, theirs = [*given, "", "", "", ""][:4]
    merged = [value for name, value in os.environ.items() if name.startswith("GITHEAD_")]
    if not (ours or theirs) and len(merged) == 1:  # `git merge` tells which branch it merges
        ours, theirs = "HEAD", merged[0]
    return Marks(
        MERGE,
        int(size) if size.isdigit() and int(size) > 0 else _DEFAULT_SIZE,
        printable(ours) or "ours",
        printable(base) or "base",
        printable(theirs) or "theirs",
    )


def configured_style(folder: Path) -> str:
    """The style of conflicts that git's configuration asks for."""
    style = (git_output(folder, "config", "--get", "merge.conflictStyle") or "").strip()
    return style if style in STYLES else MERGE


def drive(order: Order) -> int:
    """Merge as git asks, and return the exit code for git: 0 merged, 1 with conflicts."""
    try:
        return _merge(order)
    except UserError as error:
        reason = _reason(error)
    except OSError as error:
        reason = error.strerror or str(error)
    except Exception as error:  # a mistake in this program must not cost anybody's work
        reason = f"of an internal error, which is worth a report: {error!r}"
    print(
        printable(f"{display_path(order.path)}: merged by line, as git does it, because {reason}"),
        file=sys.stderr,
    )
    return merge_by_line(order)


def _reason(error: UserError) -> str:
    problem = error.problems[0]
    return problem.message if isinstance(problem, Diagnostic) else str(problem)


def _merge(order: Order) -> int:
    if order.modules:
        from .merged_module import merge_module_files

        return merge_module_files(order)
    from .merged_notebook import merge_notebooks

    base = _read_version(order.base, "base")
    ours = _read_version(order.ours, "ours")
    theirs = _read_version(order.theirs, "theirs")
    merged = merge_notebooks(base, ours, theirs, order.marks, order.both_as_cells)
    if any(conflict.is_marked for conflict in merged.conflicts):
        style = configured_style(Path.cwd())
        if style != order.marks.style:
            marks = replace(order.marks, style=style)
            merged = merge_notebooks(base, ours, theirs, marks, order.both_as_cells)
    check_notebook(order.path, merged.text)
    write_atomically(order.ours, merged.text)
    report_conflicts(order.path, merged.conflicts)
    return CONFLICTS if merged.conflicts else MERGED


def _read_version(path: Path, side: str) -> Version:
    """One side's notebook; a `UserError` that names the side if there is none."""
    from .versions import read_version

    try:
        return read_version(path, read_file(path))
    except OSError as error:
        raise UserError(f"{side} cannot be read: {error.strerror}") from None
    except UserError as error:
        raise UserError(f"{side} is not a notebook that can be merged: {_reason(error)}") from None


def check_notebook(path: Path, text: str) -> None:
    """Raise a `UserError` unless a text is that of a notebook; none at all is an empty file."""
    from ..notebook import parse_notebook

    if text:
        parse_notebook(path, text.encode("utf-8"))


def report_conflicts(path: Path, conflicts: Sequence[Conflict]) -> None:
    """Print a line for each cell in which both sides changed the same."""
    for conflict in conflicts:
        where = format_location(path, conflict.cell, conflict.cell_id)
        parts = " and ".join(conflict.parts)
        kept = "" if conflict.is_marked else ": ours is kept, or theirs if ours deleted it"
        print(printable(f"{where}: both sides changed {parts}{kept}"), file=sys.stderr)


# --- git's own merge ---------------------------------------------------------------------------


def merge_by_line(order: Order) -> int:
    """Let git merge the three files by line, into the second one."""
    import subprocess

    marks = replace(order.marks, style=configured_style(Path.cwd()))
    command = ["git", "merge-file", f"--marker-size={marks.size}"]
    if marks.style != MERGE:
        command.append(f"--{marks.style}")
    for label in (marks.ours, marks.base, marks.theirs):
        command += ["-L", label]
    files = [os.path.abspath(path) for path in (order.ours, order.base, order.theirs)]
    try:
        done = subprocess.run([*command, "--", *files], capture_output=True)
    except OSError as error:
        return _warn_of_ours(order, error.strerror or str(error))
    if done.returncode == 0:
        return MERGED
    if done.returncode > 127:  # git could not merge: for example, a file is binary
        return _warn_of_ours(order, done.stderr.decode("utf-8", "replace").strip())
    return CONFLICTS


def _warn_of_ours(order: Order, reason: str) -> int:
    line = f"{display_path(order.path)}: not merged, this is ours alone: {reason}"
    print(printable(line), file=sys.stderr)
    return FAILED
