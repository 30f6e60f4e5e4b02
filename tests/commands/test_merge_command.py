"""The command `literate merge`, by hand; git's side of it is in vcs/test_driver.py."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import notebook


def literate(*words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "literate", "merge", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(base: str, ours: str, theirs: str) -> list[str]:
        names = ["base.ipynb", "ours.ipynb", "theirs.ipynb"]
        for name, text in zip(names, (base, ours, theirs), strict=True):
            Path(name).write_text(text)
        return names

    return write


CLEAN = notebook("a", "b"), notebook("a1", "b"), notebook("a", "b1")
CONFLICT = notebook("a"), notebook("b"), notebook("c")


def test_the_result_is_printed(files):
    assert literate(*files(*CLEAN)) == (0, notebook("a1", "b1"), "")
    assert Path("ours.ipynb").read_text() == CLEAN[1]


def test_the_result_in_a_file(files):
    assert literate(*files(*CLEAN), "-o", "out.ipynb") == (0, "", "")
    assert Path("out.ipynb").read_text() == notebook("a1", "b1")


def test_conflicts(files):
    names = files(*CONFLICT)
    code, out, error = literate(*names)
    assert code == 1
    marked = "<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs"
    assert "".join(json.loads(out)["cells"][0]["source"]) == marked
    assert error == "ours.ipynb:cell 1 (00000000): both sides changed source\n"
    _, out, _ = literate(*names, "--style", "diff3")
    assert "||||||| base\\n" in out
    _, out, _ = literate(*names, "--as", "cells")
    assert len(json.loads(out)["cells"]) == 5


def test_conflicts_as_json(files):
    code, out, error = literate(*files(*CONFLICT), "--output", "out.ipynb", "--json")
    assert (code, error) == (1, "")
    assert json.loads(out) == {
        "conflicts": [{"cell": 0, "cell_id": "00000000", "parts": ["source"]}]
    }


@pytest.mark.parametrize("broken", ["", "{", "[]"])
@pytest.mark.parametrize("number", [1, 2])
def test_what_is_not_a_notebook_is_named_and_nothing_is_written(files, broken, number):
    texts = list(CLEAN)
    texts[number] = broken
    names = files(*texts)
    code, out, error = literate(*names, "-o", "out.ipynb")
    if broken == "":  # an empty file is a notebook that did not exist
        assert code == 0
        return
    assert (code, out) == (3, "")
    assert error.startswith(names[number])
    assert error.count("\n") == 1
    assert not Path("out.ipynb").exists()


def test_a_file_that_is_missing(files):
    files(*CLEAN)
    code, out, error = literate("base.ipynb", "nosuch.ipynb", "theirs.ipynb")
    assert (code, out) == (3, "")
    assert error == "nosuch.ipynb: error: No such file or directory [unreadable]\n"


def test_a_folder_that_is_missing(files):
    code, _, error = literate(*files(*CLEAN), "-o", "ours.ipynb/out.ipynb")
    assert code == 1
    assert "out.ipynb" in error


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "three notebooks are needed"),
        (["a", "b", "c", "d"], "three notebooks are needed"),
        (["a", "b", "c", "--style", "x"], "--style takes merge, diff3, zdiff3, not 'x'"),
        (["a", "b", "c", "--as", "x"], "--conflicts takes marks or cells, not 'x'"),
        (["a", "b", "c", "--json"], "--json needs --output"),
        (["--driver", "a", "b"], "--driver takes what git gives"),
        (["--driver"], "--driver takes what git gives"),
    ],
)
def test_bad_usage(words, problem, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, error = literate(*words)
    assert (code, out) == (2, "")
    assert problem in error


def test_help():
    code, out, _ = literate("--driver", "--help")
    assert code == 0
    assert out.startswith("usage: literate merge")
