"""Places as people name them, and what is said of a place that does not exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from literate.diagnostics import UserError
from literate.locate.places import (
    CELL,
    FILE,
    MODULE,
    as_json,
    other_side,
    parse_position,
    position_in_cell,
    position_in_module,
    position_name,
)

BOTH_WAYS = {
    "small/core.py:12": "nbs/00_core.ipynb:cell 3 (00000002):4",
    "small/core.py:12:5": "nbs/00_core.ipynb:cell 3 (00000002):4:5",
    "small/core.py:18": "nbs/01_more.ipynb:cell 2 (00000001):4",
}


@pytest.mark.parametrize(("module", "cell"), BOTH_WAYS.items())
def test_a_place_is_found_both_ways(folder, module, cell):
    assert other_side(parse_position(module), module) == cell
    assert other_side(parse_position(cell), cell) == module


@pytest.mark.parametrize(
    "name",
    [
        "nbs/00_core.ipynb:cell 3:4",
        "nbs/00_core.ipynb:cell 3 (00000002):4:",
        "nbs/00_core.ipynb:cell #00000002:4",
        "nbs/00_core.ipynb:00000002:4",
        "nbs/00_core.ipynb:#00000002:4",
        "./nbs/../nbs/00_core.ipynb:cell 3:4",
    ],
)
def test_a_cell_has_a_number_and_an_id(folder, name):
    assert other_side(parse_position(name), name) == "small/core.py:12"


def test_a_path_may_be_absolute(folder):
    name = f"{folder}/small/core.py:12"
    assert parse_position(name).cell.line == 4
    name = f"{folder}/nbs/00_core.ipynb:cell 3:4"
    assert parse_position(name).module_line == 12


@pytest.mark.parametrize("line", ["", ":1", ":2", ":3"])
def test_a_directive_means_the_code_below_it(folder, line):
    name = f"nbs/00_core.ipynb:cell 3{line}"
    assert other_side(parse_position(name), name) == "small/core.py:11"


WRONG = {
    "nope": "nope: this is not a place",
    "small/core.py": "small/core.py: this is not a place",
    "nope.py:1": "nope.py: no such file",
    "small:1": "small:1: this is not a place",
    "tests/test_core.py:1": "tests/test_core.py: no notebook generates this file",
    "small/core.py:4": "small/core.py:4: the compiler wrote this line, it stands in no cell",
    "small/core.py:0": "small/core.py:0: this module has 19 lines",
    "small/core.py:99": "small/core.py:99: this module has 19 lines",
    "nbs/00_core.ipynb:cell 9": "nbs/00_core.ipynb:cell 9: this notebook has 4 cells",
    "nbs/00_core.ipynb:cell 0": "nbs/00_core.ipynb:cell 0: this notebook has 4 cells",
    "nbs/00_core.ipynb:cell abc:1": "no cell of this notebook has the id abc",
    "nbs/00_core.ipynb:cell 3:9": "nbs/00_core.ipynb:cell 3:9: this cell has 5 lines",
    "nbs/00_core.ipynb:cell 4:1": "no module holds this cell; it is line ",
    "nbs/nope.ipynb:cell 4:1": "nbs/nope.ipynb: error: No such file or directory",
}


@pytest.mark.parametrize(("name", "message"), WRONG.items())
def test_a_place_that_does_not_exist_is_explained(folder, name, message):
    with pytest.raises(UserError) as error:
        other_side(parse_position(name), name)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"cells": 3}'])
def test_a_broken_notebook_is_one_clear_line(folder, content):
    Path("nbs/00_core.ipynb").write_bytes(content)
    with pytest.raises(UserError, match="nbs/00_core.ipynb") as error:
        parse_position("nbs/00_core.ipynb:cell 1:1")
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="it stands in no cell"):
        parse_position("small/core.py:12")


def test_each_world_names_a_position(folder):
    position = position_in_module("small/core.py", 12)
    assert position_name(position, CELL) == ("nbs/00_core.ipynb:cell 3 (00000002)", 4)
    assert position_name(position, MODULE) == ("small/core.py", 12)
    path, line = position_name(position, FILE)
    assert "'a' + x" in Path(path).read_text().splitlines()[line - 1]
    assert position_name(position, FILE, absolute=True) == (f"{folder}/{path}", line)


def test_a_cell_in_no_module_is_named_by_its_line_in_the_file(folder):
    position = position_in_cell(folder / "nbs" / "00_core.ipynb", 3, 1)
    path, line = position_name(position, MODULE)
    assert path == "nbs/00_core.ipynb"
    assert "assert double" in Path(path).read_text().splitlines()[line - 1]


def test_what_is_not_there_has_no_position(folder):
    assert position_in_module("small/core.py", 4) is None
    assert position_in_module("nope.py", 4) is None
    assert position_in_cell(folder / "nbs" / "nope.ipynb", 3, 1) is None
    assert position_in_cell(folder / "nbs" / "00_core.ipynb", 30, 1) is None
    assert position_in_cell(folder / "nbs" / "00_core.ipynb", 3, 2) is None


def test_without_settings_a_cell_is_in_no_module(folder):
    Path("settings.ini").unlink()
    position = position_in_cell(folder / "nbs" / "00_core.ipynb", 2, 4)
    assert position.module is None


def test_a_position_is_data_for_other_programs(folder):
    data = as_json(position_in_module("small/core.py", 12, 5))
    file_line = data.pop("file_line")
    assert "'a' + x" in Path(data["notebook"]).read_text().splitlines()[file_line - 1]
    assert data == {
        "notebook": f"{folder}/nbs/00_core.ipynb",
        "cell": 3,
        "id": "00000002",
        "line": 4,
        "column": 5,
        "module": f"{folder}/small/core.py",
        "module_line": 12,
    }
