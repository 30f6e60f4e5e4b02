"""A run as text: a line for each notebook that ends, then every failure, and one closing line."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..diagnostics import place, short
from ..execute.results import (
    DIED, FAILED, PASSED, SKIPPED, TIMEOUT, CellFinished, CellStarted, Event, NotebookFinished, NotebookResult,
    NotebookStarted,
)
from .failure import FAINT, HEAD, Line, describe_failure, printed

NOT_RUN = "not run"


def make_report(paths: Sequence[Path], quiet: bool = False, verbose: bool = False) -> Report:
    """The report that suits stdout: a live display on a terminal, plain lines anywhere else."""
    sys.stdout.reconfigure(errors="backslashreplace")
    if quiet or not sys.stdout.isatty():
        return Report(paths, quiet, verbose)
    from .live import LiveReport  # rich, which plain lines do without

    return LiveReport(paths, quiet, verbose)


class Report:
    """Takes the events of a run; as a context manager, it closes with the failures and the closing line."""

    def __init__(self, paths: Sequence[Path], quiet: bool = False, verbose: bool = False) -> None:
        self.paths, self.quiet, self.verbose = paths, quiet, verbose
        self.results: list[NotebookResult] = []
        self.started = time.monotonic()
        self._width = max((len(short(path)) for path in paths), default=0)

    @property
    def counts(self) -> Counter[str]:
        """How many notebooks passed, failed, were skipped, and were not run."""
        counts = Counter(result.outcome for result in self.results)
        return counts + Counter({NOT_RUN: len(self.paths) - len(self.results)})

    @property
    def passed(self) -> bool:
        """Whether something ran, nothing failed, and nothing was left."""
        return self.counts[PASSED] > 0 and not self.counts[FAILED] and not self.counts[NOT_RUN]

    def in_order(self) -> list[NotebookResult]:
        """The results in the order of the notebooks."""
        results = {result.path: result for result in self.results}
        return [results[str(path)] for path in self.paths if str(path) in results]

    def __enter__(self) -> Report:
        return self

    def __exit__(self, kind, *_) -> None:
        if kind in (None, KeyboardInterrupt):
            self.summarise()

    def take(self, event: Event) -> None:
        """Something happened."""
        handlers = {
            NotebookStarted: self.on_start, CellStarted: self.on_cell,
            CellFinished: self.on_cell_end, NotebookFinished: self.on_end,
        }
        handlers[type(event)](event)

    def on_start(self, event: NotebookStarted) -> None: ...

    def on_cell(self, event: CellStarted) -> None: ...

    def on_cell_end(self, event: CellFinished) -> None: ...

    def on_end(self, event: NotebookFinished) -> None:
        """A notebook has ended: a line, and with `verbose` what its passing cells printed."""
        self.results.append(event.result)
        if not self.quiet:
            self.print_row(event.result)
        if self.verbose:
            self.print_lines(_printed_by_passing_cells(event.result))

    def print_row(self, result: NotebookResult) -> None:
        """One line: notebook, cells, seconds, result."""
        path, *rest = row(result)
        self.print("{:{}}  {:>9}  {:>7}  {}".format(path, self._width, *rest))

    def print_lines(self, lines: Iterable[Line]) -> None:
        """Lines of a failure or of what a cell printed."""
        for kind, text in lines:
            self.print(text, kind)

    def print(self, text: str = "", kind: str = "") -> None:
        """One line; `kind` is for whoever has colours."""
        print(text, flush=True)

    def summarise(self) -> None:
        """Every failure, and the closing line."""
        if not self.quiet:
            self.print()
        for result in self.in_order():
            if result.outcome == FAILED:
                self.print_lines(describe_failure(result))
                self.print()
        if not self.counts[PASSED] and not self.counts[FAILED] and self.results:
            self.print("nothing ran: every notebook was skipped", HEAD)
        counts = [f"{count} {word}" for word in (PASSED, FAILED, SKIPPED, NOT_RUN) if (count := self.counts[word])]
        self.print(f"{', '.join(counts)} in {time.monotonic() - self.started:.1f}s", PASSED if self.passed else FAILED)


def row(result: NotebookResult) -> tuple[str, str, str, str]:
    """Notebook, cells, seconds and result, as a table shows them."""
    names = {cell.error.name for cell in result.failures}
    word = "timed out" if TIMEOUT in names else "died" if DIED in names else result.outcome
    cells = f"{result.ran}/{result.total}" if result.ran < result.total else f"{result.ran}"
    remarks = [result.reason] if result.outcome == SKIPPED else list(result.notes)
    path = short(Path(result.path))
    if not result.total:
        return path, "", "", ": ".join([word, *remarks])
    return path, f"{cells} cell{'s' * (cells != '1')}", f"{result.seconds:.1f}s", "; ".join([word, *remarks])


def _printed_by_passing_cells(result: NotebookResult) -> Iterable[Line]:
    for cell in result.cells:
        lines = list(printed(cell)) if cell.outcome == PASSED else []
        if lines:
            yield FAINT, f"  {place(Path(result.path), cell.index, cell.id)}"
            yield from ((kind, f"    {text}".rstrip()) for kind, text in lines)
