"""Versions: where they stand, and how they go up."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import write_files

from literate.diagnostics import UsageError, UserError
from literate.project import find_project
from literate.scaffold.version import find_places, raised, write_version

STEPS = [
    ("1.2.3", "patch", "1.2.4"),
    ("1.2.3", "minor", "1.3.0"),
    ("1.2.3", "major", "2.0.0"),
    ("1.2", "patch", "1.2.1"),
    ("1", "minor", "1.1.0"),
    ("1.2.3.4", "patch", "1.2.4"),
    ("0.0.9", "patch", "0.0.10"),
    ("1.2.0rc1", "patch", "1.2.0"),
    ("1.2.0rc1", "minor", "1.2.0"),
    ("1.2.0rc1", "major", "2.0.0"),
    ("2.0.0a1", "major", "2.0.0"),
    ("1.2.3.dev4", "patch", "1.2.3"),
    ("1.2.3.post1", "patch", "1.2.4"),
    ("1.2.3", "1.5.0rc2", "1.5.0rc2"),
    ("1.2.3", "2026.11", "2026.11"),
    ("1.2.3", "1!2.0.post1.dev3+local.1", "1!2.0.post1.dev3+local.1"),
    ("whatever", "1.0.0", "1.0.0"),
]


@pytest.mark.parametrize(("old", "part", "new"), STEPS)
def test_a_version_goes_up(old, part, new):
    assert raised(old, part) == new


@pytest.mark.parametrize("part", ["", "next", "1.x", "v1.2", "1.2-rc1", "1.2.0 "])
def test_what_is_no_version_is_refused(part):
    with pytest.raises(UsageError, match="nor a version such as"):
        raised("1.2.3", part)


def test_a_version_that_cannot_go_up_is_named(tmp_path):
    with pytest.raises(UserError, match="'abc' is not a version"):
        raised("abc", "patch")


SETTINGS = "[DEFAULT]\n# version = 9\nlib_path = lib\nversion = 1.2.3  \nother = 1.2.3\n"
NBDEV = '\n[tool.nbdev]\nlib_path = "lib"\n'
STATIC = (
    '[tool.x]\nversion = "9"\n\n[project] # it\nname = "lib"\n  version = \'1.2.3\' # here\n'
    f'[project.urls]\nversion = "9"\n{NBDEV}'
)
DYNAMIC = f'[project]\nname = "lib"\ndynamic = ["version"]\n{NBDEV}'
INIT = '"""Ä docstring."""\n\nx = "1.2.3"; __version__: str = "1.2.3"  # here\ny = "1.2.3"\n'

PLACES = {
    "settings": {"settings.ini": SETTINGS},
    "settings and package": {"settings.ini": SETTINGS, "lib/__init__.py": INIT},
    "pyproject": {"pyproject.toml": STATIC},
    "pyproject and package": {"pyproject.toml": STATIC, "lib/__init__.py": INIT},
    "package": {"pyproject.toml": DYNAMIC, "lib/__init__.py": INIT},
    "package with other quotes": {
        "pyproject.toml": DYNAMIC,
        "lib/__init__.py": "__version__ = '''1.2.3'''\r\n",
    },
}


@pytest.mark.parametrize("files", PLACES.values(), ids=PLACES)
def test_only_the_version_changes(files, tmp_path):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    project = find_project(tmp_path)
    places = find_places(project)
    assert {place.version for place in places} == {"1.2.3"}
    write_version(project, places, "1.10.0rc1")
    for name, old in files.items():
        new = (tmp_path / name).read_bytes().decode()
        changed = [
            (before, after)
            for before, after in zip(old.split("\n"), new.split("\n"), strict=True)
            if before != after
        ]
        if len(files) == 2 and name == "pyproject.toml" and files[name] is DYNAMIC:
            assert changed == []
            continue
        ((before, after),) = changed
        head, _, tail = before.rpartition("1.2.3")
        assert after == f"{head}1.10.0rc1{tail}"
    assert {place.version for place in find_places(find_project(tmp_path))} == {"1.10.0rc1"}


def test_two_versions_are_named(tmp_path):
    write_files(tmp_path, {"settings.ini": SETTINGS, "lib/__init__.py": '__version__ = "1.2.4"\n'})
    with pytest.raises(UserError) as error:
        find_places(find_project(tmp_path))
    assert "settings.ini says version 1.2.3" in str(error.value)
    assert "__init__.py says 1.2.4 (make them equal)" in str(error.value)


NOWHERE = {
    "nothing": {"pyproject.toml": DYNAMIC},
    "computed": {"pyproject.toml": DYNAMIC, "lib/__init__.py": "__version__ = version('lib')\n"},
    "joined": {"pyproject.toml": DYNAMIC, "lib/__init__.py": "__version__ = '1.' '2'\n"},
    "not Python": {"pyproject.toml": DYNAMIC, "lib/__init__.py": "__version__ = (\n"},
    "a number": {"pyproject.toml": DYNAMIC, "lib/__init__.py": "__version__ = 1\n"},
}


@pytest.mark.parametrize("files", NOWHERE.values(), ids=NOWHERE)
def test_a_version_that_stands_nowhere_is_asked_for(files, tmp_path):
    write_files(tmp_path, files)
    with pytest.raises(UserError, match="the version stands neither in settings.ini, nor"):
        find_places(find_project(tmp_path))


def test_settings_without_a_version_are_named(tmp_path):
    files = {"settings.ini": "[DEFAULT]\nlib_path = lib\n", "lib/__init__.py": INIT}
    write_files(tmp_path, files)
    with pytest.raises(UserError, match="settings.ini has no version .add the line version = 0"):
        find_places(find_project(tmp_path))


def test_a_version_in_an_inline_table_is_refused(tmp_path):
    text = f'project = {{name = "lib", version = "1.2.3"}}\n{NBDEV}'
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(UserError, match="not on a line of its own"):
        find_places(find_project(tmp_path))


def test_a_file_that_was_saved_meanwhile_is_not_replaced(tmp_path):
    write_files(tmp_path, {"settings.ini": SETTINGS})
    project = find_project(tmp_path)
    places = find_places(project)
    Path(tmp_path, "settings.ini").write_text(SETTINGS + "new = 1\n")
    with pytest.raises(OSError, match="it was saved while this command ran"):
        write_version(project, places, "2.0.0")
