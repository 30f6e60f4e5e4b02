"""An update is worked out to its end: it holds each edit once, and leaves nothing to do."""

import pytest
from conftest import cell_sources, edit_module, edit_notebook

from literate.compile import compile_project, update, update_notebooks
from literate.compile.edits import EditConflictError, UncarriedEditsError
from literate.diagnostics import UserError

LAYOUTS = ["cell_ids = True", "", "cell_number = False"]
CELLS = [
    "#| default_exp a",
    "#| export\nimport os\na = 1",
    "assert a",
    "#| export\nb = 1",
    "#| export\nc = 1",
]


@pytest.fixture(params=LAYOUTS, ids=["ids", "numbers", "neither"])
def project(request, make_project):
    made = make_project({"00_a": CELLS, "01_b": ["#| export\nd = 1"]}, request.param)
    compile_project(made)
    return made


def module_text(project, name="a"):
    return (project.lib_path / f"{name}.py").read_text()


def is_at_rest(project):
    return update_notebooks(project)[0] == [] and compile_project(project)[1].changed == ()


def state(project):
    return cell_sources(project), cell_sources(project, "01_b"), module_text(project)


def reorder(project, *order):
    """Put the sections of the module into another order."""
    head, *sections = module_text(project).split("\n\n# %% ../")
    body = [f"# %% ../{sections[index].rstrip()}" for index in order]
    (project.lib_path / "a.py").write_text("\n\n".join([head, *body]) + "\n")


# --- each edit exactly once --------------------------------------------------------------------


def test_an_update_that_would_lose_a_line_is_refused(project, monkeypatch):
    edit_module(project, "b = 1", "b = 1\nprecious = 1")
    before = state(project)
    monkeypatch.setattr(update, "edited_source", lambda *_: "#| export\nb = 1")
    with pytest.raises(UncarriedEditsError, match="cannot be carried(.|\n)*precious = 1"):
        update_notebooks(project)
    assert state(project) == before


def test_a_conflict_holds_back_the_whole_update(project):
    edit_module(project, "b = 1", "b = 'module'")
    edit_module(project, "c = 1", "c = 'module'")
    edit_notebook(project, "c = 1", "c = 'notebook'")
    before = state(project)
    with pytest.raises(EditConflictError, match=r"a.py:\d+: .*00_a.ipynb:cell 5 \(\w+\):2 "):
        update_notebooks(project)
    assert state(project) == before


@pytest.mark.parametrize("line", ["#| exporti", "#| default_exp other", "#| exprot", "#export"])
def test_a_directive_that_changes_what_a_cell_is_is_refused(project, line):
    edit_module(project, "b = 1", f"{line}\nb = 1")
    before = state(project)
    with pytest.raises(UserError, match="directive"):
        update_notebooks(project)
    with pytest.raises(UncarriedEditsError) as error:
        compile_project(project)
    assert "--update" not in str(error.value)
    assert state(project) == before


def test_another_directive_goes_into_the_cell(project):
    edit_module(project, "b = 1", "#| hide\nb = 2")
    update_notebooks(project)
    assert cell_sources(project)[3] == "#| export\n#| hide\nb = 2"
    assert module_text(project).count("b = 2") == 1
    assert is_at_rest(project)


@pytest.mark.parametrize("typed", ["#| export", "#|export", "#export", "#| exporti"])
def test_the_directive_of_a_new_section_is_not_repeated(project, typed):
    edit_module(project, "b = 1\n", f"b = 1\n\n# %%\n{typed}\nnew = 1\n")
    update_notebooks(project)
    word = "exporti" if "exporti" in typed else "export"
    assert cell_sources(project)[4] == f"#| {word}\nnew = 1"
    assert is_at_rest(project)


@pytest.mark.parametrize("typed", ["#| exporti", "#exporti"])
def test_words_behind_the_marker_stand_below_the_directive(project, typed):
    edit_module(project, "b = 1\n", f"b = 1\n\n# %% A remark\n{typed}\nnew = 1\n")
    update_notebooks(project)
    assert cell_sources(project)[4] == "#| exporti\n# A remark\nnew = 1"
    assert is_at_rest(project)


@pytest.mark.parametrize("typed", ["#| default_exp other\n#| export", "#| exportd"])
def test_a_new_section_does_not_move_the_module(project, typed):
    edit_module(project, "b = 1\n", f"b = 1\n\n# %%\n{typed}\nnew = 1\n")
    with pytest.raises(UserError, match="cannot be carried"):
        update_notebooks(project)
    assert cell_sources(project) == CELLS


