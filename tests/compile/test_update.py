"""Edits made in modules: carried back to the cell they belong to, or refused; never lost."""

import json
import shutil

import pytest
from conftest import cell_sources, edit_module, edit_notebook, notebook

from literate.compile import compile_project, update_notebooks
from literate.compile.edits import EditConflictError, UncarriedEditsError
from literate.diagnostics import UserError
from literate.notebook import read_notebook
from literate.project import Project

LAYOUTS = ["cell_ids = True", "", "cell_number = False"]
CELLS = [
    "md:# A",
    "#export\nimport os\nfrom lib.b import y\n",
    "assert f() == 1",
    "#export\n# a remark\ndef f():\n    return 1\n\n",
    "#exporti\nz = 3",
]
SOURCES = [cell.removeprefix("md:") for cell in CELLS]


@pytest.fixture(params=LAYOUTS, ids=["ids", "numbers", "neither"])
def project(request, make_project):
    made = make_project({"00_a": CELLS, "01_b": ["#export\ny = 1"]}, request.param)
    compile_project(made)
    return made


def module_text(project: Project, name: str = "a") -> str:
    return (project.lib_path / f"{name}.py").read_text()


def change_cells(project: Project, change) -> None:
    """Change the list of cells of the notebook 00_a."""
    path = project.nbs_path / "00_a.ipynb"
    data = json.loads(path.read_text())
    change(data["cells"])
    path.write_text(json.dumps(data, indent=1))


def delete_section(project: Project, code: str) -> None:
    """Delete the last section of the module a, which holds this code."""
    text = module_text(project)
    start = text.rindex("\n\n# %%")
    assert code in text[start:]
    (project.lib_path / "a.py").write_text(text[:start] + "\n")


# --- changed cells -----------------------------------------------------------------------------


def test_an_edit_goes_to_its_cell_and_nowhere_else(project):
    before = (project.nbs_path / "00_a.ipynb").read_text()
    edit_module(project, "    return 1\n", "    x = 2\n    return x\n")
    (carried,), result = update_notebooks(project)
    assert str(carried).startswith("nbs/00_a.ipynb:cell 4 ")
    assert (carried.kind, carried.cell_index) == ("changed", 3)
    assert result.changed == ()
    after = (project.nbs_path / "00_a.ipynb").read_text()
    assert after == before.replace('"    return 1\\n"', '"    x = 2\\n",\n    "    return x\\n"')
    assert update_notebooks(project)[0] == []
    assert compile_project(project)[1].changed == ()


def test_relative_imports_become_absolute_again(project):
    edited = "from .b import (y,\n    y2)\nfrom . import b; from .c.d import e"
    edit_module(project, "from .b import y", edited)
    update_notebooks(project)
    imports = "from lib.b import (y,\n    y2)\nfrom lib import b; from lib.c.d import e\n"
    assert cell_sources(project)[1] == f"#export\nimport os\n{imports}"


def test_cells_that_moved_in_the_notebook_are_found_by_what_they_are(project):
    """A cell is inserted above before the edit comes back: nbdev 2 then edits the wrong cell."""
    new = json.loads(notebook("md:New."))["cells"][0] | {"id": "new"}
    change_cells(project, lambda cells: cells.insert(1, new))
    edit_module(project, "return 1", "return 11")
    update_notebooks(project)
    sources = cell_sources(project)
    assert sources[1] == "New."
    assert sources[2].startswith("#export\nimport os")
    assert "return 11" in sources[4]


def test_directives_options_and_magic_stay(make_project):
    source = "#| default_exp a\n#| export\n\n#| eval: false\nx = 1\ny = 2\n\n"
    project = make_project({"00_a": [source]})
    compile_project(project)
    edit_module(project, "x = 1", "x = 10")
    update_notebooks(project)
    assert cell_sources(project) == [source.replace("x = 1", "x = 10")]


def test_lifted_future_imports_survive_an_edit(make_project):
    cells = ["#export\nimport os", "#export\nfrom __future__ import annotations\nx = 1"]
    project = make_project({"00_a": cells}, "cell_ids = True")
    compile_project(project)
    edit_module(project, "x = 1", "x = 2")
    update_notebooks(project)
    assert cell_sources(project)[1] == "#export\nfrom __future__ import annotations\nx = 2"


