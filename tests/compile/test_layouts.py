"""The two layouts, side by side."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from literate.compile.layouts import Layout, Nbdev2Layout, Nbdev3Layout, layout_of
from literate.compile.plan import make_plan
from literate.directives import dialect_of, parse_cells
from literate.markers import Marker
from literate.notebook import Cell, read_notebook
from literate.project import Project
from literate.records import replace

CELL = Cell(3, "6fd14ecd", "code", "", {})


@pytest.fixture
def nbdev2(make_project) -> Callable[[str], Layout]:
    """`nbdev2("cell_ids = True")`: the layout for a settings.ini."""
    return lambda settings="": layout_of(make_project({}, settings))


@pytest.fixture
def nbdev3(make_nbdev3_project) -> Layout:
    return layout_of(make_nbdev3_project({}))


def test_the_configuration_file_chooses_the_layout(nbdev2, nbdev3):
    assert type(nbdev2()) is Nbdev2Layout
    assert type(nbdev3) is Nbdev3Layout


@pytest.mark.parametrize(
    "settings, has_ids, key, key_above_all",
    [
        ("", False, "3", "3"),
        ("cell_number = False", False, "", "3"),
        ("cell_ids = True", True, "#6fd14ecd", "#6fd14ecd"),
        ("cell_ids = True\ncell_number = False", True, "#6fd14ecd", "#6fd14ecd"),
    ],
)
def test_settings_choose_the_keys_of_nbdev_2(nbdev2, settings, has_ids, key, key_above_all):
    layout = nbdev2(settings)
    assert layout.has_id_keys == has_ids
    assert layout.cell_key(CELL, above_all=False) == key
    assert layout.cell_key(CELL, above_all=True) == key_above_all


def test_nbdev_3_has_ids_as_keys(nbdev3):
    assert nbdev3.has_id_keys
    assert nbdev3.cell_key(CELL, above_all=False) == "#6fd14ecd"


@pytest.mark.parametrize(
    "settings, key, accepted",
    [
        ("", "3", True),
        ("", "", False),
        ("", "#id", False),
        ("cell_ids = True", "#id", True),
        ("cell_ids = True", "3", False),
        ("cell_number = False", "", True),
    ],
)
def test_the_keys_that_a_layout_accepts(nbdev2, settings, key, accepted):
    assert nbdev2(settings).accepts(Marker("../nbs/a.ipynb", key)) is accepted


def test_the_keys_that_nbdev_3_accepts(nbdev3):
    assert nbdev3.accepts(Marker("../nbs/a.ipynb", "#id"))
    assert not nbdev3.accepts(Marker("../nbs/a.ipynb", "3"))


# --- docstrings --------------------------------------------------------------------------------

CELLS = [
    "md:# A\n\n> One.\n> Two \\d.",
    "md:#| export\nProse.",
    "#| default_exp a",
    "#| export\nx = 1",
]


def module_docstring(project: Project) -> str:
    notebook = read_notebook(project.nbs_path / "00_a.ipynb")
    cells = parse_cells(notebook, dialect_of(notebook, project))
    return layout_of(project).module_docstring(notebook, cells)


def test_the_docstring_of_a_module_in_nbdev_2(make_project):
    assert module_docstring(make_project({"00_a": CELLS})) == "One."
    assert module_docstring(make_project({"00_a": ["md:# A"]})) == ""
    assert module_docstring(make_project({"00_a": ["md:> One."]})) == ""


def test_the_docstring_of_a_module_in_nbdev_3(make_nbdev3_project):
    project = make_nbdev3_project({"00_a": CELLS})
    expected = "One.\nTwo \\d.\n\nProse."
    assert module_docstring(project) == expected
    with_docs = replace(project, docs_url="https://a.b")
    assert module_docstring(with_docs) == f"{expected}\n\nDocs: https://a.b/a.html.md"
    elsewhere = replace(with_docs, nbs_path=project.nbs_path / "sub")
    notebook = read_notebook(project.nbs_path / "00_a.ipynb")
    cells = parse_cells(notebook, dialect_of(notebook, project))
    assert layout_of(elsewhere).module_docstring(notebook, cells) == expected


def test_without_a_title_nbdev_3_writes_no_docstring(make_nbdev3_project):
    project = make_nbdev3_project({"00_a": ["md:#| export\nProse."]})
    assert module_docstring(replace(project, docs_url="https://a.b")) == ""


def test_half_a_character_in_a_title_can_be_written(make_project, make_nbdev3_project):
    cells = [{"cell_type": "markdown", "metadata": {}, "source": "# A\n> \ud83d"}]
    for make in (make_project, make_nbdev3_project):
        project = make({"00_a": "{}"})
        data = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        (project.nbs_path / "00_a.ipynb").write_text(json.dumps(data))
        assert module_docstring(project) == "\\ud83d"


def test_only_nbdev_3_writes_raw_docstrings(nbdev2, nbdev3):
    assert nbdev2().docstring_literal(r"\d") == '"""\\d"""\n\n'
    assert nbdev3.docstring_literal(r"\d") == 'r"""\\d"""\n\n'
    assert nbdev3.docstring_literal("") == ""


# --- the version -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", '__version__ = "1.2"\n'),
        ("import os\n", '__version__ = "1.2"\nimport os\n'),
        ("'D'\n__version__ = '1.0'  # why\nx", "'D'\n__version__ = \"1.2\"  # why\nx"),
        ("__version__=version()\n", "__version__=version()\n"),
    ],
)
def test_nbdev_2_writes_the_version_of_the_settings(nbdev2, text, expected):
    assert nbdev2("version = 1.2").with_version(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", '__version__ = "0.0.1"\n'),
        ("'D'\n__version__ = '1.0'  # why\nx", "'D'\n__version__ = '1.0'  # why\nx"),
        ("__version__ = version()\n", '__version__ = "0.0.1"\n__version__ = version()\n'),
    ],
)
def test_nbdev_3_keeps_the_version_in_the_file(nbdev3, text, expected):
    assert nbdev3.with_version(text) == expected


# --- the index and the package -----------------------------------------------------------------


def test_only_nbdev_2_indexes_modules_without_symbols(make_project, make_nbdev3_project):
    cells = {"00_a": ["#| default_exp a", "#| export\nx = 1"]}
    project = make_project(cells)
    assert "'lib.a': {}" in make_plan(project).files[project.lib_path / "_modidx.py"]
    project = make_nbdev3_project(cells)
    assert "lib.a" not in make_plan(project).files[project.lib_path / "_modidx.py"]


def test_only_nbdev_3_describes_the_package(nbdev2, nbdev3):
    assert nbdev2().package_docs({}, []) is None
    assert nbdev3.package_docs({}, []) is not None
