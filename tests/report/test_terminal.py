"""A run as lines of text."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from literate.execute import (
    FAILED,
    PASSED,
    SKIPPED,
    CellResult,
    Error,
    NotebookFinished,
    NotebookResult,
)
from literate.report.terminal import Report, make_report


def passing(path: str, source: str = "1", text: str = "", seconds: float = 0.0) -> NotebookResult:
    """A notebook whose only cell passed."""
    outputs = ({"output_type": "stream", "name": "stdout", "text": text},) if text else ()
    cell = CellResult(0, "id", source, PASSED, seconds=seconds, outputs=outputs)
    return NotebookResult(path, PASSED, (cell,), 1, seconds)


def failing(path: str) -> NotebookResult:
    """A notebook whose only cell failed."""
    cell = CellResult(0, "id", "1/0", FAILED, error=Error("E", "E: x"))
    return NotebookResult(path, FAILED, (cell,), 1)


def show(*results: NotebookResult, **options: object) -> None:
    """Print a run with these results."""
    with Report([Path(result.path) for result in results], **options) as report:
        for result in results:
            report.take(NotebookFinished(result))


def test_a_line_for_each_notebook_then_failures_then_the_closing_line(capsys):
    show(passing("a.ipynb"), failing("long_name.ipynb"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "a.ipynb             1 cell     0.0s  passed",
        "long_name.ipynb     1 cell     0.0s  failed",
        "",
        "long_name.ipynb:cell 1 (id): E: x",
    ]
    assert lines[-1].startswith("1 passed, 1 failed in ")


def test_quiet_shows_only_failures_and_the_closing_line(capsys):
    show(passing("a.ipynb"), failing("b.ipynb"), quiet=True)
    assert capsys.readouterr().out.startswith("b.ipynb:cell 1 (id): E: x\n")


def test_verbose_shows_the_output_of_passing_cells(capsys):
    show(passing("a.ipynb", text="hello"), verbose=True)
    assert "  a.ipynb:cell 1 (id)\n\n    stdout:\n      hello\n" in capsys.readouterr().out


def test_the_slowest_cells_are_listed(capsys):
    show(passing("a.ipynb", "\n\n  x = 1\ny = 2", seconds=2.5), passing("b.ipynb"), durations=1)
    out = capsys.readouterr().out
    assert "slowest cells:\n    2.50s  a.ipynb:cell 1 (id)  x = 1\n\n" in out


@pytest.mark.parametrize(
    ("unchanged", "reason"), [(True, "nothing has changed since"), (False, "was skipped")]
)
def test_a_run_in_which_nothing_ran_says_why(unchanged, reason, capsys):
    show(NotebookResult("a.ipynb", SKIPPED, unchanged=unchanged))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "nothing ran" in line]
    assert reason in line


def test_after_ctrl_c_the_results_are_shown_and_after_another_error_they_are_not(capsys):
    for error, shown in [(KeyboardInterrupt, True), (ZeroDivisionError, False)]:
        with pytest.raises(error), Report([Path("a.ipynb")]):
            raise error
        assert ("1 not run in " in capsys.readouterr().out) == shown


def test_results_stand_in_the_order_of_the_notebooks():
    report = Report([Path("a.ipynb"), Path("b.ipynb"), Path("c.ipynb")], quiet=True)
    for path in ("b.ipynb", "a.ipynb"):
        report.take(NotebookFinished(passing(path)))
    assert [result.path for result in report.run.results] == ["a.ipynb", "b.ipynb"]
    assert report.run.left == 1


@pytest.mark.parametrize("options", [{"quiet": True}, {"live": False}])
def test_a_terminal_has_a_live_display_unless_it_is_unwanted(options, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert type(make_report([])).__name__ == "LiveReport"
    assert type(make_report([], **options)) is Report


@pytest.mark.parametrize(
    ("program", "begins"),
    [
        ("run_notebook.py", [sys.executable, "run_notebook.py"]),
        ("/usr/bin/run_notebook", ["run_notebook"]),
        ("/home/a b/run_notebook", ["run_notebook"]),
        ("literate test", ["literate", "test"]),
    ],
)
def test_the_last_lines_name_the_command_that_runs_only_the_failures_again(
    program, begins, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [program, "--verbose"])
    folder = tmp_path / "nbs"
    show(
        passing(str(folder / "a.ipynb")),
        failing(str(folder / "b c.ipynb")),
        failing(str(folder / "d.ipynb")),
    )
    *_, command, closing = capsys.readouterr().out.splitlines()
    assert closing.startswith("1 passed, 2 failed in ")
    words = shlex.split(command.removeprefix("to run only this again: "))
    assert words == [*begins, "nbs/b c.ipynb", "nbs/d.ipynb"]


def test_no_command_is_named_where_nothing_failed(capsys):
    show(passing("a.ipynb"))
    assert "again" not in capsys.readouterr().out
