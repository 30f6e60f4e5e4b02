"""Discovery: which notebooks a project has, in which order, and which ones a command line names."""

from __future__ import annotations

import os
import re

import pytest

from literate.diagnostics import UsageError
from literate.discovery import (
    choose_notebooks,
    is_project_notebook,
    is_up_to,
    module_of,
    notebook_folders,
    notebooks_in,
    number_of,
    project_notebooks,
    without_excluded,
)

NAMES = ["01_b", "00_a", "02_c", "02a_d", "sub/03_e", "index"]


@pytest.fixture
def project(make_project):
    return make_project({name: ["x"] for name in NAMES})


@pytest.fixture
def chosen(project):
    """The names of the notebooks that a command line means: `chosen("01*", up_to="02")`."""

    def choose(*words: str, up_to: str = "") -> list[str]:
        return [path.stem for path in choose_notebooks(project, words, up_to)]

    return choose


# --- the notebooks of a project ----------------------------------------------------------------


@pytest.mark.parametrize("recursive", [True, False])
def test_a_path_tells_whether_it_is_a_notebook_of_the_project(make_project, recursive):
    names = [*NAMES, "_a", ".b", "sub/_c", "_d/e", ".f/g"]
    project = make_project({name: ["x"] for name in names}, f"recursive = {recursive}")
    found = set(project_notebooks(project))
    for path in project.nbs_path.rglob("*"):
        assert is_project_notebook(project, path) == (path in found), path


def test_the_notebooks_of_a_project_are_sorted_by_file_name(project):
    paths = project_notebooks(project)
    assert [path.stem for path in paths] == ["00_a", "01_b", "02_c", "02a_d", "03_e", "index"]
    assert [path.stem for path in project_notebooks(project, "01")] == ["00_a", "01_b"]


def test_hidden_files_and_folders_are_left_out(tmp_path):
    for name in [
        "a.ipynb",
        "_b.ipynb",
        ".c.ipynb",
        "d.py",
        "_e/f.ipynb",
        ".g/h.ipynb",
        "i/j.ipynb",
    ]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert notebooks_in(tmp_path) == [tmp_path / "a.ipynb", tmp_path / "i" / "j.ipynb"]
    assert notebooks_in(tmp_path, recursive=False) == [tmp_path / "a.ipynb"]


def test_a_new_notebook_may_appear_in_these_folders(make_project):
    names = ["00_a", "sub/deep/03_e", "_hidden/04_f"]
    project = make_project({name: ["x"] for name in names})
    folders = {os.path.relpath(folder, project.nbs_path) for folder in notebook_folders(project)}
    assert folders == {".", "sub", os.path.join("sub", "deep")}


def test_a_missing_folder_is_watched_too(make_project):
    project = make_project({})
    assert project_notebooks(project) == []
    assert notebook_folders(project) == [str(project.nbs_path)]


def test_the_notebooks_of_a_virtual_environment_belong_to_others(tmp_path):
    for name in ("a.ipynb", "env/lib/b.ipynb", "sub/c.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "env" / "pyvenv.cfg").touch()
    assert [path.name for path in notebooks_in(tmp_path)] == ["a.ipynb", "c.ipynb"]


# --- what a command line names -----------------------------------------------------------------


def test_without_names_all_notebooks_are_meant(chosen):
    assert chosen() == ["00_a", "01_b", "02_c", "02a_d", "03_e", "index"]
    assert chosen(up_to="02") == ["00_a", "01_b", "02_c"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["01_b.ipynb"], ["01_b"]),
        (["nbs/01_b.ipynb"], ["01_b"]),
        (["01*"], ["01_b"]),
        (["nbs/0[01]*"], ["00_a", "01_b"]),
        (["**/03*.ipynb"], ["03_e"]),
        (["sub", "nbs/00_a.ipynb", "00_a.ipynb"], ["03_e", "00_a"]),
        (["0*", "nbs"], ["00_a", "01_b", "02_c", "02a_d", "03_e", "index"]),
    ],
    ids=" ".join,
)
def test_a_name_is_a_file_a_folder_or_a_pattern(chosen, words, expected):
    assert chosen(*words) == expected


def test_names_count_from_the_current_folder_first(chosen, project, monkeypatch):
    monkeypatch.chdir(project.nbs_path)
    assert chosen("00_a.ipynb") == ["00_a"]
    assert chosen("sub/03_e.ipynb") == ["03_e"]


