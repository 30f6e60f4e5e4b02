"""The commands in git's configuration."""

from __future__ import annotations

import os
import subprocess

import pytest
from git_project import git, hooks, make_repository, run

from literate.project import Project
from literate.vcs.drivers import (
    DRIVERS,
    attribute_lines,
    attributes_of,
    command_in,
    drivers,
    read_settings,
    remove_settings,
    write_settings,
)


def test_each_setting_names_its_command():
    for command in ("literate", "'/a b/literate'"):
        made = drivers(command)
        assert tuple(made) == DRIVERS
        for driver in made.values():
            called = {command_in(value) for value in driver.settings.values()} - {""}
            assert called == {command}
    assert command_in("nbdime mergetool") == ""


@pytest.mark.parametrize("part", ["filter", "diff"])
def test_without_the_command_a_notebook_is_passed_on(part, tmp_path):
    (setting,) = [s for s in drivers("/gone")[part].settings.values() if "/gone" in s]
    (tmp_path / "a.ipynb").write_text("{}\n")
    words = ["sh", "-c", setting.replace("%f", "a.ipynb")]
    if part == "diff":
        words = ["sh", "-c", f'{setting} "$@"', "sh", "a.ipynb"]  # as git does it
    done = subprocess.run(words, cwd=tmp_path, input="{}\n", capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{}\n", "")


@pytest.mark.parametrize(("theirs", "code"), [("a\nb\nC\n", 0), ("X\nb\nc\n", 1)])
@pytest.mark.parametrize("part", ["merge", "modules"])
def test_without_the_command_git_merges_as_ever(part, theirs, code, tmp_path):
    repository = make_repository(tmp_path / "r")
    hooks(repository, "install", "--parts", part)
    section = drivers("")[part].section
    for key, value in read_settings(repository, drivers("")[part], "--local").items():
        gone = value.replace(command_in(value), "/gone/literate") if command_in(value) else value
        git(repository, "config", f"{section}.{key}", gone)
    name = "nbs/a.ipynb" if part == "merge" else "lib/a.py"
    for branch, text in (("main", "a\nb\nc\n"), ("there", theirs), ("main", "A\nb\nc\n")):
        if branch == "there":
            git(repository, "checkout", "-qb", "there")
        else:
            git(repository, "checkout", "-q", "main")
        (repository / name).write_text(text)
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", branch)
    assert run(repository, "git", "merge", "--no-edit", "there").returncode == code
    merged = (repository / name).read_text()
    assert merged == "A\nb\nC\n" if code == 0 else "<<<<<<<" in merged


def test_settings_are_written_read_and_removed(tmp_path):
    git(tmp_path, "init", "-q")
    before = (tmp_path / ".git" / "config").read_bytes()
    for driver in drivers("'/it is/literate'").values():
        assert read_settings(tmp_path, driver, "--local") == {}
        write_settings(tmp_path, driver, "--local")
        assert read_settings(tmp_path, driver, "--local") == driver.settings
        assert remove_settings(tmp_path, driver, "--local")
        assert not remove_settings(tmp_path, driver, "--local")
    assert (tmp_path / ".git" / "config").read_bytes() == before


@pytest.mark.parametrize("name", ["lib", "my lib", 'say "x"', "a\\b", "a[b]*", "src/lib"])
def test_lines_for_modules_fit_the_folder(name, tmp_path):
    root = tmp_path / "r"
    root.mkdir()
    git(root, "init", "-q")
    project = Project(root=root, nbs_path=root / "nbs", lib_path=root / name)
    (line,) = attribute_lines(["modules"], root, project, {})
    (root / ".gitattributes").write_text(line + "\n")
    assert attributes_of(root, f"{name}/core.py") == {"merge": "literate-modules"}
    assert attributes_of(root, f"{name}/sub/core.py") == {"merge": "literate-modules"}
    assert attributes_of(root, "core.py") == {}


def test_attributes_that_are_taken_are_left_out():
    parts = ["filter", "merge", "diff"]
    assert attribute_lines(parts, None, None, {"merge": "nbdime"}) == [
        "*.ipynb filter=literate diff=literate"
    ]
    taken = dict.fromkeys(("filter", "merge", "diff"), "other")
    assert attribute_lines(parts, None, None, taken) == []


def test_outside_of_a_repository_no_attribute_is_known(tmp_path):
    assert attributes_of(tmp_path, f"{os.sep}a.ipynb") == {}
