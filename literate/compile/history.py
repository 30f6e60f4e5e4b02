"""What is given up is shown, and kept: the former versions of files whose edits were given up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..diagnostics import Diagnostic, diagnose
from ..files import write_atomically
from ..project import HISTORY, KEPT_VERSIONS, Project


def given_up_lines(path: Path, lines: Iterable[str]) -> list[Diagnostic]:
    """A remark that shows the lines of a file that are given up; none without such lines."""
    shown = [f"    - {line}" for line in lines if line.strip()]
    if not shown:
        return []
    noun = "line is" if len(shown) == 1 else "lines are"
    message = f"{len(shown)} {noun} given up"
    return [diagnose("given-up", message, path, detail="\n".join(shown))]


def dropped_lines(path: Path, old: str, new: str, generated: Iterable[str]) -> list[Diagnostic]:
    """A remark about the lines of the old text that are neither in the new one nor generated."""
    known = set(new.split("\n"))
    for text in generated:
        known.update(text.split("\n"))
    return given_up_lines(path, [line for line in old.split("\n") if line not in known])


def keep_versions(project: Project, texts: Mapping[Path, str]) -> None:
    """Keep the present texts of files that are about to be replaced, the latest of each file."""
    for path, text in texts.items():
        folder = project.state_dir / HISTORY / _name(project, path)
        numbers = _numbers(folder)
        last = numbers[-1] if numbers else 0
        version = folder / f"{last + 1}{path.suffix}"
        write_atomically(version, text, inside=[project.state_dir], follows_link=False)
        for number in numbers[: max(0, len(numbers) + 1 - KEPT_VERSIONS)]:
            (folder / f"{number}{path.suffix}").unlink(missing_ok=True)


def _name(project: Project, path: Path) -> Path:
    """The folder for the versions of a file, seen from the history."""
    if path.is_relative_to(project.root):
        return path.relative_to(project.root)
    return Path("elsewhere", path.name)  # notebooks may lie outside of the project


def _numbers(folder: Path) -> list[int]:
    """The numbers of the versions that are kept of a file, in rising order."""
    try:
        names = [path.stem for path in folder.iterdir()]
    except OSError:
        return []
    return sorted(int(name) for name in names if name.isdecimal())