def test_chosen_paths_are_absolute(project):
    (path,) = choose_notebooks(project, ("nbs/sub/../01_b.ipynb",))
    assert path == project.nbs_path / "01_b.ipynb"


@pytest.mark.parametrize("name", ["nosuch.ipynb", "settings.ini", "*.txt", "nosuch"])
def test_a_name_that_matches_nothing_is_refused(chosen, project, name):
    message = f"{name}: no such notebook, here or in {project.nbs_path}"
    with pytest.raises(UsageError, match=re.escape(message)):
        chosen(name)


def test_a_name_beyond_the_limit_matches_nothing(chosen):
    assert chosen("0*", up_to="00") == ["00_a"]
    with pytest.raises(UsageError, match="02_c.ipynb: no such notebook"):
        chosen("02_c.ipynb", up_to="01")


def test_a_project_without_notebooks_gets_a_line(make_project):
    project = make_project({"01_a": ["x"]})
    with pytest.raises(UsageError, match="no notebooks up to 00 in .*nbs$"):
        choose_notebooks(project, (), "00")
    project = make_project({}, "nbs_path = other")
    with pytest.raises(UsageError, match="no notebooks in .*other$"):
        choose_notebooks(project, ())


# --- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "last", "expected"),
    [
        ("02_x.ipynb", "02", True),
        ("02_x.ipynb", "2", True),
        ("02a_x.ipynb", "02", False),
        ("02a_x.ipynb", "02b", True),
        ("02A_x.ipynb", "02a", True),
        ("02B_x.ipynb", "02a", False),
        ("10_x.ipynb", "9", False),
        ("9_x.ipynb", "10", True),
        ("index.ipynb", "99", False),
        ("02_x.ipynb", "02_fully_connected.ipynb", True),
    ],
)
def test_up_to_compares_numbers(tmp_path, name, last, expected):
    assert is_up_to(tmp_path / name, last) is expected


@pytest.mark.parametrize("last", ["two", "_2", "-1"])
def test_up_to_takes_a_number(tmp_path, last):
    with pytest.raises(UsageError, match=f"--up-to takes a notebook's number.*not '{last}'"):
        is_up_to(tmp_path / "01_x.ipynb", last)


@pytest.mark.parametrize(
    ("name", "number", "module"),
    [
        ("02a_init.ipynb", (2, "a"), "init"),
        ("11_train-loop.ipynb", (11, ""), "train_loop"),
        ("03-a.b.ipynb", (3, ""), "a_b"),
        ("03 x.ipynb", (3, ""), "x"),
        ("01.ipynb", (1, ""), None),
        ("01_2d.ipynb", (1, ""), None),
        ("index.ipynb", None, None),
        ("x01_a.ipynb", None, None),
    ],
)
def test_the_number_and_the_module_of_a_file_name(tmp_path, name, number, module):
    assert number_of(name) == number
    assert module_of(tmp_path / name) == module


# --- what a command line excludes --------------------------------------------------------------


@pytest.mark.parametrize(
    "words, left",
    [
        ("01_b.ipynb", "00_a 02_c 02a_d 03_e index"),
        ("01_b", "00_a 02_c 02a_d 03_e index"),
        ("0*", "index"),
        ("sub", "00_a 01_b 02_c 02a_d index"),
        ("sub/", "00_a 01_b 02_c 02a_d index"),
        ("nbs/sub", "00_a 01_b 02_c 02a_d index"),
        ("./nbs/sub/03_e.ipynb", "00_a 01_b 02_c 02a_d index"),
        ("sub/*", "00_a 01_b 02_c 02a_d index"),
        ("**/03_e.ipynb nbs/**/index.ipynb", "00_a 01_b 02_c 02a_d"),
        ("0?_*, index", "02a_d"),
        ("'no such' 1_b other/sub", "00_a 01_b 02_c 02a_d 03_e index"),
    ],
)
def test_excluded_notebooks(project, words, left):
    paths = project_notebooks(project)
    assert " ".join(path.stem for path in without_excluded(project, paths, words)) == left


def test_excluded_notebooks_from_another_folder(project, monkeypatch):
    monkeypatch.chdir(project.nbs_path / "sub")
    paths = project_notebooks(project)
    left = without_excluded(project, paths, "../index.ipynb")
    assert "index" not in [path.stem for path in left]
    assert len(left) == 5


@pytest.mark.parametrize("words", ["*", "nbs", "'open"])
def test_excluding_everything_is_an_error(project, words):
    with pytest.raises(UsageError, match="--exclude"):
        without_excluded(project, project_notebooks(project), words)
