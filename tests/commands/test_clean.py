"""The command `literate clean`, and its work on files."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from conftest import notebook

NOISY = notebook("x = 1").replace('"execution_count": null', '"execution_count": 4')
CLEAN = notebook("x = 1")


def literate(*words: str, stdin: bytes | None = None) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "literate", "clean", *words]
    done = subprocess.run(command, input=stdin, capture_output=True)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.ipynb").write_text(NOISY)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.ipynb").write_text(CLEAN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stamp(name: str) -> tuple[int, int, int]:
    """What changes if a file is written: reading it changes another time."""
    status = os.stat(name)
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def test_all_notebooks_below_the_folder(folder):
    before = stamp("sub/b.ipynb")
    assert literate() == (
        0,
        "a.ipynb: execution count\n1 notebook cleaned, 1 clean\n",
        "",
    )
    assert (folder / "a.ipynb").read_text() == CLEAN
    assert stamp("sub/b.ipynb") == before
    assert literate() == (0, "0 notebooks cleaned, 2 clean\n", "")


def test_check_and_diff_write_nothing(folder):
    code, out, _ = literate("--check")
    assert (code, out) == (1, "a.ipynb: execution count\n1 notebook to clean, 1 clean\n")
    code, out, _ = literate("--diff", "a.ipynb")
    assert code == 0
    assert '-   "execution_count": 4,\n+   "execution_count": null,\n' in out
    assert out.startswith("--- a.ipynb\n+++ a.ipynb (clean)\n")
    assert literate("--check", "--diff")[0] == 1
    assert (folder / "a.ipynb").read_text() == NOISY
    assert literate("--check", "sub")[0] == 0


def test_json(folder):
    code, out, _ = literate("--json", "--check", "a.ipynb")
    assert code == 1
    assert json.loads(out) == {
        "notebooks": [
            {
                "path": str(folder / "a.ipynb"),
                "changed": True,
                "removed": {"execution count": 1},
                "problem": "",
            }
        ]
    }


def test_what_cannot_be_cleaned_is_named_and_the_rest_is_cleaned(folder):
    (folder / "bad.ipynb").write_text("{")
    os.mkfifo(folder / "pipe.ipynb")
    code, out, error = literate()
    assert code == 1
    assert "bad.ipynb:1: error: not JSON" in error
    assert out.endswith("1 notebook cleaned, 1 clean, 2 not readable\n")
    assert (folder / "bad.ipynb").read_text() == "{"
    assert (folder / "a.ipynb").read_text() == CLEAN


def test_a_folder_that_cannot_be_written(folder):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    folder.chmod(0o500)
    try:
        code, _, error = literate("a.ipynb")
    finally:
        folder.chmod(0o700)
    assert code == 1
    assert "a.ipynb" in error
    assert (folder / "a.ipynb").read_text() == NOISY


def test_outputs_ids_and_addresses(folder):
    printed = {"name": "stdout", "output_type": "stream", "text": ["<A at 0x12>\n"]}
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "source": ["x"]}
    (folder / "a.ipynb").write_text(notebook({**cell, "outputs": [printed]}))

    def outputs() -> list:
        return json.loads((folder / "a.ipynb").read_text())["cells"][0]["outputs"]

    assert literate("--addresses", "a.ipynb")[0] == 0
    assert outputs()[0]["text"] == ["<A>\n"]
    assert literate("--outputs", "none", "--ids", "a.ipynb")[1].startswith(
        "a.ipynb: output, id added\n"
    )
    assert outputs() == []


def test_settings(folder):
    (folder / "pyproject.toml").write_text('[tool.literate]\nclean_drop = ["toc"]\n')
    (folder / "a.ipynb").write_text(notebook("x", toc={"base": 1}))
    assert literate("a.ipynb")[1].startswith("a.ipynb: toc\n")
    (folder / "pyproject.toml").write_text("[tool.literate\n")
    code, _, error = literate("a.ipynb")
    assert code == 1
    assert "pyproject.toml: error: not TOML" in error


# --- the filter --------------------------------------------------------------------------------


def test_the_filter(folder):
    assert literate("--stdin", "a.ipynb", stdin=NOISY.encode()) == (0, CLEAN, "")
    assert literate("--stdin", stdin=NOISY.encode()) == (0, CLEAN, "")
    crlf = NOISY.replace("\n", "\r\n").encode()
    assert literate("--stdin", "--ids", "a.ipynb", stdin=crlf)[1] == CLEAN.replace("\n", "\r\n")
    strange = NOISY.replace("x = 1", "é\\ud800")
    assert literate("--stdin", "gone/-x.ipynb", stdin=strange.encode())[1].count("\\ud800") == 1


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"<<<<<<< ours\n", b'{"cells": 3}'])
def test_the_filter_hands_on_what_it_cannot_clean(folder, raw):
    command = [sys.executable, "-m", "literate", "clean", "--stdin", "nbs/a.ipynb"]
    done = subprocess.run(command, input=raw, capture_output=True)
    assert (done.returncode, done.stdout) == (1, raw)
    error = done.stderr.decode()
    assert error.startswith("nbs/a.ipynb")
    assert error.count("\n") == 1


def test_the_filter_knows_the_settings_of_the_path(folder):
    (folder / "sub" / "pyproject.toml").write_text('[tool.literate]\nclean_drop = ["toc"]\n')
    text = notebook("x", toc={"base": 1}).encode()
    assert "toc" in literate("--stdin", "a.ipynb", stdin=text)[1]
    assert "toc" not in literate("--stdin", "sub/b.ipynb", stdin=text)[1]


def test_git_calls_the_filter(folder):
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=True)
        return done.stdout

    (folder / ".git").rmdir()
    git("init", "-q")
    git("config", "filter.literate.clean", f"'{sys.executable}' -m literate clean --stdin %f")
    (folder / ".gitattributes").write_text("*.ipynb filter=literate\n")
    git("add", "-A")
    assert git("show", ":a.ipynb") == CLEAN
    assert (folder / "a.ipynb").read_text() == NOISY
    git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", "x")
    assert git("status", "--short") == ""


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--outputs", "some"], "--outputs takes all, text or none, not 'some'"),
        (["--stdin", "a", "b"], "--stdin takes one path"),
        (["--stdin", "--check"], "--stdin takes one path, and neither"),
        (["nosuch.ipynb"], "nosuch.ipynb: no such notebook"),
        (["--nope"], "unknown flag --nope"),
    ],
)
def test_bad_usage(folder, words, problem):
    code, out, error = literate(*words, stdin=b"")
    assert (code, out) == (2, "")
    assert problem in error
