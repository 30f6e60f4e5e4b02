"""Edits in a module are told apart, cell by cell."""

import ast
from pathlib import Path

import pytest

from literate.compile.merge import merge_module
from literate.compile.module import Module, ModuleCell
from literate.compile.module_edits import ModuleEdits
from literate.directives import ParsedCell
from literate.markers import Issued, auto_marker, cell_marker, issued_by_look
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


def issued(*cells: tuple[str, str], head: str = "# head") -> Issued:
    return issued_by_look(module_text(*cells, head=head))


def merge(base: Cells | None, disk: Cells, new: Cells) -> ModuleEdits:
    known = None if base is None else issued(*base)
    return merge_module(module_of(*new), known, module_text(*disk), issued(*new))


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
    assert edit.line == 10  # of the code
    assert found.count == 1


def test_sections_with_the_same_text_have_different_lines():
    found = merge([A], [A, (NEW, "n = 1"), (NEW, "n = 1")], [A])
    assert [added.line for added in found.added] == [10, 13]


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


def test_a_cell_that_was_deleted_in_the_module_and_changed_in_the_notebook_is_a_conflict():
    found = merge([A, B], [A], [A, ("#b", "b = 2")])
    assert conflicts_of(found) == [("#b", "")]
    assert found.conflicts[0].is_deletion
    assert found.count == 1


def test_a_section_without_its_code_is_deleted():
    assert removed_from(merge([A, B], [A, ("#b", "\n\n")], [A, B])) == ["#b"]


def test_blank_lines_around_sections_are_nobodys_edit():
    disk = module_text(A, B).replace("b = 1", "\n\nb = 1\n\n \n")
    assert merge_module(module_of(A, B), issued(A, B), disk, issued(A, B)).count == 0


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
    found = merge_module(module_of(A), issued(A), disk, issued(A))
    assert added_to(found) == [("#a", "# A helper\nn = 1")]


def test_a_copy_of_a_section_is_a_new_cell():
    """A person copied a section, marker and all, and edited the copy."""
    copy = ("#a", "copy = 1")
    for disk in ([copy, A, B], [A, copy, B]):
        found = merge([A, B], disk, [A, B])
        assert (found.edits, [added.code for added in found.added]) == ([], ["copy = 1"])


@pytest.mark.parametrize("remark", ["[markdown]", "Title [md]", "[raw]"])
def test_a_section_of_text_becomes_no_code(remark):
    disk = f"{module_text(A)}\n# %% {remark}\n# some prose\n"
    found = merge_module(module_of(A), issued(A), disk, issued(A))
    assert [outside.text for outside in found.outside] == ["# some prose"]
    assert found.count == 1


# --- above the cells ---------------------------------------------------------------------------


def test_text_above_the_cells_belongs_to_no_cell():
    disk = module_text(A, head="# head\nPRECIOUS = 1")
    (outside,) = merge_module(module_of(A), issued(A), disk, issued(A)).outside
    assert (outside.text, outside.line, outside.hint) == ("PRECIOUS = 1", 2, None)


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("# head", "# another head", "below the title of the notebook"),
        ("__all__ = []", "__all__ = ['a']", "write _all_ = ['name'] in an exported cell"),
        ("# %% auto #0\n__all__ = []", "", "take it back"),
    ],
)
def test_generated_lines_above_the_cells_cannot_be_edited(old, new, hint):
    disk = module_text(A).replace(old, new)
    (outside,) = merge_module(module_of(A), issued(A), disk, issued(A)).outside
    assert hint in outside.hint


@pytest.mark.parametrize(
    ("docstring", "is_edited"),
    [
        ('"""One.\n\nTwo."""', False),
        ('r"""Two."""', False),
        ('"""One.\n\nPRECIOUS"""', True),
        ('"""One."""\nPRECIOUS = 1', True),
        ("PRECIOUS = 1", True),
    ],
)
def test_a_docstring_with_fewer_lines_of_the_title_cell_is_not_an_edit(docstring, is_edited):
    """Another version of nbdev took less of the cell."""
    head = '"""One.\n\nTwo.\n\nThree."""\n# head'
    made = issued(A, head=head)
    disk = module_text(A, head=f"{docstring}\n# head")
    found = merge_module(module_of(A), made, disk, made)
    assert bool(found.outside) == is_edited


@pytest.mark.parametrize("above", ["# head", "__all__ = []"])
@pytest.mark.parametrize(
    ("cells", "edited"),
    [
        ([A, ("#b", "'doc'\nimport os")], ("#b", "'doc'\nimport sys\nimport os")),
        ([A, C], ("#a", "import sys\na = 1")),
        ([("#a", "'doc'"), C], ("#a", "'doc'\nimport sys")),
    ],
)
def test_an_import_above_the_cells_goes_to_the_first_cell_that_imports(above, cells, edited):
    disk = module_text(*cells).replace(above, f"{above}\nimport sys\n")
    found = merge_module(module_of(*cells), issued(*cells), disk, issued(*cells))
    assert edits_of(found) == [edited]
    assert found.count == 1


