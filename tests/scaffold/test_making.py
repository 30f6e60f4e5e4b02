"""The files of a project: complete, and never written over others."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from conftest import notebook, write_files

from literate.diagnostics import UserError
from literate.project import find_project
from literate.scaffold import making
from literate.scaffold.facts import facts_for_new, facts_of_folder
from literate.scaffold.making import KEPT, WRITTEN, fill_folder, make_new_project


def all_files(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith((".literate/", ".git/")):
            found[name] = path.read_bytes()
    return found


def make(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder" / "my-library"
    made = make_new_project(folder, facts_for_new("my-library", tmp_path, "mit"))
    assert sorted(each.path for each in made) == sorted(all_files(folder))
    assert {each.state for each in made} == {WRITTEN}
    return folder


def test_a_new_project_is_complete(tmp_path):
    folder = make(tmp_path)
    assert sorted(all_files(folder)) == [
        ".gitattributes",
        ".github/workflows/test.yml",
        ".gitignore",
        ".gitlab-ci.yml",
        ".pre-commit-config.yaml",
        "LICENSE",
        "README.md",
        "my_library/__init__.py",
        "my_library/_modidx.py",
        "my_library/core.py",
        "nbs/00_core.ipynb",
        "nbs/index.ipynb",
        "pyproject.toml",
    ]
    assert list((tmp_path / "a folder").iterdir()) == [folder]
    project = find_project(folder)
    assert (project.lib_path, project.nbs_path) == (folder / "my_library", folder / "nbs")


def test_nothing_is_left_of_a_project_that_fails(tmp_path, monkeypatch):
    def fail(folder: Path) -> None:
        assert (folder / "pyproject.toml").exists()
        raise OSError("the disk is full")

    monkeypatch.setattr(making, "compile_folder", fail)
    with pytest.raises(OSError, match="the disk is full"):
        make(tmp_path)
    assert list((tmp_path / "a folder").iterdir()) == []


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_a_name_that_is_taken_is_refused(kind, tmp_path):
    folder = tmp_path / "my-library"
    if kind == "folder":
        folder.mkdir()
    elif kind == "file":
        folder.write_text("mine")
    else:
        folder.symlink_to("nowhere")
    with pytest.raises(UserError, match="my-library exists already"):
        make_new_project(folder, facts_for_new("my-library", tmp_path, "mit"))


def fill(folder: Path) -> dict[str, str]:
    facts = facts_of_folder(folder, "", "mit")
    return {each.path: each.state for each in fill_folder(folder, facts)}


def test_a_second_time_nothing_is_written(tmp_path):
    folder = make(tmp_path)
    before = all_files(folder)
    assert set(fill(folder).values()) == {KEPT}
    assert all_files(folder) == before


def test_what_is_there_stays(tmp_path):
    mine = {
        "README.rst": "mine",
        "COPYING": "mine",
        ".gitignore": "mine",
        ".gitlab-ci.yml": "mine",
        ".github/workflows/test.yml": "mine",
        ".pre-commit-config.yaml": "mine",
        "notebooks/a.ipynb": notebook("x = 1"),
        "setup.py": "mine",
        "lib/__init__.py": "mine",
    }
    write_files(tmp_path, mine)
    states = fill(tmp_path)
    now = all_files(tmp_path)
    assert {name: now[name].decode() for name in mine} == mine
    assert set(now) - set(mine) == {"pyproject.toml", ".gitattributes"}
    assert states.pop("pyproject.toml") == states.pop(".gitattributes") == "written"
    assert set(states.values()) == {KEPT}


def test_a_table_is_added_to_a_pyproject(tmp_path):
    old = '[project]\nname = "given"  # mine\nversion = "1.2.3"\n'
    (tmp_path / "pyproject.toml").write_text(old)
    assert fill(tmp_path)["pyproject.toml"] == "added to"
    text = (tmp_path / "pyproject.toml").read_text()
    assert text.startswith(old + "\n[tool.nbdev]\n")
    data = tomllib.loads(text)
    assert data["tool"]["nbdev"]["lib_path"] == "given"
    assert data["tool"]["nbdev"]["put_version_in_init"] is False
    assert "build-system" not in data


@pytest.mark.parametrize("old", ["", "[project]\nname = 'x'", "[tool.a]\n\n"])
def test_a_table_is_added_below_any_end(old, tmp_path):
    (tmp_path / "pyproject.toml").write_text(old)
    fill(tmp_path)
    text = (tmp_path / "pyproject.toml").read_text()
    assert text.startswith(old)
    assert "nbdev" in tomllib.loads(text)["tool"]
    assert "\n\n\n" not in text


def test_a_project_with_another_build_gets_no_second_one(tmp_path):
    (tmp_path / "setup.py").write_text("from setuptools import setup\nsetup()\n")
    fill(tmp_path)
    data = tomllib.loads((tmp_path / "pyproject.toml").read_text())
    assert set(data) == {"tool"}


def test_lines_are_added_to_attributes(tmp_path):
    (tmp_path / ".gitattributes").write_text("*.png binary\n")
    assert fill(tmp_path)[".gitattributes"] == "added to"
    assert (tmp_path / ".gitattributes").read_text().startswith("*.png binary\n# literate: ")
    assert fill(tmp_path)[".gitattributes"] == KEPT


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".github").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(OSError, match="leads out of the project"):
        fill(folder)
    assert not (tmp_path / "workflows").exists()
