"""GitHub Actions: an annotation on the line of the .ipynb file for each failing cell, and the step's summary."""

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
from .failure import describe_failure, legible, strip_ansi
from .summary import RunSummary, path_in, row

_SUMMARY_LIMIT = 1_000_000  # bytes: GitHub refuses a summary of more than 1 MiB
_MARKS = {PASSED: "✅", FAILED: "❌", SKIPPED: "⏭️"}


@contextmanager
def reported(run: Callable[[], RunSummary], root: Path) -> Iterator[None]:
    """While this lasts, no line that is printed is a command, whatever a notebook says; then what failed is annotated, and summed up."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        print(f"::{token}::", *annotations(run(), root), sep="\n", flush=True)
        add_summary(run(), root)


def annotations(run: RunSummary, root: Path) -> Iterator[str]:
    """A line for each failing cell, each notebook that failed outside of its cells, and each that is flaky."""
    root = Path(os.environ.get("GITHUB_WORKSPACE") or root)
    for result in run.results:
        path = path_in(root, result.path)
        if result.outcome == FAILED and result.reason:
            yield _command("error", path, 1, "failed", strip_ansi(result.reason))
        for cell in result.failures:
            line = _line(result.path, cell.index, cell.line or 1)
            yield _command(
                "error",
                path,
                line,
                f"cell {cell.index + 1} ({cell.id})",
                strip_ansi(cell.error.message),
            )
        if result.failed_before and result.outcome == PASSED:
            yield _command("warning", path, 1, "flaky", strip_ansi("\n".join(result.notes)))


def _line(path: str, cell: int, line: int) -> int:
    try:
        return line_in_file(read_notebook(Path(path)).text, cell, line)
    except (UserError, StopIteration):  # it has changed since it ran
        return 1


def _command(kind: str, path: str, line: int, title: str, message: str) -> str:
    return f"::{kind} file={_property(path)},line={line},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return legible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def add_summary(run: RunSummary, root: Path) -> None:
    """Add the table and the failures to the page of the step, where there is one."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(summary_text(run, root))


def summary_text(run: RunSummary, root: Path) -> str:
    """The summary in Markdown; whatever comes from a notebook stands in it as escaped HTML."""
    head = "<tr><th></th><th>notebook</th><th>cells</th><th>seconds</th><th></th></tr>"
    lines = [
        f"### Notebooks: {run.closing_line}",
        "",
        "<table>",
        head,
        *(_row(result, root) for result in run.results),
    ]
    text, left = (
        "\n".join([*lines, "</table>", "", ""]),
        "<p>The rest is too long for this page.</p>\n",
    )
    for result in run.results:
        if result.outcome == FAILED:
            details = _details(result, root)
            if len((text + details + left).encode("utf-8", "replace")) > _SUMMARY_LIMIT:
                return text + left
            text += details
    return text


def _row(result: NotebookResult, root: Path) -> str:
    return "<tr>{}</tr>".format(
        "".join(
            f"<td>{_text(value)}</td>"
            for value in (
                _MARKS[result.outcome],
                path_in(root, result.path),
                result.ran,
                f"{result.seconds:.1f}",
                row(result)[-1],
            )
        )
    )


def _details(result: NotebookResult, root: Path) -> str:
    lines = "\n".join(text for _, text in describe_failure(result))
    return f"<details><summary>{_text(path_in(root, result.path))}</summary>\n<pre>{_text(lines)}</pre></details>\n\n"


def _text(value: object) -> str:
    """Escaped, on one line of the file: an empty line would end the HTML, and Markdown would begin."""
    return escape(strip_ansi(str(value))).replace("\n", "&#10;")
