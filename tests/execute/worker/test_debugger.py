"""`--pdb`: the debugger on the terminal, at the place where a cell fails."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATIENCE

from literate.diagnostics import UsageError
from literate.execute.options import find_terminal

DOOR = Path(__file__).parents[2] / "run_notebook.py"


def read_until(terminal: int, text: str) -> str:
    seen = b""
    while text.encode() not in seen:
        assert select.select([terminal], [], [], PATIENCE)[0], f"no {text} after {seen.decode()}"
        seen += os.read(terminal, 1000)
    return seen.decode()


def test_questions_are_answered_where_a_cell_fails(make_project):
    make_project(
        {
            "00_a": [
                "def half(x):\n    y = x - 2\n    return 1 / y",
                "half(2)",
                "print('not this one')",
            ],
            "01_b": ["1"],
        }
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, DOOR, "--pdb", "--timeout", "0.1"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = read_until(ours, "(Pdb)")
    assert (
        "00_a.ipynb:cell 1 (00000000)" in said
        and "ZeroDivisionError: division by zero" in said
        and "return 1 / y" in said
    )
    os.write(ours, b"p x, y\n")
    assert "(2, 0)" in read_until(ours, "(Pdb)")
    os.write(ours, b"up\n")
    assert "half(2)" in read_until(ours, "(Pdb)")
    os.write(ours, b"q\n")
    assert "1 passed, 1 failed in " in read_until(ours, "failed in ")
    assert process.wait(PATIENCE) == 1
    os.close(ours)


def test_where_nobody_can_answer(make_project):
    make_project({"00_a": ["1/0"]})
    command = [sys.executable, DOOR, "--pdb"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 2 and "--pdb needs a person" in done.stderr
    with pytest.raises(UsageError, match="not with --kernel or --dask"):
        find_terminal("python3")
