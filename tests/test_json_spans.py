"""Where the values of a JSON text stand in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from literate.json_spans import Edit, Span, apply_edits, cell_spans, items_of, top_members

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=3), VALUES), st.sampled_from([None, 1, 4]))
def test_the_items_of_an_object_are_where_they_are_said_to_be(value, indent):
    text = json.dumps(value, indent=indent)
    found = {item.key: json.loads(item.value.of(text)) for item in items_of(text, 0)}
    assert found == value
    for item in items_of(text, 0):
        assert text[item.start] == '"'
        assert item.end == item.value.end


@given(st.lists(VALUES), st.sampled_from([None, 1, 4]))
def test_the_items_of_an_array_have_their_indexes(value, indent):
    text = json.dumps(value, indent=indent)
    items = items_of(text, 0)
    assert [item.key for item in items] == list(range(len(value)))
    assert [json.loads(item.value.of(text)) for item in items] == value


def test_the_cells_of_a_notebook():
    text = '\ufeff{"cells": [{"a": 1}, {}], "nbformat": 4}'
    assert [span.of(text) for span in cell_spans(text)] == ['{"a": 1}', "{}"]
    assert top_members(text)["nbformat"].of(text) == "4"


def test_edits_may_come_in_any_order():
    assert apply_edits("abc", [Edit(Span(2, 3), "X"), Edit(Span(0, 0), "Y")]) == "YabX"


@pytest.mark.parametrize("text", ["[]", "{}", "[ ]", "{\n}"])
def test_what_is_empty_has_no_items(text):
    assert items_of(text, 0) == []
