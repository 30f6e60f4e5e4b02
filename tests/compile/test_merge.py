"""Edits in a module are told apart, cell by cell."""

import ast
from pathlib import Path

import pytest

from literate.compile.merge import AddedCell, ModuleEdits, match_sections, merge_module
from literate.compile.module import Module, ModuleCell
from literate.directives import ParsedCell
from literate.markers import auto_marker, cell_marker, markers_of, split_sections
from literate.notebook import Cell

FOLDER = Path("/project/lib")
NOTEBOOK = Path("/project/nbs/00_a.ipynb")
NEW = "new"  # in place of a key: the marker `# %%` that a person types


def module_text(*cells: tuple[str, str], head: str = "# head") -> str:
    """The text of a module with these cells, each a key and its code."""
    sections = [head, f"{auto_marker(cell_ids=True)}\n__all__ = []"]
    for key, code in cells:
        marker = "# %%" if key == NEW else cell_marker("../nbs/00_a.ipynb", key)
        sections.append(f"{marker}\n{code}")
    return "\n\n".join(sections) + "\n"


def module_of(*cells: tuple[str, str]) -> Module:
    """A module that is generated from these cells."""
    module = Module("a", FOLDER / "a.py", NOTEBOOK)
    for index, (key, code) in enumerate(cells):
        parsed = ParsedCell(Cell(index, key.removeprefix("#"), "code", code, {}), (), code)
        module.cells.append(ModuleCell(NOTEBOOK, parsed, ast.parse(""), True))
    return module


Cells = list[tuple[str, str]]


def merge(base: Cells | None, disk: Cells, new: Cells) -> ModuleEdits:
    base_text = None if base is None else module_text(*base)
    return merge_module(module_of(*new), base_text, module_text(*disk), module_text(*new))


def key_of(cell: ModuleCell | None) -> str | None:
    return None if cell is None else f"#{cell.parsed.cell.id}"


def edits_of(found: ModuleEdits) -> Cells:
    return [(key_of(edit.cell), edit.code) for edit in found.edits]


def conflicts_of(found: ModuleEdits) -> Cells:
    return [(key_of(conflict.cell), conflict.code) for conflict in found.conflicts]


def added_to(found: ModuleEdits) -> Cells:
    return [(key_of(added.predecessor), added.code) for added in found.added]


def removed_from(found: ModuleEdits) -> list[str | None]:
    return [key_of(cell) for cell in found.removed]


A, B, C = ("#a", "a = 1"), ("#b", "b = 1"), ("#c", "c = 1")


def test_an_unedited_module_has_no_edits():
    assert merge([A, B], [A, B], [A, B]).count == 0
    assert merge([A, B], [A, B], [("#a", "a = 2"), C]).count == 0


def test_a_change_is_an_edit_of_its_cell():
    found = merge([A, B], [A, ("#b", "b = 2")], [A, B])
    (edit,) = found.edits
    assert (key_of(edit.cell), edit.code, edit.generated) == ("#b", "b = 2", "b = 1")
    assert edit.line == 9  # of the marker
    assert found.count == 1


def test_sections_with_the_same_text_have_different_lines():
    found = merge([A], [A, (NEW, "n = 1"), (NEW, "n = 1")], [A])
    assert [added.line for added in found.added] == [9, 12]


def test_changes_of_different_cells_do_not_meet():
    found = merge([A, B], [A, ("#b", "b = 2")], [("#a", "a = 3"), B])
    assert edits_of(found) == [("#b", "b = 2")]
    assert found.count == 1


def test_the_same_change_on_both_sides_is_not_an_edit():
    changed = ("#a", "a = 2")
    assert merge([A, B], [changed, B], [changed, B]).count == 0


def test_different_changes_of_a_cell_are_a_conflict():
    found = merge([A], [("#a", "a = 'module'")], [("#a", "a = 'notebook'")])
    assert conflicts_of(found) == [("#a", "a = 'module'")]
    assert found.conflicts[0].generated == "a = 'notebook'"
    assert found.count == 1


def test_a_change_of_a_cell_that_the_notebook_lost_is_a_conflict():
    found = merge([A, B], [A, ("#b", "b = 2")], [A])
    assert conflicts_of(found) == [(None, "b = 2")]
    assert found.conflicts[0].generated == ""


def test_a_cell_that_was_deleted_in_the_module_is_removed():
    found = merge([A, B], [A], [A, B])
    assert removed_from(found) == ["#b"]
    assert found.count == 1


def test_a_cell_that_was_deleted_in_the_module_and_changed_in_the_notebook_stays():
    assert merge([A, B], [A], [A, ("#b", "b = 2")]).count == 0


def test_a_cell_that_was_deleted_on_both_sides_is_gone():
    assert merge([A, B], [A], [A]).count == 0


# --- new cells ---------------------------------------------------------------------------------


def test_new_cells_follow_the_cells_above_them_in_their_order():
    disk = [A, (NEW, "n = 1"), (NEW, "n = 2"), B, (NEW, "n = 3")]
    found = merge([A, B], disk, [A, B])
    assert added_to(found) == [("#a", "n = 1"), ("#a", "n = 2"), ("#b", "n = 3")]
    assert found.count == 3


def test_a_new_cell_above_all_others_follows_no_cell():
    assert added_to(merge([A], [(NEW, "n = 1"), A], [A])) == [(None, "n = 1")]


def test_a_new_cell_below_a_cell_that_the_notebook_lost_follows_the_cell_above():
    found = merge([A, B, C], [A, B, (NEW, "n = 1"), C], [A, C])
    assert added_to(found) == [("#a", "n = 1")]


