"""Git's merge driver, as real git calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import notebook

from literate.diagnostics import UsageError
from literate.notebook import read_notebook
from literate.vcs import driver
from literate.vcs.driver import CONFLICTS, FAILED, MERGED, drive, merge_by_line, read_order
from literate.vcs.lines import DIFF3, Marks

DRIVER = f"'{sys.executable}' -m literate merge --driver %O %A %B %P %L %S %X %Y"
NAME = "a.ipynb"


class Repository:
    """A git repository that merges notebooks with the driver."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "a")
        self.git("config", "user.email", "a@b.c")
        self.git("config", "merge.literate.driver", DRIVER)
        (folder / ".gitattributes").write_text("*.ipynb merge=literate\n")

    def git(self, *words: str, fails: bool = False) -> str:
        done = subprocess.run(["git", *words], cwd=self.folder, capture_output=True, text=True)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def commit(self, *cells: str, name: str = NAME) -> None:
        (self.folder / name).write_text(notebook_of(*cells))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", " ".join(cells) or "empty")

    def branches(self, base: list[str], main: list[str], side: list[str]) -> None:
        """Make a commit with two branches; the current one is main."""
        self.commit(*base)
        self.git("checkout", "-q", "-b", "side")
        self.commit(*side)
        self.git("checkout", "-q", "main")
        self.commit(*main)

    def sources(self, name: str = NAME) -> list[str]:
        return [cell.source for cell in read_notebook(self.folder / name).cells]


def notebook_of(*cells: str) -> str:
    """A notebook from texts such as `1:x = 1`, with an id for each cell."""
    made = []
    for text in cells:
        cell_id, _, source = text.partition(":")
        lines = source.splitlines(keepends=True)
        made.append(
            {
                "cell_type": "code",
                "execution_count": len(source),
                "id": cell_id,
                "metadata": {},
                "outputs": [],
                "source": lines,
            }
        )
    return notebook(*made)


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


BASE = ["1:a", "2:b"]
MAIN = ["1:a", "3:main", "2:b"]
SIDE = ["1:a", "2:b side", "4:side"]
BOTH = ["a", "main", "b side", "side"]


def test_merge(repository):
    repository.branches(BASE, MAIN, SIDE)
    repository.git("merge", "side")
    assert repository.sources() == BOTH
    assert repository.git("status", "--short") == ""


def test_rebase(repository):
    repository.branches(BASE, MAIN, SIDE)
    repository.git("rebase", "side")
    assert repository.sources() == BOTH


def test_cherry_pick_and_revert(repository):
    repository.branches(BASE, MAIN, SIDE)
    repository.git("cherry-pick", "side")
    assert repository.sources() == BOTH
    repository.git("revert", "--no-edit", "HEAD~1")
    assert repository.sources() == ["a", "b side", "side"]


def test_stash_pop(repository):
    repository.commit(*BASE)
    (repository.folder / NAME).write_text(notebook_of(*SIDE))
    repository.git("stash")
    repository.commit(*MAIN)
    repository.git("stash", "pop")
    assert repository.sources() == BOTH


def test_in_another_worktree_and_in_a_folder(repository, tmp_path_factory):
    repository.branches(BASE, MAIN, SIDE)
    other = tmp_path_factory.mktemp("worktree") / "other"
    repository.git("worktree", "add", "-q", str(other), "-b", "third", "main")
    repository.folder = other
    repository.git("merge", "side")
    assert repository.sources() == BOTH


def test_branches_that_were_merged_into_each_other(repository):
    """Git first merges both bases; that merge may leave conflicts in the base itself."""
    repository.branches(["1:a\nb\nc"], ["1:main\nb\nc"], ["1:a\nb\nside"])
    repository.git("branch", "old-main")
    repository.git("merge", "-q", "-m", "m1", "side")
    repository.git("checkout", "-q", "side")
    repository.git("merge", "-q", "-m", "m2", "old-main")
    repository.commit("1:main\nb\nside", "2:new in side")
    repository.git("checkout", "-q", "main")
    repository.commit("1:main\nB\nside")
    repository.git("merge", "side")
    assert repository.sources() == ["main\nB\nside", "new in side"]


def test_a_base_in_conflict(repository):
    repository.branches(["1:a"], ["1:b"], ["1:c"])
    repository.git("branch", "old-main")
    for branch, other, settled in (("main", "side", "1:b"), ("side", "old-main", "1:c")):
        repository.git("checkout", "-q", branch)
        repository.git("merge", other, fails=True)
        repository.commit(settled)
    repository.git("merge", "main", fails=True)
    assert repository.sources() == ["<<<<<<< HEAD\nc\n=======\nb\n>>>>>>> main"]


