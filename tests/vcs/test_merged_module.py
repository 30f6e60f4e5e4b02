"""Generated modules in a merge: the result is what the merged notebooks say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import notebook, write_files

from literate.compile import compile_project
from literate.notebook import new_id
from literate.project import find_project
from literate.vcs.driver import CONFLICTS, MERGED, drive, read_order

HEAD = "#| default_exp core"
F = "#| export\ndef f(x):\n    return x"
G = "#| export\ndef g(x):\n    y = 1\n    z = 2\n    return x + y + z"
NEW = "#| export\nclass New:\n    pass"
MORE = "#| export\ndef more():\n    return 0"
NAMES = ["core.py", "_modidx.py", "__init__.py"]


def compiled(root: Path, cells: list[str], ids: bool = False) -> dict[str, str]:
    """The files of the library that some cells make."""
    settings = f"[DEFAULT]\nlib_path = lib\nrepo = lib\nuser = u\nbranch = main\ncell_ids = {ids}\n"
    made = []
    for source in cells:
        name = new_id(source.split("(")[0])  # a function keeps its id
        members = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
        made.append({**members, "id": name, "source": source.splitlines(keepends=True)})
    write_files(root, {"settings.ini": settings, "nbs/00_core.ipynb": notebook(*made)})
    compile_project(find_project(root))
    return {name: (root / "lib" / name).read_text() for name in NAMES}


@pytest.fixture
def merged(tmp_path, monkeypatch):
    """Merge what three lists of cells make: the exit codes, and the files."""

    def merge(
        base: list[str], ours: list[str], theirs: list[str], ids: bool = False
    ) -> tuple[dict[str, int], dict[str, str]]:
        sides = {}
        for side, cells in {"O": base, "A": ours, "B": theirs}.items():
            sides[side] = compiled(tmp_path / side, cells, ids)
        codes = {}
        results = {}
        monkeypatch.chdir(tmp_path)
        for name in NAMES:
            for side, files in sides.items():
                (tmp_path / f"file{side}").write_text(files[name])
            words = ["--modules", "fileO", "fileA", "fileB", f"lib/{name}"]
            codes[name] = drive(read_order(words))
            results[name] = (tmp_path / "fileA").read_text()
        return codes, results

    return merge


OTHER_G = G.replace("y = 1", "y = 3").replace("+ z", "- z")


@pytest.mark.parametrize("ids", [False, True])
@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([HEAD, F, MORE, G], [HEAD, NEW, F, G], [HEAD, NEW, F, MORE, G]),
        ([HEAD, F, G], [HEAD, NEW, F, G], [HEAD, NEW, F, G]),
        ([HEAD, "1", F, G], [HEAD, F, G, MORE], [HEAD, "1", F, G, MORE]),
        (
            [HEAD, NEW, F, MORE, G.replace("y = 1", "y = 3")],
            [HEAD, F, G.replace("+ z", "- z")],
            [HEAD, NEW, F, MORE, OTHER_G],
        ),
    ],
)
def test_the_result_is_what_the_merged_notebooks_make(
    ours, theirs, expected, ids, merged, tmp_path
):
    codes, found = merged([HEAD, F, G], ours, theirs, ids)
    assert codes == dict.fromkeys(NAMES, MERGED)
    assert found == compiled(tmp_path / "expected", expected, ids)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (
            [HEAD, "1", F, MORE, G.replace("y = 1", "y = 3")],
            [HEAD, NEW, F, G.replace("+ z", "- z")],
            [HEAD, "1", NEW, F, MORE, OTHER_G],
        ),
        ([HEAD, G, F], [HEAD, F, G, MORE], [HEAD, G, F, MORE]),
    ],
)
def test_numbers_that_no_section_tells_are_left_to_the_compiler(
    ours, theirs, expected, merged, tmp_path
):
    """A cell that is not exported, and a cell that moved, shift numbers out of sight."""
    codes, found = merged([HEAD, F, G], ours, theirs)
    assert codes == dict.fromkeys(NAMES, MERGED)
    (tmp_path / "A" / "lib" / "core.py").write_text(found["core.py"])
    assert without_numbers(found) == without_numbers(compiled(tmp_path / "expected", expected))
    notebook_text = (tmp_path / "expected" / "nbs" / "00_core.ipynb").read_text()
    (tmp_path / "A" / "nbs" / "00_core.ipynb").write_text(notebook_text)
    compile_project(find_project(tmp_path / "A"))  # which takes the merged module for its own
    wanted = (tmp_path / "expected" / "lib" / "core.py").read_text()
    assert (tmp_path / "A" / "lib" / "core.py").read_text() == wanted


def without_numbers(files: dict[str, str]) -> dict[str, str]:
    return {name: re.sub(r"(ipynb) \d+", r"\1", text) for name, text in files.items()}


def test_a_section_in_conflict_leaves_ours(merged, capsys):
    ours = [HEAD, F.replace("return x", "return 1"), MORE]
    theirs = [HEAD, F.replace("return x", "return 2"), NEW]
    codes, found = merged([HEAD, F], ours, theirs)
    assert codes == {"core.py": CONFLICTS, "_modidx.py": MERGED, "__init__.py": MERGED}
    assert "return 1" in found["core.py"]
    assert "<<<<" not in found["core.py"]
    assert "'lib.core.New'" in found["_modidx.py"]
    said = capsys.readouterr().err
    assert "lib/core.py: ours is kept, because both sides changed the section" in said
    assert "settle the notebooks, then run literate export" in said


def test_one_side_deleted_a_section_that_the_other_one_changed(merged, capsys):
    codes, _ = merged([HEAD, F, G], [HEAD, G], [HEAD, F.replace("return x", "return 2"), G])
    assert codes["core.py"] == CONFLICTS
    assert "both sides changed the section" in capsys.readouterr().err


def drive_texts(folder: Path, name: str, *texts: str) -> tuple[int, str]:
    for side, text in zip("OAB", texts, strict=True):
        (folder / side).write_text(text)
    files = [str(folder / side) for side in "OAB"]
    code = drive(read_order(["--modules", *files, f"lib/{name}"]))
    return code, (folder / "A").read_text()


def test_files_that_were_written_by_hand_are_merged_by_line(tmp_path, capsys):
    assert drive_texts(tmp_path, "x.py", "a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n") == (
        MERGED,
        "A\nb\nC\n",
    )
    code, text = drive_texts(tmp_path, "x.py", "a\n", "b\n", "c\n")
    assert (code, text) == (CONFLICTS, "<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n")
    assert capsys.readouterr().err == ""


def test_an_index_with_lines_of_a_person_is_merged_by_line(tmp_path):
    index = "# Autogenerated by nbdev\n\nd = {'syms': {}}\n"
    code, text = drive_texts(tmp_path, "_modidx.py", index, index + "x = 1\n", index)
    assert (code, text) == (MERGED, index + "x = 1\n")


def test_a_module_with_another_layout_is_merged_by_line(tmp_path):
    head = "# AUTOGENERATED! DO NOT EDIT! File to edit: a.ipynb.\n"
    base = f"{head}\n\n\n# %% a.ipynb 1\nx = 1\ny = 2\nz = 3\n"
    ours, theirs = base.replace("x = 1", "x = 0"), base.replace("z = 3", "z = 0")
    code, text = drive_texts(tmp_path, "a.py", base, ours, theirs)
    assert (code, text) == (MERGED, ours.replace("z = 3", "z = 0"))


def test_a_module_that_both_branches_add(tmp_path):
    first = "# AUTOGENERATED! DO NOT EDIT! File to edit: a.ipynb.\n\n# %% a.ipynb 1\nx = 1\n"
    second = first + "\n# %% a.ipynb 2\ny = 2\n"
    assert drive_texts(tmp_path, "a.py", "", first, second) == (MERGED, second)


def test_what_is_not_text_is_named(tmp_path, capsys):
    for side, raw in {"O": b"a\n", "A": b"\xff\n", "B": b"a\nb\n"}.items():
        (tmp_path / side).write_bytes(raw)
    files = [str(tmp_path / side) for side in "OAB"]
    assert drive(read_order(["--modules", *files, "lib/a.py"])) == CONFLICTS
    assert "because a side is not UTF-8" in capsys.readouterr().err
    assert b"b\n" in (tmp_path / "A").read_bytes()
