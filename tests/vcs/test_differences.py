"""The differences between two notebooks, cell by cell."""

from __future__ import annotations

from pathlib import Path

from conftest import notebook
from hypothesis import given
from hypothesis import strategies as st

from literate.vcs.differences import CellDifference, compare, difference_lines
from literate.vcs.versions import read_version


def cell(cell_id: str, source: str, **members: object) -> dict:
    made = {"cell_type": "code", "execution_count": None, "id": cell_id, "metadata": {}}
    return {**made, "outputs": [], "source": source, **members}


def differences(old: list[dict], new: list[dict], **metadata: object) -> list[CellDifference]:
    versions = [notebook(*old), notebook(*new, **metadata)]
    return compare(*(read_version(Path("a.ipynb"), text.encode()) for text in versions))


def summary(old: list[dict], new: list[dict]) -> list[tuple]:
    found = differences(old, new)
    return [(each.change, each.id, each.old_index, each.new_index) for each in found]


A, B, C = cell("a", "1 one"), cell("b", "2 two"), cell("c", "3 three")


def test_equal_notebooks_have_none():
    assert differences([A, B], [A, B]) == []
    assert differences([A], [cell("a", "1 one", execution_count=4)]) == []


def test_cells_that_came_went_and_changed():
    changed = cell("b", "2 zwei two")
    assert summary([A, B, C], [cell("n", "new"), A, changed]) == [
        ("added", "n", None, 0),
        ("changed", "b", 1, 2),
        ("deleted", "c", 2, None),
    ]
    assert summary([A, B, C], [A, C]) == [("deleted", "b", 1, None)]


def test_cells_that_moved():
    assert summary([A, B, C], [C, A, B]) == [("moved", "c", 2, 0)]
    (found,) = differences([A, B, C], [cell("c", "3 three\nmore"), A, B])
    assert (found.change, found.is_moved, found.parts) == ("changed", True, ("source",))


def test_what_of_a_cell_changed():
    stream = {"output_type": "stream", "name": "stdout", "text": ["x\n"]}
    new = cell("a", "1 one", metadata={"tags": ["t"]}, outputs=[stream])
    (found,) = differences([A], [new])
    assert found.parts == ("metadata", "outputs")
    assert found.lines == ['+#@ tags: ["t"]', "+#> x"]
    (found,) = differences([A], [{**A, "cell_type": "markdown"}])
    assert (found.parts, found.lines) == (("type",), ["-# %% code", "+# %% markdown"])


def test_the_metadata_of_the_notebook():
    (found,) = differences([A], [A], title="t")
    assert (found.type, found.change, found.old_index) == ("notebook", "changed", None)
    assert found.lines == [" nbformat: 4.5", "+title: t"]
    assert (found.added_lines, found.deleted_lines) == (1, 0)


def test_a_whole_notebook_that_came():
    nothing = read_version(Path("a"), b"")
    whole = read_version(Path("a"), notebook(A, B, title="t").encode())
    assert [each.change for each in compare(nothing, whole)] == ["added", "added"]
    assert [each.change for each in compare(whole, nothing)] == ["deleted", "deleted"]


def test_context_is_cut_short():
    old = [str(number) for number in range(30)]
    new = ["x", *old[:20], "y", *old[21:]]
    assert difference_lines(old, new) == [
        *("+x", " 0", " 1", " 2", "...", " 17", " 18", " 19"),
        *("-20", "+y", " 21", " 22", " 23"),
    ]


LINES = st.lists(st.sampled_from("abcd"), max_size=8)


@given(LINES, LINES)
def test_the_lines_lead_from_the_old_to_the_new_ones(old, new):
    found = [line for line in difference_lines(old, new) if line != "..."]
    removed = [line[1:] for line in found if line[0] == "-"]
    added = [line[1:] for line in found if line[0] == "+"]
    assert sorted(old + added) == sorted(new + removed)
    assert bool(found) == (old != new)
