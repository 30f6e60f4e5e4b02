"""What a compile depends on, as it was before the compile read it."""

from __future__ import annotations

import pytest
from conftest import edit_notebook, rewrite

from literate.compile.snapshot import Snapshot
from literate.stamps import UNKNOWN, is_current, stamp


@pytest.fixture
def project(make_project):
    made = make_project({"00_a": ["#export\nx = 1"]})
    made.lib_path.mkdir()
    (made.lib_path / "own.py").write_text("y = 1\n")
    return made


def test_notebooks_and_modules_are_in_it(project):
    snapshot = Snapshot(project)
    assert list(snapshot.notebooks) == [str(project.nbs_path / "00_a.ipynb")]
    assert list(snapshot.package) == [str(project.lib_path / "own.py")]


def test_a_notebook_that_is_saved_later_keeps_its_old_stamp(project):
    snapshot = Snapshot(project)
    edit_notebook(project, "x = 1", "x = 2")
    path = project.nbs_path / "00_a.ipynb"
    assert snapshot.after_writing([])[str(path)] != stamp(path)


def test_a_file_that_was_written_has_its_new_stamp(project):
    snapshot = Snapshot(project)
    path = project.lib_path / "a.py"
    path.write_text("x = 1\n")
    assert snapshot.after_writing([(path, "x = 1\n")])[str(path)] == stamp(path)


def test_a_file_that_changed_after_it_was_written_fits_no_stamp(project):
    snapshot = Snapshot(project)
    path = project.lib_path / "own.py"
    rewrite(path, "y = 3\n")
    assert snapshot.after_writing([(path, "y = 2\n")])[str(path)] != stamp(path)


def test_a_folder_with_a_file_of_somebody_else_fits_no_stamp(project):
    snapshot = Snapshot(project)
    assert snapshot.after_writing([])[str(project.lib_path)] == stamp(project.lib_path)
    (project.lib_path / "new.py").write_text("")
    assert snapshot.after_writing([])[str(project.lib_path)] == UNKNOWN


def test_a_file_that_is_deleted_after_it_was_written_is_looked_at_again(project):
    """A missing file has an empty stamp, so an empty stamp would say that all is as it was."""
    path = project.lib_path / "a.py"
    found = Snapshot(project).after_writing([(path, "x = 1\n")])[str(path)]
    assert found != stamp(path)
    assert not is_current(path, found)