def test_both_branches_add_the_notebook(repository):
    repository.commit("1:x", name="other.ipynb")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("1:a", "3:side")
    repository.git("checkout", "-q", "main")
    repository.commit("1:a", "2:main")
    repository.git("merge", "side")
    assert repository.sources() == ["a", "main", "side"]


def test_a_notebook_that_was_renamed(repository):
    repository.branches([*BASE, "5:" + "x\n" * 30], [*MAIN, "5:" + "x\n" * 30], [])
    repository.git("checkout", "-q", "-B", "side", "main~1")
    repository.git("mv", NAME, "b.ipynb")
    repository.commit(*SIDE, "5:" + "x\n" * 30, name="b.ipynb")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "side")
    assert repository.sources("b.ipynb")[:3] == BOTH[:3]
    assert not (repository.folder / NAME).exists()


def test_a_notebook_that_one_branch_deleted(repository):
    repository.branches(BASE, MAIN, SIDE)
    repository.git("rm", "-q", NAME)
    repository.git("commit", "-q", "-m", "deleted")
    assert "CONFLICT (modify/delete)" in repository.git("merge", "side", fails=True)
    assert repository.sources() == ["a", "b side", "side"]


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_a_conflict_is_a_valid_notebook_in_the_style_of_git(repository, style):
    repository.branches(["1:a\nb\nc"], ["1:a\nmain\nc"], ["1:a\nside\nc"])
    repository.git("config", "merge.conflictStyle", style)
    printed = repository.git("merge", "side", fails=True)
    assert "CONFLICT (content)" in printed
    assert "a.ipynb:cell 1 (1): both sides changed source" in printed
    assert repository.git("status", "--short").startswith("UU")
    base = "" if style == "merge" else "||||||| base\nb\n"
    (source,) = repository.sources()
    assert source == f"a\n<<<<<<< HEAD\nmain\n{base}=======\nside\n>>>>>>> side\nc"
    repository.commit("1:settled")
    assert repository.git("status", "--short") == ""


def test_an_output_of_both_sides_is_no_conflict(repository):
    repository.branches(["1:a", "2:bb"], ["1:a", "2:bb", "3:ccc"], ["1:a", "2:b"])
    path = repository.folder / NAME
    for branch, count in (("main", 5), ("side", 6)):
        repository.git("checkout", "-q", branch)
        path.write_text(
            path.read_text().replace('"execution_count": 1', f'"execution_count": {count}')
        )
        repository.git("commit", "-q", "-a", "-m", "run")
    repository.git("merge", "main")
    assert repository.sources() == ["a", "b", "ccc"]


def test_what_is_not_a_notebook_is_merged_as_git_does_it(repository):
    path = repository.folder / NAME
    lines = [f"{number}\n" for number in range(9)]

    def commit(number: int | None) -> None:
        path.write_text("".join("new\n" if n == number else line for n, line in enumerate(lines)))
        repository.git("add", "-A")
        repository.git("commit", "-q", "-m", str(number))

    commit(None)
    repository.git("checkout", "-q", "-b", "side")
    commit(0)
    repository.git("checkout", "-q", "main")
    commit(8)
    printed = repository.git("merge", "side")
    assert "merged by line, as git does it, because base is not a notebook" in printed
    assert path.read_text() == "new\n" + "".join(lines[1:8]) + "new\n"


# --- one call ----------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The three files that git gives, and the words that describe them."""
    monkeypatch.chdir(tmp_path)

    def write(base: str | bytes, ours: str | bytes, theirs: str | bytes) -> list[str]:
        for name, text in {"O": base, "A": ours, "B": theirs}.items():
            Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return ["O", "A", "B", "nbs/a.ipynb"]

    return write


def test_what_git_says_about_the_marks(monkeypatch):
    full = read_order([*"OAB", "p", "9", "base1", "HEAD", "topic (é\n)"])
    assert full.marks == Marks("merge", 9, "HEAD", "base1", "topic (é\\n)")
    old = read_order([*"OAB", "p", "%L", "%S", "%X", "%Y"])
    assert old.marks == Marks()
    assert read_order([*"OAB", "p"]).marks == Marks()
    assert read_order([*"OAB", "p", "0", "", "", ""]).marks == Marks()
    monkeypatch.setenv("GITHEAD_123", "topic")
    assert read_order([*"OAB", "p"]).marks == Marks(ours="HEAD", theirs="topic")
    monkeypatch.setenv("GITHEAD_456", "octopus")
    assert read_order([*"OAB", "p"]).marks == Marks()


