"""What a watch notices."""

from __future__ import annotations

import shutil
from contextlib import closing

import pytest
from conftest import edit_notebook, notebook, rewrite

from literate.compile.watch import GONE, SAVED, WATCHED, _concerns_notebooks, events


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


@pytest.mark.parametrize(
    ("change", "path", "concerns"),
    [
        ("modified", "nbs/00_a.ipynb", True),
        ("deleted", "nbs/sub/00_a.ipynb", True),
        ("added", "nbs/sub", True),
        ("deleted", "nbs/gone", True),
        ("deleted", "nbs", True),
        ("modified", "nbs/_draft.ipynb", False),
        ("modified", "nbs/.ipynb_checkpoints/00_a.ipynb", False),
        ("added", "nbs/.literate", False),
        ("added", "nbs/LICENSE", False),
        ("deleted", "nbs/a.png", False),
    ],
)
def test_what_watch_looks_at(tmp_path, change, path, concerns):
    (tmp_path / "nbs" / "sub").mkdir(parents=True)
    (tmp_path / "nbs" / "LICENSE").touch()
    found = _concerns_notebooks(change, str(tmp_path / path), tmp_path / "nbs")
    assert found == concerns
