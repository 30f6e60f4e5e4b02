"""The project that notebooks run in, with settings or without."""

from pathlib import Path

import pytest

from literate.rootfinding import bare_project, project_around, project_to_run, user_cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder without settings, and the folder `deep/er` in it; the user's cache lies beside."""
    root = tmp_path / "my-work"
    (root / "deep" / "er").mkdir(parents=True)
    (root / "deep" / "er" / "a.ipynb").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(root)
    return root


def test_settings_come_first(make_project, tmp_path):
    make_project({"sub/00_a": ["x"]})
    (tmp_path / "nbs" / "sub" / ".git").mkdir()
    project = project_to_run(("nbs/sub/00_a.ipynb",))
    assert (project.root, project.lib_path) == (tmp_path, tmp_path / "lib")
    assert project.state_dir == tmp_path / ".literate"


@pytest.mark.parametrize("mark", [".git", "pyproject.toml", "setup.py"])
def test_the_nearest_folder_with_a_mark_is_the_root(folder, mark):
    (folder / ".git").mkdir()
    assert project_to_run(()).root == folder
    (folder / "deep" / mark).touch()
    assert project_to_run(("deep/er/a.ipynb",)).root == folder / "deep"
    assert project_to_run(("deep/er",)).root == folder / "deep"
    assert project_to_run(()).root == folder


def test_without_a_mark_the_current_folder_is_the_root(folder, monkeypatch):
    assert project_to_run(()).root == folder
    assert project_to_run(("deep/er/a.ipynb",)).root == folder
    assert project_to_run(("nosuch.ipynb",)).root == folder
    monkeypatch.chdir(folder / "deep" / "er")
    assert project_to_run(()).root == folder / "deep" / "er"


def test_a_notebook_that_lies_elsewhere_brings_its_own_folder(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.ipynb").touch()
    assert project_to_run(("../elsewhere/b.ipynb",)).root == elsewhere
    assert project_around(elsewhere, beside=folder).root == elsewhere


def test_the_root_of_the_file_system_is_the_project_of_no_other_folder(folder):
    top = Path(folder.anchor)
    assert project_around(folder / "deep", beside=top).root == folder / "deep"
    project = project_around(top, beside=top)
    assert project.root == top
    assert project.lib_path.parent == top  # else each module of the machine would belong to it


def test_all_folders_of_a_bare_project_may_hold_notebooks(folder):
    project = bare_project(folder)
    assert project.nbs_path == folder
    assert project.lib_path == folder / "my_work"


def test_the_state_lies_in_the_cache_unless_the_project_has_a_folder_for_it(folder, tmp_path):
    state = bare_project(folder).state_dir
    assert state.parent == tmp_path / "cache" / "literate"
    assert state.name.startswith("my-work-")
    assert state != bare_project(folder / "deep").state_dir
    (folder / ".literate").mkdir()
    assert bare_project(folder).state_dir == folder / ".literate"


@pytest.mark.parametrize(
    "platform, expected",
    [("linux", "~/.cache"), ("darwin", "~/Library/Caches"), ("win32", "~/AppData/Local")],
)
def test_each_system_has_a_folder_for_caches(monkeypatch, platform, expected):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("LOCALAPPDATA", str(Path("~/AppData/Local").expanduser()))
    monkeypatch.setattr("sys.platform", platform)
    assert user_cache() == Path(expected).expanduser()


def test_a_relative_cache_folder_does_not_count(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert user_cache().is_absolute()
