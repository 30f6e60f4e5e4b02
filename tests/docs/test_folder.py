"""A folder that a program fills."""

from __future__ import annotations

import pytest

from literate.docs.folder import Folder


def test_only_what_changes_is_written(tmp_path):
    (tmp_path / "same.txt").write_text("a")
    before = (tmp_path / "same.txt").stat().st_ino
    folder = Folder(tmp_path)
    folder.write("same.txt", b"a")
    folder.write("deep/new.txt", b"b")
    assert folder.changed == {"deep/new.txt"}
    assert (tmp_path / "same.txt").stat().st_ino == before
    assert (tmp_path / "deep/new.txt").read_bytes() == b"b"


def test_other_files_are_deleted(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.txt").write_text("a")
    folder = Folder(tmp_path)
    folder.write("kept.txt", b"k")
    folder.delete_others("")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.txt"]
    assert folder.changed == {"kept.txt", "old/a.txt"}


def test_a_link_is_replaced_and_never_followed(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("precious")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").symlink_to(outside)
    Folder(tmp_path / "in").write("a.txt", b"new")
    assert outside.read_text() == "precious"
    assert (tmp_path / "in" / "a.txt").read_text() == "new"


def test_a_folder_that_leads_out_is_refused(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "sub").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError):
        Folder(tmp_path / "in").write("sub/a.txt", b"new")
    assert list((tmp_path / "outside").iterdir()) == []
