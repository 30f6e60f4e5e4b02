"""Which cell of one version is which cell of another one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from literate.vcs.pairing import Key, pair_cells

LONG = "import os\nfrom pathlib import Path\nprint(os.getcwd(), Path.cwd())"


def keys(*cells: str) -> list[Key]:
    """Cells from texts such as `id:source`; without a colon, a cell has no id."""
    found = []
    for cell in cells:
        cell_id, colon, source = cell.rpartition(":")
        found.append(Key(cell_id if colon else "", "code", source))
    return found


def paired(old: list[str], new: list[str]) -> dict[int, int]:
    return pair_cells(keys(*old), keys(*new))


def test_equal_cells_in_their_order():
    assert paired(["a", "b", "b", "c"], ["b", "x", "b", "c"]) == {1: 0, 2: 2, 3: 3}


def test_ids_count_more_than_the_place():
    assert paired(["1:a", "2:b"], ["2:b2", "1:a"]) == {0: 1, 1: 0}


def test_an_id_counts_even_if_everything_else_changed():
    assert paired(["1:a b c"], ["1:x y z"]) == {0: 0}


def test_ids_that_were_given_by_position_count_less_than_equal_content():
    old = ["0:alpha beta", "1:gamma delta", "2:epsilon"]
    new = ["0:new cell", "1:alpha beta", "2:gamma delta", "3:epsilon"]
    assert paired(old, new) == {0: 1, 1: 2, 2: 3}


def test_an_id_that_stands_twice_says_nothing():
    assert paired(["1:a", "1:b"], ["1:b", "1:c"]) == {1: 0}


def test_a_cell_that_moved():
    assert paired([LONG, "a", "b"], ["a", "b", LONG]) == {0: 2, 1: 0, 2: 1}
    assert paired([LONG, "a", "b"], ["a", "b", LONG + "\nmore"]) == {0: 2, 1: 0, 2: 1}


def test_similar_cells_in_the_same_place():
    assert paired(["a", LONG, "b"], ["a", LONG.replace("os", "sys"), "b"]) == {0: 0, 1: 1, 2: 2}
    assert paired(["a", LONG, "b"], ["a", "nothing in common", "b"]) == {0: 0, 2: 2}


def test_another_type_may_be_the_same_cell():
    old, new = Key("", "code", LONG), Key("", "markdown", LONG)
    assert pair_cells([old], [new]) == {0: 0}


def test_empty_cells():
    assert paired(["", "a"], ["a", ""]) in ({1: 0}, {0: 1}, {0: 1, 1: 0})
    assert paired([], ["a"]) == {}


CELLS = st.lists(st.sampled_from(["a", "b", "1:a", "2:b", "3:c", "a b c d", "a b c e", ""]))


@given(CELLS, CELLS)
def test_no_cell_is_in_two_pairs(old, new):
    pairs = paired(old, new)
    assert len(set(pairs.values())) == len(pairs)
    assert all(index < len(old) for index in pairs)
    assert all(place < len(new) for place in pairs.values())
    assert paired(old, old) == {index: index for index in range(len(old))}
