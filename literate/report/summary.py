"""A whole run, as every report reads it: the results in order, how many of which kind, and whether that is success."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ..diagnostics import display_path
from ..execute.results import DIED, FAILED, PASSED, SKIPPED, TIMEOUT, CellResult, NotebookResult
from ..records import dataclass

NOT_RUN, UNCHANGED = "not run", "unchanged"

_WORDS = (PASSED, FAILED, UNCHANGED, SKIPPED, NOT_RUN)


@dataclass(frozen=True)
class Run:
    """What came of a run so far."""

    results: tuple[NotebookResult, ...]  # in the order of the notebooks
    left: int = 0  # notebooks without a result: the run was stopped
    seconds: float = 0.0

    @property
    def counts(self) -> Counter[str]:
        """How many notebooks passed, failed, were left out as unchanged, were skipped, and were not run."""
        words = (UNCHANGED if result.unchanged else result.outcome for result in self.results)
        return Counter(words) + Counter({NOT_RUN: self.left})

    @property
    def passed(self) -> bool:
        """Whether something ran (or had nothing new to show since it passed), nothing failed, and nothing was left."""
        counts = self.counts
        return bool(counts[PASSED] or counts[UNCHANGED]) and not counts[FAILED] and not self.left

    @property
    def closing_line(self) -> str:
        """`14 passed, 1 failed, 2 skipped in 12.3s`."""
        counts = [f"{count} {word}" for word in _WORDS if (count := self.counts[word])]
        return f"{', '.join(counts)} in {self.seconds:.1f}s"

    def slowest(self, number: int) -> list[tuple[NotebookResult, CellResult]]:
        """The cells that took longest, the slowest first."""
        cells = [
            (result, cell)
            for result in self.results
            for cell in result.cells
            if cell.outcome != SKIPPED
        ]
        return sorted(cells, key=lambda pair: -pair[1].seconds)[:number]


def path_in(root: Path, path: str | Path) -> str:
    """A notebook's path as the readers of a report know it: from the project's root, with forward slashes."""
    path = Path(path)
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def row(result: NotebookResult) -> tuple[str, str, str, str]:
    """Notebook, cells, seconds and result, as a table shows them."""
    names = {cell.error.name for cell in result.failures}
    word = "timed out" if TIMEOUT in names else "died" if DIED in names else result.outcome
    cells = f"{result.ran}/{result.total}" if result.ran < result.total else f"{result.ran}"
    remarks = [result.reason] if result.outcome == SKIPPED else list(result.notes)
    path = display_path(Path(result.path))
    if not result.total:
        return path, "", "", ": ".join([word, *remarks])
    return (
        path,
        f"{cells} cell{'s' * (cells != '1')}",
        f"{result.seconds:.1f}s",
        "; ".join([word, *remarks]),
    )
