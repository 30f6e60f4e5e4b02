"""The summary of a run, as every report reads it: the results, their counts, and the verdict."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ..diagnostics import display_path
from ..execute.results import DIED, FAILED, PASSED, SKIPPED, TIMEOUT, CellResult, NotebookResult
from ..records import dataclass

NOT_RUN, UNCHANGED = "not run", "unchanged"

_COUNTED = (PASSED, FAILED, UNCHANGED, SKIPPED, NOT_RUN)  # in the order of the closing line


@dataclass(frozen=True)
class RunSummary:
    """The results of a run so far."""

    results: tuple[NotebookResult, ...]  # in the order of the notebooks
    left: int = 0  # notebooks without a result, because the run was stopped
    seconds: float = 0.0

    @property
    def counts(self) -> Counter[str]:
        """How many notebooks passed, failed, were unchanged, were skipped, and were not run."""
        counts: Counter[str] = Counter()
        for result in self.results:
            counts[UNCHANGED if result.unchanged else result.outcome] += 1
        counts[NOT_RUN] += self.left
        return +counts  # without zeros

    @property
    def passed(self) -> bool:
        """Whether the run is a success.

        At least one notebook has passed, now or earlier without a change since then. No notebook
        has failed, and every notebook has a result.
        """
        counts = self.counts
        if counts[FAILED] or self.left:
            return False
        return counts[PASSED] + counts[UNCHANGED] > 0

    @property
    def closing_line(self) -> str:
        """The last line of a run: `14 passed, 1 failed, 2 skipped in 12.3s`."""
        counts = self.counts
        parts = [f"{counts[word]} {word}" for word in _COUNTED if counts[word]]
        return f"{', '.join(parts)} in {self.seconds:.1f}s"

    def slowest(self, number: int) -> list[tuple[NotebookResult, CellResult]]:
        """The cells that took the longest, the slowest one first."""
        cells = []
        for result in self.results:
            for cell in result.cells:
                if cell.outcome != SKIPPED:
                    cells.append((result, cell))
        cells.sort(key=lambda pair: -pair[1].seconds)
        return cells[:number]


def path_in(root: Path, path: str | Path) -> str:
    """A notebook's path in a report: relative to the project's root, with forward slashes."""
    path = Path(path)
    if path.is_relative_to(root):
        path = path.relative_to(root)
    return path.as_posix()


def row(result: NotebookResult) -> tuple[str, str, str, str]:
    """A notebook's row in a table: path, cells, seconds and result."""
    path = display_path(Path(result.path))
    word = _outcome(result)
    remarks = [result.reason] if result.outcome == SKIPPED else list(result.notes)
    if not result.total:
        return path, "", "", ": ".join([word, *remarks])
    return path, _cells(result), f"{result.seconds:.1f}s", "; ".join([word, *remarks])


def _outcome(result: NotebookResult) -> str:
    """The outcome of a notebook; a failure at a limit or by a death has a word of its own."""
    errors = {cell.error.name for cell in result.failures if cell.error}
    if TIMEOUT in errors:
        return "timed out"
    if DIED in errors:
        return "died"
    return result.outcome


def _cells(result: NotebookResult) -> str:
    """How many cells ran: `3 cells`, or `2/3 cells` if the notebook stopped before its end."""
    if result.ran < result.total:
        return f"{result.ran}/{result.total} cells"
    if result.ran == 1:
        return "1 cell"
    return f"{result.ran} cells"
