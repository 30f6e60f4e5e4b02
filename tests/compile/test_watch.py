"""What a watch notices."""

from __future__ import annotations

import shutil
from contextlib import closing

import pytest
from conftest import edit_notebook, notebook, rewrite

from literate.compile.watch import GONE, SAVED, WATCHED, events


@pytest.fixture
def project(make_project):
    return make_project({"00_a": ["#export\nx = 1"]})


def test_a_save_and_a_folder_that_goes_and_comes_back(project):
    with closing(events(project)) as found:
        assert next(found) == WATCHED
        edit_notebook(project, "x = 1", "x = 2")
        assert next(found) == SAVED
        shutil.rmtree(project.nbs_path)
        event = next(found)
        while event == SAVED:  # the notebook went before its folder
            event = next(found)
        assert event == GONE
        project.nbs_path.mkdir()
        (project.nbs_path / "00_a.ipynb").write_text(notebook("1"))
        assert next(found) == WATCHED


def test_it_ends_when_the_settings_are_saved(project):
    settings = project.root / "settings.ini"
    with closing(events(project)) as found:
        assert next(found) == WATCHED
        rewrite(settings, settings.read_text() + "\nversion = 7.0\n")
        assert list(found) == []
