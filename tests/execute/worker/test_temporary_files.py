from __future__ import annotations

import os
from pathlib import Path

import pytest

from literate.execute.worker import temporary_files
from literate.execute.worker.temporary_files import TemporaryFolder, TooMuchError


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "notebook-1"
    path.mkdir()
    monkeypatch.setenv("TMPDIR", str(path))
    return path


def test_a_copy_brings_back_what_was_there(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "a").write_text("before")
    os.symlink("sub/a", folder / "link")
    temporary = TemporaryFolder()
    copy = temporary.copy()
    (folder / "sub" / "a").write_text("after")
    (folder / "b").write_text("new")
    temporary.restore(copy)
    assert (folder / "sub" / "a").read_text() == "before"
    assert os.readlink(folder / "link") == "sub/a"
    assert not (folder / "b").exists()
    assert not Path(copy).exists()


def test_an_empty_folder_needs_no_copy(folder):
    temporary = TemporaryFolder()
    assert temporary.copy() == ""
    (folder / "b").write_text("new")
    temporary.restore("")
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_gone_comes_back_empty(folder):
    temporary = TemporaryFolder()
    folder.rmdir()
    assert temporary.copy() == ""
    temporary.restore("")
    assert folder.is_dir()


@pytest.mark.parametrize("limit", ["_MOST_BYTES", "_MOST_FILES"])
def test_too_much_is_not_copied(folder, monkeypatch, limit):
    (folder / "a").write_text("123")
    (folder / "b").write_text("123")
    monkeypatch.setattr(temporary_files, limit, 1)
    with pytest.raises(TooMuchError):
        TemporaryFolder().copy()


def test_the_folder_of_all_notebooks_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("of another notebook")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    temporary = TemporaryFolder()
    assert temporary.copy() == ""
    temporary.restore("")
    assert (tmp_path / "a").exists()