def test_a_marker_in_a_string_begins_no_cell(make_project):
    """It is the very marker of another cell."""
    for line in ("# %% ../nbs/00_a.ipynb 2", "# %% ../nbs/00_a.ipynb 1", "# %%", "# %% auto 0"):
        cells = [CELLS[0], f"#| export\ntext = '''\n{line}\n'''\n{line}\nx = 1", "#| export\ny = 1"]
        project = make_project({"00_a": cells})
        compile_project(project, force=True)
        edit_module(project, "y = 1", "y = 2")
        edit_module(project, "x = 1", f"x = '''\n{line}\n'''")
        update_notebooks(project)
        assert cell_sources(project)[1:] == [
            cells[1].replace("x = 1", f"x = '''\n{line}\n'''"),
            "#| export\ny = 2",
        ]
        assert is_at_rest(project)


# --- order -------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 0, 1), (2, 1, 0), (1, 2, 0)])
def test_cells_move_as_their_sections_did(project, order):
    reorder(project, *order)
    edit_module(project, "b = 1", "b = 2")
    with pytest.raises(UncarriedEditsError, match="sections in another order"):
        compile_project(project)
    carried, _ = update_notebooks(project)
    assert {edit.kind for edit in carried} == {"changed", "moved"}
    exported = [CELLS[1], CELLS[3].replace("b = 1", "b = 2"), CELLS[4]]
    found = [source for source in cell_sources(project) if source in exported]
    assert found == [exported[index] for index in order]
    assert sorted(cell_sources(project)) == sorted([CELLS[0], CELLS[2], *exported])
    assert is_at_rest(project)


def test_an_order_that_notebooks_cannot_have_is_refused(make_project):
    """Cells of a later notebook stand below those of an earlier one."""
    project = make_project({"00_a": CELLS, "01_b": ["#| export a\nd = 1"]})
    compile_project(project)
    reorder(project, 3, 0, 1, 2)
    before = module_text(project)
    for action in (compile_project, update_notebooks):
        with pytest.raises(UncarriedEditsError, match="an order that the notebooks cannot have"):
            action(project)
    assert module_text(project) == before
    assert cell_sources(project) == CELLS


# --- notebooks ---------------------------------------------------------------------------------


def test_an_edit_follows_a_notebook_that_was_renamed(project):
    edit_module(project, "b = 1", "b = 2")
    path = project.nbs_path / "00_a.ipynb"
    path.rename(path.with_name("00_new.ipynb"))
    update_notebooks(project)
    assert cell_sources(project, "00_new") == [*CELLS[:3], "#| export\nb = 2", CELLS[4]]
    assert is_at_rest(project)


def test_only_chosen_notebooks_are_touched(project):
    edit_module(project, "b = 1", "b = 2")
    edit_module(project, "d = 1", "d = 2", "b")
    update_notebooks(project, chosen=[project.nbs_path / "00_a.ipynb"])
    assert cell_sources(project)[3] == "#| export\nb = 2"
    assert cell_sources(project, "01_b") == ["#| export\nd = 1"]
    assert "d = 2" in module_text(project, "b")
    update_notebooks(project)
    assert cell_sources(project, "01_b") == ["#| export\nd = 2"]


def test_a_notebook_that_shares_an_edited_module_must_be_chosen_too(make_project):
    project = make_project({"00_a": CELLS, "01_b": ["#| export a\nd = 1"]})
    compile_project(project)
    edit_module(project, "b = 1", "b = 2")
    edit_module(project, "d = 1", "d = 2")
    with pytest.raises(UncarriedEditsError, match="add nbs/01_b.ipynb to the command"):
        update_notebooks(project, chosen=[project.nbs_path / "00_a.ipynb"])
    assert cell_sources(project) == CELLS


# --- black -------------------------------------------------------------------------------------


def test_an_edit_of_formatted_code_is_carried(make_project):
    pytest.importorskip("black")
    cell = "#| export\nx = {  'a': 1,\n       'b': 2 }  # one\ny = [1,\n     2]  # two\nz = 1"
    project = make_project({"00_a": [cell]}, "black_formatting = True")
    compile_project(project)
    edit_module(project, "z = 1", "z = 2\nw={'c':1}")
    edit_module(project, "y = [1, 2]", "y = [1, 3]")
    update_notebooks(project)
    expected = cell.replace("z = 1", "z = 2\nw={'c':1}").replace("y = [1,\n     2]", "y = [1, 3]")
    assert cell_sources(project) == [expected]
    assert 'w = {"c": 1}' in module_text(project)
    assert is_at_rest(project)
