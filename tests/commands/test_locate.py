"""`literate locate` as it is used in a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from located_project import DOUBLE_CELL, THIRD_CELL

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def in_project(folder, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def locate(*words: str, text: str | bytes = b"") -> subprocess.CompletedProcess:
    data = text.encode() if isinstance(text, str) else text
    command = [sys.executable, "-m", "literate", "locate", *words]
    done = subprocess.run(command, input=data, capture_output=True)
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def test_places_are_found_in_both_directions():
    done = locate("small/core.py:12", "nbs/01_more.ipynb:cell 2:4")
    assert done.stdout == f"{DOUBLE_CELL}:4\nsmall/core.py:18\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_a_cell_needs_no_quotes():
    words = f"nbs/00_core.ipynb:cell 3:4 {THIRD_CELL}:4 small/core.py:12".split()
    assert locate(*words).stdout == f"small/core.py:12\nsmall/core.py:18\n{DOUBLE_CELL}:4\n"


def test_a_wrong_place_does_not_hide_the_others():
    done = locate("small/core.py:1", "small/core.py:12")
    assert done.returncode == 1
    assert done.stdout == f"{DOUBLE_CELL}:4\n"
    assert (
        done.stderr
        == "error: small/core.py:1: the compiler wrote this line, it stands in no cell\n"
    )


def test_places_as_json_lines():
    lines = locate("--json", "small/core.py:12", "small/core.py:18").stdout.splitlines()
    assert [json.loads(line)["cell"] for line in lines] == [3, 2]


def test_the_output_of_a_tool_is_passed_on():
    text = "small/core.py:12: error: x\nFound 1 error\n"
    assert locate("-", text=text).stdout == f"{DOUBLE_CELL}:4: error: x\nFound 1 error\n"
    (line,) = locate("-", "--json", text=text).stdout.splitlines()
    assert json.loads(line)["message"] == "x"


def test_the_output_of_literate_is_passed_on_to_an_editor():
    text = f"{DOUBLE_CELL}:4: TypeError: x\n"
    assert locate("-", "--to", "module", text=text).stdout == "small/core.py:12: TypeError: x\n"


def test_an_empty_input_is_an_empty_output():
    done = locate("-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "error: a place is needed"),
        (["-", "small/core.py:1"], "error: - stands alone"),
        (["-", "--to", "moon"], "error: --to is cell, file or module, not 'moon'"),
        (["small/core.py:1", "--to", "file"], "error: --to goes with -"),
        (["--form", "x"], "error: unknown flag --form"),
    ],
)
def test_a_wrong_command_line_is_refused(words, message):
    done = locate(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)


def test_a_closed_pipe_ends_it_in_silence():
    command = f'yes "small/core.py:12: x" | "{sys.executable}" -m literate locate - | head -2'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stdout == f"{DOUBLE_CELL}:4: x\n" * 2
    assert done.stderr == ""
