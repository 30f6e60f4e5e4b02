"""A run as text: a line for each notebook that ends, then every failure, and one closing line."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..diagnostics import display_path, format_location
from ..execute.results import (
    FAILED,
    PASSED,
    SKIPPED,
    CellFinished,
    CellStarted,
    Event,
    NotebookFinished,
    NotebookResult,
    NotebookStarted,
)
from .failure import FAINT, HEAD, PLAIN, Line, describe_failure, printed, strip_ansi
from .summary import RunSummary, row


def make_report(
    paths: Sequence[Path],
    quiet: bool = False,
    verbose: bool = False,
    durations: int = 0,
    live: bool = True,
) -> Report:
    """The report that suits stdout: a live display on a terminal, plain lines anywhere else."""
    if quiet or not live or not sys.stdout.isatty():
        return Report(paths, quiet, verbose, durations)
    from .live import LiveReport  # rich, which plain lines do without

    return LiveReport(paths, quiet, verbose, durations)


class Report:
    """Takes the events of a run; as a context manager, it closes with the failures and the closing line."""

    def __init__(
        self,
        paths: Sequence[Path],
        quiet: bool = False,
        verbose: bool = False,
        durations: int = 0,
    ) -> None:
        self.paths, self.quiet, self.verbose, self.durations = paths, quiet, verbose, durations
        self.results: list[NotebookResult] = []
        self.started = time.monotonic()
        self._width = max((len(display_path(path)) for path in paths), default=0)

    @property
    def run(self) -> RunSummary:
        """The run so far."""
        by_path = {result.path: result for result in self.results}
        results = tuple(by_path[str(path)] for path in self.paths if str(path) in by_path)
        return RunSummary(results, len(self.paths) - len(results), time.monotonic() - self.started)

    def __enter__(self) -> Report:
        return self

    def __exit__(self, kind, *_) -> None:
        if kind in (None, KeyboardInterrupt):
            self.summarise()

    def take(self, event: Event) -> None:
        """Something happened."""
        handlers = {
            NotebookStarted: self.on_start,
            CellStarted: self.on_cell,
            CellFinished: self.on_cell_end,
            NotebookFinished: self.on_end,
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
        run = self.run
        for result in run.results:
            if result.outcome == FAILED:
                self.print_lines(describe_failure(result))
                self.print()
        if self.durations:
            self.print_lines(_slowest(run, self.durations))
            self.print()
        if run.results and all(result.outcome == SKIPPED for result in run.results):
            proven = "nothing ran, as nothing has changed since it passed"
            self.print(proven if run.passed else "nothing ran: every notebook was skipped", HEAD)
        if command := _command_again(run):
            self.print(f"to run only this again: {command}", HEAD)
        self.print(run.closing_line, PASSED if run.passed else FAILED)


def _command_again(run: RunSummary) -> str:
    """The command that runs the notebooks that failed, from the current folder; "" if none did."""
    failed = [display_path(Path(result.path)) for result in run.results if result.outcome == FAILED]
    if not failed:
        return ""
    program = sys.argv[0]
    if not program.endswith(".py"):  # the console command
        return shlex.join([Path(program).name, *failed])
    return shlex.join([display_path(Path(sys.executable)), display_path(Path(program)), *failed])


def _slowest(run: RunSummary, number: int) -> Iterable[Line]:
    yield FAINT, "slowest cells:"
    for result, cell in run.slowest(number):
        first = next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
        yield (
            PLAIN,
            f"{cell.seconds:8.2f}s  {format_location(Path(result.path), cell.index, cell.id)}  {strip_ansi(first):.60}",
        )


def _printed_by_passing_cells(result: NotebookResult) -> Iterable[Line]:
    for cell in result.cells:
        lines = list(printed(cell)) if cell.outcome == PASSED else []
        if lines:
            yield FAINT, f"  {format_location(Path(result.path), cell.index, cell.id)}"
            yield from ((kind, f"    {text}".rstrip()) for kind, text in lines)
