"""The lines that docs/watch.md promises."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import notebook, parse

from literate.diagnostics import diagnose
from literate.execute.results import (
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
from literate.execute.selection import NotebookPlan, Step
from literate.execute.session import WatchedNotebook
from literate.live.compiling import Compiled
from literate.live.json_lines import JsonLines

ROOT = Path("/project")
PATH = "/project/nbs/a.ipynb"
PAGE = Path(__file__).parents[2] / "docs" / "watch.md"
ERROR = Error("E", "E: m", (Frame(PATH, 3, "f", "x", 1, "b"),))
FAILURE = CellResult(1, "b", "x", FAILED, seconds=0.5, error=ERROR)


def emitted(capsys: pytest.CaptureFixture) -> list[dict]:
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {each["event"] for each in found} <= promised().keys()
    for each in found:
        promises = promised()[each["event"]]
        assert each.keys() - {"event"} <= promises, each
    return found


def promised() -> dict[str, set[str]]:
    """The keys of each event in the table of the page."""
    table = {}
    for event, keys in re.findall(r"^\| `(\w+)` \|.*?\| (.*) \|$", PAGE.read_text(), re.MULTILINE):
        table[event] = set(re.findall(r"`(\w+)`", keys))
    return table


def notebooks() -> dict[str, WatchedNotebook]:
    read = parse(notebook("x", "y"))
    plan = NotebookPlan(read, tuple(Step(cell) for cell in read.cells))
    return {PATH: WatchedNotebook(Path(PATH), plan=plan, why="its cells changed")}


def test_a_run(capsys):
    lines = JsonLines(ROOT)
    lines.begin(ROOT, [Path(PATH)])
    lines.take(NotebookStarted(PATH, 4, 7, 2, 3), notebooks())
    lines.take(CellStarted(PATH, 1, "x"), notebooks())
    lines.take(CellFinished(PATH, FAILURE), notebooks())
    lines.take(CellFinished(PATH, CellResult(2, "c", "x", SKIPPED, "why")), notebooks())
    result = NotebookResult(PATH, FAILED, (FAILURE,), 4, 1.5, notes=("note",))
    lines.take(NotebookFinished(result), notebooks())
    lines.idle({PASSED: 1, FAILED: 1, SKIPPED: 0}, 2.0)
    watching, started, begun, failed, skipped, ended, idle = emitted(capsys)
    assert watching["notebooks"] == ["nbs/a.ipynb"]
    assert started == {
        "event": "started",
        "notebook": "nbs/a.ipynb",
        "run": 7,
        "cells": 4,
        "done": 2,
        "from": 3,
        "why": "its cells changed",
    }
    assert (begun["cell"], begun["id"], begun["run"]) == (1, "00000001", 7)
    assert (failed["id"], failed["line"], failed["error"]["frames"][0]["line"]) == ("b", 3, 3)
    assert skipped["reason"] == "why"
    assert ended["failures"] == [{"cell": 1, "id": "b", "line": 3, "message": "E: m"}]
    assert ended["notes"] == ["note"]
    assert idle["ok"] is False


def test_the_compile_and_problems(capsys):
    lines = JsonLines(ROOT)
    problem = diagnose("syntax", "wrong", Path(PATH), 1, "b", 3)
    lines.compiled(Compiled(False, problems=(problem, "another")))
    lines.problem("the folder is not there")
    compiled, other = emitted(capsys)
    assert compiled["diagnostics"][0]["line"] == 3
    assert compiled["diagnostics"][0]["path"] == PATH
    assert compiled["diagnostics"][1] == {"message": "another"}
    assert other["message"] == "the folder is not there"


def test_a_notebook_that_is_not_watched_any_more_is_told(capsys):
    lines = JsonLines(ROOT)
    lines.follow(notebooks())
    lines.follow({})
    assert emitted(capsys) == [{"event": "gone", "notebook": "nbs/a.ipynb"}]


def test_outputs_that_json_does_not_know_are_text(capsys):
    lines = JsonLines(ROOT)
    output = {"output_type": "display_data", "data": {"x": b"bytes"}}
    cell = CellResult(1, "b", "x", FAILED, outputs=(output,), error=ERROR)
    lines.take(CellFinished(PATH, cell), notebooks())
    assert emitted(capsys)[0]["outputs"][0]["data"]["x"] == "b'bytes'"
