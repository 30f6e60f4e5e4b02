"""A run as lines of text: one for each notebook, then every failure and a closing line."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
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
    """The report that suits stdout: a live display on a terminal, plain lines otherwise."""
    if quiet or not live or not sys.stdout.isatty():
        return Report(paths, quiet, verbose, durations)
    from .live import LiveReport  # it imports rich, which plain lines do not need

    return LiveReport(paths, quiet, verbose, durations)


class Report:
    """Takes the events of a run and prints them.

    As a context manager, it ends with the failures and the closing line, unless an error other than
    Ctrl-C, or a signal like it, ended the run.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        quiet: bool = False,
        verbose: bool = False,
        durations: int = 0,
    ) -> None:
        self.paths = paths
        self.quiet = quiet
        self.verbose = verbose
        self.durations = durations
        self.results: list[NotebookResult] = []  # in the order in which the notebooks ended
        self.started = time.monotonic()
        self._width = max((len(display_path(path)) for path in paths), default=0)

    @property
    def run(self) -> RunSummary:
        """The summary of the run so far."""
        by_path = {result.path: result for result in self.results}
        results = tuple(by_path[str(path)] for path in self.paths if str(path) in by_path)
        seconds = time.monotonic() - self.started
        return RunSummary(results, len(self.paths) - len(results), seconds)

    def __enter__(self) -> Report:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, KeyboardInterrupt):
            self.summarise()

    def take(self, event: Event) -> None:
        """Handle an event of the run."""
        if isinstance(event, NotebookStarted):
            self.on_start(event)
        elif isinstance(event, CellStarted):
            self.on_cell(event)
        elif isinstance(event, CellFinished):
            self.on_cell_end(event)
        else:
            self.on_end(event)

    def on_start(self, event: NotebookStarted) -> None:
        """A notebook has started."""

    def on_cell(self, event: CellStarted) -> None:
        """A cell has started."""

    def on_cell_end(self, event: CellFinished) -> None:
        """A cell has ended."""

    def on_end(self, event: NotebookFinished) -> None:
        """A notebook has ended: print its row, and with `verbose` the output of passing cells."""
        self.results.append(event.result)
        if not self.quiet:
            self.print_row(event.result)
        if self.verbose:
            self.print_lines(_output_of_passing_cells(event.result))

    def print_row(self, result: NotebookResult) -> None:
        """Print a notebook's row: path, cells, seconds and result."""
        path, cells, seconds, outcome = row(result)
        self.print(f"{path:{self._width}}  {cells:>9}  {seconds:>7}  {outcome}")

    def print_lines(self, lines: Iterable[Line]) -> None:
        """Print the lines of a failure or of a cell's output."""
        for kind, text in lines:
            self.print(text, kind)

    def print(self, text: str = "", kind: str = "") -> None:
        """Print a line; a report with colours chooses one by the kind of the line."""
        print(text, flush=True)

    def summarise(self) -> None:
        """Print every failure, the slowest cells if they are wanted, and the closing line."""
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
            unchanged = "nothing ran, as nothing has changed since it passed"
            self.print(unchanged if run.passed else "nothing ran: every notebook was skipped", HEAD)
        command = _command_again(run)
        if command:
            self.print(f"to run only this again: {command}", HEAD)
        self.print(run.closing_line, PASSED if run.passed else FAILED)


def _command_again(run: RunSummary) -> str:
    """The command that runs the failed notebooks again; "" if none failed."""
    failed = [display_path(Path(result.path)) for result in run.results if result.outcome == FAILED]
    if not failed:
        return ""
    return shlex.join([*_this_command(), *failed])


def _this_command() -> list[str]:
    """The words with which this command was started, without its flags."""
    program = sys.argv[0]
    if program.startswith("literate "):  # the command `literate` sets it to "literate test"
        return program.split()
    if program.endswith(".py"):
        return [display_path(Path(sys.executable)), display_path(Path(program))]
    return [Path(program).name]


def _slowest(run: RunSummary, number: int) -> Iterator[Line]:
    """The cells that took the longest: seconds, place, and the first line of code."""
    yield FAINT, "slowest cells:"
    for result, cell in run.slowest(number):
        place = format_location(Path(result.path), cell.index, cell.id)
        first = strip_ansi(_first_line(cell.source))
        yield PLAIN, f"{cell.seconds:8.2f}s  {place}  {first:.60}"


def _first_line(source: str) -> str:
    """The first line that is not blank."""
    for line in source.splitlines():
        if line.strip():
            return line.strip()
    return ""


def _output_of_passing_cells(result: NotebookResult) -> Iterator[Line]:
    for cell in result.cells:
        if cell.outcome != PASSED:
            continue
        lines = list(printed(cell))
        if lines:
            yield FAINT, f"  {format_location(Path(result.path), cell.index, cell.id)}"
        for kind, text in lines:
            yield kind, f"    {text}".rstrip()
