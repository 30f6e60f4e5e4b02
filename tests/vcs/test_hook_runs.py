"""What the hooks do, when git calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import notebook, write_files
from git_project import edit, git, hooks, literate, make_repository, run

PARTS = ("--parts", "pre-commit post-merge post-rewrite")
HINT = "literate: these modules do not fit the notebooks of this commit."


@pytest.fixture
def repository(tmp_path) -> Path:
    folder = make_repository(tmp_path / "my project")
    hooks(folder, "install", *PARTS)
    return folder


# --- before a commit ---------------------------------------------------------------------------


def commit(repository: Path, *words: str) -> str:
    """What `git commit` says; "" if it has committed."""
    done = run(repository, "git", "commit", "-qm", "more", *words)
    assert "Traceback" not in done.stderr
    assert (done.returncode == 0) == (HINT not in done.stderr), done.stderr
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_a_commit_with_stale_modules_is_refused(repository):
    edit(repository, "y = 1", "y = 2")
    git(repository, "add", "-A")
    said = commit(repository)
    assert "-y = 1" in said and "+y = 2" in said
    literate(repository, "export")
    git(repository, "add", "-A")
    assert commit(repository) == ""


def test_what_counts_is_what_will_be_committed(repository):
    edit(repository, "y = 1", "y = 2")
    literate(repository, "export")
    git(repository, "add", "nbs")
    assert "+y = 2" in commit(repository)  # the module in the folder is right, but not added
    git(repository, "add", "lib")
    edit(repository, "y = 2", "y = 3")  # this is not added
    assert commit(repository) == ""


def test_all_changes_can_be_committed_at_once(repository):
    edit(repository, "y = 1", "y = 2")
    assert "+y = 2" in commit(repository, "-a")
    literate(repository, "export")
    assert commit(repository, "-a") == ""


def test_some_files_can_be_committed(repository):
    edit(repository, "y = 1", "y = 2")
    literate(repository, "export")
    assert "+y = 2" in commit(repository, "nbs/00_core.ipynb")
    (repository / "notes.txt").write_text("x")
    git(repository, "add", "notes.txt")
    assert commit(repository, "notes.txt") == ""


def test_an_edit_in_a_module_has_to_be_carried_first(repository):
    edit(repository, "y = 1", "y = 2", "lib/core.py")
    assert "literate export --update" in commit(repository, "-a")
    literate(repository, "export", "--update")
    assert commit(repository, "-a") == ""


def test_a_broken_notebook_is_named(repository):
    (repository / "nbs" / "00_core.ipynb").write_text("{")
    assert "nbs/00_core.ipynb" in commit(repository, "-a")


def test_other_commits_need_no_compile(repository):
    edit(repository, "y = 1", "y = 2", "lib/core.py")  # wrong, and not added
    (repository / "notes.txt").write_text("x")
    git(repository, "add", "notes.txt")
    assert commit(repository) == ""


def test_the_name_of_the_library_may_come_from_the_repository(tmp_path):
    folder = make_repository(tmp_path / "my_lib")
    git(folder, "remote", "add", "origin", "https://example.org/me/named-lib.git")
    settings = "[DEFAULT]\nlib_path = lib\nuser = me\n"
    (folder / "settings.ini").write_text(settings)
    literate(folder, "export", "--force")
    assert "named-lib" in (folder / "lib" / "_modidx.py").read_text()
    hooks(folder, "install", *PARTS)
    assert commit(folder, "-a") == ""


def test_a_project_in_a_folder_of_its_repository_is_checked(tmp_path):
    repository = make_repository(tmp_path / "all")
    (repository / "part").mkdir()
    for name in ("nbs", "lib", "settings.ini"):
        git(repository, "mv", name, f"part/{name}")
    hooks(repository / "part", "install", *PARTS)
    assert commit(repository, "-a") == ""
    edit(repository, "y = 1", "y = 2", "part/nbs/00_core.ipynb")
    assert "+y = 2" in commit(repository, "-a")


def test_examples_inside_of_a_project_are_not_its_own(repository):
    example = repository / "tests" / "example"
    write_files(
        example,
        {
            "settings.ini": "[DEFAULT]\nlib_path = broken\n",
            "nbs/00_a.ipynb": notebook("#export\nx =("),
        },
    )
    git(repository, "add", "-A")
    assert commit(repository) == ""


def test_several_projects_of_one_repository_are_checked(tmp_path):
    repository = make_repository(tmp_path / "all")
    for part in ("one", "two"):
        (repository / part).mkdir()
    for name in ("nbs", "lib", "settings.ini"):
        run(repository, "cp", "-r", name, "two")
        git(repository, "mv", name, f"one/{name}")
    git(repository, "add", "-A")
    hooks(repository, "install", *PARTS)
    assert commit(repository) == ""
    edit(repository, "y = 1", "y = 2", "two/nbs/00_core.ipynb")
    assert "+y = 2" in commit(repository, "-a")


def test_wrong_settings_are_named(repository):
    (repository / "settings.ini").write_text("[DEFAULT]\nlib_path = lib\nrecursive = maybe\n")
    done = run(repository, "git", "commit", "-qam", "more")
    assert "settings.ini: error: recursive = maybe is neither True nor False" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worktree_is_checked(repository, tmp_path):
    tree = tmp_path / "other tree"
    git(repository, "worktree", "add", "-q", "-b", "other", str(tree))
    edit(tree, "y = 1", "y = 2")
    assert "+y = 2" in commit(tree, "-a")
    literate(tree, "export")
    assert commit(tree, "-a") == ""


def test_a_hook_whose_command_is_gone_stops_nothing(repository):
    path = repository / ".git" / "hooks" / "pre-commit"
    command = next(line for line in path.read_text().splitlines() if "command -v" in line)
    path.write_text(path.read_text().replace(command.split()[3], "/gone/literate"))
    edit(repository, "y = 1", "y = 2")
    done = run(repository, "git", "commit", "-qam", "more")
    assert done.returncode == 0
    assert "its command is gone (/gone/literate)" in done.stderr


def test_the_first_commit_of_a_repository_is_checked(tmp_path):
    repository = make_repository(tmp_path / "new")
    git(repository, "update-ref", "-d", "HEAD")
    hooks(repository, "install", *PARTS)
    assert commit(repository) == ""


# --- after a merge -----------------------------------------------------------------------------


def diverge(repository: Path, here: tuple[str, str, str], there: tuple[str, str, str]) -> None:
    """Change a notebook on two branches, compile, and commit on each of them."""
    git(repository, "checkout", "-qb", "there")
    for branch, (old, new, name) in (("there", there), ("main", here)):
        git(repository, "checkout", "-q", branch)
        edit(repository, old, new, name)
        assert literate(repository, "export").returncode == 0
        git(repository, "commit", "-qam", branch)


def without_modules(repository: Path) -> None:
    """Let merges keep our modules, as the driver for modules does where it cannot decide."""
    (repository / ".gitattributes").write_text("lib/*.py merge=keep\n")
    git(repository, "config", "merge.keep.driver", "true")
    git(repository, "add", ".gitattributes")
    git(repository, "commit", "-qm", "attributes")


def test_modules_are_compiled_after_a_merge(repository):
    without_modules(repository)
    diverge(
        repository, ("y = 1", "y = 2", "nbs/00_core.ipynb"), ("z = 1", "z = 3", "nbs/01_more.ipynb")
    )
    edit_both = ("x = 1", "x = 5", "nbs/00_core.ipynb")
    git(repository, "checkout", "-q", "there")
    edit(repository, *edit_both)
    literate(repository, "export")
    git(repository, "commit", "-qam", "both")
    git(repository, "checkout", "-q", "main")
    done = run(repository, "git", "merge", "-q", "there")
    assert done.returncode == 0, done.stdout + done.stderr
    core = (repository / "lib" / "core.py").read_text()
    assert "x = 5" in core and "y = 2" in core
    assert "after the merge, these modules were compiled again; commit them: lib/core.py" in (
        done.stderr
    )
    assert literate(repository, "export", "--check").returncode == 0


def test_modules_are_compiled_after_a_rebase(repository):
    without_modules(repository)
    diverge(
        repository, ("y = 1", "y = 2", "nbs/00_core.ipynb"), ("x = 1", "x = 5", "nbs/00_core.ipynb")
    )
    done = run(repository, "git", "rebase", "-q", "there")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "after the rebase, these modules were compiled again" in done.stderr
    core = (repository / "lib" / "core.py").read_text()
    assert "x = 5" in core and "y = 2" in core


def test_an_amended_commit_is_no_rebase(repository):
    edit(repository, "y = 1", "y = 2")
    done = run(repository, "git", "commit", "-q", "--amend", "-m", "again")
    assert (done.returncode, done.stderr) == (0, "")
    assert "y = 1" in (repository / "lib" / "core.py").read_text()


def merge_with_a_conflict(repository):
    """Begin a merge in which both sides changed a cell, and take the other side's notebook."""
    without_modules(repository)
    diverge(
        repository, ("y = 1", "y = 2", "nbs/00_core.ipynb"), ("y = 1", "y = 3", "nbs/00_core.ipynb")
    )
    assert run(repository, "git", "merge", "there").returncode == 1
    git(repository, "checkout", "--theirs", "nbs/00_core.ipynb")