def test_an_import_into_a_module_without_cells_belongs_to_no_cell():
    disk = module_text(head="# head\nimport sys")
    found = merge_module(module_of(), issued(), disk, issued())
    assert [outside.text for outside in found.outside] == ["import sys"]


def test_a_head_that_the_notebook_changed_is_not_an_edit():
    new = issued(A, head="# another head")
    assert merge_module(module_of(A), issued(A), module_text(A), new).count == 0
    assert merge_module(module_of(A), issued(A), new.text, new).count == 0


# --- both sides --------------------------------------------------------------------------------

LINES = "a = 1\nb = 2\nc = 3\nd = 4\ne = 5"


def test_changes_of_different_lines_of_a_cell_are_merged():
    module, notebook = LINES.replace("a = 1", "a = 11"), LINES.replace("e = 5", "e = 55")
    found = merge([("#a", LINES)], [("#a", module)], [("#a", notebook)])
    assert edits_of(found) == [("#a", module.replace("e = 5", "e = 55"))]
    assert found.edits[0].generated == notebook
    assert found.count == 1


def test_an_edit_that_the_notebook_has_taken_over_is_none():
    module, notebook = LINES.replace("a = 1", "a = 11"), LINES.replace("e = 5", "e = 55")
    merged = module.replace("e = 5", "e = 55")
    assert merge([("#a", LINES)], [("#a", module)], [("#a", merged)]).count == 0
    assert edits_of(merge([("#a", LINES)], [("#a", merged)], [("#a", notebook)])) == [
        ("#a", merged)
    ]


def test_a_conflict_names_the_first_lines_that_overlap():
    module = LINES.replace("a = 1", "a = 11").replace("d = 4", "d = 'module'")
    notebook = LINES.replace("d = 4", "z = 0\nd = 'notebook'")
    (conflict,) = merge([("#a", LINES)], [("#a", module)], [("#a", notebook)]).conflicts
    assert (conflict.line, conflict.line_in_code) == (7 + 3, 4)
    assert conflict.merged == module
    assert conflict.given_up == ("z = 0", "d = 'notebook'")


# --- the order ---------------------------------------------------------------------------------


def order_of(found: ModuleEdits) -> list[str | None]:
    return [key_of(cell) for cell in found.order]


def test_another_order_of_sections_is_an_edit():
    found = merge([A, B, C], [C, A, B], [A, B, C])
    assert order_of(found) == ["#c", "#a", "#b"]
    assert found.count == 1


def test_the_order_of_the_notebook_is_not_an_edit():
    assert merge([A, B, C], [A, B, C], [C, B, A]).count == 0
    assert merge([A, B, C], [C, B, A], [C, B, A]).count == 0


def test_cells_moved_on_both_sides_are_refused():
    (outside,) = merge([A, B, C], [C, A, B], [B, A, C]).outside
    assert "another order than in the notebook" in outside.message


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
    base = issued(A, B, C)
    disk = module_text(("#a", "a = 2"), ("#b", "b = 2"), ("#c", "c = 2"), head="# head\nMORE")
    new = [("#a", "a = 3"), C]
    found = merge_module(module_of(*new), base, disk, issued(*new))
    assert conflicts_of(found) == [("#a", "a = 2"), (None, "b = 2")]
    return found


def test_the_module_wins(disputed):
    disputed.take_module()
    assert edits_of(disputed) == [("#c", "c = 2"), ("#a", "a = 2")]
    assert added_to(disputed) == [("#a", "b = 2")]
    assert disputed.conflicts == []
    assert [outside.text for outside in disputed.outside] == ["MORE"]


def test_the_module_wins_a_cell_that_it_deleted():
    found = merge([A, B], [A], [A, ("#b", "b = 2")])
    found.take_module()
    assert (removed_from(found), found.conflicts) == (["#b"], [])


def test_the_notebook_wins(disputed):
    disputed.take_notebook()
    assert edits_of(disputed) == [("#c", "c = 2")]
    assert (disputed.added, disputed.conflicts, disputed.outside) == ([], [], [])


def test_two_cells_with_one_id_are_told_apart_by_their_code():
    """The notebook has two cells with one id, and a person deleted the first one's section."""
    twice = [("#a", "first"), ("#a", "second")]
    found = merge(twice, twice[1:], twice)
    assert found.edits == []
    assert [cell.parsed.code for cell in found.removed] == ["first"]
