"""All parts together: git adds, shows, merges and commits notebooks as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from git_project import edit, git, hooks, literate, make_repository, run


@pytest.fixture
def repository(tmp_path) -> Path:
    folder = make_repository(tmp_path / "my project")
    assert all(works for works, _ in hooks(folder, "install").values())
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "attributes")
    return folder


def change(repository: Path, branch: str, old: str, new: str, name: str = "00_core") -> None:
    """Change a notebook on a branch, compile, and commit."""
    if branch not in git(repository, "branch", "--list", branch):
        git(repository, "branch", branch)
    git(repository, "checkout", "-q", branch)
    edit(repository, old, new, f"nbs/{name}.ipynb")
    assert literate(repository, "export").returncode == 0
    git(repository, "commit", "-qam", f"{old} -> {new}")


def test_a_notebook_is_added_without_noise(repository):
    path = repository / "nbs" / "00_core.ipynb"
    before = path.read_text()
    path.write_text(before.replace('"execution_count": null', '"execution_count": 7', 1))
    assert git(repository, "status", "--porcelain") in ("", " M nbs/00_core.ipynb\n")
    git(repository, "add", "-A")
    assert git(repository, "diff", "--cached", "--name-only") == ""
    assert '"execution_count": 7' in path.read_text()


def test_a_notebook_that_is_torn_is_added_as_it_is(repository):
    path = repository / "nbs" / "notes.ipynb"
    path.write_bytes(b'{"cells": [\xff')
    git(repository, "add", "nbs/notes.ipynb")
    git(repository, "rm", "-q", "--cached", "nbs/notes.ipynb")


def test_differences_are_shown_by_cell(repository):
    edit(repository, "y = 1", "y = 2")
    shown = git(repository, "diff", "nbs")
    assert "-y = 1" in shown and "+y = 2" in shown
    assert '"cell_type"' not in shown


@pytest.mark.parametrize("how", ["merge", "rebase", "cherry-pick"])
def test_two_changes_in_one_notebook_come_together(repository, how):
    change(repository, "there", "x = 1", "x = 5")
    change(repository, "main", "y = 1", "y = 2")
    words = {"merge": ["merge", "--no-edit", "there"], "rebase": ["rebase", "there"]}
    done = run(repository, "git", *words.get(how, [how, "there"]))
    assert done.returncode == 0, done.stdout + done.stderr
    core = (repository / "lib" / "core.py").read_text()
    assert "x = 5" in core and "y = 2" in core
    assert literate(repository, "export", "--check").returncode == 0, done.stderr


def test_after_a_conflict_a_person_edits_adds_and_commits(repository):
    change(repository, "there", "y = 1", "y = 3")
    change(repository, "main", "y = 1", "y = 2")
    done = run(repository, "git", "merge", "there")
    assert done.returncode == 1
    path = repository / "nbs" / "00_core.ipynb"
    notebook = json.loads(path.read_text())  # it opens in Jupyter
    (cell,) = [c for c in notebook["cells"] if "<<<<<<<" in "".join(c["source"])]
    assert "y = 2" in "".join(cell["source"]) and "y = 3" in "".join(cell["source"])
    assert "UU nbs/00_core.ipynb" in git(repository, "status", "--porcelain")
    cell["source"] = ["#export\n", "y = 23"]
    path.write_text(json.dumps(notebook, indent=1) + "\n")
    git(repository, "add", "nbs")
    if "lib/" in git(repository, "diff", "--name-only", "--diff-filter=U"):
        git(repository, "add", "lib")
    done = run(repository, "git", "commit", "-qm", "merged")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "y = 23" in git(repository, "show", "HEAD:lib/core.py")
    assert git(repository, "status", "--porcelain") == ""
    assert literate(repository, "export", "--check").returncode == 0


def test_a_conflict_that_is_not_settled_cannot_be_committed(repository):
    change(repository, "there", "y = 1", "y = 3")
    change(repository, "main", "y = 1", "y = 2")
    run(repository, "git", "merge", "there")
    git(repository, "add", "-A")
    done = run(repository, "git", "commit", "-qm", "merged")
    assert done.returncode == 1
    assert "nbs/00_core.ipynb" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_module_written_by_hand_is_merged_by_lines(repository):
    path = repository / "lib" / "own.py"
    path.write_text("a = 1\nb = 1\nc = 1\nd = 1\n")
    literate(repository, "export")  # the index names the module
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "own")
    git(repository, "checkout", "-qb", "there")
    path.write_text("a = 2\nb = 1\nc = 1\nd = 1\n")
    git(repository, "commit", "-qam", "a")
    git(repository, "checkout", "-q", "main")
    path.write_text("a = 1\nb = 1\nc = 1\nd = 2\n")
    git(repository, "commit", "-qam", "d")
    git(repository, "merge", "-q", "--no-edit", "there")
    assert path.read_text() == "a = 2\nb = 1\nc = 1\nd = 2\n"


def test_a_worktree_merges_too(repository, tmp_path):
    change(repository, "there", "x = 1", "x = 5")
    git(repository, "checkout", "-q", "main")
    tree = tmp_path / "other tree"
    git(repository, "worktree", "add", "-q", "-b", "other", str(tree))
    edit(tree, "y = 1", "y = 2")
    assert literate(tree, "export").returncode == 0
    git(tree, "commit", "-qam", "y")
    git(tree, "merge", "-q", "--no-edit", "there")
    core = (tree / "lib" / "core.py").read_text()
    assert "x = 5" in core and "y = 2" in core
    assert literate(tree, "export", "--check").returncode == 0
