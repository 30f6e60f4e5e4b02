"""The display of `literate watch` on a terminal: notebooks above, failures below."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..diagnostics import display_path
from ..execute.results import (
    CANCELLED,
    FAILED,
    PASSED,
    SKIPPED,
    CellFinished,
    CellStarted,
    NotebookResult,
    NotebookStarted,
)
from ..execute.session import WatchedNotebook
from ..records import dataclass
from ..report.failure import ERROR, FAINT, HEAD, MARK, Line, strip_ansi
from .compiling import Compiled
from .screen import Notebooks, Screen, count_cells, failure_lines, shown_problem, summary_line

_STYLES = {
    HEAD: "1;31",
    MARK: "1",
    FAINT: "2",
    ERROR: "31",
    PASSED: "32",
    FAILED: "1;31",
    SKIPPED: "33",
    "running": "36",
}
_RUNNING = "running"
_KEYS = "r run all, f run failed, p debug, q quit"

# Sequences of a terminal: the second screen, on which nothing of the first one is lost.
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"

_SHORTEST_PAUSE = 0.05  # seconds between two drawings while much happens


@dataclass
class _Progress:
    """A notebook that runs."""

    cells: int
    done: int
    cell: int | None = None


class TerminalScreen(Screen):
    """Draws the state of all notebooks, and what failed."""

    def __init__(self) -> None:
        self._listen()
        self._notebooks: Notebooks = {}
        self._running: dict[str, _Progress] = {}
        self._problems: list[str] = []  # of the last compile
        self._message = ""  # what is wrong outside of the notebooks
        self._closing_line = "waiting"
        self._drawn = 0.0
        self._is_shown = False
        self._shown = ""  # what stands on the screen

    def __enter__(self) -> TerminalScreen:
        self.show()
        return self

    def __exit__(self, *_: object) -> None:
        """Go back to the first screen, and print there what was shown last."""
        self.hide()
        lines = [_styled(kind, text) for kind, text in self._body()]
        self._write("\n".join([*lines, self._closing_line, ""]))

    def _listen(self) -> None:
        """Draw everything anew when the command goes on after Ctrl-Z."""
        if hasattr(signal, "SIGCONT") and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGCONT, self._forget_screen)

    def _forget_screen(self, *_: object) -> None:
        """Note that the screen shows something else now. It is drawn at the next look."""
        self._shown = ""

    def show(self) -> None:
        """Go to the second screen."""
        self._is_shown = True
        self._shown = ""
        self.draw()

    def hide(self) -> None:
        """Go back to the first screen."""
        if self._is_shown:
            self._is_shown = False
            self._write(_LEAVE)

    # --- what happens --------------------------------------------------------------------------

    def begin(self, root: Path, paths: Sequence[Path]) -> None:
        self._running.clear()
        self.draw()

    def follow(self, notebooks: Notebooks) -> None:
        self._notebooks = notebooks
        self.draw(at_once=False)

    def compiled(self, compiled: Compiled) -> None:
        self._message = ""
        self._problems = [shown_problem(problem) for problem in compiled.problems]
        self.draw()

    def on_start(self, event: NotebookStarted, notebooks: Notebooks) -> None:
        self._running[event.path] = _Progress(event.cells, event.done)
        self._closing_line = _RUNNING
        self.draw(at_once=False)

    def on_cell(self, event: CellStarted, notebooks: Notebooks) -> None:
        if event.path in self._running:
            self._running[event.path].cell = event.index
        self.draw(at_once=False)

    def on_cell_end(self, event: CellFinished, notebooks: Notebooks) -> None:
        if event.path in self._running:
            self._running[event.path].done += 1
        if event.cell.outcome == FAILED:
            self.draw(at_once=False)

    def on_end(self, result: NotebookResult, notebooks: Notebooks) -> None:
        self._running.pop(result.path, None)
        if result.outcome != CANCELLED:
            self.draw()

    def idle(self, counts: Mapping[str, int], seconds: float) -> None:
        self._closing_line = summary_line(counts, seconds)
        self.draw()

    def problem(self, message: str) -> None:
        self._message = message
        self.draw()

    # --- the drawing ---------------------------------------------------------------------------

    def draw(self, at_once: bool = True) -> None:
        """Draw everything; not at once, it may be left out if the last drawing is recent."""
        now = time.monotonic()
        if not self._is_shown or (not at_once and now - self._drawn < _SHORTEST_PAUSE):
            return
        self._drawn = now
        columns, rows = shutil.get_terminal_size()
        body = list(_wrapped(self._body(), columns))
        space = max(1, rows - 2)
        if len(body) > space:
            left_out = len(body) - space + 1
            body = [*body[: space - 1], (FAINT, f"... {left_out} more lines")]
        footer = f"{self._closing_line}   {_KEYS}"
        lines = [_styled(kind, text[:columns]) for kind, text in [*body, (FAINT, footer)]]
        text = "".join(f"{line}{_CLEAR_LINE}\r\n" for line in lines[:-1])
        drawing = f"{_HOME}{text}{lines[-1]}{_CLEAR_LINE}{_CLEAR_BELOW}"
        if drawing != self._shown:
            self._write(drawing if self._shown else _ENTER + drawing)
            self._shown = drawing

    def _body(self) -> list[Line]:
        """The lines of the notebooks, then what is wrong."""
        lines: list[Line] = []
        width = max((len(_name(path)) for path in self._notebooks), default=0)
        for path, notebook in self._notebooks.items():
            lines.append(self._notebook_line(path, notebook, width))
        lines.append(("plain", ""))
        if self._message:
            lines += [(HEAD, strip_ansi(line)) for line in self._message.splitlines()]
        problems = [strip_ansi(line) for each in self._problems for line in each.splitlines()]
        lines += [(ERROR, line) for line in problems]
        failed = []
        for notebook in self._notebooks.values():
            if notebook.result is not None and notebook.result.outcome == FAILED:
                failed.append(notebook.result)
        # A notebook that cannot be read fails with the same words as the compile.
        return lines + [line for line in failure_lines(failed) if line[1] not in problems]

    def _notebook_line(self, path: str, notebook: WatchedNotebook, width: int) -> Line:
        name = f"{_name(path):{width}}"
        progress = self._running.get(path)
        if progress is not None:
            cell = "" if progress.cell is None else f"  cell {progress.cell + 1}"
            return _RUNNING, f"{name}  running  {progress.done}/{progress.cells}{cell}"
        if notebook.is_due:
            return FAINT, f"{name}  waiting"
        result = notebook.result
        if result is None:
            return FAINT, f"{name}  passed before, and nothing has changed since"
        seconds = f"  {count_cells(result.ran)}  {result.seconds:.2f}s" if result.ran else ""
        return result.outcome, f"{name}  {result.outcome}{seconds}"

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:  # the terminal was closed, and what is left in the buffer goes nowhere
            sys.stdout = open(os.devnull, "w")


def _wrapped(lines: Iterable[Line], columns: int) -> Iterator[Line]:
    """The lines, each on as many lines of the screen as it needs."""
    for kind, text in lines:
        for start in range(0, max(1, len(text)), columns):
            yield kind, text[start : start + columns]


def _name(path: str) -> str:
    return display_path(Path(path))


def _styled(kind: str, text: str) -> str:
    style = _STYLES.get(kind)
    if style is None or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{style}m{text}\x1b[0m"