def test_cell_markers_inside_of_cells_are_code(make_project):
    """Editors put them into comments, and a string may hold a script."""
    cells = [
        "#export\n# %% Plots\ndef f():\n    return 1",
        "#export\ns = '''\n# %%\nx = 1\n'''",
        "#export\ny = 1",
    ]
    project = make_project({"00_a": cells})
    compile_project(project)
    edit_module(project, "y = 1", "y = 2")
    edit_module(project, "return 1", "return 2")
    edit_module(project, "y = 2\n", "y = 2\n\n# %% New\nz = 3\n")
    update_notebooks(project)
    assert cell_sources(project) == [
        cells[0].replace("return 1", "return 2"),
        cells[1],
        "#export\ny = 2",
        "#export\n# New\nz = 3",
    ]
    assert compile_project(project)[1].changed == ()


def test_line_ends_are_no_edit_and_do_not_get_into_a_cell(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    module = project.lib_path / "a.py"
    edited = module.read_bytes().replace(b"x = 1", b"x = 1\rfrom . import b\ry = 1")
    module.write_bytes(edited.replace(b"\n", b"\r\n"))
    update_notebooks(project)
    assert cell_sources(project) == ["#export\nx = 1\nfrom lib import b\ny = 1"]
    assert b"\r" not in module.read_bytes()
    module.write_bytes(module.read_bytes().replace(b"\n", b"\r\n"))
    compile_project(project)
    assert b"\r" not in module.read_bytes()


def test_a_notebook_without_ids_stays_one(make_project):
    cells = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": s}
        for s in ["#export\nx = 1", "y"]
    ]
    text = notebook(*cells).replace('"nbformat_minor": 5', '"nbformat_minor": 2')
    project = make_project({"00_a": text}, "cell_ids = True")
    compile_project(project)
    edit_module(project, "x = 1", "x = 2")
    update_notebooks(project)
    path = project.nbs_path / "00_a.ipynb"
    assert path.read_text() == text.replace("x = 1", "x = 2")
    assert compile_project(project)[1].changed == ()


# --- added cells -------------------------------------------------------------------------------


def test_a_new_section_becomes_a_new_exported_cell_in_its_place(project):
    section = "# %% A helper\ndef g():\n    return 2\n"
    edit_module(project, "    return 1\n", f"    return 1\n\n{section}")
    (carried,), _ = update_notebooks(project)
    assert cell_sources(project)[4] == "#export\n# A helper\ndef g():\n    return 2"
    assert carried.kind == "added"
    assert "+ a new cell after it <- lib/a.py:" in str(carried)
    assert "'g'" in module_text(project)
    assert compile_project(project)[1].changed == ()


def test_several_new_sections_become_cells_in_their_places_and_in_their_order(project):
    new = [f"# %%\nn{number} = 1\n" for number in range(5)]
    edit_module(project, "import y\n", f"import y\n\n{new[0]}\n{new[1]}\n{new[2]}")
    edit_module(project, "z = 3\n", f"z = 3\n\n{new[3]}\n{new[4]}")
    edit_module(project, "return 1", "return 2")
    update_notebooks(project)
    assert cell_sources(project) == [
        *SOURCES[:2],
        *("#export\nn0 = 1", "#export\nn1 = 1", "#export\nn2 = 1"),
        SOURCES[2],
        SOURCES[3].replace("return 1", "return 2"),
        SOURCES[4],
        *("#export\nn3 = 1", "#export\nn4 = 1"),
    ]
    assert compile_project(project)[1].changed == ()


def test_a_section_above_all_cells_becomes_a_cell_above_them(project):
    text = module_text(project)
    start = text.index("# %% ../nbs")
    (project.lib_path / "a.py").write_text(f"{text[:start]}# %%\nn = 1\n\n{text[start:]}")
    (carried,), _ = update_notebooks(project)
    assert str(carried).startswith("nbs/00_a.ipynb:cell 2 (00000001) + a new cell before it <-")
    assert cell_sources(project) == [SOURCES[0], "#export\nn = 1", *SOURCES[1:]]


def test_a_new_cell_exports_to_the_module_of_the_cell_above(make_project):
    project = make_project({"00_a": ["#| default_exp a", "#| export b\nx = 1"]})
    compile_project(project)
    edit_module(project, "x = 1\n", "x = 1\n\n# %%\ny = 2\n", "b")
    update_notebooks(project)
    assert cell_sources(project)[2] == "#| export b\ny = 2"


def test_a_new_cell_has_an_id_of_its_own(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]}, "cell_ids = True")
    compile_project(project)
    edit_module(project, "x = 1\n", "x = 1\n\n# %%\ny = 2\n\n# %%\ny = 2\n")
    update_notebooks(project)
    ids = [cell.given_id for cell in read_notebook(project.nbs_path / "00_a.ipynb").cells]
    assert len(set(ids)) == 3
    assert cell_sources(project) == ["#export\nx = 1", "#export\ny = 2", "#export\ny = 2"]


