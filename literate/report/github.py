"""GitHub Actions: annotations on the lines of .ipynb files, and the summary of the step."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from ..diagnostics import UserError
from ..execute.results import FAILED, PASSED, SKIPPED, NotebookResult
from ..notebook import read_notebook
from ..splice import line_in_file
from .failure import describe_failure, error_of, legible, strip_ansi
from .summary import RunSummary, path_in, row

_SUMMARY_LIMIT = 1_000_000  # bytes: GitHub refuses a summary of more than 1 MiB
_CUT = "<p>The rest is too long for this page.</p>\n"
_MARKS = {PASSED: "✅", FAILED: "❌", SKIPPED: "⏭️"}


@contextmanager
def reported(run: Callable[[], RunSummary], root: Path) -> Iterator[None]:
    """Report a run to GitHub when it is over.

    While the run lasts, GitHub does not take printed lines as commands, so that the output of a
    notebook cannot contain commands.
    """
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        print(f"::{token}::", *annotation_commands(run(), root), sep="\n", flush=True)
        add_summary(run(), root)


def annotation_commands(run: RunSummary, root: Path) -> Iterator[str]:
    """The commands that annotate files.

    There is an error for each cell that failed and for each notebook that failed outside of its
    cells, and a warning for each flaky notebook.
    """
    root = Path(os.environ.get("GITHUB_WORKSPACE") or root)
    for result in run.results:
        path = path_in(root, result.path)
        if result.outcome == FAILED and result.reason:
            yield _command("error", path, 1, "failed", result.reason)
        for cell in result.failures:
            line = _line_in_file(result.path, cell.index, cell.line or 1)
            title = f"cell {cell.index + 1} ({cell.id})"
            yield _command("error", path, line, title, error_of(cell).message)
        if result.failed_before and result.outcome == PASSED:
            yield _command("warning", path, 1, "flaky", "\n".join(result.notes))


def _line_in_file(path: str, cell_index: int, line: int) -> int:
    """The line of the .ipynb file that holds a line of a cell."""
    try:
        return line_in_file(read_notebook(Path(path)).text, cell_index, line)
    except (UserError, StopIteration):  # the notebook has changed since it ran
        return 1


def _command(kind: str, path: str, line: int, title: str, message: str) -> str:
    place = f"file={_property(path)},line={line},title={_property(title)}"
    return f"::{kind} {place}::{_data(strip_ansi(message))}"


def _data(text: str) -> str:
    """The text as the message of a command."""
    return legible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The text as a property of a command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def add_summary(run: RunSummary, root: Path) -> None:
    """Append the table and the failures to the page of the step, if the step has one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(summary_text(run, root))


def summary_text(run: RunSummary, root: Path) -> str:
    """The summary in Markdown. Texts that come from a notebook are escaped as HTML."""
    lines = [
        f"### Notebooks: {run.closing_line}",
        "",
        "<table>",
        "<tr><th></th><th>notebook</th><th>cells</th><th>seconds</th><th></th></tr>",
    ]
    lines += [_row(result, root) for result in run.results]
    text = "\n".join([*lines, "</table>", "", ""])
    for result in run.results:
        if result.outcome != FAILED:
            continue
        details = _details(result, root)
        if len((text + details + _CUT).encode("utf-8", "replace")) > _SUMMARY_LIMIT:
            return text + _CUT
        text += details
    return text


def _row(result: NotebookResult, root: Path) -> str:
    values = (
        _MARKS[result.outcome],
        path_in(root, result.path),
        result.ran,
        f"{result.seconds:.1f}",
        row(result)[-1],
    )
    cells = [f"<td>{_text(value)}</td>" for value in values]
    return f"<tr>{''.join(cells)}</tr>"


def _details(result: NotebookResult, root: Path) -> str:
    """The failure of a notebook, folded away below its path."""
    summary = f"<summary>{_text(path_in(root, result.path))}</summary>"
    failure = _text("\n".join(text for _, text in describe_failure(result)))
    return f"<details>{summary}\n<pre>{failure}</pre></details>\n\n"


def _text(value: object) -> str:
    """The value as HTML on one line: after an empty line, GitHub would read Markdown again."""
    return escape(strip_ansi(str(value))).replace("\n", "&#10;")
