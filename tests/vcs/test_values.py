"""Three versions of a JSON value, merged key by key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from literate.vcs.values import MISSING, merge_objects, merge_values


def merged(base: object, ours: object, theirs: object) -> tuple[object, list[str]]:
    conflicts: list[str] = []
    return merge_values((base, ours, theirs), "m", conflicts), conflicts


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        (1, 1, 2, 2),
        (1, 2, 1, 2),
        (1, 2, 2, 2),
        ({"a": 1}, {"a": 1, "b": 2}, {"a": 3}, {"a": 3, "b": 2}),
        ({"a": 1, "b": 2}, {"a": 1}, {"b": 2}, {}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, {"a": {}}, {"a": {"c": 2}}),
        (["a", "b"], ["a", "b", "c"], ["b", "d"], ["b", "c", "d"]),
        (MISSING, ["a"], ["b"], ["a", "b"]),
        (MISSING, {"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
    ],
)
def test_changes_of_both_sides_are_merged(base, ours, theirs, expected):
    assert merged(base, ours, theirs) == (expected, [])


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected", "path"),
    [
        (1, 2, 3, 2, "m"),
        (1, True, 2, True, "m"),
        ({"a": 1}, {"a": 2}, {"a": 3}, {"a": 2}, "m.a"),
        ({"a": 1}, {}, {"a": 3}, {"a": 3}, "m.a"),
        ({"a": 1}, {"a": 2}, {}, {"a": 2}, "m.a"),
        ([1], [1, 2], [1, 3], [1, 2], "m"),
        ({"a.b": 0}, {"a.b": {"c": 1}}, {"a.b": 2}, {"a.b": {"c": 1}}, "m.a.b"),
    ],
)
def test_a_conflict_has_a_path_and_nothing_is_deleted(base, ours, theirs, expected, path):
    assert merged(base, ours, theirs) == (expected, [path])


def test_values_that_python_takes_for_equal_differ():
    assert merged(1, 1, True) == (True, [])
    assert merged({"a": [0]}, {"a": [0]}, {"a": [False]})[0]["a"][0] is False


VALUES = st.recursive(
    st.integers(0, 2), lambda inner: st.dictionaries(st.sampled_from("abc"), inner), max_leaves=6
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), VALUES)


@given(OBJECTS, OBJECTS, OBJECTS)
def test_the_sides_are_equal_unless_they_conflict(base, ours, theirs):
    conflicts: list[str] = []
    assert merge_objects((base, ours, base), "", conflicts) == ours
    assert merge_objects((base, base, theirs), "", conflicts) == theirs
    assert merge_objects((base, ours, ours), "", conflicts) == ours
    assert conflicts == []
    others: list[str] = []
    one = merge_objects((base, ours, theirs), "", conflicts)
    other = merge_objects((base, theirs, ours), "", others)
    assert sorted(conflicts) == sorted(others)
    assert conflicts or one == other
