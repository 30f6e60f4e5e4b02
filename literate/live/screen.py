"""What `literate watch` shows: plain lines, unless a subclass shows it in another way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..diagnostics import display_path
from ..execute.results import (
    CANCELLED,
    FAILED,
    CellFinished,
    CellStarted,
    Event,
    NotebookFinished,
    NotebookResult,
    NotebookStarted,
)
from ..execute.session import WatchedNotebook
from ..printable import printable_lines
from ..report.failure import Line, describe_failure
from .compiling import Compiled, Problem

Notebooks = Mapping[str, WatchedNotebook]


class Screen:
    """Prints what happens, line by line."""

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        """End what the screen has begun."""

    def begin(self, root: Path, paths: Sequence[Path]) -> None:
        """The session begins, or begins again with other settings."""
        count = "1 notebook" if len(paths) == 1 else f"{len(paths)} notebooks"
        self.print(f"watching {count} in {display_path(root)}; Ctrl-C ends it")

    def follow(self, notebooks: Notebooks) -> None:
        """These notebooks are watched now."""

    def compiled(self, compiled: Compiled) -> None:
        """The project was compiled."""
        for problem in compiled.problems:
            self.print(shown_problem(problem))
        for path in compiled.written:
            self.print(f"compiled {display_path(path)}")
        if not compiled.ok:
            self.print("nothing was compiled")

    def take(self, event: Event, notebooks: Notebooks) -> None:
        """Something happened to a notebook."""
        if isinstance(event, NotebookStarted):
            self.on_start(event, notebooks)
        elif isinstance(event, CellStarted):
            self.on_cell(event, notebooks)
        elif isinstance(event, CellFinished):
            self.on_cell_end(event, notebooks)
        elif isinstance(event, NotebookFinished):
            self.on_end(event.result, notebooks)

    def on_start(self, event: NotebookStarted, notebooks: Notebooks) -> None:
        """A notebook began to run."""
        notebook = notebooks.get(event.path)
        why = f" ({notebook.why})" if notebook and notebook.why else ""
        kept = f" from cell {event.first + 1}" if event.done and event.first is not None else ""
        self.print(f"{display_path(Path(event.path))}: runs{kept}{why}")

    def on_cell(self, event: CellStarted, notebooks: Notebooks) -> None:
        """A cell began to run."""

    def on_cell_end(self, event: CellFinished, notebooks: Notebooks) -> None:
        """A cell ended."""

    def on_end(self, result: NotebookResult, notebooks: Notebooks) -> None:
        """A notebook ended."""
        if result.outcome == CANCELLED:
            return
        self.print(outcome_line(result))
        if result.outcome == FAILED:
            for _, text in describe_failure(result):
                self.print(text)

    def idle(self, counts: Mapping[str, int], seconds: float) -> None:
        """Nothing runs any more."""
        self.print(summary_line(counts, seconds))

    def problem(self, message: str) -> None:
        """Something is wrong outside of the notebooks."""
        self.print(message)

    def print(self, text: str) -> None:
        """Print a line."""
        print(text, flush=True)


def outcome_line(result: NotebookResult) -> str:
    """How a notebook ended, in one line."""
    name = display_path(Path(result.path))
    reason = result.reason.partition("\n")[0]
    if result.outcome != FAILED and reason:
        return f"{name}: {result.outcome}: {reason}"
    failed = len(result.failures)
    detail = f", {failed} of {result.ran} cells" if failed else f", {count_cells(result.ran)}"
    return f"{name}: {result.outcome}{detail} in {result.seconds:.2f}s"


def count_cells(number: int) -> str:
    """The number of cells, in words."""
    return "1 cell" if number == 1 else f"{number} cells"


def summary_line(counts: Mapping[str, int], seconds: float) -> str:
    """The numbers of notebooks by outcome, and how long it took."""
    numbers = [f"{count} {outcome}" for outcome, count in counts.items() if count]
    return f"{', '.join(numbers) or 'no notebooks'}, after {seconds:.2f}s"


def failure_lines(results: Iterable[NotebookResult]) -> list[Line]:
    """Everything that failed, one notebook after the other."""
    lines: list[Line] = []
    for result in results:
        lines += describe_failure(result)
        lines.append(("plain", ""))
    return lines


def shown_problem(problem: Problem) -> str:
    """A problem of the compiler as text."""
    if isinstance(problem, str):
        return printable_lines(problem)
    return str(problem)