def test_after_the_last_conflict_the_modules_are_compiled_and_added(repository):
    merge_with_a_conflict(repository)
    edit(repository, "y = 3", "y = 23")
    git(repository, "add", "nbs/00_core.ipynb")
    done = run(repository, "git", "commit", "-qm", "merged")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "compiled at the end of the merge, and added: lib/core.py" in done.stderr
    assert "y = 23" in git(repository, "show", "HEAD:lib/core.py")
    assert git(repository, "status", "--porcelain") == ""


def test_a_notebook_that_is_not_added_yet_is_left_to_the_person(repository):
    merge_with_a_conflict(repository)
    git(repository, "add", "nbs/00_core.ipynb")
    edit(repository, "y = 3", "y = 23")
    assert "+y = 3" in commit(repository)
    assert "y = 2\n" in (repository / "lib" / "core.py").read_text()


def test_a_merge_that_cannot_be_compiled_says_why_and_goes_on(repository):
    git(repository, "checkout", "-qb", "there")
    (repository / "nbs" / "02_broken.ipynb").write_text("{")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "broken", "--no-verify")
    git(repository, "checkout", "-q", "main")
    (repository / "notes.txt").write_text("x")
    git(repository, "add", "notes.txt")
    git(repository, "commit", "-qm", "notes")
    done = run(repository, "git", "merge", "-q", "--no-edit", "there")
    assert done.returncode == 0
    assert "nbs/02_broken.ipynb" in done.stderr
    assert "the modules were not compiled, for the reason above" in done.stderr
    assert "Traceback" not in done.stderr
