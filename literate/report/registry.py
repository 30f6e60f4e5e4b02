"""The reports that a run leaves behind: files, and the messages that GitHub Actions reads.

To add a report that is a file, write `report/NAME.py` with a function `NAME_text(run, root)` and
add a line to `REPORT_FILES`. The flag `--NAME FILE` and its help follow from the line.

Two more readers of a run are not files: `terminal.py` (with `live.py`) prints the run while it
happens, and `github.py` prints annotations and adds to the summary of a step.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from ..command import Flag
from ..diagnostics import UsageError
from ..files import write_atomically
from ..records import dataclass
from .summary import RunSummary


@dataclass(frozen=True)
class ReportFile:
    """A report that is written to a file when a run is over."""

    flag: str  # the name of its flag
    module: str  # the module in this folder; it is imported only if the report is asked for
    help: str

    def text(self, run: RunSummary, root: Path) -> str:
        """The report of a run; the notebooks' paths are given from `root`."""
        module = import_module(f"..{self.module}", __name__)
        make_text: Callable[[RunSummary, Path], str] = getattr(module, f"{self.module}_text")
        return make_text(run, root)


REPORT_FILES = (
    ReportFile("junit", "junit", "write a JUnit XML report to this file"),
    ReportFile("html", "html", "write a report for people, with all outputs, to this file"),
    ReportFile("json", "json", "write everything to this file, for programs"),
)


def report_flags() -> tuple[Flag, ...]:
    """A flag for each report that is a file."""
    return tuple(Flag(report.flag, str, "", report.help) for report in REPORT_FILES)


def is_github() -> bool:
    """Whether this process runs in a step of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


@contextmanager
def written_reports(
    run: Callable[[], RunSummary], root: Path, on_github: bool, **files: str
) -> Iterator[None]:
    """Write the reports when the run is over, however it ends.

    `files` holds the file for each flag, or "". Raises `UsageError` before the run begins if one of
    them cannot be written. `run` gives the results when they are asked for.
    """
    wanted = _wanted_reports(files)
    if not on_github:
        with _written_files(wanted, run, root):
            yield
        return
    from .github import reported

    with reported(run, root), _written_files(wanted, run, root):
        yield


def _wanted_reports(files: dict[str, str]) -> list[tuple[ReportFile, Path]]:
    """The reports that have a file, each with the absolute path of the file."""
    wanted: list[tuple[ReportFile, Path]] = []
    for report in REPORT_FILES:
        name = files.get(report.flag)
        if not name:
            continue
        path = Path(os.path.abspath(name))  # the current folder may change while notebooks run
        _check_path(report.flag, path)
        if path in [other for _, other in wanted]:
            raise UsageError(f"--{report.flag} {path}: two reports cannot be one file")
        wanted.append((report, path))
    return wanted


def _check_path(flag: str, path: Path) -> None:
    """Raise `UsageError` if a report cannot be written to this path."""
    if path.suffix == ".ipynb":
        # In `--html 01_matmul.ipynb`, the name of the report was forgotten. Writing the report
        # there would destroy the notebook.
        raise UsageError(f"--{flag} takes the file to write, and {path.name} is a notebook")
    if path.is_dir():
        raise UsageError(f"--{flag} takes a file, and {path} is a folder")
    parent = path.parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise UsageError(f"--{flag} {path}: nothing can be written to {parent}")


@contextmanager
def _written_files(
    wanted: list[tuple[ReportFile, Path]], run: Callable[[], RunSummary], root: Path
) -> Iterator[None]:
    try:
        yield
    finally:
        for report, path in wanted:
            write_atomically(path, report.text(run(), root))
