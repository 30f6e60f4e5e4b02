"""The files that a copy of a notebook needs beside it."""

from __future__ import annotations

import pytest
from conftest import notebook

from literate.exercises.links import linked_files, lost_links
from literate.notebook import read_notebook


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("md:![A picture](images/a.png)", ["images/a.png"]),
        (
            'md:<img alt="x" src="images/a.png"> <a href=\'b%20c.txt#top\'>',
            ["images/a.png", "b c.txt"],
        ),
        ("md:[data](../nbs/b%20c.txt?x=1)", ["b c.txt"]),
        ("#| reads: b.csv\nx = 1", ["b.csv"]),
        ("md:[a](01_a.ipynb) [b](nosuch.png) [c](https://x.org/images/a.png) [d](/etc/passwd)", []),
        ("md:[outside](../settings.ini) [here](#top) [folder](images) [mail](mailto:a@b.c)", []),
        ("print('![A picture](images/a.png)')", []),
    ],
)
def test_which_files(tmp_path, cell, expected):
    folder = tmp_path / "nbs"
    (folder / "images").mkdir(parents=True)
    for name in ("images/a.png", "b c.txt", "b.csv", "02_b.ipynb", "../settings.ini"):
        (folder / name).write_text("")
    (folder / "01_a.ipynb").write_text(notebook(cell))
    found = linked_files(read_notebook(folder / "01_a.ipynb"), folder, tmp_path / "out")
    assert list(found) == [
        ((folder / name).resolve(), tmp_path / "out" / name) for name in expected
    ]


def test_a_notebook_in_a_subfolder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.png").write_text("")
    path = tmp_path / "sub" / "a.ipynb"
    path.write_text(notebook("md:![A picture](../a.png)"))
    ((_, copy),) = linked_files(read_notebook(path), tmp_path, tmp_path / "out")
    assert copy == tmp_path / "out" / "a.png"


@pytest.mark.parametrize(
    ("copies", "lost"), [("exercises", []), ("deep/exercises", ["../docs/a.md", "../docs"])]
)
def test_links_to_other_folders_work_from_a_folder_beside_it(tmp_path, copies, lost):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("")
    folder = tmp_path / "nbs"
    folder.mkdir()
    (folder / "a.png").write_text("")
    text = "md:[a](../docs/a.md) [b](../docs) [c](a.png) [d](../nosuch.md) [e](https://x.org)"
    (folder / "01_a.ipynb").write_text(notebook(text))
    (tmp_path / copies).mkdir(parents=True)
    found = lost_links(read_notebook(folder / "01_a.ipynb"), folder, tmp_path / copies)
    assert list(found) == lost