def test_a_cell_is_added_to_a_file_with_a_byte_order_mark(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    path = project.nbs_path / "00_a.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    compile_project(project)
    edit_module(project, "x = 1\n", "x = 1\n\n# %%\ny = 2\n")
    update_notebooks(project)
    assert cell_sources(project) == ["#export\nx = 1", "#export\ny = 2"]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf{")


# --- removed cells -----------------------------------------------------------------------------


def test_a_removed_section_is_removed_only_on_request(project):
    delete_section(project, "z = 3")
    before = module_text(project)
    with pytest.raises(UncarriedEditsError, match="1 removed"):
        compile_project(project)
    with pytest.raises(UncarriedEditsError, match="cell 5 .*--update --prune removes the cell"):
        update_notebooks(project)
    assert module_text(project) == before
    notebook = next(project.nbs_path.glob("*.ipynb"))
    text = notebook.read_text()
    (carried,), _ = update_notebooks(project, prune=True)
    assert carried.kind == "removed"
    assert cell_sources(project) == SOURCES[:4]
    assert "z = 3" not in module_text(project)
    kept = project.state_dir / "history" / notebook.relative_to(project.root) / "1.ipynb"
    assert kept.read_text() == text


def test_a_section_that_is_removed_does_not_take_a_change_of_the_notebook_with_it(project):
    delete_section(project, "z = 3")
    edit_notebook(project, "z = 3", "z = 'precious'")
    for prune in (False, True):
        with pytest.raises(EditConflictError, match="deleted here and changed in .*cell 5"):
            update_notebooks(project, prune=prune)
    assert cell_sources(project)[4] == "#exporti\nz = 'precious'"
    update_notebooks(project, prefer="notebook")
    assert "z = 'precious'" in module_text(project)


def test_cells_are_removed_changed_and_added_in_one_step(project):
    delete_section(project, "z = 3")
    edit_module(project, "import os", "import sys")
    edit_module(project, "return 1\n", "return 1\n\n# %%\nn = 1\n")
    update_notebooks(project, prune=True)
    changed = SOURCES[1].replace("import os", "import sys")
    assert cell_sources(project) == [SOURCES[0], changed, *SOURCES[2:4], "#export\nn = 1"]


# --- both sides --------------------------------------------------------------------------------


def test_edits_of_different_cells_on_both_sides_meet(project):
    edit_notebook(project, "z = 3", "z = 4")
    edit_module(project, "return 1", "return 2")
    with pytest.raises(UncarriedEditsError):
        compile_project(project)
    update_notebooks(project)
    assert "return 2" in module_text(project) and "z = 4" in module_text(project)
    assert "return 2" in cell_sources(project)[3]


def test_the_same_change_on_both_sides_is_none(project):
    edit_notebook(project, "return 1", "return 5")
    edit_module(project, "return 1", "return 5")
    compile_project(project)
    assert "return 5" in module_text(project)


def test_a_cell_changed_on_both_sides_is_a_conflict_and_nothing_is_written(project):
    edit_notebook(project, "return 1", "return 'notebook'")
    edit_module(project, "return 1", "return 'module'")
    before = cell_sources(project), module_text(project)
    for attempt in (compile_project, update_notebooks):
        with pytest.raises(EditConflictError) as error:
            attempt(project)
        message = str(error.value)
        assert "-    return 'notebook'\n    +    return 'module'" in message
        assert "nbs/00_a.ipynb:cell 4" in message
        assert "use --prefer notebook, or --update --prefer module" in message
    assert (cell_sources(project), module_text(project)) == before
    update_notebooks(project, force=True)
    assert "return 'module'" in cell_sources(project)[3]


def test_an_edit_of_a_cell_that_the_notebook_has_no_more_is_a_conflict(project):
    change_cells(project, lambda cells: cells.pop(4))
    edit_module(project, "z = 3", "z = 'precious'")
    with pytest.raises(EditConflictError, match="no longer contains this cell"):
        update_notebooks(project)


def test_without_a_baseline_nothing_tells_which_side_was_edited(project):
    shutil.rmtree(project.state_dir)
    edit_module(project, "return 1", "return 2")
    with pytest.raises(EditConflictError):
        update_notebooks(project)
    update_notebooks(project, force=True)
    assert "return 2" in cell_sources(project)[3]


# --- what is refused ---------------------------------------------------------------------------


def test_text_outside_of_any_cell_is_shown_and_kept(project):
    edit_module(project, "__all__ = ", "PRECIOUS = 1\n__all__ = ")
    with pytest.raises(UncarriedEditsError, match="edited outside of any cell(.|\n)*PRECIOUS"):
        update_notebooks(project)
    with pytest.raises(UncarriedEditsError, match="1 outside of any cell"):
        compile_project(project)
    assert "PRECIOUS" in module_text(project)


def test_code_that_is_no_python_is_refused(project):
    edit_module(project, "return 1", "return (")
    with pytest.raises(UserError, match=r"lib/a.py:\d+:\d+: error: '\(' was never closed"):
        update_notebooks(project)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("-" * 9999 + "1", "nested too deeply|too complex"),
        ("1\nfrom .. import y", "from beyond the package"),
        ("1\n\n# %%\ny = (", r"lib/a.py:10:5: error: '\(' was never closed"),
    ],
)
def test_what_no_cell_can_take_is_refused(make_project, code, message):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    edit_module(project, "x = 1", f"x = {code}")
    with pytest.raises(UserError, match=message):
        update_notebooks(project)
    assert cell_sources(project) == ["#export\nx = 1"]


