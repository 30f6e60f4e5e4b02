"""Edits in a notebook's JSON: the edited value changes, and no other character does."""

from __future__ import annotations

import json

import pytest
from conftest import notebook, parse
from hypothesis import given
from hypothesis import strategies as st

from literate.json_spans import Edit, Span, apply_edits
from literate.splice import (
    hide_sources,
    insert_cell,
    line_in_file,
    remove_cell,
    reorder_cells,
    replace_outputs,
    replace_sources,
)


def laid_out(text: str, **options: object) -> str:
    """A notebook's text, laid out by Python's JSON library with other options."""
    return json.dumps(json.loads(text), **options)


AS_STRING = {"cell_type": "code", "source": "a\nb", "metadata": {}}
WITH_THE_WORD_SOURCE = {
    "cell_type": "code",
    "metadata": {"source": ["x"]},
    "outputs": [{"text": ['"source": ["no"]']}],
    "source": ["a"],
}
ODD_NOTEBOOKS = {
    "indented as Jupyter does": notebook("a = 1\nb = 2", "md:# Title", "c"),
    "on one line": laid_out(notebook("a = 1\nb = 2", "md:x", "c")),
    "source as a string": json.dumps({"cells": [AS_STRING] * 3, "nbformat": 4}, indent=2),
    "empty sources": notebook("", "", ""),
    "four spaces, sorted keys": laid_out(notebook("a\nb", "c", "d"), indent=4, sort_keys=True),
    "CRLF file": notebook("a\nb", "c", "d").replace("\n", "\r\n"),
    "escaped non-ASCII": laid_out(notebook("é = 1", "ß", "😀"), indent=1, ensure_ascii=True),
    "non-ASCII": notebook("é = 1", "ß", "😀"),
    "no final newline": notebook("a", "b", "c").rstrip(),
    "odd spaces": (
        '{ "nbformat" :4,\t"cells"\n: [ {"cell_type":"code",'
        '"source" : [ "a\\n" , "b" ],"metadata":{}},'
        ' {"cell_type":"raw","metadata":{},"source":[]} ,'
        '{"source":"","cell_type":"code","metadata":{}}]  }  '
    ),
    "the word source elsewhere": notebook(WITH_THE_WORD_SOURCE, "b", "c"),
    "metadata before the cells": (
        '{"metadata": {"cells": [1, {"source": 2}]}, "cells": ['
        '{"cell_type": "code", "source": ["a"]},'
        '{"cell_type": "code"}, {"cell_type": "code", "source": ["b"]}], "nbformat": 4}'
    ),
}
each_odd_notebook = pytest.mark.parametrize("text", ODD_NOTEBOOKS.values(), ids=ODD_NOTEBOOKS)
SOURCES = st.text(
    st.characters(exclude_characters="\r\ufeff", exclude_categories=["Cs"]), max_size=40
)
NEW_CELL = {"cell_type": "code", "id": "0000000a", "metadata": {}, "outputs": [], "source": ["é"]}


# --- sources -----------------------------------------------------------------------------------


@each_odd_notebook
@given(index=st.integers(0, 2), source=SOURCES)
def test_a_new_source_changes_that_source_and_no_other_character(text, index, source):
    changed = replace_sources(text, {index: source})
    assert parse(changed).cells[index].source == source
    before = json.loads(text)
    after = json.loads(changed)
    old_cell, new_cell = before["cells"][index], after["cells"][index]
    if "source" not in old_cell:
        del new_cell["source"]
        assert after == before
        return
    assert isinstance(new_cell["source"], type(old_cell["source"]))
    new_cell["source"] = old_cell["source"]
    assert after == before
    restored = replace_sources(changed, {index: parse(text).cells[index].source})
    assert json.loads(restored) == before
    was_laid_out_by_a_program = text.count("\n") > 9
    if index == 0 and was_laid_out_by_a_program:
        assert restored == text


@each_odd_notebook
def test_replacing_nothing_gives_the_same_characters(text):
    assert replace_sources(text, {}) == text
    assert replace_outputs(text, {}) == text


