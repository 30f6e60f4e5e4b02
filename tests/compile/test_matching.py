"""Which section of a module is which: by marker on the disk, by id and code in notebooks."""

from pathlib import Path

from literate.compile.matching import match_in_notebooks, match_on_disk
from literate.markers import Section, cell_marker

Cells = list[tuple[str, str]]  # key or id, and code
A, B = ("#a", "a = 1"), ("#b", "b = 1")


def sections(cells: Cells, name: str = "00_a", has_keys: bool = True) -> list[Section]:
    """Sections with these keys; without keys in the markers, these are the ids of the cells."""
    notebook = Path(f"/project/nbs/{name}.ipynb")
    made = []
    for line, (key, code) in enumerate(cells, 1):
        is_id = key.startswith("#") or not has_keys
        cell_id = key.removeprefix("#") if is_id else ""
        marker_key = key if has_keys else ""
        marker = cell_marker(f"../nbs/{notebook.name}", marker_key)
        made.append(Section(marker, notebook, marker_key, code, line, line, cell_id))
    return made


def on_disk(base: Cells, disk: Cells) -> dict[str, str]:
    """The pairs in a module on the disk, as the codes of the cells."""
    old, new = sections(base), sections(disk)
    return {old[i].code: new[n].code for i, n in match_on_disk(old, new).items()}


def in_notebooks(old: list[Section], new: list[Section]) -> dict[str, str]:
    """The pairs in the notebooks, as the codes of the cells."""
    return {old[i].code: new[n].code for i, n in match_in_notebooks(old, new).items()}


def test_sections_are_matched_by_their_keys_wherever_they_are():
    moved = [("#b", "x"), ("#a", "y")]
    assert on_disk([A, B], moved) == {"a = 1": "y", "b = 1": "x"}
    assert in_notebooks(sections([A, B]), sections(moved)) == {"a = 1": "y", "b = 1": "x"}


def test_numbers_hold_in_a_module_but_not_in_a_notebook():
    base = [("1", "a"), ("2", "b")]
    shifted = [("1", "new"), ("2", "a"), ("3", "b")]
    assert on_disk(base, shifted) == {"a": "new", "b": "a"}
    assert in_notebooks(sections(base), sections(shifted)) == {"a": "a", "b": "b"}


def test_ids_count_although_the_markers_have_none():
    base = sections([("x", "a"), ("y", "b")], has_keys=False)
    new = sections([("z", "a"), ("y", "c"), ("x", "d")], has_keys=False)
    assert in_notebooks(base, new) == {"a": "d", "b": "c"}


def test_a_cell_with_another_id_is_the_same_only_with_the_same_code():
    """Who cuts a cell and pastes it gets a new id."""
    assert in_notebooks(sections([A, B]), sections([("#c", "b = 1")])) == {"b = 1": "b = 1"}
    assert in_notebooks(sections([A]), sections([("#c", "c = 1")])) == {}


def test_sections_without_keys_are_matched_by_code_and_order():
    base = [("", "a"), ("", "b"), ("", "c")]
    assert on_disk(base, [("", "b"), ("", "c")]) == {"b": "b", "c": "c"}
    assert on_disk(base, [("", "a"), ("", "x"), ("", "c")]) == {"a": "a", "b": "x", "c": "c"}
    assert on_disk(base, [("", "c"), ("", "b"), ("", "a")]) == {"a": "a", "b": "b", "c": "c"}
    assert on_disk(base, [base[0], ("", "x"), ("", "y"), base[2]]) == {"a": "a", "c": "c"}


def test_where_the_numbers_differ_similar_sections_are_pairs():
    base = [("", "def first(): return 1"), ("", "x")]
    disk = [("", "new"), ("", "def first(): return 11"), ("", "y")]
    assert on_disk(base, disk) == {"def first(): return 1": "def first(): return 11"}


def test_of_two_sections_with_one_marker_that_with_the_same_code_is_the_cell():
    copy = ("#a", "copy")
    for disk in ([copy, A, B], [A, copy, B]):
        assert on_disk([A, B], disk) == {"a = 1": "a = 1", "b = 1": "b = 1"}
    assert on_disk([A], [("#a", "first"), ("#a", "second")]) == {"a = 1": "first"}


def test_a_key_that_was_generated_twice_does_not_identify_a_cell():
    twice = [("#a", "first"), ("#a", "second")]
    assert on_disk(twice, twice) == {"first": "first", "second": "second"}
    assert on_disk(twice, twice[1:]) == {"second": "second"}


def test_cells_follow_a_notebook_that_was_renamed():
    renamed = sections([("#a", "x"), B], "01_new")
    assert in_notebooks(sections([A, B]), renamed) == {"a = 1": "x", "b = 1": "b = 1"}
    base = sections([("1", "a"), ("2", "b")])
    renamed = sections([("1", "a"), ("2", "c")], "01_new")
    assert in_notebooks(base, renamed) == {"a": "a", "b": "c"}


def test_cells_without_ids_do_not_go_to_a_notebook_that_was_there_before():
    base = [*sections([("1", "a")]), *sections([("1", "b")], "01_b")]
    assert in_notebooks(base, sections([("1", "b"), ("2", "a")], "01_b")) == {"b": "b"}
