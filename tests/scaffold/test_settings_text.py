"""pyproject.toml of a new project."""

from __future__ import annotations

import tomllib

import pytest

from literate import __version__
from literate.records import replace
from literate.scaffold.facts import Facts
from literate.scaffold.settings_text import new_pyproject

FACTS = Facts(
    name="my-library",
    package="my_library",
    author="Ann",
    email="ann@example.org",
    licence="mit",
    repository="https://example.org/me/it",
)


def project(facts: Facts) -> dict:
    return tomllib.loads(new_pyproject(facts))["project"]


def test_the_table_of_the_project_says_what_is_known():
    assert project(FACTS) == {
        "name": "my-library",
        "dynamic": ["version"],
        "description": "Say here in one sentence what my-library does.",
        "readme": "README.md",
        "requires-python": ">=3.11",
        "license": "MIT",
        "license-files": ["LICENSE"],
        "authors": [{"name": "Ann", "email": "ann@example.org"}],
        "dependencies": [],
        "optional-dependencies": {"dev": [f"literate-notebooks>={__version__[:3]}"]},
        "urls": {"Repository": "https://example.org/me/it"},
    }


def test_what_is_not_known_is_left_out():
    found = project(replace(FACTS, author="", email="", licence="none", repository=""))
    assert not {"authors", "license", "license-files", "urls"} & set(found)
    assert project(replace(FACTS, email=""))["authors"] == [{"name": "Ann"}]


@pytest.mark.parametrize("name", ['Ann "A" B', "Ann\\B", "Änn\n\x7f\x01", "名前"])
def test_each_name_can_be_written(name):
    assert project(replace(FACTS, author=name))["authors"][0]["name"] == name


def test_the_version_stands_in_one_place():
    data = tomllib.loads(new_pyproject(FACTS))
    attribute = data["tool"]["setuptools"]["dynamic"]["version"]
    assert attribute == {"attr": "my_library.__version__"}
    assert "version" not in data["project"]


def test_a_library_in_a_folder_is_found_by_the_build():
    data = tomllib.loads(new_pyproject(replace(FACTS, library_in="src/")))
    assert data["tool"]["setuptools"]["packages"]["find"]["where"] == ["src"]
    assert data["tool"]["nbdev"]["lib_path"] == "src/my_library"