def test_several_sources_at_once():
    changed = replace_sources(notebook("a", "b", "c"), {0: "x\ny", 2: ""})
    assert [cell.source for cell in parse(changed).cells] == ["x\ny", "b", ""]


def test_a_list_in_an_indented_file_gets_a_line_for_each_line():
    assert replace_sources(notebook("", "b"), {0: "x\ny"}) == notebook("x\ny", "b")


def test_a_missing_source_is_added():
    text = '{"cells": [{"cell_type": "code"}]}'
    expected = '{"cells": [{"source": ["a"], "cell_type": "code"}]}'
    assert replace_sources(text, {0: "a"}) == expected


# --- outputs -----------------------------------------------------------------------------------

STREAM = {"output_type": "stream", "name": "stdout", "text": ["é\n", "b"]}


@each_odd_notebook
def test_outputs_and_counts_change_and_nothing_else(text):
    changed = json.loads(replace_outputs(text, {1: (7, [STREAM]), 2: (None, [])}))
    expected = json.loads(text)
    expected["cells"][1] |= {"execution_count": 7, "outputs": [STREAM]}
    expected["cells"][2] |= {"execution_count": None, "outputs": []}
    assert changed == expected


def test_outputs_are_laid_out_as_jupyter_does():
    text = notebook("a", "b")
    data = json.loads(text)
    data["cells"][0] |= {"execution_count": 3, "outputs": [dict(sorted(STREAM.items()))]}
    expected = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    assert replace_outputs(text, {0: (3, [STREAM])}) == expected
    with_crlf = text.replace("\n", "\r\n")
    assert replace_outputs(with_crlf, {0: (3, [STREAM])}) == expected.replace("\n", "\r\n")


def test_characters_are_escaped_only_where_the_file_escapes_them():
    escaped = replace_outputs(ODD_NOTEBOOKS["escaped non-ASCII"], {0: (1, [STREAM])})
    assert escaped.isascii()
    assert "é\\n" in replace_outputs(notebook("a"), {0: (1, [STREAM])})


# --- whole cells -------------------------------------------------------------------------------


@each_odd_notebook
def test_cells_in_another_order_are_the_only_change(text):
    moved = reorder_cells(text, [2, 0, 1])
    expected = json.loads(text)
    cells = expected["cells"]
    expected["cells"] = [cells[2], cells[0], cells[1]]
    assert json.loads(moved) == expected
    assert sorted(moved) == sorted(text)
    assert reorder_cells(moved, [1, 2, 0]) == text


@each_odd_notebook
@pytest.mark.parametrize("before", [0, 1, 2, 3, 9])
def test_an_inserted_cell_is_the_only_change_and_can_be_removed_again(text, before):
    filled = insert_cell(text, before, NEW_CELL)
    expected = json.loads(text)
    expected["cells"].insert(before, NEW_CELL)
    assert json.loads(filled) == expected
    assert remove_cell(filled, min(before, 3)) == text


@each_odd_notebook
@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_removed_cell_is_the_only_change(text, index):
    expected = json.loads(text)
    del expected["cells"][index]
    assert json.loads(remove_cell(text, index)) == expected


@each_odd_notebook
def test_a_notebook_that_has_lost_all_of_its_cells_takes_one(text):
    while json.loads(text)["cells"]:
        text = remove_cell(text, 0)
    filled = insert_cell(text, 1, NEW_CELL)
    assert json.loads(filled) == json.loads(text) | {"cells": [NEW_CELL]}
    assert ("\r\n" in filled) == ("\r\n" in text)


def test_the_first_cell_of_a_notebook_is_laid_out_as_jupyter_does():
    expected = notebook("a = 1\nb = 2")
    cell = json.loads(expected)["cells"][0]
    assert insert_cell(notebook(), 0, cell) == expected
    with_empty_lines = notebook().replace('"cells": []', '"cells": [\n  \n ]')
    assert insert_cell(with_empty_lines, 0, cell) == expected


