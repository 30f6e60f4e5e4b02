"""Reading a notebook: what its cells are, and one clear line for each file that is not one."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from conftest import notebook, parse

from literate.diagnostics import UserError
from literate.notebook import read_notebook
from literate.splice import replace_sources


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "00_bad.ipynb"


# --- files that are not notebooks --------------------------------------------------------------

CONFLICT = '{\n "cells": [\n<<<<<<< HEAD\n 1,\n=======\n 2\n>>>>>>> other\n]}'
NOT_NOTEBOOKS = [
    ("{", "not-json", 1),
    ('{"cells": [' + "1" * 5000 + "]}", "not-json", None),
    ("[" * 100_000, "not-json", None),
    (CONFLICT, "merge-conflict", 3),
    ("[]", "not-a-notebook", None),
    ('{"cells": 3}', "not-a-notebook", None),
    ('{"cells": [3]}', "not-a-notebook", None),
    ('{"cells": [], "metadata": null}', "not-a-notebook", None),
    ('{"cells": [], "metadata": {"kernelspec": []}}', "not-a-notebook", None),
    ('{"cells": [], "nbformat": 4, "nbformat_minor": "5"}', "not-a-notebook", None),
    ('{"cells": [], "nbformat": 3}', "unsupported-nbformat", None),
    ('{"worksheets": [], "nbformat": 3}', "unsupported-nbformat", None),
    ('{"worksheets": []}', "unsupported-nbformat", None),
    ('{"worksheets": [], "nbformat": "3"}', "not-a-notebook", None),
    ("# %% not a notebook\nimport os", "not-json", 1),
]
IDS = [
    *("cut off", "a long number", "too deep", "merge conflict", "a list", "cells are a number"),
    *("a cell is a number", "metadata is null", "kernelspec is a list", "minor is a string"),
    *("nbformat 3", "worksheets", "worksheets without a format", "nbformat is a text", "a script"),
]


@pytest.mark.parametrize(("content", "code", "line"), NOT_NOTEBOOKS, ids=IDS)
def test_a_file_that_is_not_a_notebook_gets_a_line(path, content, code, line):
    path.write_text(content)
    with pytest.raises(UserError) as error:
        read_notebook(path)
    (problem,) = error.value.problems
    assert (problem.code, problem.line, problem.path) == (code, line, path)
    assert "00_bad.ipynb" in str(error.value)
    assert "\n" not in str(error.value)
    assert problem.hint


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("source", [["a"]], "cell 1: error: its source is neither a string nor a list of strings"),
        ("source", {"a": 1}, "its source is neither"),
        ("source", None, "its source is neither"),
        ("cell_type", 3, "cell 1: error: its cell_type is a number, not a string"),
        ("cell_type", None, "cell 1: error: its cell_type is null, not a string"),
        ("id", ["a"], "its id is a list, not a string"),
        ("metadata", "x", "its metadata is a string, not an object"),
        ("metadata", True, "its metadata is a boolean, not an object"),
    ],
)
def test_a_cell_that_cannot_be_read_gets_a_line(path, member, value, message):
    cell = {"cell_type": "code", "source": "1", "id": "a", "metadata": {}, member: value}
    path.write_text(notebook(cell))
    with pytest.raises(UserError, match=message):
        read_notebook(path)


@pytest.mark.parametrize("cell", [3, "x", [], {}, {"source": "1"}], ids=repr)
def test_a_cell_without_a_type_is_not_a_cell(path, cell):
    path.write_text(json.dumps({"cells": [cell]}))
    with pytest.raises(UserError, match="cell 1: error: it is not a cell"):
        read_notebook(path)


def test_null_counts_as_a_missing_id_or_missing_metadata():
    cell = {"cell_type": "code", "source": "1", "id": None, "metadata": None}
    read = parse(json.dumps({"cells": [cell]})).cells[0]
    assert (read.given_id, read.metadata, read.tags) == ("", {}, ())


def test_a_pipe_is_not_read(path):
    os.mkfifo(path)
    with pytest.raises(UserError, match="it is not a regular file .remove it, or give it another"):
        read_notebook(path)


def test_a_missing_file_gets_a_line(path):
    with pytest.raises(UserError, match="No such file or directory .check the path"):
        read_notebook(path)


def test_bytes_that_are_not_text_get_a_line(path):
    path.write_bytes(b'{"cells": ["\xff"]}')
    with pytest.raises(UserError, match="not UTF-8: byte 12 cannot be decoded"):
        read_notebook(path)


# --- images ------------------------------------------------------------------------------------


def test_images_are_not_read(path):
    output = {"data": {"image/png": "iVBOR\n", "text/plain": ["é"]}}
    with_images = {
        "cell_type": "code",
        "source": ['"image/png": "'],
        "outputs": [output, output],
    }
    path.write_text(notebook(with_images, "x"))
    read = read_notebook(path)
    assert read.text == path.read_text()
    assert [cell.source for cell in read.cells] == ['"image/png": "', "x"]
    without_pixels = {"data": {"image/png": "", "text/plain": ["é"]}}
    assert read.data["cells"][0]["outputs"] == [without_pixels, without_pixels]


@pytest.mark.parametrize("content", ['x\\"y', "\\\\", ""])
def test_the_content_of_an_image_is_left_out_or_read_whole(path, content):
    cell = f'{{"cell_type": "raw", "image/png": "{content}", "source": "a"}}'
    path.write_text(f'{{"cells": [{cell}]}}')
    whole = json.loads(cell)
    left_out = whole | {"image/png": ""}
    assert read_notebook(path).data["cells"][0] in (whole, left_out)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"cells": [{"image/png": "\xff"}]}', "not UTF-8: byte 26"),
        (b'{"cells": [{"image/png": "iVBOR"},, ', r"not JSON: .*\(char 34\)"),
        (b'{"cells": [{"image/png": "iVBOR', "not JSON: Unterminated string"),
    ],
)
def test_an_error_around_an_image_names_its_place_in_the_whole_file(path, content, message):
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_notebook(path)


# --- cells -------------------------------------------------------------------------------------


def test_line_ends_and_byte_order_mark_do_not_show(path):
    mark = b"\xef\xbb\xbf"
    cell = {"cell_type": "code", "source": ["a\r\n", "b\rc"]}
    path.write_bytes(mark + notebook(cell).encode())
    assert read_notebook(path).cells[0].source == "a\nb\nc"
    path.write_text(replace_sources(read_notebook(path).text, {0: "d"}), encoding="utf-8")
    assert path.read_bytes().startswith(mark + b"{")
    assert read_notebook(path).cells[0].source == "d"


def test_derived_ids_are_stable_and_distinct():
    same_cells = [{"cell_type": "code", "source": "same"}] * 3
    ids = [cell.id for cell in parse(notebook(*same_cells)).cells]
    assert ids == [cell.id for cell in parse(notebook(*same_cells)).cells]
    assert len(set(ids)) == 3


@pytest.mark.parametrize("cell_id", ["two\nlines", "a b", "#", "\ud800"], ids=ascii)
def test_an_id_that_no_marker_can_hold_is_replaced_by_a_derived_id(cell_id):
    cell = {"cell_type": "code", "source": "1", "id": cell_id}
    read = parse(json.dumps({"cells": [cell]})).cells[0]
    assert read.given_id == ""
    assert re.fullmatch("[0-9a-f]{8}", read.id)


def test_a_cell_is_found_by_its_id():
    read = parse(notebook("a", "b"))
    assert read.cell("00000001") is read.cells[1]
    assert read.cell("nosuch") is None


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"kernelspec": {"name": "ir", "language": "R"}}, "r"),
        ({"kernelspec": {"name": "ir"}, "language_info": {"name": "R"}}, "r"),
        ({"kernelspec": {"language": ""}, "language_info": {}}, "python"),
    ],
)
def test_the_language_is_that_of_the_kernel(metadata, language):
    assert parse(notebook("1", **metadata)).language == language


def test_tags_are_those_of_jupyter():
    cell = {"cell_type": "code", "source": "1", "metadata": {"tags": ["slow", "a b"]}}
    assert parse(notebook(cell, "2")).cells[0].tags == ("slow", "a b")
    assert parse(notebook(cell, "2")).cells[1].tags == ()
