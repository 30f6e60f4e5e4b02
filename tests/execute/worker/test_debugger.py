"""`--pdb`: the debugger on the terminal, at the line where a cell fails."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATIENCE, split_cells

from literate.diagnostics import UsageError
from literate.execute.options import find_terminal

DOOR = Path(__file__).parents[3] / "run_notebook.py"

FAILS = split_cells("""
    def half(x):
        y = x - 2
        return 1 / y
    # %%
    half(2)
    # %%
    print('not this one')
""")


def read_until(terminal: int, text: str) -> str:
    """Read what appears on a terminal until it contains a text."""
    seen = b""
    while text.encode() not in seen:
        assert select.select([terminal], [], [], PATIENCE)[0], f"no {text} after {seen.decode()}"
        seen += os.read(terminal, 1000)
    return seen.decode()


def answer(terminal: int, question: str, until: str) -> str:
    """Type a line on a terminal, and read the answer."""
    os.write(terminal, f"{question}\n".encode())
    return read_until(terminal, until)


def test_questions_are_answered_where_a_cell_fails(make_project):
    make_project({"00_a": FAILS, "01_b": ["1"]})
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, DOOR, "--pdb", "--timeout", "0.1"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = read_until(ours, "(Pdb)")
    assert "00_a.ipynb:cell 1 (00000000)" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert "return 1 / y" in shown
    assert "(2, 0)" in answer(ours, "p x, y", until="(Pdb)")
    assert "half(2)" in answer(ours, "up", until="(Pdb)")
    assert "1 passed, 1 failed in " in answer(ours, "q", until="failed in ")
    assert process.wait(PATIENCE) == 1
    os.close(ours)


def test_without_a_terminal_the_flag_is_refused(make_project):
    make_project({"00_a": ["1/0"]})
    command = [sys.executable, DOOR, "--pdb"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 2
    assert "--pdb needs a person" in done.stderr


def test_with_a_kernel_the_flag_is_refused():
    with pytest.raises(UsageError, match="not with --kernel or --dask"):
        find_terminal("python3")