def test_a_further_cell_is_laid_out_as_jupyter_does():
    expected = notebook("a", "b", "c")
    first, second, third = json.loads(expected)["cells"]
    without_second = remove_cell(expected, 1)
    assert insert_cell(without_second, 1, second) == expected
    without_third = remove_cell(expected, 2)
    assert insert_cell(without_third, 2, third) == expected
    without_first = remove_cell(expected, 0)
    assert insert_cell(without_first, 0, first) == expected


# --- lines -------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_line_of_a_cell_is_found_in_the_file(index, line):
    cells = [f"{name}1\n{name}2\n{name}3" for name in "abc"]
    text = notebook(*cells)
    found = line_in_file(text, index, line)
    assert f'"{"abc"[index]}{line}' in text.splitlines()[found - 1]


def test_a_line_below_the_last_one_is_the_last_one():
    text = notebook("a\nb")
    assert line_in_file(text, 0, 9) == line_in_file(text, 0, 2)


def test_a_source_in_one_line_has_the_line_of_its_string():
    text = ODD_NOTEBOOKS["source as a string"]
    lines = [number for number, line in enumerate(text.splitlines(), 1) if '"source"' in line]
    assert [line_in_file(text, index, 2) for index in range(3)] == lines


def test_a_cell_without_a_source_has_the_first_line():
    assert line_in_file(ODD_NOTEBOOKS["metadata before the cells"], 1, 1) == 1


# --- edits -------------------------------------------------------------------------------------


def test_edits_may_come_in_any_order():
    edits = [Edit(Span(4, 5), "E"), Edit(Span(0, 2), "ab"), Edit(Span(2, 2), "|")]
    assert apply_edits("ABCDe", edits) == "ab|CDE"
    assert apply_edits("ABCDe", []) == "ABCDe"
    assert Span(1, 3).of("ABCDe") == "BC"


# --- folding -----------------------------------------------------------------------------------


@each_odd_notebook
@pytest.mark.parametrize("index", [0, 1, 2])
def test_hiding_a_source_changes_nothing_else(text, index):
    changed = hide_sources(text, [index])
    after = json.loads(changed)
    metadata = after["cells"][index]["metadata"]
    assert metadata["jupyter"].pop("source_hidden") is True
    if not metadata["jupyter"]:
        del metadata["jupyter"]
    if "metadata" not in json.loads(text)["cells"][index]:
        del after["cells"][index]["metadata"]
    assert after == json.loads(text)
    assert hide_sources(changed, [index]) == changed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{"jupyter": {"source_hidden": true}}'),
        ('{"b": 1}', '{"b": 1, "jupyter": {"source_hidden": true}}'),
        ('{"z": 1, "b":2}', '{"jupyter": {"source_hidden": true}, "z": 1, "b":2}'),
        ('{"jupyter": {}}', '{"jupyter": {"source_hidden": true}}'),
        ('{"jupyter":{ }}', '{"jupyter":{"source_hidden": true}}'),
        (
            '{"jupyter": {"outputs_hidden": true}}',
            '{"jupyter": {"outputs_hidden": true, "source_hidden": true}}',
        ),
        ('{"jupyter": {"source_hidden":false}}', '{"jupyter": {"source_hidden":true}}'),
        ('{"jupyter": {"source_hidden":true }}', '{"jupyter": {"source_hidden":true }}'),
        ('{"jupyter": [1]}', '{"jupyter": [1]}'),
    ],
)
def test_the_metadata_keeps_what_it_has(before, after):
    cell = '{"cells": [{"cell_type": "code", "metadata": %s, "source": "x"}], "nbformat": 4}'
    assert hide_sources(cell % before, [0]) == cell % after


def test_hidden_sources_are_laid_out_as_jupyter_does():
    cell = {"cell_type": "code", "id": "a", "metadata": {"tags": ["x"]}, "source": "x"}
    text = notebook(cell)
    expected = {**cell["metadata"], "jupyter": {"source_hidden": True}}
    assert hide_sources(text, [0]) == notebook({**cell, "metadata": dict(sorted(expected.items()))})
