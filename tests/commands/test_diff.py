"""The command `literate diff`, and which notebooks it compares."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
from conftest import notebook


def literate(*words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "literate", "diff", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def git(*words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    done = subprocess.run(["git", *identity, *words], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A repository with two commits, and a change that is not committed."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.ipynb").write_text(notebook("x = 1", "md:text"))
    (tmp_path / "sub" / "b.ipynb").write_text(notebook("b"))
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    (tmp_path / "a.ipynb").write_text(notebook("x = 1\ny = 2", "md:text"))
    git("commit", "-q", "-a", "-m", "second")
    (tmp_path / "sub" / "b.ipynb").write_text(notebook("b", "c"))
    return tmp_path


B = """--- sub/b.ipynb
+++ sub/b.ipynb
@@ cell 2 code #00000001: added @@
+c
"""
A = """--- a.ipynb
+++ a.ipynb
@@ cell 1 code #00000000: changed source @@
 x = 1
+y = 2
"""


def test_what_changed_since_the_last_commit(folder, monkeypatch):
    assert literate() == (0, B, "")
    monkeypatch.chdir(folder / "sub")
    assert literate() == (0, B.replace("sub/", ""), "")


def test_revisions_and_paths(folder):
    assert literate("HEAD~1") == (0, A + B, "")
    assert literate("HEAD~1", "a.ipynb") == (0, A, "")
    assert literate("HEAD~1", "sub") == (0, B, "")
    assert literate("HEAD~1", "HEAD") == (0, A, "")
    assert literate("HEAD~1..HEAD") == (0, A, "")
    assert literate("HEAD", "HEAD~1")[1] == A.replace("+y", "-y")
    assert literate("a.ipynb") == (0, "", "")


def test_two_files(folder):
    code, out, _ = literate("a.ipynb", "sub/b.ipynb")
    assert code == 0
    assert out.startswith("--- a.ipynb\n+++ sub/b.ipynb\n@@ cell 1 code #00000000: changed source")


def test_notebooks_that_came_and_went(folder):
    os.unlink("a.ipynb")
    (folder / "new.ipynb").write_text(notebook("n"))
    assert literate("--stat")[1] == (
        "a.ipynb: cells: 2 deleted; lines: +0 -3\nsub/b.ipynb: cells: 1 added; lines: +1 -0\n"
    )
    git("add", "-A")
    assert "new.ipynb: cells: 1 added; lines: +1 -0\n" in literate("--stat")[1]
    assert literate("--stat", "HEAD", "a.ipynb")[1] == "a.ipynb: cells: 2 deleted; lines: +0 -3\n"


def test_a_change_of_noise_alone_is_none(folder):
    text = (folder / "a.ipynb").read_text()
    (folder / "a.ipynb").write_text(text.replace("null", "7"))
    assert literate("HEAD", "a.ipynb") == (0, "", "")


def test_json(folder):
    code, out, _ = literate("--json")
    (found,) = json.loads(out)["notebooks"]
    assert code == 0
    assert (found["new_name"], found["problem"]) == ("sub/b.ipynb", "")
    (cell,) = found["cells"]
    assert (cell["change"], cell["id"], cell["lines"]) == ("added", "00000001", ["+c"])


def test_colours_only_on_a_terminal(folder, monkeypatch):
    def on_a_terminal() -> str:
        reader, writer = pty.openpty()
        command = [sys.executable, "-m", "literate", "diff"]
        subprocess.run(command, stdout=writer, check=True)
        os.close(writer)
        printed = b""
        while True:
            try:
                piece = os.read(reader, 10_000)
            except OSError:
                break
            if not piece:
                break
            printed += piece
        os.close(reader)
        return printed.decode()

    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[32m+c\x1b[0m" in on_a_terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in on_a_terminal()


def test_what_is_not_a_notebook_is_named(folder):
    (folder / "a.ipynb").write_text("{")
    code, out, error = literate()
    assert (code, out) == (1, B)
    assert error.startswith("a.ipynb:1: error: not JSON")
    code, _, error = literate("a.ipynb", "sub/b.ipynb")
    assert (code, error.count("\n")) == (1, 1)


def test_escapes_in_a_notebook_do_not_reach_the_terminal(folder):
    (folder / "a.ipynb").write_text(notebook("x = 1\ny = 2\n\x1b[31mred", "md:text"))
    assert "+\\x1b[31mred\n" in literate("HEAD", "a.ipynb")[1]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["nosuch"], "nosuch: neither a notebook, a folder, nor a commit"),
        (["--no-index"], "unknown flag --no-index"),
        (["HEAD", "nosuch.ipynb"], "nosuch.ipynb: git does not know such a notebook"),
        (["--textconv"], "--textconv takes one notebook"),
        (["--textconv", "a.ipynb", "--stat"], "--textconv takes one notebook"),
    ],
)
def test_bad_usage(folder, words, problem):
    code, out, error = literate(*words)
    assert (code, out) == (2, "")
    assert problem in error


def test_outside_of_a_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, error = literate()
    assert code == 2
    assert "this is not a git repository" in error


# --- textconv ----------------------------------------------------------------------------------


def test_one_notebook_as_text(folder):
    expected = (
        "nbformat: 4.5\n\n# %% code #00000000\nx = 1\ny = 2\n\n# %% markdown #00000001\ntext\n"
    )
    assert literate("--textconv", "a.ipynb") == (0, expected, "")


@pytest.mark.parametrize("text", ["", "{", "<<<<<<< ours\n", '{"cells": 3}'])
def test_what_is_not_a_notebook_is_printed_as_it_is(folder, text):
    (folder / "a.ipynb").write_text(text)
    assert literate("--textconv", "a.ipynb") == (0, text, "")


def test_git_shows_notebooks_as_text(folder):
    git("config", "diff.literate.textconv", f"'{sys.executable}' -m literate diff --textconv")
    (folder / ".gitattributes").write_text("*.ipynb diff=literate\n")
    shown = git("diff")
    assert "+# %% code #00000001\n+c\n" in shown
    assert '"cells"' not in shown
    assert "+y = 2\n" in git("log", "-p", "-1")
    assert git("blame", "--porcelain", "a.ipynb").count("\tx = 1\n") == 1