def test_flags_of_the_driver():
    assert read_order(["--modules", *"OABp"]).modules
    assert read_order(["--as", "cells", *"OABp"]).both_as_cells
    assert read_order(["--conflicts=cells", *"OABp"]).both_as_cells
    assert not read_order(["--as", "marks", *"OABp"]).both_as_cells
    with pytest.raises(UsageError, match="%O %A %B %P"):
        read_order(["O", "A"])


def test_conflicts_as_cells(files):
    words = files(notebook_of("1:a"), notebook_of("1:b"), notebook_of("1:c"))
    assert drive(read_order(["--as", "cells", *words])) == CONFLICTS
    assert [cell.source for cell in read_notebook(Path("A")).cells] == [
        *("`<<<<<<< ours`", "b", "`=======`", "c", "`>>>>>>> theirs`")
    ]


def test_an_internal_error_costs_nobodys_work(files, monkeypatch, capsys):
    words = files("1\n2\n3\n4\n", "0\n2\n3\n4\n", "1\n2\n3\n5\n")

    def fail(_: object) -> int:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(driver, "_merge", fail)
    assert drive(read_order(words)) == MERGED
    assert Path("A").read_text() == "0\n2\n3\n5\n"
    said = capsys.readouterr().err
    assert "nbs/a.ipynb: merged by line, as git does it, because" in said
    assert "ZeroDivisionError('oh')" in said
    words = files("1\n", "2\n", "3\n")
    assert drive(read_order([*words, "9", "b", "o", "t"])) == CONFLICTS
    assert Path("A").read_text() == "<<<<<<<<< o\n2\n=========\n3\n>>>>>>>>> t\n"


def test_a_result_that_is_not_a_notebook_is_not_written(files, monkeypatch):
    words = files(notebook_of("1:a"), notebook_of("1:b"), notebook_of("1:a", "2:c"))
    monkeypatch.setattr("literate.vcs.merged_notebook.with_cells", lambda *_: "{")
    drive(read_order(words))
    text = Path("A").read_text()
    assert '"b"' in text
    assert '"c"' in text


@pytest.mark.parametrize("broken", range(3))
def test_the_side_that_is_not_a_notebook_is_named(files, broken, capsys):
    texts = [notebook_of("1:a"), notebook_of("1:b"), notebook_of("1:a", "2:c")]
    texts[broken] = texts[broken].replace('"nbformat": 4', '"nbformat": 3')
    drive(read_order(files(*texts)))
    assert (
        f"because {('base', 'ours', 'theirs')[broken]} is not a notebook" in capsys.readouterr().err
    )
    assert '"b"' in Path("A").read_text()
    assert '"c"' in Path("A").read_text()


def test_binary_files_are_not_merged_and_that_is_said(files, capsys):
    words = files(b"\0\1", b"\0\2", b"\0\3")
    assert drive(read_order(words)) == FAILED
    assert Path("A").read_bytes() == b"\0\2"
    assert "nbs/a.ipynb: not merged, this is ours alone" in capsys.readouterr().err


def test_a_file_that_is_missing(files, capsys):
    words = files(notebook_of(), notebook_of("1:a"), notebook_of("1:b"))
    os.unlink("B")
    assert drive(read_order(words)) == FAILED
    assert "theirs cannot be read" in capsys.readouterr().err
    assert Path("A").read_text() == notebook_of("1:a")


def test_without_git_the_last_resort_says_so(files, monkeypatch, capsys):
    words = files("1\n", "2\n", "3\n")
    monkeypatch.setenv("PATH", "")
    assert merge_by_line(read_order(words)) == FAILED
    assert "this is ours alone" in capsys.readouterr().err


def test_a_merge_by_line_knows_the_style(files, monkeypatch):
    monkeypatch.setattr(driver, "configured_style", lambda _: DIFF3)
    assert merge_by_line(read_order(files("1\n", "2\n", "3\n"))) == CONFLICTS
    assert "||||||| base\n1\n" in Path("A").read_text()


def test_the_result_keeps_the_mode_of_the_file(files):
    words = files(notebook_of("1:a"), notebook_of("1:b"), notebook_of("1:a", "2:c"))
    os.chmod("A", 0o755)
    assert drive(read_order(words)) == MERGED
    assert os.stat("A").st_mode & 0o777 == 0o755
    assert len(json.loads(Path("A").read_text())["cells"]) == 2
