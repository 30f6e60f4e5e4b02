"""Edits made in modules: carried back to the cell they belong to, or refused; never lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import notebook, rewrite

from literate.compile import compile_project, update_notebooks
from literate.compile.write import EditConflictError, UncarriedEditsError
from literate.diagnostics import UserError
from literate.notebook import read_notebook

LAYOUTS = ["cell_ids = True", "", "cell_number = False"]
CELLS = [
    "md:# A",
    "#export\nimport os\nfrom lib.b import y\n",
    "assert f() == 1",
    "%%time\n\n#export\n# a remark\ndef f():\n    return 1\n\n",
    "#exporti\nz = 3",
]


def edit(project, old: str, new: str, name: str = "a") -> None:
    path = project.lib_path / f"{name}.py"
    text = path.read_text()
    assert old in text
    rewrite(path, text.replace(old, new))


def sources(project, name: str = "00_a") -> list[str]:
    return [cell.source for cell in read_notebook(project.nbs_path / f"{name}.ipynb").cells]


@pytest.fixture(params=LAYOUTS, ids=["ids", "numbers", "neither"])
def project(request, make_project):
    cells = [c.replace("%%time\n\n", "") for c in CELLS]
    made = make_project({"00_a": cells, "01_b": ["#export\ny = 1"]}, request.param)
    compile_project(made)
    return made


def test_an_edit_goes_to_its_cell_and_nowhere_else(project):
    before = (project.nbs_path / "00_a.ipynb").read_text()
    edit(project, "    return 1\n", "    x = 2\n    return x\n")
    carried, written = update_notebooks(project)
    assert [str(c).split(" ")[0:2] for c in carried] == [["nbs/00_a.ipynb:cell", "4"]] and [
        p.name for p in written.changed
    ] == []
    after = (project.nbs_path / "00_a.ipynb").read_text()
    assert after == before.replace('"    return 1\\n"', '"    x = 2\\n",\n    "    return x\\n"')
    assert update_notebooks(project)[0] == [] and compile_project(project)[1].changed == ()


def test_relative_imports_become_absolute_again(project):
    edit(
        project,
        "from .b import y",
        "from .b import (y,\n    y2)\nfrom . import b; from .c.d import e",
    )
    update_notebooks(project)
    assert (
        sources(project)[1]
        == "#export\nimport os\nfrom lib.b import (y,\n    y2)\nfrom lib import b; from lib.c.d import e\n"
    )


def test_cells_that_moved_in_the_notebook_are_found_by_what_they_are(project):
    """The drift that makes nbdev 2 write an edit into the wrong cell: a cell inserted above, before the edit comes back."""
    path = project.nbs_path / "00_a.ipynb"
    data = json.loads(path.read_text())
    data["cells"].insert(1, json.loads(notebook("md:New."))["cells"][0] | {"id": "new"})
    path.write_text(json.dumps(data, indent=1))
    edit(project, "return 1", "return 11")
    update_notebooks(project)
    assert (
        "return 11" in sources(project)[4]
        and sources(project)[1] == "New."
        and sources(project)[2].startswith("#export\nimport os")
    )


def test_edits_of_different_cells_on_both_sides_meet(project):
    path = project.nbs_path / "00_a.ipynb"
    rewrite(path, path.read_text().replace("z = 3", "z = 4"))
    edit(project, "return 1", "return 2")
    with pytest.raises(UncarriedEditsError):
        compile_project(project)
    update_notebooks(project)
    text = (project.lib_path / "a.py").read_text()
    assert "return 2" in text and "z = 4" in text and "return 2" in sources(project)[3]


def test_a_cell_changed_on_both_sides_is_a_conflict_and_nothing_is_written(project):
    path = project.nbs_path / "00_a.ipynb"
    path.write_text(path.read_text().replace("return 1", "return 'notebook'"))
    edit(project, "return 1", "return 'module'")
    before = path.read_text(), (project.lib_path / "a.py").read_text()
    for attempt in (compile_project, update_notebooks):
        with pytest.raises(EditConflictError) as error:
            attempt(project)
        assert "-    return 'notebook'\n    +    return 'module'" in str(
            error.value
        ) and "nbs/00_a.ipynb:cell 4" in str(error.value)
    assert (path.read_text(), (project.lib_path / "a.py").read_text()) == before
    update_notebooks(project, force=True)
    assert "return 'module'" in sources(project)[3]


def test_the_same_change_on_both_sides_is_none(project):
    path = project.nbs_path / "00_a.ipynb"
    rewrite(path, path.read_text().replace("return 1", "return 5"))
    edit(project, "return 1", "return 5")
    assert "return 5" in (project.lib_path / "a.py").read_text() and compile_project(project)


def test_a_new_section_becomes_a_new_exported_cell_in_its_place(project):
    edit(project, "    return 1\n", "    return 1\n\n# %% A helper\ndef g():\n    return 2\n")
    (carried,), _ = update_notebooks(project)
    assert (
        sources(project)[4] == "#export\n# A helper\ndef g():\n    return 2"
        and carried.kind == "added"
    )
    assert (
        "'g'" in (project.lib_path / "a.py").read_text()
        and compile_project(project)[1].changed == ()
    )


def test_a_removed_section_comes_back_unless_pruned(project):
    text = (project.lib_path / "a.py").read_text()
    start = text.index("\n\n# %%", text.index("return 1"))
    (project.lib_path / "a.py").write_text(text[:start] + "\n")
    with pytest.raises(UncarriedEditsError, match="1 removed"):
        compile_project(project)
    update_notebooks(project, prune=True)
    assert len(sources(project)) == 4 and "z = 3" not in (project.lib_path / "a.py").read_text()


def test_text_outside_of_any_cell_is_shown_and_kept(project):
    edit(project, "__all__ = ", "PRECIOUS = 1\n__all__ = ")
    with pytest.raises(UncarriedEditsError, match="edited outside of any cell(.|\n)*PRECIOUS"):
        update_notebooks(project)
    with pytest.raises(UncarriedEditsError, match="1 outside of any cell"):
        compile_project(project)
    assert "PRECIOUS" in (project.lib_path / "a.py").read_text()


def test_an_edit_of_a_cell_that_the_notebook_has_no_more_is_a_conflict(project):
    path = project.nbs_path / "00_a.ipynb"
    data = json.loads(path.read_text())
    del data["cells"][4]
    path.write_text(json.dumps(data))
    edit(project, "z = 3", "z = 'precious'")
    with pytest.raises(EditConflictError, match="no longer contains this cell"):
        update_notebooks(project)


def test_code_that_is_no_python_is_refused(project):
    edit(project, "return 1", "return (")
    with pytest.raises(UserError, match=r"lib/a.py:\d+:\d+: error: '\(' was never closed"):
        update_notebooks(project)


def test_directives_options_and_magic_stay(make_project):
    project = make_project(
        {"00_a": ["#| default_exp a\n#| export\n\n#| eval: false\nx = 1\ny = 2\n\n"]}
    )
    compile_project(project)
    edit(project, "x = 1", "x = 10")
    update_notebooks(project)
    assert sources(project) == ["#| default_exp a\n#| export\n\n#| eval: false\nx = 10\ny = 2\n\n"]


def test_without_a_base_nobody_knows_whose_edit_it_is(project):
    import shutil

    shutil.rmtree(project.state_dir)
    edit(project, "return 1", "return 2")
    with pytest.raises(EditConflictError):
        update_notebooks(project)
    update_notebooks(project, force=True)
    assert "return 2" in sources(project)[3]


def test_lifted_future_imports_survive_an_edit(make_project):
    project = make_project(
        {"00_a": ["#export\nimport os", "#export\nfrom __future__ import annotations\nx = 1"]},
        "cell_ids = True",
    )
    compile_project(project)
    edit(project, "x = 1", "x = 2")
    update_notebooks(project)
    assert sources(project)[1] == "#export\nfrom __future__ import annotations\nx = 2"


def test_the_command(project):
    door = Path(__file__).parents[2] / "notebook2script.py"

    def run(*arguments):
        return subprocess.run([sys.executable, door, *arguments], capture_output=True, text=True)

    edit(project, "return 1", "return 2")
    done = run("--update", "--check")
    assert (
        done.returncode == 1
        and "nbs/00_a.ipynb:cell 4 (00000003) <- lib/a.py:" in done.stdout
        and "1 cell to carry over" in done.stdout
    )
    assert "return 1" in sources(project)[3]
    done = run("--update")
    assert done.returncode == 0 and done.stdout.endswith("1 cell carried over, 0 files written\n")
    assert run("--update", "--check").returncode == 0


def test_a_module_without_a_notebook_is_reported_and_pruned_on_request(project):
    (project.nbs_path / "01_b.ipynb").rename(project.nbs_path / "01_c.ipynb")
    plan, _ = compile_project(project)
    assert [(d.code, d.path.name, d.severity) for d in plan.diagnostics] == [
        ("orphan", "b.py", "warning")
    ]
    edit(project, "y = 1", "y = 'precious'", "b")
    with pytest.raises(UncarriedEditsError, match="b.py: error: no notebook makes this module"):
        compile_project(project, prune=True)
    edit(project, "y = 'precious'", "y = 1", "b")
    plan, _ = compile_project(project, prune=True)
    assert (
        plan.diagnostics == []
        and not (project.lib_path / "b.py").exists()
        and (project.lib_path / "c.py").exists()
    )
    assert "lib.b" not in (project.lib_path / "_modidx.py").read_text()


def test_handwritten_modules_are_no_orphans(project):
    (project.lib_path / "mine.py").write_text("x = 1\n")
    (project.nbs_path / "_draft.ipynb").write_text(notebook("#export\nx = 1"))
    (project.lib_path / "draft.py").write_text(
        "# AUTOGENERATED! DO NOT EDIT! File to edit: ../nbs/_draft.ipynb.\n"
    )
    assert compile_project(project, prune=True)[0].diagnostics == []


def test_a_notebook_without_ids_gets_those_that_its_modules_have(make_project):
    cells = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": s}
        for s in ["#export\nx = 1", "y"]
    ]
    text = notebook(*cells).replace('"nbformat_minor": 5', '"nbformat_minor": 2')
    project = make_project({"00_a": text}, "cell_ids = True")
    compile_project(project)
    edit(project, "x = 1", "x = 2")
    before = (project.lib_path / "a.py").read_text()
    update_notebooks(project)
    after = (project.nbs_path / "00_a.ipynb").read_text()
    assert (project.lib_path / "a.py").read_text() == before
    assert [c.given_id != "" for c in read_notebook(project.nbs_path / "00_a.ipynb").cells] == [
        True,
        True,
    ]
    assert '"nbformat_minor": 5' in after and after.count("\n") == text.count("\n") + 2
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(json.loads(after))


def test_cell_markers_inside_of_cells_are_code(make_project):
    """As editors have them in comments, and in strings that hold a script."""
    cells = [
        "#export\n# %% Plots\ndef f():\n    return 1",
        "#export\ns = '''\n# %%\nx = 1\n'''",
        "#export\ny = 1",
    ]
    project = make_project({"00_a": cells})
    compile_project(project)
    edit(project, "y = 1", "y = 2")
    edit(project, "return 1", "return 2")
    edit(project, "y = 2\n", "y = 2\n\n# %% New\nz = 3\n")
    update_notebooks(project)
    assert sources(project) == [
        cells[0].replace("return 1", "return 2"),
        cells[1],
        "#export\ny = 2",
        "#export\n# New\nz = 3",
    ]
    assert compile_project(project)[1].changed == ()


def test_a_cell_is_added_to_a_file_with_a_byte_order_mark(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    path = project.nbs_path / "00_a.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    compile_project(project)
    edit(project, "x = 1\n", "x = 1\n\n# %%\ny = 2\n")
    update_notebooks(project)
    assert sources(project) == [
        "#export\nx = 1",
        "#export\ny = 2",
    ] and path.read_bytes().startswith(b"\xef\xbb\xbf{")


@pytest.mark.parametrize(
    "code, message",
    [
        ("-" * 9999 + "1", "nested too deeply|too complex"),
        ("1\nfrom .. import y", "from beyond the package"),
    ],
)
def test_what_no_cell_can_take_is_refused(make_project, code, message):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    edit(project, "x = 1", f"x = {code}")
    with pytest.raises(UserError, match=message):
        update_notebooks(project)
    assert sources(project) == ["#export\nx = 1"]


def test_line_ends_are_no_edit_and_do_not_get_into_a_cell(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    module = project.lib_path / "a.py"
    module.write_bytes(
        module.read_bytes()
        .replace(b"x = 1", b"x = 1\rfrom . import b\ry = 1")
        .replace(b"\n", b"\r\n")
    )
    update_notebooks(project)
    assert (
        sources(project) == ["#export\nx = 1\nfrom lib import b\ny = 1"]
        and b"\r" not in module.read_bytes()
    )
    module.write_bytes(module.read_bytes().replace(b"\n", b"\r\n"))
    compile_project(project)
    assert b"\r" not in module.read_bytes()
