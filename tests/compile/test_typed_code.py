"""An update that was killed half way: the next one carries each edit once."""

from contextlib import suppress

import pytest
from conftest import Killed, cell_sources, edit_module, killed_after

from literate.compile import compile_project, update_notebooks

LAYOUTS = ["cell_ids = True", "", "cell_number = False"]
CELLS = ["#| default_exp a", "#| export\na = 1\nb = 1", "assert a", "#| export\nc = 1"]
ADDED = {
    "marker alone": "# %%\nnew = 1\n",
    "remark": "# %% about new\nnew = 1\n",
    "directive": "# %%\n#| export\nnew = 1\n",
    "remark and directive": "# %% about new\n#| export\nnew = 1\n",
    "directive in another spelling": "# %%\n#export\nnew = 1\n",
    "import of the package": "# %%\nfrom lib.z import z\nnew = 1\n",
    "relative import": "# %%\nfrom .z import z\nnew = 1\n",
    "not as black writes it": "# %%\nnew=[1,2]\n",
}


def files_in(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def restore(folder, contents):
    for path in files_in(folder):
        path.unlink()
    for path, content in contents.items():
        path.write_bytes(content)


@pytest.mark.parametrize("black", [False, True], ids=["plain", "black"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=["ids", "numbers", "neither"])
@pytest.mark.parametrize("code", ADDED.values(), ids=ADDED)
def test_a_new_section_becomes_one_cell(make_project, code, layout, black):
    if black:
        pytest.importorskip("black")
        layout += "\nblack_formatting = True"
    zed = ["#| default_exp z", "#| export\nz = 1"]
    made = make_project({"00_a": CELLS, "01_z": zed}, layout)
    compile_project(made)
    edit_module(made, "b = 1", f"{code}\nb = 1")
    edited = files_in(made.root)
    count = 0
    is_complete = False
    while not is_complete:
        restore(made.root, edited)
        with suppress(Killed), killed_after(count):
            update_notebooks(made)
            is_complete = True
        update_notebooks(made)
        (source,) = [each for each in cell_sources(made) if "new" in each]
        assert source.startswith("#| export")
        assert source.count("new") == code.count("new")
        assert update_notebooks(made)[0] == []
        assert compile_project(made)[1].changed == ()
        count += 1
    assert count > 2
