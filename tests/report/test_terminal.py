"""The text of a run: rows, failures, the live display."""

import io
import shlex
import sys
from pathlib import Path

import pytest
from rich.console import Console

from literate.execute import (
    FAILED,
    PASSED,
    SKIPPED,
    CellFinished,
    CellResult,
    CellStarted,
    Error,
    Frame,
    NotebookFinished,
    NotebookResult,
    NotebookStarted,
)
from literate.report.failure import describe_failure
from literate.report.live import LiveReport
from literate.report.summary import row
from literate.report.terminal import Report


def failing(
    source: str, message: str = "ValueError: x", line: int | None = 1, **options
) -> NotebookResult:
    frames = (Frame("a.ipynb", line, "<module>", source, 0, "id"),) if line else ()
    cell = CellResult(
        0, "id", source, FAILED, error=Error("ValueError", message, frames), **options
    )
    return NotebookResult("a.ipynb", FAILED, (cell,), total=2, seconds=1.25)


def described(result: NotebookResult) -> str:
    return "\n".join(text for _, text in describe_failure(result))


def test_rows():
    assert row(failing("1/0")) == ("a.ipynb", "1/2 cells", "1.2s", "failed")
    assert row(NotebookResult("a.ipynb", SKIPPED, reason="because")) == (
        "a.ipynb",
        "",
        "",
        "skipped: because",
    )
    passed = NotebookResult(
        "a.ipynb", PASSED, (CellResult(0, "id", "1", PASSED),), 1, 0.0, notes=("not saved: x",)
    )
    assert row(passed) == ("a.ipynb", "1 cell", "0.0s", "passed; not saved: x")


def test_a_long_cell_is_shown_around_its_line():
    text = described(failing("\n".join(f"x{n}" for n in range(1, 101)), line=50))
    assert "> " + " 50 | x50" in text and " 38 | x38" in text
    assert "x37" not in text and "x90" not in text
    assert "more lines" in text


def test_codes_for_the_terminal_are_taken_out():
    output = {
        "output_type": "stream",
        "name": "stdout",
        "text": "\x1b[31mred\x1b[0m\r\n10%\r100%\n\x07bell\tx",
    }
    text = described(failing("1", outputs=(output,)))
    assert "  red\n  100%\n  bell" in text
    assert not set(text) & {"\x1b", "\r", "\x07"}


def test_only_the_end_of_a_long_output_is_shown():
    output = {
        "output_type": "stream",
        "name": "stdout",
        "text": "".join(f"line {n}\n" for n in range(1000)),
    }
    text = described(failing("1", outputs=(output,)))
    assert "line 999" in text and "line 900" not in text and "960 lines before" in text


def test_related_errors_are_told():
    error = Error(
        "ValueError", "ValueError: x", related=(("cause", Error("KeyError", "KeyError: 1")),)
    )
    result = NotebookResult(
        "a.ipynb", FAILED, (CellResult(0, "id", "f()", FAILED, error=error),), 1
    )
    assert "caused by\nKeyError: 1" in described(result)


def test_the_live_display_fits_a_narrow_terminal():
    report = LiveReport([Path("a.ipynb"), Path("b.ipynb"), Path("c.ipynb")], False, False)
    report.console = Console(file=io.StringIO(), width=40, force_terminal=True)
    report.take(NotebookStarted("a.ipynb", 3))
    report.take(
        CellStarted("a.ipynb", 0, "# a comment\n\nx = 'a long line' * 100 + 'that does not fit'")
    )
    report.take(CellFinished("a.ipynb", CellResult(0, "id", "", PASSED)))
    report.take(NotebookStarted("b.ipynb", 1))
    report.take(NotebookFinished(NotebookResult("b.ipynb", FAILED, reason="it died")))
    with report.console.capture() as captured:
        report.console.print(report._progress())
    lines = captured.get().splitlines()
    assert len(lines) == 2 and "a.ipynb      1/3" in lines[0] and "x = 'a" in lines[0]
    assert "1 done, 1 failed, 1 waiting" in lines[1]


@pytest.mark.parametrize(
    "outcomes, passed",
    [
        ([PASSED], True),
        ([PASSED, SKIPPED], True),
        ([SKIPPED], False),
        ([PASSED, FAILED], False),
        ([], False),
    ],
)
def test_what_counts_as_passed(outcomes, passed):
    report = Report([Path(f"{n}.ipynb") for n in range(max(1, len(outcomes)))])
    for number, outcome in enumerate(outcomes):
        report.take(NotebookFinished(NotebookResult(f"{number}.ipynb", outcome)))
    assert report.run.passed == passed


@pytest.mark.parametrize(
    ("program", "begins"),
    [
        ("run_notebook.py", [sys.executable, "run_notebook.py"]),
        ("/usr/bin/run_notebook", ["run_notebook"]),
    ],
)
def test_the_last_lines_name_the_command_that_runs_only_the_failures_again(
    program, begins, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [program, "--verbose"])
    paths = [tmp_path / "nbs" / name for name in ("a.ipynb", "b c.ipynb", "d.ipynb")]
    outcomes = [PASSED, FAILED, FAILED]
    with Report(paths) as report:
        for path, outcome in zip(paths, outcomes, strict=True):
            report.take(NotebookFinished(NotebookResult(str(path), outcome)))
    *_, command, closing = capsys.readouterr().out.splitlines()
    assert closing.startswith("1 passed, 2 failed in ")
    words = shlex.split(command.removeprefix("to run only this again: "))
    assert words == [*begins, "nbs/b c.ipynb", "nbs/d.ipynb"]


def test_no_command_is_named_where_nothing_failed(tmp_path, capsys):
    with Report([tmp_path / "a.ipynb"]) as report:
        report.take(NotebookFinished(NotebookResult(str(tmp_path / "a.ipynb"), PASSED)))
    assert "again" not in capsys.readouterr().out
