"""Lines of a module and lines of cells, both ways."""

import pytest

from literate.compile import compile_project
from literate.sourcemap import read_source_map

CELLS = [
    "md:# Core",
    "#export\nimport os\n",
    "\n\n#| not here",
    "#export\n\ndef f():\n    return os\n\n\nx = 1",
    "%%time\nx = 1",
    "#exporti\nfrom lib.core import (a,\n    b)",
]


@pytest.mark.parametrize("layout", ["", "cell_ids = True"])
def test_every_line_of_code_is_found_both_ways(make_project, layout):
    project = make_project(
        {
            "00_core": [c for c in CELLS if "#|" not in c],
            "sub/01_more": ["#default_exp core", "#export\ny = 2"],
        },
        layout,
    )
    compile_project(project)
    module = project.lib_path / "core.py"
    found = read_source_map(module)
    lines = module.read_text().splitlines()
    seen = set()
    for number, line in enumerate(lines, 1):
        place = found.to_notebook(number)
        assert (place is None) == (not line or line.startswith(("#", "__all__"))) or not line
        if place:
            seen.add((place.notebook.name, place.cell, place.line))
            assert found.to_module(place.notebook, place.cell_id, place.line) == number
    x = found.to_notebook(lines.index("x = 1") + 1)
    assert (x.notebook, x.cell, x.line) == (project.nbs_path / "00_core.ipynb", 2, 7)
    assert ("01_more.ipynb", 1, 2) in seen and ("00_core.ipynb", 4, 3) in seen
    assert found.to_notebook(10_000) is None and found.to_module(module, "x", 1) is None


def test_a_module_that_no_notebook_made_has_none(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    assert read_source_map(tmp_path / "a.py") is None and read_source_map(tmp_path / "b.py") is None


def test_a_notebook_that_is_gone_is_no_error(make_project):
    project = make_project({"00_core": ["#export\nx = 1"]}, "cell_ids = True")
    compile_project(project)
    (project.nbs_path / "00_core.ipynb").unlink()
    assert read_source_map(project.lib_path / "core.py") is None