def test_a_new_cell_that_both_sides_have_is_not_added_again():
    found = merge([A], [A, (NEW, "n = 1")], [A, ("#n", "n = 1")])
    assert found.count == 0


def test_an_empty_new_section_is_not_a_cell():
    assert merge([A], [A, (NEW, "")], [A]).count == 0


def test_a_remark_behind_the_marker_becomes_a_comment():
    disk = module_text(A) + "\n# %% A helper \nn = 1\n"
    found = merge_module(module_of(A), module_text(A), disk, module_text(A))
    assert added_to(found) == [("#a", "# A helper\nn = 1")]


def test_text_above_the_cells_belongs_to_no_cell():
    disk = module_text(A, head="# head\nPRECIOUS = 1")
    found = merge_module(module_of(A), module_text(A), disk, module_text(A))
    assert found.outside == ["# head\nPRECIOUS = 1"]
    assert found.count == 1


def test_a_head_that_the_notebook_changed_is_not_an_edit():
    new = module_text(A, head="# another head")
    assert merge_module(module_of(A), module_text(A), module_text(A), new).count == 0
    assert merge_module(module_of(A), module_text(A), new, new).count == 0


# --- without a base ----------------------------------------------------------------------------


def test_without_a_base_each_difference_is_a_conflict():
    found = merge(None, [A, ("#b", "b = 2")], [A, B, C])
    assert conflicts_of(found) == [("#b", "b = 2")]
    assert removed_from(found) == ["#c"]
    assert found.count == 2


# --- resolving conflicts -----------------------------------------------------------------------


@pytest.fixture
def disputed() -> ModuleEdits:
    """A conflict about a cell, one about a cell that is gone, a clean edit, and text outside."""
    base = module_text(A, B, C)
    disk = module_text(("#a", "a = 2"), ("#b", "b = 2"), ("#c", "c = 2"), head="# head\nMORE")
    new = [("#a", "a = 3"), C]
    found = merge_module(module_of(*new), base, disk, module_text(*new))
    assert conflicts_of(found) == [("#a", "a = 2"), (None, "b = 2")]
    return found


def test_the_module_wins(disputed):
    disputed.take_module()
    assert edits_of(disputed) == [("#c", "c = 2"), ("#a", "a = 2")]
    assert disputed.added == [AddedCell(None, "b = 2", 10)]
    assert disputed.conflicts == []
    assert disputed.outside == ["# head\nMORE"]


def test_the_notebook_wins(disputed):
    disputed.take_notebook()
    assert edits_of(disputed) == [("#c", "c = 2")]
    assert (disputed.added, disputed.conflicts, disputed.outside) == ([], [], [])


# --- which section is which --------------------------------------------------------------------


def matches(base: Cells, other: Cells, numbers_hold: bool = True) -> dict[str, str]:
    """The pairs that `match_sections` finds, as the codes of the cells."""
    known = markers_of(module_text(*base), module_text(*other))
    base_sections = split_sections(module_text(*base), FOLDER, known)
    other_sections = split_sections(module_text(*other), FOLDER, known)
    pairs = match_sections(base_sections, other_sections, numbers_hold)
    return {base_sections[i].code: other_sections[n].code for i, n in pairs.items()}


def test_sections_are_matched_by_their_keys_wherever_they_are():
    assert matches([A, B], [("#b", "x"), ("#a", "y")]) == {"a = 1": "y", "b = 1": "x"}


def test_numbers_hold_in_a_module_but_not_in_a_notebook():
    base = [("1", "a"), ("2", "b")]
    shifted = [("1", "new"), ("2", "a"), ("3", "b")]
    assert matches(base, shifted, numbers_hold=True) == {"a": "new", "b": "a"}
    assert matches(base, shifted, numbers_hold=False) == {"a": "a", "b": "b"}


def test_ids_hold_in_notebooks_too():
    assert matches([A], [("#x", "a = 1"), ("#a", "y")], numbers_hold=False) == {"a = 1": "y"}


def test_a_cell_with_another_id_is_another_cell_whatever_its_code():
    assert matches([A], [("#b", "a = 1")]) == {}


def test_sections_without_keys_are_matched_by_code_and_order():
    base = [("", "a"), ("", "b"), ("", "c")]
    assert matches(base, [("", "b"), ("", "c")]) == {"b": "b", "c": "c"}
    assert matches(base, [("", "a"), ("", "x"), ("", "c")]) == {"a": "a", "b": "x", "c": "c"}
    assert matches(base, [("", "a"), ("", "x"), ("", "y"), ("", "c")]) == {"a": "a", "c": "c"}


def test_a_key_that_the_module_has_twice_does_not_identify_a_cell():
    """A person copied a section, marker and all, and edited the copy."""
    copy = ("#a", "copy")
    for disk in ([copy, A, B], [A, copy, B]):
        assert matches([A, B], disk) == {"a = 1": "a = 1", "b = 1": "b = 1"}
        found = merge([A, B], disk, [A, B])
        assert (found.edits, found.outside) == ([], ["copy"])


def test_a_key_that_was_generated_twice_does_not_identify_a_cell():
    """The notebook has two cells with one id, and a person deleted the first one's section."""
    twice = [("#a", "first"), ("#a", "second")]
    assert matches(twice, twice) == {"first": "first", "second": "second"}
    assert matches(twice, twice[1:]) == {"second": "second"}
    found = merge(twice, twice[1:], twice)
    assert found.edits == []
    assert [cell.parsed.code for cell in found.removed] == ["first"]
