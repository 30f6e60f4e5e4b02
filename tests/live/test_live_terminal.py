from __future__ import annotations

import os
from pathlib import Path

import pytest

from literate.execute.results import (
    FAILED,
    PASSED,
    SKIPPED,
    CellFinished,
    CellResult,
    CellStarted,
    Error,
    NotebookFinished,
    NotebookResult,
    NotebookStarted,
)
from literate.execute.session import WatchedNotebook
from literate.live import terminal
from literate.live.compiling import Compiled
from literate.live.terminal import TerminalScreen

FAILURE = CellResult(1, "b", "1 / 0", FAILED, error=Error("E", "E: message"))


@pytest.fixture
def drawn(monkeypatch, capsys):
    """What is on the screen: the text of the last drawing."""
    monkeypatch.setattr(terminal, "_SHORTEST_PAUSE", 0.0)
    monkeypatch.setattr(terminal.shutil, "get_terminal_size", lambda: os.terminal_size((100, 8)))
    monkeypatch.setenv("NO_COLOR", "1")

    def last() -> list[str]:
        text = capsys.readouterr().out.rpartition("\x1b[H")[2]
        return text.replace("\x1b[K", "").replace("\x1b[J", "").split("\r\n")

    return last


def notebooks(**results: NotebookResult | None) -> dict[str, WatchedNotebook]:
    return {
        f"{name}.ipynb": WatchedNotebook(Path(f"{name}.ipynb"), result=result)
        for name, result in results.items()
    }


def test_states_of_notebooks(drawn):
    failed = NotebookResult("a.ipynb", FAILED, (FAILURE,), 1, 0.5)
    watched = notebooks(a=failed, b=None, cc=None)
    watched["cc.ipynb"].is_due = True
    with TerminalScreen() as screen:
        screen.follow(watched)
        screen.idle({PASSED: 1, FAILED: 1, SKIPPED: 0}, 0.5)
        lines = drawn()
        assert lines[:4] == [
            "a.ipynb   failed  1 cell  0.50s",
            "b.ipynb   passed before, and nothing has changed since",
            "cc.ipynb  waiting",
            "",
        ]
        assert lines[4] == "a.ipynb:cell 2 (b): E: message"
        assert "more lines" in lines[5]
        assert "1 passed, 1 failed, after 0.50s" in lines[6]
        assert "q quit" in lines[6]


def test_a_running_notebook_shows_where_it_is(drawn):
    watched = notebooks(a=None)
    with TerminalScreen() as screen:
        screen.follow(watched)
        screen.take(NotebookStarted("a.ipynb", 5, 1, 2, 3), watched)
        screen.take(CellStarted("a.ipynb", 3, "x"), watched)
        assert drawn()[0] == "a.ipynb  running  2/5  cell 4"
        screen.take(CellFinished("a.ipynb", FAILURE), watched)
        assert drawn()[0] == "a.ipynb  running  3/5  cell 4"
        screen.take(NotebookFinished(NotebookResult("a.ipynb", PASSED)), watched)
        assert "running" not in drawn()[0]


def test_problems_stay_until_the_next_compile(drawn):
    with TerminalScreen() as screen:
        screen.compiled(Compiled(False, problems=("cell 3 is wrong",)))
        screen.problem("the folder is not there")
        assert drawn()[1:3] == ["the folder is not there", "cell 3 is wrong"]
        screen.compiled(Compiled(True))
        assert "wrong" not in "".join(drawn())


def test_a_long_message_is_shown_to_its_end(drawn):
    with TerminalScreen() as screen:
        screen.compiled(Compiled(False, problems=("x" * 100 + "what to do",)))
        assert drawn()[1:3] == ["x" * 100, "what to do"]


def test_a_notebook_that_cannot_be_read_is_described_once(drawn):
    result = NotebookResult("a.ipynb", FAILED, reason="a.ipynb:1: error: not JSON")
    with TerminalScreen() as screen:
        screen.follow(notebooks(a=result))
        screen.compiled(Compiled(False, problems=("a.ipynb:1: error: not JSON",)))
        assert sum("not JSON" in line for line in drawn()) == 1


def test_at_the_end_everything_is_printed_on_the_first_screen(capsys):
    with TerminalScreen() as screen:
        screen.follow(notebooks(a=NotebookResult("a.ipynb", FAILED, (FAILURE,), 1, 0.5)))
        capsys.readouterr()
    text = capsys.readouterr().out
    assert text.startswith("\x1b[?25h\x1b[?1049l")
    assert "E: message" in text


def test_nothing_is_drawn_while_it_is_hidden(capsys):
    with TerminalScreen() as screen:
        screen.hide()
        capsys.readouterr()
        screen.problem("something")
        assert capsys.readouterr().out == ""
        screen.show()
        assert "something" in capsys.readouterr().out
