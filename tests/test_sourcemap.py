"""Lines of a module and lines of cells, in both directions."""

import pytest
from conftest import edit_module, rewrite

from literate.compile import compile_project
from literate.sourcemap import read_source_map

CELLS = [
    "md:# Core",
    "#export\nimport os\n",
    "#export\n\ndef f():\n    return os\n\n\nx = 1",
    "%%time\nx = 1",
    "#exporti\nfrom lib.core import (a,\n    b)",
]


@pytest.mark.parametrize("layout", ["", "cell_ids = True"])
def test_every_line_of_code_is_found_both_ways(make_project, layout):
    more = ["#default_exp core", "#export\ny = 2"]
    project = make_project({"00_core": CELLS, "sub/01_more": more}, layout)
    compile_project(project)
    module = project.lib_path / "core.py"
    source_map = read_source_map(module)
    lines = module.read_text().splitlines()
    seen = set()
    for number, line in enumerate(lines, 1):
        place = source_map.to_notebook(number)
        if line:
            is_from_the_compiler = line.startswith(("#", "__all__"))
            assert (place is None) == is_from_the_compiler
        if place:
            seen.add((place.notebook.name, place.cell, place.line))
            assert source_map.to_module(place.notebook, place.cell_id, place.line) == number
    x = source_map.to_notebook(lines.index("x = 1") + 1)
    assert (x.notebook, x.cell, x.line) == (project.nbs_path / "00_core.ipynb", 2, 7)
    assert ("01_more.ipynb", 1, 2) in seen
    assert ("00_core.ipynb", 4, 3) in seen


def test_lines_outside_of_the_map_are_not_found(make_project):
    project = make_project({"00_core": CELLS})
    compile_project(project)
    module = project.lib_path / "core.py"
    source_map = read_source_map(module)
    assert source_map.to_notebook(0) is None
    assert source_map.to_notebook(10_000) is None
    assert source_map.to_module(module, "x", 1) is None


def test_a_file_that_changes_is_read_again(make_project):
    project = make_project({"00_core": ["#export\nx = 1"]})
    compile_project(project)
    module = project.lib_path / "core.py"
    assert read_source_map(module) is read_source_map(module)
    rewrite(module, "\n" + module.read_text())
    places = read_source_map(module).places
    assert places.index(next(filter(None, places))) == 7


@pytest.mark.parametrize("key", ["", " 7", " ²", " #00000001", " #nosuch"])
def test_lines_below_a_marker_that_names_no_cell_have_no_place(make_project, key):
    project = make_project({"00_core": ["#export\nx = 1", "#export\ny = 2"]})
    compile_project(project)
    edit_module(project, "00_core.ipynb 0", f"00_core.ipynb{key}", "core")
    module = project.lib_path / "core.py"
    source_map = read_source_map(module)
    lines = module.read_text().splitlines()
    x, y = (source_map.to_notebook(lines.index(line) + 1) for line in ("x = 1", "y = 2"))
    assert (x and x.cell) == (1 if key == " #00000001" else None)
    assert y.cell == 1


@pytest.mark.parametrize(
    "code",
    [
        's = """\n# %% ../nbs/01_other.ipynb 1\n"""\nlast = 1',
        "# %% ../nbs/01_other.ipynb 1\nlast = 1",
        "y = 1\n# %% ../nbs/00_core.ipynb 1\nlast = 1",
    ],
    ids=["in a string", "a comment", "a comment that is a marker elsewhere"],
)
def test_a_line_of_a_cell_may_look_like_a_marker(make_project, code):
    other = ["#export\nx = 1", "#export\nz = 1"]
    project = make_project({"00_core": ["#export\nx = 1", f"#export\n{code}"], "01_other": other})
    compile_project(project)
    module = project.lib_path / "core.py"
    number = module.read_text().splitlines().index("last = 1") + 1
    place = read_source_map(module).to_notebook(number)
    assert (place.notebook.name, place.cell) == ("00_core.ipynb", 1)
    assert place.line == code.count("\n") + 2


def test_a_module_that_no_notebook_made_has_no_map(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    assert read_source_map(tmp_path / "a.py") is None
    assert read_source_map(tmp_path / "b.py") is None


def test_outside_of_a_project_there_is_no_map(tmp_path):
    (tmp_path / "a.py").write_text("# %% ../nbs/00_a.ipynb 0\nx = 1\n")
    assert read_source_map(tmp_path / "a.py") is None


def test_a_notebook_that_is_gone_is_no_error(make_project):
    project = make_project({"00_core": ["#export\nx = 1"]}, "cell_ids = True")
    compile_project(project)
    (project.nbs_path / "00_core.ipynb").unlink()
    assert read_source_map(project.lib_path / "core.py") is None