# --- a side wins -------------------------------------------------------------------------------


@pytest.fixture
def disputed(project):
    """The function was changed on both sides, and z only in the module."""
    edit_notebook(project, "return 1", "return 'notebook'")
    edit_module(project, "return 1", "return 'module'")
    edit_module(project, "z = 3", "z = 'module'")
    return project


def add_outside(project: Project) -> None:
    edit_module(project, "__all__ = ", "OUTSIDE = 1\n__all__ = ")


@pytest.mark.parametrize("options", [{"prefer": "module"}, {"force": True}], ids=str)
def test_the_module_wins(disputed, options):
    carried, _ = update_notebooks(disputed, **options)
    assert sorted(edit.cell_index for edit in carried) == [3, 4]
    function, z = cell_sources(disputed)[3:]
    assert "return 'module'" in function
    assert z == "#exporti\nz = 'module'"
    assert compile_project(disputed)[1].changed == ()


def test_the_notebook_wins(disputed):
    (carried,), _ = update_notebooks(disputed, prefer="notebook")
    assert carried.cell_index == 4
    function, z = cell_sources(disputed)[3:]
    assert "return 'notebook'" in function
    assert z == "#exporti\nz = 'module'"
    assert "return 'notebook'" in module_text(disputed)
    assert "z = 'module'" in module_text(disputed)
    assert compile_project(disputed)[1].changed == ()


def test_the_module_wins_a_cell_that_the_notebook_lost(project):
    change_cells(project, lambda cells: cells.pop(4))
    edit_module(project, "z = 3", "z = 'module'")
    update_notebooks(project, prefer="module")
    assert cell_sources(project)[4] == "#export\nz = 'module'"


def test_the_notebook_wins_a_cell_that_it_lost(project):
    change_cells(project, lambda cells: cells.pop(4))
    edit_module(project, "z = 3", "z = 'module'")
    assert update_notebooks(project, prefer="notebook")[0] == []
    assert len(cell_sources(project)) == 4
    assert "z = " not in module_text(project)


def test_where_the_module_wins_text_outside_of_cells_is_refused(disputed):
    add_outside(disputed)
    before = cell_sources(disputed), module_text(disputed)
    with pytest.raises(UncarriedEditsError, match="OUTSIDE"):
        update_notebooks(disputed, prefer="module")
    assert (cell_sources(disputed), module_text(disputed)) == before


@pytest.mark.parametrize("options", [{"prefer": "notebook"}, {"force": True}], ids=str)
def test_where_the_notebook_wins_text_outside_of_cells_is_given_up(disputed, options):
    add_outside(disputed)
    update_notebooks(disputed, **options)
    assert "OUTSIDE" not in module_text(disputed)
    assert cell_sources(disputed)[4] == "#exporti\nz = 'module'"
    assert compile_project(disputed)[1].changed == ()


@pytest.mark.parametrize("prefer", ["module", "notebook"])
def test_without_a_baseline_a_side_wins_everywhere(project, prefer):
    shutil.rmtree(project.state_dir)
    edit_module(project, "return 1", "return 'module'")
    update_notebooks(project, prefer=prefer)
    assert ("'module'" in cell_sources(project)[3]) == (prefer == "module")
    assert ("'module'" in module_text(project)) == (prefer == "module")


@pytest.mark.parametrize("prefer", ["module", "notebook"])
def test_a_dry_run_writes_nothing_whichever_side_wins(disputed, prefer):
    before = cell_sources(disputed), module_text(disputed)
    carried, result = update_notebooks(disputed, dry=True, prefer=prefer)
    assert len(carried) == (2 if prefer == "module" else 1)
    assert result is None
    assert (cell_sources(disputed), module_text(disputed)) == before
