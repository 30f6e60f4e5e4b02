"""Changes deep inside of a JSON text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from literate.json_edits import REMOVE, Rewrite, change_json

TEXT = """{
 "a": {"b": [1,  2, 3], "c": null},
 "d":   "x"
}"""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, TEXT),
        ({"a": REMOVE}, '{\n "d":   "x"\n}'),
        ({"d": REMOVE}, '{\n "a": {"b": [1,  2, 3], "c": null}\n}'),
        ({"a": REMOVE, "d": REMOVE}, "{}"),
        ({"a": {"b": {0: REMOVE}}}, TEXT.replace("1,  ", "")),
        ({"a": {"b": {1: REMOVE, 2: REMOVE}}}, TEXT.replace(",  2, 3", "")),
        ({"a": {"b": {0: REMOVE, 1: REMOVE}}}, TEXT.replace("1,  2, ", "")),
        ({"a": {"b": REMOVE}, "d": Rewrite(lambda old: f"[{old}]")},
         TEXT.replace('"b": [1,  2, 3], ', "").replace('"x"', '["x"]')),
    ],
)  # fmt: skip
def test_only_what_is_named_changes(changes, expected):
    assert change_json(TEXT, changes) == expected
    json.loads(expected)


def test_a_key_that_stands_twice_is_removed_twice():
    assert change_json('{"a": 1, "b": 2, "a": 3}', {"a": REMOVE}) == '{"b": 2}'
    assert change_json('{"a": 1, "a": 3}', {"a": REMOVE}) == "{}"


@given(
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=6),
    st.data(),
    st.sampled_from([None, 1]),
)
def test_what_is_removed_is_missing_and_the_rest_is_there(value, data, indent):
    gone = data.draw(st.sets(st.sampled_from(sorted(value)))) if value else set()
    text = change_json(json.dumps(value, indent=indent), dict.fromkeys(gone, REMOVE))
    assert json.loads(text) == {key: value[key] for key in value if key not in gone}
