"""docs/editors.md: its commands run, and its problem matcher takes real messages apart."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import notebook
from test_docs import blocks

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent

(TASKS,) = [json.loads(block)["tasks"] for block in blocks(PAGE, "json")]
PATTERNS = [task["problemMatcher"]["pattern"] for task in TASKS]
(VIM,) = blocks(PAGE, "vim")
FAILING = "#export\ndef double(x: int) -> int:\n    return 'a' + x"


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A compiled project: an exported function fails, and so does a cell with a test."""
    (tmp_path / "nbs").mkdir()
    (tmp_path / "nbs" / "00_core.ipynb").write_text(notebook(FAILING, "double(3)"))
    (tmp_path / "nbs" / "01_more.ipynb").write_text(notebook("assert 1 == 2"))
    settings = "[DEFAULT]\nlib_path = my_library\ncell_ids = True\n"
    (tmp_path / "settings.ini").write_text(settings)
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    assert shell("literate export").returncode == 0
    return tmp_path


def shell(command: str) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True)


def problems(pattern: dict[str, object], output: str) -> list[tuple[str, str, str | None]]:
    """File, message and severity of each problem that VS Code finds in an output."""
    found = []
    for line in output.splitlines():
        match = re.search(pattern["regexp"], line)
        if match:
            found.append(tuple(match[pattern[key]] for key in ("file", "message", "severity")))
    return found


def test_all_tasks_have_the_same_pattern():
    assert all(pattern == PATTERNS[0] for pattern in PATTERNS)


def test_the_task_that_compiles_finds_the_messages_of_the_compiler(project):
    Path("nbs/00_core.ipynb").write_text(notebook("#export\nx = (", "#export\ny = 1"))
    Path("nbs/01_more.ipynb").write_text("{")
    done = shell(TASKS[0]["command"])
    found = problems(PATTERNS[0], done.stdout + done.stderr)
    assert {(file, severity) for file, _, severity in found} == {
        ("nbs/00_core.ipynb", "error"),
        ("nbs/01_more.ipynb", "error"),
    }
    assert found[0][1].startswith("cell 1 (00000000):2")
    assert len(found) == len(done.stderr.splitlines()) - 1  # the last line says how many there are


def test_the_task_that_tests_finds_the_failures(project):
    done = shell(TASKS[1]["command"])
    found = problems(PATTERNS[1], done.stdout)
    assert [(file, message.split(":")[0]) for file, message, _ in found] == [
        ("nbs/00_core.ipynb", "cell 2 (00000001)"),
        ("nbs/01_more.ipynb", "cell 1 (00000000)"),
    ]
    assert "TypeError" in found[0][1]


def test_the_task_that_checks_types_finds_the_errors(project):
    done = shell(TASKS[2]["command"])
    assert problems(PATTERNS[2], done.stdout) == [
        (
            "nbs/00_core.ipynb",
            "cell 1 (00000000):3: error: "
            'Unsupported operand types for + ("str" and "int")  [operator]',
            "error",
        )
    ]


@pytest.mark.parametrize(
    "line",
    [
        "nbs/00_core.ipynb    3 cells     0.0s  passed",
        "  nbs/00_core.ipynb:cell 2 (cell0001):4 (small/core.py:12) in double",
        "to run only this again: literate test nbs/00_core.ipynb",
        "my_library/core.py <- nbs/00_core.ipynb",
        "3 files written, 0 unchanged",
    ],
)
def test_other_lines_are_no_problems(line):
    assert problems(PATTERNS[0], line) == []


def test_the_commands_of_the_page_run(project):
    Path("nbs/00_core.ipynb").write_text(notebook(*["#export\nx = 1\ny = 2\nz = 3"] * 8))
    assert shell("literate export --force").returncode == 0
    for block in blocks(PAGE, "sh"):
        for command in block.splitlines():
            done = shell(command.replace("core.py:34", "core.py:8"))
            assert (done.returncode, done.stderr) == (0, ""), command
            assert done.stdout, command


@pytest.mark.skipif(shutil.which("vim") is None, reason="Vim is not installed")
def test_vim_goes_from_failure_to_failure(project):
    Path("settings.vim").write_text(VIM)
    command = (
        "vim -u NONE -N -es -S settings.vim -c 'make!' -c 'redir! > list' -c clist -c 'redir END' "
        "-c 'qa!'"
    )
    shell(command)
    line = Path("my_library/core.py").read_text().splitlines().index("    return 'a' + x") + 1
    listed = Path("list").read_text()
    assert re.search(r"^ *\d+ nbs/00_core\.ipynb:\d+: TypeError", listed, re.MULTILINE)
    assert re.search(r"^ *\d+ nbs/01_more\.ipynb:\d+: AssertionError", listed, re.MULTILINE)
    assert f"my_library/core.py:{line}" in listed
