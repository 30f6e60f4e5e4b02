"""`literate clean` for files: each one is cleaned, or left alone and named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..diagnostics import UserError, diagnose
from ..files import read_file, replace_files
from ..records import dataclass, field
from .cleaning import Cleaned, clean_notebook
from .noise import CleanOptions


@dataclass(frozen=True)
class Outcome:
    """What became of one notebook."""

    path: Path
    is_changed: bool = False
    removed: dict[str, int] = field(default_factory=dict)
    summary: str = ""
    diff: str = ""
    problem: str = ""  # why it was left alone


def clean_files(
    paths: Sequence[Path], options_in: Callable[[Path], CleanOptions], writes: bool
) -> list[Outcome]:
    """Clean notebooks; `options_in` tells the options for the notebooks of a folder."""
    known: dict[Path, CleanOptions] = {}
    outcomes = []
    for path in paths:
        folder = path.parent
        if folder not in known:
            known[folder] = options_in(folder)
        outcomes.append(_clean_file(path, known[folder], writes))
    return outcomes


def _clean_file(path: Path, options: CleanOptions, writes: bool) -> Outcome:
    try:
        cleaned = clean_notebook(path, read_file(path), options)
        if cleaned.is_changed and writes:
            replace_files({path: (cleaned.old, cleaned.new)}, inside=())
    except UserError as error:
        return Outcome(path, problem=str(error))
    except OSError as error:
        problem = diagnose("unreadable", error.strerror or str(error), path, hint="")
        return Outcome(path, problem=str(problem))
    if not cleaned.is_changed:
        return Outcome(path)
    diff = "" if writes else _diff(path, cleaned)
    return Outcome(path, True, cleaned.removed, cleaned.summary, diff)


def _diff(path: Path, cleaned: Cleaned) -> str:
    """The changed lines of the notebook's JSON, in the unified form."""
    from difflib import unified_diff

    from ..diagnostics import display_path

    name = display_path(path)
    old, new = cleaned.old.splitlines(True), cleaned.new.splitlines(True)
    lines = []
    for line in unified_diff(old, new, name, f"{name} (clean)", n=1):
        lines.append(line if line.endswith("\n") else f"{line}\n")
    return "".join(lines)
