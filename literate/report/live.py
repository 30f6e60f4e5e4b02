"""The report on a terminal: it shows the running notebooks and ends with a table of results."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..diagnostics import display_path
from ..execute.results import (
    FAILED,
    PASSED,
    SKIPPED,
    CellFinished,
    CellStarted,
    NotebookFinished,
    NotebookResult,
    NotebookStarted,
)
from ..records import dataclass
from .failure import ERROR, FAINT, HEAD, MARK
from .summary import row
from .terminal import Report

_STYLES = {
    HEAD: "bold red",
    MARK: "bold",
    FAINT: "dim",
    ERROR: "red",
    PASSED: "bold green",
    FAILED: "bold red",
    SKIPPED: "yellow",
}


@dataclass
class _Progress:
    """A running notebook."""

    cells: int  # how many cells will run
    started: float
    done: int = 0
    line: str = ""  # the first line of code of the running cell


class LiveReport(Report):
    """A report with a line for each running notebook, redrawn in place."""

    def __init__(
        self,
        paths: Sequence[Path],
        quiet: bool = False,
        verbose: bool = False,
        durations: int = 0,
    ) -> None:
        super().__init__(paths, quiet, verbose, durations)
        self.console = Console(highlight=False)
        self._running: dict[str, _Progress] = {}
        self._live = Live(
            get_renderable=self._progress,
            console=self.console,
            transient=True,
            refresh_per_second=8,
        )

    def __enter__(self) -> LiveReport:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *more: object) -> None:
        self._live.stop()
        super().__exit__(kind, *more)

    def on_start(self, event: NotebookStarted) -> None:
        self._running[event.path] = _Progress(event.cells, time.monotonic())

    def on_cell(self, event: CellStarted) -> None:
        self._running[event.path].line = _first_line_of_code(event.source)

    def on_cell_end(self, event: CellFinished) -> None:
        self._running[event.path].done += 1

    def on_end(self, event: NotebookFinished) -> None:
        self._running.pop(event.result.path, None)
        super().on_end(event)

    def print_row(self, result: NotebookResult) -> None:
        """Print nothing: the table at the end holds the rows."""

    def print(self, text: str = "", kind: str = "") -> None:
        self.console.print(Text(text, _STYLES.get(kind, "")), soft_wrap=True)

    def summarise(self) -> None:
        self.console.print(self._table())
        super().summarise()

    def _table(self) -> Table:
        table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("notebook")
        table.add_column("cells", justify="right", no_wrap=True)
        table.add_column("seconds", justify="right", no_wrap=True)
        table.add_column("result")
        for result in self.run.results:
            path, cells, seconds, outcome = row(result)
            number = cells.partition(" ")[0]  # the column's head says "cells"
            table.add_row(path, number, seconds, Text(outcome, _STYLES[result.outcome]))
        return table

    def _progress(self) -> Text:
        """The live display: a line for each running notebook, and a line with counts."""
        running = list(self._running.items())  # a copy, because another thread draws
        width = max((len(display_path(Path(path))) for path, _ in running), default=0)
        lines = [self._progress_line(path, progress, width) for path, progress in running]
        lines.append(Text(self._counts(len(running)), "dim"))
        return Text("\n").join(lines)

    def _progress_line(self, path: str, progress: _Progress, width: int) -> Text:
        name = display_path(Path(path))
        cells = f"{progress.done}/{progress.cells}"
        seconds = time.monotonic() - progress.started
        line = Text(f"{name:{width}}  {cells:>7}  {seconds:5.1f}s  ")
        line.append(progress.line, "dim")
        line.truncate(self.console.width, overflow="ellipsis")
        return line

    def _counts(self, running: int) -> str:
        done = len(self.results)
        failures = [result for result in self.results if result.outcome == FAILED]
        failed = f", {len(failures)} failed" if failures else ""
        return f"{done} done{failed}, {len(self.paths) - done - running} waiting"


def _first_line_of_code(source: str) -> str:
    """The first line that is neither blank nor a comment."""
    for line in source.splitlines():
        code = line.strip()
        if code and not code.startswith("#"):
            return code
    return ""
