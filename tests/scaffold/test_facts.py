"""What can be found out about a project."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import notebook, write_files
from git_project import git

from literate.diagnostics import UsageError, UserError
from literate.scaffold.facts import check_name, facts_for_new, facts_of_folder, remote_address

NAMES = {
    "my-library": "my_library",
    "My.Library": "my_library",
    "a__b": "a__b",
    "x2": "x2",
}


@pytest.mark.parametrize(("name", "package"), NAMES.items())
def test_a_name_gives_the_package_its_name(name, package):
    assert check_name(name) == package


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "cannot be the name"),
        ("a b", "cannot be the name"),
        ("-a", "cannot be the name"),
        ("a-", "cannot be the name"),
        ("ä", "cannot be the name"),
        ("2x", "begin it with a letter"),
        ("class", "begin it with a letter"),
        ("json", "Python has a module json already"),
    ],
)
def test_a_name_that_cannot_be_imported_is_refused(name, message):
    with pytest.raises(UsageError, match=message):
        check_name(name)


def test_a_new_project_knows_its_author_from_git(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    git(tmp_path, "config", "--global", "user.name", "Ann")
    git(tmp_path, "config", "--global", "user.email", "ann@example.org")
    git(tmp_path, "config", "--global", "init.defaultBranch", "trunk")
    facts = facts_for_new("my-library", tmp_path, "mit")
    assert (facts.author, facts.email, facts.branch) == ("Ann", "ann@example.org", "trunk")
    assert (facts.package, facts.licence) == ("my_library", "mit")


def test_without_a_name_in_git_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    facts = facts_for_new("x-y", tmp_path, "mit")
    assert (facts.author, facts.email, facts.branch) == ("", "", "main")


def test_an_unknown_licence_is_refused(tmp_path):
    with pytest.raises(UsageError, match="--licence gpl: there is apache-2.0, mit, none"):
        facts_for_new("x-y", tmp_path, "gpl")


REMOTES = {
    "git@github.com:me/it.git": "https://github.com/me/it",
    "ssh://git@example.org:22/group/sub/it.git": "https://example.org/group/sub/it",
    "https://github.com/me/it": "https://github.com/me/it",
    "https://me:secret@gitlab.com/me/it.git/": "https://gitlab.com/me/it",
    "/srv/it.git": "",
}


@pytest.mark.parametrize(("url", "address"), REMOTES.items())
def test_the_address_of_the_remote_repository(url, address, tmp_path):
    assert remote_address(tmp_path) == ""
    git(tmp_path, "init", "-q")
    assert remote_address(tmp_path) == ""
    git(tmp_path, "remote", "add", "origin", url)
    assert remote_address(tmp_path) == address


def folder_with(tmp_path: Path, *names: str, **texts: str) -> Path:
    folder = tmp_path / "my-folder"
    folder.mkdir()
    write_files(
        folder, dict.fromkeys(names, "") | {n.replace("__", "."): t for n, t in texts.items()}
    )
    return folder


def test_an_empty_folder_gives_its_name(tmp_path):
    facts = facts_of_folder(folder_with(tmp_path), "", "mit")
    assert (facts.name, facts.package, facts.nbs_path) == ("my-folder", "my_folder", "nbs")
    assert not facts.has_notebooks and not facts.settings and not facts.can_be_built


def test_the_name_comes_from_the_next_best_place(tmp_path):
    folder = folder_with(tmp_path)
    git(folder, "init", "-q", "-b", "trunk")
    git(folder, "remote", "add", "origin", "git@example.org:me/from-remote.git")
    facts = facts_of_folder(folder, "", "mit")
    assert (facts.name, facts.branch) == ("from-remote", "trunk")
    assert facts.repository == "https://example.org/me/from-remote"
    text = '[project]\nname = "from-project"\ndescription = "It is."\nversion = "1"\n'
    (folder / "pyproject.toml").write_text(text)
    facts = facts_of_folder(folder, "", "mit")
    assert (facts.name, facts.description) == ("from-project", "It is.")
    assert facts.has_pyproject and facts.can_be_built
    assert facts_of_folder(folder, "given", "mit").name == "given"


@pytest.mark.parametrize(
    ("names", "lib_path"),
    [
        (["my_folder/__init__.py", "other/__init__.py"], "my_folder"),
        (["src/my_folder/__init__.py"], "src/my_folder"),
        (["other/__init__.py", "tests/__init__.py"], "other"),
        (["src/other/__init__.py"], "src/other"),
        (["one/__init__.py", "two/__init__.py"], "my_folder"),
        (["other/a.py"], "my_folder"),
    ],
)
def test_a_package_that_is_there_is_the_library(names, lib_path, tmp_path):
    assert facts_of_folder(folder_with(tmp_path, *names), "", "mit").lib_path == lib_path


@pytest.mark.parametrize(
    ("names", "nbs_path"),
    [
        (["nbs/a.ipynb", "other/b.ipynb"], "nbs"),
        (["notebooks/a.ipynb"], "notebooks"),
        (["work/deep/a.ipynb"], "work"),
        (["a.ipynb", "deep/b.ipynb"], "."),
        (["one/a.ipynb", "two/b.ipynb"], "nbs"),
        ([".venv/a.ipynb"], "nbs"),
    ],
)
def test_notebooks_that_are_there_are_found(names, nbs_path, tmp_path):
    facts = facts_of_folder(folder_with(tmp_path, *names), "", "mit")
    assert facts.nbs_path == nbs_path
    assert facts.has_notebooks == (nbs_path != "nbs" or "nbs/a.ipynb" in names)


@pytest.mark.parametrize("taken", [0, 1, 2, 3])
def test_the_first_module_gets_a_free_name(taken, tmp_path):
    names = ("core", "first", "first_notebook")
    package = ["my_folder/__init__.py", *(f"my_folder/{name}.py" for name in names[:taken])]
    facts = facts_of_folder(folder_with(tmp_path, *package), "", "mit")
    assert facts.module == names[min(taken, 2)]


def test_settings_that_are_there_are_found(tmp_path):
    folder = folder_with(tmp_path, settings__ini="[DEFAULT]\nlib_path = x\n")
    assert facts_of_folder(folder, "", "mit").settings == "settings.ini"
    (folder / "pyproject.toml").write_text('[tool.nbdev]\nlib_path = "x"\n')
    assert facts_of_folder(folder, "", "mit").settings == "pyproject.toml"


def test_a_broken_pyproject_is_named(tmp_path):
    folder = folder_with(tmp_path, pyproject__toml="[project")
    with pytest.raises(UserError, match="pyproject.toml: error: not TOML"):
        facts_of_folder(folder, "", "mit")


def test_a_notebook_counts_with_its_content(tmp_path):
    folder = folder_with(tmp_path)
    write_files(folder, {"nbs/a.ipynb": notebook("x = 1")})
    assert facts_of_folder(folder, "", "mit").has_notebooks
