"""The report on a terminal: it shows what runs while it runs, and ends with a table."""

from __future__ import annotations

import time
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

    cells: int
    started: float
    done: int = 0
    line: str = ""


class LiveReport(Report):
    """A report with a line for each running notebook, redrawn in place."""

    def __init__(self, *args) -> None:
        super().__init__(*args)
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

    def __exit__(self, *exception) -> None:
        self._live.stop()
        super().__exit__(*exception)

    def on_start(self, event: NotebookStarted) -> None:
        self._running[event.path] = _Progress(event.cells, time.monotonic())

    def on_cell(self, event: CellStarted) -> None:
        lines = (line.strip() for line in event.source.splitlines())
        self._running[event.path].line = next(
            (line for line in lines if line and not line.startswith("#")), ""
        )

    def on_cell_end(self, event: CellFinished) -> None:
        self._running[event.path].done += 1

    def on_end(self, event: NotebookFinished) -> None:
        self._running.pop(event.result.path, None)
        super().on_end(event)

    def print_row(self, result: NotebookResult) -> None: ...  # the table at the end has it

    def print(self, text: str = "", kind: str = "") -> None:
        self.console.print(Text(text, _STYLES.get(kind, "")), soft_wrap=True)

    def summarise(self) -> None:
        self.console.print(self._table())
        super().summarise()

    def _table(self) -> Table:
        layout = {"box": None, "header_style": "dim", "pad_edge": False, "padding": (0, 2, 0, 0)}
        table = Table("notebook", "cells", "seconds", "result", **layout)
        for column in table.columns[1:3]:
            column.justify = "right"
            column.no_wrap = True
        for result in self.run.results:
            path, cells, seconds, outcome = row(result)
            table.add_row(
                path,
                cells.split()[0] if cells else "",
                seconds,
                Text(outcome, _STYLES[result.outcome]),
            )
        return table

    def _progress(self) -> Text:
        """The live display: running notebooks, and how many are done and waiting."""
        now, running = time.monotonic(), list(self._running.items())
        width = max((len(display_path(Path(path))) for path, _ in running), default=0)
        lines = []
        for path, job in running:
            line = Text(
                f"{display_path(Path(path)):{width}}  {f'{job.done}/{job.cells}':>7}  {now - job.started:5.1f}s  "
            )
            line.append(job.line, "dim").truncate(self.console.width, overflow="ellipsis")
            lines.append(line)
        waiting = len(self.paths) - len(self.results) - len(running)
        failures = sum(result.outcome == FAILED for result in self.results)
        failed = f", {failures} failed" if failures else ""
        return Text("\n").join(
            [*lines, Text(f"{len(self.results)} done{failed}, {waiting} waiting", "dim")]
        )
